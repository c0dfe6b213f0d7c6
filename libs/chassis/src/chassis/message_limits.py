"""What any request may carry: lengths of texts and lists, characters, numbers and times that exist.

It knows no service.
Every message type is looked at once, when its first message comes; after that a check costs a step per field that is
set. It comes before any parsing, so that nothing behind it meets a text of a megabyte, a NUL that PostgreSQL would
choke on, a number no enumeration has, or a time no calendar has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from chassis.clock import FIRST, LAST, MICROS
from chassis.filters import FILTER_BYTES_MAX

TEXT_BYTES_MAX = 4 * 1024
"""UTF-8 bytes of a text whose name says nothing else."""
ID_BYTES_MAX = 512
"""Of a field whose name ends in `_id`."""
NAME_BYTES_MAX = 1024
"""Of a resource name: fields `name` and `parent`."""
ITEMS_MAX = 1_000
"""Items of a repeated field or a map."""
REQUEST_TEXT_BYTES_MAX = 64 * 1024
"""All texts of one request together."""
VIOLATIONS_MAX = 100
"""What one refusal names; who has made more mistakes than that is not helped by a longer list."""

_BY_NAME: Mapping[str, int] = {"name": NAME_BYTES_MAX, "parent": NAME_BYTES_MAX, "filter": FILTER_BYTES_MAX}
_DURATION_S_MAX = 315_576_000_000
_NANOS = 1_000_000_000

Violation = tuple[str, str]
_Check = Callable[[Any, str, "_Report"], None]


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """The limits of one server. Fields and messages are named in full, such as `test.v1.WriteRequest.text`."""

    texts: Mapping[str, int] = field(default_factory=dict)
    """Bytes of single fields that may be longer than others."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """Bytes of all texts of a request, for requests that may be longer than others."""
    unchecked: frozenset[str] = frozenset()
    """Messages within requests that the service judges itself, one by one, instead of refusing the whole request."""
    _plans: dict[str, Mapping[int, _Check]] = field(default_factory=dict)

    def violations(self, request: Message) -> list[Violation]:
        """Everything that is wrong with a request, as (field, description), none when it may be read."""
        report = _Report([], 0)
        self._message(request, "", report)
        name = request.DESCRIPTOR.full_name
        if report.text_bytes > (most := self.totals.get(name, REQUEST_TEXT_BYTES_MAX)):
            report.add("", f"all texts together are {report.text_bytes} bytes; at most {most} are read")
        return report.violations

    def _message(self, message: Message, path: str, report: _Report) -> None:
        plan = self._plan(message.DESCRIPTOR)
        for described, value in message.ListFields():
            check = plan.get(described.number)
            if check is not None:
                check(value, f"{path}.{described.name}" if path else described.name, report)

    def _plan(self, descriptor: Any) -> Mapping[int, _Check]:
        plan = self._plans.get(descriptor.full_name)
        if plan is None:
            plan = {each.number: check for each in descriptor.fields if (check := self._field(each)) is not None}
            self._plans[descriptor.full_name] = plan
        return plan

    def _field(self, described: FieldDescriptor) -> _Check | None:
        entry = described.message_type
        if entry is not None and entry.GetOptions().map_entry:
            return self._map(entry)
        one = self._single(described)
        if not described.is_repeated:
            return one

        def each(values: Any, path: str, report: _Report) -> None:
            if len(values) > ITEMS_MAX:
                report.add(path, f"has {len(values)} items; at most {ITEMS_MAX} are read")
            elif one is not None:
                for number, value in enumerate(values):
                    one(value, f"{path}[{number}]", report)

        return each

    def _map(self, entry: Any) -> _Check:
        key, value = self._single(entry.fields_by_name["key"]), self._single(entry.fields_by_name["value"])

        def both(values: Any, path: str, report: _Report) -> None:
            if len(values) > ITEMS_MAX:
                report.add(path, f"has {len(values)} entries; at most {ITEMS_MAX} are read")
                return
            for name in values:
                if key is not None:
                    key(name, path, report)
                if value is not None:
                    value(values[name], path, report)

        return both

    def _single(self, described: FieldDescriptor) -> _Check | None:
        kind = described.cpp_type
        if kind == FieldDescriptor.CPPTYPE_STRING:
            return None if described.type == FieldDescriptor.TYPE_BYTES else _text(self._bytes_max(described))
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return _member(described)
        if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
            return _finite
        message: Any = described.message_type
        if message is None or message.full_name in self.unchecked:
            return None
        return _KNOWN_TYPES.get(message.full_name, self._message)

    def _bytes_max(self, described: FieldDescriptor) -> int:
        default = ID_BYTES_MAX if described.name.endswith("_id") else _BY_NAME.get(described.name, TEXT_BYTES_MAX)
        return self.texts.get(described.full_name, default)


@dataclass(slots=True)
class _Report:
    violations: list[Violation]
    text_bytes: int

    def add(self, path: str, description: str) -> None:
        if len(self.violations) < VIOLATIONS_MAX:
            self.violations.append((path, description))


def _text(most: int) -> _Check:
    def check(value: str, path: str, report: _Report) -> None:
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
        report.text_bytes += size
        if size > most:
            report.add(path, f"is {size} bytes; at most {most} are read")
        elif "\0" in value:
            report.add(path, "holds a NUL character")

    return check


def _member(described: FieldDescriptor) -> _Check:
    enum: Any = described.enum_type
    known = frozenset(enum.values_by_number)

    def check(value: int, path: str, report: _Report) -> None:
        if value not in known:
            report.add(path, f"is no value of {enum.name}")

    return check


def _finite(value: float, path: str, report: _Report) -> None:
    if not isfinite(value):
        report.add(path, "is no finite number")


def _timestamp(value: Any, path: str, report: _Report) -> None:
    if not FIRST // MICROS <= value.seconds <= LAST // MICROS or not 0 <= value.nanos < _NANOS:
        report.add(path, "is no instant from year 1 to 9999 with 0 to 999999999 nanos")


def _duration(value: Any, path: str, report: _Report) -> None:
    opposed = value.seconds * value.nanos < 0
    if opposed or not -_NANOS < value.nanos < _NANOS or abs(value.seconds) > _DURATION_S_MAX:
        report.add(path, "is no duration within 10,000 years whose seconds and nanos have one sign")


_KNOWN_TYPES: Mapping[str, _Check] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
}
