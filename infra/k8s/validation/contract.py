"""What every pod promises: who it runs as, what it may use, how it is probed, how it ends. Follows no reference."""

from collections.abc import Iterator, Sequence

from validation.objects import Object, Workload, environment, matches, name_of, of_kind, probes, workloads

SERVICES = frozenset({"ingest", "routing", "crm-sync", "kpi"})
UID_LEAST = 10_001  # below it a container's user may be somebody on the node
LAST_BATCH_S = 10
FLUSH_S = 5
RESOURCES = ("cpu", "memory", "ephemeral-storage")
CLUSTER_SCOPED = frozenset({"Namespace"})
HANDLERS = ("grpc", "httpGet", "tcpSocket", "exec")


def problems(objects: Sequence[Object]) -> list[str]:
    """One sentence for every promise that is not kept; empty when all are."""
    found = [*_namespaces(objects), *_completeness(objects), *_services(objects)]
    for workload in workloads(objects):
        found += _pod(workload)
        for container in workload.containers:
            found += _container(workload, container)
        if workload.long_running:
            for container in workload.pod.get("containers", []):
                found += _probes(workload, container)
        if workload.service:
            found += _rollout(workload)
            found += _drain(workload)
    return found


def _namespaces(objects: Sequence[Object]) -> Iterator[str]:
    guarded = {
        one["metadata"]["name"]
        for one in of_kind(objects, "Namespace")
        if one["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") == "restricted"
    }
    for one in objects:
        if one["kind"] not in CLUSTER_SCOPED and one["metadata"].get("namespace") not in guarded:
            yield f"{name_of(one)} stands in no namespace that enforces the restricted pod security standard"


def _completeness(objects: Sequence[Object]) -> Iterator[str]:
    for service in sorted(SERVICES):
        for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"):
            if f"{kind}/{service}" not in {name_of(one) for one in objects}:
                yield f"there is no {kind}/{service}"
    budgets = of_kind(objects, "PodDisruptionBudget")
    for budget in budgets:
        if budget["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"{name_of(budget)}: unhealthyPodEvictionPolicy is not AlwaysAllow, so broken pods block drains"
    for workload in workloads(objects):
        over = [b for b in budgets if matches(b["spec"]["selector"], workload.labels)]
        if workload.service and len(over) != 1:
            yield f"{workload.name} has {len(over)} PodDisruptionBudgets, one is right"


def _services(objects: Sequence[Object]) -> Iterator[str]:
    for one in of_kind(objects, "Service"):
        if one["spec"].get("clusterIP") != "None":
            yield f"{name_of(one)} is not headless, so gRPC clients would stay on one pod"


def _pod(workload: Workload) -> Iterator[str]:
    pod, security = workload.pod, workload.pod.get("securityContext", {})
    if security.get("runAsNonRoot") is not True:
        yield f"{workload.name}: runAsNonRoot is not true"
    for field in ("runAsUser", "runAsGroup"):
        if security.get(field, 0) < UID_LEAST:
            yield f"{workload.name}: {field} is not above 10000"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield f"{workload.name}: seccomp profile is not RuntimeDefault"
    if pod.get("automountServiceAccountToken") is not False:
        yield f"{workload.name}: the service account's token is mounted"
    if pod.get("serviceAccountName", "default") == "default":
        yield f"{workload.name}: has no service account of its own"
    for field in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
        if pod.get(field):
            yield f"{workload.name}: {field} is set"
    for volume in pod.get("volumes", []):
        if "hostPath" in volume:
            yield f"{workload.name}: volume {volume['name']} reaches into the node"
        if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
            yield f"{workload.name}: volume {volume['name']} has no sizeLimit"


def _container(workload: Workload, container: Object) -> Iterator[str]:
    who = f"{workload.name} container {container['name']}"
    security = container.get("securityContext", {})
    if security.get("readOnlyRootFilesystem") is not True:
        yield f"{who}: the root file system is writable"
    if security.get("allowPrivilegeEscalation") is not False:
        yield f"{who}: privileges may escalate"
    if security.get("privileged"):
        yield f"{who}: is privileged"
    if security.get("capabilities", {}).get("drop") != ["ALL"] or security["capabilities"].get("add"):
        yield f"{who}: does not drop all capabilities"
    if security.get("runAsNonRoot", True) is not True or security.get("runAsUser", UID_LEAST) < UID_LEAST:
        yield f"{who}: overrides the pod's user"
    for part in ("requests", "limits"):
        for resource in RESOURCES:
            if resource not in container.get("resources", {}).get(part, {}):
                yield f"{who}: {part} say nothing of {resource}"
    for variable in container.get("env", []):
        if "secretKeyRef" in variable.get("valueFrom", {}):
            yield f"{who}: {variable['name']} is a secret in the environment; mount it as a file"
    if ":" not in container["image"]:
        yield f"{who}: image {container['image']} has neither tag nor digest"


def _probes(workload: Workload, container: Object) -> Iterator[str]:
    who = f"{workload.name} container {container['name']}"
    there = dict(probes(container))
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        if kind not in there:
            yield f"{who}: has no {kind}"
    asked = {kind: {h: probe[h] for h in HANDLERS if h in probe} for kind, probe in there.items()}
    if "livenessProbe" in asked and asked["livenessProbe"] == asked.get("readinessProbe"):
        yield f"{who}: liveness and readiness ask the same, so what is merely not ready is restarted"
    if workload.service:
        for kind, service in (
            ("startupProbe", "readiness"),
            ("readinessProbe", "readiness"),
            ("livenessProbe", "liveness"),
        ):
            if asked.get(kind, {}).get("grpc", {}).get("service") != service:
                yield f"{who}: {kind} does not ask the gRPC health service {service}"


def _rollout(workload: Workload) -> Iterator[str]:
    strategy = workload.object["spec"].get("strategy", {})
    if strategy.get("type") != "RollingUpdate" or strategy.get("rollingUpdate", {}).get("maxUnavailable") != 0:
        yield f"{workload.name}: a rolling update may take a pod away before its successor is ready"
    spread = {one["topologyKey"] for one in workload.pod.get("topologySpreadConstraints", [])}
    for key in sorted({"topology.kubernetes.io/zone", "kubernetes.io/hostname"} - spread):
        yield f"{workload.name}: is not spread over {key}"


def _drain(workload: Workload) -> Iterator[str]:
    grace_s = workload.pod.get("terminationGracePeriodSeconds", 30)
    for container in workload.pod["containers"]:
        variables = environment(container)
        needed_s = float(LAST_BATCH_S + FLUSH_S)
        for name in ("SWITCHBOARD_DRAIN_DELAY_S", "SWITCHBOARD_DRAIN_GRACE_S"):
            if "value" not in variables.get(name, {}):
                yield f"{workload.name}: {name} is not set"
            else:
                needed_s += float(variables[name]["value"])
        if grace_s <= needed_s:
            yield f"{workload.name}: is killed after {grace_s} s, but draining may take {needed_s:g} s"
