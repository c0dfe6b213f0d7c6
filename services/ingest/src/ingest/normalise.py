"""What adapters turn deliveries into. It knows no platform, no key and no form of a payload.

An adapter reads one delivery into items: observations of posts, withdrawals, authors who are gone, and flaws where one
item of an otherwise readable delivery could not be read. Only this module computes ids of posts, identities and
conversations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import msgspec
from chassis.clock import Instant
from chassis.identity import uuid5, uuid5_bytes, uuid_bytes
from switchboard.ingest.v1 import post_pb2

from ingest.events import Location

TEXT_LENGTH_MAX = 100_000
"""Code points."""
PERSONAL_BYTES_MAX = 300 * 1024
"""Sealed content of one post; a commit holds 512 KiB and everything else in it is small."""
ITEMS_MAX = 10_000
"""Posts of one delivery; the largest page any platform sends is 1,000."""
PARTS_MAX = 1_000
"""Entities, media, links, attributes and contact points of one post, each."""
_ROOT = uuid_bytes("8f0f5c2e-6a41-5d0b-9f3e-2f6d1c7b4a90")


class Reason(StrEnum):
    """Why a delivery, or an item of it, could not be read."""

    EMPTY = "EMPTY"
    UNSUPPORTED_CONTENT_TYPE = "UNSUPPORTED_CONTENT_TYPE"
    TOO_LARGE = "TOO_LARGE"
    TOO_DEEP = "TOO_DEEP"
    INVALID_UTF8 = "INVALID_UTF8"
    LONE_SURROGATE = "LONE_SURROGATE"
    INVALID_JSON = "INVALID_JSON"
    NO_ADAPTER = "NO_ADAPTER"
    UNKNOWN_FORM = "UNKNOWN_FORM"
    MISSING_FIELD = "MISSING_FIELD"
    WRONG_TYPE = "WRONG_TYPE"
    INVALID_ID = "INVALID_ID"
    INVALID_VALUE = "INVALID_VALUE"
    IMPOSSIBLE_TIME = "IMPOSSIBLE_TIME"
    AUTHOR_DIFFERS = "AUTHOR_DIFFERS"
    ROW_SHAPE = "ROW_SHAPE"
    ROUNDED_ID = "ROUNDED_ID"
    SPREADSHEET_DATE = "SPREADSHEET_DATE"
    SPREADSHEET_ERROR = "SPREADSHEET_ERROR"
    TIME_WITHOUT_ZONE = "TIME_WITHOUT_ZONE"
    KEY_LOST = "KEY_LOST"
    UNFORESEEN = "UNFORESEEN"


class Unreadable(Exception):
    """A delivery or an item cannot be read. `detail` names places in the payload and never repeats a value from it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TooMany(Unreadable):
    """A delivery has more items than any platform sends; reading it ends here."""

    def __init__(self) -> None:
        super().__init__(Reason.TOO_LARGE, f"more than {ITEMS_MAX} posts or flaws in one delivery")


class Spaces(NamedTuple):
    """The namespaces of the ids of one account scope of a channel, 16 bytes each."""

    post: bytes
    identity: bytes
    handle: bytes
    messages: bytes
    conversation: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """What an adapter is told about the source. `owned`: ids and handles that are ours, folded, without @."""

    channel: str
    account_scope: str
    owned: frozenset[str]
    spaces: Spaces = field(init=False, repr=False, compare=False)
    """For who makes many ids of it: see `post_id` and the others."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spaces", spaces(self.channel, self.account_scope))


def extent_of(length: int, parts: int) -> int:
    """How much a copy shows, where the platform numbers every edit: first its text, then what is attached."""
    return 1 + length * (PARTS_MAX + 1) + min(parts, PARTS_MAX)


Mention = tuple[str, str]
"""The id of a mentioned account, empty when unknown, and its handle."""


class Observation(msgspec.Struct, gc=False):
    """A post as one delivery shows it. Ids are the platform's own.

    `personal` is PersonalContent encoded, as it will be sealed: a batch of messages would crowd the caches until then.
    `digested` is what the author controls, as bytes.
    """

    where: str
    external_id: str
    author_id: str
    handle: str
    kind: int
    published_at: Instant
    language: str
    personal: bytes
    digested: bytes
    text_length: int
    reach: int = 0
    visibility: int = post_pb2.VISIBILITY_PUBLIC
    conversation: str = ""
    in_reply_to: str = ""
    links: tuple[str, ...] = ()
    platform_revision: int = 0
    edited_at: Instant | None = None
    author_kind: int = 0
    reply_window_expires_at: Instant | None = None
    reply_quota_left: int = -1
    mentions: Sequence[Mention] = ()
    """The accounts its own words name."""
    repost_of: str = ""
    is_bare_repost: bool = False
    """A repost without words of its own."""
    recipient_id: str = ""
    """Whom a direct message is for, "" when unknown."""
    alias_ids: tuple[str, ...] = ()
    """What its other versions are called where each has an id of its own; `external_id` is the first one's."""
    alias_numbers: tuple[int, ...] = ()
    """The `platform_revision` of each of them."""
    is_cut: bool = False
    """Whether the platform shows the beginning of the text only."""
    location: int = Location.UNTOLD
    extent: int = 0
    """How much of its version it shows, see `extent_of`; 0 where a changed content may be an edit."""


@dataclass(slots=True)
class Withdrawal:
    """The platform says a post is gone; `at` is None when it does not say since when."""

    where: str
    external_id: str
    reason: int
    at: Instant | None


@dataclass(slots=True)
class AuthorGone:
    """The platform says all posts of an author are gone."""

    where: str
    author_id: str
    reason: int
    at: Instant | None


@dataclass(slots=True)
class LocationGone:
    """The platform says that an author took back where they wrote; of posts published until then, None for all."""

    where: str
    author_id: str
    until: Instant | None
    at: Instant | None


@dataclass(slots=True)
class Flaw:
    """One item of the delivery that could not be read; the others go on."""

    where: str
    reason: Reason
    detail: str


Item = Observation | Withdrawal | AuthorGone | LocationGone | Flaw


class Reading(msgspec.Struct, gc=False):
    """One delivery being read: for which account, when, and what was found so far."""

    account: Account
    now: Instant
    items: list[Item] = msgspec.field(default_factory=list)

    def add(self, item: Item) -> None:
        """Takes an item. Raises Unreadable, for the delivery as a whole, when there are too many."""
        if len(self.items) >= ITEMS_MAX:
            raise TooMany
        self.items.append(item)

    def flaw(self, where: str, refusal: Unreadable) -> None:
        """Notes an item that could not be read. Raises like `add`."""
        if isinstance(refusal, TooMany):
            raise refusal
        self.add(Flaw(where, refusal.reason, refusal.detail))


@lru_cache(maxsize=4096)
def _space(kind: str, channel: str, account_scope: str) -> bytes:
    return uuid5_bytes(uuid5_bytes(uuid5_bytes(_ROOT, kind), channel), account_scope)


@lru_cache(maxsize=1024)
def spaces(channel: str, account_scope: str) -> Spaces:
    """Where the ids of an account scope live."""
    return Spaces(*(_space(kind, channel, account_scope) for kind in Spaces._fields))


def post_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of a post: the same platform id gives the same post for ever, whichever way it came."""
    return uuid5(spaces(channel, account_scope).post, external_id)


def identity_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of an author's account."""
    return uuid5(spaces(channel, account_scope).identity, external_id)


def handle_id(channel: str, account_scope: str, handle: str) -> str:
    """UUIDv5 of a handle as it is compared: what a mention that tells no id leads to."""
    return uuid5(spaces(channel, account_scope).handle, folded(handle))


def messages_id(channel: str, account_scope: str, account: str, customer_id: str) -> str:
    """UUIDv5 of all direct messages between an account of ours and a customer."""
    return uuid5(spaces(channel, account_scope).messages, f"{account}\0{customer_id}")


def conversation_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of a platform's conversation."""
    return uuid5(spaces(channel, account_scope).conversation, external_id)


def delivery_id(source_id: str, payload_digest: str) -> str:
    """UUIDv5 of unreadable bytes of one source."""
    return uuid5(_space("delivery", source_id, ""), payload_digest)


def folded(account: str) -> str:
    """An account id or handle as it is compared with the owned ones."""
    return account.removeprefix("@").casefold()
