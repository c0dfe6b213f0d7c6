"""A contact as somebody who stops watching at one instant sees it. Knows no metric, no table and no clock."""

from __future__ import annotations

from typing import NamedTuple

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

HORIZON_PUBLIC = 7 * DAY
HORIZON_DIRECT = 24 * HOUR
CONFIRM_WINDOW = 72 * HOUR


class Act(NamedTuple):
    """Something that was done: when (microseconds since 1970 UTC) and by whom ("" when no agent is named)."""

    at: int
    agent: str = ""


class Contact(NamedTuple):
    """One episode of a case in which a customer wrote, as known from all events so far.

    `start` is the earliest customer post of the episode on the customer's clock. `direct` says that it is a private
    message. Answers are the earliest ones at or after `start`. `reopened_at` is when a later episode began, if one
    did; a reopening within the confirm window takes the resolution back.
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
    if reopened_at is not None and reopened_at > until:
        reopened_at = None
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
    )
