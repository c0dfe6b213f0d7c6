"""frt_any_mean, frt_human_mean: how long those who got an answer waited for the first one.

Formula: `Σ FRT_i / contacts with a reply`, `FRT_i = max(0, t(first reply) - t(the customer's post))`; `frt_human_mean`
over replies of people, `frt_any_mean` over those of people and machines.
Unit: seconds.
Edge cases: a post counts as offered at the customer's clock, or when it reached us if that clock is ahead of ours. An
answer that names its question, or a reply through us, follows it whatever the clocks say: the wait is 0 and the contact
is `skewed`. An answer that is earlier and names nothing answers something else. The mean leaves out whoever never heard
anything, so it is printed beside the Kaplan-Meier median, which does not.
Source: first reply time of Zendesk and Chatwoot, per episode.
"""

from __future__ import annotations

from kpi.metrics.contact import Act, Contact, any_answer_at, human_answer_at
from kpi.metrics.metric import Agent, Definition, Metric, Part, Unit, mean

SOURCE = "docs/metrics.md#first-response-time"


def part_any(contact: Contact) -> Part | None:
    """The wait for the first answer of person or machine."""
    return _wait(contact, contact.answered_any)


def part_human(contact: Contact) -> Part | None:
    """The wait for the first human answer."""
    return _wait(contact, contact.answered_human)


def _wait(contact: Contact, answer: Act | None) -> Part | None:
    return None if answer is None else Part(True, contact.waited(answer.at))


ANY = Metric(
    Definition(
        id="frt_any_mean",
        version=1,
        name="First response time, mean, any answer",
        description="Mean wait for the first answer of the brand, person or machine, over the answered contacts only.",
        unit=Unit.SECONDS,
        numerator="sum of the waits in seconds",
        denominator="contacts answered by person or machine",
        source=SOURCE,
        agent=Agent.ANY_ANSWERER,
    ),
    part_any,
    mean,
    any_answer_at,
)

HUMAN = Metric(
    Definition(
        id="frt_human_mean",
        version=1,
        name="First response time, mean, human answer",
        description="Mean wait for the first human answer, over the answered contacts only.",
        unit=Unit.SECONDS,
        numerator="sum of the waits in seconds",
        denominator="contacts answered by a human",
        source=SOURCE,
        agent=Agent.HUMAN_ANSWERER,
    ),
    part_human,
    mean,
    human_answer_at,
)
