"""An agent at work through routing's API: takes what is offered, answers, settles. It waits on streams alone."""

import uuid
from collections.abc import Iterator
from typing import Any

from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

PATIENCE_S = 60


class Desk:
    """One agent with room for one case, available from the beginning."""

    def __init__(self, channel: Any, tenant: str, agent_id: str) -> None:
        self._stub: Any = RoutingServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self.agent = f"{self._parent}/agents/{agent_id}"
        agent = api.Agent(display_name=agent_id, capacity=1)
        self._call(
            "CreateAgent", api.CreateAgentRequest(parent=self._parent, agent_id=agent_id, agent=agent, request_id=_id())
        )
        available = events_pb2.PRESENCE_AVAILABLE
        self._call("SetPresence", api.SetPresenceRequest(name=self.agent, presence=available, request_id=_id()))

    def offers(self) -> Iterator[api.Offer]:
        """Open offers as they come; ends with the generator."""
        watch = self._stub.WatchOffers(api.WatchOffersRequest(agent=self.agent), timeout=PATIENCE_S)
        known = set()
        try:
            for change in watch:
                if change.change == api.OFFER_CHANGE_OPEN and change.offer.offer_id not in known:
                    known.add(change.offer.offer_id)
                    yield change.offer
        finally:
            watch.cancel()

    def accept(self, offer: api.Offer) -> None:
        request = api.AcceptOfferRequest(name=offer.case, agent=self.agent, token=offer.token, request_id=_id())
        self._call("AcceptOffer", request)

    def reply(self, case: str, text: str) -> None:
        """Returns when the reply is on its way to the customer."""
        request = api.ReplyToCaseRequest(name=case, agent=self.agent, text=text, request_id=_id())
        self._call("ReplyToCase", request)
        watch = self._stub.WatchCases(api.WatchCasesRequest(parent=self._parent), timeout=PATIENCE_S)
        for change in watch:
            if change.case.name == case and change.case.HasField("answered_at"):
                break
        watch.cancel()

    def resolve(self, case: str) -> None:
        request = api.ResolveCaseRequest(name=case, agent=self.agent, disposition="solved", request_id=_id())
        self._call("ResolveCase", request)

    def _call(self, method: str, request: Any) -> Any:
        return getattr(self._stub, method)(request, timeout=PATIENCE_S)


def _id() -> str:
    return str(uuid.uuid4())
