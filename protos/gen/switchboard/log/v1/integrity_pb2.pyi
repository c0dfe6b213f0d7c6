from switchboard.log.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WaitUntilRequest(_message.Message):
    __slots__ = ("position", "tenant")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    position: str
    tenant: str
    def __init__(self, position: _Optional[str] = ..., tenant: _Optional[str] = ...) -> None: ...

class WaitUntilResponse(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: str
    def __init__(self, position: _Optional[str] = ...) -> None: ...

class VerifyIntegrityRequest(_message.Message):
    __slots__ = ("invariants",)
    INVARIANTS_FIELD_NUMBER: _ClassVar[int]
    invariants: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, invariants: _Optional[_Iterable[str]] = ...) -> None: ...

class VerifyIntegrityResponse(_message.Message):
    __slots__ = ("invariant", "subject", "ok", "detail", "compared")
    INVARIANT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    OK_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    COMPARED_FIELD_NUMBER: _ClassVar[int]
    invariant: str
    subject: str
    ok: bool
    detail: str
    compared: int
    def __init__(self, invariant: _Optional[str] = ..., subject: _Optional[str] = ..., ok: _Optional[bool] = ..., detail: _Optional[str] = ..., compared: _Optional[int] = ...) -> None: ...

class ExportLogRequest(_message.Message):
    __slots__ = ("after", "tenant")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    after: str
    tenant: str
    def __init__(self, after: _Optional[str] = ..., tenant: _Optional[str] = ...) -> None: ...

class ExportLogResponse(_message.Message):
    __slots__ = ("commits",)
    COMMITS_FIELD_NUMBER: _ClassVar[int]
    commits: _containers.RepeatedCompositeFieldContainer[ExportedCommit]
    def __init__(self, commits: _Optional[_Iterable[_Union[ExportedCommit, _Mapping]]] = ...) -> None: ...

class ExportedCommit(_message.Message):
    __slots__ = ("position", "subject", "commit")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    position: str
    subject: str
    commit: _log_pb2.Commit
    def __init__(self, position: _Optional[str] = ..., subject: _Optional[str] = ..., commit: _Optional[_Union[_log_pb2.Commit, _Mapping]] = ...) -> None: ...
