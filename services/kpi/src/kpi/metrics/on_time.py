"""on_time: the share of first answers that came when they were promised.

Formula: `answered by the promised time / (answered + waiting beyond it)`: every queue promises a first response
(`Queue.first_response_s`).
Unit: a share, 0 to 1.
Edge cases: a contact holds the promise of the queue it stood in first (of several cases that became one, the promise
that was due first). An answer exactly when promised is on time. Who waits and is not due yet, was settled or withdrew
without an answer, or never stood in a queue, is on neither side.
Source: first reply SLA of Zendesk; on-time share of COPC.
"""

from __future__ import annotations

from kpi.metrics import waiting
from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, ratio


def part(contact: Contact) -> Part | None:
    """Contacts with a promise that were answered, or that wait beyond it; an answer exactly at it is in time."""
    due, answer = contact.due_at, contact.answered_human
    if due is None:
        return None
    if answer is not None:
        return IN if answer.at <= due else OUT
    return OUT if contact.until > due and waiting.part(contact) is not None else None


METRIC = Metric(
    Definition(
        id="on_time",
        version=1,
        name="Answered on time",
        description=(
            "Share of contacts whose first human answer came by the time their queue promises. A contact that still "
            "waits counts against it once that time has passed; until then it is on neither side, as is one that was "
            "settled or withdrawn without an answer, or never stood in a queue."
        ),
        unit=Unit.RATIO,
        numerator="contacts answered by a human when promised or before",
        denominator="contacts answered by a human, or waiting beyond what was promised",
        source="docs/metrics.md#waiting",
        agent=Agent.HUMAN_ANSWERER,
    ),
    part,
    ratio,
)
