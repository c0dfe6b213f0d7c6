"""How to look at rendered manifests: pods, containers, labels and selectors. Judges nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
LONG_RUNNING = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
COMPONENT = "app.kubernetes.io/component"


@dataclass(frozen=True, slots=True)
class Workload:
    """An object that makes pods. `pod` is the pod's spec, `labels` the pod's labels."""

    object: Object
    name: str
    namespace: str
    labels: Mapping[str, str]
    pod: Object

    @property
    def containers(self) -> Sequence[Object]:
        return [*self.pod.get("initContainers", []), *self.pod.get("containers", [])]

    @property
    def long_running(self) -> bool:
        return self.object["kind"] in LONG_RUNNING

    @property
    def service(self) -> bool:
        """Whether it is one of Switchboard's own services."""
        return self.labels.get(COMPONENT) == "service"


def name_of(one: Object) -> str:
    """Kind/name, as a person says it."""
    return f"{one.get('kind', '?')}/{one.get('metadata', {}).get('name', '?')}"


def of_kind(objects: Sequence[Object], *kinds: str) -> list[Object]:
    """The objects of these kinds, in their order."""
    return [one for one in objects if one.get("kind") in kinds]


def workloads(objects: Sequence[Object]) -> list[Workload]:
    """Everything that makes pods."""
    found = []
    for one in of_kind(objects, *WORKLOADS):
        spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
        template = spec["template"]
        labels = template.get("metadata", {}).get("labels", {})
        metadata = one["metadata"]
        found.append(Workload(one, name_of(one), metadata.get("namespace", ""), labels, template["spec"]))
    return found


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) takes these labels; an empty one takes everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions", []))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", [])
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case unknown:
            raise ValueError(f"label selectors know no operator {unknown}")


def environment(container: Object) -> dict[str, Object]:
    """A container's variables by name."""
    return {one["name"]: one for one in container.get("env", [])}


def container_ports(workload: Workload) -> set[str | int]:
    """Names and numbers of every port the pods open."""
    ports = [port for container in workload.containers for port in container.get("ports", [])]
    return {value for port in ports for value in (port.get("name"), port["containerPort"]) if value is not None}


def probes(container: Object) -> Iterator[tuple[str, Object]]:
    """(kind, probe) of the probes a container has."""
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        if kind in container:
            yield kind, container[kind]
