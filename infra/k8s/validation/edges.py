"""Which calls the NetworkPolicies let through, as a set of edges to compare with the declared service graph."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from validation.objects import Object, Workload, matches, name_of, of_kind, workloads

Edge = tuple[str, str, str]
"""(who calls, who is called, port number), both by their name label."""

DECLARED: frozenset[Edge] = frozenset(
    {
        *((caller, "nats", "4222") for caller in ("ingest", "routing", "crm-sync", "kpi", "migrations")),
        *((caller, "postgres", "5432") for caller in ("ingest", "routing", "crm-sync", "kpi", "migrations")),
    }
)
"""The service graph: services meet in NATS and keep their views in PostgreSQL; none calls another."""

DEFAULT_DENY = "NetworkPolicy/default-deny"
NAME = "app.kubernetes.io/name"


def problems(objects: Sequence[Object]) -> list[str]:
    """Where the policies let through more or less than is declared, or where a direction is not denied by default."""
    found = [*_open_by_default(objects)]
    allowed = set(egress(objects))
    found += [f"{a} may not reach {b} on {port}, but must" for a, b, port in sorted(DECLARED - allowed)]
    ours = {name for edge in DECLARED for name in edge[:2]}
    surplus = {edge for edge in allowed - DECLARED if edge[1] in ours}
    found += [f"{a} may reach {b} on {port}, which nobody declared" for a, b, port in sorted(surplus)]
    present = {w.labels.get(NAME, "") for w in workloads(objects)}
    for caller, called, port in sorted(DECLARED):
        if called in present and not _lets_in(objects, caller, called, port):
            found.append(f"{called} does not let {caller} in on {port}")
    for caller, called in _unwanted_callers(objects):
        found.append(f"{called} lets {caller} in, which nobody declared")
    return found


def egress(objects: Sequence[Object]) -> Iterator[Edge]:
    """Every edge that some policy lets out, by the pods' name labels."""
    for policy in of_kind(objects, "NetworkPolicy"):
        for rule in policy["spec"].get("egress", []):
            for caller in _chosen(objects, policy):
                for peer in rule.get("to", [{}]):
                    called = peer.get("podSelector", {}).get("matchLabels", {})
                    for port in rule.get("ports", [{"port": "any"}]):
                        yield (
                            caller.labels.get(NAME, ""),
                            called.get(NAME, called.get("k8s-app", "anybody")),
                            str(port["port"]),
                        )


def _open_by_default(objects: Sequence[Object]) -> Iterator[str]:
    deny = [one for one in of_kind(objects, "NetworkPolicy") if name_of(one) == DEFAULT_DENY]
    shut = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if [one["spec"] for one in deny] != [shut]:
        yield f"{DEFAULT_DENY} does not close both directions for every pod"


def _chosen(objects: Sequence[Object], policy: Object) -> list[Workload]:
    selector = policy["spec"]["podSelector"]
    return [w for w in workloads(objects) if matches(selector, w.labels)]


def _ingress(objects: Sequence[Object]) -> Iterator[tuple[Workload, Mapping[str, Any], str]]:
    """(called, peer selector in the same namespace, port number) of every ingress rule between our own pods."""
    for policy in of_kind(objects, "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            for called in _chosen(objects, policy):
                for peer in rule.get("from", [{"podSelector": {}}]):
                    if "namespaceSelector" not in peer:
                        for port in rule.get("ports", []):
                            yield called, peer["podSelector"], _number(called, port["port"])


def _number(workload: Workload, port: str | int) -> str:
    named = {p.get("name"): p["containerPort"] for c in workload.containers for p in c.get("ports", [])}
    return str(named.get(port, port))


def _lets_in(objects: Sequence[Object], caller: str, called: str, port: str) -> bool:
    callers = [w for w in workloads(objects) if w.labels.get(NAME) == caller]
    return any(
        target.labels.get(NAME) == called and opened == port and all(matches(peer, w.labels) for w in callers)
        for target, peer, opened in _ingress(objects)
    )


def _unwanted_callers(objects: Sequence[Object]) -> Iterator[tuple[str, str]]:
    declared = {(caller, called) for caller, called, _ in DECLARED}
    for target, peer, _ in _ingress(objects):
        for caller in workloads(objects):
            edge = (caller.labels.get(NAME, ""), target.labels.get(NAME, ""))
            if matches(peer, caller.labels) and edge not in declared:
                yield edge
