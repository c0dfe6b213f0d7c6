import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from switchboard.kpi.v1 import events_pb2 as _events_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MetricUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METRIC_UNIT_UNSPECIFIED: _ClassVar[MetricUnit]
    METRIC_UNIT_CONTACTS: _ClassVar[MetricUnit]
    METRIC_UNIT_SECONDS: _ClassVar[MetricUnit]
    METRIC_UNIT_RATIO: _ClassVar[MetricUnit]
    METRIC_UNIT_NUMBER: _ClassVar[MetricUnit]
    METRIC_UNIT_ITEMS: _ClassVar[MetricUnit]

class Basis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BASIS_UNSPECIFIED: _ClassVar[Basis]
    BASIS_COHORT: _ClassVar[Basis]
    BASIS_COMPLETION: _ClassVar[Basis]

class AgentOfTheAct(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGENT_OF_THE_ACT_UNSPECIFIED: _ClassVar[AgentOfTheAct]
    AGENT_OF_THE_ACT_ACCEPTER: _ClassVar[AgentOfTheAct]
    AGENT_OF_THE_ACT_HUMAN_ANSWERER: _ClassVar[AgentOfTheAct]
    AGENT_OF_THE_ACT_ANY_ANSWERER: _ClassVar[AgentOfTheAct]
    AGENT_OF_THE_ACT_RESOLVER: _ClassVar[AgentOfTheAct]
    AGENT_OF_THE_ACT_OWN: _ClassVar[AgentOfTheAct]
METRIC_UNIT_UNSPECIFIED: MetricUnit
METRIC_UNIT_CONTACTS: MetricUnit
METRIC_UNIT_SECONDS: MetricUnit
METRIC_UNIT_RATIO: MetricUnit
METRIC_UNIT_NUMBER: MetricUnit
METRIC_UNIT_ITEMS: MetricUnit
BASIS_UNSPECIFIED: Basis
BASIS_COHORT: Basis
BASIS_COMPLETION: Basis
AGENT_OF_THE_ACT_UNSPECIFIED: AgentOfTheAct
AGENT_OF_THE_ACT_ACCEPTER: AgentOfTheAct
AGENT_OF_THE_ACT_HUMAN_ANSWERER: AgentOfTheAct
AGENT_OF_THE_ACT_ANY_ANSWERER: AgentOfTheAct
AGENT_OF_THE_ACT_RESOLVER: AgentOfTheAct
AGENT_OF_THE_ACT_OWN: AgentOfTheAct

class MetricDefinition(_message.Message):
    __slots__ = ("id", "version", "display_name", "description", "unit", "numerator", "denominator", "source", "agent", "parameters", "has_completion", "metric")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    HAS_COMPLETION_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: int
    display_name: str
    description: str
    unit: MetricUnit
    numerator: str
    denominator: str
    source: str
    agent: AgentOfTheAct
    parameters: _containers.RepeatedCompositeFieldContainer[MetricParameter]
    has_completion: bool
    metric: str
    def __init__(self, id: _Optional[str] = ..., version: _Optional[int] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., unit: _Optional[_Union[MetricUnit, str]] = ..., numerator: _Optional[str] = ..., denominator: _Optional[str] = ..., source: _Optional[str] = ..., agent: _Optional[_Union[AgentOfTheAct, str]] = ..., parameters: _Optional[_Iterable[_Union[MetricParameter, _Mapping]]] = ..., has_completion: _Optional[bool] = ..., metric: _Optional[str] = ...) -> None: ...

class MetricParameter(_message.Message):
    __slots__ = ("name", "seconds")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    seconds: int
    def __init__(self, name: _Optional[str] = ..., seconds: _Optional[int] = ...) -> None: ...

class Dimension(_message.Message):
    __slots__ = ("key", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class MetricValue(_message.Message):
    __slots__ = ("metric", "definition_version", "value", "numerator", "denominator")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    metric: str
    definition_version: int
    value: float
    numerator: float
    denominator: float
    def __init__(self, metric: _Optional[str] = ..., definition_version: _Optional[int] = ..., value: _Optional[float] = ..., numerator: _Optional[float] = ..., denominator: _Optional[float] = ...) -> None: ...

class MetricRow(_message.Message):
    __slots__ = ("group", "values")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedCompositeFieldContainer[Dimension]
    values: _containers.RepeatedCompositeFieldContainer[MetricValue]
    def __init__(self, group: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ..., values: _Optional[_Iterable[_Union[MetricValue, _Mapping]]] = ...) -> None: ...

class ListMetricDefinitionsRequest(_message.Message):
    __slots__ = ("parent", "filter", "all_versions")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ALL_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    filter: str
    all_versions: bool
    def __init__(self, parent: _Optional[str] = ..., filter: _Optional[str] = ..., all_versions: _Optional[bool] = ...) -> None: ...

class ListMetricDefinitionsResponse(_message.Message):
    __slots__ = ("definitions",)
    DEFINITIONS_FIELD_NUMBER: _ClassVar[int]
    definitions: _containers.RepeatedCompositeFieldContainer[MetricDefinition]
    def __init__(self, definitions: _Optional[_Iterable[_Union[MetricDefinition, _Mapping]]] = ...) -> None: ...

class QueryMetricsRequest(_message.Message):
    __slots__ = ("parent", "metrics", "group_by", "start_time", "end_time", "time_zone", "observed_until", "filter", "min_position", "as_of", "basis", "as_of_time")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    parent: str
    metrics: _containers.RepeatedScalarFieldContainer[str]
    group_by: _containers.RepeatedScalarFieldContainer[str]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    time_zone: str
    observed_until: _timestamp_pb2.Timestamp
    filter: str
    min_position: str
    as_of: str
    basis: Basis
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, parent: _Optional[str] = ..., metrics: _Optional[_Iterable[str]] = ..., group_by: _Optional[_Iterable[str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., filter: _Optional[str] = ..., min_position: _Optional[str] = ..., as_of: _Optional[str] = ..., basis: _Optional[_Union[Basis, str]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class QueryMetricsResponse(_message.Message):
    __slots__ = ("rows", "definitions", "position", "observed_until", "time_zone", "basis")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    DEFINITIONS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[MetricRow]
    definitions: _containers.RepeatedCompositeFieldContainer[MetricDefinition]
    position: str
    observed_until: _timestamp_pb2.Timestamp
    time_zone: str
    basis: Basis
    def __init__(self, rows: _Optional[_Iterable[_Union[MetricRow, _Mapping]]] = ..., definitions: _Optional[_Iterable[_Union[MetricDefinition, _Mapping]]] = ..., position: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., basis: _Optional[_Union[Basis, str]] = ...) -> None: ...

class ListContributingEventsRequest(_message.Message):
    __slots__ = ("parent", "metric", "group", "start_time", "end_time", "time_zone", "observed_until", "filter", "page_size", "page_token", "min_position", "as_of", "basis", "as_of_time")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    parent: str
    metric: str
    group: _containers.RepeatedCompositeFieldContainer[Dimension]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    time_zone: str
    observed_until: _timestamp_pb2.Timestamp
    filter: str
    page_size: int
    page_token: str
    min_position: str
    as_of: str
    basis: Basis
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, parent: _Optional[str] = ..., metric: _Optional[str] = ..., group: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., filter: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., min_position: _Optional[str] = ..., as_of: _Optional[str] = ..., basis: _Optional[_Union[Basis, str]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListContributingEventsResponse(_message.Message):
    __slots__ = ("contributions", "next_page_token", "total_size", "position")
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    next_page_token: str
    total_size: int
    position: str
    def __init__(self, contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ..., position: _Optional[str] = ...) -> None: ...

class Contribution(_message.Message):
    __slots__ = ("case", "episode", "start_time", "in_numerator", "in_denominator", "seconds", "events", "skewed", "agent", "queue", "complete_time")
    CASE_FIELD_NUMBER: _ClassVar[int]
    EPISODE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    IN_NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    IN_DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    SKEWED_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_TIME_FIELD_NUMBER: _ClassVar[int]
    case: str
    episode: int
    start_time: _timestamp_pb2.Timestamp
    in_numerator: bool
    in_denominator: bool
    seconds: float
    events: _containers.RepeatedCompositeFieldContainer[Evidence]
    skewed: bool
    agent: str
    queue: str
    complete_time: _timestamp_pb2.Timestamp
    def __init__(self, case: _Optional[str] = ..., episode: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., in_numerator: _Optional[bool] = ..., in_denominator: _Optional[bool] = ..., seconds: _Optional[float] = ..., events: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., skewed: _Optional[bool] = ..., agent: _Optional[str] = ..., queue: _Optional[str] = ..., complete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("event_id", "position", "role", "type", "at", "unreadable")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    UNREADABLE_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    position: str
    role: str
    type: str
    at: _timestamp_pb2.Timestamp
    unreadable: str
    def __init__(self, event_id: _Optional[str] = ..., position: _Optional[str] = ..., role: _Optional[str] = ..., type: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unreadable: _Optional[str] = ...) -> None: ...

class WatchWallboardRequest(_message.Message):
    __slots__ = ("parent", "metrics", "group_by", "start_time", "time_zone", "filter", "resume_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    metrics: _containers.RepeatedScalarFieldContainer[str]
    group_by: _containers.RepeatedScalarFieldContainer[str]
    start_time: _timestamp_pb2.Timestamp
    time_zone: str
    filter: str
    resume_token: str
    def __init__(self, parent: _Optional[str] = ..., metrics: _Optional[_Iterable[str]] = ..., group_by: _Optional[_Iterable[str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., filter: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchWallboardResponse(_message.Message):
    __slots__ = ("snapshot", "rows", "removed", "position", "observed_until", "resume_token", "floor")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    snapshot: bool
    rows: _containers.RepeatedCompositeFieldContainer[MetricRow]
    removed: _containers.RepeatedCompositeFieldContainer[DimensionGroup]
    position: str
    observed_until: _timestamp_pb2.Timestamp
    resume_token: str
    floor: Floor
    def __init__(self, snapshot: _Optional[bool] = ..., rows: _Optional[_Iterable[_Union[MetricRow, _Mapping]]] = ..., removed: _Optional[_Iterable[_Union[DimensionGroup, _Mapping]]] = ..., position: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resume_token: _Optional[str] = ..., floor: _Optional[_Union[Floor, _Mapping]] = ...) -> None: ...

class Floor(_message.Message):
    __slots__ = ("waiting", "oldest_waiting_start", "answered_on_time", "due", "agents_free", "agents_busy", "agents_away")
    WAITING_FIELD_NUMBER: _ClassVar[int]
    OLDEST_WAITING_START_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_ON_TIME_FIELD_NUMBER: _ClassVar[int]
    DUE_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FREE_FIELD_NUMBER: _ClassVar[int]
    AGENTS_BUSY_FIELD_NUMBER: _ClassVar[int]
    AGENTS_AWAY_FIELD_NUMBER: _ClassVar[int]
    waiting: int
    oldest_waiting_start: _timestamp_pb2.Timestamp
    answered_on_time: int
    due: int
    agents_free: int
    agents_busy: int
    agents_away: int
    def __init__(self, waiting: _Optional[int] = ..., oldest_waiting_start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., answered_on_time: _Optional[int] = ..., due: _Optional[int] = ..., agents_free: _Optional[int] = ..., agents_busy: _Optional[int] = ..., agents_away: _Optional[int] = ...) -> None: ...

class DimensionGroup(_message.Message):
    __slots__ = ("group",)
    GROUP_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedCompositeFieldContainer[Dimension]
    def __init__(self, group: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ...) -> None: ...

class Calendar(_message.Message):
    __slots__ = ("name", "display_name", "time_zone", "weekly", "exceptions", "version", "tzdata_version", "defined_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    WEEKLY_FIELD_NUMBER: _ClassVar[int]
    EXCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TZDATA_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEFINED_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    time_zone: str
    weekly: _containers.RepeatedCompositeFieldContainer[_events_pb2.WeeklyHours]
    exceptions: _containers.RepeatedCompositeFieldContainer[_events_pb2.CalendarException]
    version: int
    tzdata_version: str
    defined_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., time_zone: _Optional[str] = ..., weekly: _Optional[_Iterable[_Union[_events_pb2.WeeklyHours, _Mapping]]] = ..., exceptions: _Optional[_Iterable[_Union[_events_pb2.CalendarException, _Mapping]]] = ..., version: _Optional[int] = ..., tzdata_version: _Optional[str] = ..., defined_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateCalendarRequest(_message.Message):
    __slots__ = ("parent", "calendar_id", "calendar", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_ID_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    calendar_id: str
    calendar: Calendar
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., calendar_id: _Optional[str] = ..., calendar: _Optional[_Union[Calendar, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateCalendarResponse(_message.Message):
    __slots__ = ("calendar", "position")
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    calendar: Calendar
    position: str
    def __init__(self, calendar: _Optional[_Union[Calendar, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class GetCalendarRequest(_message.Message):
    __slots__ = ("name", "version", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    min_position: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., min_position: _Optional[str] = ...) -> None: ...

class GetCalendarResponse(_message.Message):
    __slots__ = ("calendar",)
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    calendar: Calendar
    def __init__(self, calendar: _Optional[_Union[Calendar, _Mapping]] = ...) -> None: ...

class ListCalendarsRequest(_message.Message):
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

class ListCalendarsResponse(_message.Message):
    __slots__ = ("calendars", "next_page_token")
    CALENDARS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    calendars: _containers.RepeatedCompositeFieldContainer[Calendar]
    next_page_token: str
    def __init__(self, calendars: _Optional[_Iterable[_Union[Calendar, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateCalendarRequest(_message.Message):
    __slots__ = ("calendar", "update_mask", "expected_version", "request_id")
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    calendar: Calendar
    update_mask: _field_mask_pb2.FieldMask
    expected_version: int
    request_id: str
    def __init__(self, calendar: _Optional[_Union[Calendar, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., expected_version: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateCalendarResponse(_message.Message):
    __slots__ = ("calendar", "position")
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    calendar: Calendar
    position: str
    def __init__(self, calendar: _Optional[_Union[Calendar, _Mapping]] = ..., position: _Optional[str] = ...) -> None: ...

class ImportCalendarExceptionsRequest(_message.Message):
    __slots__ = ("name", "ical", "kind", "first_year", "last_year", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ICAL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FIRST_YEAR_FIELD_NUMBER: _ClassVar[int]
    LAST_YEAR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    ical: bytes
    kind: _events_pb2.ExceptionKind
    first_year: int
    last_year: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., ical: _Optional[bytes] = ..., kind: _Optional[_Union[_events_pb2.ExceptionKind, str]] = ..., first_year: _Optional[int] = ..., last_year: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class ImportCalendarExceptionsResponse(_message.Message):
    __slots__ = ("calendar", "exceptions_count", "position")
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    EXCEPTIONS_COUNT_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    calendar: Calendar
    exceptions_count: int
    position: str
    def __init__(self, calendar: _Optional[_Union[Calendar, _Mapping]] = ..., exceptions_count: _Optional[int] = ..., position: _Optional[str] = ...) -> None: ...

class MeasureBusinessTimeRequest(_message.Message):
    __slots__ = ("name", "version", "start_time", "end_time", "business_time", "min_position")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_TIME_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    business_time: _duration_pb2.Duration
    min_position: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., business_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., min_position: _Optional[str] = ...) -> None: ...

class MeasureBusinessTimeResponse(_message.Message):
    __slots__ = ("business_time", "end_time", "version")
    BUSINESS_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    business_time: _duration_pb2.Duration
    end_time: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, business_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class QueryCurvesRequest(_message.Message):
    __slots__ = ("parent", "group_by", "start_time", "end_time", "time_zone", "observed_until", "filter", "min_position", "as_of", "points_max", "as_of_time")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    POINTS_MAX_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    parent: str
    group_by: _containers.RepeatedScalarFieldContainer[str]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    time_zone: str
    observed_until: _timestamp_pb2.Timestamp
    filter: str
    min_position: str
    as_of: str
    points_max: int
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, parent: _Optional[str] = ..., group_by: _Optional[_Iterable[str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., filter: _Optional[str] = ..., min_position: _Optional[str] = ..., as_of: _Optional[str] = ..., points_max: _Optional[int] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class QueryCurvesResponse(_message.Message):
    __slots__ = ("groups", "position", "observed_until", "time_zone")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[GroupCurves]
    position: str
    observed_until: _timestamp_pb2.Timestamp
    time_zone: str
    def __init__(self, groups: _Optional[_Iterable[_Union[GroupCurves, _Mapping]]] = ..., position: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ...) -> None: ...

class GroupCurves(_message.Message):
    __slots__ = ("group", "contacts", "first_response", "backlog")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_RESPONSE_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedCompositeFieldContainer[Dimension]
    contacts: int
    first_response: _containers.RepeatedCompositeFieldContainer[SurvivalPoint]
    backlog: _containers.RepeatedCompositeFieldContainer[BacklogPoint]
    def __init__(self, group: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ..., contacts: _Optional[int] = ..., first_response: _Optional[_Iterable[_Union[SurvivalPoint, _Mapping]]] = ..., backlog: _Optional[_Iterable[_Union[BacklogPoint, _Mapping]]] = ...) -> None: ...

class SurvivalPoint(_message.Message):
    __slots__ = ("seconds", "waiting_share", "at_risk")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    WAITING_SHARE_FIELD_NUMBER: _ClassVar[int]
    AT_RISK_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    waiting_share: float
    at_risk: int
    def __init__(self, seconds: _Optional[float] = ..., waiting_share: _Optional[float] = ..., at_risk: _Optional[int] = ...) -> None: ...

class BacklogPoint(_message.Message):
    __slots__ = ("at", "waiting")
    AT_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    waiting: int
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waiting: _Optional[int] = ...) -> None: ...

class RestateRequest(_message.Message):
    __slots__ = ("parent", "metric", "from_version", "to_version", "group_by", "start_time", "end_time", "time_zone", "observed_until", "filter", "min_position", "as_of", "basis", "as_of_time")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    FROM_VERSION_FIELD_NUMBER: _ClassVar[int]
    TO_VERSION_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MIN_POSITION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    parent: str
    metric: str
    from_version: int
    to_version: int
    group_by: _containers.RepeatedScalarFieldContainer[str]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    time_zone: str
    observed_until: _timestamp_pb2.Timestamp
    filter: str
    min_position: str
    as_of: str
    basis: Basis
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, parent: _Optional[str] = ..., metric: _Optional[str] = ..., from_version: _Optional[int] = ..., to_version: _Optional[int] = ..., group_by: _Optional[_Iterable[str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., filter: _Optional[str] = ..., min_position: _Optional[str] = ..., as_of: _Optional[str] = ..., basis: _Optional[_Union[Basis, str]] = ..., as_of_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RestateResponse(_message.Message):
    __slots__ = ("rows", "total", "definitions", "position", "observed_until", "time_zone", "basis")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    DEFINITIONS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[RestatedRow]
    total: RestatedRow
    definitions: _containers.RepeatedCompositeFieldContainer[MetricDefinition]
    position: str
    observed_until: _timestamp_pb2.Timestamp
    time_zone: str
    basis: Basis
    def __init__(self, rows: _Optional[_Iterable[_Union[RestatedRow, _Mapping]]] = ..., total: _Optional[_Union[RestatedRow, _Mapping]] = ..., definitions: _Optional[_Iterable[_Union[MetricDefinition, _Mapping]]] = ..., position: _Optional[str] = ..., observed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., basis: _Optional[_Union[Basis, str]] = ...) -> None: ...

class RestatedRow(_message.Message):
    __slots__ = ("group", "before", "after", "difference")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedCompositeFieldContainer[Dimension]
    before: MetricValue
    after: MetricValue
    difference: Difference
    def __init__(self, group: _Optional[_Iterable[_Union[Dimension, _Mapping]]] = ..., before: _Optional[_Union[MetricValue, _Mapping]] = ..., after: _Optional[_Union[MetricValue, _Mapping]] = ..., difference: _Optional[_Union[Difference, _Mapping]] = ...) -> None: ...

class Difference(_message.Message):
    __slots__ = ("value", "numerator", "denominator")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    value: float
    numerator: float
    denominator: float
    def __init__(self, value: _Optional[float] = ..., numerator: _Optional[float] = ..., denominator: _Optional[float] = ...) -> None: ...
