import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExceptionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXCEPTION_KIND_UNSPECIFIED: _ClassVar[ExceptionKind]
    EXCEPTION_KIND_CLOSED: _ClassVar[ExceptionKind]
    EXCEPTION_KIND_OPEN: _ClassVar[ExceptionKind]
EXCEPTION_KIND_UNSPECIFIED: ExceptionKind
EXCEPTION_KIND_CLOSED: ExceptionKind
EXCEPTION_KIND_OPEN: ExceptionKind

class WeeklyHours(_message.Message):
    __slots__ = ("weekday", "start_minute", "end_minute")
    WEEKDAY_FIELD_NUMBER: _ClassVar[int]
    START_MINUTE_FIELD_NUMBER: _ClassVar[int]
    END_MINUTE_FIELD_NUMBER: _ClassVar[int]
    weekday: int
    start_minute: int
    end_minute: int
    def __init__(self, weekday: _Optional[int] = ..., start_minute: _Optional[int] = ..., end_minute: _Optional[int] = ...) -> None: ...

class CalendarException(_message.Message):
    __slots__ = ("start", "end", "kind", "display_name")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    start: str
    end: str
    kind: ExceptionKind
    display_name: str
    def __init__(self, start: _Optional[str] = ..., end: _Optional[str] = ..., kind: _Optional[_Union[ExceptionKind, str]] = ..., display_name: _Optional[str] = ...) -> None: ...

class CalendarDefined(_message.Message):
    __slots__ = ("calendar_id", "version", "display_name", "time_zone", "weekly", "exceptions", "tzdata_version", "at")
    CALENDAR_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    WEEKLY_FIELD_NUMBER: _ClassVar[int]
    EXCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    TZDATA_VERSION_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    calendar_id: str
    version: int
    display_name: str
    time_zone: str
    weekly: _containers.RepeatedCompositeFieldContainer[WeeklyHours]
    exceptions: _containers.RepeatedCompositeFieldContainer[CalendarException]
    tzdata_version: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, calendar_id: _Optional[str] = ..., version: _Optional[int] = ..., display_name: _Optional[str] = ..., time_zone: _Optional[str] = ..., weekly: _Optional[_Iterable[_Union[WeeklyHours, _Mapping]]] = ..., exceptions: _Optional[_Iterable[_Union[CalendarException, _Mapping]]] = ..., tzdata_version: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
