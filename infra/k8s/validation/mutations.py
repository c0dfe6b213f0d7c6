"""Ways to break manifests, each with the sentence that must follow: a check that cannot fail checks nothing."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from validation.objects import Object, name_of


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake, the module that must notice it (`check`), and part of the sentence it must say (`says`)."""

    name: str
    check: str
    says: str
    apply: Callable[[list[Object]], None]


def mutated(objects: Sequence[Object], mutation: Mutation) -> list[Object]:
    """A copy of the objects with the mistake in it."""
    broken = copy.deepcopy(list(objects))
    mutation.apply(broken)
    return broken


def pick(objects: Sequence[Object], name: str) -> Object:
    """The object of this kind/name."""
    return next(one for one in objects if name_of(one) == name)


def _pod(objects: Sequence[Object]) -> Object:
    return pick(objects, "Deployment/ingest")["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def _container(objects: Sequence[Object]) -> Object:
    return _pod(objects)["containers"][0]  # type: ignore[no-any-return]


def _unknown_kind(objects: list[Object]) -> None:
    pick(objects, "Deployment/ingest")["kind"] = "Deploymint"


def _unknown_field(objects: list[Object]) -> None:
    _container(objects)["livenesProbe"] = {}


def _service_selects_nothing(objects: list[Object]) -> None:
    pick(objects, "Service/ingest")["spec"]["selector"] = {"app.kubernetes.io/name": "ingress"}


def _budget_selects_nothing(objects: list[Object]) -> None:
    pick(objects, "PodDisruptionBudget/kpi")["spec"]["selector"]["matchLabels"] = {"app": "kpi"}


def _policy_selects_nothing(objects: list[Object]) -> None:
    pick(objects, "NetworkPolicy/switchboard-to-nats")["spec"]["podSelector"] = {"matchLabels": {"app": "services"}}


def _no_account(objects: list[Object]) -> None:
    objects.remove(pick(objects, "ServiceAccount/routing"))


def _no_such_secret(objects: list[Object]) -> None:
    kek = next(volume for volume in _pod(objects)["volumes"] if volume["name"] == "kek")
    kek["secret"]["secretName"] = "kekk"


def _no_such_key(objects: list[Object]) -> None:
    nats = next(one for one in _container(objects)["env"] if one["name"] == "SWITCHBOARD_NATS_URL")
    nats["valueFrom"]["configMapKeyRef"]["key"] = "nats"


def _no_such_port(objects: list[Object]) -> None:
    pick(objects, "Service/ingest")["spec"]["ports"][0]["targetPort"] = "http"


def _probe_without_port(objects: list[Object]) -> None:
    _container(objects)["livenessProbe"]["grpc"]["port"] = 9090


def _identical_probes(objects: list[Object]) -> None:
    _container(objects)["livenessProbe"]["grpc"]["service"] = "readiness"


def _root(objects: list[Object]) -> None:
    _pod(objects)["securityContext"].update(runAsUser=0, runAsGroup=0, runAsNonRoot=False)


def _writable_root(objects: list[Object]) -> None:
    _container(objects)["securityContext"]["readOnlyRootFilesystem"] = False


def _killed_while_draining(objects: list[Object]) -> None:
    _pod(objects)["terminationGracePeriodSeconds"] = 20


def _gap_in_rollout(objects: list[Object]) -> None:
    pick(objects, "Deployment/ingest")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = 1


def _unlimited_storage(objects: list[Object]) -> None:
    del _container(objects)["resources"]["limits"]["ephemeral-storage"]


def _lax_namespace(objects: list[Object]) -> None:
    pick(objects, "Namespace/switchboard")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "baseline"


def _undeclared_edge(objects: list[Object]) -> None:
    pick(objects, "NetworkPolicy/switchboard-to-nats")["spec"]["egress"][0]["to"].append(
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "kpi"}}}
    )


def _lost_edge(objects: list[Object]) -> None:
    objects.remove(pick(objects, "NetworkPolicy/switchboard-to-postgres"))


ALL = (
    Mutation("an unknown kind", "schemas", "knows no apps/v1 Deploymint", _unknown_kind),
    Mutation("a misspelt field", "schemas", "livenesProbe", _unknown_field),
    Mutation(
        "a Service that selects nothing",
        "references",
        "Service/ingest: selector selects no pod",
        _service_selects_nothing,
    ),
    Mutation(
        "a budget that selects nothing",
        "references",
        "PodDisruptionBudget/kpi: selector selects no pod",
        _budget_selects_nothing,
    ),
    Mutation("a policy that selects nothing", "references", "podSelector selects no pod", _policy_selects_nothing),
    Mutation("a missing service account", "references", "there is no ServiceAccount/routing", _no_account),
    Mutation("a missing secret", "references", "there is no Secret/kekk", _no_such_secret),
    Mutation("a missing key", "references", "has no key nats", _no_such_key),
    Mutation("a Service port nobody opens", "references", "opens no port http", _no_such_port),
    Mutation("a probe of a port nobody opens", "references", "livenessProbe asks port 9090", _probe_without_port),
    Mutation("identical probes", "contract", "ask the same", _identical_probes),
    Mutation("a wrong probe", "contract", "does not ask the gRPC health service liveness", _identical_probes),
    Mutation("a root user", "contract", "runAsUser is not above 10000", _root),
    Mutation("a root user, to checkov", "posture", "CKV_K8S_40", _root),
    Mutation("a writable root file system", "contract", "is writable", _writable_root),
    Mutation("too little time to drain", "contract", "is killed after 20 s", _killed_while_draining),
    Mutation("a rollout with a gap", "contract", "before its successor is ready", _gap_in_rollout),
    Mutation("unlimited ephemeral storage", "contract", "limits say nothing of ephemeral-storage", _unlimited_storage),
    Mutation("a lax namespace", "contract", "no namespace that enforces", _lax_namespace),
    Mutation("an undeclared edge", "edges", "may reach kpi on 4222", _undeclared_edge),
    Mutation("a lost edge", "edges", "may not reach postgres on 5432", _lost_edge),
)
