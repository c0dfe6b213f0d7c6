"""resolution_of_offered, resolution_of_accepted: the share that was settled, by both denominators.

Formula: `R_all = resolved / offered` and `R_acc = resolved / accepted`.
Unit: a share, 0 to 1.
Edge cases: provisional until the confirm window of 72 hours has passed: a reopening within it takes the resolution
back. Resolved without having been accepted counts in the first only.
Source: 解決率 of the seed reports, whose denominator differs from report to report.
"""

from __future__ import annotations

from kpi.metrics.contact import CONFIRM_WINDOW, Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, ratio

SOURCE = "docs/metrics.md#resolution"
DESCRIPTION = "Resolved and not reopened within the confirm window; provisional until it has passed."


def part_of_offered(contact: Contact) -> Part:
    """Every contact; in the numerator the resolved ones."""
    return OUT if contact.resolved is None else IN


def part_of_accepted(contact: Contact) -> Part | None:
    """Accepted contacts; in the numerator the resolved ones of them."""
    return None if contact.accepted is None else part_of_offered(contact)


OF_OFFERED = Metric(
    Definition(
        id="resolution_of_offered",
        version=1,
        name="Resolution, of all contacts",
        description=f"Share of all contacts that was settled. {DESCRIPTION}",
        unit=Unit.RATIO,
        numerator="contacts resolved and not reopened",
        denominator="contacts offered",
        source=SOURCE,
        agent=Agent.ACCEPTER,
        parameters=(("confirm_window", CONFIRM_WINDOW),),
    ),
    part_of_offered,
    ratio,
)

OF_ACCEPTED = Metric(
    Definition(
        id="resolution_of_accepted",
        version=1,
        name="Resolution, of accepted contacts",
        description=f"Share of the accepted contacts that was settled. {DESCRIPTION}",
        unit=Unit.RATIO,
        numerator="accepted contacts resolved and not reopened",
        denominator="contacts accepted",
        source=SOURCE,
        agent=Agent.ACCEPTER,
        parameters=(("confirm_window", CONFIRM_WINDOW),),
    ),
    part_of_accepted,
    ratio,
)
