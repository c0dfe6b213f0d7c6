"""backlog, backlog_age_mean, late, cycles_late: what is not done at the end of the observation, and how late it is.

Formula: `backlog(t)` counts the contacts that started by `t` and were neither resolved, reopened nor withdrawn;
`backlog_age_mean` is the mean of `t - start` over them. `late(t)` counts those of them that wait for their first
human answer beyond what their queue promised; `cycles_late = Σ (age - target) / target / late`, where target is the
promise's length from the start of the contact.
Unit: contacts, seconds, and cycles of the target, 0 or more.
Edge cases: `observed_until` is `t`. Exactly at the promise is not late. A promise of no length, and a contact that
never stood in a queue, can't be late. Cycles are counted in millionths, rounded down.
Source: average cycles late of the COPC glossary.
"""

from __future__ import annotations

from kpi.metrics import waiting
from kpi.metrics.contact import Contact
from kpi.metrics.metric import IN, SECOND, Agent, Definition, Metric, Part, Unit, count, mean

SOURCE = "docs/metrics.md#backlog"


def part_open(contact: Contact) -> Part | None:
    """Contacts that are not done."""
    return None if contact.ended or contact.withdrawn_at is not None else IN


def part_age(contact: Contact) -> Part | None:
    """The same, with their age."""
    return None if part_open(contact) is None else Part(True, contact.age)


def part_late(contact: Contact) -> Part | None:
    """Contacts that wait beyond what was promised."""
    return None if _cycles(contact) is None else IN


def part_cycles(contact: Contact) -> Part | None:
    """The same, with how many cycles of their target they are late, in millionths."""
    cycles = _cycles(contact)
    return None if cycles is None else Part(True, cycles)


def _cycles(contact: Contact) -> int | None:
    due = contact.due_at
    if due is None or contact.until <= due or due <= contact.start or waiting.part(contact) is None:
        return None
    return (contact.until - due) * SECOND // (due - contact.start)


BACKLOG = Metric(
    Definition(
        id="backlog",
        version=1,
        name="Backlog",
        description="Contacts that were neither resolved, reopened nor withdrawn at the end of the observation.",
        unit=Unit.CONTACTS,
        numerator="contacts that are not done",
        denominator="",
        source=SOURCE,
        agent=Agent.ACCEPTER,
    ),
    part_open,
    count,
)

AGE_MEAN = Metric(
    Definition(
        id="backlog_age_mean",
        version=1,
        name="Age of the backlog, mean",
        description="Mean time from the start of the contacts that are not done to the end of the observation.",
        unit=Unit.SECONDS,
        numerator="sum of the ages in seconds",
        denominator="contacts that are not done",
        source=SOURCE,
        agent=Agent.ACCEPTER,
    ),
    part_age,
    mean,
)

LATE = Metric(
    Definition(
        id="late",
        version=1,
        name="Contacts late",
        description="Contacts that wait for their first human answer beyond what their queue promised.",
        unit=Unit.CONTACTS,
        numerator="contacts waiting beyond what was promised",
        denominator="",
        source=SOURCE,
        agent=Agent.ACCEPTER,
    ),
    part_late,
    count,
)

CYCLES_LATE = Metric(
    Definition(
        id="cycles_late",
        version=1,
        name="Average cycles late",
        description="By how many times their target, beyond it, the late contacts have waited on average.",
        unit=Unit.NUMBER,
        numerator="sum of the cycles late",
        denominator="contacts waiting beyond what was promised",
        source=SOURCE,
        agent=Agent.ACCEPTER,
    ),
    part_cycles,
    mean,
)
