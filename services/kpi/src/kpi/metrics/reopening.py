"""resolutions, reopen_rate: how often an agent settled something, and how often that did not last.

Formula: `resolutions` counts acts of resolving, one per contact, whether they lasted or not;
`reopen_rate = resolutions followed by a reopening within the confirm window of 72 hours / resolutions`.
Unit: contacts, and a share, 0 to 1.
Edge cases: `resolved` counts contacts that stayed settled and is another number: who resolves what comes back has
resolutions, and none of them is `resolved`. Reopened exactly 72 hours later is within the window. Provisional until the
window has passed. Reopened without having been resolved is on neither side.
Source: Chatwoot, resolutions by agent and resolved conversations, pull request 12261.
"""

from __future__ import annotations

from kpi.metrics.contact import CONFIRM_WINDOW, Contact, settled_at
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, count, ratio

SOURCE = "docs/metrics.md#resolution"


def part_settled(contact: Contact) -> Part | None:
    """Contacts that somebody resolved."""
    return None if contact.settled is None else IN


def part_reopened(contact: Contact) -> Part | None:
    """The same; in the numerator those reopened within the window."""
    settled, reopened_at = contact.settled, contact.reopened_at
    if settled is None:
        return None
    return IN if reopened_at is not None and reopened_at - settled.at <= CONFIRM_WINDOW else OUT


RESOLUTIONS = Metric(
    Definition(
        id="resolutions",
        version=1,
        name="Resolutions",
        description="Acts of resolving, whether they lasted or not; `resolved` counts the contacts that stayed so.",
        unit=Unit.CONTACTS,
        numerator="contacts that somebody resolved by the end of the observation",
        denominator="",
        source=SOURCE,
        agent=Agent.RESOLVER,
    ),
    part_settled,
    count,
    settled_at,
)

RATE = Metric(
    Definition(
        id="reopen_rate",
        version=1,
        name="Reopen rate",
        description="Share of resolutions that a reopening followed within the confirm window.",
        unit=Unit.RATIO,
        numerator="resolutions followed by a reopening within the confirm window",
        denominator="resolutions",
        source=SOURCE,
        agent=Agent.RESOLVER,
        parameters=(("confirm_window", CONFIRM_WINDOW),),
    ),
    part_reopened,
    ratio,
    settled_at,
)
