"""abandonment_withdrawn, abandonment_withdrawn_net, abandoned_short: contacts taken back before anybody took them.

Formula: `A_w = withdrawn before acceptance / offered`; net of short abandons `s`: `(withdrawn - s) / (offered - s)`.
Short is withdrawn within 60 seconds of the post.
Unit: shares, 0 to 1, and contacts.
Edge cases: withdrawn at the very instant of the acceptance is accepted. A withdrawal is a deletion of all that the
customer wrote, so that short ones may be of public posts. Withdrawn after exactly 60 seconds is short. Saying elsewhere
that it is solved, and a reply window that ends, are no facts of the log yet. Who withdrew and then went on has not.
Source: abandoned calls of the call-centre literature; short abandons of ICMI and Genesys.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, count, ratio
from kpi.metrics.service_level import SHORT

SOURCE = "docs/metrics.md#abandonment"


def _withdrew(contact: Contact) -> bool:
    withdrawn, accepted = contact.withdrawn_at, contact.accepted
    return withdrawn is not None and (accepted is None or accepted.at > withdrawn)


def part(contact: Contact) -> Part:
    """Every contact; in the numerator those withdrawn before acceptance."""
    return IN if _withdrew(contact) else OUT


def part_short(contact: Contact) -> Part | None:
    """Contacts withdrawn before acceptance that hardly waited."""
    at = contact.withdrawn_at
    return IN if at is not None and _withdrew(contact) and contact.waited(at) <= SHORT else None


def part_net(contact: Contact) -> Part | None:
    """The same as `part` without those."""
    return None if part_short(contact) is not None else part(contact)


METRIC = Metric(
    Definition(
        id="abandonment_withdrawn",
        version=1,
        name="Withdrawn abandonment",
        description="Share of contacts whose customers took them back before anybody accepted them.",
        unit=Unit.RATIO,
        numerator="contacts withdrawn before acceptance",
        denominator="contacts offered",
        source=SOURCE,
        agent=Agent.ACCEPTER,
    ),
    part,
    ratio,
)

NET = Metric(
    Definition(
        id="abandonment_withdrawn_net",
        version=1,
        name="Withdrawn abandonment, net of short abandons",
        description="The same where who withdrew within 60 seconds is on neither side.",
        unit=Unit.RATIO,
        numerator="contacts withdrawn before acceptance, after more than 60 seconds",
        denominator="contacts offered, without short abandons",
        source=SOURCE,
        agent=Agent.ACCEPTER,
        parameters=(("short_abandon", SHORT),),
    ),
    part_net,
    ratio,
)

SHORT_ABANDONS = Metric(
    Definition(
        id="abandoned_short",
        version=1,
        name="Short abandons",
        description="Contacts whose customers took them back within 60 seconds, before anybody accepted them.",
        unit=Unit.CONTACTS,
        numerator="contacts withdrawn within 60 seconds and before acceptance",
        denominator="",
        source=SOURCE,
        agent=Agent.ACCEPTER,
        parameters=(("short_abandon", SHORT),),
    ),
    part_short,
    count,
)
