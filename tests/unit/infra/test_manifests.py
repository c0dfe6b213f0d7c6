"""The manifests keep the pod contract, and every check notices the mistake it is there for. Needs no tool but YAML."""

import functools
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from validation import contract, edges, mutations, references, rendering
from validation.mutations import pick
from validation.objects import Object, environment, workloads

OVERLAYS = ("local", "production")
HERE = [one for one in mutations.ALL if one.check in {"references", "contract", "edges"}]


@functools.cache
def _golden(overlay: str) -> tuple[Object, ...]:
    return tuple(rendering.parsed(rendering.golden(overlay).read_text(encoding="utf-8")))


def _said(check: str, objects: list[Object], overlay: str) -> list[str]:
    match check:
        case "references":
            return references.problems(objects, rendering.external(overlay))
        case "contract":
            return contract.problems(objects)
        case _:
            return edges.problems(objects)


def test_every_overlay_has_a_golden_file() -> None:
    assert rendering.overlays() == sorted(OVERLAYS)
    assert all(_golden(overlay) for overlay in OVERLAYS)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("check", ["references", "contract", "edges"])
def test_nothing_is_wrong_with(check: str, overlay: str) -> None:
    assert _said(check, list(_golden(overlay)), overlay) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("mutation", HERE, ids=lambda mutation: f"{mutation.name} is noticed")
def test_a_mistake(mutation: mutations.Mutation, overlay: str) -> None:
    said = _said(mutation.check, mutations.mutated(_golden(overlay), mutation), overlay)
    assert any(mutation.says in sentence for sentence in said), said


def test_an_external_secret_nobody_reads_is_noticed() -> None:
    external = {**rendering.external("local"), "Secret/forgotten": frozenset({"key"})}
    assert references.problems(_golden("local"), external) == ["Secret/forgotten is read by nobody"]


def test_a_changed_rendering_is_shown_line_by_line() -> None:
    text = rendering.golden("local").read_text(encoding="utf-8")
    assert rendering.changed("local", text) == []
    shown = rendering.changed("local", text.replace("replicas: 1", "replicas: 7", 1))
    assert "+  replicas: 7" in shown


def test_no_overlay_carries_a_secret() -> None:
    for overlay in OVERLAYS:
        assert [one for one in _golden(overlay) if one["kind"] == "Secret"] == []


def test_kpi_is_given_no_key_since_it_opens_nothing() -> None:
    for overlay in OVERLAYS:
        kpi = next(w for w in workloads(_golden(overlay)) if w.name == "Deployment/kpi")
        assert "SWITCHBOARD_KEK_FILE" not in environment(kpi.containers[0])
        assert "kek" not in {volume["name"] for volume in kpi.pod["volumes"]}


def _nats_conf(objects: tuple[Object, ...]) -> str:
    maps: list[Mapping[str, str]] = [one["data"] for one in objects if one["kind"] == "ConfigMap"]
    return next(data["nats.conf"] for data in maps if "nats.conf" in data)


def test_the_local_nats_has_durable_writes_and_room_for_the_log() -> None:
    conf = _nats_conf(_golden("local"))
    assert re.search(r"^  sync_interval: always$", conf, re.MULTILINE)
    assert re.search(r"^  store_dir: /data$", conf, re.MULTILINE)
    room = re.search(r"^  max_file_store: (\d+)GB$", conf, re.MULTILINE)
    servers = next(one for one in _golden("local") if one["kind"] == "ConfigMap" and "log-max-bytes" in one["data"])
    assert room
    assert int(servers["data"]["log-max-bytes"]) < int(room[1]) * 10**9
    claim = pick(_golden("local"), "StatefulSet/nats")["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
    assert int(room[1]) * 10**9 < 10 * 2**30


def test_a_real_nats_server_accepts_the_local_configuration(tmp_path: Path) -> None:
    nats_server = Path(sys.executable).parent / "nats-server"
    conf = tmp_path / "nats.conf"
    conf.write_text(_nats_conf(_golden("local")).replace("/data", str(tmp_path)), encoding="utf-8")
    done = subprocess.run([nats_server, "-t", "-c", conf], check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_the_secret_for_a_local_cluster_is_what_the_overlay_expects() -> None:
    import local_secrets

    made = local_secrets.secret()
    assert yaml.safe_load(yaml.safe_dump(made)) == made
    assert local_secrets.secret() != made
    name = f"{made['kind']}/{made['metadata']['name']}"  # type: ignore[index]
    assert rendering.external("local") == {name: frozenset(made["stringData"])}  # type: ignore[call-overload]
