"""switchboard/ingest/v1/events.proto as structs: see protos/structs.py. Written by `make generate`."""

from typing import ClassVar

from msgspec import Struct

from switchboard.log.v1.log_structs import Sealed
from switchboard.structs import STRUCTS, Instant


class Label(Struct, frozen=True, array_like=True, gc=False):
    """A key and a value of a source, such as brand = "Example Air"."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.Label"
    """Full name of its message."""
    key: str = ""
    """`[a-z][a-z0-9_]{0,39}`."""
    value: str = ""
    """1..200 code points."""


class SourceConnected(Struct, frozen=True, array_like=True, gc=False):
    """A source was connected."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.SourceConnected"
    """Full name of its message."""
    source_id: str = ""
    """The source's id within the tenant, `[a-z0-9][a-z0-9-]{0,62}`."""
    channel: str = ""
    """The channel's name."""
    account_scope: str = ""
    """What the platform's ids are unique within, "" when they are unique on the whole platform."""
    display_name: str = ""
    """Shown to people."""
    owned_accounts: tuple[str, ...] = ()
    """The accounts that are ours: external ids or handles, lower case."""
    labels: tuple[Label, ...] = ()
    """Labels, sorted by key."""
    secrets_ref: str = ""
    """Name of the secret that holds the platform's credentials; never the secret."""
    default_queue: str = ""
    """`tenants/*/queues/*` its cases go to, "" for the tenant's default."""
    at: Instant = Instant(0)
    """When."""
    desk: str = ""
    """Who answers for it, as declared; "" derives it (see Source.desk)."""
    listening: bool | None = None
    """Whether everything it brings is addressed to us, as declared; absent derives it (see Source.listening)."""


class SourceChanged(Struct, frozen=True, array_like=True, gc=False):
    """A source's settings changed; carries them all as they are now."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.SourceChanged"
    """Full name of its message."""
    source_id: str = ""
    """The source's id within the tenant."""
    display_name: str = ""
    """Shown to people."""
    owned_accounts: tuple[str, ...] = ()
    """The accounts that are ours."""
    labels: tuple[Label, ...] = ()
    """Labels, sorted by key."""
    secrets_ref: str = ""
    """Name of the secret that holds the platform's credentials."""
    default_queue: str = ""
    """`tenants/*/queues/*` its cases go to, "" for the tenant's default."""
    at: Instant = Instant(0)
    """When."""
    desk: str = ""
    """Who answers for it, as declared; "" derives it (see Source.desk)."""
    listening: bool | None = None
    """Whether everything it brings is addressed to us, as declared; absent derives it (see Source.listening)."""


class SourceDisconnected(Struct, frozen=True, array_like=True, gc=False):
    """A source was disconnected; its posts stay."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.SourceDisconnected"
    """Full name of its message."""
    source_id: str = ""
    """The source's id within the tenant."""
    at: Instant = Instant(0)
    """When."""


class PostReceived(Struct, frozen=True, array_like=True, gc=False):
    """A post was seen for the first time."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostReceived"
    """Full name of its message."""
    post_id: str = ""
    """UUIDv5 of channel, account scope and external id."""
    channel: str = ""
    """The channel's name."""
    source_id: str = ""
    """The source it came through."""
    kind: int = 0
    """What sort of contact."""
    direction: int = 0
    """Inbound or ours."""
    author_kind: int = 0
    """Which side wrote it."""
    identity_id: str = ""
    """The author's identity: UUIDv5 of channel, account scope and external id of the account."""
    conversation_id: str = ""
    """UUIDv5 of channel, account scope and the platform's conversation id, "" when it has none. Of a direct message UUIDv5 of channel, account scope, our account and the customer's: all messages between the two are one thread."""
    in_reply_to: str = ""
    """post_id of the parent, "" when it is no reply."""
    links: tuple[str, ...] = ()
    """post_ids known to belong to the same thread, sorted."""
    language: str = ""
    """BCP 47 tag, "und" when unknown."""
    text_length: int = 0
    """Number of code points of the text."""
    reach: int = 0
    """Number of people it can reach, 0 when unknown."""
    visibility: int = 0
    """Who can see it."""
    published_at: Instant = Instant(0)
    """The customer's clock."""
    received_at: Instant = Instant(0)
    """The operation's clock."""
    reply_window_expires_at: Instant | None = None
    """Until when the platform lets us reply, absent when it sets no limit."""
    reply_quota_left: int = 0
    """Replies the platform still allows, -1 when it sets no limit."""
    platform_revision: int = 0
    """The platform's number of this edit, 0 for an original or where it does not number them. Numbers of one post grow with its edits: where each version has an id of its own (X), they are the milliseconds from the first id to this one."""
    content_digest: bytes = b""
    """Keyed digest of the content under the author's key, 16 bytes: equal content has equal digests."""
    personal: Sealed | None = None
    """PersonalContent under the author's key."""
    desk: str = ""
    """Who answers for it: of an inbound post the desk of the source it came through, of one of ours the desk whose account wrote it."""
    is_addressed: bool = False
    """Whether the post by itself speaks to that desk: a direct message, mail or review, a mention of an owned account, or its source listens. That it answers a post of ours is not part of this: the parent may come later."""
    mentioned_ids: tuple[str, ...] = ()
    """Accounts the text names, sorted, each once: UUIDv5 identities where the platform says the account's id, else `handle_id`s."""
    handle_id: str = ""
    """UUIDv5 of channel, account scope and the author's folded handle, "" without one: what a mention by handle leads to."""
    repost_of: str = ""
    """post_id of the post this one repeats, "" when it is no repost."""
    is_bare_repost: bool = False
    """Whether it is a repost without words of its own: reach of the original, never a contact."""
    alias_ids: tuple[str, ...] = ()
    """post_ids made of the ids that its other versions have where the platform gives each version its own (X), sorted, each once. Whoever names one of them, as a parent, a link or in a deletion, means this post."""
    session_id: str = ""
    """Of a direct message whose recipient the platform does not name, UUIDv5 of the platform's own conversation id: a further tie of its thread, "" where there is none. `conversation_id` is then made of the source and the customer."""
    names: Sealed | None = None
    """PostNames under the author's key."""
    is_cut: bool = False
    """Whether the platform showed the beginning of the text only; a delivery with more of it is PostCompleted."""
    has_location: bool = False
    """Whether the content says where it was written."""
    extent: int = 0
    """How much of its version this content shows, where the platform numbers every edit: of one version the larger extent counts, since copies of it differ by what was asked for. 0 where a changed content may be an edit."""


class PostSighted(Struct, frozen=True, array_like=True, gc=False):
    """A post we have was brought to a further desk, or by a further source of the same desk that makes it addressed."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostSighted"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    source_id: str = ""
    """The source it came through this time."""
    desk: str = ""
    """The desk that answers for that source."""
    is_addressed: bool = False
    """As in PostReceived, for this desk."""
    kind: int = 0
    """What sort of contact it is for this desk."""
    received_at: Instant = Instant(0)
    """When this delivery reached us."""
    is_first: bool = False
    """Whether the desk had not been brought this post before; otherwise this delivery only makes it addressed."""


class PostEdited(Struct, frozen=True, array_like=True, gc=False):
    """A post we have was changed by its author."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostEdited"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    revision: int = 0
    """Our number of this version, 2 for the first edit."""
    identity_id: str = ""
    """The author's identity."""
    language: str = ""
    """BCP 47 tag of the new text."""
    text_length: int = 0
    """Number of code points of the new text."""
    edited_at: Instant = Instant(0)
    """When the platform says it was edited; equals received_at where it does not say."""
    received_at: Instant = Instant(0)
    """When the edit reached us."""
    platform_revision: int = 0
    """The platform's number of this edit, 0 where it does not number them."""
    content_digest: bytes = b""
    """Keyed digest of the new content, 16 bytes."""
    personal: Sealed | None = None
    """PersonalContent under the author's key."""
    source_id: str = ""
    """The source this delivery came through."""
    alias_ids: tuple[str, ...] = ()
    """As in PostReceived: those known by now, not only the new ones."""
    is_cut: bool = False
    """As in PostReceived, of the new text."""
    has_location: bool = False
    """As in PostReceived, of the new content."""
    extent: int = 0
    """As in PostReceived, of the new content."""


class PostCompleted(Struct, frozen=True, array_like=True, gc=False):
    """A post we had the beginning of, or without its pictures, was delivered with more of it. Its author changed nothing: it is the version we have."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostCompleted"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    revision: int = 0
    """Our number of this content, one more than of the one it completes."""
    identity_id: str = ""
    """The author's identity."""
    language: str = ""
    """BCP 47 tag of the text."""
    text_length: int = 0
    """Number of code points of the text."""
    received_at: Instant = Instant(0)
    """When this delivery reached us."""
    content_digest: bytes = b""
    """Keyed digest of the content, 16 bytes."""
    personal: Sealed | None = None
    """PersonalContent under the author's key."""
    source_id: str = ""
    """The source this delivery came through."""
    alias_ids: tuple[str, ...] = ()
    """As in PostEdited."""
    is_cut: bool = False
    """Whether this is still the beginning only, of more length."""
    has_location: bool = False
    """As in PostReceived."""
    extent: int = 0
    """As in PostReceived, of this content."""


class PostLocationRemoved(Struct, frozen=True, array_like=True, gc=False):
    """The author, or the platform on their behalf, took back where a post was written. The sealed content stays as it is in the log; whoever reads it leaves the location out."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostLocationRemoved"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    removed_at: Instant = Instant(0)
    """When the platform says so; equals received_at where it does not say."""
    received_at: Instant = Instant(0)
    """When the news reached us."""
    source_id: str = ""
    """The source this delivery came through."""


class PostAliased(Struct, frozen=True, array_like=True, gc=False):
    """An id turned out to name a version of a post: who names it means the post. In the shard of the id, not of the post."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostAliased"
    """Full name of its message."""
    alias_id: str = ""
    """post_id made of the version's id."""
    post_id: str = ""
    """The post, named by its first version's id."""
    source_id: str = ""
    """The source this delivery came through."""
    received_at: Instant = Instant(0)
    """When this delivery reached us."""
    number: int = 0
    """Which version of the post it names: its `platform_revision`."""
    identity_id: str = ""
    """Who wrote the post: an id that is known as somebody else's post means no version of it."""
    published_at: Instant = Instant(0)
    """When the post was published: its first version."""


class PostWithdrawn(Struct, frozen=True, array_like=True, gc=False):
    """A post is no longer there. May precede the post itself; the post is then never received. From here on nobody who reads the log shows or keeps what was sealed of it but its names."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostWithdrawn"
    """Full name of its message."""
    post_id: str = ""
    """The post."""
    reason: int = 0
    """Why."""
    withdrawn_at: Instant = Instant(0)
    """When the platform says it was withdrawn; equals received_at where it does not say."""
    received_at: Instant = Instant(0)
    """When the news reached us."""
    source_id: str = ""
    """The source this delivery came through."""


class AuthorWithdrawn(Struct, frozen=True, array_like=True, gc=False):
    """The platform says that all posts of an author are gone. In every shard of posts: what the author published until then and comes only now is never received. Each post that was there is withdrawn by a fact of its own."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.AuthorWithdrawn"
    """Full name of its message."""
    identity_id: str = ""
    """The author's identity."""
    reason: int = 0
    """Why."""
    withdrawn_at: Instant = Instant(0)
    """When the platform says it happened; equals received_at where it does not say."""
    received_at: Instant = Instant(0)
    """When the news reached us."""
    source_id: str = ""
    """The source this delivery came through."""


class AuthorLocationRemoved(Struct, frozen=True, array_like=True, gc=False):
    """The platform says that an author took back where they wrote. In every shard of posts: what the author published until then and comes only now, or comes more complete, is shown without its place. Each post that was there loses it by a fact of its own."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.AuthorLocationRemoved"
    """Full name of its message."""
    identity_id: str = ""
    """The author's identity."""
    until: Instant = Instant(0)
    """Of posts published until then."""
    removed_at: Instant = Instant(0)
    """When the platform says it happened; equals received_at where it does not say."""
    received_at: Instant = Instant(0)
    """When the news reached us."""
    source_id: str = ""
    """The source this delivery came through."""


class DeliveryQuarantined(Struct, frozen=True, array_like=True, gc=False):
    """A delivery could not be read; its bytes are kept for a retry."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.DeliveryQuarantined"
    """Full name of its message."""
    delivery_id: str = ""
    """UUIDv5 of source and payload digest: the same bytes are quarantined once."""
    source_id: str = ""
    """The source it came through."""
    reason: str = ""
    """Machine-readable reason, such as "INVALID_JSON" or "IMPOSSIBLE_TIME"."""
    payload_bytes: int = 0
    """Size of the payload in bytes."""
    received_at: Instant = Instant(0)
    """When it reached us."""


class DeliveryRequeued(Struct, frozen=True, array_like=True, gc=False):
    """A quarantined delivery was read after all; its posts follow in their own shards."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.DeliveryRequeued"
    """Full name of its message."""
    delivery_id: str = ""
    """The delivery."""
    at: Instant = Instant(0)
    """When."""


class GapDetected(Struct, frozen=True, array_like=True, gc=False):
    """Deliveries of a source are missing between two points."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.GapDetected"
    """Full name of its message."""
    source_id: str = ""
    """The source."""
    gap_id: str = ""
    """UUIDv5 of source and the two points."""
    from_: Instant = Instant(0)
    """The last point before the gap."""
    to: Instant = Instant(0)
    """The first point after it."""


class GapFilled(Struct, frozen=True, array_like=True, gc=False):
    """A gap was filled by asking the platform again."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.GapFilled"
    """Full name of its message."""
    source_id: str = ""
    """The source."""
    gap_id: str = ""
    """The gap."""
    at: Instant = Instant(0)
    """When."""


STRUCTS |= {cls.NAME: cls for cls in (Label, SourceConnected, SourceChanged, SourceDisconnected, PostReceived, PostSighted, PostEdited, PostCompleted, PostLocationRemoved, PostAliased, PostWithdrawn, AuthorWithdrawn, AuthorLocationRemoved, DeliveryQuarantined, DeliveryRequeued, GapDetected, GapFilled,)}
