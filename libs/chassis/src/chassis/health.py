"""Whether this process serves, as balancers and kubelets ask it. It knows conditions by name, not what they mean.

`liveness` only says that the event loop runs, so that a database outage restarts nothing. `readiness`, "" and every
service are SERVING when all conditions hold and nobody is draining.
"""

from collections.abc import Iterable
from typing import Any, Final

from grpc_health.v1 import health_pb2  # type: ignore[import-untyped]
from grpc_health.v1._async import HealthServicer  # type: ignore[import-untyped]

from chassis.errors import NotFound

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
WHY: Final = "switchboard-unmet"
"""Trailing metadata of a health check that says NOT_SERVING: a sentence for whoever has to do something about it."""


class Health:
    """The health service of one server; conditions are unmet until somebody says otherwise."""

    def __init__(self, conditions: Iterable[str] = ()) -> None:
        self.servicer = _ExplainedHealth()
        self._conditions = dict.fromkeys(conditions, False)
        self._why: dict[str, str] = {}
        self._services = ["", "readiness"]
        self._open = False

    @property
    def ready(self) -> bool:
        """Whether calls are welcome."""
        return self._open and all(self._conditions.values())

    @property
    def unmet(self) -> tuple[str, ...]:
        """The conditions that do not hold, for people and log lines."""
        return tuple(name for name, holds in self._conditions.items() if not holds)

    async def set(self, condition: str, holds: bool, why: str = "") -> None:
        """Says whether a condition holds; one not named at construction counts from now on. `why` is a sentence that
        says what does not hold and what to do; metadata is ASCII, other characters become "?".
        """
        self._why[condition] = "" if holds else why.encode("ascii", "replace").decode()
        self.servicer.why = "; ".join(sentence for sentence in self._why.values() if sentence)
        if self._conditions.get(condition) is not holds:
            self._conditions[condition] = holds
            await self._tell()

    async def open(self, services: Iterable[str]) -> None:
        """The server listens and has these services."""
        self._services += services
        self._open = True
        await self.servicer.set("liveness", SERVING)
        await self._tell()

    async def drain(self) -> None:
        """Readiness is over for good; liveness stays, since a draining process is alive."""
        self._open = False
        await self._tell()

    async def _tell(self) -> None:
        status = SERVING if self.ready else NOT_SERVING
        for service in self._services:
            await self.servicer.set(service, status)


class _ExplainedHealth(HealthServicer):  # type: ignore[misc]  # its package has no types
    """The standard service; a check that fails for a reason somebody knows carries it as WHY; one of a service there
    is not is refused as everything else here is.
    """

    why = ""

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Any) -> Any:  # noqa: N802  # gRPC names it
        if request.service not in self._server_status:
            raise NotFound("service", request.service)
        if self.why:
            context.set_trailing_metadata(((WHY, self.why),))
        return await super().Check(request, context)
