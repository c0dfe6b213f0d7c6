"""What is sealed of a post, as adapters build it: PersonalContent in plain objects, encoded once, at the end.

The attributes have the names and the meaning of the fields in post.proto. Building objects and encoding them in one
place costs less than a message that grows part by part, and only `encoded` knows what is stored.
"""

from __future__ import annotations

import msgspec
from switchboard.ingest.v1 import post_pb2


class Entity(msgspec.Struct, gc=False):
    """A mention, hashtag, link or cashtag, from `start` to before `end`."""

    kind: int
    start: int
    end: int
    value: str
    external_id: str = ""


class Media(msgspec.Struct, gc=False):
    """A file that is attached."""

    kind: int
    uri: str
    alt_text: str = ""


class Location(msgspec.Struct, gc=False):
    """Where it was written."""

    place: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    has_coordinates: bool = False


class ProfileAttribute(msgspec.Struct, gc=False):
    """Something an account says of itself."""

    name: str
    value: str


class Author(msgspec.Struct, gc=False):
    """Who wrote it."""

    external_id: str
    handle: str
    display_name: str
    attributes: list[ProfileAttribute]


class PersonalContent(msgspec.Struct, gc=False):
    """All of it."""

    text: str
    author: Author
    entities: list[Entity]
    media: list[Media]
    external_id: str
    location: Location | None = None
    conversation: str = ""
    in_reply_to: str = ""
    subject: str = ""


def located(place: str, pair: object, *, longitude_first: bool = True) -> Location | None:
    """A place by its name, and by its coordinates if they are two numbers on the globe; None where it has neither."""
    if type(pair) is list and len(pair) == 2:
        longitude, latitude = pair if longitude_first else (pair[1], pair[0])
        if type(longitude) in (int, float) and type(latitude) in (int, float):  # noqa: SIM102  (the range reads better alone)
            if -180 <= longitude <= 180 and -90 <= latitude <= 90:
                return Location(place, latitude, longitude, True)
    return Location(place) if place else None


def encoded(content: PersonalContent) -> bytes:
    """The bytes as they are sealed."""
    # Set field by field: keywords cost twice as much, and parts that are built first and copied in three times.
    message = post_pb2.PersonalContent()
    message.text = content.text
    said = content.author
    author = message.author
    author.external_id = said.external_id
    author.handle = said.handle
    author.display_name = said.display_name
    for attribute in said.attributes:
        one = author.attributes.add()
        one.name = attribute.name
        one.value = attribute.value
    for entity in content.entities:
        found = message.entities.add()
        found.kind = entity.kind  # type: ignore[assignment]  # enums' numbers, here and below
        found.start = entity.start
        found.end = entity.end
        found.value = entity.value
        if entity.external_id:
            found.external_id = entity.external_id
    for medium in content.media:
        message.media.add(kind=medium.kind, uri=medium.uri, alt_text=medium.alt_text)
    if (place := content.location) is not None:
        location = message.location
        location.place = place.place
        location.latitude = place.latitude
        location.longitude = place.longitude
        location.has_coordinates = place.has_coordinates
    message.external_id = content.external_id
    if content.conversation:
        message.conversation = content.conversation
    if content.in_reply_to:
        message.in_reply_to = content.in_reply_to
    if content.subject:
        message.subject = content.subject
    return message.SerializeToString()
