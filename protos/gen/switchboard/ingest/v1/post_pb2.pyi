import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PostKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POST_KIND_UNSPECIFIED: _ClassVar[PostKind]
    POST_KIND_POST: _ClassVar[PostKind]
    POST_KIND_COMMENT: _ClassVar[PostKind]
    POST_KIND_MENTION: _ClassVar[PostKind]
    POST_KIND_DIRECT_MESSAGE: _ClassVar[PostKind]
    POST_KIND_REVIEW: _ClassVar[PostKind]
    POST_KIND_EMAIL: _ClassVar[PostKind]
    POST_KIND_REPOST: _ClassVar[PostKind]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_INBOUND: _ClassVar[Direction]
    DIRECTION_OUTBOUND: _ClassVar[Direction]

class AuthorKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUTHOR_KIND_UNSPECIFIED: _ClassVar[AuthorKind]
    AUTHOR_KIND_CUSTOMER: _ClassVar[AuthorKind]
    AUTHOR_KIND_BRAND_HUMAN: _ClassVar[AuthorKind]
    AUTHOR_KIND_BRAND_BOT: _ClassVar[AuthorKind]
    AUTHOR_KIND_OTHER: _ClassVar[AuthorKind]

class Visibility(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VISIBILITY_UNSPECIFIED: _ClassVar[Visibility]
    VISIBILITY_PUBLIC: _ClassVar[Visibility]
    VISIBILITY_LIMITED: _ClassVar[Visibility]
    VISIBILITY_PRIVATE: _ClassVar[Visibility]

class EntityKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTITY_KIND_UNSPECIFIED: _ClassVar[EntityKind]
    ENTITY_KIND_MENTION: _ClassVar[EntityKind]
    ENTITY_KIND_HASHTAG: _ClassVar[EntityKind]
    ENTITY_KIND_LINK: _ClassVar[EntityKind]
    ENTITY_KIND_CASHTAG: _ClassVar[EntityKind]

class MediaKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEDIA_KIND_UNSPECIFIED: _ClassVar[MediaKind]
    MEDIA_KIND_IMAGE: _ClassVar[MediaKind]
    MEDIA_KIND_VIDEO: _ClassVar[MediaKind]
    MEDIA_KIND_AUDIO: _ClassVar[MediaKind]
    MEDIA_KIND_FILE: _ClassVar[MediaKind]
POST_KIND_UNSPECIFIED: PostKind
POST_KIND_POST: PostKind
POST_KIND_COMMENT: PostKind
POST_KIND_MENTION: PostKind
POST_KIND_DIRECT_MESSAGE: PostKind
POST_KIND_REVIEW: PostKind
POST_KIND_EMAIL: PostKind
POST_KIND_REPOST: PostKind
DIRECTION_UNSPECIFIED: Direction
DIRECTION_INBOUND: Direction
DIRECTION_OUTBOUND: Direction
AUTHOR_KIND_UNSPECIFIED: AuthorKind
AUTHOR_KIND_CUSTOMER: AuthorKind
AUTHOR_KIND_BRAND_HUMAN: AuthorKind
AUTHOR_KIND_BRAND_BOT: AuthorKind
AUTHOR_KIND_OTHER: AuthorKind
VISIBILITY_UNSPECIFIED: Visibility
VISIBILITY_PUBLIC: Visibility
VISIBILITY_LIMITED: Visibility
VISIBILITY_PRIVATE: Visibility
ENTITY_KIND_UNSPECIFIED: EntityKind
ENTITY_KIND_MENTION: EntityKind
ENTITY_KIND_HASHTAG: EntityKind
ENTITY_KIND_LINK: EntityKind
ENTITY_KIND_CASHTAG: EntityKind
MEDIA_KIND_UNSPECIFIED: MediaKind
MEDIA_KIND_IMAGE: MediaKind
MEDIA_KIND_VIDEO: MediaKind
MEDIA_KIND_AUDIO: MediaKind
MEDIA_KIND_FILE: MediaKind

class Entity(_message.Message):
    __slots__ = ("kind", "start", "end", "value", "external_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    kind: EntityKind
    start: int
    end: int
    value: str
    external_id: str
    def __init__(self, kind: _Optional[_Union[EntityKind, str]] = ..., start: _Optional[int] = ..., end: _Optional[int] = ..., value: _Optional[str] = ..., external_id: _Optional[str] = ...) -> None: ...

class Media(_message.Message):
    __slots__ = ("kind", "uri", "alt_text")
    KIND_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    ALT_TEXT_FIELD_NUMBER: _ClassVar[int]
    kind: MediaKind
    uri: str
    alt_text: str
    def __init__(self, kind: _Optional[_Union[MediaKind, str]] = ..., uri: _Optional[str] = ..., alt_text: _Optional[str] = ...) -> None: ...

class Location(_message.Message):
    __slots__ = ("latitude", "longitude", "has_coordinates", "place")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    HAS_COORDINATES_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    has_coordinates: bool
    place: str
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., has_coordinates: _Optional[bool] = ..., place: _Optional[str] = ...) -> None: ...

class ProfileAttribute(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class ContactPoint(_message.Message):
    __slots__ = ("kind", "value", "verified", "region")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    kind: str
    value: str
    verified: bool
    region: str
    def __init__(self, kind: _Optional[str] = ..., value: _Optional[str] = ..., verified: _Optional[bool] = ..., region: _Optional[str] = ...) -> None: ...

class Author(_message.Message):
    __slots__ = ("identity", "external_id", "handle", "display_name", "attributes", "contact_points")
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    CONTACT_POINTS_FIELD_NUMBER: _ClassVar[int]
    identity: str
    external_id: str
    handle: str
    display_name: str
    attributes: _containers.RepeatedCompositeFieldContainer[ProfileAttribute]
    contact_points: _containers.RepeatedCompositeFieldContainer[ContactPoint]
    def __init__(self, identity: _Optional[str] = ..., external_id: _Optional[str] = ..., handle: _Optional[str] = ..., display_name: _Optional[str] = ..., attributes: _Optional[_Iterable[_Union[ProfileAttribute, _Mapping]]] = ..., contact_points: _Optional[_Iterable[_Union[ContactPoint, _Mapping]]] = ...) -> None: ...

class PersonalContent(_message.Message):
    __slots__ = ("text", "author", "entities", "media", "location", "external_id", "subject", "conversation", "in_reply_to", "links")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    text: str
    author: Author
    entities: _containers.RepeatedCompositeFieldContainer[Entity]
    media: _containers.RepeatedCompositeFieldContainer[Media]
    location: Location
    external_id: str
    subject: str
    conversation: str
    in_reply_to: str
    links: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, text: _Optional[str] = ..., author: _Optional[_Union[Author, _Mapping]] = ..., entities: _Optional[_Iterable[_Union[Entity, _Mapping]]] = ..., media: _Optional[_Iterable[_Union[Media, _Mapping]]] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., external_id: _Optional[str] = ..., subject: _Optional[str] = ..., conversation: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., links: _Optional[_Iterable[str]] = ...) -> None: ...

class PostNames(_message.Message):
    __slots__ = ("external_id", "author_external_id")
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    external_id: str
    author_external_id: str
    def __init__(self, external_id: _Optional[str] = ..., author_external_id: _Optional[str] = ...) -> None: ...

class Post(_message.Message):
    __slots__ = ("name", "channel", "source", "external_id", "revision", "kind", "direction", "conversation", "in_reply_to", "author", "author_kind", "text", "language", "entities", "media", "location", "reach", "visibility", "published_at", "received_at", "reply_window_expires_at", "reply_quota_left", "links", "withdrawn_at", "text_length", "desks", "repost_of", "is_bare_repost", "readability", "is_cut")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_QUOTA_LEFT_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    DESKS_FIELD_NUMBER: _ClassVar[int]
    REPOST_OF_FIELD_NUMBER: _ClassVar[int]
    IS_BARE_REPOST_FIELD_NUMBER: _ClassVar[int]
    READABILITY_FIELD_NUMBER: _ClassVar[int]
    IS_CUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    channel: str
    source: str
    external_id: str
    revision: int
    kind: PostKind
    direction: Direction
    conversation: str
    in_reply_to: str
    author: Author
    author_kind: AuthorKind
    text: str
    language: str
    entities: _containers.RepeatedCompositeFieldContainer[Entity]
    media: _containers.RepeatedCompositeFieldContainer[Media]
    location: Location
    reach: int
    visibility: Visibility
    published_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    reply_window_expires_at: _timestamp_pb2.Timestamp
    reply_quota_left: int
    links: _containers.RepeatedScalarFieldContainer[str]
    withdrawn_at: _timestamp_pb2.Timestamp
    text_length: int
    desks: _containers.RepeatedScalarFieldContainer[str]
    repost_of: str
    is_bare_repost: bool
    readability: _log_pb2.Readability
    is_cut: bool
    def __init__(self, name: _Optional[str] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., external_id: _Optional[str] = ..., revision: _Optional[int] = ..., kind: _Optional[_Union[PostKind, str]] = ..., direction: _Optional[_Union[Direction, str]] = ..., conversation: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., author: _Optional[_Union[Author, _Mapping]] = ..., author_kind: _Optional[_Union[AuthorKind, str]] = ..., text: _Optional[str] = ..., language: _Optional[str] = ..., entities: _Optional[_Iterable[_Union[Entity, _Mapping]]] = ..., media: _Optional[_Iterable[_Union[Media, _Mapping]]] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., reach: _Optional[int] = ..., visibility: _Optional[_Union[Visibility, str]] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_quota_left: _Optional[int] = ..., links: _Optional[_Iterable[str]] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., text_length: _Optional[int] = ..., desks: _Optional[_Iterable[str]] = ..., repost_of: _Optional[str] = ..., is_bare_repost: _Optional[bool] = ..., readability: _Optional[_Union[_log_pb2.Readability, str]] = ..., is_cut: _Optional[bool] = ...) -> None: ...

class NormalizedPost(_message.Message):
    __slots__ = ("external_id", "kind", "author", "author_kind", "text", "subject", "language", "conversation", "in_reply_to", "links", "entities", "media", "location", "reach", "visibility", "published_at", "reply_window_expires_at", "reply_quota_left", "revision", "withdrawn_at", "withdrawal_reason", "repost_of", "recipient_id", "is_cut")
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_QUOTA_LEFT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_REASON_FIELD_NUMBER: _ClassVar[int]
    REPOST_OF_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_ID_FIELD_NUMBER: _ClassVar[int]
    IS_CUT_FIELD_NUMBER: _ClassVar[int]
    external_id: str
    kind: PostKind
    author: Author
    author_kind: AuthorKind
    text: str
    subject: str
    language: str
    conversation: str
    in_reply_to: str
    links: _containers.RepeatedScalarFieldContainer[str]
    entities: _containers.RepeatedCompositeFieldContainer[Entity]
    media: _containers.RepeatedCompositeFieldContainer[Media]
    location: Location
    reach: int
    visibility: Visibility
    published_at: _timestamp_pb2.Timestamp
    reply_window_expires_at: _timestamp_pb2.Timestamp
    reply_quota_left: int
    revision: int
    withdrawn_at: _timestamp_pb2.Timestamp
    withdrawal_reason: str
    repost_of: str
    recipient_id: str
    is_cut: bool
    def __init__(self, external_id: _Optional[str] = ..., kind: _Optional[_Union[PostKind, str]] = ..., author: _Optional[_Union[Author, _Mapping]] = ..., author_kind: _Optional[_Union[AuthorKind, str]] = ..., text: _Optional[str] = ..., subject: _Optional[str] = ..., language: _Optional[str] = ..., conversation: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., links: _Optional[_Iterable[str]] = ..., entities: _Optional[_Iterable[_Union[Entity, _Mapping]]] = ..., media: _Optional[_Iterable[_Union[Media, _Mapping]]] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., reach: _Optional[int] = ..., visibility: _Optional[_Union[Visibility, str]] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_quota_left: _Optional[int] = ..., revision: _Optional[int] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., withdrawal_reason: _Optional[str] = ..., repost_of: _Optional[str] = ..., recipient_id: _Optional[str] = ..., is_cut: _Optional[bool] = ...) -> None: ...

class RowMapping(_message.Message):
    __slots__ = ("id", "author", "text", "at", "reply", "replied_at", "reply_author", "subject", "parent", "language", "time_formats", "time_zone")
    ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    REPLIED_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_AUTHOR_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TIME_FORMATS_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    id: str
    author: str
    text: str
    at: str
    reply: str
    replied_at: str
    reply_author: str
    subject: str
    parent: str
    language: str
    time_formats: _containers.RepeatedScalarFieldContainer[str]
    time_zone: str
    def __init__(self, id: _Optional[str] = ..., author: _Optional[str] = ..., text: _Optional[str] = ..., at: _Optional[str] = ..., reply: _Optional[str] = ..., replied_at: _Optional[str] = ..., reply_author: _Optional[str] = ..., subject: _Optional[str] = ..., parent: _Optional[str] = ..., language: _Optional[str] = ..., time_formats: _Optional[_Iterable[str]] = ..., time_zone: _Optional[str] = ...) -> None: ...

class Row(_message.Message):
    __slots__ = ("record", "columns", "delimiter", "mapping", "is_reply", "reason", "detail")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    DELIMITER_FIELD_NUMBER: _ClassVar[int]
    MAPPING_FIELD_NUMBER: _ClassVar[int]
    IS_REPLY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    record: bytes
    columns: _containers.RepeatedScalarFieldContainer[str]
    delimiter: str
    mapping: RowMapping
    is_reply: bool
    reason: str
    detail: str
    def __init__(self, record: _Optional[bytes] = ..., columns: _Optional[_Iterable[str]] = ..., delimiter: _Optional[str] = ..., mapping: _Optional[_Union[RowMapping, _Mapping]] = ..., is_reply: _Optional[bool] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...
