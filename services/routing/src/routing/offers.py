"""Offers as they happen, and what else an agent must hear of itself, for the agents who listen.

The log is read once, each watch only hears of its own agent.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

from chassis import watches
from chassis.clock import to_timestamp
from chassis.commits import Entry, Mark, Recorded
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.filters import Condition, Junction
from chassis.layout import UnreadableEvent
from chassis.log import Log
from chassis.tail import Tail
from switchboard.routing.v1 import events_structs, service_pb2

from routing.agents import BY_AGENT
from routing.cases import offer_to
from routing.terms import RescindReason
from routing.views.cases import list_cases, position
from routing.wire import offer_message

WAITING_MAX = 500
"""Changes that may wait for one slow watch, half a kilobyte each; it is then asked to come back with its token."""
SNAPSHOT_MAX = 100
"""Open offers of one agent: its capacity."""

_CHANGES = {
    events_structs.CaseOffered.NAME: service_pb2.OFFER_CHANGE_OPEN,
    events_structs.OfferAccepted.NAME: service_pb2.OFFER_CHANGE_ACCEPTED,
    events_structs.OfferDeclined.NAME: service_pb2.OFFER_CHANGE_DECLINED,
    events_structs.OfferExpired.NAME: service_pb2.OFFER_CHANGE_EXPIRED,
    events_structs.OfferRescinded.NAME: service_pb2.OFFER_CHANGE_RESCINDED,
    events_structs.CaseReleased.NAME: service_pb2.OFFER_CHANGE_RELEASED,
    events_structs.CaseAssigned.NAME: service_pb2.OFFER_CHANGE_ASSIGNED,
    events_structs.TaskClosed.NAME: service_pb2.OFFER_CHANGE_TASK_CLOSED,
    events_structs.CaseResumed.NAME: service_pb2.OFFER_CHANGE_RESUMED,
    events_structs.ClaimLapsed.NAME: service_pb2.OFFER_CHANGE_RELEASED,
}
_TOLD = frozenset({*_CHANGES, events_structs.PresenceChanged.NAME})
"""Facts that their agent hears of."""

Listener = asyncio.Queue[tuple[Mark, service_pb2.WatchOffersResponse] | None]
"""(where it stands in the log, what to send), None for a watch that reads too slowly."""


def _decode(token: str) -> Mark:
    return Mark.decode(token, "resume_token")


TOKENS = {"switchboard.routing.v1.WatchOffersRequest.resume_token": lambda token: _decode(token).position}
"""Tokens that are more than a position: of one commit an agent may hear several times, and each has its own."""


class Offers:
    """Tells all watches of this replica."""

    def __init__(self, log: Log, tail: Tail, database: Database) -> None:
        self._log = log
        self._tail = tail
        self._database = database
        self._listeners: dict[tuple[str, str], set[Listener]] = {}
        self._position = 0
        self._started = asyncio.Event()

    async def run(self) -> None:
        """Follows the log from its end until cancelled."""
        self._position = await self._log.last_position()
        self._started.set()
        async with aclosing(self._tail.of(self._position, "work")) as batches:
            async for reached, batch in batches:
                for entry in batch:
                    if self._listeners and any(event.type in _TOLD for event in entry.commit.events):
                        for recorded in _changes_in(entry):
                            self._tell(recorded)
                self._position = reached

    async def watch(
        self, tenant: str, agent_id: str, resume_token: str
    ) -> AsyncGenerator[service_pb2.WatchOffersResponse, None]:
        """An agent's open offers (unless a token says what is known), then every change of one, with bookmarks. Whoever
        comes back with a token hears what it would have heard next, nothing twice.

        Raises InvalidRequest for what is no token, ResumeTokenExpired for one that lies too far back.
        """
        after = _decode(resume_token) if resume_token else None
        await self._started.wait()
        with self._listen(tenant, agent_id) as mine:
            known = self._position
            if after is None:
                at, present = await self._present(tenant, agent_id)
                after = Mark(at)
                for response in present:
                    yield response
                yield service_pb2.WatchOffersResponse(snapshot=True, resume_token=after.encode())
            await self._tail.require_near(after.position)
            while after < Mark(known):
                after, missed = await self._missed(tenant, agent_id, after)
                for response in missed:
                    yield response
            while True:
                try:
                    async with asyncio.timeout(watches.BOOKMARK_S):
                        change = await mine.get()
                except TimeoutError:
                    if mine.empty() and self._position > after.position:
                        after = Mark(self._position)
                        yield service_pb2.WatchOffersResponse(resume_token=after.encode())
                    continue
                if change is None:
                    raise Unavailable("this watch reads too slowly; come back with its resume token", 0.1)
                mark, response = change
                if mark > after:
                    yield response

    async def _present(self, tenant: str, agent_id: str) -> tuple[int, list[service_pb2.WatchOffersResponse]]:
        """(as of where, an agent's open offers)."""
        async with self._database.transaction(isolation="repeatable_read", readonly=True) as connection:
            at = await position(connection, tenant)
            wanted = Junction("and", (Condition("state", "=", "OFFERED"), Condition("agent", "=", agent_id)))
            cases = await list_cases(connection, tenant, wanted, None, SNAPSHOT_MAX)
        return at, [
            service_pb2.WatchOffersResponse(
                offer=offer_message(tenant, case, offer), change=service_pb2.OFFER_CHANGE_OPEN, snapshot=True
            )
            for case in cases
            if (offer := offer_to(case, agent_id)) is not None
        ]

    async def _missed(
        self, tenant: str, agent_id: str, after: Mark
    ) -> tuple[Mark, list[service_pb2.WatchOffersResponse]]:
        """(up to where, the agent's changes) of the next part of the log; nothing of the log outlives this."""
        reached, batch = await self._tail.next(after.read_after, "work", tenant)
        return max(after, Mark(reached)), heard(tenant, agent_id, batch, after)

    def _tell(self, recorded: Recorded) -> None:
        key = (recorded.tenant, _whom(recorded))
        listeners = tuple(self._listeners.get(key, ()))
        if not listeners:
            return
        change = _mark(recorded), _change(recorded.tenant, recorded)
        for listener in listeners:
            if listener.qsize() < WAITING_MAX:
                listener.put_nowait(change)
            else:
                listener.put_nowait(None)
                self._listeners[key].discard(listener)

    @contextmanager
    def _listen(self, tenant: str, agent_id: str) -> Iterator[Listener]:
        mine: Listener = asyncio.Queue(WAITING_MAX + 1)
        listeners = self._listeners.setdefault((tenant, agent_id), set())
        listeners.add(mine)
        try:
            yield mine
        finally:
            listeners.discard(mine)
            if not listeners and self._listeners.get((tenant, agent_id)) is listeners:
                del self._listeners[tenant, agent_id]


def heard(tenant: str, agent_id: str, entries: Iterable[Entry], after: Mark) -> list[service_pb2.WatchOffersResponse]:
    """What an agent hears of a tenant's commits, but for what it has heard of the first of them."""
    facts = [recorded for entry in entries for recorded in _changes_in(entry) if _mark(recorded) > after]
    return [_change(tenant, fact) for fact in facts if _whom(fact) == agent_id]


def _changes_in(entry: Entry) -> list[Recorded]:
    """The facts of a commit that an agent hears of, but for those whose bytes are no such fact."""
    found = []
    for recorded in entry.events():
        if recorded.type in _TOLD:
            with suppress(UnreadableEvent):
                body: Any = recorded.body
                own = isinstance(body, events_structs.PresenceChanged | events_structs.CaseResumed)
                if not own or body.reason != BY_AGENT:
                    found.append(recorded)
    return found


def _whom(recorded: Recorded) -> str:
    """The agent who is to hear of a fact: of a closed task who has its case."""
    body: Any = recorded.body
    agent_id: str = body.holder_id if isinstance(body, events_structs.TaskClosed) else body.agent_id
    return agent_id


def _mark(recorded: Recorded) -> Mark:
    return Mark(recorded.position, recorded.index)


def _change(tenant: str, recorded: Recorded) -> service_pb2.WatchOffersResponse:
    body: Any = recorded.body
    token = _mark(recorded).encode()
    if isinstance(body, events_structs.PresenceChanged):
        presence: Any = body.presence
        return service_pb2.WatchOffersResponse(presence=presence, reason=body.reason, resume_token=token)
    is_closed = isinstance(body, events_structs.TaskClosed)
    by_hand = isinstance(body, events_structs.CaseReleased | events_structs.CaseAssigned | events_structs.CaseResumed)
    lapsed = isinstance(body, events_structs.ClaimLapsed)
    offer = service_pb2.Offer(
        offer_id="" if by_hand or lapsed or is_closed else body.offer_id,
        case=f"tenants/{tenant}/cases/{body.case_id}",
        agent=f"tenants/{tenant}/agents/{_whom(recorded)}",
    )
    if is_closed:
        change, task = _CHANGES[recorded.type], f"tenants/{tenant}/cases/{body.task_id}"
        return service_pb2.WatchOffersResponse(
            offer=offer, change=change, reason=body.outcome, resume_token=token, task=task
        )
    if isinstance(body, events_structs.CaseOffered):
        offer.token = body.token
        offer.weight = body.weight
        offer.offered_at.CopyFrom(to_timestamp(body.at))
        offer.expires_at.CopyFrom(to_timestamp(body.expires_at))
        offer.interrupts.extend(f"tenants/{tenant}/cases/{case_id}" for case_id in body.interrupts)
    reason = body.reason if by_hand else "claim_lapsed" if lapsed else ""
    if isinstance(body, events_structs.OfferRescinded) and body.reason in set(RescindReason):
        reason = RescindReason(body.reason).name.lower()
    change = _CHANGES[recorded.type]
    return service_pb2.WatchOffersResponse(offer=offer, change=change, reason=reason, resume_token=token)
