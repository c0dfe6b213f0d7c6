import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LinkReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_REASON_UNSPECIFIED: _ClassVar[LinkReason]
    LINK_REASON_SAME_VERIFIED_CONTACT: _ClassVar[LinkReason]
    LINK_REASON_STATED: _ClassVar[LinkReason]

class UnlinkReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNLINK_REASON_UNSPECIFIED: _ClassVar[UnlinkReason]
    UNLINK_REASON_STATED: _ClassVar[UnlinkReason]
    UNLINK_REASON_FORBIDDEN: _ClassVar[UnlinkReason]

class ConflictReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONFLICT_REASON_UNSPECIFIED: _ClassVar[ConflictReason]
    CONFLICT_REASON_VALUES_DIFFER: _ClassVar[ConflictReason]
    CONFLICT_REASON_SHARED_CONTACT: _ClassVar[ConflictReason]
    CONFLICT_REASON_CUSTOMER_TOO_LARGE: _ClassVar[ConflictReason]
    CONFLICT_REASON_FORBIDDEN: _ClassVar[ConflictReason]
LINK_REASON_UNSPECIFIED: LinkReason
LINK_REASON_SAME_VERIFIED_CONTACT: LinkReason
LINK_REASON_STATED: LinkReason
UNLINK_REASON_UNSPECIFIED: UnlinkReason
UNLINK_REASON_STATED: UnlinkReason
UNLINK_REASON_FORBIDDEN: UnlinkReason
CONFLICT_REASON_UNSPECIFIED: ConflictReason
CONFLICT_REASON_VALUES_DIFFER: ConflictReason
CONFLICT_REASON_SHARED_CONTACT: ConflictReason
CONFLICT_REASON_CUSTOMER_TOO_LARGE: ConflictReason
CONFLICT_REASON_FORBIDDEN: ConflictReason

class Assertion(_message.Message):
    __slots__ = ("purpose", "names", "digests", "places", "confidences_permille", "standings", "profile_digest")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    DIGESTS_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCES_PERMILLE_FIELD_NUMBER: _ClassVar[int]
    STANDINGS_FIELD_NUMBER: _ClassVar[int]
    PROFILE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    names: _containers.RepeatedScalarFieldContainer[str]
    digests: bytes
    places: _containers.RepeatedScalarFieldContainer[int]
    confidences_permille: _containers.RepeatedScalarFieldContainer[int]
    standings: _containers.RepeatedCompositeFieldContainer[Standing]
    profile_digest: bytes
    def __init__(self, purpose: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., digests: _Optional[bytes] = ..., places: _Optional[_Iterable[int]] = ..., confidences_permille: _Optional[_Iterable[int]] = ..., standings: _Optional[_Iterable[_Union[Standing, _Mapping]]] = ..., profile_digest: _Optional[bytes] = ...) -> None: ...

class Standing(_message.Message):
    __slots__ = ("at", "contact", "verified", "unique")
    AT_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    at: int
    contact: bytes
    verified: bool
    unique: bool
    def __init__(self, at: _Optional[int] = ..., contact: _Optional[bytes] = ..., verified: _Optional[bool] = ..., unique: _Optional[bool] = ...) -> None: ...

class IdentityObserved(_message.Message):
    __slots__ = ("identity_id", "founded_customer_id", "channel", "source", "names_digest", "content", "said", "cause_id", "at")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    FOUNDED_CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    NAMES_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    founded_customer_id: str
    channel: str
    source: str
    names_digest: bytes
    content: _log_pb2.Sealed
    said: Assertion
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_id: _Optional[str] = ..., founded_customer_id: _Optional[str] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., names_digest: _Optional[bytes] = ..., content: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., said: _Optional[_Union[Assertion, _Mapping]] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AttributesAsserted(_message.Message):
    __slots__ = ("identity_id", "source", "content", "said", "cause_id", "observed_at")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    source: str
    content: _log_pb2.Sealed
    said: Assertion
    cause_id: bytes
    observed_at: _timestamp_pb2.Timestamp
    def __init__(self, identity_id: _Optional[str] = ..., source: _Optional[str] = ..., content: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., said: _Optional[_Union[Assertion, _Mapping]] = ..., cause_id: _Optional[bytes] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IdentitiesLinked(_message.Message):
    __slots__ = ("identity_a", "identity_b", "reason", "attribute", "contact", "ruleset", "customer_id", "moved", "cause_id", "at")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    RULESET_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    reason: LinkReason
    attribute: str
    contact: bytes
    ruleset: str
    customer_id: str
    moved: _containers.RepeatedScalarFieldContainer[str]
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., reason: _Optional[_Union[LinkReason, str]] = ..., attribute: _Optional[str] = ..., contact: _Optional[bytes] = ..., ruleset: _Optional[str] = ..., customer_id: _Optional[str] = ..., moved: _Optional[_Iterable[str]] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class IdentitiesUnlinked(_message.Message):
    __slots__ = ("identity_a", "identity_b", "reason", "customer_id", "moved", "cause_id", "at")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    reason: UnlinkReason
    customer_id: str
    moved: _containers.RepeatedScalarFieldContainer[str]
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., reason: _Optional[_Union[UnlinkReason, str]] = ..., customer_id: _Optional[str] = ..., moved: _Optional[_Iterable[str]] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LinkForbidden(_message.Message):
    __slots__ = ("identity_a", "identity_b", "cause_id", "at")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ConflictRaised(_message.Message):
    __slots__ = ("identity_a", "identity_b", "reason", "attribute", "contact", "disputed", "ruleset", "cause_id", "at")
    IDENTITY_A_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_B_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    DISPUTED_FIELD_NUMBER: _ClassVar[int]
    RULESET_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_a: str
    identity_b: str
    reason: ConflictReason
    attribute: str
    contact: bytes
    disputed: str
    ruleset: str
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_a: _Optional[str] = ..., identity_b: _Optional[str] = ..., reason: _Optional[_Union[ConflictReason, str]] = ..., attribute: _Optional[str] = ..., contact: _Optional[bytes] = ..., disputed: _Optional[str] = ..., ruleset: _Optional[str] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ProfileWithdrawn(_message.Message):
    __slots__ = ("identity_id", "cause_id", "at")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_id: _Optional[str] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SubjectErased(_message.Message):
    __slots__ = ("identity_id", "reason", "cause_id", "at")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CAUSE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    reason: str
    cause_id: bytes
    at: _timestamp_pb2.Timestamp
    def __init__(self, identity_id: _Optional[str] = ..., reason: _Optional[str] = ..., cause_id: _Optional[bytes] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
