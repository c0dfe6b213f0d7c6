"""Rows to messages: what the tables have about customers as the API shows it. It opens what it is given the keys to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from chassis.clock import Instant, to_timestamp
from chassis.identity import uuid_text
from chassis.sealing import SubjectKey, opened, unreadable
from google.protobuf.message import DecodeError
from switchboard.crm.v1 import events_pb2, names_pb2
from switchboard.crm.v1 import service_pb2 as pb
from switchboard.log.v1.log_pb2 import READABILITY_ERASED, READABILITY_UNSPECIFIED, Readability
from switchboard.log.v1.log_structs import Sealed

from crm_sync import kept, survivorship
from crm_sync.contact_points import Contact, Defect, contact
from crm_sync.views import customers as tables

_BEHIND_BY = {
    by: f"DECIDED_BY_{'UNSPECIFIED' if by is survivorship.DecidedBy.FIRST else by.name}"
    for by in survivorship.DecidedBy
}
_DEFECTS: Mapping[Defect, pb.ContactDefect] = {
    Defect.MALFORMED: pb.CONTACT_DEFECT_MALFORMED,
    Defect.NATIONAL: pb.CONTACT_DEFECT_NATIONAL,
    Defect.ROLE: pb.CONTACT_DEFECT_ROLE,
    Defect.RESERVED: pb.CONTACT_DEFECT_RESERVED,
    Defect.FILLER: pb.CONTACT_DEFECT_FILLER,
}
Keys = Mapping[str, SubjectKey | None]
ATTRIBUTE_SHOWN_MAX = 10
"""Values of one attribute in a Customer."""
ATTRIBUTES_SHOWN_MAX = 100
"""Values of all attributes in a Customer."""
LINKS_SHOWN_MAX = 100
"""Links in a Customer."""


def _id_text(value: bytes) -> str:
    return uuid_text(value) if len(value) == 16 else ""


def _opened(
    keys: Keys, sealed: Sealed | None, subject_id: str, erased: bool = False
) -> tuple[names_pb2.ProfileContent, Readability]:
    """(the plain content, whether it could be read); empty for an erased subject, and where it does not open."""
    if sealed is None:
        return names_pb2.ProfileContent(), READABILITY_ERASED if erased else READABILITY_UNSPECIFIED
    plain, readability = opened(keys.get(subject_id), sealed)
    try:
        return names_pb2.ProfileContent.FromString(plain or b""), readability
    except DecodeError as broken:
        return names_pb2.ProfileContent(), unreadable(subject_id, broken)


def identity(row: tables.Identity, keys: Keys) -> pb.Identity:
    """One identity; names are empty after erasure."""
    content, readability = _opened(keys, kept.names(row.facts), row.identity_id, row.erased_at is not None)
    names = content.names
    message = pb.Identity(
        name=f"tenants/{row.tenant}/identities/{row.identity_id}",
        channel=row.channel,
        source=row.source,
        external_id=names.external_id,
        handle=names.handle,
        display_name=names.display_name,
        founded_at=to_timestamp(Instant(row.founded_at)),
        readability=readability,
    )
    if row.erased_at is not None:
        message.erased_at.CopyFrom(to_timestamp(Instant(row.erased_at)))
    return message


def value(row: kept.Candidate, candidates: int, keys: Keys) -> pb.AttributeValue:
    """One value with its provenance."""
    content, readability = _opened(keys, row.content, row.identity_id)
    values = content.values
    text = "" if row.place >= len(values) else values[row.place]
    return pb.AttributeValue(
        attribute=row.attribute,
        value=text,
        verified=row.verified,
        confidence=row.confidence_permille / 1000,
        source=row.source,
        identity=f"tenants/{row.tenant}/identities/{row.identity_id}",
        observed_at=to_timestamp(Instant(row.observed_at)),
        purpose=row.purpose,
        event_id=_id_text(row.event_id),
        cause_id=_id_text(row.cause_id),
        candidates=candidates,
        readability=readability,
        defect=_defect(row, text),
    )


def _defect(row: kept.Candidate, text: str) -> pb.ContactDefect:
    """Why a contact point links nobody, as far as its value can be read."""
    if not row.contact or row.unique or not text:
        return pb.CONTACT_DEFECT_UNSPECIFIED
    against = defect(contact(row.attribute, text))
    return pb.CONTACT_DEFECT_TOO_MANY if against == pb.CONTACT_DEFECT_UNSPECIFIED else against


def defect(point: Contact | None) -> pb.ContactDefect:
    """What stands against a contact point, as the API says it."""
    if point is None or point.defect is None:
        return pb.CONTACT_DEFECT_UNSPECIFIED
    return _DEFECTS[point.defect]


def _candidate(row: kept.Candidate) -> survivorship.Candidate:
    return survivorship.Candidate(
        value=row.contact or row.digest,
        verified=row.verified,
        source=row.source,
        confidence_permille=row.confidence_permille,
        observed_at=row.observed_at,
        event_id=row.event_id,
        identity_id=row.identity_id,
    )


def _ranked(
    attribute: str, rows: Sequence[kept.Candidate]
) -> list[tuple[kept.Candidate, survivorship.Candidate, bool]]:
    """(row, candidate, whether it is shown), best first."""
    by_candidate = {_candidate(row): row for row in rows}
    best_first = survivorship.ranked(attribute, by_candidate)
    shown = set(survivorship.winners(attribute, best_first))
    return [(by_candidate[one], one, one in shown) for one in best_first]


def attributes(rows: Sequence[kept.Candidate], keys: Keys) -> list[pb.AttributeValue]:
    """The values shown, sorted by attribute: at most ATTRIBUTE_SHOWN_MAX of one and ATTRIBUTES_SHOWN_MAX of all."""
    by_attribute: dict[str, list[kept.Candidate]] = defaultdict(list)
    for row in rows:
        by_attribute[row.attribute].append(row)
    winners = [
        (name, row)
        for name in sorted(by_attribute)
        for row in [row for row, _, shown in _ranked(name, by_attribute[name]) if shown][:ATTRIBUTE_SHOWN_MAX]
    ]
    return [value(row, len(by_attribute[name]), keys) for name, row in winners[:ATTRIBUTES_SHOWN_MAX]]


def values(rows: Sequence[kept.Candidate], keys: Keys, counts: Mapping[str, int]) -> list[pb.AttributeValue]:
    """Values as they are kept; `counts` says of how many candidates of its attribute each is one."""
    return [value(row, counts[row.attribute], keys) for row in rows]


def explained(attribute: str, rows: Sequence[kept.Candidate], keys: Keys, first: int, limit: int) -> list[pb.Candidate]:
    """Candidates from the `first` on, best first, and what put each behind the one before it."""
    messages: list[pb.Candidate] = []
    ranked = _ranked(attribute, rows)
    before = ranked[first - 1][1] if 0 < first <= len(ranked) else None
    for row, one, shown in ranked[first : first + limit]:
        by = survivorship.DecidedBy.FIRST if before is None else survivorship.decided_by(attribute, before, one)
        messages.append(
            pb.Candidate(
                value=value(row, len(rows), keys),
                source_rank=survivorship.rank(attribute, one.source),
                behind_by=_BEHIND_BY[by],
                winner=shown,
            )
        )
        before = one
    return messages


def links(record: tables.Record) -> list[pb.Link]:
    """Links, bars and conflicts, one message per pair."""
    pairs: dict[tuple[str, str], pb.Link] = {}

    def pair(row: Any) -> pb.Link:
        at = (row.identity_a, row.identity_b)
        if at not in pairs:
            prefix = f"tenants/{row.tenant}/identities/"
            pairs[at] = pb.Link(identity_a=prefix + row.identity_a, identity_b=prefix + row.identity_b)
        return pairs[at]

    for row in record.links:
        link = pair(row)
        link.active, link.attribute, link.ruleset, link.actor = row.active, row.attribute, row.ruleset, row.actor
        reason: Any = row.reason
        link.reason = reason
        link.linked_event_id = _id_text(row.linked_event_id)
        link.unlinked_event_id = _id_text(row.unlinked_event_id)
        link.forbidden_event_id = _id_text(row.forbidden_event_id)
        link.forbidden = bool(row.forbidden_event_id)
        if row.linked_at is not None:
            link.linked_at.CopyFrom(to_timestamp(Instant(row.linked_at)))
        if row.unlinked_at is not None:
            link.unlinked_at.CopyFrom(to_timestamp(Instant(row.unlinked_at)))
    for conflict in record.conflicts:
        pair(conflict).conflicts.add(
            reason=events_pb2.ConflictReason.Name(conflict.reason),
            attribute=conflict.attribute,
            disputed=conflict.disputed,
            at=to_timestamp(Instant(conflict.at)),
            event_id=_id_text(conflict.event_id),
        )
    return [pairs[at] for at in sorted(pairs)]


def customer(tenant: str, customer_id: str, record: tables.Record, keys: Keys) -> pb.Customer:
    """One customer from the part of the tables about it; `record.identities` is not empty and oldest first."""
    prefix = f"tenants/{tenant}/customers/"
    message = pb.Customer(
        name=prefix + customer_id,
        identities=[identity(row, keys) for row in record.identities],
        attributes=attributes(record.candidates, keys),
        links=links(record)[:LINKS_SHOWN_MAX],
        founded_at=to_timestamp(Instant(record.identities[0].founded_at)),
        merged=sorted(
            prefix + row.founded_customer_id for row in record.identities if row.founded_customer_id != customer_id
        ),
    )
    erased = [row.erased_at for row in record.identities if row.erased_at is not None]
    if len(erased) == len(record.identities):
        message.erased_at.CopyFrom(to_timestamp(Instant(max(erased))))
    return message


def path(active: Sequence[tables.Pair], start: str, end: str) -> list[tables.Pair]:
    """The active links from one identity to another, the shortest way; empty when there is none."""
    ends: dict[str, list[str]] = defaultdict(list)
    for a, b in active:
        ends[a].append(b)
        ends[b].append(a)
    before = {start: ""}
    queue = [start]
    for here in queue:
        for other in sorted(ends[here]):
            if other not in before:
                before[other] = here
                queue.append(other)
    if end not in before or start == end:
        return []
    way = [end]
    while before[way[-1]]:
        way.append(before[way[-1]])
    way.reverse()
    return [(min(pair), max(pair)) for pair in pairwise(way)]
