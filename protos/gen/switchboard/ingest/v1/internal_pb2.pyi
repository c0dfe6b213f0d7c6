from switchboard.ingest.v1 import service_pb2 as _service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Other(_message.Message):
    __slots__ = ("place", "type", "fact")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FACT_FIELD_NUMBER: _ClassVar[int]
    place: int
    type: str
    fact: bytes
    def __init__(self, place: _Optional[int] = ..., type: _Optional[str] = ..., fact: _Optional[bytes] = ...) -> None: ...

class RecordPostsRequest(_message.Message):
    __slots__ = ("observed", "others", "request_id", "request_digest", "answer", "claimant")
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    CLAIMANT_FIELD_NUMBER: _ClassVar[int]
    observed: bytes
    others: _containers.RepeatedCompositeFieldContainer[Other]
    request_id: bytes
    request_digest: bytes
    answer: _service_pb2.DeliveryResult
    claimant: bytes
    def __init__(self, observed: _Optional[bytes] = ..., others: _Optional[_Iterable[_Union[Other, _Mapping]]] = ..., request_id: _Optional[bytes] = ..., request_digest: _Optional[bytes] = ..., answer: _Optional[_Union[_service_pb2.DeliveryResult, _Mapping]] = ..., claimant: _Optional[bytes] = ...) -> None: ...

class Moved(_message.Message):
    __slots__ = ("place", "post_id", "number", "published_at_us")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_US_FIELD_NUMBER: _ClassVar[int]
    place: int
    post_id: str
    number: int
    published_at_us: int
    def __init__(self, place: _Optional[int] = ..., post_id: _Optional[str] = ..., number: _Optional[int] = ..., published_at_us: _Optional[int] = ...) -> None: ...

class RecordPostsResponse(_message.Message):
    __slots__ = ("results", "revisions", "position", "answer", "claimant", "moved")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    CLAIMANT_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedScalarFieldContainer[_service_pb2.Result]
    revisions: _containers.RepeatedScalarFieldContainer[int]
    position: int
    answer: _service_pb2.DeliveryResult
    claimant: bytes
    moved: _containers.RepeatedCompositeFieldContainer[Moved]
    def __init__(self, results: _Optional[_Iterable[_Union[_service_pb2.Result, str]]] = ..., revisions: _Optional[_Iterable[int]] = ..., position: _Optional[int] = ..., answer: _Optional[_Union[_service_pb2.DeliveryResult, _Mapping]] = ..., claimant: _Optional[bytes] = ..., moved: _Optional[_Iterable[_Union[Moved, _Mapping]]] = ...) -> None: ...
