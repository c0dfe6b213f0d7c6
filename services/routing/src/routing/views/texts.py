"""Table `case_texts_v1`: what agents noted about cases and replied in them, sealed as it stands in the log.

A reply that the channel refused was never said, and is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple, cast

from chassis.clock import Instant
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from switchboard.log.v1.log_structs import Sealed
from switchboard.routing.v1 import events_pb2, events_structs

from routing import events
from routing.terms import AuthorKind
from routing.views.cases import CODEC

_SQL = queries(__file__, "texts.sql")
TextFact = events.CaseNoted | events.ReplyRequested | events.ReplySent | events.ReplyFailed
"""What is written, and what becomes of it."""
_HANDLED = frozenset(
    fact.NAME
    for fact in (
        events_structs.CaseNoted,
        events_structs.ReplyRequested,
        events_structs.ReplySent,
        events_structs.ReplyFailed,
    )
)


class Written(IntEnum):
    """What sort of text it is."""

    NOTE = 1
    ASKED = 2
    """A reply on its way."""
    SENT = 3
    """A reply that the channel took."""


class Text(NamedTuple):
    """One text; its columns in their order."""

    case_id: str
    agent_id: str
    written: int
    by_human: bool
    length: int
    """Code points, 0 of a note."""
    at: Instant
    """When it was written."""
    text: Sealed


class TextsView:
    """The projection `case_texts_v1`. Keys are `<tenant>/<text id>`, the id of a reply or note."""

    name = "case_texts_v1"
    contexts = frozenset({"work"})
    handles = _HANDLED
    # Whatever else routing may say, now or later, is no text of an agent.
    ignores = frozenset(one.full_name for one in events_pb2.DESCRIPTOR.message_types_by_name.values()) - _HANDLED
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {"case_texts_v1": "tenant, text_id"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """One text."""
        fact = CODEC.names(event)
        return (f"{event.tenant}/{fact.note_id if event.type == events_structs.CaseNoted.NAME else fact.reply_id}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Text]:
        """One query."""
        records = await connection.fetch(_SQL["load"], *_split(keys))
        return {f"{r['tenant']}/{r['text_id']}": _text(r) for r in records}

    def fold(self, rows: dict[str, Text], event: Recorded) -> None:
        """Applies one fact."""
        fact = cast(TextFact, CODEC.decode(event))
        match fact:
            case events.CaseNoted():
                key = f"{event.tenant}/{fact.note_id}"
                rows[key] = Text(fact.case_id, fact.agent_id, Written.NOTE, True, 0, fact.at, fact.text)
            case events.ReplyRequested():
                by_human = fact.author_kind == AuthorKind.BRAND_HUMAN
                said = Written.ASKED, by_human, fact.text_length, fact.at, fact.text
                rows[f"{event.tenant}/{fact.reply_id}"] = Text(fact.case_id, fact.agent_id, *said)
            case events.ReplySent():
                key = f"{event.tenant}/{fact.reply_id}"
                if (asked := rows.get(key)) is not None:
                    rows[key] = asked._replace(written=Written.SENT)
            case events.ReplyFailed():
                rows.pop(f"{event.tenant}/{fact.reply_id}", None)

    async def save(self, connection: Connection, rows: Mapping[str, Text], touched: Sequence[str]) -> None:
        """What there is of the touched texts in place of what there was."""
        await connection.execute(_SQL["delete"], *_split(touched))
        there = [
            (*key.split("/", 1), *text[:-1], text.text.subject_id, text.text.nonce, text.text.ciphertext)
            for key in touched
            if (text := rows.get(key)) is not None
        ]
        if there:
            await connection.execute(_SQL["save"], there)


async def notes_of(database: Database, tenant: str, case_ids: Sequence[str], limit: int) -> list[Text]:
    """The notes of these cases, the latest first."""
    return [_text(r) for r in await database.fetch(_SQL["notes"], tenant, list(case_ids), limit)]


async def answers_of(database: Database, tenant: str, case_ids: Sequence[str], longest: int) -> dict[str, Text]:
    """Case to the longest reply that a human of ours sent in it, of those with so many code points at most."""
    records = await database.fetch(_SQL["answers"], tenant, list(case_ids), longest)
    return {r["case_id"]: _text(r) for r in records}


async def replies_since(database: Database, tenant: str, case_ids: Sequence[str], since: Instant) -> int:
    """How many replies of these cases were sent, or are on their way, from an instant on."""
    return int(await database.fetchval(_SQL["replies_since"], tenant, list(case_ids), since))


async def replies_by(database: Database, tenant: str, agent_id: str, limit: int) -> list[Text]:
    """An agent's replies, the latest first."""
    return [_text(r) for r in await database.fetch(_SQL["by_agent"], tenant, agent_id, limit)]


def _text(record: Any) -> Text:
    text = Sealed(record["subject_id"], record["nonce"], record["ciphertext"])
    said = record["written"], record["by_human"], record["length"], Instant(record["at"])
    return Text(record["case_id"], record["agent"], *said, text)


def _split(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [key.partition("/") for key in keys]
    return [tenant for tenant, _, _ in pairs], [text_id for _, _, text_id in pairs]
