"""NACK's resources are what the services declare, and what they would create is what a service calls safe."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.streams import NANOS, Stream, unsafe
from validation import rendering
from validation.objects import environment, of_kind, workloads

K8S = Path(__file__).resolve().parents[3] / "infra" / "k8s"
STREAMS = K8S / "components" / "nack-streams" / "streams.yaml"
BACK = {
    "name": "name", "subjects": "subjects", "storage": "storage", "retention": "retention", "discard": "discard",
    "maxBytes": "max_bytes", "denyDelete": "deny_delete", "denyPurge": "deny_purge", "replicas": "num_replicas",
}  # fmt: skip
SERVICES = {"ingest": "ingest", "routing": "routing", "crm-sync": "crm_sync", "kpi": "kpi"}


@pytest.fixture(scope="module")
def program() -> Any:
    spec = importlib.util.spec_from_file_location("nack_streams", K8S / "nack_streams.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_resources_are_current(program: Any) -> None:
    assert STREAMS.read_text(encoding="utf-8") == program.document(), (
        "make them again: .venv/bin/python infra/k8s/nack_streams.py > infra/k8s/components/nack-streams/streams.yaml"
    )


def test_what_nack_would_create_is_safe_and_stays_when_the_resource_goes(program: Any) -> None:
    found = {one["spec"]["name"]: one["spec"] for one in yaml.safe_load_all(STREAMS.read_text(encoding="utf-8"))}
    wanted = {one.config(program.REPLICAS)["name"]: one for one in program.declared()}
    assert found.keys() == wanted.keys()
    assert {"EVENTS", "KV_TENANTS", "OUTBOX", *(f"KV_MEMBERS-{service}" for service in SERVICES)} == found.keys()
    for name, spec in found.items():
        config = {ours: spec[theirs] for theirs, ours in BACK.items()}
        config["max_age"] = int(spec["maxAge"].removesuffix("s") or 0) * NANOS
        config["max_msgs_per_subject"] = spec["maxMsgsPerSubject"] or -1
        permanent = isinstance(wanted[name], Stream) and wanted[name].permanent
        assert list(unsafe(config, wanted[name].config(program.REPLICAS), permanent=permanent)) == []
        assert spec["preventDelete"]
        assert spec["preventUpdate"], "a limit that was raised stays raised"


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_the_job_provisions_each_service_from_its_own_image_with_what_its_pods_demand(overlay: str) -> None:
    objects = rendering.parsed(rendering.golden(overlay).read_text(encoding="utf-8"))
    (job,) = of_kind(objects, "Job")
    containers = {one["name"]: one for one in job["spec"]["template"]["spec"]["containers"]}
    assert containers.keys() == {f"provision-{service}" for service in SERVICES}
    pods = {one.name.removeprefix("Deployment/"): one.containers[0] for one in workloads(objects)}
    for service, package in SERVICES.items():
        container, pod = containers[f"provision-{service}"], pods[service]
        assert container["command"] == ["/opt/venv/bin/python", "-m", "chassis.provisioning", f"{package}.main"]
        assert container["image"] == pod["image"]
        given, demanded = environment(container), environment(pod)
        for name in ("SWITCHBOARD_LOG_REPLICAS", "SWITCHBOARD_SCHEMA", "SWITCHBOARD_NATS_URL"):
            assert given[name] == demanded[name]
        assert "SWITCHBOARD_LOG_MAX_BYTES" not in demanded, "a service changes nothing"
    servers = next(o for o in of_kind(objects, "ConfigMap") if o["metadata"]["name"].startswith("servers"))
    assert servers["data"]["log-replicas"] == {"local": "1", "production": "3"}[overlay]
