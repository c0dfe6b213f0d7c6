"""A contact as somebody who stops watching at one instant sees it. Knows no metric, no table and no clock."""

from __future__ import annotations

from typing import NamedTuple

from kpi.journeys import Journey, observed_journey

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

HORIZON_PUBLIC = 7 * DAY
HORIZON_DIRECT = 24 * HOUR
CONFIRM_WINDOW = 72 * HOUR
RECONTACT_WINDOW = 7 * DAY


class Act(NamedTuple):
    """Something that was done: when (microseconds since 1970 UTC) and by whom ("" when no agent is named)."""

    at: int
    agent: str = ""


class Contact(NamedTuple):
    """One episode of a case in which a customer wrote, as known from all events so far.

    `start` is when it counts as offered: its earliest customer post on the customer's clock, but not after it reached
    us. `published_at` is the customer's clock alone, None where that is `start`: waits are measured from it. `direct`
    says that it is a private message. Answers are the earliest ones at or after `start`; `skewed` says that a clock
    had one before its question. `due_at` is when the first response was promised. `reopened_at` is when a later
    episode began, if one did; a reopening within the confirm window takes the resolution back, and `ended` says that
    the episode was resolved or reopened all the same; `settled` is the act of resolving, whether it lasted or not, and
    filled in where the contact is observed. `journey` is what happened inside, and `again_at` when the same customer
    came to the same desk next after the resolution, both None where nobody asked.
    """

    start: int
    direct: bool = False
    accepted: Act | None = None
    answered_any: Act | None = None
    answered_human: Act | None = None
    resolved: Act | None = None
    reopened_at: int | None = None
    withdrawn_at: int | None = None
    until: int = 0
    published_at: int | None = None
    due_at: int | None = None
    skewed: bool = False
    ended: bool = False
    settled: Act | None = None
    journey: Journey | None = None
    again_at: int | None = None

    @property
    def since(self) -> int:
        """Since when the customer has waited, on the customer's clock."""
        return self.start if self.published_at is None else self.published_at

    def waited(self, at: int) -> int:
        """How long the customer had waited then, microseconds; 0 where the customer's clock is ahead."""
        return max(0, at - self.since)

    @property
    def horizon(self) -> int:
        """How long a customer waits before the contact counts as abandoned, microseconds."""
        return HORIZON_DIRECT if self.direct else HORIZON_PUBLIC

    @property
    def age(self) -> int:
        """How long it has been observed, microseconds, 0 or more once `observed` has let it pass."""
        return self.until - self.start


def observed(contact: Contact, until: int) -> Contact | None:
    """The contact as it stood at `until`: later acts have not happened; None when it had not started."""
    if contact.start > until:
        return None
    accepted, answered_any, answered_human = contact.accepted, contact.answered_any, contact.answered_human
    resolved, reopened_at, withdrawn_at = contact.resolved, contact.reopened_at, contact.withdrawn_at
    settled = contact.settled or resolved
    if reopened_at is not None and reopened_at > until:
        reopened_at = None
    ended = reopened_at is not None or (resolved is not None and resolved.at <= until)
    if resolved is not None and (
        resolved.at > until or (reopened_at is not None and reopened_at - resolved.at <= CONFIRM_WINDOW)
    ):
        resolved = None
    return Contact(
        contact.start,
        contact.direct,
        accepted if accepted is not None and accepted.at <= until else None,
        answered_any if answered_any is not None and answered_any.at <= until else None,
        answered_human if answered_human is not None and answered_human.at <= until else None,
        resolved,
        reopened_at,
        withdrawn_at if withdrawn_at is not None and withdrawn_at <= until else None,
        until,
        contact.published_at,
        contact.due_at,
        contact.skewed,
        ended,
        settled if settled is not None and settled.at <= until else None,
        None if contact.journey is None else observed_journey(contact.journey, until),
        contact.again_at if contact.again_at is not None and contact.again_at <= until else None,
    )


def started_at(contact: Contact) -> int:
    """When an observed contact started."""
    return contact.start


def accepted_at(contact: Contact) -> int | None:
    """When it was accepted, None while it is not."""
    return None if contact.accepted is None else contact.accepted.at


def any_answer_at(contact: Contact) -> int | None:
    """When it was first answered by person or machine, None while it is not."""
    return None if contact.answered_any is None else contact.answered_any.at


def human_answer_at(contact: Contact) -> int | None:
    """When a human first answered it, None while nobody has."""
    return None if contact.answered_human is None else contact.answered_human.at


def settled_at(contact: Contact) -> int | None:
    """When it was resolved, whether that lasted or not, None while it is not."""
    return None if contact.settled is None else contact.settled.at


def resolved_at(contact: Contact) -> int | None:
    """When it was resolved, None while it is not."""
    return None if contact.resolved is None else contact.resolved.at
