"""What is counted inside contacts: the spans of their journeys as items. Knows no particular metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpi.journeys import Kind, Span
from kpi.metrics.contact import Contact
from kpi.metrics.metric import Item, Part

_BEGAN: Mapping[Kind, str] = {
    Kind.TURN: "asked",
    Kind.LAG: "asked",
    Kind.STAY: "queued",
    Kind.OFFER: "offered",
    Kind.HOLDING: "took",
    Kind.ALONG: "took",
    Kind.PARKED_FOR_CUSTOMER: "parked",
    Kind.PARKED: "parked",
    Kind.INTERRUPTED: "interrupted",
    Kind.TASK: "delegated",
    Kind.ANSWER: "answered",
    Kind.MOVE: "moved",
}


def spans_of(contact: Contact, kind: Kind) -> Iterator[Span]:
    """The spans of a kind of an observed contact, by when they began."""
    if contact.journey is not None:
        yield from (span for span in contact.journey.spans if span.kind is kind)


def item_of(span: Span, part: Part) -> Item:
    """What a span adds, under its own agent, in its own queue, completed when it ended."""
    return Item(part, span.agent, span.queue, span.end, events_of(span))


def events_of(span: Span) -> tuple[tuple[str, int], ...]:
    """The events at both ends: a role by what the span is, and one by how it ended."""
    began = (_BEGAN[span.kind], span.ref)
    return (began,) if span.end_ref is None or span.end_ref == span.ref else (began, (span.how, span.end_ref))


def lasted(span: Span, until: int) -> int:
    """How long it lasted, or has lasted until then, microseconds."""
    return (until if span.end is None else span.end) - span.at
