"""frt_any_km_median, frt_human_km_median: how long half of the customers wait, the unanswered included.

Formula: `S(t) = ∏ (1 - d_j / n_j)` over all `t_j ≤ t`, where `d_j` contacts were answered after exactly `t_j` and
`n_j` were still waiting then. The median is the smallest `t` at which `S(t) ≤ 1/2`.
Unit: seconds.
Edge cases: a contact without an answer waits until the end of the observation, or until its customer took it back.
There is no median while `S` stays above 1/2. A tie is decided in exact integers.
Source: Kaplan and Meier, *Nonparametric estimation from incomplete observations*, 1958.
"""

from __future__ import annotations

from kpi.metrics.contact import Act, Contact
from kpi.metrics.metric import Agent, Definition, Metric, Part, Unit
from kpi.metrics.waits import km_median

SOURCE = "docs/metrics.md#first-response-time-the-unanswered-included"
FOLLOWED = (
    "Smallest t at which the Kaplan-Meier estimate S(t) of still waiting is 1/2 or less. Unanswered contacts count as "
    "waiting until the end of the observation, or until the customer withdrew if that was earlier. No value when S "
    "stays over 1/2."
)


def part_any(contact: Contact) -> Part:
    """The wait for the first answer of person or machine, or how long the contact was followed without one."""
    return _followed(contact, contact.answered_any)


def part_human(contact: Contact) -> Part:
    """The wait for the first human answer, or how long the contact was followed without one."""
    return _followed(contact, contact.answered_human)


def _followed(contact: Contact, answer: Act | None) -> Part:
    if answer is not None:
        return Part(True, contact.waited(answer.at))
    return Part(False, contact.waited(contact.until if contact.withdrawn_at is None else contact.withdrawn_at))


ANY = Metric(
    Definition(
        id="frt_any_km_median",
        version=1,
        name="First response time, Kaplan-Meier median, any answer",
        description=f"First answer of person or machine. {FOLLOWED}",
        unit=Unit.SECONDS,
        numerator="contacts answered by person or machine",
        denominator="contacts followed",
        source=SOURCE,
        agent=Agent.ANY_ANSWERER,
    ),
    part_any,
    km_median,
)

HUMAN = Metric(
    Definition(
        id="frt_human_km_median",
        version=1,
        name="First response time, Kaplan-Meier median, human answer",
        description=f"First human answer. {FOLLOWED}",
        unit=Unit.SECONDS,
        numerator="contacts answered by a human",
        denominator="contacts followed",
        source=SOURCE,
        agent=Agent.HUMAN_ANSWERER,
    ),
    part_human,
    km_median,
)
