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
    __slots__ = ("request_id", "request_digest", "tenant", "identity_id", "founded_customer_id", "channel", "source", "purpose", "names_digest", "names", "attributes", "observed_at")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    FOUNDED_CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    NAMES_DIGEST_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
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
    names: _log_pb2.Sealed
    attributes: _containers.RepeatedCompositeFieldContainer[_events_pb2.AssertedAttribute]
    observed_at: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[bytes] = ..., request_digest: _Optional[bytes] = ..., tenant: _Optional[str] = ..., identity_id: _Optional[str] = ..., founded_customer_id: _Optional[str] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., purpose: _Optional[str] = ..., names_digest: _Optional[bytes] = ..., names: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., attributes: _Optional[_Iterable[_Union[_events_pb2.AssertedAttribute, _Mapping]]] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
