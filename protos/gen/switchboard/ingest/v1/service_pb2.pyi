import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
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

class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_UNSPECIFIED: _ClassVar[Result]
    RESULT_ACCEPTED: _ClassVar[Result]
    RESULT_DUPLICATE: _ClassVar[Result]
    RESULT_UPDATED: _ClassVar[Result]
    RESULT_WITHDRAWN: _ClassVar[Result]
    RESULT_ECHO: _ClassVar[Result]
    RESULT_IGNORED: _ClassVar[Result]
    RESULT_QUARANTINED: _ClassVar[Result]

class PostChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POST_CHANGE_UNSPECIFIED: _ClassVar[PostChange]
    POST_CHANGE_SNAPSHOT: _ClassVar[PostChange]
    POST_CHANGE_RECEIVED: _ClassVar[PostChange]
    POST_CHANGE_EDITED: _ClassVar[PostChange]
    POST_CHANGE_WITHDRAWN: _ClassVar[PostChange]
    POST_CHANGE_SIGHTED: _ClassVar[PostChange]
    POST_CHANGE_COMPLETED: _ClassVar[PostChange]
    POST_CHANGE_LOCATION_REMOVED: _ClassVar[PostChange]
RESULT_UNSPECIFIED: Result
RESULT_ACCEPTED: Result
RESULT_DUPLICATE: Result
RESULT_UPDATED: Result
RESULT_WITHDRAWN: Result
RESULT_ECHO: Result
RESULT_IGNORED: Result
RESULT_QUARANTINED: Result
POST_CHANGE_UNSPECIFIED: PostChange
POST_CHANGE_SNAPSHOT: PostChange
POST_CHANGE_RECEIVED: PostChange
POST_CHANGE_EDITED: PostChange
POST_CHANGE_WITHDRAWN: PostChange
POST_CHANGE_SIGHTED: PostChange
POST_CHANGE_COMPLETED: PostChange
POST_CHANGE_LOCATION_REMOVED: PostChange

class Delivery(_message.Message):
    __slots__ = ("payload", "normalized_post", "row", "content_type", "headers", "received_at", "place")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_POST_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    normalized_post: _post_pb2.NormalizedPost
    row: _post_pb2.Row
    content_type: str
    headers: _containers.ScalarMap[str, str]
    received_at: _timestamp_pb2.Timestamp
    place: str
    def __init__(self, payload: _Optional[bytes] = ..., normalized_post: _Optional[_Union[_post_pb2.NormalizedPost, _Mapping]] = ..., row: _Optional[_Union[_post_pb2.Row, _Mapping]] = ..., content_type: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., place: _Optional[str] = ...) -> None: ...

class PostResult(_message.Message):
    __slots__ = ("post", "result", "revision", "reason", "detail")
    POST_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    post: str
    result: Result
    revision: int
    reason: str
    detail: str
    def __init__(self, post: _Optional[str] = ..., result: _Optional[_Union[Result, str]] = ..., revision: _Optional[int] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class DeliveryResult(_message.Message):
    __slots__ = ("result", "posts", "reason", "detail", "quarantined")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_FIELD_NUMBER: _ClassVar[int]
    result: Result
    posts: _containers.RepeatedCompositeFieldContainer[PostResult]
    reason: str
    detail: str
    quarantined: str
    def __init__(self, result: _Optional[_Union[Result, str]] = ..., posts: _Optional[_Iterable[_Union[PostResult, _Mapping]]] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ..., quarantined: _Optional[str] = ...) -> None: ...

class IngestPostsRequest(_message.Message):
    __slots__ = ("source", "deliveries")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    source: str
    deliveries: _containers.RepeatedCompositeFieldContainer[Delivery]
    def __init__(self, source: _Optional[str] = ..., deliveries: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ...) -> None: ...

class IngestPostsResponse(_message.Message):
    __slots__ = ("results", "position")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[DeliveryResult]
    position: str
    def __init__(self, results: _Optional[_Iterable[_Union[DeliveryResult, _Mapping]]] = ..., position: _Optional[str] = ...) -> None: ...

class IngestPostRequest(_message.Message):
    __slots__ = ("source", "delivery", "request_id")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    source: str
    delivery: Delivery
    request_id: str
    def __init__(self, source: _Optional[str] = ..., delivery: _Optional[_Union[Delivery, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class IngestPostResponse(_message.Message):
    __slots__ = ("result", "position")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    result: DeliveryResult
    position: str
    def __init__(self, result: _Optional[_Union[DeliveryResult, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GetPostRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetPostResponse(_message.Message):
    __slots__ = ("post",)
    POST_FIELD_NUMBER: _ClassVar[int]
    post: _post_pb2.Post
    def __init__(self, post: _Optional[_Union[_post_pb2.Post, _Mapping]] = ...) -> None: ...

class ListPostsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListPostsResponse(_message.Message):
    __slots__ = ("posts", "next_page_token")
    POSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    posts: _containers.RepeatedCompositeFieldContainer[_post_pb2.Post]
    next_page_token: str
    def __init__(self, posts: _Optional[_Iterable[_Union[_post_pb2.Post, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchPostsRequest(_message.Message):
    __slots__ = ("parent", "filter", "resume_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    filter: str
    resume_token: str
    def __init__(self, parent: _Optional[str] = ..., filter: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchPostsResponse(_message.Message):
    __slots__ = ("change", "post", "resume_token")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    change: PostChange
    post: _post_pb2.Post
    resume_token: str
    def __init__(self, change: _Optional[_Union[PostChange, str]] = ..., post: _Optional[_Union[_post_pb2.Post, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("name", "channel", "account_scope", "display_name", "owned_accounts", "labels", "secrets_ref", "default_queue", "create_time", "update_time", "desk", "effective_desk", "listening")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_SCOPE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNED_ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SECRETS_REF_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_QUEUE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_DESK_FIELD_NUMBER: _ClassVar[int]
    LISTENING_FIELD_NUMBER: _ClassVar[int]
    name: str
    channel: str
    account_scope: str
    display_name: str
    owned_accounts: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.ScalarMap[str, str]
    secrets_ref: str
    default_queue: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    desk: str
    effective_desk: str
    listening: bool
    def __init__(self, name: _Optional[str] = ..., channel: _Optional[str] = ..., account_scope: _Optional[str] = ..., display_name: _Optional[str] = ..., owned_accounts: _Optional[_Iterable[str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., secrets_ref: _Optional[str] = ..., default_queue: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk: _Optional[str] = ..., effective_desk: _Optional[str] = ..., listening: _Optional[bool] = ...) -> None: ...

class CreateSourceRequest(_message.Message):
    __slots__ = ("parent", "source_id", "source", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    source_id: str
    source: Source
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., source_id: _Optional[str] = ..., source: _Optional[_Union[Source, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateSourceResponse(_message.Message):
    __slots__ = ("source", "position")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    source: Source
    position: str
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GetSourceRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetSourceResponse(_message.Message):
    __slots__ = ("source",)
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    source: Source
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ...) -> None: ...

class ListSourcesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListSourcesResponse(_message.Message):
    __slots__ = ("sources", "next_page_token")
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    next_page_token: str
    def __init__(self, sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateSourceRequest(_message.Message):
    __slots__ = ("source", "update_mask", "request_id")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    source: Source
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateSourceResponse(_message.Message):
    __slots__ = ("source", "position")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    source: Source
    position: str
    def __init__(self, source: _Optional[_Union[Source, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class DeleteSourceRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteSourceResponse(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: str
    def __init__(self, position: _Optional[str] = ...) -> None: ...

class QuarantinedDelivery(_message.Message):
    __slots__ = ("name", "source", "reason", "detail", "content_type", "payload_bytes", "received_at", "payload", "place", "readability")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    READABILITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    source: str
    reason: str
    detail: str
    content_type: str
    payload_bytes: int
    received_at: _timestamp_pb2.Timestamp
    payload: bytes
    place: str
    readability: _log_pb2.Readability
    def __init__(self, name: _Optional[str] = ..., source: _Optional[str] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ..., content_type: _Optional[str] = ..., payload_bytes: _Optional[int] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., payload: _Optional[bytes] = ..., place: _Optional[str] = ..., readability: _Optional[_Union[_log_pb2.Readability, str]] = ...) -> None: ...

class ListQuarantinedRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListQuarantinedResponse(_message.Message):
    __slots__ = ("deliveries", "next_page_token")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[QuarantinedDelivery]
    next_page_token: str
    def __init__(self, deliveries: _Optional[_Iterable[_Union[QuarantinedDelivery, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RequeueQuarantinedRequest(_message.Message):
    __slots__ = ("name", "request_id", "mapping")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MAPPING_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    mapping: _post_pb2.RowMapping
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ..., mapping: _Optional[_Union[_post_pb2.RowMapping, _Mapping]] = ...) -> None: ...

class RequeueQuarantinedResponse(_message.Message):
    __slots__ = ("result", "position")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    result: DeliveryResult
    position: str
    def __init__(self, result: _Optional[_Union[DeliveryResult, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...
