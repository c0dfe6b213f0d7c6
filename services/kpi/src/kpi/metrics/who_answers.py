"""human_reply_share, machine_first_share, frt_after_machine_mean: what part machines have in answering.

Formula: `human_reply_share = contacts with a human answer / contacts with an answer`;
`machine_first_share = contacts a machine answered before any human / contacts with an answer`, the share of automatic
replies; `frt_after_machine_mean` is the mean of `t(first human answer) - t(first answer)` over the latter that a human
answered after all.
Unit: shares, 0 to 1, and seconds.
Edge cases: unanswered contacts are on neither side. Who is answered by both at one instant is answered by the human.
How many steps there were between machine and human, and whether an answer only points elsewhere, is no fact of the log.
Source: automation rate of Chatwoot and Zendesk; time after hand-off, with the first automatic reply for the hand-off.
"""

from __future__ import annotations

from kpi.metrics.contact import Contact, any_answer_at, human_answer_at
from kpi.metrics.metric import IN, OUT, Agent, Definition, Metric, Part, Unit, mean, ratio

SOURCE = "docs/metrics.md#who-answers"


def part_human(contact: Contact) -> Part | None:
    """Contacts with an answer; in the numerator those with a human one."""
    if contact.answered_any is None:
        return None
    return OUT if contact.answered_human is None else IN


def part_machine_first(contact: Contact) -> Part | None:
    """Contacts with an answer; in the numerator those whose first one is no human's."""
    if contact.answered_any is None:
        return None
    human = contact.answered_human
    return IN if human is None or contact.answered_any.at < human.at else OUT


def part_after_machine(contact: Contact) -> Part | None:
    """The wait between a machine's first answer and the first human one."""
    if contact.answered_any is None or contact.answered_human is None:
        return None
    waited = contact.answered_human.at - contact.answered_any.at
    return Part(True, waited) if waited > 0 else None


HUMAN_SHARE = Metric(
    Definition(
        id="human_reply_share",
        version=1,
        name="Human reply share",
        description="Share of the answered contacts that a human answered, first or later.",
        unit=Unit.RATIO,
        numerator="contacts answered by a human",
        denominator="contacts answered by person or machine",
        source=SOURCE,
        agent=Agent.ANY_ANSWERER,
    ),
    part_human,
    ratio,
    any_answer_at,
)

MACHINE_FIRST = Metric(
    Definition(
        id="machine_first_share",
        version=1,
        name="Automatic reply share",
        description="Share of the answered contacts that a machine answered before any human, or alone.",
        unit=Unit.RATIO,
        numerator="contacts whose first answer was a machine's",
        denominator="contacts answered by person or machine",
        source=SOURCE,
        agent=Agent.ANY_ANSWERER,
    ),
    part_machine_first,
    ratio,
    any_answer_at,
)

AFTER_MACHINE = Metric(
    Definition(
        id="frt_after_machine_mean",
        version=1,
        name="First human response after a machine's, mean",
        description="Mean time between a machine's first answer and the first human one after it.",
        unit=Unit.SECONDS,
        numerator="sum of the times in seconds",
        denominator="contacts that a machine answered first and a human later",
        source=SOURCE,
        agent=Agent.HUMAN_ANSWERER,
    ),
    part_after_machine,
    mean,
    human_answer_at,
)
