import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.crm.v1 import events_pb2 as _events_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObserveIdentityRequest(_message.Message):
    __slots__ = ("request_id", "request_digest", "tenant", "identity_id", "founded_customer_id", "channel", "source", "purpose", "names_digest", "content", "said", "observed_at")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    FOUNDED_CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    NAMES_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    request_digest: bytes
    tenant: str
    identity_id: str
    founded_customer_id: str
    channel: str
    source: str
    purpose: str
    names_digest: bytes
    content: _log_pb2.Sealed
    said: _events_pb2.Assertion
    observed_at: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[bytes] = ..., request_digest: _Optional[bytes] = ..., tenant: _Optional[str] = ..., identity_id: _Optional[str] = ..., founded_customer_id: _Optional[str] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., purpose: _Optional[str] = ..., names_digest: _Optional[bytes] = ..., content: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., said: _Optional[_Union[_events_pb2.Assertion, _Mapping]] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class KeptFact(_message.Message):
    __slots__ = ("event_id", "observed", "asserted")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    ASSERTED_FIELD_NUMBER: _ClassVar[int]
    event_id: bytes
    observed: _events_pb2.IdentityObserved
    asserted: _events_pb2.AttributesAsserted
    def __init__(self, event_id: _Optional[bytes] = ..., observed: _Optional[_Union[_events_pb2.IdentityObserved, _Mapping]] = ..., asserted: _Optional[_Union[_events_pb2.AttributesAsserted, _Mapping]] = ...) -> None: ...

class KeptFacts(_message.Message):
    __slots__ = ("facts",)
    FACTS_FIELD_NUMBER: _ClassVar[int]
    facts: _containers.RepeatedCompositeFieldContainer[KeptFact]
    def __init__(self, facts: _Optional[_Iterable[_Union[KeptFact, _Mapping]]] = ...) -> None: ...
