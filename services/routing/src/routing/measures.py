"""What facts of routing say about time, for metrics. It decides nothing and changes nothing."""

from chassis.decider import Measurement
from chassis.telemetry import Instrument

from routing import events
from routing.cases import offers_of
from routing.shard import Shard

_OFFER_S = Instrument("switchboard.offer.duration")
_ENDS = frozenset({events.OfferAccepted, events.OfferDeclined, events.OfferExpired, events.OfferRescinded})


def measure(shard: Shard, event: events.Event) -> Measurement | None:
    """How long the offer stood that a fact ends, in seconds; None for every other fact."""
    if type(event) not in _ENDS:
        return None
    case = shard.cases.get(event.case_id)  # type: ignore[union-attr]  # all of them are about cases
    for offer in () if case is None else offers_of(case):
        if offer.offer_id == event.offer_id:  # type: ignore[union-attr]  # and each ends an offer
            return _OFFER_S, max(0.0, (event.at - offer.at) / 1e6)
    return None
