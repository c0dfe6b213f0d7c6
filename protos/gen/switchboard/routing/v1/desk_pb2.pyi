import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from switchboard.routing.v1 import events_pb2 as _events_pb2
from switchboard.routing.v1 import service_pb2 as _service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Viewing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VIEWING_UNSPECIFIED: _ClassVar[Viewing]
    VIEWING_PRESENT: _ClassVar[Viewing]
    VIEWING_TYPING: _ClassVar[Viewing]
    VIEWING_LEFT: _ClassVar[Viewing]

class ReplyHintKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLY_HINT_KIND_UNSPECIFIED: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_JARGON: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_TEMPLATE: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_NO_REPLY: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_UNFILLED: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_PLACEHOLDER: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_LANGUAGE: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_SHOUTING: _ClassVar[ReplyHintKind]
    REPLY_HINT_KIND_TOO_LONG: _ClassVar[ReplyHintKind]
VIEWING_UNSPECIFIED: Viewing
VIEWING_PRESENT: Viewing
VIEWING_TYPING: Viewing
VIEWING_LEFT: Viewing
REPLY_HINT_KIND_UNSPECIFIED: ReplyHintKind
REPLY_HINT_KIND_JARGON: ReplyHintKind
REPLY_HINT_KIND_TEMPLATE: ReplyHintKind
REPLY_HINT_KIND_NO_REPLY: ReplyHintKind
REPLY_HINT_KIND_UNFILLED: ReplyHintKind
REPLY_HINT_KIND_PLACEHOLDER: ReplyHintKind
REPLY_HINT_KIND_LANGUAGE: ReplyHintKind
REPLY_HINT_KIND_SHOUTING: ReplyHintKind
REPLY_HINT_KIND_TOO_LONG: ReplyHintKind

class Draft(_message.Message):
    __slots__ = ("name", "agent", "text", "readability", "saved_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    READABILITY_FIELD_NUMBER: _ClassVar[int]
    SAVED_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    text: str
    readability: _log_pb2.Readability
    saved_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., text: _Optional[str] = ..., readability: _Optional[_Union[_log_pb2.Readability, str]] = ..., saved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CannedText(_message.Message):
    __slots__ = ("name", "display_name", "language", "queues", "text", "variables", "updated_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    language: str
    queues: _containers.RepeatedScalarFieldContainer[str]
    text: str
    variables: _containers.RepeatedScalarFieldContainer[str]
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., language: _Optional[str] = ..., queues: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ..., variables: _Optional[_Iterable[str]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SaveDraftRequest(_message.Message):
    __slots__ = ("name", "agent", "text", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    text: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., text: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class SaveDraftResponse(_message.Message):
    __slots__ = ("draft", "position")
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    draft: str
    position: str
    def __init__(self, draft: _Optional[str] = ..., position: _Optional[str] = ...) -> None: ...

class GetDraftRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetDraftResponse(_message.Message):
    __slots__ = ("draft",)
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    draft: Draft
    def __init__(self, draft: _Optional[_Union[Draft, _Mapping]] = ...) -> None: ...

class ListDraftsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListDraftsResponse(_message.Message):
    __slots__ = ("drafts", "next_page_token")
    DRAFTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    drafts: _containers.RepeatedCompositeFieldContainer[Draft]
    next_page_token: str
    def __init__(self, drafts: _Optional[_Iterable[_Union[Draft, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteDraftRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteDraftResponse(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: str
    def __init__(self, position: _Optional[str] = ...) -> None: ...

class SealedDraft(_message.Message):
    __slots__ = ("name", "agent", "text", "text_length", "text_digest", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    TEXT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    text: _log_pb2.Sealed
    text_length: int
    text_digest: bytes
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., text: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., text_length: _Optional[int] = ..., text_digest: _Optional[bytes] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateCannedTextRequest(_message.Message):
    __slots__ = ("parent", "canned_text_id", "canned_text", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    CANNED_TEXT_ID_FIELD_NUMBER: _ClassVar[int]
    CANNED_TEXT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    canned_text_id: str
    canned_text: CannedText
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., canned_text_id: _Optional[str] = ..., canned_text: _Optional[_Union[CannedText, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateCannedTextResponse(_message.Message):
    __slots__ = ("canned_text", "position")
    CANNED_TEXT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    canned_text: CannedText
    position: str
    def __init__(self, canned_text: _Optional[_Union[CannedText, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GetCannedTextRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetCannedTextResponse(_message.Message):
    __slots__ = ("canned_text",)
    CANNED_TEXT_FIELD_NUMBER: _ClassVar[int]
    canned_text: CannedText
    def __init__(self, canned_text: _Optional[_Union[CannedText, _Mapping]] = ...) -> None: ...

class ListCannedTextsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListCannedTextsResponse(_message.Message):
    __slots__ = ("canned_texts", "next_page_token")
    CANNED_TEXTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    canned_texts: _containers.RepeatedCompositeFieldContainer[CannedText]
    next_page_token: str
    def __init__(self, canned_texts: _Optional[_Iterable[_Union[CannedText, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateCannedTextRequest(_message.Message):
    __slots__ = ("canned_text", "update_mask", "request_id")
    CANNED_TEXT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    canned_text: CannedText
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, canned_text: _Optional[_Union[CannedText, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateCannedTextResponse(_message.Message):
    __slots__ = ("canned_text", "position")
    CANNED_TEXT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    canned_text: CannedText
    position: str
    def __init__(self, canned_text: _Optional[_Union[CannedText, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class DeleteCannedTextRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteCannedTextResponse(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: str
    def __init__(self, position: _Optional[str] = ...) -> None: ...

class RenderCannedTextRequest(_message.Message):
    __slots__ = ("name", "case", "agent", "customer_handle", "customer_display_name")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_HANDLE_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    case: str
    agent: str
    customer_handle: str
    customer_display_name: str
    def __init__(self, name: _Optional[str] = ..., case: _Optional[str] = ..., agent: _Optional[str] = ..., customer_handle: _Optional[str] = ..., customer_display_name: _Optional[str] = ...) -> None: ...

class RenderCannedTextResponse(_message.Message):
    __slots__ = ("text", "missing")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    text: str
    missing: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, text: _Optional[str] = ..., missing: _Optional[_Iterable[str]] = ...) -> None: ...

class AssignCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "supervisor", "reason", "force", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SUPERVISOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    supervisor: str
    reason: str
    force: bool
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., supervisor: _Optional[str] = ..., reason: _Optional[str] = ..., force: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class AssignCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: _service_pb2.Case
    position: str
    def __init__(self, case: _Optional[_Union[_service_pb2.Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ViewCaseRequest(_message.Message):
    __slots__ = ("name", "agent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class ViewCaseResponse(_message.Message):
    __slots__ = ("agent", "viewing")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    VIEWING_FIELD_NUMBER: _ClassVar[int]
    agent: str
    viewing: Viewing
    def __init__(self, agent: _Optional[str] = ..., viewing: _Optional[_Union[Viewing, str]] = ...) -> None: ...

class GetCaseContextRequest(_message.Message):
    __slots__ = ("name", "min_position", "identities", "question", "agent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    identities: _containers.RepeatedScalarFieldContainer[str]
    question: str
    agent: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ..., identities: _Optional[_Iterable[str]] = ..., question: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class GetCaseContextResponse(_message.Message):
    __slots__ = ("case", "rank", "summary", "case_posts", "next_post_page_token", "drafts", "canned_texts", "customer_cases", "notes", "expected_wait", "allowance", "suggested_answers", "goodwill")
    CASE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CASE_POSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_POST_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DRAFTS_FIELD_NUMBER: _ClassVar[int]
    CANNED_TEXTS_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_CASES_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_WAIT_FIELD_NUMBER: _ClassVar[int]
    ALLOWANCE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_ANSWERS_FIELD_NUMBER: _ClassVar[int]
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    case: _service_pb2.Case
    rank: int
    summary: str
    case_posts: _containers.RepeatedCompositeFieldContainer[_service_pb2.CasePost]
    next_post_page_token: str
    drafts: _containers.RepeatedCompositeFieldContainer[Draft]
    canned_texts: _containers.RepeatedCompositeFieldContainer[CannedText]
    customer_cases: _containers.RepeatedCompositeFieldContainer[_service_pb2.Case]
    notes: _containers.RepeatedCompositeFieldContainer[CaseNote]
    expected_wait: ExpectedWait
    allowance: ReplyAllowance
    suggested_answers: _containers.RepeatedCompositeFieldContainer[SuggestedAnswer]
    goodwill: GoodwillStanding
    def __init__(self, case: _Optional[_Union[_service_pb2.Case, _Mapping]] = ..., rank: _Optional[int] = ..., summary: _Optional[str] = ..., case_posts: _Optional[_Iterable[_Union[_service_pb2.CasePost, _Mapping]]] = ..., next_post_page_token: _Optional[str] = ..., drafts: _Optional[_Iterable[_Union[Draft, _Mapping]]] = ..., canned_texts: _Optional[_Iterable[_Union[CannedText, _Mapping]]] = ..., customer_cases: _Optional[_Iterable[_Union[_service_pb2.Case, _Mapping]]] = ..., notes: _Optional[_Iterable[_Union[CaseNote, _Mapping]]] = ..., expected_wait: _Optional[_Union[ExpectedWait, _Mapping]] = ..., allowance: _Optional[_Union[ReplyAllowance, _Mapping]] = ..., suggested_answers: _Optional[_Iterable[_Union[SuggestedAnswer, _Mapping]]] = ..., goodwill: _Optional[_Union[GoodwillStanding, _Mapping]] = ...) -> None: ...

class SuggestedAnswer(_message.Message):
    __slots__ = ("text", "case", "agent", "answered_at", "customers", "gaps")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    text: str
    case: str
    agent: str
    answered_at: _timestamp_pb2.Timestamp
    customers: int
    gaps: int
    def __init__(self, text: _Optional[str] = ..., case: _Optional[str] = ..., agent: _Optional[str] = ..., answered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., customers: _Optional[int] = ..., gaps: _Optional[int] = ...) -> None: ...

class CaseNote(_message.Message):
    __slots__ = ("case", "agent", "text", "readability", "noted_at")
    CASE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    READABILITY_FIELD_NUMBER: _ClassVar[int]
    NOTED_AT_FIELD_NUMBER: _ClassVar[int]
    case: str
    agent: str
    text: str
    readability: _log_pb2.Readability
    noted_at: _timestamp_pb2.Timestamp
    def __init__(self, case: _Optional[str] = ..., agent: _Optional[str] = ..., text: _Optional[str] = ..., readability: _Optional[_Union[_log_pb2.Readability, str]] = ..., noted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ExpectedWait(_message.Message):
    __slots__ = ("duration_s", "place", "taken", "observed_s")
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_S_FIELD_NUMBER: _ClassVar[int]
    duration_s: int
    place: int
    taken: int
    observed_s: int
    def __init__(self, duration_s: _Optional[int] = ..., place: _Optional[int] = ..., taken: _Optional[int] = ..., observed_s: _Optional[int] = ...) -> None: ...

class ReplyAllowance(_message.Message):
    __slots__ = ("window_expires_at", "replies_left", "open")
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    REPLIES_LEFT_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    window_expires_at: _timestamp_pb2.Timestamp
    replies_left: int
    open: bool
    def __init__(self, window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., replies_left: _Optional[int] = ..., open: _Optional[bool] = ...) -> None: ...

class CaseAside(_message.Message):
    __slots__ = ("name", "agent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class CaseAsideAnswer(_message.Message):
    __slots__ = ("expected_wait", "goodwill", "position")
    EXPECTED_WAIT_FIELD_NUMBER: _ClassVar[int]
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    expected_wait: ExpectedWait
    goodwill: GoodwillStanding
    position: str
    def __init__(self, expected_wait: _Optional[_Union[ExpectedWait, _Mapping]] = ..., goodwill: _Optional[_Union[GoodwillStanding, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class FittingTexts(_message.Message):
    __slots__ = ("parent", "language", "queue")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    language: str
    queue: str
    def __init__(self, parent: _Optional[str] = ..., language: _Optional[str] = ..., queue: _Optional[str] = ...) -> None: ...

class Goodwill(_message.Message):
    __slots__ = ("name", "agent", "unit", "amount", "reason", "state", "asked_at", "decided_by", "decision_reason", "decided_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ASKED_AT_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    DECISION_REASON_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    unit: str
    amount: int
    reason: str
    state: _events_pb2.GoodwillState
    asked_at: _timestamp_pb2.Timestamp
    decided_by: str
    decision_reason: str
    decided_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., unit: _Optional[str] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ..., state: _Optional[_Union[_events_pb2.GoodwillState, str]] = ..., asked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decided_by: _Optional[str] = ..., decision_reason: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GoodwillLimit(_message.Message):
    __slots__ = ("agent", "queue", "unit", "per_case", "per_day")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PER_CASE_FIELD_NUMBER: _ClassVar[int]
    PER_DAY_FIELD_NUMBER: _ClassVar[int]
    agent: str
    queue: str
    unit: str
    per_case: int
    per_day: int
    def __init__(self, agent: _Optional[str] = ..., queue: _Optional[str] = ..., unit: _Optional[str] = ..., per_case: _Optional[int] = ..., per_day: _Optional[int] = ...) -> None: ...

class DeskPolicy(_message.Message):
    __slots__ = ("name", "goodwill_limits", "goodwill_approvers", "jargon", "updated_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GOODWILL_LIMITS_FIELD_NUMBER: _ClassVar[int]
    GOODWILL_APPROVERS_FIELD_NUMBER: _ClassVar[int]
    JARGON_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    goodwill_limits: _containers.RepeatedCompositeFieldContainer[GoodwillLimit]
    goodwill_approvers: _containers.RepeatedScalarFieldContainer[str]
    jargon: _containers.RepeatedCompositeFieldContainer[_events_pb2.JargonTerm]
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., goodwill_limits: _Optional[_Iterable[_Union[GoodwillLimit, _Mapping]]] = ..., goodwill_approvers: _Optional[_Iterable[str]] = ..., jargon: _Optional[_Iterable[_Union[_events_pb2.JargonTerm, _Mapping]]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GrantGoodwillRequest(_message.Message):
    __slots__ = ("name", "agent", "unit", "amount", "reason", "ask_approval", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ASK_APPROVAL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    unit: str
    amount: int
    reason: str
    ask_approval: bool
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., unit: _Optional[str] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ..., ask_approval: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class GrantGoodwillResponse(_message.Message):
    __slots__ = ("goodwill", "position")
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    goodwill: Goodwill
    position: str
    def __init__(self, goodwill: _Optional[_Union[Goodwill, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ApproveGoodwillRequest(_message.Message):
    __slots__ = ("name", "agent", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ApproveGoodwillResponse(_message.Message):
    __slots__ = ("goodwill", "position")
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    goodwill: Goodwill
    position: str
    def __init__(self, goodwill: _Optional[_Union[Goodwill, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class RefuseGoodwillRequest(_message.Message):
    __slots__ = ("name", "agent", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RefuseGoodwillResponse(_message.Message):
    __slots__ = ("goodwill", "position")
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    goodwill: Goodwill
    position: str
    def __init__(self, goodwill: _Optional[_Union[Goodwill, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ListWaitingGoodwillRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class ListWaitingGoodwillResponse(_message.Message):
    __slots__ = ("goodwill", "next_page_token")
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    goodwill: _containers.RepeatedCompositeFieldContainer[Goodwill]
    next_page_token: str
    def __init__(self, goodwill: _Optional[_Iterable[_Union[Goodwill, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetDeskPolicyRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetDeskPolicyResponse(_message.Message):
    __slots__ = ("desk_policy",)
    DESK_POLICY_FIELD_NUMBER: _ClassVar[int]
    desk_policy: DeskPolicy
    def __init__(self, desk_policy: _Optional[_Union[DeskPolicy, _Mapping]] = ...) -> None: ...

class UpdateDeskPolicyRequest(_message.Message):
    __slots__ = ("desk_policy", "update_mask", "request_id")
    DESK_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    desk_policy: DeskPolicy
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, desk_policy: _Optional[_Union[DeskPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateDeskPolicyResponse(_message.Message):
    __slots__ = ("desk_policy", "position")
    DESK_POLICY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    desk_policy: DeskPolicy
    position: str
    def __init__(self, desk_policy: _Optional[_Union[DeskPolicy, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GoodwillStanding(_message.Message):
    __slots__ = ("goodwill", "agent", "allowances")
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    ALLOWANCES_FIELD_NUMBER: _ClassVar[int]
    goodwill: _containers.RepeatedCompositeFieldContainer[Goodwill]
    agent: str
    allowances: _containers.RepeatedCompositeFieldContainer[GoodwillAllowance]
    def __init__(self, goodwill: _Optional[_Iterable[_Union[Goodwill, _Mapping]]] = ..., agent: _Optional[str] = ..., allowances: _Optional[_Iterable[_Union[GoodwillAllowance, _Mapping]]] = ...) -> None: ...

class GoodwillAllowance(_message.Message):
    __slots__ = ("unit", "per_case", "per_day", "case_used", "day_used", "left")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PER_CASE_FIELD_NUMBER: _ClassVar[int]
    PER_DAY_FIELD_NUMBER: _ClassVar[int]
    CASE_USED_FIELD_NUMBER: _ClassVar[int]
    DAY_USED_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    per_case: int
    per_day: int
    case_used: int
    day_used: int
    left: int
    def __init__(self, unit: _Optional[str] = ..., per_case: _Optional[int] = ..., per_day: _Optional[int] = ..., case_used: _Optional[int] = ..., day_used: _Optional[int] = ..., left: _Optional[int] = ...) -> None: ...

class CheckReplyRequest(_message.Message):
    __slots__ = ("name", "agent", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    text: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class CheckReplyResponse(_message.Message):
    __slots__ = ("hints", "score", "reuse")
    HINTS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    REUSE_FIELD_NUMBER: _ClassVar[int]
    hints: _containers.RepeatedCompositeFieldContainer[ReplyHint]
    score: float
    reuse: float
    def __init__(self, hints: _Optional[_Iterable[_Union[ReplyHint, _Mapping]]] = ..., score: _Optional[float] = ..., reuse: _Optional[float] = ...) -> None: ...

class ReplyHint(_message.Message):
    __slots__ = ("kind", "start", "end", "sentence")
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    kind: ReplyHintKind
    start: int
    end: int
    sentence: str
    def __init__(self, kind: _Optional[_Union[ReplyHintKind, str]] = ..., start: _Optional[int] = ..., end: _Optional[int] = ..., sentence: _Optional[str] = ...) -> None: ...
