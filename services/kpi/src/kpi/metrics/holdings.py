"""holding_time, aht_elapsed, aht_workload, transfer_rate: how long agents have contacts, and whether they pass them on.

Formula: a holding is one agent's time with a contact, from taking it to resolving, giving up or losing it.
`holding_time = Σ (end - start) / holdings`; `aht_elapsed` the same without the time its agent waited for the customer
or somebody else, or was interrupted (pending); `aht_workload = Σ ∫ 1/n(t) dt / holdings` over that time, where its
agent has n(t) contacts in hand and none of them pending; `transfer_rate = holdings that ended with a transfer /
holdings`.
Unit: seconds, and a share, 0 to 1.
Edge cases: who has a contact twice has two holdings, and a transferred contact is one of each holder, each for the own
time. A holding that goes on is not counted, but its agent has it in hand. n(t) counts contacts outside the question as
well; the workloads of all holdings of an agent add up to the time it had anything in hand, to the microsecond. A
contact that an agent has because somebody joined it to another is held with that one, and is no holding of its own. An
escalation to another queue is a transfer; more urgency in the same queue is none.
Source: average handle time of the Genesys glossary; attribution to each holder instead of the one who has it now.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpi.journeys import Kind, Span, active
from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Item, ItemMetric, Part, Unit, mean, ratio
from kpi.metrics.spans import item_of, lasted, spans_of

SOURCE = "docs/metrics.md#handling"


def held(contact: Contact) -> Iterator[Item]:
    """Holdings that ended, each with how long it lasted."""
    return (item_of(span, Part(True, lasted(span, contact.until))) for span in _ended(contact))


def handled(contact: Contact) -> Iterator[Item]:
    """The same, each with how long its agent could do something."""
    if contact.journey is not None:
        for span in _ended(contact):
            us = sum(end - begin for begin, end in active(contact.journey, span, contact.until))
            yield item_of(span, Part(True, us))


def weighed(contact: Contact) -> Iterator[Item]:
    """The same, each with its share of that time, which its agent divided among all it had in hand."""
    if contact.journey is not None:
        for span in _ended(contact):
            yield item_of(span, Part(True, contact.journey.workloads.get(span.ref, 0)))


def passed_on(contact: Contact) -> Iterator[Item]:
    """The same; in the numerator those that ended with a transfer."""
    return (item_of(span, IN if span.how == "moved" else OUT) for span in _ended(contact))


def _ended(contact: Contact) -> Iterator[Span]:
    return (span for span in spans_of(contact, Kind.HOLDING) if span.end is not None)


HOLDING_TIME = ItemMetric(
    Definition(
        id="holding_time",
        version=1,
        name="Holding time",
        description="Mean time that an agent has a contact, each holder for the own segment.",
        unit=Unit.SECONDS,
        numerator="sum of the holdings in seconds",
        denominator="holdings that ended",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    held,
    mean,
)

AHT_ELAPSED = ItemMetric(
    Definition(
        id="aht_elapsed",
        version=1,
        name="Average handle time, elapsed",
        description="Mean time that an agent has a contact and waits for nobody, each holder for the own segment.",
        unit=Unit.SECONDS,
        numerator="sum of the holdings without pending time in seconds",
        denominator="holdings that ended",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    handled,
    mean,
)

AHT_WORKLOAD = ItemMetric(
    Definition(
        id="aht_workload",
        version=1,
        name="Average handle time, workload",
        description="Mean share of an agent's time that a contact takes, where its holder has several in hand at once.",
        unit=Unit.SECONDS,
        numerator="sum of the shares of the holdings in seconds",
        denominator="holdings that ended",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    weighed,
    mean,
    is_shared=True,
)

TRANSFER_RATE = ItemMetric(
    Definition(
        id="transfer_rate",
        version=1,
        name="Transfer rate",
        description="Share of the holdings that ended because the contact went to another queue, by who gave it up.",
        unit=Unit.RATIO,
        numerator="holdings that ended with a transfer",
        denominator="holdings that ended",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    passed_on,
    ratio,
)
