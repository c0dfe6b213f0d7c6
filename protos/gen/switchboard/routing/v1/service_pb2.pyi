import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.ingest.v1 import post_pb2 as _post_pb2
from switchboard.log.v1 import log_pb2 as _log_pb2
from switchboard.routing.v1 import events_pb2 as _events_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CaseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_STATE_UNSPECIFIED: _ClassVar[CaseState]
    CASE_STATE_IDLE: _ClassVar[CaseState]
    CASE_STATE_QUEUED: _ClassVar[CaseState]
    CASE_STATE_OFFERED: _ClassVar[CaseState]
    CASE_STATE_ACCEPTED: _ClassVar[CaseState]
    CASE_STATE_PENDING: _ClassVar[CaseState]
    CASE_STATE_RESOLVED: _ClassVar[CaseState]
    CASE_STATE_CONFIRMED: _ClassVar[CaseState]
    CASE_STATE_WITHDRAWN: _ClassVar[CaseState]
    CASE_STATE_JOINED: _ClassVar[CaseState]
    CASE_STATE_SUPERVISED: _ClassVar[CaseState]
    CASE_STATE_CLAIMED: _ClassVar[CaseState]

class Constraint(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSTRAINT_UNSPECIFIED: _ClassVar[Constraint]
    CONSTRAINT_PRESENCE: _ClassVar[Constraint]
    CONSTRAINT_CAPACITY: _ClassVar[Constraint]
    CONSTRAINT_QUEUE: _ClassVar[Constraint]
    CONSTRAINT_SKILL: _ClassVar[Constraint]
    CONSTRAINT_COOLDOWN: _ClassVar[Constraint]
    CONSTRAINT_OUTRANKED: _ClassVar[Constraint]
    CONSTRAINT_ORDER: _ClassVar[Constraint]
    CONSTRAINT_SUPERVISED: _ClassVar[Constraint]
    CONSTRAINT_SHIFT: _ClassVar[Constraint]
    CONSTRAINT_OFFERED: _ClassVar[Constraint]
    CONSTRAINT_FORBIDDEN: _ClassVar[Constraint]
    CONSTRAINT_PLACE: _ClassVar[Constraint]

class OfferChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFER_CHANGE_UNSPECIFIED: _ClassVar[OfferChange]
    OFFER_CHANGE_OPEN: _ClassVar[OfferChange]
    OFFER_CHANGE_ACCEPTED: _ClassVar[OfferChange]
    OFFER_CHANGE_DECLINED: _ClassVar[OfferChange]
    OFFER_CHANGE_EXPIRED: _ClassVar[OfferChange]
    OFFER_CHANGE_RESCINDED: _ClassVar[OfferChange]
    OFFER_CHANGE_RELEASED: _ClassVar[OfferChange]
    OFFER_CHANGE_ASSIGNED: _ClassVar[OfferChange]
    OFFER_CHANGE_TASK_CLOSED: _ClassVar[OfferChange]
    OFFER_CHANGE_RESUMED: _ClassVar[OfferChange]
CASE_STATE_UNSPECIFIED: CaseState
CASE_STATE_IDLE: CaseState
CASE_STATE_QUEUED: CaseState
CASE_STATE_OFFERED: CaseState
CASE_STATE_ACCEPTED: CaseState
CASE_STATE_PENDING: CaseState
CASE_STATE_RESOLVED: CaseState
CASE_STATE_CONFIRMED: CaseState
CASE_STATE_WITHDRAWN: CaseState
CASE_STATE_JOINED: CaseState
CASE_STATE_SUPERVISED: CaseState
CASE_STATE_CLAIMED: CaseState
CONSTRAINT_UNSPECIFIED: Constraint
CONSTRAINT_PRESENCE: Constraint
CONSTRAINT_CAPACITY: Constraint
CONSTRAINT_QUEUE: Constraint
CONSTRAINT_SKILL: Constraint
CONSTRAINT_COOLDOWN: Constraint
CONSTRAINT_OUTRANKED: Constraint
CONSTRAINT_ORDER: Constraint
CONSTRAINT_SUPERVISED: Constraint
CONSTRAINT_SHIFT: Constraint
CONSTRAINT_OFFERED: Constraint
CONSTRAINT_FORBIDDEN: Constraint
CONSTRAINT_PLACE: Constraint
OFFER_CHANGE_UNSPECIFIED: OfferChange
OFFER_CHANGE_OPEN: OfferChange
OFFER_CHANGE_ACCEPTED: OfferChange
OFFER_CHANGE_DECLINED: OfferChange
OFFER_CHANGE_EXPIRED: OfferChange
OFFER_CHANGE_RESCINDED: OfferChange
OFFER_CHANGE_RELEASED: OfferChange
OFFER_CHANGE_ASSIGNED: OfferChange
OFFER_CHANGE_TASK_CLOSED: OfferChange
OFFER_CHANGE_RESUMED: OfferChange

class Case(_message.Message):
    __slots__ = ("name", "state", "origin", "direction", "channel", "source", "identity", "language", "queue", "urgency", "requirements", "weight", "agent", "offer", "episode", "post_count", "opened_at", "waiting_since", "due_at", "window_expires_at", "accepted_at", "answered_at", "waiting_for", "pending_until", "resolved_at", "disposition", "tags", "joined_into", "updated_at", "latest_post", "desk", "joined_cases", "reply_due_at", "returns", "supervised_reason", "escalation", "offers", "etag", "task_of", "open_tasks", "claim", "returned_by", "rule_ids", "rules_version", "asked_requirements", "lending_queues", "agents", "tier", "answers", "near", "asked_near", "interrupted_by", "interrupts", "kind", "uninterruptible")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    OFFER_FIELD_NUMBER: _ClassVar[int]
    EPISODE_FIELD_NUMBER: _ClassVar[int]
    POST_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    WAITING_SINCE_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    PENDING_UNTIL_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_AT_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    JOINED_INTO_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    LATEST_POST_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    JOINED_CASES_FIELD_NUMBER: _ClassVar[int]
    REPLY_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    RETURNS_FIELD_NUMBER: _ClassVar[int]
    SUPERVISED_REASON_FIELD_NUMBER: _ClassVar[int]
    ESCALATION_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    TASK_OF_FIELD_NUMBER: _ClassVar[int]
    OPEN_TASKS_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    RETURNED_BY_FIELD_NUMBER: _ClassVar[int]
    RULE_IDS_FIELD_NUMBER: _ClassVar[int]
    RULES_VERSION_FIELD_NUMBER: _ClassVar[int]
    ASKED_REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    LENDING_QUEUES_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    NEAR_FIELD_NUMBER: _ClassVar[int]
    ASKED_NEAR_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_BY_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: CaseState
    origin: _events_pb2.CaseOrigin
    direction: _post_pb2.Direction
    channel: str
    source: str
    identity: str
    language: str
    queue: str
    urgency: int
    requirements: _containers.RepeatedCompositeFieldContainer[_events_pb2.Requirement]
    weight: int
    agent: str
    offer: Offer
    episode: int
    post_count: int
    opened_at: _timestamp_pb2.Timestamp
    waiting_since: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    window_expires_at: _timestamp_pb2.Timestamp
    accepted_at: _timestamp_pb2.Timestamp
    answered_at: _timestamp_pb2.Timestamp
    waiting_for: _events_pb2.WaitingFor
    pending_until: _timestamp_pb2.Timestamp
    resolved_at: _timestamp_pb2.Timestamp
    disposition: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    joined_into: str
    updated_at: _timestamp_pb2.Timestamp
    latest_post: str
    desk: str
    joined_cases: _containers.RepeatedScalarFieldContainer[str]
    reply_due_at: _timestamp_pb2.Timestamp
    returns: int
    supervised_reason: str
    escalation: CaseEscalation
    offers: _containers.RepeatedCompositeFieldContainer[Offer]
    etag: str
    task_of: str
    open_tasks: _containers.RepeatedScalarFieldContainer[str]
    claim: Claim
    returned_by: _containers.RepeatedScalarFieldContainer[str]
    rule_ids: _containers.RepeatedScalarFieldContainer[str]
    rules_version: int
    asked_requirements: _containers.RepeatedCompositeFieldContainer[_events_pb2.Requirement]
    lending_queues: _containers.RepeatedScalarFieldContainer[str]
    agents: CaseAgents
    tier: str
    answers: _containers.RepeatedCompositeFieldContainer[Answer]
    near: _events_pb2.Near
    asked_near: _events_pb2.Near
    interrupted_by: str
    interrupts: _containers.RepeatedScalarFieldContainer[str]
    kind: _post_pb2.PostKind
    uninterruptible: bool
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[CaseState, str]] = ..., origin: _Optional[_Union[_events_pb2.CaseOrigin, str]] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., identity: _Optional[str] = ..., language: _Optional[str] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[_events_pb2.Requirement, _Mapping]]] = ..., weight: _Optional[int] = ..., agent: _Optional[str] = ..., offer: _Optional[_Union[Offer, _Mapping]] = ..., episode: _Optional[int] = ..., post_count: _Optional[int] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waiting_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., accepted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waiting_for: _Optional[_Union[_events_pb2.WaitingFor, str]] = ..., pending_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resolved_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., disposition: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., joined_into: _Optional[str] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., latest_post: _Optional[str] = ..., desk: _Optional[str] = ..., joined_cases: _Optional[_Iterable[str]] = ..., reply_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., returns: _Optional[int] = ..., supervised_reason: _Optional[str] = ..., escalation: _Optional[_Union[CaseEscalation, _Mapping]] = ..., offers: _Optional[_Iterable[_Union[Offer, _Mapping]]] = ..., etag: _Optional[str] = ..., task_of: _Optional[str] = ..., open_tasks: _Optional[_Iterable[str]] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ..., returned_by: _Optional[_Iterable[str]] = ..., rule_ids: _Optional[_Iterable[str]] = ..., rules_version: _Optional[int] = ..., asked_requirements: _Optional[_Iterable[_Union[_events_pb2.Requirement, _Mapping]]] = ..., lending_queues: _Optional[_Iterable[str]] = ..., agents: _Optional[_Union[CaseAgents, _Mapping]] = ..., tier: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[Answer, _Mapping]]] = ..., near: _Optional[_Union[_events_pb2.Near, _Mapping]] = ..., asked_near: _Optional[_Union[_events_pb2.Near, _Mapping]] = ..., interrupted_by: _Optional[str] = ..., interrupts: _Optional[_Iterable[str]] = ..., kind: _Optional[_Union[_post_pb2.PostKind, str]] = ..., uninterruptible: _Optional[bool] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("reply_id", "agent", "topics", "votes", "customer")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    agent: str
    topics: _containers.RepeatedScalarFieldContainer[str]
    votes: _containers.RepeatedCompositeFieldContainer[AnswerVote]
    customer: _events_pb2.Verdict
    def __init__(self, reply_id: _Optional[str] = ..., agent: _Optional[str] = ..., topics: _Optional[_Iterable[str]] = ..., votes: _Optional[_Iterable[_Union[AnswerVote, _Mapping]]] = ..., customer: _Optional[_Union[_events_pb2.Verdict, str]] = ...) -> None: ...

class AnswerVote(_message.Message):
    __slots__ = ("agent", "verdict", "is_expert")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    IS_EXPERT_FIELD_NUMBER: _ClassVar[int]
    agent: str
    verdict: _events_pb2.Verdict
    is_expert: bool
    def __init__(self, agent: _Optional[str] = ..., verdict: _Optional[_Union[_events_pb2.Verdict, str]] = ..., is_expert: _Optional[bool] = ...) -> None: ...

class CaseAgents(_message.Message):
    __slots__ = ("preferred", "preferred_s", "forbidden")
    PREFERRED_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_S_FIELD_NUMBER: _ClassVar[int]
    FORBIDDEN_FIELD_NUMBER: _ClassVar[int]
    preferred: _containers.RepeatedScalarFieldContainer[str]
    preferred_s: int
    forbidden: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, preferred: _Optional[_Iterable[str]] = ..., preferred_s: _Optional[int] = ..., forbidden: _Optional[_Iterable[str]] = ...) -> None: ...

class CaseEscalation(_message.Message):
    __slots__ = ("level", "agent", "from_queue", "reason", "escalated_at")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    FROM_QUEUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ESCALATED_AT_FIELD_NUMBER: _ClassVar[int]
    level: int
    agent: str
    from_queue: str
    reason: str
    escalated_at: _timestamp_pb2.Timestamp
    def __init__(self, level: _Optional[int] = ..., agent: _Optional[str] = ..., from_queue: _Optional[str] = ..., reason: _Optional[str] = ..., escalated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Claim(_message.Message):
    __slots__ = ("agent", "token", "claimed_at", "expires_at", "signature", "opinion_due_at", "seconded_by")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    OPINION_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    SECONDED_BY_FIELD_NUMBER: _ClassVar[int]
    agent: str
    token: int
    claimed_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    signature: str
    opinion_due_at: _timestamp_pb2.Timestamp
    seconded_by: str
    def __init__(self, agent: _Optional[str] = ..., token: _Optional[int] = ..., claimed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signature: _Optional[str] = ..., opinion_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., seconded_by: _Optional[str] = ...) -> None: ...

class ClaimMode(_message.Message):
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

class Offer(_message.Message):
    __slots__ = ("offer_id", "case", "agent", "token", "weight", "offered_at", "expires_at", "interrupts")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    OFFERED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    case: str
    agent: str
    token: int
    weight: int
    offered_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    interrupts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, offer_id: _Optional[str] = ..., case: _Optional[str] = ..., agent: _Optional[str] = ..., token: _Optional[int] = ..., weight: _Optional[int] = ..., offered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interrupts: _Optional[_Iterable[str]] = ...) -> None: ...

class Agent(_message.Message):
    __slots__ = ("name", "display_name", "skills", "capacity", "queues", "presence", "load", "missed_offers", "cases", "released_at", "presence_reason", "leaves_at", "channel_capacity", "channels", "channel_load", "shifts", "shift_phase", "shift_starts_at", "shift_ends_at", "tag", "reputations", "pinned_skills", "location")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SKILLS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    MISSED_OFFERS_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    RELEASED_AT_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_REASON_FIELD_NUMBER: _ClassVar[int]
    LEAVES_AT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_LOAD_FIELD_NUMBER: _ClassVar[int]
    SHIFTS_FIELD_NUMBER: _ClassVar[int]
    SHIFT_PHASE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_STARTS_AT_FIELD_NUMBER: _ClassVar[int]
    SHIFT_ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    REPUTATIONS_FIELD_NUMBER: _ClassVar[int]
    PINNED_SKILLS_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    skills: _containers.RepeatedCompositeFieldContainer[_events_pb2.Skill]
    capacity: int
    queues: _containers.RepeatedScalarFieldContainer[str]
    presence: _events_pb2.Presence
    load: int
    missed_offers: int
    cases: _containers.RepeatedScalarFieldContainer[str]
    released_at: _timestamp_pb2.Timestamp
    presence_reason: str
    leaves_at: _timestamp_pb2.Timestamp
    channel_capacity: _containers.RepeatedCompositeFieldContainer[_events_pb2.ChannelCapacity]
    channels: _containers.RepeatedScalarFieldContainer[str]
    channel_load: _containers.RepeatedCompositeFieldContainer[_events_pb2.ChannelCapacity]
    shifts: _events_pb2.ShiftPlan
    shift_phase: _events_pb2.ShiftPhase
    shift_starts_at: _timestamp_pb2.Timestamp
    shift_ends_at: _timestamp_pb2.Timestamp
    tag: str
    reputations: _containers.RepeatedCompositeFieldContainer[AgentReputation]
    pinned_skills: _containers.RepeatedScalarFieldContainer[str]
    location: _events_pb2.GeoPoint
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., skills: _Optional[_Iterable[_Union[_events_pb2.Skill, _Mapping]]] = ..., capacity: _Optional[int] = ..., queues: _Optional[_Iterable[str]] = ..., presence: _Optional[_Union[_events_pb2.Presence, str]] = ..., load: _Optional[int] = ..., missed_offers: _Optional[int] = ..., cases: _Optional[_Iterable[str]] = ..., released_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., presence_reason: _Optional[str] = ..., leaves_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., channel_capacity: _Optional[_Iterable[_Union[_events_pb2.ChannelCapacity, _Mapping]]] = ..., channels: _Optional[_Iterable[str]] = ..., channel_load: _Optional[_Iterable[_Union[_events_pb2.ChannelCapacity, _Mapping]]] = ..., shifts: _Optional[_Union[_events_pb2.ShiftPlan, _Mapping]] = ..., shift_phase: _Optional[_Union[_events_pb2.ShiftPhase, str]] = ..., shift_starts_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., shift_ends_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tag: _Optional[str] = ..., reputations: _Optional[_Iterable[_Union[AgentReputation, _Mapping]]] = ..., pinned_skills: _Optional[_Iterable[str]] = ..., location: _Optional[_Union[_events_pb2.GeoPoint, _Mapping]] = ...) -> None: ...

class AgentReputation(_message.Message):
    __slots__ = ("topic", "helpful", "not_helpful", "score", "earned_level", "level")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    HELPFUL_FIELD_NUMBER: _ClassVar[int]
    NOT_HELPFUL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    EARNED_LEVEL_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    topic: str
    helpful: int
    not_helpful: int
    score: float
    earned_level: int
    level: int
    def __init__(self, topic: _Optional[str] = ..., helpful: _Optional[int] = ..., not_helpful: _Optional[int] = ..., score: _Optional[float] = ..., earned_level: _Optional[int] = ..., level: _Optional[int] = ...) -> None: ...

class Queue(_message.Message):
    __slots__ = ("name", "display_name", "first_response_s", "offer_timeout_s", "requirements", "waiting", "selection", "reply_timeout_s", "supervise_after_returns", "supervise_after_s", "supervised", "escalates_to", "language_level", "offer_width", "claim_mode", "tier_level", "uninterruptible")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    FIRST_RESPONSE_S_FIELD_NUMBER: _ClassVar[int]
    OFFER_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    REPLY_TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    SUPERVISE_AFTER_RETURNS_FIELD_NUMBER: _ClassVar[int]
    SUPERVISE_AFTER_S_FIELD_NUMBER: _ClassVar[int]
    SUPERVISED_FIELD_NUMBER: _ClassVar[int]
    ESCALATES_TO_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_LEVEL_FIELD_NUMBER: _ClassVar[int]
    OFFER_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CLAIM_MODE_FIELD_NUMBER: _ClassVar[int]
    TIER_LEVEL_FIELD_NUMBER: _ClassVar[int]
    UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    first_response_s: int
    offer_timeout_s: int
    requirements: _containers.RepeatedCompositeFieldContainer[_events_pb2.Requirement]
    waiting: int
    selection: _events_pb2.Selection
    reply_timeout_s: int
    supervise_after_returns: int
    supervise_after_s: int
    supervised: int
    escalates_to: str
    language_level: int
    offer_width: int
    claim_mode: ClaimMode
    tier_level: int
    uninterruptible: bool
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., first_response_s: _Optional[int] = ..., offer_timeout_s: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[_events_pb2.Requirement, _Mapping]]] = ..., waiting: _Optional[int] = ..., selection: _Optional[_Union[_events_pb2.Selection, str]] = ..., reply_timeout_s: _Optional[int] = ..., supervise_after_returns: _Optional[int] = ..., supervise_after_s: _Optional[int] = ..., supervised: _Optional[int] = ..., escalates_to: _Optional[str] = ..., language_level: _Optional[int] = ..., offer_width: _Optional[int] = ..., claim_mode: _Optional[_Union[ClaimMode, _Mapping]] = ..., tier_level: _Optional[int] = ..., uninterruptible: _Optional[bool] = ...) -> None: ...

class RoutingPolicy(_message.Message):
    __slots__ = ("name", "version", "since", "ordering", "selection", "late_share", "urgency_head_start_s", "skill_weights", "preferred_s", "max_missed_offers", "decline_cooldown_s", "confirm_window_s", "absence_s", "channel_units", "pending_percent", "resume_percent", "wind_down_s", "rules", "relaxations", "tier_head_starts", "earned_levels", "places", "rescue_s", "interrupts", "interrupted_s")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    ORDERING_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    LATE_SHARE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_HEAD_START_S_FIELD_NUMBER: _ClassVar[int]
    SKILL_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_S_FIELD_NUMBER: _ClassVar[int]
    MAX_MISSED_OFFERS_FIELD_NUMBER: _ClassVar[int]
    DECLINE_COOLDOWN_S_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_WINDOW_S_FIELD_NUMBER: _ClassVar[int]
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
    name: str
    version: int
    since: _timestamp_pb2.Timestamp
    ordering: _events_pb2.Ordering
    selection: _events_pb2.Selection
    late_share: int
    urgency_head_start_s: int
    skill_weights: _containers.RepeatedCompositeFieldContainer[_events_pb2.SkillWeight]
    preferred_s: int
    max_missed_offers: int
    decline_cooldown_s: int
    confirm_window_s: int
    absence_s: int
    channel_units: _containers.RepeatedCompositeFieldContainer[_events_pb2.ChannelUnits]
    pending_percent: int
    resume_percent: int
    wind_down_s: int
    rules: _containers.RepeatedCompositeFieldContainer[RequirementRule]
    relaxations: _containers.RepeatedCompositeFieldContainer[RelaxationStep]
    tier_head_starts: _containers.RepeatedCompositeFieldContainer[_events_pb2.TierHeadStart]
    earned_levels: _containers.RepeatedCompositeFieldContainer[_events_pb2.EarnedLevel]
    places: _containers.RepeatedCompositeFieldContainer[_events_pb2.Place]
    rescue_s: int
    interrupts: _containers.RepeatedCompositeFieldContainer[_events_pb2.Interrupts]
    interrupted_s: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ordering: _Optional[_Union[_events_pb2.Ordering, str]] = ..., selection: _Optional[_Union[_events_pb2.Selection, str]] = ..., late_share: _Optional[int] = ..., urgency_head_start_s: _Optional[int] = ..., skill_weights: _Optional[_Iterable[_Union[_events_pb2.SkillWeight, _Mapping]]] = ..., preferred_s: _Optional[int] = ..., max_missed_offers: _Optional[int] = ..., decline_cooldown_s: _Optional[int] = ..., confirm_window_s: _Optional[int] = ..., absence_s: _Optional[int] = ..., channel_units: _Optional[_Iterable[_Union[_events_pb2.ChannelUnits, _Mapping]]] = ..., pending_percent: _Optional[int] = ..., resume_percent: _Optional[int] = ..., wind_down_s: _Optional[int] = ..., rules: _Optional[_Iterable[_Union[RequirementRule, _Mapping]]] = ..., relaxations: _Optional[_Iterable[_Union[RelaxationStep, _Mapping]]] = ..., tier_head_starts: _Optional[_Iterable[_Union[_events_pb2.TierHeadStart, _Mapping]]] = ..., earned_levels: _Optional[_Iterable[_Union[_events_pb2.EarnedLevel, _Mapping]]] = ..., places: _Optional[_Iterable[_Union[_events_pb2.Place, _Mapping]]] = ..., rescue_s: _Optional[int] = ..., interrupts: _Optional[_Iterable[_Union[_events_pb2.Interrupts, _Mapping]]] = ..., interrupted_s: _Optional[int] = ...) -> None: ...

class RelaxationStep(_message.Message):
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

class RequirementRule(_message.Message):
    __slots__ = ("rule_id", "condition", "queue", "urgency", "weight", "first_response_s", "requirements", "stop", "agents", "tier", "within", "uninterruptible")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    FIRST_RESPONSE_S_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    condition: str
    queue: str
    urgency: int
    weight: int
    first_response_s: int
    requirements: _containers.RepeatedCompositeFieldContainer[_events_pb2.Requirement]
    stop: bool
    agents: CaseAgents
    tier: str
    within: _events_pb2.Within
    uninterruptible: bool
    def __init__(self, rule_id: _Optional[str] = ..., condition: _Optional[str] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., weight: _Optional[int] = ..., first_response_s: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[_events_pb2.Requirement, _Mapping]]] = ..., stop: _Optional[bool] = ..., agents: _Optional[_Union[CaseAgents, _Mapping]] = ..., tier: _Optional[str] = ..., within: _Optional[_Union[_events_pb2.Within, _Mapping]] = ..., uninterruptible: _Optional[bool] = ...) -> None: ...

class CasePost(_message.Message):
    __slots__ = ("post", "direction", "author_kind", "published_at", "window_expires_at", "role")
    POST_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    post: str
    direction: _post_pb2.Direction
    author_kind: _post_pb2.AuthorKind
    published_at: _timestamp_pb2.Timestamp
    window_expires_at: _timestamp_pb2.Timestamp
    role: _events_pb2.PostRole
    def __init__(self, post: _Optional[str] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., window_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., role: _Optional[_Union[_events_pb2.PostRole, str]] = ...) -> None: ...

class UnattributedPost(_message.Message):
    __slots__ = ("post", "desk", "source", "in_reply_to", "author_kind", "published_at")
    POST_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KIND_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    post: str
    desk: str
    source: str
    in_reply_to: str
    author_kind: _post_pb2.AuthorKind
    published_at: _timestamp_pb2.Timestamp
    def __init__(self, post: _Optional[str] = ..., desk: _Optional[str] = ..., source: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., author_kind: _Optional[_Union[_post_pb2.AuthorKind, str]] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseEvent(_message.Message):
    __slots__ = ("position", "case", "type", "event")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    position: str
    case: str
    type: str
    event: _log_pb2.Event
    def __init__(self, position: _Optional[str] = ..., case: _Optional[str] = ..., type: _Optional[str] = ..., event: _Optional[_Union[_log_pb2.Event, _Mapping]] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("agent", "eligible", "constraint", "explanation", "skill_score", "free_units", "released_at", "constraints", "rank_score", "interrupts")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    ELIGIBLE_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    SKILL_SCORE_FIELD_NUMBER: _ClassVar[int]
    FREE_UNITS_FIELD_NUMBER: _ClassVar[int]
    RELEASED_AT_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    RANK_SCORE_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTS_FIELD_NUMBER: _ClassVar[int]
    agent: str
    eligible: bool
    constraint: Constraint
    explanation: str
    skill_score: float
    free_units: int
    released_at: _timestamp_pb2.Timestamp
    constraints: _containers.RepeatedScalarFieldContainer[Constraint]
    rank_score: float
    interrupts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, agent: _Optional[str] = ..., eligible: _Optional[bool] = ..., constraint: _Optional[_Union[Constraint, str]] = ..., explanation: _Optional[str] = ..., skill_score: _Optional[float] = ..., free_units: _Optional[int] = ..., released_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., constraints: _Optional[_Iterable[_Union[Constraint, str]]] = ..., rank_score: _Optional[float] = ..., interrupts: _Optional[_Iterable[str]] = ...) -> None: ...

class GetCaseRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetCaseResponse(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class ListCasesRequest(_message.Message):
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

class ListCasesResponse(_message.Message):
    __slots__ = ("cases", "next_page_token")
    CASES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[Case]
    next_page_token: str
    def __init__(self, cases: _Optional[_Iterable[_Union[Case, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListCasePostsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListCasePostsResponse(_message.Message):
    __slots__ = ("case_posts", "next_page_token")
    CASE_POSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    case_posts: _containers.RepeatedCompositeFieldContainer[CasePost]
    next_page_token: str
    def __init__(self, case_posts: _Optional[_Iterable[_Union[CasePost, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListUnattributedPostsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListUnattributedPostsResponse(_message.Message):
    __slots__ = ("unattributed_posts", "next_page_token")
    UNATTRIBUTED_POSTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    unattributed_posts: _containers.RepeatedCompositeFieldContainer[UnattributedPost]
    next_page_token: str
    def __init__(self, unattributed_posts: _Optional[_Iterable[_Union[UnattributedPost, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchCasesRequest(_message.Message):
    __slots__ = ("parent", "filter", "resume_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    filter: str
    resume_token: str
    def __init__(self, parent: _Optional[str] = ..., filter: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchCasesResponse(_message.Message):
    __slots__ = ("case", "snapshot", "resume_token")
    CASE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    case: Case
    snapshot: bool
    resume_token: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., snapshot: _Optional[bool] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ListCaseEventsRequest(_message.Message):
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

class ListCaseEventsResponse(_message.Message):
    __slots__ = ("case_events", "next_page_token")
    CASE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    case_events: _containers.RepeatedCompositeFieldContainer[CaseEvent]
    next_page_token: str
    def __init__(self, case_events: _Optional[_Iterable[_Union[CaseEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class OpenCaseRequest(_message.Message):
    __slots__ = ("parent", "queue", "channel", "source", "identity", "language", "urgency", "requirements", "weight", "direction", "request_id", "post", "desk", "agent", "reason", "agents", "tier", "within")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    DESK_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    queue: str
    channel: str
    source: str
    identity: str
    language: str
    urgency: int
    requirements: _containers.RepeatedCompositeFieldContainer[_events_pb2.Requirement]
    weight: int
    direction: _post_pb2.Direction
    request_id: str
    post: str
    desk: str
    agent: str
    reason: str
    agents: CaseAgents
    tier: str
    within: CaseWithin
    def __init__(self, parent: _Optional[str] = ..., queue: _Optional[str] = ..., channel: _Optional[str] = ..., source: _Optional[str] = ..., identity: _Optional[str] = ..., language: _Optional[str] = ..., urgency: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[_events_pb2.Requirement, _Mapping]]] = ..., weight: _Optional[int] = ..., direction: _Optional[_Union[_post_pb2.Direction, str]] = ..., request_id: _Optional[str] = ..., post: _Optional[str] = ..., desk: _Optional[str] = ..., agent: _Optional[str] = ..., reason: _Optional[str] = ..., agents: _Optional[_Union[CaseAgents, _Mapping]] = ..., tier: _Optional[str] = ..., within: _Optional[_Union[CaseWithin, _Mapping]] = ...) -> None: ...

class OpenCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class AcceptOfferRequest(_message.Message):
    __slots__ = ("name", "agent", "token", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    token: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., token: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class AcceptOfferResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class DeclineOfferRequest(_message.Message):
    __slots__ = ("name", "agent", "token", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    token: int
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., token: _Optional[int] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeclineOfferResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ReleaseCaseRequest(_message.Message):
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

class ReleaseCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ClaimCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ClaimCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class RenewClaimRequest(_message.Message):
    __slots__ = ("name", "agent", "token", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    token: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., token: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class RenewClaimResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class SecondClaimRequest(_message.Message):
    __slots__ = ("name", "agent", "token", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    token: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., token: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class SecondClaimResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class VoteOnAnswerRequest(_message.Message):
    __slots__ = ("name", "agent", "reply_id", "verdict", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    reply_id: str
    verdict: _events_pb2.Verdict
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., reply_id: _Optional[str] = ..., verdict: _Optional[_Union[_events_pb2.Verdict, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class VoteOnAnswerResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ReplyToCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "text", "in_reply_to", "request_id", "barge_reason", "etag", "claim_token", "force")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IN_REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BARGE_REASON_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CLAIM_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    text: str
    in_reply_to: str
    request_id: str
    barge_reason: str
    etag: str
    claim_token: int
    force: bool
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., text: _Optional[str] = ..., in_reply_to: _Optional[str] = ..., request_id: _Optional[str] = ..., barge_reason: _Optional[str] = ..., etag: _Optional[str] = ..., claim_token: _Optional[int] = ..., force: _Optional[bool] = ...) -> None: ...

class ReplyToCaseResponse(_message.Message):
    __slots__ = ("case", "reply_id", "position", "signature")
    CASE_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    case: Case
    reply_id: str
    position: str
    signature: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., reply_id: _Optional[str] = ..., position: _Optional[str] = ..., signature: _Optional[str] = ...) -> None: ...

class NoteCaseRequest(_message.Message):
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

class NoteCaseResponse(_message.Message):
    __slots__ = ("case", "note_id", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    NOTE_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    note_id: str
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., note_id: _Optional[str] = ..., position: _Optional[str] = ...) -> None: ...

class PendCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "waiting_for", "until", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    waiting_for: _events_pb2.WaitingFor
    until: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., waiting_for: _Optional[_Union[_events_pb2.WaitingFor, str]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class PendCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ResumeCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ResolveCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "disposition", "tags", "request_id", "cancel_tasks")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CANCEL_TASKS_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    disposition: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    cancel_tasks: bool
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., disposition: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ..., cancel_tasks: _Optional[bool] = ...) -> None: ...

class ResolveCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ReopenCaseRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReopenCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class TransferCaseRequest(_message.Message):
    __slots__ = ("name", "queue", "urgency", "agent", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    queue: str
    urgency: int
    agent: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., agent: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class TransferCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class CaseWithin(_message.Message):
    __slots__ = ("place_id", "point", "radius_km", "hard")
    PLACE_ID_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    HARD_FIELD_NUMBER: _ClassVar[int]
    place_id: str
    point: _events_pb2.GeoPoint
    radius_km: int
    hard: bool
    def __init__(self, place_id: _Optional[str] = ..., point: _Optional[_Union[_events_pb2.GeoPoint, _Mapping]] = ..., radius_km: _Optional[int] = ..., hard: _Optional[bool] = ...) -> None: ...

class ShapeCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "agents", "request_id", "tier", "within")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    agents: CaseAgents
    request_id: str
    tier: str
    within: CaseWithin
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., agents: _Optional[_Union[CaseAgents, _Mapping]] = ..., request_id: _Optional[str] = ..., tier: _Optional[str] = ..., within: _Optional[_Union[CaseWithin, _Mapping]] = ...) -> None: ...

class ShapeCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class EscalateCaseRequest(_message.Message):
    __slots__ = ("name", "queue", "urgency", "agent", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    queue: str
    urgency: int
    agent: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., queue: _Optional[str] = ..., urgency: _Optional[int] = ..., agent: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EscalateCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class CreateTaskRequest(_message.Message):
    __slots__ = ("name", "queue", "reason", "urgency", "requirements", "weight", "agent", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    URGENCY_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    queue: str
    reason: str
    urgency: int
    requirements: _containers.RepeatedCompositeFieldContainer[_events_pb2.Requirement]
    weight: int
    agent: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., queue: _Optional[str] = ..., reason: _Optional[str] = ..., urgency: _Optional[int] = ..., requirements: _Optional[_Iterable[_Union[_events_pb2.Requirement, _Mapping]]] = ..., weight: _Optional[int] = ..., agent: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateTaskResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class CloseTaskRequest(_message.Message):
    __slots__ = ("name", "outcome", "agent", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    outcome: str
    agent: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., outcome: _Optional[str] = ..., agent: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CloseTaskResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class JoinCasesRequest(_message.Message):
    __slots__ = ("name", "into", "agent", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INTO_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    into: str
    agent: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., into: _Optional[str] = ..., agent: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class JoinCasesResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class SplitCaseRequest(_message.Message):
    __slots__ = ("name", "agent", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    agent: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., agent: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class SplitCaseResponse(_message.Message):
    __slots__ = ("case", "position")
    CASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    case: Case
    position: str
    def __init__(self, case: _Optional[_Union[Case, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class CreateAgentRequest(_message.Message):
    __slots__ = ("parent", "agent_id", "agent", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    agent_id: str
    agent: Agent
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., agent_id: _Optional[str] = ..., agent: _Optional[_Union[Agent, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateAgentResponse(_message.Message):
    __slots__ = ("agent", "position")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    position: str
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GetAgentRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetAgentResponse(_message.Message):
    __slots__ = ("agent",)
    AGENT_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ...) -> None: ...

class ListAgentsRequest(_message.Message):
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

class ListAgentsResponse(_message.Message):
    __slots__ = ("agents", "next_page_token")
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    agents: _containers.RepeatedCompositeFieldContainer[Agent]
    next_page_token: str
    def __init__(self, agents: _Optional[_Iterable[_Union[Agent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateAgentRequest(_message.Message):
    __slots__ = ("agent", "update_mask", "request_id")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateAgentResponse(_message.Message):
    __slots__ = ("agent", "position")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    position: str
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class DeleteAgentRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteAgentResponse(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: str
    def __init__(self, position: _Optional[str] = ...) -> None: ...

class SetPresenceRequest(_message.Message):
    __slots__ = ("name", "presence", "request_id", "channels")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    name: str
    presence: _events_pb2.Presence
    request_id: str
    channels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., presence: _Optional[_Union[_events_pb2.Presence, str]] = ..., request_id: _Optional[str] = ..., channels: _Optional[_Iterable[str]] = ...) -> None: ...

class SetPresenceResponse(_message.Message):
    __slots__ = ("agent", "position")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    position: str
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class DrainAgentRequest(_message.Message):
    __slots__ = ("name", "until", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    until: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, name: _Optional[str] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DrainAgentResponse(_message.Message):
    __slots__ = ("agent", "position")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    agent: Agent
    position: str
    def __init__(self, agent: _Optional[_Union[Agent, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class WatchOffersRequest(_message.Message):
    __slots__ = ("agent", "resume_token")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    agent: str
    resume_token: str
    def __init__(self, agent: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchOffersResponse(_message.Message):
    __slots__ = ("offer", "change", "snapshot", "resume_token", "presence", "reason", "task")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    offer: Offer
    change: OfferChange
    snapshot: bool
    resume_token: str
    presence: _events_pb2.Presence
    reason: str
    task: str
    def __init__(self, offer: _Optional[_Union[Offer, _Mapping]] = ..., change: _Optional[_Union[OfferChange, str]] = ..., snapshot: _Optional[bool] = ..., resume_token: _Optional[str] = ..., presence: _Optional[_Union[_events_pb2.Presence, str]] = ..., reason: _Optional[str] = ..., task: _Optional[str] = ...) -> None: ...

class CreateQueueRequest(_message.Message):
    __slots__ = ("parent", "queue_id", "queue", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    queue_id: str
    queue: Queue
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., queue_id: _Optional[str] = ..., queue: _Optional[_Union[Queue, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateQueueResponse(_message.Message):
    __slots__ = ("queue", "position")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    position: str
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GetQueueRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetQueueResponse(_message.Message):
    __slots__ = ("queue",)
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ...) -> None: ...

class ListQueuesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "min_position", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    min_position: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListQueuesResponse(_message.Message):
    __slots__ = ("queues", "next_page_token")
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    queues: _containers.RepeatedCompositeFieldContainer[Queue]
    next_page_token: str
    def __init__(self, queues: _Optional[_Iterable[_Union[Queue, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateQueueRequest(_message.Message):
    __slots__ = ("queue", "update_mask", "request_id")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateQueueResponse(_message.Message):
    __slots__ = ("queue", "position")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    position: str
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class DeleteQueueRequest(_message.Message):
    __slots__ = ("name", "force", "successor", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    SUCCESSOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    force: bool
    successor: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., force: _Optional[bool] = ..., successor: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteQueueResponse(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: str
    def __init__(self, position: _Optional[str] = ...) -> None: ...

class ExplainDecisionRequest(_message.Message):
    __slots__ = ("name", "token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    token: int
    def __init__(self, name: _Optional[str] = ..., token: _Optional[int] = ...) -> None: ...

class ExplainDecisionResponse(_message.Message):
    __slots__ = ("state", "summary", "binding_constraint", "candidates", "rank", "position", "candidate_count", "alternatives", "policy_version", "offer", "relaxations")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    BINDING_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    OFFER_FIELD_NUMBER: _ClassVar[int]
    RELAXATIONS_FIELD_NUMBER: _ClassVar[int]
    state: CaseState
    summary: str
    binding_constraint: Constraint
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    rank: int
    position: str
    candidate_count: int
    alternatives: _containers.RepeatedScalarFieldContainer[str]
    policy_version: int
    offer: Offer
    relaxations: _containers.RepeatedCompositeFieldContainer[PlannedRelaxation]
    def __init__(self, state: _Optional[_Union[CaseState, str]] = ..., summary: _Optional[str] = ..., binding_constraint: _Optional[_Union[Constraint, str]] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., rank: _Optional[int] = ..., position: _Optional[str] = ..., candidate_count: _Optional[int] = ..., alternatives: _Optional[_Iterable[str]] = ..., policy_version: _Optional[int] = ..., offer: _Optional[_Union[Offer, _Mapping]] = ..., relaxations: _Optional[_Iterable[_Union[PlannedRelaxation, _Mapping]]] = ...) -> None: ...

class CheckRoutingPolicyRequest(_message.Message):
    __slots__ = ("routing_policy", "update_mask", "case_count")
    ROUTING_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    CASE_COUNT_FIELD_NUMBER: _ClassVar[int]
    routing_policy: RoutingPolicy
    update_mask: _field_mask_pb2.FieldMask
    case_count: int
    def __init__(self, routing_policy: _Optional[_Union[RoutingPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., case_count: _Optional[int] = ...) -> None: ...

class CheckRoutingPolicyResponse(_message.Message):
    __slots__ = ("cases", "ruled_count", "changed_count")
    CASES_FIELD_NUMBER: _ClassVar[int]
    RULED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[CheckedCase]
    ruled_count: int
    changed_count: int
    def __init__(self, cases: _Optional[_Iterable[_Union[CheckedCase, _Mapping]]] = ..., ruled_count: _Optional[int] = ..., changed_count: _Optional[int] = ...) -> None: ...

class CheckedCase(_message.Message):
    __slots__ = ("case", "rule_ids", "outcomes", "differences")
    CASE_FIELD_NUMBER: _ClassVar[int]
    RULE_IDS_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    case: str
    rule_ids: _containers.RepeatedScalarFieldContainer[str]
    outcomes: _containers.RepeatedScalarFieldContainer[str]
    differences: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, case: _Optional[str] = ..., rule_ids: _Optional[_Iterable[str]] = ..., outcomes: _Optional[_Iterable[str]] = ..., differences: _Optional[_Iterable[str]] = ...) -> None: ...

class PlannedRelaxation(_message.Message):
    __slots__ = ("step", "due_at", "explanation")
    STEP_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    step: int
    due_at: _timestamp_pb2.Timestamp
    explanation: str
    def __init__(self, step: _Optional[int] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., explanation: _Optional[str] = ...) -> None: ...

class SealedText(_message.Message):
    __slots__ = ("reply", "note", "text", "text_length", "text_digest", "source_gone", "signature", "sketch", "platform_length")
    REPLY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    TEXT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_GONE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SKETCH_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_LENGTH_FIELD_NUMBER: _ClassVar[int]
    reply: ReplyToCaseRequest
    note: NoteCaseRequest
    text: _log_pb2.Sealed
    text_length: int
    text_digest: bytes
    source_gone: bool
    signature: str
    sketch: bytes
    platform_length: int
    def __init__(self, reply: _Optional[_Union[ReplyToCaseRequest, _Mapping]] = ..., note: _Optional[_Union[NoteCaseRequest, _Mapping]] = ..., text: _Optional[_Union[_log_pb2.Sealed, _Mapping]] = ..., text_length: _Optional[int] = ..., text_digest: _Optional[bytes] = ..., source_gone: _Optional[bool] = ..., signature: _Optional[str] = ..., sketch: _Optional[bytes] = ..., platform_length: _Optional[int] = ...) -> None: ...

class GetRoutingPolicyRequest(_message.Message):
    __slots__ = ("name", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    min_position: str
    def __init__(self, name: _Optional[str] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetRoutingPolicyResponse(_message.Message):
    __slots__ = ("routing_policy",)
    ROUTING_POLICY_FIELD_NUMBER: _ClassVar[int]
    routing_policy: RoutingPolicy
    def __init__(self, routing_policy: _Optional[_Union[RoutingPolicy, _Mapping]] = ...) -> None: ...

class UpdateRoutingPolicyRequest(_message.Message):
    __slots__ = ("routing_policy", "update_mask", "request_id")
    ROUTING_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    routing_policy: RoutingPolicy
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, routing_policy: _Optional[_Union[RoutingPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateRoutingPolicyResponse(_message.Message):
    __slots__ = ("routing_policy", "position")
    ROUTING_POLICY_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    routing_policy: RoutingPolicy
    position: str
    def __init__(self, routing_policy: _Optional[_Union[RoutingPolicy, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...
