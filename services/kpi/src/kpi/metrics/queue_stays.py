"""asa, queue_entries, flow_outs: how long contacts stand in queues, and how they leave them.

Formula: `asa = Σ (accepted at - lined up at) / accepted`, over stays in a queue that an agent ended: by accepting an
offer, claiming, being assigned it, or as the first human to answer. `queue_entries` counts stays, `flow_outs` those
that ended because the contact went to another queue.
Unit: seconds, and stays.
Edge cases: one contact has as many stays as it entered queues: after a transfer, a release, a reopening. A failed
offer keeps it in its place. Waiting in two queues it is accepted in the second, and flowed out of the first; that is
no abandonment. A stay that ended by a withdrawal or a resolution is in `queue_entries` only.
Source: speed of answer per queue entry as in contact centres; call-backs and transfers as flow-outs after Amazon
Connect.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpi.journeys import Kind
from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, Agent, Definition, Item, ItemMetric, Part, Unit, count, mean
from kpi.metrics.spans import item_of, lasted, spans_of

SOURCE = "docs/metrics.md#queues"


def accepted(contact: Contact) -> Iterator[Item]:
    """Stays that an agent ended, each with how long it lasted."""
    for stay in spans_of(contact, Kind.STAY):
        if stay.how == "accepted":
            yield item_of(stay, Part(True, lasted(stay, contact.until)))


def entered(contact: Contact) -> Iterator[Item]:
    """Every stay."""
    for stay in spans_of(contact, Kind.STAY):
        yield item_of(stay, IN)._replace(at=stay.at)


def flowed_out(contact: Contact) -> Iterator[Item]:
    """Stays that ended in another queue."""
    return (item_of(stay, IN) for stay in spans_of(contact, Kind.STAY) if stay.how == "moved")


ASA = ItemMetric(
    Definition(
        id="asa",
        version=1,
        name="Average speed of answer, per queue entry",
        description="Mean time from being lined up in a queue to being accepted by an agent, over accepted stays.",
        unit=Unit.SECONDS,
        numerator="sum of the stays in seconds",
        denominator="stays that ended with an agent",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    accepted,
    mean,
)

ENTRIES = ItemMetric(
    Definition(
        id="queue_entries",
        version=1,
        name="Queue entries",
        description="How often contacts were lined up in a queue; completed when they were.",
        unit=Unit.ITEMS,
        numerator="stays in a queue",
        denominator="",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    entered,
    count,
)

FLOW_OUTS = ItemMetric(
    Definition(
        id="flow_outs",
        version=1,
        name="Flow-outs",
        description="Stays in a queue that ended because the contact went to another queue, booked under the first.",
        unit=Unit.ITEMS,
        numerator="stays that ended in another queue",
        denominator="",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    flowed_out,
    count,
)
