"""ingest_lag_mean, ingest_lag_p90, frt_human_ingested_mean, frt_human_ingested_p90: the clock of the operation.

Formula: lag is `ingested - published` of the post that a contact starts with; the first response time on the clock of
the operation is `max(0, t(first human reply) - t(ingested))`, that on the clock of the customer is the lag longer.
Unit: seconds.
Edge cases: a post whose own clock is ahead of ours was on its way for 0 seconds. What has not reached us by the end of
the observation is on neither side. An answer that was there before its question reached us waited 0 seconds. p90 is of
nearest rank, of more than 100,000 contacts within 1 %.
Source: the two start clocks of kpi: what an agent can do something about, and what a customer feels.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from kpi.journeys import Kind, Span
from kpi.metrics.contact import Contact
from kpi.metrics.metric import Agent, Definition, Item, ItemMetric, Part, Unit, mean
from kpi.metrics.waits import percentile

SOURCE = "docs/metrics.md#ingest-lag"
P90 = Fraction(9, 10)


def _lag(contact: Contact) -> tuple[Span, int] | None:
    """The turn that a contact starts with and how long its post was on its way; None while it is."""
    spans = () if contact.journey is None else contact.journey.spans
    turn = next((span for span in spans if span.kind is Kind.TURN), None)
    if turn is None:
        return None
    lag = next((span for span in spans if span.kind is Kind.LAG and span.ref == turn.ref), None)
    if lag is None:
        return turn, 0
    return None if lag.end is None else (turn, lag.end - lag.at)


def items_of_lag(contact: Contact) -> Iterable[Item]:
    """The lag of the contact's first post, once that is with us."""
    found = _lag(contact)
    if found is not None:
        turn, lag = found
        yield Item(Part(True, lag), "", None, turn.at + lag, (("start", turn.ref),))


def items_of_wait(contact: Contact) -> Iterable[Item]:
    """The wait from then until the first human answer."""
    found, answer = _lag(contact), contact.answered_human
    if found is None or answer is None:
        return
    turn, lag = found
    events = (("start", turn.ref), *((("answered_human", turn.end_ref),) if turn.end_ref is not None else ()))
    yield Item(Part(True, max(0, answer.at - turn.at - lag)), answer.agent, None, answer.at, events)


RECEIVED = "contacts whose first post has reached us"
ANSWERED = "contacts answered by a human"


def _definition(id_: str, name: str, description: str, numerator: str, denominator: str) -> Definition:
    return Definition(id_, 1, name, description, Unit.SECONDS, numerator, denominator, SOURCE, Agent.OWN)


METRICS = (
    ItemMetric(
        _definition(
            "ingest_lag_mean",
            "Ingest lag, mean",
            "Mean time between the publication of a contact's first post and its reaching us.",
            "sum of the lags in seconds",
            RECEIVED,
        ),
        items_of_lag,
        mean,
    ),
    ItemMetric(
        _definition(
            "ingest_lag_p90",
            "Ingest lag, 90th percentile",
            "Time on their way to us that 90 % of the first posts of contacts did not exceed (nearest rank).",
            RECEIVED,
            RECEIVED,
        ),
        items_of_lag,
        percentile(P90),
    ),
    ItemMetric(
        _definition(
            "frt_human_ingested_mean",
            "First response time since it reached us, mean, human answer",
            "Mean wait for the first human answer since the post reached us, over the answered contacts only.",
            "sum of the waits in seconds",
            ANSWERED,
        ),
        items_of_wait,
        mean,
    ),
    ItemMetric(
        _definition(
            "frt_human_ingested_p90",
            "First response time since it reached us, 90th percentile, human answer",
            "Wait since the post reached us that 90 % of the answered contacts did not exceed (nearest rank).",
            ANSWERED,
            ANSWERED,
        ),
        items_of_wait,
        percentile(P90),
    ),
)
