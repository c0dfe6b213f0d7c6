import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.ingest.v1 import events_pb2 as _events_pb2
from switchboard.ingest.v1 import service_pb2 as _service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Observed(_message.Message):
    __slots__ = ("post", "edited_at")
    POST_FIELD_NUMBER: _ClassVar[int]
    EDITED_AT_FIELD_NUMBER: _ClassVar[int]
    post: _events_pb2.PostReceived
    edited_at: _timestamp_pb2.Timestamp
    def __init__(self, post: _Optional[_Union[_events_pb2.PostReceived, _Mapping]] = ..., edited_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Unreadable(_message.Message):
    __slots__ = ("delivery",)
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    delivery: _events_pb2.DeliveryQuarantined
    def __init__(self, delivery: _Optional[_Union[_events_pb2.DeliveryQuarantined, _Mapping]] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("observed", "withdrawn", "unreadable", "requeued")
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    UNREADABLE_FIELD_NUMBER: _ClassVar[int]
    REQUEUED_FIELD_NUMBER: _ClassVar[int]
    observed: Observed
    withdrawn: _events_pb2.PostWithdrawn
    unreadable: Unreadable
    requeued: _events_pb2.DeliveryRequeued
    def __init__(self, observed: _Optional[_Union[Observed, _Mapping]] = ..., withdrawn: _Optional[_Union[_events_pb2.PostWithdrawn, _Mapping]] = ..., unreadable: _Optional[_Union[Unreadable, _Mapping]] = ..., requeued: _Optional[_Union[_events_pb2.DeliveryRequeued, _Mapping]] = ...) -> None: ...

class RecordPostsRequest(_message.Message):
    __slots__ = ("candidates", "request_id", "request_digest", "answer")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    request_id: bytes
    request_digest: bytes
    answer: _service_pb2.DeliveryResult
    def __init__(self, candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., request_id: _Optional[bytes] = ..., request_digest: _Optional[bytes] = ..., answer: _Optional[_Union[_service_pb2.DeliveryResult, _Mapping]] = ...) -> None: ...

class RecordPostsResponse(_message.Message):
    __slots__ = ("results", "revisions", "position", "answer")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedScalarFieldContainer[_service_pb2.Result]
    revisions: _containers.RepeatedScalarFieldContainer[int]
    position: int
    answer: _service_pb2.DeliveryResult
    def __init__(self, results: _Optional[_Iterable[_Union[_service_pb2.Result, str]]] = ..., revisions: _Optional[_Iterable[int]] = ..., position: _Optional[int] = ..., answer: _Optional[_Union[_service_pb2.DeliveryResult, _Mapping]] = ...) -> None: ...
