"""abandonment, abandonment_answered: the share of contacts nobody took, or no human answered, in time.

Formula: `A(H) = 1 - accepted within H / contacts`, or `1 - answered by a human within H / contacts`, with H = 7 days
for a public post and 24 hours for a direct message.
Unit: a share, 0 to 1.
Edge cases: a contact that has been observed for less than H is *pending*: shown as `pending`, and on neither side of
the ratio. Accepted or answered exactly at H is in time. The answer is measured from the customer's clock, acceptance
from when the contact is offered.
Source: the share of offered contacts that nobody accepted, of the seed reports, with the horizon they leave open.
"""

from __future__ import annotations

from kpi.metrics.contact import HORIZON_DIRECT, HORIZON_PUBLIC, Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, ratio


def part(contact: Contact) -> Part | None:
    """Mature contacts; in the numerator those not accepted within the horizon."""
    if contact.age < contact.horizon:
        return None
    accepted = contact.accepted
    return OUT if accepted is not None and accepted.at - contact.start <= contact.horizon else IN


def part_answered(contact: Contact) -> Part | None:
    """Mature contacts; in the numerator those not answered by a human within the horizon."""
    if contact.age < contact.horizon:
        return None
    answer = contact.answered_human
    return OUT if answer is not None and contact.waited(answer.at) <= contact.horizon else IN


METRIC = Metric(
    Definition(
        id="abandonment",
        version=1,
        name="Seed abandonment",
        description=(
            "1 - accepted within the horizon / mature contacts. A contact is mature when it has been observed for "
            "the whole horizon; younger ones are pending and on neither side."
        ),
        unit=Unit.RATIO,
        numerator="mature contacts not accepted within the horizon",
        denominator="mature contacts",
        source="docs/metrics.md#abandonment",
        agent=Agent.ACCEPTER,
        parameters=(("horizon_direct", HORIZON_DIRECT), ("horizon_public", HORIZON_PUBLIC)),
    ),
    part,
    ratio,
)

ANSWERED = Metric(
    Definition(
        id="abandonment_answered",
        version=1,
        name="Seed abandonment, answered variant",
        description=(
            "1 - answered by a human within the horizon / mature contacts. A contact is mature when it has been "
            "observed for the whole horizon; younger ones are pending and on neither side."
        ),
        unit=Unit.RATIO,
        numerator="mature contacts not answered by a human within the horizon",
        denominator="mature contacts",
        source="docs/metrics.md#abandonment",
        agent=Agent.HUMAN_ANSWERER,
        parameters=(("horizon_direct", HORIZON_DIRECT), ("horizon_public", HORIZON_PUBLIC)),
    ),
    part_answered,
    ratio,
)
