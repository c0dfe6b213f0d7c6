import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KeyUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_USE_UNSPECIFIED: _ClassVar[KeyUse]
    KEY_USE_WRAP: _ClassVar[KeyUse]
    KEY_USE_BLIND: _ClassVar[KeyUse]

class KeyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_STATE_UNSPECIFIED: _ClassVar[KeyState]
    KEY_STATE_SPARE: _ClassVar[KeyState]
    KEY_STATE_CURRENT: _ClassVar[KeyState]
    KEY_STATE_SUPERSEDED: _ClassVar[KeyState]
    KEY_STATE_RETIRED: _ClassVar[KeyState]
    KEY_STATE_LOST: _ClassVar[KeyState]
KEY_USE_UNSPECIFIED: KeyUse
KEY_USE_WRAP: KeyUse
KEY_USE_BLIND: KeyUse
KEY_STATE_UNSPECIFIED: KeyState
KEY_STATE_SPARE: KeyState
KEY_STATE_CURRENT: KeyState
KEY_STATE_SUPERSEDED: KeyState
KEY_STATE_RETIRED: KeyState
KEY_STATE_LOST: KeyState

class Key(_message.Message):
    __slots__ = ("id", "use", "state", "fingerprint", "in_file", "subject_keys", "first_seen_at", "changed_at", "tenants")
    ID_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    IN_FILE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KEYS_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    use: KeyUse
    state: KeyState
    fingerprint: str
    in_file: bool
    subject_keys: int
    first_seen_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    tenants: int
    def __init__(self, id: _Optional[str] = ..., use: _Optional[_Union[KeyUse, str]] = ..., state: _Optional[_Union[KeyState, str]] = ..., fingerprint: _Optional[str] = ..., in_file: _Optional[bool] = ..., subject_keys: _Optional[int] = ..., first_seen_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tenants: _Optional[int] = ...) -> None: ...

class ListKeysRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListKeysResponse(_message.Message):
    __slots__ = ("keys", "finding")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[Key]
    finding: str
    def __init__(self, keys: _Optional[_Iterable[_Union[Key, _Mapping]]] = ..., finding: _Optional[str] = ...) -> None: ...

class RotateKeysRequest(_message.Message):
    __slots__ = ("to",)
    TO_FIELD_NUMBER: _ClassVar[int]
    to: str
    def __init__(self, to: _Optional[str] = ...) -> None: ...

class RotateKeysResponse(_message.Message):
    __slots__ = ("rewrapped", "unreadable", "done", "retired")
    REWRAPPED_FIELD_NUMBER: _ClassVar[int]
    UNREADABLE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    RETIRED_FIELD_NUMBER: _ClassVar[int]
    rewrapped: int
    unreadable: int
    done: bool
    retired: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rewrapped: _Optional[int] = ..., unreadable: _Optional[int] = ..., done: _Optional[bool] = ..., retired: _Optional[_Iterable[str]] = ...) -> None: ...

class DeclareKeyLostRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeclareKeyLostResponse(_message.Message):
    __slots__ = ("subject_keys", "tenants")
    SUBJECT_KEYS_FIELD_NUMBER: _ClassVar[int]
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    subject_keys: int
    tenants: int
    def __init__(self, subject_keys: _Optional[int] = ..., tenants: _Optional[int] = ...) -> None: ...
