from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IdentityNames(_message.Message):
    __slots__ = ("account_scope", "external_id", "handle", "display_name")
    ACCOUNT_SCOPE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    account_scope: str
    external_id: str
    handle: str
    display_name: str
    def __init__(self, account_scope: _Optional[str] = ..., external_id: _Optional[str] = ..., handle: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class ProfileContent(_message.Message):
    __slots__ = ("names", "values")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    names: IdentityNames
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Union[IdentityNames, _Mapping]] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...
