"""The streams and buckets as resources of NACK:

    .venv/bin/python infra/k8s/nack_streams.py > infra/k8s/components/nack-streams/streams.yaml

They are made of what every service's main declares, so they say what the Job `migrations` does; a test compares both.
NACK creates them and changes nothing afterwards: an operator's raised limit stays, and changes are the Job's.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from chassis.config import MIB
from chassis.provisioning import Resources
from chassis.streams import NANOS, TENANTS, Declared, log_stream, members

MODULES = ("ingest.main", "routing.main", "crm_sync.main", "kpi.main")
LOG_BYTES = 64 * 1024 * MIB
REPLICAS = 3
HEAD = "# Made by infra/k8s/nack_streams.py of what the services declare; do not edit.\n"


def declared() -> Iterator[Declared]:
    """Everything any service needs, each once."""
    owns: list[Resources] = [importlib.import_module(module).RESOURCES for module in MODULES]
    yield log_stream(LOG_BYTES)
    yield TENANTS
    for own in owns:
        yield members(own.service)
        yield from own.streams


def resource(config: Mapping[str, Any]) -> dict[str, Any]:
    """NACK's words (jetstream.nats.io/v1beta2) for a stream's configuration in those of JetStream's API."""
    name = config["name"]
    spec = {
        "name": name,
        "subjects": config["subjects"],
        "storage": config["storage"],
        "retention": config["retention"],
        "discard": config["discard"],
        "maxBytes": config["max_bytes"],
        "maxAge": f"{config['max_age'] // NANOS}s" if config["max_age"] else "",
        "maxMsgs": config["max_msgs"],
        "maxMsgsPerSubject": max(config["max_msgs_per_subject"], 0),
        "maxConsumers": config["max_consumers"],
        "duplicateWindow": f"{config['duplicate_window'] // NANOS}s",
        "denyDelete": config["deny_delete"],
        "denyPurge": config["deny_purge"],
        "allowDirect": config["allow_direct"],
        "allowRollup": config.get("allow_rollup_hdrs", False),
        "allowAtomicPublish": config.get("allow_atomic", False),
        "compression": config.get("compression", "none"),
        "replicas": config["num_replicas"],
        "preventDelete": True,
        "preventUpdate": True,
    }
    return {
        "apiVersion": "jetstream.nats.io/v1beta2",
        "kind": "Stream",
        "metadata": {"name": name.lower().replace("_", "-")},
        "spec": spec,
    }


class _Indented(yaml.SafeDumper):
    """Items of a list stand deeper than its name, as everywhere in these manifests."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def document() -> str:
    """The whole file."""
    resources = [resource(one.config(REPLICAS)) for one in declared()]
    return HEAD + yaml.dump_all(resources, Dumper=_Indented, sort_keys=False)


if __name__ == "__main__":
    sys.stdout.write(document())
