"""What routing makes of the facts of `post`: its own commands. It decides nothing and asks nobody.

Case ids are named by the post that opens them, so that a reaction done twice asks for the same. A post of kind OTHER is
no contact and ties nothing; an edit changes neither thread nor clock. A fact that another version wrote and this one
cannot read whole is refused rather than half understood: whoever feeds the shard parks it.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from itertools import islice
from typing import TypeVar

from chassis.clock import FIRST, LAST, Instant, from_timestamp
from chassis.commits import Recorded
from chassis.identity import uuid5, uuid_bytes
from google.protobuf.message import Message
from switchboard.ingest.v1 import events_pb2

from routing import commands
from routing.terms import AuthorKind, Direction, PostKind

M = TypeVar("M", bound=IntEnum)

CASES = bytes.fromhex("1c5c41b0f6c85be2a5c86b7a1c0f7d61")
"""Namespace of case ids: a case is named by its tenant and the post or request that opened it."""
KEYS_MAX = 128
"""Thread keys of one post, so many cases one decision joins at most: its own id, its parent, its conversation, and as
many links as there is room for, in the order of their ids. So what belongs together is still the same in any order.
"""

_RECEIVED = events_pb2.PostReceived.DESCRIPTOR.full_name
_WITHDRAWN = events_pb2.PostWithdrawn.DESCRIPTOR.full_name
_CONNECTED = events_pb2.SourceConnected.DESCRIPTOR.full_name
_DISCONNECTED = events_pb2.SourceDisconnected.DESCRIPTOR.full_name
_CHANGED = events_pb2.SourceChanged.DESCRIPTOR.full_name
_DIRECTIONS = {int(member): member for member in Direction if member}
_AUTHOR_KINDS = {int(member): member for member in AuthorKind if member}
_POST_KINDS = {int(member): member for member in PostKind}
_UUID_LENGTH = 36
_TEXT_MAX = 200
_QUEUE = re.compile(r"tenants/[a-z0-9-]{1,40}/queues/([a-z0-9][a-z0-9-]{0,62})|")


def react(recorded: Recorded, now: Instant) -> commands.Command | None:
    """The command an event of `post` leads to, none for one that concerns nobody here.

    Raises ValueError, which names the field and quotes no value, for a fact this version does not understand.
    """
    name = recorded.type
    if name == _RECEIVED:
        body: events_pb2.PostReceived = recorded.body
        if _member(_AUTHOR_KINDS, body.author_kind, "author_kind") == AuthorKind.OTHER:
            return None
        return _attach(recorded.tenant, body, now)
    if name == _WITHDRAWN:
        return commands.DetachPost(_post_id(recorded.body.post_id), now)
    if name in (_CONNECTED, _CHANGED):
        found = _QUEUE.fullmatch(recorded.body.default_queue)
        if found is None:
            raise ValueError("default_queue names no queue")
        return commands.SetSourceQueue(_text(recorded.body.source_id, "source_id"), found[1] or "", now)
    if name == _DISCONNECTED:
        return commands.SetSourceQueue(_text(recorded.body.source_id, "source_id"), "", now)
    return None


def case_id_of(tenant: str, opener: str) -> str:
    """The id of the case that a post or a request opens."""
    return uuid5(CASES, f"{tenant}/{opener}")


def _attach(tenant: str, body: events_pb2.PostReceived, now: Instant) -> commands.AttachPost:
    post_id = _post_id(body.post_id)
    keys = dict.fromkeys(key for key in (post_id, body.in_reply_to, body.conversation_id, *sorted(body.links)) if key)
    if any(len(key) != _UUID_LENGTH for key in keys):
        raise ValueError("in_reply_to, conversation_id or links are no UUIDs")
    return commands.AttachPost(
        post_id,
        case_id_of(tenant, post_id),
        _text(body.channel, "channel"),
        _text(body.source_id, "source_id"),
        _member(_POST_KINDS, body.kind, "kind"),
        _member(_DIRECTIONS, body.direction, "direction"),
        _AUTHOR_KINDS[body.author_kind],
        _text(body.identity_id, "identity_id"),
        _text(body.language or "und", "language"),
        tuple(sorted(islice(keys, KEYS_MAX))),
        _instant(body, "published_at"),
        _instant(body, "received_at"),
        _instant(body, "reply_window_expires_at") if body.HasField("reply_window_expires_at") else None,
        now,
    )


def _member(members: Mapping[int, M], number: int, field: str) -> M:
    member = members.get(number)
    if member is None:
        raise ValueError(f"{field} has a value this version does not know")
    return member


def _post_id(text: str) -> str:
    try:
        uuid_bytes(text)
    except ValueError:
        raise ValueError("post_id is no UUID") from None
    return text


def _text(text: str, field: str) -> str:
    if len(text) > _TEXT_MAX:
        raise ValueError(f"{field} is longer than {_TEXT_MAX} characters")
    return text


def _instant(body: Message, field: str) -> Instant:
    at = from_timestamp(getattr(body, field))
    if not body.HasField(field) or not FIRST <= at <= LAST:
        raise ValueError(f"{field} is missing or no instant of the years 1 to 9999")
    return at
