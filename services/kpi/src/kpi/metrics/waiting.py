"""waiting: the contacts that wait for their first answer.

Formula: contacts whose first human answer is still to come: neither answered nor resolved, reopened or withdrawn. The
longest wait is that of the one that started first.
Unit: contacts.
Edge cases: a machine's answer ends no wait. Of a reopened matter the new contact waits, not the old one.
Source: calls in queue of every wallboard.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(contact: Contact) -> Part | None:
    """Contacts without a human answer that are neither settled nor taken back."""
    waits = contact.answered_human is None and not contact.ended and contact.withdrawn_at is None
    return IN if waits else None


METRIC = Metric(
    Definition(
        id="waiting",
        version=1,
        name="Contacts waiting",
        description=(
            "Contacts that no human had answered at the end of the observation, and that were neither resolved nor "
            "reopened nor withdrawn."
        ),
        unit=Unit.CONTACTS,
        numerator="contacts waiting for their first answer",
        denominator="",
        source="docs/metrics.md#waiting",
        agent=Agent.ACCEPTER,
    ),
    part,
    count,
)
