"""Nothing points at what is not there: selectors, accounts, config, secrets, volumes, ports. Knows no policy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from validation.objects import Object, Workload, container_ports, matches, name_of, of_kind, probes, workloads

External = Mapping[str, frozenset[str]]
"""What an overlay expects from outside: "Secret/name" and the keys it reads there."""


def problems(objects: Sequence[Object], external: External) -> list[str]:
    """One sentence for everything that dangles; empty when nothing does."""
    return [
        *_repeated(objects),
        *_selectors(objects),
        *_accounts(objects),
        *_config(objects, external),
        *_volumes(objects),
        *_service_ports(objects),
        *_probe_ports(objects),
        *_policy_ports(objects),
    ]


def _repeated(objects: Sequence[Object]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for one in objects:
        key = (one["metadata"].get("namespace", ""), name_of(one))
        if key in seen:
            yield f"{name_of(one)} is there twice"
        seen.add(key)


def _selected(objects: Sequence[Object], namespace: str, selector: Mapping[str, Any]) -> list[Workload]:
    return [w for w in workloads(objects) if w.namespace == namespace and matches(selector, w.labels)]


def _selectors(objects: Sequence[Object]) -> Iterator[str]:
    for one in of_kind(objects, "Service", "PodDisruptionBudget", "NetworkPolicy"):
        for what, selector in _selectors_of(one):
            if not _selected(objects, one["metadata"].get("namespace", ""), selector):
                yield f"{name_of(one)}: {what} selects no pod"
    for workload in workloads(objects):
        own = workload.object["spec"].get("selector")
        if own is not None and not matches(own, workload.labels):
            yield f"{workload.name}: its selector does not match its own pods"
        for constraint in workload.pod.get("topologySpreadConstraints", []):
            if not matches(constraint.get("labelSelector", {}), workload.labels):
                yield f"{workload.name}: spread over {constraint['topologyKey']} does not count its own pods"


def _selectors_of(one: Object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(which selector, selector) that must take at least one pod of the object's own namespace."""
    spec = one["spec"]
    match one["kind"]:
        case "Service":
            yield "selector", {"matchLabels": spec.get("selector", {})}
        case "PodDisruptionBudget":
            yield "selector", spec["selector"]
        case "NetworkPolicy":
            yield "podSelector", spec["podSelector"]
            for direction, peers in (("ingress", "from"), ("egress", "to")):
                for rule in spec.get(direction, []):
                    for peer in rule.get(peers, []):
                        if "podSelector" in peer and "namespaceSelector" not in peer:
                            yield f"{direction} peer", peer["podSelector"]


def _accounts(objects: Sequence[Object]) -> Iterator[str]:
    accounts = {
        (one["metadata"].get("namespace", ""), one["metadata"]["name"]) for one in of_kind(objects, "ServiceAccount")
    }
    for workload in workloads(objects):
        account = workload.pod.get("serviceAccountName", "default")
        if account != "default" and (workload.namespace, account) not in accounts:
            yield f"{workload.name}: there is no ServiceAccount/{account}"
    services = {one["metadata"]["name"]: one for one in of_kind(objects, "Service")}
    for one in of_kind(objects, "StatefulSet"):
        if one["spec"]["serviceName"] not in services:
            yield f"{name_of(one)}: there is no Service/{one['spec']['serviceName']}"


def _config(objects: Sequence[Object], external: External) -> Iterator[str]:
    there: dict[str, frozenset[str]] = dict(external)
    for one in of_kind(objects, "ConfigMap", "Secret"):
        present = {*one.get("data", {}), *one.get("stringData", {}), *one.get("binaryData", {})}
        there[name_of(one)] = frozenset(present)
    used: set[str] = set()
    for workload in workloads(objects):
        for target, keys in _reads(workload):
            used.add(target)
            if target not in there:
                yield f"{workload.name}: there is no {target}"
                continue
            for key in sorted(keys - there[target]):
                yield f"{workload.name}: {target} has no key {key}"
    for target in sorted(set(there) - used):
        yield f"{target} is read by nobody"


def _reads(workload: Workload) -> Iterator[tuple[str, frozenset[str]]]:
    """(object, keys that must be in it) for every ConfigMap and Secret that a pod reads."""
    for container in workload.containers:
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                if field in source:
                    yield f"{kind}/{source[field]['name']}", frozenset({source[field]["key"]})
        for source in container.get("envFrom", []):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if field in source:
                    yield f"{kind}/{source[field]['name']}", frozenset()
    for volume in workload.pod.get("volumes", []):
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        for source in sources:
            for field, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
                if field in source:
                    given = source[field]
                    keys = frozenset(item["key"] for item in given.get("items", []))
                    yield f"{kind}/{given.get(name) or given['name']}", keys


def _volumes(objects: Sequence[Object]) -> Iterator[str]:
    for workload in workloads(objects):
        claims = workload.object["spec"].get("volumeClaimTemplates", [])
        volumes = {volume["name"] for volume in workload.pod.get("volumes", [])}
        volumes |= {claim["metadata"]["name"] for claim in claims}
        mounted = {mount["name"] for container in workload.containers for mount in container.get("volumeMounts", [])}
        yield from (f"{workload.name}: there is no volume {name}" for name in sorted(mounted - volumes))
        yield from (f"{workload.name}: volume {name} is mounted nowhere" for name in sorted(volumes - mounted))


def _service_ports(objects: Sequence[Object]) -> Iterator[str]:
    for one in of_kind(objects, "Service"):
        selector = {"matchLabels": one["spec"].get("selector", {})}
        for workload in _selected(objects, one["metadata"].get("namespace", ""), selector):
            for port in one["spec"]["ports"]:
                target = port.get("targetPort", port["port"])
                if target not in container_ports(workload):
                    yield f"{name_of(one)}: {workload.name} opens no port {target}"


def _probe_ports(objects: Sequence[Object]) -> Iterator[str]:
    for workload in workloads(objects):
        for container in workload.containers:
            for kind, probe in probes(container):
                for handler in ("grpc", "httpGet", "tcpSocket"):
                    if handler in probe and probe[handler]["port"] not in container_ports(workload):
                        yield f"{workload.name}: {kind} asks port {probe[handler]['port']}, which no container opens"


def _policy_ports(objects: Sequence[Object]) -> Iterator[str]:
    for one in of_kind(objects, "NetworkPolicy"):
        asked = {port["port"] for rule in one["spec"].get("ingress", []) for port in rule.get("ports", [])}
        for workload in _selected(objects, one["metadata"].get("namespace", ""), one["spec"]["podSelector"]):
            for port in sorted(asked - container_ports(workload), key=str):
                yield f"{name_of(one)}: {workload.name} opens no port {port}"
