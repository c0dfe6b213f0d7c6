"""time_to_accept, reservation_accept_rate: what agents do with what they are offered.

Formula: `time_to_accept = Σ (accepted at - offered at) / accepted`; `reservation_accept_rate = accepted / (accepted +
declined + expired)`.
Unit: seconds, and a share, 0 to 1.
Edge cases: an offer that was taken back (the agent left, another was faster, the case needs nobody) was nobody's to
accept and is on neither side, as is one that is still open. An offer to several is one of each.
Source: reservation metrics of contact centre vendors; each under the agent who was offered it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpi.journeys import Kind
from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Item, ItemMetric, Part, Unit, mean, ratio
from kpi.metrics.spans import item_of, lasted, spans_of

SOURCE = "docs/metrics.md#offers"
DECIDED = frozenset(("accepted", "declined", "expired"))


def accepted(contact: Contact) -> Iterator[Item]:
    """Accepted offers, each with how long it stood."""
    for offer in spans_of(contact, Kind.OFFER):
        if offer.how == "accepted":
            yield item_of(offer, Part(True, lasted(offer, contact.until)))


def decided(contact: Contact) -> Iterator[Item]:
    """Offers that their agents decided on, or let pass; in the numerator the accepted ones."""
    for offer in spans_of(contact, Kind.OFFER):
        if offer.how in DECIDED:
            yield item_of(offer, IN if offer.how == "accepted" else OUT)


TIME_TO_ACCEPT = ItemMetric(
    Definition(
        id="time_to_accept",
        version=1,
        name="Time to accept",
        description="Mean time from an offer to its acceptance, over accepted offers.",
        unit=Unit.SECONDS,
        numerator="sum of the times in seconds",
        denominator="accepted offers",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    accepted,
    mean,
)

ACCEPT_RATE = ItemMetric(
    Definition(
        id="reservation_accept_rate",
        version=1,
        name="Offers accepted",
        description="Share of the offers that were accepted, of those that were accepted, declined or missed.",
        unit=Unit.RATIO,
        numerator="accepted offers",
        denominator="offers accepted, declined or missed",
        source=SOURCE,
        agent=Agent.OWN,
    ),
    decided,
    ratio,
)
