"""A service's own structs are those of its contract, or it does not start."""

from enum import IntEnum, StrEnum
from itertools import count
from types import ModuleType
from typing import NewType

import pytest
from chassis import layout
from chassis.clock import FIRST, LAST, Instant
from chassis.codec import Codec
from chassis.commits import Event, Recorded, Subject
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import Message
from google.protobuf.text_format import Parse
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw, Struct
from switchboard.log.v1.log_structs import Sealed

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


class Part(Struct, frozen=True, array_like=True):
    name: str
    level: int


ThingId = NewType("ThingId", str)


class Happened(Struct, frozen=True, array_like=True):
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
    sealed: Sealed
    quota: int | None
    until: Instant | None
    from_: Instant


class Ended(Struct, frozen=True, array_like=True):
    at: Instant


Fact = Happened | Ended
MODULE = module(PROTO)
codec: Codec[Fact] = Codec((Happened, Ended), MODULE)  # type: ignore[type-var]

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
    sealed=st.builds(Sealed, subject_id=text, nonce=st.binary(max_size=12)),
    quota=st.none() | st.integers(-(2**31), 2**31 - 1),
    until=st.none() | instants,
    from_=instants,
)
SAMPLE = Happened(
    ThingId("t"), 1, 0.5, True, b"d", Kind.GOOD, Reason.WHY_NOT, Part("p", 1), (Part("q", 2),), ("a",), (Kind.GOOD,),
    Sealed(), None, None, Instant(-1),
)  # fmt: skip


def recorded(name: str, fact: bytes) -> Recorded:
    return Recorded.of(1, 0, Subject("work", "acme", "0"), Event(Instant(0), name, Raw(fact)))


def of_message(message: Message) -> Fact:
    return codec.decode(recorded(message.DESCRIPTOR.full_name, layout.pack(message)))


@given(happened | st.builds(Ended, instants))
@settings(max_examples=100)
def test_an_event_comes_back_as_it_went_through_the_log_and_through_its_message(event: Fact) -> None:
    assert codec.decode(recorded(*codec.encode(event))) == event
    message = codec.message(event)
    assert of_message(type(message).FromString(message.SerializeToString(deterministic=True))) == event


def test_values_keep_their_types() -> None:
    event = codec.decode(recorded(*codec.encode(SAMPLE)))
    assert isinstance(event, Happened)
    assert (type(event.kind), type(event.reason), type(event.kinds[0])) == (Kind, Reason, Kind)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda m: m.ClearField("from"), id="a required instant is absent"),
        pytest.param(lambda m: m.ClearField("sealed"), id="a part is absent"),
        pytest.param(lambda m: setattr(m, "kind", 7), id="a newer writer's enum number"),
        pytest.param(lambda m: setattr(m, "reason", "new"), id="an unknown text value"),
    ],
)
def test_a_fact_that_would_lie_is_unreadable(change) -> None:  # type: ignore[no-untyped-def]
    message = codec.message(SAMPLE)
    change(message)
    with pytest.raises(layout.UnreadableEvent, match="its bytes are no sample"):
        of_message(message)


def test_what_is_outside_the_union_is_refused() -> None:
    with pytest.raises(TypeError, match="Part is not in this codec's union"):
        codec.encode(Part("p", 1))  # type: ignore[arg-type]
    with pytest.raises(layout.UnknownEvent, match=r"Sealed is not in this codec's union"):
        codec.decode(recorded(Sealed.NAME, b"\x90"))


def test_a_fact_of_a_later_release_is_read_without_what_is_new() -> None:
    name, fact = codec.encode(Ended(Instant(5)))
    assert fact[:1] == b"\x91"
    assert codec.decode(recorded(name, b"\x93" + fact[1:] + b"\xa3new\x07")) == Ended(Instant(5))


class Vanished(Struct, frozen=True, array_like=True):
    at: Instant


def differing() -> type:
    class Kind(IntEnum):
        UNSPECIFIED = 0
        BAD = 1
        NEW = 2

    class Part(Struct, frozen=True, array_like=True):
        name: str

    class Happened(Struct, frozen=True, array_like=True):
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
        sealed: Part
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
            "Happened: its fields are not in the order of their numbers: ['thing_id', 'count', 'ratio', 'done',"
            " 'digest', 'kind', 'reason', 'part', 'parts', 'tags', 'kinds', 'sealed', 'quota', 'until', 'from']",
            "Happened.count: str in the class, int64 in the message",
            "Happened.ratio: may be None, but the field cannot be absent",
            "Happened.done: int in the class, bool in the message",
            "Happened.kind: 1 is BAD in Kind, CASE_KIND_GOOD in sample.CaseKind",
            "Happened.kind: 2 is NEW in Kind, nothing in sample.CaseKind",
            "Part: sample.Part has a field level and the class has not",
            "Happened.parts: repeated in the message",
            "Happened.tags: int in the class, string in the message",
            "Happened.kinds: str in the class, sample.CaseKind in the message",
            "Happened.sealed: Part in the class, switchboard.log.v1.Sealed in the message",
            "Happened.quota: the field can be absent, but never None in the class",
            "Happened.until: int in the class, google.protobuf.Timestamp in the message",
            "Vanished: sample_pb2 has no such message",
            "Ended: a message of sample_pb2 without a class in the union",
            "Nothing: said to be elsewhere, but not in the module",
        ]
    )


def test_fields_in_another_order_are_refused() -> None:
    class Part(Struct, frozen=True, array_like=True):
        level: int
        name: str

    with pytest.raises(TypeError, match="Part: its fields are not in the order of their numbers"):
        Codec((Part,), MODULE, elsewhere=("Happened", "Ended"))


def test_a_float_that_loses_bits_is_refused() -> None:
    class Small(Struct, frozen=True, array_like=True):
        x: float

    small = """name: "sample.proto" package: "sample" syntax: "proto3"
      message_type { name: "Small" field { name: "x" number: 1 type: TYPE_FLOAT label: LABEL_OPTIONAL } }"""
    with pytest.raises(TypeError, match="float in the class, float in the message"):
        Codec((Small,), module(small))


def test_a_struct_that_is_written_as_a_map_is_refused() -> None:
    class Ended(Struct):
        at: Instant

    with pytest.raises(TypeError, match="Ended: not a struct with array_like=True"):
        Codec((Ended,), MODULE, elsewhere=("Happened", "Part"))
