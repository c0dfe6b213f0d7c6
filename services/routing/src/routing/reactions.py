"""What routing makes of the facts of `post`: its own commands. It decides nothing and asks nobody.

Case ids are named by the post that opens them, so that a reaction done twice asks for the same. A post of kind OTHER is
no contact and ties nothing; an edit changes neither thread nor clock.
"""

from itertools import islice

from chassis.clock import Instant, from_timestamp
from chassis.commits import Recorded
from chassis.identity import uuid5
from switchboard.ingest.v1 import events_pb2, post_pb2

from routing import commands
from routing.terms import AuthorKind, Direction, PostKind

CASES = bytes.fromhex("1c5c41b0f6c85be2a5c86b7a1c0f7d61")
"""Namespace of case ids: a case is named by its tenant and the post or request that opened it."""

_RECEIVED = events_pb2.PostReceived.DESCRIPTOR.full_name
_WITHDRAWN = events_pb2.PostWithdrawn.DESCRIPTOR.full_name
_CONNECTED = events_pb2.SourceConnected.DESCRIPTOR.full_name
_CHANGED = events_pb2.SourceChanged.DESCRIPTOR.full_name
_CONTACTS = frozenset({post_pb2.AUTHOR_KIND_CUSTOMER, post_pb2.AUTHOR_KIND_BRAND_HUMAN, post_pb2.AUTHOR_KIND_BRAND_BOT})
_DIRECTIONS = {int(member): member for member in Direction}
_AUTHOR_KINDS = {int(member): member for member in AuthorKind}
_POST_KINDS = {int(member): member for member in PostKind}


KEYS_MAX = 128
"""Thread keys of one post, so many cases one decision joins at most: its own id, its parent, its conversation, and as
many links as there is room for, in the order of their ids. So what belongs together is still the same in any order.
"""


def react(recorded: Recorded, now: Instant) -> commands.Command | None:
    """The command an event of `post` leads to, none for one that concerns nobody here."""
    name = recorded.type
    if name == _RECEIVED:
        body: events_pb2.PostReceived = recorded.body
        if body.author_kind not in _CONTACTS:
            return None
        return _attach(recorded.tenant, body, now)
    if name == _WITHDRAWN:
        return commands.DetachPost(recorded.body.post_id, now)
    if name in (_CONNECTED, _CHANGED):
        return commands.SetSourceQueue(recorded.body.source_id, recorded.body.default_queue, now)
    return None


def case_id_of(tenant: str, opener: str) -> str:
    """The id of the case that a post or a request opens."""
    return uuid5(CASES, f"{tenant}/{opener}")


def _attach(tenant: str, body: events_pb2.PostReceived, now: Instant) -> commands.AttachPost:
    post_id = body.post_id
    keys = dict.fromkeys(key for key in (post_id, body.in_reply_to, body.conversation_id, *sorted(body.links)) if key)
    expires = from_timestamp(body.reply_window_expires_at) if body.HasField("reply_window_expires_at") else None
    return commands.AttachPost(
        post_id,
        case_id_of(tenant, post_id),
        body.channel,
        body.source_id,
        _POST_KINDS.get(body.kind) or PostKind.UNSPECIFIED,
        _DIRECTIONS.get(body.direction) or Direction.UNSPECIFIED,
        _AUTHOR_KINDS[body.author_kind],
        body.identity_id,
        body.language or "und",
        tuple(sorted(islice(keys, KEYS_MAX))),
        from_timestamp(body.published_at),
        from_timestamp(body.received_at),
        expires,
        now,
    )
