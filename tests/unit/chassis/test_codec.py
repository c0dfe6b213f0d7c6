"""Sentences about dataclasses and messages that mirror each other."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import count
from types import ModuleType
from typing import NewType

import pytest
from chassis.clock import FIRST, LAST, Instant
from chassis.codec import Codec
from google.protobuf import descriptor_pb2, descriptor_pool, timestamp_pb2
from google.protobuf.text_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.log.v1 import log_pb2

PROTO = """
name: "sample.proto" package: "sample" syntax: "proto3" dependency: "google/protobuf/timestamp.proto"
dependency: "switchboard/log/v1/log.proto"
enum_type { name: "CaseKind" value { name: "CASE_KIND_UNSPECIFIED" number: 0 }
  value { name: "CASE_KIND_GOOD" number: 1 } }
message_type { name: "Part"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "level" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL } }
message_type { name: "Happened"
  field { name: "thing_id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "count" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "ratio" number: 3 type: TYPE_DOUBLE label: LABEL_OPTIONAL }
  field { name: "done" number: 4 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "digest" number: 5 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "kind" number: 6 type: TYPE_ENUM type_name: ".sample.CaseKind" label: LABEL_OPTIONAL }
  field { name: "reason" number: 7 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "part" number: 8 type: TYPE_MESSAGE type_name: ".sample.Part" label: LABEL_OPTIONAL }
  field { name: "parts" number: 9 type: TYPE_MESSAGE type_name: ".sample.Part" label: LABEL_REPEATED }
  field { name: "tags" number: 10 type: TYPE_STRING label: LABEL_REPEATED }
  field { name: "kinds" number: 11 type: TYPE_ENUM type_name: ".sample.CaseKind" label: LABEL_REPEATED }
  field { name: "sealed" number: 12 type: TYPE_MESSAGE type_name: ".switchboard.log.v1.Sealed" label: LABEL_OPTIONAL }
  field { name: "quota" number: 13 type: TYPE_INT32 label: LABEL_OPTIONAL proto3_optional: true oneof_index: 0 }
  field { name: "until" number: 14 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL }
  field { name: "from" number: 15 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL }
  oneof_decl { name: "_quota" } }
message_type { name: "Ended"
  field { name: "at" number: 1 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL } }
"""


numbers = count()


def module(text: str) -> ModuleType:
    """A generated module, generated here, in a package of its own."""
    package = f"sample{next(numbers)}"
    file = Parse(text.replace("sample", package), descriptor_pb2.FileDescriptorProto())
    made = ModuleType(f"{package}_pb2")
    made.__dict__["DESCRIPTOR"] = descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
    return made


class Kind(IntEnum):
    UNSPECIFIED = 0
    GOOD = 1


class Reason(StrEnum):
    BECAUSE = "because"
    WHY_NOT = "why_not"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    level: int


ThingId = NewType("ThingId", str)


@dataclass(frozen=True, slots=True)
class Happened:
    thing_id: ThingId
    count: int
    ratio: float
    done: bool
    digest: bytes
    kind: Kind
    reason: Reason
    part: Part
    parts: tuple[Part, ...]
    tags: tuple[str, ...]
    kinds: tuple[Kind, ...]
    sealed: log_pb2.Sealed
    quota: int | None
    until: Instant | None
    from_: Instant


@dataclass(frozen=True, slots=True)
class Ended:
    at: Instant


Event = Happened | Ended
MODULE = module(PROTO)
codec: Codec[Event] = Codec((Happened, Ended), MODULE)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
instants = st.integers(FIRST, LAST).map(Instant)
parts = st.builds(Part, text, st.integers(-(2**31), 2**31 - 1))
happened = st.builds(
    Happened,
    thing_id=text.map(ThingId),
    count=st.integers(-(2**63), 2**63 - 1),
    ratio=st.floats(allow_nan=False),
    done=st.booleans(),
    digest=st.binary(max_size=20),
    kind=st.sampled_from(Kind),
    reason=st.sampled_from(Reason),
    part=parts,
    parts=st.lists(parts, max_size=3).map(tuple),
    tags=st.lists(text, max_size=3).map(tuple),
    kinds=st.lists(st.sampled_from(Kind), max_size=3).map(tuple),
    sealed=st.builds(log_pb2.Sealed, subject_id=text, nonce=st.binary(max_size=12)),
    quota=st.none() | st.integers(-(2**31), 2**31 - 1),
    until=st.none() | instants,
    from_=instants,
)


@given(happened | st.builds(Ended, instants))
@settings(max_examples=100)
def test_an_event_comes_back_as_it_went(event: Event) -> None:
    message = codec.encode(event)
    again = type(message).FromString(message.SerializeToString(deterministic=True))
    assert codec.decode(again) == event


def test_values_keep_their_types() -> None:
    event = codec.decode(codec.encode(SAMPLE))
    assert isinstance(event, Happened)
    assert (type(event.kind), type(event.reason), type(event.kinds[0])) == (Kind, Reason, Kind)


SAMPLE = Happened(
    ThingId("t"), 1, 0.5, True, b"d", Kind.GOOD, Reason.WHY_NOT, Part("p", 1), (Part("q", 2),), ("a",), (Kind.GOOD,),
    log_pb2.Sealed(), None, None, Instant(-1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(lambda m: m.ClearField("from"), "lacks its field from", id="a required instant is absent"),
        pytest.param(lambda m: m.ClearField("sealed"), "lacks its field sealed", id="a kept message is absent"),
        pytest.param(lambda m: setattr(m, "kind", 7), "7 is no Kind", id="a newer writer's enum number"),
        pytest.param(lambda m: setattr(m, "reason", "new"), "'new' is not a valid Reason", id="an unknown text value"),
    ],
)
def test_a_message_that_would_lie_is_refused(change, complaint) -> None:  # type: ignore[no-untyped-def]
    message = codec.encode(SAMPLE)
    change(message)
    with pytest.raises(ValueError, match=complaint):
        codec.decode(message)


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="range"):
        codec.encode(Happened(**{name: getattr(SAMPLE, name) for name in Happened.__slots__} | {"count": 2**63}))


def test_what_is_outside_the_union_is_refused() -> None:
    with pytest.raises(TypeError, match="Part is not in this codec's union"):
        codec.encode(Part("p", 1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Sealed is not in this codec's union"):
        codec.decode(log_pb2.Sealed())


def test_fields_in_another_order_or_by_keyword_still_match() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Part:
        level: int
        name: str

    both = Codec((Part,), MODULE, elsewhere=("Happened", "Ended"))
    event = Part(level=1, name="n")
    assert both.decode(both.encode(event)) == event


@dataclass(frozen=True, slots=True)
class Vanished:
    at: Instant


def differing() -> type:
    class Kind(IntEnum):
        UNSPECIFIED = 0
        BAD = 1
        NEW = 2

    @dataclass(frozen=True, slots=True)
    class Part:
        name: str

    @dataclass(frozen=True, slots=True)
    class Happened:
        thing: str
        count: str
        ratio: float | None
        done: int
        digest: bytes
        kind: Kind
        reason: Reason
        part: Part
        parts: Part
        tags: tuple[int, ...]
        kinds: tuple[str, ...]
        sealed: timestamp_pb2.Timestamp
        quota: int
        until: int
        from_: Instant

    return Happened


def test_every_difference_is_told_at_once() -> None:
    with pytest.raises(TypeError) as caught:
        Codec((differing(), Vanished), MODULE, elsewhere=("Nothing",))
    told = str(caught.value).replace(MODULE.DESCRIPTOR.package, "sample").splitlines()[1:]
    assert sorted(line.strip() for line in told) == sorted(
        [
            "Happened.thing: sample.Happened has no field thing",
            "Happened: sample.Happened has a field thing_id and the class has not",
            "Happened.count: str in the class, int64 in the message",
            "Happened.ratio: may be None, but the field cannot be absent",
            "Happened.done: int in the class, bool in the message",
            "Happened.kind: 1 is BAD in Kind, CASE_KIND_GOOD in sample.CaseKind",
            "Happened.kind: 2 is NEW in Kind, nothing in sample.CaseKind",
            "Part: sample.Part has a field level and the class has not",
            "Happened.parts: repeated in the message",
            "Happened.tags: int in the class, string in the message",
            "Happened.kinds: str in the class, sample.CaseKind in the message",
            "Happened.sealed: Timestamp in the class, switchboard.log.v1.Sealed in the message",
            "Happened.quota: the field can be absent, but never None in the class",
            "Happened.until: int in the class, google.protobuf.Timestamp in the message",
            "Vanished: sample_pb2 has no such message",
            "Ended: a message of sample_pb2 without a class in the union",
            "Nothing: said to be elsewhere, but not in the module",
        ]
    )


def test_a_float_that_loses_bits_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Small:
        x: float

    small = """name: "sample.proto" package: "sample" syntax: "proto3"
      message_type { name: "Small" field { name: "x" number: 1 type: TYPE_FLOAT label: LABEL_OPTIONAL } }"""
    with pytest.raises(TypeError, match="float in the class, float in the message"):
        Codec((Small,), module(small))


def test_a_class_that_is_no_dataclass_is_refused() -> None:
    class Ended:
        pass

    with pytest.raises(TypeError, match="Ended: not a dataclass"):
        Codec((Ended,), MODULE, elsewhere=("Happened", "Part"))
