"""switchboard/ingest/v1/post.proto as structs: see protos/structs.py. Written by `make generate`."""

from typing import ClassVar

from msgspec import Struct

from switchboard.structs import STRUCTS


class ProfileAttribute(Struct, frozen=True, array_like=True, gc=False):
    """An observed profile attribute, such as `location`, `gender`, `verified` or `followers_count`."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.ProfileAttribute"
    """Full name of its message."""
    name: str = ""
    """Name from the attribute catalogue, lower case with underscores."""
    value: str = ""
    """The value as text; numbers in decimal, booleans as "true" or "false"."""


class ContactPoint(Struct, frozen=True, array_like=True, gc=False):
    """A way to reach somebody."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.ContactPoint"
    """Full name of its message."""
    kind: str = ""
    """"email", "phone", or a login id class such as "member_id"."""
    value: str = ""
    """The address, number or id in any spelling; a number without country needs a region."""
    verified: bool = False
    """Whether its owner proved it (one-time code, login); a claim in a profile or a text is not proof."""
    region: str = ""
    """Of a phone number without country: its CLDR region, such as "DE". Empty where it is not known: the tenant's `default_region` holds then."""


class Author(Struct, frozen=True, array_like=True, gc=False):
    """The author of a post as the platform showed it at that moment."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.Author"
    """Full name of its message."""
    identity: str = ""
    """`tenants/*/identities/*`: UUIDv5 of channel, account scope and external id. Output only."""
    external_id: str = ""
    """The platform's id of the account, unique within channel and account scope."""
    handle: str = ""
    """The name after the @; it can change."""
    display_name: str = ""
    """The name shown."""
    attributes: tuple[ProfileAttribute, ...] = ()
    """Further attributes of the profile."""
    contact_points: tuple[ContactPoint, ...] = ()
    """Contact points the platform or the calling system vouches for."""


class Entity(Struct, frozen=True, array_like=True, gc=False):
    """Something the text contains."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.Entity"
    """Full name of its message."""
    kind: int = 0
    """What it is."""
    start: int = 0
    """First code point of the text it covers, 0-based."""
    end: int = 0
    """The code point after the last one it covers."""
    value: str = ""
    """The handle, hashtag, address or symbol, without leading sign."""
    external_id: str = ""
    """The platform's id of what is meant (the mentioned account's, for one), empty when unknown."""


class Media(Struct, frozen=True, array_like=True, gc=False):
    """A file that belongs to a post."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.Media"
    """Full name of its message."""
    kind: int = 0
    """What sort of file."""
    uri: str = ""
    """Where the platform keeps it."""
    alt_text: str = ""
    """The author's description, empty when there is none."""


class Location(Struct, frozen=True, array_like=True, gc=False):
    """Where a post says it was written."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.Location"
    """Full name of its message."""
    latitude: float = 0.0
    """Degrees north, -90..90; 0 with `has_coordinates` false."""
    longitude: float = 0.0
    """Degrees east, -180..180."""
    has_coordinates: bool = False
    """Whether the two above were given."""
    place: str = ""
    """The place as the platform names it."""


class PersonalContent(Struct, frozen=True, array_like=True, gc=False):
    """The personal part of a post; it enters the log only sealed under the author's key."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PersonalContent"
    """Full name of its message."""
    text: str = ""
    """The text, valid Unicode without lone surrogates."""
    author: Author | None = None
    """The author."""
    entities: tuple[Entity, ...] = ()
    """What the text contains."""
    media: tuple[Media, ...] = ()
    """Attached files."""
    location: Location | None = None
    """Where it was written, absent when not said."""
    external_id: str = ""
    """The platform's id of the post."""
    subject: str = ""
    """The subject line of mails and forms, empty elsewhere."""
    conversation: str = ""
    """The platform's conversation id, empty when it has none."""
    in_reply_to: str = ""
    """The platform's id of the post this replies to, empty when it is none."""
    links: tuple[str, ...] = ()
    """The platform's ids of posts known to belong to the same thread."""


class PostNames(Struct, frozen=True, array_like=True, gc=False):
    """What a platform calls a post and its author, sealed under the author's key apart from the content: a withdrawal takes the content away and the ids stay."""

    NAME: ClassVar[str] = "switchboard.ingest.v1.PostNames"
    """Full name of its message."""
    external_id: str = ""
    """The platform's id of the post."""
    author_external_id: str = ""
    """The platform's id of the author's account."""


STRUCTS |= {cls.NAME: cls for cls in (ProfileAttribute, ContactPoint, Author, Entity, Media, Location, PersonalContent, PostNames,)}
