"""answered_share: how many of the contacts a human replied to.

Formula: `answered / offered`.
Unit: a share, 0 to 1.
Edge cases: who is too young to be answered counts against it: it is what a mean of first responses is a mean of, not a
service level. Of a machine's reply nothing counts.
Source: what is printed beside every mean first response time, so that nobody takes it for all contacts.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, ratio


def part(contact: Contact) -> Part:
    """Every contact; in the numerator those with a human answer."""
    return OUT if contact.answered_human is None else IN


METRIC = Metric(
    Definition(
        id="answered_share",
        version=1,
        name="Answered share",
        description="Share of all contacts that a human had answered by the end of the observation.",
        unit=Unit.RATIO,
        numerator="contacts answered by a human",
        denominator="contacts offered",
        source="docs/metrics.md#first-response-time",
        agent=Agent.HUMAN_ANSWERER,
    ),
    part,
    ratio,
)
