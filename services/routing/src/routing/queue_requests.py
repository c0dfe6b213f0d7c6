"""Requests about queues as commands."""

import re
from typing import Any, assert_never

from chassis.clock import Instant
from switchboard.routing.v1 import service_pb2 as api

from routing import commands
from routing.agents import DEFAULT_QUEUE, OFFER_WIDTH_MAX
from routing.form import TEXT_MAX, Form, mask_of, one_of, requirements_of
from routing.terms import ClaimTerms, Selection

QueueRequest = api.CreateQueueRequest | api.UpdateQueueRequest | api.DeleteQueueRequest
QueueCommand = commands.CreateQueue | commands.ChangeQueue | commands.DeleteQueue
LEASE_S = 300
"""How long a claim holds where its queue does not say."""
_QUEUE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_RANGES = (
    ("first_response_s", 1, 2_592_000, "3600"),
    ("offer_timeout_s", 1, 86_400, "60"),
    ("reply_timeout_s", 1, 2_592_000, "no limit"),
    ("supervise_after_s", 1, 2_592_000, "no limit"),
    ("supervise_after_returns", 1, 1000, "no limit"),
    ("offer_width", 1, OFFER_WIDTH_MAX, "1"),
    ("language_level", 1, 5, "not at all"),
    ("tier_level", 1, 5, "not at all"),
)
"""Of each number: least, most, and what 0 stands for."""
_NAMES = {"claim_mode": "claim_terms", "uninterruptible": "is_uninterruptible"}
"""Fields whose settings are called otherwise."""


def queue_command(form: Form, request: QueueRequest, now: Instant) -> QueueCommand:
    """The command that a request asks for; what is wrong with it, the form has."""
    match request:
        case api.CreateQueueRequest():
            given = _settings(form, request.queue, form.tenant())
            return commands.CreateQueue(form.text("queue_id", _QUEUE), at=now, **given)
        case api.UpdateQueueRequest():
            tenant, queue_id = form.name("queue.name", "queues", request.queue.name)
            mask = mask_of(form, request.queue, request.update_mask)
            named = {_NAMES.get(field, field) for field in mask}
            given = _settings(form, request.queue, tenant)
            changes = {name: value if name in named else None for name, value in given.items()}
            ends = "claim_terms" in named and given["claim_terms"] is None
            return commands.ChangeQueue(queue_id, at=now, claims_end=ends, **changes)
        case api.DeleteQueueRequest():
            tenant, queue_id = form.name("name", "queues")
            successor = form.optional("successor", "queues", tenant)
            if successor and not request.force:
                form.wrong("successor", "is for a deletion with force only")
            if successor and successor == queue_id:
                form.wrong("successor", "is another queue than the one to delete")
            return commands.DeleteQueue(queue_id, request.force, successor or DEFAULT_QUEUE, now)
        case _:
            assert_never(request)


def _settings(form: Form, queue: api.Queue, tenant: str) -> dict[str, Any]:
    """The settings by name, those that are not given as they are by default."""
    if len(queue.display_name) > 100:
        form.wrong("queue.display_name", "has at most 100 code points")
    for field, least, most, otherwise in _RANGES:
        if not 0 <= getattr(queue, field) <= most:
            form.wrong(f"queue.{field}", f"is {least} to {most}, or 0 for {otherwise}")
    above = queue.escalates_to
    return {
        "display_name": queue.display_name,
        "first_response_s": queue.first_response_s or 3600,
        "offer_timeout_s": queue.offer_timeout_s or 60,
        "requirements": requirements_of(form, "queue.requirements", queue.requirements),
        "reply_timeout_s": queue.reply_timeout_s,
        "supervise_after_returns": queue.supervise_after_returns,
        "supervise_after_s": queue.supervise_after_s,
        "selection": one_of(form, Selection, "queue.selection", queue.selection),
        "escalates_to": form.of_tenant("queue.escalates_to", "queues", tenant, above) if above else "",
        "language_level": queue.language_level,
        "tier_level": queue.tier_level,
        "offer_width": queue.offer_width or 1,
        "claim_terms": _claim_terms(form, queue, tenant),
        "is_uninterruptible": queue.uninterruptible,
    }


def _claim_terms(form: Form, queue: api.Queue, tenant: str) -> ClaimTerms | None:
    """How a queue's cases are claimed, None where they are offered."""
    if not queue.HasField("claim_mode"):
        return None
    mode, where = queue.claim_mode, "queue.claim_mode"
    for field, most, none in (
        ("lease_s", 86_400, "for 300"),
        ("fall_through_s", 2_592_000, "for no limit"),
        ("reply_length_max", TEXT_MAX, f"for {TEXT_MAX}"),
        ("second_opinion_s", 86_400, "for no second opinion"),
    ):
        if not 0 <= getattr(mode, field) <= most:
            form.wrong(f"{where}.{field}", f"is 1 to {most}, or 0 {none}")
    goes = ""
    if mode.fall_through_queue:
        goes = form.of_tenant(f"{where}.fall_through_queue", "queues", tenant, mode.fall_through_queue)
    if bool(mode.fall_through_queue) != bool(mode.fall_through_s):
        form.wrong(f"{where}.fall_through_queue", "and fall_through_s are given together: where to, and when")
    lease_s = mode.lease_s or LEASE_S
    limits = mode.append_agent_tag, mode.reply_length_max, mode.second_opinion_s
    return ClaimTerms(lease_s, mode.fall_through_s, goes, *limits)
