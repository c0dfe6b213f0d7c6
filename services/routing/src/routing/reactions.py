"""What routing makes of the facts of `post`: its own commands. It decides nothing and asks nobody.

Case ids are named by the post that opens them and the desk, so that a reaction done twice asks for the same. A post of
somebody who is no customer (OTHER) and a repost without own words are no contact and tie nothing; of an edit only the
ids matter that it adds. A fact that another version wrote and this one
cannot read whole is refused rather than half understood: whoever feeds the shard parks it.
"""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TypeVar

from chassis.clock import FIRST, LAST, Instant
from chassis.commits import Recorded
from chassis.identity import is_uuid, uuid_bytes
from switchboard.ingest.v1 import events_structs

from routing import commands
from routing.cases import case_id_of
from routing.terms import AuthorKind, Direction, PostKind, SourceLabel

M = TypeVar("M", bound=IntEnum)

KEYS_MAX = 128
"""Thread keys of one post, so many threads one decision joins at most: its own ids, its parent, its conversation, and
as many links as there is room for, in the order of their ids. So what belongs together is still the same in any order.
"""
MENTIONS_MAX = 50
"""Accounts a post names that are looked at, in the order of their ids: so many cases one answer answers at most."""
LABELS_MAX = 64
"""Labels of a source that are looked at: so many ingest lets it have."""
ALIASES_MAX = 60
"""Other ids of a post that are looked at, in their order."""

_RECEIVED = events_structs.PostReceived.NAME
_SIGHTED = events_structs.PostSighted.NAME
_EDITED = events_structs.PostEdited.NAME
_COMPLETED = events_structs.PostCompleted.NAME
_WITHDRAWN = events_structs.PostWithdrawn.NAME
_CONNECTED = events_structs.SourceConnected.NAME
_DISCONNECTED = events_structs.SourceDisconnected.NAME
_CHANGED = events_structs.SourceChanged.NAME
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
        body: events_structs.PostReceived = recorded.body
        if _member(_AUTHOR_KINDS, body.author_kind, "author_kind") == AuthorKind.OTHER or body.is_bare_repost:
            return None
        return _attach(recorded.tenant, body, now)
    if name == _SIGHTED:
        return _sight(recorded.tenant, recorded.body, now)
    if name in (_EDITED, _COMPLETED):
        aliases = _ids(recorded.body.alias_ids, "alias_ids", ALIASES_MAX)
        return commands.AliasPost(_post_id(recorded.body.post_id), aliases, now) if aliases else None
    if name == _WITHDRAWN:
        return commands.DetachPost(_post_id(recorded.body.post_id), now)
    if name in (_CONNECTED, _CHANGED):
        found = _QUEUE.fullmatch(recorded.body.default_queue)
        if found is None:
            raise ValueError("default_queue names no queue")
        labels = tuple(SourceLabel(one.key, one.value) for one in recorded.body.labels[:LABELS_MAX])
        return commands.SetSourceQueue(_text(recorded.body.source_id, "source_id"), found[1] or "", now, labels)
    if name == _DISCONNECTED:
        return commands.SetSourceQueue(_text(recorded.body.source_id, "source_id"), "", now)
    return None


def _attach(tenant: str, body: events_structs.PostReceived, now: Instant) -> commands.AttachPost:
    post_id, desk = _post_id(body.post_id), _text(body.desk, "desk")
    aliases = _ids(body.alias_ids, "alias_ids", ALIASES_MAX)
    conversations = (body.conversation_id, body.session_id)
    ties = (post_id, *aliases, body.in_reply_to, *conversations, *sorted(body.links))
    keys = [key for key in dict.fromkeys(ties) if key]
    window = body.reply_window_expires_at
    for key in (*keys, body.repost_of or post_id):
        if len(key) != _UUID_LENGTH:
            raise ValueError("in_reply_to, repost_of, conversation_id, session_id or links are no UUIDs")
    return commands.AttachPost(
        post_id,
        case_id_of(tenant, f"{desk}\n{post_id}"),
        desk,
        _text(body.channel, "channel"),
        _text(body.source_id, "source_id"),
        _member(_POST_KINDS, body.kind, "kind"),
        _member(_DIRECTIONS, body.direction, "direction"),
        _AUTHOR_KINDS[body.author_kind],
        _text(body.identity_id, "identity_id"),
        _text(body.handle_id, "handle_id"),
        body.in_reply_to or body.repost_of,
        body.is_addressed,
        bool(body.repost_of and not body.in_reply_to),
        _ids(body.mentioned_ids, "mentioned_ids", MENTIONS_MAX),
        aliases,
        _text(body.language or "und", "language"),
        tuple(sorted(keys[:KEYS_MAX])),
        _told(body.published_at, "published_at"),
        _told(body.received_at, "received_at"),
        None if window is None else _instant(window, "reply_window_expires_at"),
        now,
        max(0, body.reach),
    )


def _sight(tenant: str, body: events_structs.PostSighted, now: Instant) -> commands.SightPost:
    post_id, desk = _post_id(body.post_id), _text(body.desk, "desk")
    return commands.SightPost(
        post_id,
        case_id_of(tenant, f"{desk}\n{post_id}"),
        desk,
        _text(body.source_id, "source_id"),
        _member(_POST_KINDS, body.kind, "kind"),
        body.is_addressed,
        _told(body.received_at, "received_at"),
        now,
    )


def _ids(given: Sequence[str], field: str, at_most: int) -> tuple[str, ...]:
    if not given:
        return ()
    ids = sorted(set(given))
    if any(len(one) != _UUID_LENGTH for one in ids):
        raise ValueError(f"{field} are no UUIDs")
    return tuple(ids[:at_most])


def _member(members: Mapping[int, M], number: int, field: str) -> M:
    member = members.get(number)
    if member is None:
        raise ValueError(f"{field} has a value this version does not know")
    return member


def _post_id(text: str) -> str:
    if not is_uuid(text):  # as ingest writes them
        try:
            uuid_bytes(text)
        except ValueError:
            raise ValueError("post_id is no UUID") from None
    return text


def _text(text: str, field: str) -> str:
    if len(text) > _TEXT_MAX:
        raise ValueError(f"{field} is longer than {_TEXT_MAX} characters")
    return text


def _instant(at: Instant, field: str) -> Instant:
    if not FIRST <= at <= LAST:
        raise ValueError(f"{field} is no instant of the years 1 to 9999")
    return at


def _told(at: Instant, field: str) -> Instant:
    if not at:  # what an absent one is read as
        raise ValueError(f"{field} is missing")
    return _instant(at, field)
