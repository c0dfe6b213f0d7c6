"""What the manifests tell a service is what chassis.config reads: names known, values accepted, none missing."""

import re
from pathlib import Path

import pytest
from chassis import config
from validation import rendering
from validation.contract import SERVICES
from validation.objects import Object, Workload, environment, workloads

OVERLAYS = ("local", "production")
NAME = re.compile(r"\b(?:SWITCHBOARD|OTEL)_[A-Z0-9_]+\b")
BOTH = [pytest.param(o, s, id=f"{s} in {o}") for o in OVERLAYS for s in sorted(SERVICES)]


class Asked(dict[str, str]):
    """Variables that remember which of them somebody asked for."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def _objects(overlay: str) -> list[Object]:
    return rendering.parsed(rendering.golden(overlay).read_text(encoding="utf-8"))


def _workload(objects: list[Object], service: str) -> Workload:
    return next(w for w in workloads(objects) if w.name == f"Deployment/{service}")


def _variables(objects: list[Object], service: str, kek: Path) -> Asked:
    """The environment as the kubelet would make it; a mounted key file is replaced by one that exists here."""
    found = Asked()
    for name, one in environment(_workload(objects, service).containers[0]).items():
        source = one.get("valueFrom", {})
        if "value" in one:
            found[name] = one["value"]
        elif "configMapKeyRef" in source:
            wanted = source["configMapKeyRef"]
            found[name] = next(
                o["data"][wanted["key"]]
                for o in objects
                if o["kind"] == "ConfigMap" and o["metadata"]["name"] == wanted["name"]
            )
        elif source.get("fieldRef", {}).get("fieldPath") == "metadata.name":
            found[name] = f"{service}-7d9f8c6b5d-x2x9q"
    if "SWITCHBOARD_KEK_FILE" in found:
        found["SWITCHBOARD_KEK_FILE"] = str(kek)
    return found


def _own_names(repository: Path, service: str) -> set[str]:
    """Variables that a service reads beyond the chassis' own."""
    sources = (repository / "services" / service / "src").rglob("*.py")
    return {name for path in sources for name in NAME.findall(path.read_text(encoding="utf-8"))}


@pytest.fixture
def kek(tmp_path: Path) -> Path:
    path = tmp_path / "kek"
    path.touch()
    return path


@pytest.mark.parametrize(("overlay", "service"), BOTH)
def test_the_settings_are_accepted_for(overlay: str, service: str, kek: Path) -> None:
    variables = _variables(_objects(overlay), service, kek)
    settings = config.load(variables, service, sealing=service != "kpi")
    pod = _workload(_objects(overlay), service)
    assert settings.host == "0.0.0.0"
    assert settings.port == pod.containers[0]["ports"][0]["containerPort"]
    assert settings.schema == service.partition("-")[0]
    assert settings.member == variables["SWITCHBOARD_MEMBER"]
    assert settings.drain_delay_s + settings.drain_grace_s < pod.pod["terminationGracePeriodSeconds"]
    assert (settings.export.traces, settings.export.metrics) == ((overlay == "production"),) * 2


@pytest.mark.parametrize(("overlay", "service"), BOTH)
def test_no_unknown_variable_is_given_to(overlay: str, service: str, kek: Path, repository: Path) -> None:
    variables = _variables(_objects(overlay), service, kek)
    config.load(variables, service, sealing=service != "kpi")
    assert set(variables) - variables.names - _own_names(repository, service) == set()


@pytest.mark.parametrize(("overlay", "service"), BOTH)
def test_every_required_variable_is_given_to(overlay: str, service: str, kek: Path) -> None:
    given = _variables(_objects(overlay), service, kek)
    nothing = config.Environment({})
    config.read(nothing, service, sealing=service != "kpi")
    with pytest.raises(config.ConfigurationError) as refused:
        nothing.check()
    required = {problem.partition(" ")[0] for problem in refused.value.problems}
    assert required - set(given) == set()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_production_knows_no_password(service: str, kek: Path) -> None:
    variables = _variables(_objects("production"), service, kek)
    url = variables["SWITCHBOARD_DATABASE_URL"]
    assert re.fullmatch(r"postgresql://[a-z_]+@[^?]+\?sslmode=verify-full&.*sslkey=/var/run/secrets/.*", url)
