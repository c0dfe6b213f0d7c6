"""pending: the contacts too young to call abandoned or not.

Formula: contacts observed for less than their horizon H, 7 days for a public post and 24 hours for a direct message.
Unit: contacts.
Edge cases: accepted or not. Observed for exactly H is old enough.
Source: what `abandonment` leaves out.
"""

from __future__ import annotations

from kpi.metrics.contact import HORIZON_DIRECT, HORIZON_PUBLIC, Contact
from kpi.metrics.metric import IN, Agent, Definition, Metric, Part, Unit, count


def part(contact: Contact) -> Part | None:
    """Contacts younger than their horizon."""
    return IN if contact.age < contact.horizon else None


METRIC = Metric(
    Definition(
        id="pending",
        version=1,
        name="Contacts pending",
        description=(
            "Contacts younger than the abandonment horizon at the end of the observation, accepted or not. "
            "They are in neither side of the abandonment."
        ),
        unit=Unit.CONTACTS,
        numerator="contacts younger than the horizon",
        denominator="",
        source="docs/metrics.md#abandonment",
        agent=Agent.ACCEPTER,
        parameters=(("horizon_direct", HORIZON_DIRECT), ("horizon_public", HORIZON_PUBLIC)),
    ),
    part,
    count,
)
