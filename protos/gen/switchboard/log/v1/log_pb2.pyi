import datetime

from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Readability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    READABILITY_UNSPECIFIED: _ClassVar[Readability]
    READABILITY_OPENED: _ClassVar[Readability]
    READABILITY_HIDDEN: _ClassVar[Readability]
    READABILITY_ERASED: _ClassVar[Readability]
    READABILITY_KEY_LOST: _ClassVar[Readability]
    READABILITY_BROKEN: _ClassVar[Readability]
READABILITY_UNSPECIFIED: Readability
READABILITY_OPENED: Readability
READABILITY_HIDDEN: Readability
READABILITY_ERASED: Readability
READABILITY_KEY_LOST: Readability
READABILITY_BROKEN: Readability

class Commit(_message.Message):
    __slots__ = ("commit_id", "tenant", "shard", "input_position", "input_offset", "decided_at", "events", "answers")
    COMMIT_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    INPUT_POSITION_FIELD_NUMBER: _ClassVar[int]
    INPUT_OFFSET_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    commit_id: bytes
    tenant: str
    shard: str
    input_position: int
    input_offset: int
    decided_at: _timestamp_pb2.Timestamp
    events: _containers.RepeatedCompositeFieldContainer[Event]
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    def __init__(self, commit_id: _Optional[bytes] = ..., tenant: _Optional[str] = ..., shard: _Optional[str] = ..., input_position: _Optional[int] = ..., input_offset: _Optional[int] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("event_id", "occurred_at", "correlation_id", "causation_id", "actor", "traceparent", "body")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSATION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    event_id: bytes
    occurred_at: _timestamp_pb2.Timestamp
    correlation_id: bytes
    causation_id: bytes
    actor: str
    traceparent: str
    body: _any_pb2.Any
    def __init__(self, event_id: _Optional[bytes] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., correlation_id: _Optional[bytes] = ..., causation_id: _Optional[bytes] = ..., actor: _Optional[str] = ..., traceparent: _Optional[str] = ..., body: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("request_id", "request_digest", "response")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    request_digest: bytes
    response: _any_pb2.Any
    def __init__(self, request_id: _Optional[bytes] = ..., request_digest: _Optional[bytes] = ..., response: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...

class Sealed(_message.Message):
    __slots__ = ("subject_id", "nonce", "ciphertext")
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    subject_id: str
    nonce: bytes
    ciphertext: bytes
    def __init__(self, subject_id: _Optional[str] = ..., nonce: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ...) -> None: ...
