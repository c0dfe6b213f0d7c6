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

class CaseOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_ORIGIN_UNSPECIFIED: _ClassVar[CaseOrigin]
    CASE_ORIGIN_POST: _ClassVar[CaseOrigin]
    CASE_ORIGIN_MANUAL: _ClassVar[CaseOrigin]
    CASE_ORIGIN_TASK: _ClassVar[CaseOrigin]

class RescindReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESCIND_REASON_UNSPECIFIED: _ClassVar[RescindReason]
    RESCIND_REASON_AGENT_LEFT: _ClassVar[RescindReason]
    RESCIND_REASON_CASE_SETTLED: _ClassVar[RescindReason]
    RESCIND_REASON_TAKEN: _ClassVar[RescindReason]
    RESCIND_REASON_TRANSFERRED: _ClassVar[RescindReason]
    RESCIND_REASON_FORBIDDEN: _ClassVar[RescindReason]

class Presence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESENCE_UNSPECIFIED: _ClassVar[Presence]
    PRESENCE_OFFLINE: _ClassVar[Presence]
    PRESENCE_AVAILABLE: _ClassVar[Presence]
    PRESENCE_BUSY: _ClassVar[Presence]
    PRESENCE_AWAY: _ClassVar[Presence]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_HELPFUL: _ClassVar[Verdict]
    VERDICT_NOT_HELPFUL: _ClassVar[Verdict]
    VERDICT_WITHDRAWN: _ClassVar[Verdict]

class WaitingFor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAITING_FOR_UNSPECIFIED: _ClassVar[WaitingFor]
    WAITING_FOR_CUSTOMER: _ClassVar[WaitingFor]
    WAITING_FOR_THIRD_PARTY: _ClassVar[WaitingFor]
    WAITING_FOR_INTERRUPTED: _ClassVar[WaitingFor]

class Ordering(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDERING_UNSPECIFIED: _ClassVar[Ordering]
    ORDERING_FIFO: _ClassVar[Ordering]
    ORDERING_PRIORITY: _ClassVar[Ordering]
    ORDERING_EARLIEST_DEADLINE: _ClassVar[Ordering]
    ORDERING_BALANCED: _ClassVar[Ordering]

class Selection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SELECTION_UNSPECIFIED: _ClassVar[Selection]
    SELECTION_LONGEST_IDLE: _ClassVar[Selection]
    SELECTION_ROUND_ROBIN: _ClassVar[Selection]
    SELECTION_LEAST_BUSY: _ClassVar[Selection]
    SELECTION_LEAST_BUSY_SHARE: _ClassVar[Selection]
    SELECTION_MOST_SKILLED: _ClassVar[Selection]
    SELECTION_LEAST_SUFFICIENT: _ClassVar[Selection]
    SELECTION_BEST_FIT: _ClassVar[Selection]

class ShiftPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHIFT_PHASE_UNSPECIFIED: _ClassVar[ShiftPhase]
    SHIFT_PHASE_PLANNED: _ClassVar[ShiftPhase]
    SHIFT_PHASE_ON: _ClassVar[ShiftPhase]
    SHIFT_PHASE_CLOSING: _ClassVar[ShiftPhase]

class PostRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POST_ROLE_UNSPECIFIED: _ClassVar[PostRole]
    POST_ROLE_CONTACT: _ClassVar[PostRole]
    POST_ROLE_ANSWER: _ClassVar[PostRole]
    POST_ROLE_CONTEXT: _ClassVar[PostRole]

class GoodwillState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GOODWILL_STATE_UNSPECIFIED: _ClassVar[GoodwillState]
    GOODWILL_STATE_GRANTED: _ClassVar[GoodwillState]
    GOODWILL_STATE_WAITING: _ClassVar[GoodwillState]
    GOODWILL_STATE_REFUSED: _ClassVar[GoodwillState]
CASE_ORIGIN_UNSPECIFIED: CaseOrigin
CASE_ORIGIN_POST: CaseOrigin
CASE_ORIGIN_MANUAL: CaseOrigin
CASE_ORIGIN_TASK: CaseOrigin
RESCIND_REASON_UNSPECIFIED: RescindReason
RESCIND_REASON_AGENT_LEFT: RescindReason
RESCIND_REASON_CASE_SETTLED: RescindReason
RESCIND_REASON_TAKEN: RescindReason
RESCIND_REASON_TRANSFERRED: RescindReason
RESCIND_REASON_FORBIDDEN: RescindReason
PRESENCE_UNSPECIFIED: Presence
PRESENCE_OFFLINE: Presence
PRESENCE_AVAILABLE: Presence
PRESENCE_BUSY: Presence
PRESENCE_AWAY: Presence
VERDICT_UNSPECIFIED: Verdict
VERDICT_HELPFUL: Verdict
VERDICT_NOT_HELPFUL: Verdict
VERDICT_WITHDRAWN: Verdict
WAITING_FOR_UNSPECIFIED: WaitingFor
WAITING_FOR_CUSTOMER: WaitingFor
WAITING_FOR_THIRD_PARTY: WaitingFor
WAITING_FOR_INTERRUPTED: WaitingFor
ORDERING_UNSPECIFIED: Ordering
ORDERING_FIFO: Ordering
ORDERING_PRIORITY: Ordering
ORDERING_EARLIEST_DEADLINE: Ordering
ORDERING_BALANCED: Ordering
SELECTION_UNSPECIFIED: Selection
SELECTION_LONGEST_IDLE: Selection
SELECTION_ROUND_ROBIN: Selection
SELECTION_LEAST_BUSY: Selection
SELECTION_LEAST_BUSY_SHARE: Selection
SELECTION_MOST_SKILLED: Selection
SELECTION_LEAST_SUFFICIENT: Selection
SELECTION_BEST_FIT: Selection
SHIFT_PHASE_UNSPECIFIED: ShiftPhase
SHIFT_PHASE_PLANNED: ShiftPhase
SHIFT_PHASE_ON: ShiftPhase
SHIFT_PHASE_CLOSING: ShiftPhase
POST_ROLE_UNSPECIFIED: PostRole
POST_ROLE_CONTACT: PostRole
POST_ROLE_ANSWER: PostRole
POST_ROLE_CONTEXT: PostRole
GOODWILL_STATE_UNSPECIFIED: GoodwillState
GOODWILL_STATE_GRANTED: GoodwillState
GOODWILL_STATE_WAITING: GoodwillState
GOODWILL_STATE_REFUSED: GoodwillState

class Skill(_message.Message):
    __slots__ = ("name", "level")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    level: int
    def __init__(self, name: _Optional[str] = ..., level: _Optional[int] = ...) -> None: ...

class Requirement(_message.Message):
    __slots__ = ("skill", "min_level", "hard", "or_skills")
    SKILL_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    HARD_FIELD_NUMBER: _ClassVar[int]
    OR_SKILLS_FIELD_NUMBER: _ClassVar[int]
    skill: str
    min_level: int
    hard: bool
    or_skills: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, skill: _Optional[str] = ..., min_level: _Optional[int] = ..., hard: _Optional[bool] = ..., or_skills: _Optional[_Iterable[str]] = ...) -> None: ...

class SkillWeight(_message.Message):
    __slots__ = ("skill", "weight")
    SKILL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    skill: str
    weight: int
    def __init__(self, skill: _Optional[str] = ..., weight: _Optional[int] = ...) -> None: ...

class WeeklyShift(_message.Message):
    __slots__ = ("weekday", "start_minute", "end_minute")
    WEEKDAY_FIELD_NUMBER: _ClassVar[int]
    START_MINUTE_FIELD_NUMBER: _ClassVar[int]
    END_MINUTE_FIELD_NUMBER: _ClassVar[int]
    weekday: int
    start_minute: int
    end_minute: int
    def __init__(self, weekday: _Optional[int] = ..., start_minute: _Optional[int] = ..., end_minute: _Optional[int] = ...) -> None: ...

class ShiftException(_message.Message):
    __slots__ = ("starts_at", "ends_at", "is_off")
    STARTS_AT_FIELD_NUMBER: _ClassVar[int]
    ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    IS_OFF_FIELD_NUMBER: _ClassVar[int]
    starts_at: _timestamp_pb2.Timestamp
    ends_at: _timestamp_pb2.Timestamp
    is_off: bool
    def __init__(self, starts_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ends_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_off: _Optional[bool] = ...) -> None: ...

class ShiftPlan(_message.Message):
    __slots__ = ("time_zone", "weekly", "exceptions")
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    WEEKLY_FIELD_NUMBER: _ClassVar[int]
    EXCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    time_zone: str
    weekly: _containers.RepeatedCompositeFieldContainer[WeeklyShift]
    exceptions: _containers.RepeatedCompositeFieldContainer[ShiftException]
    def __init__(self, time_zone: _Optional[str] = ..., weekly: _Optional[_Iterable[_Union[WeeklyShift, _Mapping]]] = ..., exceptions: _Optional[_Iterable[_Union[ShiftException, _Mapping]]] = ...) -> None: ...

class ChannelCapacity(_message.Message):
    __slots__ = ("channel", "units")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    channel: str
    units: int
    def __init__(self, channel: _Optional[str] = ..., units: _Optional[int] = ...) -> None: ...

class ChannelUnits(_message.Message):
    __slots__ = ("channel", "kind", "units")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    channel: str
    kind: _post_pb2.PostKind
    units: int
    def __init__(self, channel: _Optional[str] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., units: _Optional[int] = ...) -> None: ...

class ChannelKind(_message.Message):
    __slots__ = ("channel", "kind")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    channel: str
    kind: _post_pb2.PostKind
    def __init__(self, channel: _Optional[str] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ...) -> None: ...

class Interrupts(_message.Message):
    __slots__ = ("channel", "kind", "interrupted")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    channel: str
    kind: _post_pb2.PostKind
    interrupted: _containers.RepeatedCompositeFieldContainer[ChannelKind]
    def __init__(self, channel: _Optional[str] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., interrupted: _Optional[_Iterable[_Union[ChannelKind, _Mapping]]] = ...) -> None: ...

class GeoPoint(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("place_id", "point")
    PLACE_ID_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    place_id: str
    point: GeoPoint
    def __init__(self, place_id: _Optional[str] = ..., point: _Optional[_Union[GeoPoint, _Mapping]] = ...) -> None: ...

class Within(_message.Message):
    __slots__ = ("place_id", "radius_km", "hard")
    PLACE_ID_FIELD_NUMBER: _ClassVar[int]
    RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    HARD_FIELD_NUMBER: _ClassVar[int]
    place_id: str
    radius_km: int
    hard: bool
    def __init__(self, place_id: _Optional[str] = ..., radius_km: _Optional[int] = ..., hard: _Optional[bool] = ...) -> None: ...

class Near(_message.Message):
    __slots__ = ("place_id", "point", "radius_km", "hard")
    PLACE_ID_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    HARD_FIELD_NUMBER: _ClassVar[int]
    place_id: str
    point: GeoPoint
    radius_km: int
    hard: bool
    def __init__(self, place_id: _Optional[str] = ..., point: _Optional[_Union[GeoPoint, _Mapping]] = ..., radius_km: _Optional[int] = ..., hard: _Optional[bool] = ...) -> None: ...

class TierHeadStart(_message.Message):
    __slots__ = ("tier", "head_start_s")
    TIER_FIELD_NUMBER: _ClassVar[int]
    HEAD_START_S_FIELD_NUMBER: _ClassVar[int]
    tier: str
    head_start_s: int
    def __init__(self, tier: _Optional[str] = ..., head_start_s: _Optional[int] = ...) -> None: ...

class AgentTerms(_message.Message):
    __slots__ = ("preferred_ids", "preferred_s", "forbidden_ids", "said_at")
    PREFERRED_IDS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_S_FIELD_NUMBER: _ClassVar[int]
    FORBIDDEN_IDS_FIELD_NUMBER: _ClassVar[int]
    SAID_AT_FIELD_NUMBER: _ClassVar[int]
    preferred_ids: _containers.RepeatedScalarFieldContainer[str]
    preferred_s: int
    forbidden_ids: _containers.RepeatedScalarFieldContainer[str]
    said_at: _timestamp_pb2.Timestamp
    def __init__(self, preferred_ids: _Optional[_Iterable[str]] = ..., preferred_s: _Optional[int] = ..., forbidden_ids: _Optional[_Iterable[str]] = ..., said_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Rule(_message.Message):
    __slots__ = ("rule_id", "condition", "queue", "urgency", "weight", "first_response_s", "requirements", "stop", "agent_terms", "tier", "within", "is_uninterruptible")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    FIRST_RESPONSE_S_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    AGENT_TERMS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    IS_UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    condition: str
    queue: str
    urgency: int
    weight: int
    first_response_s: int
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    stop: bool
    agent_terms: AgentTerms
    tier: str
    within: Within
    is_uninterruptible: bool
    def __init__(self, rule_id: _Optional[str] = ..., condition: _Optional[str] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., weight: _Optional[int] = ..., first_response_s: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., stop: _Optional[bool] = ..., agent_terms: _Optional[_Union[AgentTerms, _Mapping]] = ..., tier: _Optional[str] = ..., within: _Optional[_Union[Within, _Mapping]] = ..., is_uninterruptible: _Optional[bool] = ...) -> None: ...

class Relaxation(_message.Message):
    __slots__ = ("queue", "after_s", "skill", "min_level", "queues", "lend_waiting_max", "radius_km", "language_level", "languages")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    AFTER_S_FIELD_NUMBER: _ClassVar[int]
    SKILL_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    LEND_WAITING_MAX_FIELD_NUMBER: _ClassVar[int]
    RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    queue: str
    after_s: int
    skill: str
    min_level: int
    queues: _containers.RepeatedScalarFieldContainer[str]
    lend_waiting_max: int
    radius_km: int
    language_level: int
    languages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, queue: _Optional[str] = ..., after_s: _Optional[int] = ..., skill: _Optional[str] = ..., min_level: _Optional[int] = ..., queues: _Optional[_Iterable[str]] = ..., lend_waiting_max: _Optional[int] = ..., radius_km: _Optional[int] = ..., language_level: _Optional[int] = ..., languages: _Optional[_Iterable[str]] = ...) -> None: ...

class SourceLabel(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class PostThreaded(_message.Message):
    __slots__ = ("post_id", "desk", "source_id", "channel", "direction", "author_kind", "kind", "identity_id", "handle_id", "parent", "is_addressed", "is_repost", "thread_keys", "mentioned_ids", "language", "published_at", "received_at", "window_expires_at", "at", "alias_ids", "thread_id", "joined_thread_ids", "opens_case_id", "reach")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    HANDLE_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    IS_ADDRESSED_FIELD_NUMBER: _ClassVar[int]
    IS_REPOST_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEYS_FIELD_NUMBER: _ClassVar[int]
    MENTIONED_IDS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ALIAS_IDS_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    JOINED_THREAD_IDS_FIELD_NUMBER: _ClassVar[int]
    OPENS_CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    desk: str
    source_id: str
    channel: str
    direction: _post_pb2.Direction
    author_kind: _post_pb2.AuthorKind
    kind: _post_pb2.PostKind
    identity_id: str
    handle_id: str
    parent: str
    is_addressed: bool
    is_repost: bool
    thread_keys: _containers.RepeatedScalarFieldContainer[str]
    mentioned_ids: _containers.RepeatedScalarFieldContainer[str]
    language: str
    published_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    window_expires_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    alias_ids: _containers.RepeatedScalarFieldContainer[str]
    thread_id: str
    joined_thread_ids: _containers.RepeatedScalarFieldContainer[str]
    opens_case_id: str
    reach: int
    def __init__(self, post_id: _Optional[str] = ..., desk: _Optional[str] = ..., source_id: _Optional[str] = ..., channel: _Optional[str] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., identity_id: _Optional[str] = ..., handle_id: _Optional[str] = ..., parent: _Optional[str] = ..., is_addressed: _Optional[bool] = ..., is_repost: _Optional[bool] = ..., thread_keys: _Optional[_Iterable[str]] = ..., mentioned_ids: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., alias_ids: _Optional[_Iterable[str]] = ..., thread_id: _Optional[str] = ..., joined_thread_ids: _Optional[_Iterable[str]] = ..., opens_case_id: _Optional[str] = ..., reach: _Optional[int] = ...) -> None: ...

class PostAliased(_message.Message):
    __slots__ = ("post_id", "alias_ids", "thread_id", "joined_thread_ids", "at")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_IDS_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    JOINED_THREAD_IDS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    alias_ids: _containers.RepeatedScalarFieldContainer[str]
    thread_id: str
    joined_thread_ids: _containers.RepeatedScalarFieldContainer[str]
    at: _timestamp_pb2.Timestamp
    def __init__(self, post_id: _Optional[str] = ..., alias_ids: _Optional[_Iterable[str]] = ..., thread_id: _Optional[str] = ..., joined_thread_ids: _Optional[_Iterable[str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostAddressed(_message.Message):
    __slots__ = ("post_id", "desk", "thread_id", "at")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    desk: str
    thread_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, post_id: _Optional[str] = ..., desk: _Optional[str] = ..., thread_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostUnthreaded(_message.Message):
    __slots__ = ("post_id", "thread_id", "at")
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    post_id: str
    thread_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, post_id: _Optional[str] = ..., thread_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ThreadReviewed(_message.Message):
    __slots__ = ("ids", "at")
    IDS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    at: _timestamp_pb2.Timestamp
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecalledRole(_message.Message):
    __slots__ = ("case_id", "customer_id", "role", "answers_published_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    customer_id: str
    role: PostRole
    answers_published_at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., role: _Optional[_Union[PostRole, str]] = ..., answers_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecalledPost(_message.Message):
    __slots__ = ("threaded", "is_withdrawn", "roles")
    THREADED_FIELD_NUMBER: _ClassVar[int]
    IS_WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    threaded: PostThreaded
    is_withdrawn: bool
    roles: _containers.RepeatedCompositeFieldContainer[RecalledRole]
    def __init__(self, threaded: _Optional[_Union[PostThreaded, _Mapping]] = ..., is_withdrawn: _Optional[bool] = ..., roles: _Optional[_Iterable[_Union[RecalledRole, _Mapping]]] = ...) -> None: ...

class ThreadRecalled(_message.Message):
    __slots__ = ("thread_id", "thread_keys", "posts", "at", "is_partial")
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_KEYS_FIELD_NUMBER: _ClassVar[int]
    POSTS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    IS_PARTIAL_FIELD_NUMBER: _ClassVar[int]
    thread_id: str
    thread_keys: _containers.RepeatedScalarFieldContainer[str]
    posts: _containers.RepeatedCompositeFieldContainer[RecalledPost]
    at: _timestamp_pb2.Timestamp
    is_partial: bool
    def __init__(self, thread_id: _Optional[str] = ..., thread_keys: _Optional[_Iterable[str]] = ..., posts: _Optional[_Iterable[_Union[RecalledPost, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_partial: _Optional[bool] = ...) -> None: ...

class CaseOpened(_message.Message):
    __slots__ = ("case_id", "origin", "direction", "channel", "source_id", "identity_id", "language", "weight", "request_id", "at", "desk", "thread_id")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    origin: CaseOrigin
    direction: _post_pb2.Direction
    channel: str
    source_id: str
    identity_id: str
    language: str
    weight: int
    request_id: str
    at: _timestamp_pb2.Timestamp
    desk: str
    thread_id: str
    def __init__(self, case_id: _Optional[str] = ..., origin: _Optional[_Union[CaseOrigin, str]] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., channel: _Optional[str] = ..., source_id: _Optional[str] = ..., identity_id: _Optional[str] = ..., language: _Optional[str] = ..., weight: _Optional[int] = ..., request_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk: _Optional[str] = ..., thread_id: _Optional[str] = ...) -> None: ...

class PostAttached(_message.Message):
    __slots__ = ("case_id", "post_id", "direction", "author_kind", "kind", "identity_id", "published_at", "received_at", "window_expires_at", "at", "source_id", "customer_id", "owed_since", "role", "answers_published_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    OWED_SINCE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    post_id: str
    direction: _post_pb2.Direction
    author_kind: _post_pb2.AuthorKind
    kind: _post_pb2.PostKind
    identity_id: str
    published_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    window_expires_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    source_id: str
    customer_id: str
    owed_since: _timestamp_pb2.Timestamp
    role: PostRole
    answers_published_at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., post_id: _Optional[str] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., identity_id: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., owed_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., role: _Optional[_Union[PostRole, str]] = ..., answers_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostPlaced(_message.Message):
    __slots__ = ("case_id", "post", "role", "customer_id", "owed_since", "answers_published_at", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    OWED_SINCE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    post: PostThreaded
    role: PostRole
    customer_id: str
    owed_since: _timestamp_pb2.Timestamp
    answers_published_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., post: _Optional[_Union[PostThreaded, _Mapping]] = ..., role: _Optional[_Union[PostRole, str]] = ..., customer_id: _Optional[str] = ..., owed_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answers_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CasesJoined(_message.Message):
    __slots__ = ("case_id", "joined_case_id", "post_id", "at", "owed_since", "actor", "agent_id")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    JOINED_CASE_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    OWED_SINCE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    joined_case_id: str
    post_id: str
    at: _timestamp_pb2.Timestamp
    owed_since: _timestamp_pb2.Timestamp
    actor: str
    agent_id: str
    def __init__(self, case_id: _Optional[str] = ..., joined_case_id: _Optional[str] = ..., post_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., owed_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., agent_id: _Optional[str] = ...) -> None: ...

class CaseSplit(_message.Message):
    __slots__ = ("case_id", "new_case_id", "post_ids", "actor", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    NEW_CASE_ID_FIELD_NUMBER: _ClassVar[int]
    POST_IDS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    new_case_id: str
    post_ids: _containers.RepeatedScalarFieldContainer[str]
    actor: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., new_case_id: _Optional[str] = ..., post_ids: _Optional[_Iterable[str]] = ..., actor: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class JoinedCasePlaced(_message.Message):
    __slots__ = ("case_id", "joined_case_id", "waiting_since", "due_at", "deadline", "urgency", "agent_id", "at", "keeps_limit")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    JOINED_CASE_ID_FIELD_NUMBER: _ClassVar[int]
    WAITING_SINCE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    KEEPS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    joined_case_id: str
    waiting_since: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    deadline: _timestamp_pb2.Timestamp
    urgency: int
    agent_id: str
    at: _timestamp_pb2.Timestamp
    keeps_limit: bool
    def __init__(self, case_id: _Optional[str] = ..., joined_case_id: _Optional[str] = ..., waiting_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deadline: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., urgency: _Optional[int] = ..., agent_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., keeps_limit: _Optional[bool] = ...) -> None: ...

class CaseClassified(_message.Message):
    __slots__ = ("case_id", "intent", "requirements", "urgency", "classifier", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    CLASSIFIER_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    intent: str
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    urgency: int
    classifier: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., intent: _Optional[str] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., urgency: _Optional[int] = ..., classifier: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseQueued(_message.Message):
    __slots__ = ("case_id", "queue", "urgency", "requirements", "due_at", "waiting_since", "at", "for_joined", "weight", "rule_ids", "policy_version", "agent_terms", "tier", "near", "is_uninterruptible")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WAITING_SINCE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    FOR_JOINED_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    RULE_IDS_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    AGENT_TERMS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    IS_UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    queue: str
    urgency: int
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    due_at: _timestamp_pb2.Timestamp
    waiting_since: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    for_joined: bool
    weight: int
    rule_ids: _containers.RepeatedScalarFieldContainer[str]
    policy_version: int
    agent_terms: AgentTerms
    tier: str
    near: Near
    is_uninterruptible: bool
    def __init__(self, case_id: _Optional[str] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waiting_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., for_joined: _Optional[bool] = ..., weight: _Optional[int] = ..., rule_ids: _Optional[_Iterable[str]] = ..., policy_version: _Optional[int] = ..., agent_terms: _Optional[_Union[AgentTerms, _Mapping]] = ..., tier: _Optional[str] = ..., near: _Optional[_Union[Near, _Mapping]] = ..., is_uninterruptible: _Optional[bool] = ...) -> None: ...

class CaseBegun(_message.Message):
    __slots__ = ("case_id", "post", "weight", "queue", "urgency", "requirements", "due_at", "at", "rule_ids", "policy_version", "agent_terms", "tier", "near", "is_uninterruptible")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    RULE_IDS_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    AGENT_TERMS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    IS_UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    post: PostThreaded
    weight: int
    queue: str
    urgency: int
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    due_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    rule_ids: _containers.RepeatedScalarFieldContainer[str]
    policy_version: int
    agent_terms: AgentTerms
    tier: str
    near: Near
    is_uninterruptible: bool
    def __init__(self, case_id: _Optional[str] = ..., post: _Optional[_Union[PostThreaded, _Mapping]] = ..., weight: _Optional[int] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_ids: _Optional[_Iterable[str]] = ..., policy_version: _Optional[int] = ..., agent_terms: _Optional[_Union[AgentTerms, _Mapping]] = ..., tier: _Optional[str] = ..., near: _Optional[_Union[Near, _Mapping]] = ..., is_uninterruptible: _Optional[bool] = ...) -> None: ...

class RequirementRelaxed(_message.Message):
    __slots__ = ("case_id", "skill", "min_level", "step", "at", "requirements", "queues", "policy_version", "near")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    SKILL_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    skill: str
    min_level: int
    step: int
    at: _timestamp_pb2.Timestamp
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    queues: _containers.RepeatedScalarFieldContainer[str]
    policy_version: int
    near: Near
    def __init__(self, case_id: _Optional[str] = ..., skill: _Optional[str] = ..., min_level: _Optional[int] = ..., step: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., queues: _Optional[_Iterable[str]] = ..., policy_version: _Optional[int] = ..., near: _Optional[_Union[Near, _Mapping]] = ...) -> None: ...

class CaseOffered(_message.Message):
    __slots__ = ("case_id", "agent_id", "offer_id", "token", "weight", "expires_at", "at", "policy_version", "is_preferred", "width", "interrupts")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    IS_PREFERRED_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    offer_id: str
    token: int
    weight: int
    expires_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    policy_version: int
    is_preferred: bool
    width: int
    interrupts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., offer_id: _Optional[str] = ..., token: _Optional[int] = ..., weight: _Optional[int] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., policy_version: _Optional[int] = ..., is_preferred: _Optional[bool] = ..., width: _Optional[int] = ..., interrupts: _Optional[_Iterable[str]] = ...) -> None: ...

class OfferAccepted(_message.Message):
    __slots__ = ("case_id", "agent_id", "offer_id", "token", "at", "joined_case_ids", "reply_due_at", "interrupts")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    JOINED_CASE_IDS_FIELD_NUMBER: _ClassVar[int]
    REPLY_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    offer_id: str
    token: int
    at: _timestamp_pb2.Timestamp
    joined_case_ids: _containers.RepeatedScalarFieldContainer[str]
    reply_due_at: _timestamp_pb2.Timestamp
    interrupts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., offer_id: _Optional[str] = ..., token: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., joined_case_ids: _Optional[_Iterable[str]] = ..., reply_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interrupts: _Optional[_Iterable[str]] = ...) -> None: ...

class OfferDeclined(_message.Message):
    __slots__ = ("case_id", "agent_id", "offer_id", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    offer_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., offer_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OfferExpired(_message.Message):
    __slots__ = ("case_id", "agent_id", "offer_id", "missed", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    offer_id: str
    missed: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., offer_id: _Optional[str] = ..., missed: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OfferRescinded(_message.Message):
    __slots__ = ("case_id", "agent_id", "offer_id", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    offer_id: str
    reason: RescindReason
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., offer_id: _Optional[str] = ..., reason: _Optional[_Union[RescindReason, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseClaimed(_message.Message):
    __slots__ = ("case_id", "agent_id", "token", "expires_at", "at", "joined_case_ids", "signature", "opinion_due_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    JOINED_CASE_IDS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    OPINION_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    token: int
    expires_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    joined_case_ids: _containers.RepeatedScalarFieldContainer[str]
    signature: str
    opinion_due_at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., token: _Optional[int] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., joined_case_ids: _Optional[_Iterable[str]] = ..., signature: _Optional[str] = ..., opinion_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClaimRenewed(_message.Message):
    __slots__ = ("case_id", "agent_id", "token", "expires_at", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    token: int
    expires_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., token: _Optional[int] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClaimSeconded(_message.Message):
    __slots__ = ("case_id", "agent_id", "token", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    token: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., token: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClaimLapsed(_message.Message):
    __slots__ = ("case_id", "agent_id", "token", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    token: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., token: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseReleased(_message.Message):
    __slots__ = ("case_id", "agent_id", "reason", "at", "is_asked", "is_crowded_out", "is_joined")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    IS_ASKED_FIELD_NUMBER: _ClassVar[int]
    IS_CROWDED_OUT_FIELD_NUMBER: _ClassVar[int]
    IS_JOINED_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    is_asked: bool
    is_crowded_out: bool
    is_joined: bool
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_asked: _Optional[bool] = ..., is_crowded_out: _Optional[bool] = ..., is_joined: _Optional[bool] = ...) -> None: ...

class ReplyRequested(_message.Message):
    __slots__ = ("case_id", "reply_id", "agent_id", "in_reply_to", "author_kind", "text_length", "text", "source_id", "at", "answers_published_at", "barge_reason", "sketch", "topics")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    BARGE_REASON_FIELD_NUMBER: _ClassVar[int]
    SKETCH_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reply_id: str
    agent_id: str
    in_reply_to: str
    author_kind: _post_pb2.AuthorKind
    text_length: int
    text: _log_pb2.Sealed
    source_id: str
    at: _timestamp_pb2.Timestamp
    answers_published_at: _timestamp_pb2.Timestamp
    barge_reason: str
    sketch: bytes
    topics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, case_id: _Optional[str] = ..., reply_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., text_length: _Optional[int] = ..., text: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., source_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answers_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., barge_reason: _Optional[str] = ..., sketch: _Optional[bytes] = ..., topics: _Optional[_Iterable[str]] = ...) -> None: ...

class GivenAnswer(_message.Message):
    __slots__ = ("reply_id", "sketch", "agent_id", "topics", "votes", "customer", "given_at")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    SKETCH_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    GIVEN_AT_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    sketch: bytes
    agent_id: str
    topics: _containers.RepeatedScalarFieldContainer[str]
    votes: _containers.RepeatedCompositeFieldContainer[Vote]
    customer: Verdict
    given_at: _timestamp_pb2.Timestamp
    def __init__(self, reply_id: _Optional[str] = ..., sketch: _Optional[bytes] = ..., agent_id: _Optional[str] = ..., topics: _Optional[_Iterable[str]] = ..., votes: _Optional[_Iterable[_Union[Vote, _Mapping]]] = ..., customer: _Optional[_Union[Verdict, str]] = ..., given_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EarnedLevel(_message.Message):
    __slots__ = ("level", "min_votes", "percent")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MIN_VOTES_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    level: int
    min_votes: int
    percent: int
    def __init__(self, level: _Optional[int] = ..., min_votes: _Optional[int] = ..., percent: _Optional[int] = ...) -> None: ...

class SkillEarned(_message.Message):
    __slots__ = ("agent_id", "skill", "level", "helpful", "unhelpful", "policy_version", "at")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    SKILL_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HELPFUL_FIELD_NUMBER: _ClassVar[int]
    UNHELPFUL_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    skill: str
    level: int
    helpful: int
    unhelpful: int
    policy_version: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, agent_id: _Optional[str] = ..., skill: _Optional[str] = ..., level: _Optional[int] = ..., helpful: _Optional[int] = ..., unhelpful: _Optional[int] = ..., policy_version: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Vote(_message.Message):
    __slots__ = ("agent_id", "verdict", "is_expert")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    IS_EXPERT_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    verdict: Verdict
    is_expert: bool
    def __init__(self, agent_id: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., is_expert: _Optional[bool] = ...) -> None: ...

class AnswerVoted(_message.Message):
    __slots__ = ("case_id", "reply_id", "agent_id", "verdict", "is_expert", "answered_by", "topics", "replaced", "at", "given_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    IS_EXPERT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_BY_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    GIVEN_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reply_id: str
    agent_id: str
    verdict: Verdict
    is_expert: bool
    answered_by: str
    topics: _containers.RepeatedScalarFieldContainer[str]
    replaced: Verdict
    at: _timestamp_pb2.Timestamp
    given_at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., reply_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., is_expert: _Optional[bool] = ..., answered_by: _Optional[str] = ..., topics: _Optional[_Iterable[str]] = ..., replaced: _Optional[_Union[Verdict, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., given_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReplySent(_message.Message):
    __slots__ = ("case_id", "reply_id", "agent_id", "author_kind", "post_id", "at", "owed_since", "answers_published_at", "asked_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    OWED_SINCE_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    ASKED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reply_id: str
    agent_id: str
    author_kind: _post_pb2.AuthorKind
    post_id: str
    at: _timestamp_pb2.Timestamp
    owed_since: _timestamp_pb2.Timestamp
    answers_published_at: _timestamp_pb2.Timestamp
    asked_at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., reply_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., post_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., owed_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answers_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., asked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReplyFailed(_message.Message):
    __slots__ = ("case_id", "reply_id", "agent_id", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reply_id: str
    agent_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., reply_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseNoted(_message.Message):
    __slots__ = ("case_id", "note_id", "agent_id", "text", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    NOTE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    note_id: str
    agent_id: str
    text: _log_pb2.Sealed
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., note_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., text: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CasePended(_message.Message):
    __slots__ = ("case_id", "agent_id", "waiting_for", "until", "at", "weight_percent", "interrupted_by")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_PERCENT_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_BY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    waiting_for: WaitingFor
    until: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    weight_percent: int
    interrupted_by: str
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., waiting_for: _Optional[_Union[WaitingFor, str]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., weight_percent: _Optional[int] = ..., interrupted_by: _Optional[str] = ...) -> None: ...

class CaseResumed(_message.Message):
    __slots__ = ("case_id", "reason", "at", "agent_id")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    agent_id: str
    def __init__(self, case_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., agent_id: _Optional[str] = ...) -> None: ...

class CaseTransferred(_message.Message):
    __slots__ = ("case_id", "agent_id", "queue", "reason", "at", "urgency")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    queue: str
    reason: str
    at: _timestamp_pb2.Timestamp
    urgency: int
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., queue: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., urgency: _Optional[int] = ...) -> None: ...

class CaseEscalated(_message.Message):
    __slots__ = ("case_id", "agent_id", "level", "reason", "at", "queue", "from_queue", "urgency")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    FROM_QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    level: int
    reason: str
    at: _timestamp_pb2.Timestamp
    queue: str
    from_queue: str
    urgency: int
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., level: _Optional[int] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., queue: _Optional[str] = ..., from_queue: _Optional[str] = ..., urgency: _Optional[int] = ...) -> None: ...

class Escalation(_message.Message):
    __slots__ = ("level", "agent_id", "from_queue", "reason", "escalated_at")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_QUEUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ESCALATED_AT_FIELD_NUMBER: _ClassVar[int]
    level: int
    agent_id: str
    from_queue: str
    reason: str
    escalated_at: _timestamp_pb2.Timestamp
    def __init__(self, level: _Optional[int] = ..., agent_id: _Optional[str] = ..., from_queue: _Optional[str] = ..., reason: _Optional[str] = ..., escalated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TaskOpened(_message.Message):
    __slots__ = ("case_id", "task_id", "queue", "due_at", "at", "agent_id", "reason")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    task_id: str
    queue: str
    due_at: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    agent_id: str
    reason: str
    def __init__(self, case_id: _Optional[str] = ..., task_id: _Optional[str] = ..., queue: _Optional[str] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., agent_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class TaskClosed(_message.Message):
    __slots__ = ("case_id", "task_id", "agent_id", "outcome", "at", "holder_id")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    HOLDER_ID_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    task_id: str
    agent_id: str
    outcome: str
    at: _timestamp_pb2.Timestamp
    holder_id: str
    def __init__(self, case_id: _Optional[str] = ..., task_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., outcome: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., holder_id: _Optional[str] = ...) -> None: ...

class CaseResolved(_message.Message):
    __slots__ = ("case_id", "agent_id", "disposition", "tags", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    disposition: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., disposition: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ResolutionConfirmed(_message.Message):
    __slots__ = ("case_id", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseReopened(_message.Message):
    __slots__ = ("case_id", "reason", "episode", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EPISODE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reason: str
    episode: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., reason: _Optional[str] = ..., episode: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseWithdrawn(_message.Message):
    __slots__ = ("case_id", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostDetached(_message.Message):
    __slots__ = ("case_id", "post_id", "at", "direction", "author_kind", "owed_since", "latest_post_id", "latest_published_at", "window_expires_at", "role", "is_moved", "answered_until", "answered_at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    OWED_SINCE_FIELD_NUMBER: _ClassVar[int]
    LATEST_POST_ID_FIELD_NUMBER: _ClassVar[int]
    LATEST_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    IS_MOVED_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    post_id: str
    at: _timestamp_pb2.Timestamp
    direction: _post_pb2.Direction
    author_kind: _post_pb2.AuthorKind
    owed_since: _timestamp_pb2.Timestamp
    latest_post_id: str
    latest_published_at: _timestamp_pb2.Timestamp
    window_expires_at: _timestamp_pb2.Timestamp
    role: PostRole
    is_moved: bool
    answered_until: _timestamp_pb2.Timestamp
    answered_at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., post_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., owed_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., latest_post_id: _Optional[str] = ..., latest_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., role: _Optional[_Union[PostRole, str]] = ..., is_moved: _Optional[bool] = ..., answered_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClaimTerms(_message.Message):
    __slots__ = ("lease_s", "fall_through_s", "fall_through_queue", "append_agent_tag", "reply_length_max", "second_opinion_s")
    LEASE_S_FIELD_NUMBER: _ClassVar[int]
    FALL_THROUGH_S_FIELD_NUMBER: _ClassVar[int]
    FALL_THROUGH_QUEUE_FIELD_NUMBER: _ClassVar[int]
    APPEND_AGENT_TAG_FIELD_NUMBER: _ClassVar[int]
    REPLY_LENGTH_MAX_FIELD_NUMBER: _ClassVar[int]
    SECOND_OPINION_S_FIELD_NUMBER: _ClassVar[int]
    lease_s: int
    fall_through_s: int
    fall_through_queue: str
    append_agent_tag: bool
    reply_length_max: int
    second_opinion_s: int
    def __init__(self, lease_s: _Optional[int] = ..., fall_through_s: _Optional[int] = ..., fall_through_queue: _Optional[str] = ..., append_agent_tag: _Optional[bool] = ..., reply_length_max: _Optional[int] = ..., second_opinion_s: _Optional[int] = ...) -> None: ...

class AgentRegistered(_message.Message):
    __slots__ = ("agent_id", "display_name", "skills", "capacity", "queues", "at", "channel_capacity", "shifts", "tag", "pinned_skills", "location")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SKILLS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    SHIFTS_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    PINNED_SKILLS_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    display_name: str
    skills: _containers.RepeatedCompositeFieldContainer[Skill]
    capacity: int
    queues: _containers.RepeatedScalarFieldContainer[str]
    at: _timestamp_pb2.Timestamp
    channel_capacity: _containers.RepeatedCompositeFieldContainer[ChannelCapacity]
    shifts: ShiftPlan
    tag: str
    pinned_skills: _containers.RepeatedScalarFieldContainer[str]
    location: GeoPoint
    def __init__(self, agent_id: _Optional[str] = ..., display_name: _Optional[str] = ..., skills: _Optional[_Iterable[_Union[Skill, _Mapping]]] = ..., capacity: _Optional[int] = ..., queues: _Optional[_Iterable[str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., channel_capacity: _Optional[_Iterable[_Union[ChannelCapacity, _Mapping]]] = ..., shifts: _Optional[_Union[ShiftPlan, _Mapping]] = ..., tag: _Optional[str] = ..., pinned_skills: _Optional[_Iterable[str]] = ..., location: _Optional[_Union[GeoPoint, _Mapping]] = ...) -> None: ...

class AgentChanged(_message.Message):
    __slots__ = ("agent_id", "display_name", "skills", "capacity", "queues", "at", "channel_capacity", "shifts", "tag", "pinned_skills", "location")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SKILLS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    SHIFTS_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    PINNED_SKILLS_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    display_name: str
    skills: _containers.RepeatedCompositeFieldContainer[Skill]
    capacity: int
    queues: _containers.RepeatedScalarFieldContainer[str]
    at: _timestamp_pb2.Timestamp
    channel_capacity: _containers.RepeatedCompositeFieldContainer[ChannelCapacity]
    shifts: ShiftPlan
    tag: str
    pinned_skills: _containers.RepeatedScalarFieldContainer[str]
    location: GeoPoint
    def __init__(self, agent_id: _Optional[str] = ..., display_name: _Optional[str] = ..., skills: _Optional[_Iterable[_Union[Skill, _Mapping]]] = ..., capacity: _Optional[int] = ..., queues: _Optional[_Iterable[str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., channel_capacity: _Optional[_Iterable[_Union[ChannelCapacity, _Mapping]]] = ..., shifts: _Optional[_Union[ShiftPlan, _Mapping]] = ..., tag: _Optional[str] = ..., pinned_skills: _Optional[_Iterable[str]] = ..., location: _Optional[_Union[GeoPoint, _Mapping]] = ...) -> None: ...

class PresenceChanged(_message.Message):
    __slots__ = ("agent_id", "presence", "reason", "at", "leaves_at", "channels")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    LEAVES_AT_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    presence: Presence
    reason: str
    at: _timestamp_pb2.Timestamp
    leaves_at: _timestamp_pb2.Timestamp
    channels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, agent_id: _Optional[str] = ..., presence: _Optional[_Union[Presence, str]] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., leaves_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., channels: _Optional[_Iterable[str]] = ...) -> None: ...

class ShiftChanged(_message.Message):
    __slots__ = ("agent_id", "phase", "starts_at", "ends_at", "offers_until", "at")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STARTS_AT_FIELD_NUMBER: _ClassVar[int]
    ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    OFFERS_UNTIL_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    phase: ShiftPhase
    starts_at: _timestamp_pb2.Timestamp
    ends_at: _timestamp_pb2.Timestamp
    offers_until: _timestamp_pb2.Timestamp
    at: _timestamp_pb2.Timestamp
    def __init__(self, agent_id: _Optional[str] = ..., phase: _Optional[_Union[ShiftPhase, str]] = ..., starts_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ends_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., offers_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class QueueChanged(_message.Message):
    __slots__ = ("queue_id", "display_name", "first_response_s", "offer_timeout_s", "requirements", "at", "selection", "reply_timeout_s", "supervise_after_returns", "supervise_after_s", "escalates_to", "language_level", "offer_width", "claim_terms", "tier_level", "is_uninterruptible")
    QUEUE_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    FIRST_RESPONSE_S_FIELD_NUMBER: _ClassVar[int]
    OFFER_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    REPLY_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    SUPERVISE_AFTER_RETURNS_FIELD_NUMBER: _ClassVar[int]
    SUPERVISE_AFTER_S_FIELD_NUMBER: _ClassVar[int]
    ESCALATES_TO_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    OFFER_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CLAIM_TERMS_FIELD_NUMBER: _ClassVar[int]
    TIER_LEVEL_FIELD_NUMBER: _ClassVar[int]
    IS_UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    queue_id: str
    display_name: str
    first_response_s: int
    offer_timeout_s: int
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    at: _timestamp_pb2.Timestamp
    selection: Selection
    reply_timeout_s: int
    supervise_after_returns: int
    supervise_after_s: int
    escalates_to: str
    language_level: int
    offer_width: int
    claim_terms: ClaimTerms
    tier_level: int
    is_uninterruptible: bool
    def __init__(self, queue_id: _Optional[str] = ..., display_name: _Optional[str] = ..., first_response_s: _Optional[int] = ..., offer_timeout_s: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., selection: _Optional[_Union[Selection, str]] = ..., reply_timeout_s: _Optional[int] = ..., supervise_after_returns: _Optional[int] = ..., supervise_after_s: _Optional[int] = ..., escalates_to: _Optional[str] = ..., language_level: _Optional[int] = ..., offer_width: _Optional[int] = ..., claim_terms: _Optional[_Union[ClaimTerms, _Mapping]] = ..., tier_level: _Optional[int] = ..., is_uninterruptible: _Optional[bool] = ...) -> None: ...

class QueueDeleted(_message.Message):
    __slots__ = ("queue_id", "successor", "at")
    QUEUE_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    queue_id: str
    successor: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, queue_id: _Optional[str] = ..., successor: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class QueueCleared(_message.Message):
    __slots__ = ("queue_id", "at")
    QUEUE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    queue_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, queue_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AgentDeleted(_message.Message):
    __slots__ = ("agent_id", "at")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, agent_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PolicyChanged(_message.Message):
    __slots__ = ("version", "max_missed_offers", "decline_cooldown_s", "confirm_window_s", "at", "ordering", "selection", "late_share", "urgency_head_start_s", "skill_weights", "preferred_s", "absence_s", "channel_units", "pending_percent", "resume_percent", "wind_down_s", "rules", "relaxations", "tier_head_starts", "earned_levels", "places", "rescue_s", "interrupts", "interrupted_s")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MAX_MISSED_OFFERS_FIELD_NUMBER: _ClassVar[int]
    DECLINE_COOLDOWN_S_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_WINDOW_S_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ORDERING_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    LATE_SHARE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_HEAD_START_S_FIELD_NUMBER: _ClassVar[int]
    SKILL_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_S_FIELD_NUMBER: _ClassVar[int]
    ABSENCE_S_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_UNITS_FIELD_NUMBER: _ClassVar[int]
    PENDING_PERCENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_PERCENT_FIELD_NUMBER: _ClassVar[int]
    WIND_DOWN_S_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    RELAXATIONS_FIELD_NUMBER: _ClassVar[int]
    TIER_HEAD_STARTS_FIELD_NUMBER: _ClassVar[int]
    EARNED_LEVELS_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    RESCUE_S_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_S_FIELD_NUMBER: _ClassVar[int]
    version: int
    max_missed_offers: int
    decline_cooldown_s: int
    confirm_window_s: int
    at: _timestamp_pb2.Timestamp
    ordering: Ordering
    selection: Selection
    late_share: int
    urgency_head_start_s: int
    skill_weights: _containers.RepeatedCompositeFieldContainer[SkillWeight]
    preferred_s: int
    absence_s: int
    channel_units: _containers.RepeatedCompositeFieldContainer[ChannelUnits]
    pending_percent: int
    resume_percent: int
    wind_down_s: int
    rules: _containers.RepeatedCompositeFieldContainer[Rule]
    relaxations: _containers.RepeatedCompositeFieldContainer[Relaxation]
    tier_head_starts: _containers.RepeatedCompositeFieldContainer[TierHeadStart]
    earned_levels: _containers.RepeatedCompositeFieldContainer[EarnedLevel]
    places: _containers.RepeatedCompositeFieldContainer[Place]
    rescue_s: int
    interrupts: _containers.RepeatedCompositeFieldContainer[Interrupts]
    interrupted_s: int
    def __init__(self, version: _Optional[int] = ..., max_missed_offers: _Optional[int] = ..., decline_cooldown_s: _Optional[int] = ..., confirm_window_s: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ordering: _Optional[_Union[Ordering, str]] = ..., selection: _Optional[_Union[Selection, str]] = ..., late_share: _Optional[int] = ..., urgency_head_start_s: _Optional[int] = ..., skill_weights: _Optional[_Iterable[_Union[SkillWeight, _Mapping]]] = ..., preferred_s: _Optional[int] = ..., absence_s: _Optional[int] = ..., channel_units: _Optional[_Iterable[_Union[ChannelUnits, _Mapping]]] = ..., pending_percent: _Optional[int] = ..., resume_percent: _Optional[int] = ..., wind_down_s: _Optional[int] = ..., rules: _Optional[_Iterable[_Union[Rule, _Mapping]]] = ..., relaxations: _Optional[_Iterable[_Union[Relaxation, _Mapping]]] = ..., tier_head_starts: _Optional[_Iterable[_Union[TierHeadStart, _Mapping]]] = ..., earned_levels: _Optional[_Iterable[_Union[EarnedLevel, _Mapping]]] = ..., places: _Optional[_Iterable[_Union[Place, _Mapping]]] = ..., rescue_s: _Optional[int] = ..., interrupts: _Optional[_Iterable[_Union[Interrupts, _Mapping]]] = ..., interrupted_s: _Optional[int] = ...) -> None: ...

class SourceQueueChanged(_message.Message):
    __slots__ = ("source_id", "queue", "at")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    queue: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, source_id: _Optional[str] = ..., queue: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SourceLabelsChanged(_message.Message):
    __slots__ = ("source_id", "labels", "at")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    labels: _containers.RepeatedCompositeFieldContainer[SourceLabel]
    at: _timestamp_pb2.Timestamp
    def __init__(self, source_id: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[SourceLabel, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseRecalled(_message.Message):
    __slots__ = ("case_id", "origin", "direction", "channel", "source_id", "identity_id", "language", "weight", "episode", "token", "stage", "agent_id", "closed_at", "answered_until", "queue", "urgency", "requirements", "post_count", "at", "opened_at", "accepted_at", "answered_at", "resolved_at", "disposition", "tags", "customer_post_count", "latest_post_id", "latest_published_at", "window_expires_at", "desk", "thread_id", "acted_until", "escalation", "parent_id", "answers", "rule_ids", "policy_version", "agent_terms", "tier", "goodwill", "near", "kind", "is_uninterruptible")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    EPISODE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLOSED_AT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    POST_COUNT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_AT_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_POST_COUNT_FIELD_NUMBER: _ClassVar[int]
    LATEST_POST_ID_FIELD_NUMBER: _ClassVar[int]
    LATEST_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    THREAD_ID_FIELD_NUMBER: _ClassVar[int]
    ACTED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    ESCALATION_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    RULE_IDS_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    AGENT_TERMS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    GOODWILL_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    IS_UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    origin: CaseOrigin
    direction: _post_pb2.Direction
    channel: str
    source_id: str
    identity_id: str
    language: str
    weight: int
    episode: int
    token: int
    stage: str
    agent_id: str
    closed_at: _timestamp_pb2.Timestamp
    answered_until: _timestamp_pb2.Timestamp
    queue: str
    urgency: int
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    post_count: int
    at: _timestamp_pb2.Timestamp
    opened_at: _timestamp_pb2.Timestamp
    accepted_at: _timestamp_pb2.Timestamp
    answered_at: _timestamp_pb2.Timestamp
    resolved_at: _timestamp_pb2.Timestamp
    disposition: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    customer_post_count: int
    latest_post_id: str
    latest_published_at: _timestamp_pb2.Timestamp
    window_expires_at: _timestamp_pb2.Timestamp
    desk: str
    thread_id: str
    acted_until: _timestamp_pb2.Timestamp
    escalation: Escalation
    parent_id: str
    answers: _containers.RepeatedCompositeFieldContainer[GivenAnswer]
    rule_ids: _containers.RepeatedScalarFieldContainer[str]
    policy_version: int
    agent_terms: AgentTerms
    tier: str
    goodwill: _containers.RepeatedCompositeFieldContainer[GoodwillGrant]
    near: Near
    kind: _post_pb2.PostKind
    is_uninterruptible: bool
    def __init__(self, case_id: _Optional[str] = ..., origin: _Optional[_Union[CaseOrigin, str]] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., channel: _Optional[str] = ..., source_id: _Optional[str] = ..., identity_id: _Optional[str] = ..., language: _Optional[str] = ..., weight: _Optional[int] = ..., episode: _Optional[int] = ..., token: _Optional[int] = ..., stage: _Optional[str] = ..., agent_id: _Optional[str] = ..., closed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answered_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., post_count: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., disposition: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., customer_post_count: _Optional[int] = ..., latest_post_id: _Optional[str] = ..., latest_published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., desk: _Optional[str] = ..., thread_id: _Optional[str] = ..., acted_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., escalation: _Optional[_Union[Escalation, _Mapping]] = ..., parent_id: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[GivenAnswer, _Mapping]]] = ..., rule_ids: _Optional[_Iterable[str]] = ..., policy_version: _Optional[int] = ..., agent_terms: _Optional[_Union[AgentTerms, _Mapping]] = ..., tier: _Optional[str] = ..., goodwill: _Optional[_Iterable[_Union[GoodwillGrant, _Mapping]]] = ..., near: _Optional[_Union[Near, _Mapping]] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., is_uninterruptible: _Optional[bool] = ...) -> None: ...

class CaseSupervised(_message.Message):
    __slots__ = ("case_id", "queue", "reason", "returns", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETURNS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    queue: str
    reason: str
    returns: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., queue: _Optional[str] = ..., reason: _Optional[str] = ..., returns: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DraftSaved(_message.Message):
    __slots__ = ("case_id", "agent_id", "text", "text_length", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    text: _log_pb2.Sealed
    text_length: int
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., text: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., text_length: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DraftDiscarded(_message.Message):
    __slots__ = ("case_id", "agent_id", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GoodwillGrant(_message.Message):
    __slots__ = ("grant_id", "agent_id", "unit", "amount", "reason", "state", "at", "by_agent_id", "decision_reason", "decided_at")
    GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_REASON_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    grant_id: str
    agent_id: str
    unit: str
    amount: int
    reason: str
    state: GoodwillState
    at: _timestamp_pb2.Timestamp
    by_agent_id: str
    decision_reason: str
    decided_at: _timestamp_pb2.Timestamp
    def __init__(self, grant_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., unit: _Optional[str] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ..., state: _Optional[_Union[GoodwillState, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., by_agent_id: _Optional[str] = ..., decision_reason: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GoodwillTerms(_message.Message):
    __slots__ = ("agent_id", "queue", "unit", "per_case", "per_day")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PER_CASE_FIELD_NUMBER: _ClassVar[int]
    PER_DAY_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    queue: str
    unit: str
    per_case: int
    per_day: int
    def __init__(self, agent_id: _Optional[str] = ..., queue: _Optional[str] = ..., unit: _Optional[str] = ..., per_case: _Optional[int] = ..., per_day: _Optional[int] = ...) -> None: ...

class JargonTerm(_message.Message):
    __slots__ = ("term", "instead")
    TERM_FIELD_NUMBER: _ClassVar[int]
    INSTEAD_FIELD_NUMBER: _ClassVar[int]
    term: str
    instead: str
    def __init__(self, term: _Optional[str] = ..., instead: _Optional[str] = ...) -> None: ...

class GoodwillGranted(_message.Message):
    __slots__ = ("case_id", "agent_id", "grant_id", "unit", "amount", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    grant_id: str
    unit: str
    amount: int
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., grant_id: _Optional[str] = ..., unit: _Optional[str] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GoodwillAsked(_message.Message):
    __slots__ = ("case_id", "agent_id", "grant_id", "unit", "amount", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    grant_id: str
    unit: str
    amount: int
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., grant_id: _Optional[str] = ..., unit: _Optional[str] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GoodwillApproved(_message.Message):
    __slots__ = ("case_id", "agent_id", "grant_id", "by_agent_id", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    grant_id: str
    by_agent_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., grant_id: _Optional[str] = ..., by_agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GoodwillRefused(_message.Message):
    __slots__ = ("case_id", "agent_id", "grant_id", "by_agent_id", "reason", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    grant_id: str
    by_agent_id: str
    reason: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., grant_id: _Optional[str] = ..., by_agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeskPolicyChanged(_message.Message):
    __slots__ = ("limits", "approvers", "jargon", "at")
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    JARGON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    limits: _containers.RepeatedCompositeFieldContainer[GoodwillTerms]
    approvers: _containers.RepeatedScalarFieldContainer[str]
    jargon: _containers.RepeatedCompositeFieldContainer[JargonTerm]
    at: _timestamp_pb2.Timestamp
    def __init__(self, limits: _Optional[_Iterable[_Union[GoodwillTerms, _Mapping]]] = ..., approvers: _Optional[_Iterable[str]] = ..., jargon: _Optional[_Iterable[_Union[JargonTerm, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CannedTextChanged(_message.Message):
    __slots__ = ("text_id", "display_name", "language", "queues", "text", "at")
    TEXT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    text_id: str
    display_name: str
    language: str
    queues: _containers.RepeatedScalarFieldContainer[str]
    text: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, text_id: _Optional[str] = ..., display_name: _Optional[str] = ..., language: _Optional[str] = ..., queues: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CannedTextDeleted(_message.Message):
    __slots__ = ("text_id", "at")
    TEXT_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    text_id: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, text_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseAssigned(_message.Message):
    __slots__ = ("case_id", "agent_id", "by_agent_id", "reason", "is_over_capacity", "at", "joined_case_ids", "reply_due_at", "is_forbidden")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    IS_OVER_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    JOINED_CASE_IDS_FIELD_NUMBER: _ClassVar[int]
    REPLY_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    IS_FORBIDDEN_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    agent_id: str
    by_agent_id: str
    reason: str
    is_over_capacity: bool
    at: _timestamp_pb2.Timestamp
    joined_case_ids: _containers.RepeatedScalarFieldContainer[str]
    reply_due_at: _timestamp_pb2.Timestamp
    is_forbidden: bool
    def __init__(self, case_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., by_agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., is_over_capacity: _Optional[bool] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., joined_case_ids: _Optional[_Iterable[str]] = ..., reply_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_forbidden: _Optional[bool] = ...) -> None: ...

class CaseAgentsChanged(_message.Message):
    __slots__ = ("case_id", "by_agent_id", "agent_terms", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_TERMS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    by_agent_id: str
    agent_terms: AgentTerms
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., by_agent_id: _Optional[str] = ..., agent_terms: _Optional[_Union[AgentTerms, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseTierChanged(_message.Message):
    __slots__ = ("case_id", "by_agent_id", "tier", "requirements", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    by_agent_id: str
    tier: str
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., by_agent_id: _Optional[str] = ..., tier: _Optional[str] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseNearChanged(_message.Message):
    __slots__ = ("case_id", "by_agent_id", "near", "requirements", "at")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    BY_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    by_agent_id: str
    near: Near
    requirements: _containers.RepeatedCompositeFieldContainer[Requirement]
    at: _timestamp_pb2.Timestamp
    def __init__(self, case_id: _Optional[str] = ..., by_agent_id: _Optional[str] = ..., near: _Optional[_Union[Near, _Mapping]] = ..., requirements: _Optional[_Iterable[_Union[Requirement, _Mapping]]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
