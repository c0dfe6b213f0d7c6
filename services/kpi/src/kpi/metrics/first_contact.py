"""fcr_gross, fcr_net: how often one word of the customer was enough.

Formula: `fcr_gross = resolved at first contact / offered`; `fcr_net = the same / (offered - moved to another queue)`.
Resolved at first contact is a contact that was resolved, had one turn of its customer, was not reopened within 7 days
of the resolution, and whose customer did not come to the same desk again within them.
Unit: a share, 0 to 1.
Edge cases: several posts before the first answer are one turn. A courtesy after the answer is a second one: that it
asks for nothing is no fact of the log yet. Again after exactly 7 days is again. Provisional until 7 days after the
resolution. A customer is an identity of one platform: what the same person asks elsewhere is not seen, and whether it
is the same topic is not asked. Not to be resolved at the first level is what was moved or escalated to another queue.
Who was not resolved counts against both.
Source: Medallia, *gross and net first contact resolution*; 7 days as callcentrehelper.com has it; one interaction of
the customer as Freshservice has it.
"""

from __future__ import annotations

from kpi.journeys import Kind
from kpi.metrics.contact import RECONTACT_WINDOW, Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, ratio

SOURCE = "docs/metrics.md#resolution"
RESOLVED = (
    "resolved after one turn of the customer, not reopened within 7 days, and whose customer did not come to the desk "
    "again within them"
)


def part_gross(contact: Contact) -> Part | None:
    """Every contact; in the numerator those resolved at first contact."""
    if contact.journey is None:
        return None
    settled = contact.settled
    turns = sum(span.kind is Kind.TURN for span in contact.journey.spans)
    if settled is None or turns != 1:
        return OUT
    later = [at for at in (contact.reopened_at, contact.again_at) if at is not None]
    return OUT if later and min(later) - settled.at <= RECONTACT_WINDOW else IN


def part_net(contact: Contact) -> Part | None:
    """The same without those moved to another queue."""
    journey = contact.journey
    moved = journey is not None and any(span.kind is Kind.MOVE for span in journey.spans)
    return None if moved else part_gross(contact)


GROSS = Metric(
    Definition(
        id="fcr_gross",
        version=1,
        name="First contact resolution, gross",
        description=f"Share of all contacts {RESOLVED}.",
        unit=Unit.RATIO,
        numerator="contacts resolved at first contact",
        denominator="contacts offered",
        source=SOURCE,
        agent=Agent.RESOLVER,
        parameters=(("recontact_window", RECONTACT_WINDOW),),
    ),
    part_gross,
    ratio,
    inside=True,
)

NET = Metric(
    Definition(
        id="fcr_net",
        version=1,
        name="First contact resolution, net",
        description=f"Share of the contacts that were not moved to another queue {RESOLVED}.",
        unit=Unit.RATIO,
        numerator="contacts resolved at first contact",
        denominator="contacts offered and not moved to another queue",
        source=SOURCE,
        agent=Agent.RESOLVER,
        parameters=(("recontact_window", RECONTACT_WINDOW),),
    ),
    part_net,
    ratio,
    inside=True,
)
