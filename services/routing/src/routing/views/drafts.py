"""Table `case_drafts_v1`: what agents are writing and have not sent, sealed as it stands in the log.

A draft whose reply is on its way is kept, unseen, until the channel has taken it: what it refuses is a draft again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from chassis.clock import Instant
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from switchboard.log.v1.log_structs import Sealed
from switchboard.routing.v1 import events_pb2, events_structs

from routing import events
from routing.views.cases import CODEC

_SQL = queries(__file__, "drafts.sql")
DraftFact = (
    events.DraftSaved
    | events.DraftDiscarded
    | events.ReplyRequested
    | events.ReplySent
    | events.ReplyFailed
    | events.CaseResolved
    | events.CaseWithdrawn
    | events.CasesJoined
)
"""What makes, moves and ends drafts."""
_HANDLED = frozenset(
    fact.NAME
    for fact in (
        events_structs.DraftSaved,
        events_structs.DraftDiscarded,
        events_structs.ReplyRequested,
        events_structs.ReplySent,
        events_structs.ReplyFailed,
        events_structs.CaseResolved,
        events_structs.CaseWithdrawn,
        events_structs.CasesJoined,
    )
)
_JOINED = events_structs.CasesJoined.NAME


class Draft(NamedTuple):
    """What one agent is writing."""

    saved_at: Instant
    text: Sealed
    reply_id: str = ""


Drafts = Mapping[str, Draft]
"""Of one case, by agent."""


class DraftsView:
    """The projection `case_drafts_v1`. Keys are `<tenant>/<case id>`."""

    name = "case_drafts_v1"
    contexts = frozenset({"work"})
    handles = _HANDLED
    # Whatever else routing may say, now or later, is about no draft.
    ignores = frozenset(one.full_name for one in events_pb2.DESCRIPTOR.message_types_by_name.values()) - _HANDLED
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {"case_drafts_v1": "tenant, case_id, agent"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """The case, and the one that is joined into it."""
        fact = CODEC.names(event)
        if event.type == _JOINED:
            return (f"{event.tenant}/{fact.case_id}", f"{event.tenant}/{fact.joined_case_id}")
        return (f"{event.tenant}/{fact.case_id}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Drafts]:
        """One query."""
        found: dict[str, dict[str, Draft]] = {}
        for r in await connection.fetch(_SQL["load"], *_split(keys)):
            of_case = found.setdefault(f"{r['tenant']}/{r['case_id']}", {})
            of_case[r["agent"]] = Draft(*_draft(r), r["reply_id"])
        return dict(found)

    def fold(self, rows: dict[str, Drafts], event: Recorded) -> None:
        """Applies one fact."""
        fact = cast(DraftFact, CODEC.decode(event))
        key = f"{event.tenant}/{fact.case_id}"
        drafts = rows.get(key, {})
        match fact:
            case events.DraftSaved():
                rows[key] = {**drafts, fact.agent_id: Draft(fact.at, fact.text)}
            case events.DraftDiscarded():
                rows[key] = _without(drafts, [fact.agent_id])
            case events.ReplyRequested():
                if (mine := drafts.get(fact.agent_id)) is not None:
                    rows[key] = {**drafts, fact.agent_id: mine._replace(reply_id=fact.reply_id)}
            case events.ReplySent():
                rows[key] = _without(drafts, _replying(drafts, fact.reply_id))
            case events.ReplyFailed():
                rows[key] = {**drafts, **{a: drafts[a]._replace(reply_id="") for a in _replying(drafts, fact.reply_id)}}
            case events.CaseResolved() | events.CaseWithdrawn():
                rows[key] = {}
            case events.CasesJoined(actor=""):  # somebody's join moves nothing
                gone = f"{event.tenant}/{fact.joined_case_id}"
                rows[key], rows[gone] = {**rows.get(gone, {}), **drafts}, {}

    async def save(self, connection: Connection, rows: Mapping[str, Drafts], touched: Sequence[str]) -> None:
        """What there is of the touched cases in place of what there was."""
        await connection.execute(_SQL["delete"], *_split(touched))
        there = [
            (*key.split("/", 1), agent, draft.saved_at, *_parts(draft.text), draft.reply_id)
            for key in touched
            for agent, draft in rows.get(key, {}).items()
        ]
        if there:
            await connection.execute(_SQL["save"], there)


async def drafts_of(
    database: Database, tenant: str, case_id: str, after: str, limit: int
) -> list[tuple[str, Instant, Sealed]]:
    """(agent, when, text) of a case's drafts, by agent, from behind one."""
    records = await database.fetch(_SQL["list"], tenant, case_id, after, limit)
    return [(r["agent"], *_draft(r)) for r in records]


async def draft_of(database: Database, tenant: str, case_id: str, agent_id: str) -> tuple[str, Instant, Sealed] | None:
    """(agent, when, text) of one agent's draft, None when there is none."""
    records = await database.fetch(_SQL["get"], tenant, case_id, agent_id)
    return next(((r["agent"], *_draft(r)) for r in records), None)


def _draft(record: Any) -> tuple[Instant, Sealed]:
    return Instant(record["saved_at"]), Sealed(record["subject_id"], record["nonce"], record["ciphertext"])


def _parts(text: Sealed) -> tuple[str, bytes, bytes]:
    return text.subject_id, text.nonce, text.ciphertext


def _replying(drafts: Drafts, reply_id: str) -> list[str]:
    """The agents whose drafts a reply was sent from."""
    return [agent for agent, draft in drafts.items() if draft.reply_id == reply_id]


def _without(drafts: Drafts, agents: Iterable[str]) -> Drafts:
    return {agent: draft for agent, draft in drafts.items() if agent not in agents}


def _split(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [key.partition("/") for key in keys]
    return [tenant for tenant, _, _ in pairs], [case_id for _, _, case_id in pairs]
