import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.ingest.v1 import post_pb2 as _post_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WithdrawalReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WITHDRAWAL_REASON_UNSPECIFIED: _ClassVar[WithdrawalReason]
    WITHDRAWAL_REASON_DELETED: _ClassVar[WithdrawalReason]
    WITHDRAWAL_REASON_WITHHELD: _ClassVar[WithdrawalReason]
    WITHDRAWAL_REASON_PROTECTED: _ClassVar[WithdrawalReason]
    WITHDRAWAL_REASON_SUPERSEDED: _ClassVar[WithdrawalReason]
WITHDRAWAL_REASON_UNSPECIFIED: WithdrawalReason
WITHDRAWAL_REASON_DELETED: WithdrawalReason
WITHDRAWAL_REASON_WITHHELD: WithdrawalReason
WITHDRAWAL_REASON_PROTECTED: WithdrawalReason
WITHDRAWAL_REASON_SUPERSEDED: WithdrawalReason

class Label(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class SourceConnected(_message.Message):
    __slots__ = ("source_id", "channel", "account_scope", "display_name", "owned_accounts", "labels", "secrets_ref", "default_queue", "at", "desk", "listening")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_SCOPE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNED_ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SECRETS_REF_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_QUEUE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    LISTENING_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    channel: str
    account_scope: str
    display_name: str
    owned_accounts: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    secrets_ref: str
    default_queue: str
    at: _timestamp_pb2.Timestamp
    desk: str
    listening: bool
    def __init__(self, source_id: _Optional[str] = ..., channel: _Optional[str] = ..., account_scope: _Optional[str] = ..., display_name: _Optional[str] = ..., owned_accounts: _Optional[_Iterable[str]] = ..., labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., secrets_ref: _Optional[str] = ..., default_queue: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk: _Optional[str] = ..., listening: _Optional[bool] = ...) -> None: ...

class SourceChanged(_message.Message):
    __slots__ = ("source_id", "display_name", "owned_accounts", "labels", "secrets_ref", "default_queue", "at", "desk", "listening")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNED_ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SECRETS_REF_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_QUEUE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    LISTENING_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    display_name: str
    owned_accounts: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    secrets_ref: str
    default_queue: str
    at: _timestamp_pb2.Timestamp
    desk: str
    listening: bool
    def __init__(self, source_id: _Optional[str] = ..., display_name: _Optional[str] = ..., owned_accounts: _Optional[_Iterable[str]] = ..., labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., secrets_ref: _Optional[str] = ..., default_queue: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk: _Optional[str] = ..., listening: _Optional[bool] = ...) -> None: ...

class SourceDisconnected(_message.Message):
    __slots__ = ("source_id", "at")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, source_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostReceived(_message.Message):
    __slots__ = ("post_id", "channel", "source_id", "kind", "direction", "author_kind", "identity_id", "conversation_id", "in_reply_to", "links", "language", "text_length", "reach", "visibility", "published_at", "received_at", "reply_window_expires_at", "reply_quota_left", "platform_revision", "content_digest", "personal", "desk", "is_addressed", "mentioned_ids", "handle_id", "repost_of", "is_bare_repost", "names", "alias_ids", "session_id", "is_cut", "has_location", "extent")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_QUOTA_LEFT_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PERSONAL_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    IS_ADDRESSED_FIELD_NUMBER: _ClassVar[int]
    MENTIONED_IDS_FIELD_NUMBER: _ClassVar[int]
    HANDLE_ID_FIELD_NUMBER: _ClassVar[int]
    REPOST_OF_FIELD_NUMBER: _ClassVar[int]
    IS_BARE_REPOST_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    ALIAS_IDS_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    IS_CUT_FIELD_NUMBER: _ClassVar[int]
    HAS_LOCATION_FIELD_NUMBER: _ClassVar[int]
    EXTENT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    channel: str
    source_id: str
    kind: _post_pb2.PostKind
    direction: _post_pb2.Direction
    author_kind: _post_pb2.AuthorKind
    identity_id: str
    conversation_id: str
    in_reply_to: str
    links: _containers.RepeatedScalarFieldContainer[str]
    language: str
    text_length: int
    reach: int
    visibility: _post_pb2.Visibility
    published_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    reply_window_expires_at: _timestamp_pb2.Timestamp
    reply_quota_left: int
    platform_revision: int
    content_digest: bytes
    personal: _log_pb2.Sealed
    desk: str
    is_addressed: bool
    mentioned_ids: _containers.RepeatedScalarFieldContainer[str]
    handle_id: str
    repost_of: str
    is_bare_repost: bool
    names: _log_pb2.Sealed
    alias_ids: _containers.RepeatedScalarFieldContainer[str]
    session_id: str
    is_cut: bool
    has_location: bool
    extent: int
    def __init__(self, post_id: _Optional[str] = ..., channel: _Optional[str] = ..., source_id: _Optional[str] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., identity_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., links: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., text_length: _Optional[int] = ..., reach: _Optional[int] = ..., visibility: _Optional[_Union[_post_pb2.Visibility, str]] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reply_quota_left: _Optional[int] = ..., platform_revision: _Optional[int] = ..., content_digest: _Optional[bytes] = ..., personal: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., desk: _Optional[str] = ..., is_addressed: _Optional[bool] = ..., mentioned_ids: _Optional[_Iterable[str]] = ..., handle_id: _Optional[str] = ..., repost_of: _Optional[str] = ..., is_bare_repost: _Optional[bool] = ..., names: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., alias_ids: _Optional[_Iterable[str]] = ..., session_id: _Optional[str] = ..., is_cut: _Optional[bool] = ..., has_location: _Optional[bool] = ..., extent: _Optional[int] = ...) -> None: ...

class PostSighted(_message.Message):
    __slots__ = ("post_id", "source_id", "desk", "is_addressed", "kind", "received_at", "is_first")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    IS_ADDRESSED_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    IS_FIRST_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    source_id: str
    desk: str
    is_addressed: bool
    kind: _post_pb2.PostKind
    received_at: _timestamp_pb2.Timestamp
    is_first: bool
    def __init__(self, post_id: _Optional[str] = ..., source_id: _Optional[str] = ..., desk: _Optional[str] = ..., is_addressed: _Optional[bool] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_first: _Optional[bool] = ...) -> None: ...

class PostEdited(_message.Message):
    __slots__ = ("post_id", "revision", "identity_id", "language", "text_length", "edited_at", "received_at", "platform_revision", "content_digest", "personal", "source_id", "alias_ids", "is_cut", "has_location", "extent")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    EDITED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PERSONAL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_IDS_FIELD_NUMBER: _ClassVar[int]
    IS_CUT_FIELD_NUMBER: _ClassVar[int]
    HAS_LOCATION_FIELD_NUMBER: _ClassVar[int]
    EXTENT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    revision: int
    identity_id: str
    language: str
    text_length: int
    edited_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    platform_revision: int
    content_digest: bytes
    personal: _log_pb2.Sealed
    source_id: str
    alias_ids: _containers.RepeatedScalarFieldContainer[str]
    is_cut: bool
    has_location: bool
    extent: int
    def __init__(self, post_id: _Optional[str] = ..., revision: _Optional[int] = ..., identity_id: _Optional[str] = ..., language: _Optional[str] = ..., text_length: _Optional[int] = ..., edited_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., platform_revision: _Optional[int] = ..., content_digest: _Optional[bytes] = ..., personal: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., source_id: _Optional[str] = ..., alias_ids: _Optional[_Iterable[str]] = ..., is_cut: _Optional[bool] = ..., has_location: _Optional[bool] = ..., extent: _Optional[int] = ...) -> None: ...

class PostCompleted(_message.Message):
    __slots__ = ("post_id", "revision", "identity_id", "language", "text_length", "received_at", "content_digest", "personal", "source_id", "alias_ids", "is_cut", "has_location", "extent")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PERSONAL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_IDS_FIELD_NUMBER: _ClassVar[int]
    IS_CUT_FIELD_NUMBER: _ClassVar[int]
    HAS_LOCATION_FIELD_NUMBER: _ClassVar[int]
    EXTENT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    revision: int
    identity_id: str
    language: str
    text_length: int
    received_at: _timestamp_pb2.Timestamp
    content_digest: bytes
    personal: _log_pb2.Sealed
    source_id: str
    alias_ids: _containers.RepeatedScalarFieldContainer[str]
    is_cut: bool
    has_location: bool
    extent: int
    def __init__(self, post_id: _Optional[str] = ..., revision: _Optional[int] = ..., identity_id: _Optional[str] = ..., language: _Optional[str] = ..., text_length: _Optional[int] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., content_digest: _Optional[bytes] = ..., personal: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., source_id: _Optional[str] = ..., alias_ids: _Optional[_Iterable[str]] = ..., is_cut: _Optional[bool] = ..., has_location: _Optional[bool] = ..., extent: _Optional[int] = ...) -> None: ...

class PostLocationRemoved(_message.Message):
    __slots__ = ("post_id", "removed_at", "received_at", "source_id")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    REMOVED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    removed_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    source_id: str
    def __init__(self, post_id: _Optional[str] = ..., removed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source_id: _Optional[str] = ...) -> None: ...

class PostAliased(_message.Message):
    __slots__ = ("alias_id", "post_id", "source_id", "received_at", "number", "identity_id", "published_at")
    ALIAS_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    alias_id: str
    post_id: str
    source_id: str
    received_at: _timestamp_pb2.Timestamp
    number: int
    identity_id: str
    published_at: _timestamp_pb2.Timestamp
    def __init__(self, alias_id: _Optional[str] = ..., post_id: _Optional[str] = ..., source_id: _Optional[str] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., number: _Optional[int] = ..., identity_id: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostWithdrawn(_message.Message):
    __slots__ = ("post_id", "reason", "withdrawn_at", "received_at", "source_id")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    reason: WithdrawalReason
    withdrawn_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    source_id: str
    def __init__(self, post_id: _Optional[str] = ..., reason: _Optional[_Union[WithdrawalReason, str]] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source_id: _Optional[str] = ...) -> None: ...

class AuthorWithdrawn(_message.Message):
    __slots__ = ("identity_id", "reason", "withdrawn_at", "received_at", "source_id")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    reason: WithdrawalReason
    withdrawn_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    source_id: str
    def __init__(self, identity_id: _Optional[str] = ..., reason: _Optional[_Union[WithdrawalReason, str]] = ..., withdrawn_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source_id: _Optional[str] = ...) -> None: ...

class AuthorLocationRemoved(_message.Message):
    __slots__ = ("identity_id", "until", "removed_at", "received_at", "source_id")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    REMOVED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    until: _timestamp_pb2.Timestamp
    removed_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    source_id: str
    def __init__(self, identity_id: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., removed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source_id: _Optional[str] = ...) -> None: ...

class DeliveryQuarantined(_message.Message):
    __slots__ = ("delivery_id", "source_id", "reason", "payload_bytes", "received_at")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    source_id: str
    reason: str
    payload_bytes: int
    received_at: _timestamp_pb2.Timestamp
    def __init__(self, delivery_id: _Optional[str] = ..., source_id: _Optional[str] = ..., reason: _Optional[str] = ..., payload_bytes: _Optional[int] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeliveryRequeued(_message.Message):
    __slots__ = ("delivery_id", "at")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, delivery_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GapDetected(_message.Message):
    __slots__ = ("source_id", "gap_id", "to")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    GAP_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    gap_id: str
    to: _timestamp_pb2.Timestamp
    def __init__(self, source_id: _Optional[str] = ..., gap_id: _Optional[str] = ..., to: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., **kwargs) -> None: ...

class GapFilled(_message.Message):
    __slots__ = ("source_id", "gap_id", "at")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    GAP_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    gap_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, source_id: _Optional[str] = ..., gap_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
