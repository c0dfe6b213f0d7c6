"""elapsed_mean, elapsed_by_*: whose time it was that a contact took.

Formula: a contact takes from its start to its resolution, withdrawal or reopening, or until the end of the
observation. Each moment of that is one's, the first of these that holds: the *platform*'s while the post that asks is
on its way to us; a *department*'s while it has a task of the case, or the holder waits for somebody else; the
*customer*'s while nothing is asked, or the holder waits for the customer; the *agent*'s who has it; the *queue*'s.
The five numerators add up to the elapsed time, to the microsecond, in every group; each is a share of it.
Unit: seconds, and shares, 0 to 1.
Edge cases: what an agent does between the answer and the resolution is the customer's time, who could go on. An offer
that stands is still the queue's time. By agent the time of each holder is under the own name, all other time under
"". By completion a piece counts where it ended.
Source: blame decomposition, our own; a partition of an interval needs no estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kpi.metrics.blame import Who, elapsed, pieces
from kpi.metrics.contact import Contact
from kpi.metrics.metric import Agent, Definition, Item, ItemMetric, Part, Unit, mean, time_share
from kpi.metrics.spans import events_of

SOURCE = "docs/metrics.md#elapsed-time"


def whole(contact: Contact) -> Iterator[Item]:
    """The elapsed time of a contact, under whoever resolved it."""
    if contact.journey is not None:
        begin, end = elapsed(contact, contact.journey)
        agent = "" if contact.settled is None else contact.settled.agent
        yield Item(Part(True, end - begin), agent, None, contact.journey.closed_at)


def _items(who: Who) -> Callable[[Contact], Iterator[Item]]:
    def items(contact: Contact) -> Iterator[Item]:
        if contact.journey is not None:
            for piece in pieces(contact, contact.journey):
                events = () if piece.span is None else events_of(piece.span)
                part = Part(piece.who is who, piece.end - piece.at)
                goes_on = contact.journey.closed_at is None and piece.end == contact.until
                yield Item(part, piece.agent, piece.queue, None if goes_on else piece.end, events)

    return items


MEAN = ItemMetric(
    Definition(
        id="elapsed_mean",
        version=1,
        name="Elapsed time, mean",
        description="Mean time from the start of a contact to its end, or to the end of the observation.",
        unit=Unit.SECONDS,
        numerator="sum of the elapsed times in seconds",
        denominator="contacts",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    whole,
    mean,
)


def _metric(who: Who, words: str) -> ItemMetric:
    return ItemMetric(
        Definition(
            id=f"elapsed_by_{who.name.lower()}",
            version=1,
            name=f"Elapsed time, the {who.name.lower()}'s share",
            description=f"Share of the elapsed time {words}.",
            unit=Unit.RATIO,
            numerator=f"seconds {words}",
            denominator="seconds elapsed",
            source=SOURCE,
            agent=Agent.OWN,
        ),
        _items(who),
        time_share,
    )


SHARES = (
    _metric(Who.AGENT, "that an agent had the contact and owed an answer"),
    _metric(Who.CUSTOMER, "in which nothing was asked of us, or the holder waited for the customer"),
    _metric(Who.DEPARTMENT, "in which another department or somebody else had to do something"),
    _metric(Who.PLATFORM, "that a post was on its way to us"),
    _metric(Who.QUEUE, "that a customer waited and no agent had the contact"),
)
