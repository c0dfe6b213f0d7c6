from switchboard.ingest.v1 import post_pb2 as _post_pb2
from switchboard.ingest.v1 import service_pb2 as _service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Observed(_message.Message):
    __slots__ = ("posts", "post_ids", "platform_revisions", "content_digests", "directions", "published_at_us", "edited_at_us", "identity_ids", "desks", "are_addressed", "cut_lengths", "locations", "extents")
    POSTS_FIELD_NUMBER: _ClassVar[int]
    POST_IDS_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_REVISIONS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    DIRECTIONS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_US_FIELD_NUMBER: _ClassVar[int]
    EDITED_AT_US_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_IDS_FIELD_NUMBER: _ClassVar[int]
    DESKS_FIELD_NUMBER: _ClassVar[int]
    ARE_ADDRESSED_FIELD_NUMBER: _ClassVar[int]
    CUT_LENGTHS_FIELD_NUMBER: _ClassVar[int]
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    EXTENTS_FIELD_NUMBER: _ClassVar[int]
    posts: _containers.RepeatedScalarFieldContainer[bytes]
    post_ids: _containers.RepeatedScalarFieldContainer[str]
    platform_revisions: _containers.RepeatedScalarFieldContainer[int]
    content_digests: _containers.RepeatedScalarFieldContainer[bytes]
    directions: _containers.RepeatedScalarFieldContainer[_post_pb2.Direction]
    published_at_us: _containers.RepeatedScalarFieldContainer[int]
    edited_at_us: _containers.RepeatedScalarFieldContainer[int]
    identity_ids: _containers.RepeatedScalarFieldContainer[str]
    desks: _containers.RepeatedScalarFieldContainer[str]
    are_addressed: _containers.RepeatedScalarFieldContainer[bool]
    cut_lengths: _containers.RepeatedScalarFieldContainer[int]
    locations: _containers.RepeatedScalarFieldContainer[int]
    extents: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, posts: _Optional[_Iterable[bytes]] = ..., post_ids: _Optional[_Iterable[str]] = ..., platform_revisions: _Optional[_Iterable[int]] = ..., content_digests: _Optional[_Iterable[bytes]] = ..., directions: _Optional[_Iterable[_Union[_post_pb2.Direction, str]]] = ..., published_at_us: _Optional[_Iterable[int]] = ..., edited_at_us: _Optional[_Iterable[int]] = ..., identity_ids: _Optional[_Iterable[str]] = ..., desks: _Optional[_Iterable[str]] = ..., are_addressed: _Optional[_Iterable[bool]] = ..., cut_lengths: _Optional[_Iterable[int]] = ..., locations: _Optional[_Iterable[int]] = ..., extents: _Optional[_Iterable[int]] = ...) -> None: ...

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
    observed: Observed
    others: _containers.RepeatedCompositeFieldContainer[Other]
    request_id: bytes
    request_digest: bytes
    answer: _service_pb2.DeliveryResult
    claimant: bytes
    def __init__(self, observed: _Optional[_Union[Observed, _Mapping]] = ..., others: _Optional[_Iterable[_Union[Other, _Mapping]]] = ..., request_id: _Optional[bytes] = ..., request_digest: _Optional[bytes] = ..., answer: _Optional[_Union[_service_pb2.DeliveryResult, _Mapping]] = ..., claimant: _Optional[bytes] = ...) -> None: ...

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
