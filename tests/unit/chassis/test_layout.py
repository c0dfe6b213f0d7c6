"""What stands in the log and what the contract says are one, both ways, for every fact there is, old and new."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import facts_of_contracts
import hostile_events
import pytest
from chassis import layout
from chassis.commits import Entry, Position, Subject, commit_of, encode
from chassis.export import pages
from chassis.layout import UnknownEvent, UnreadableEvent
from facts_of_contracts import FACTS, OTHERS, says_the_same
from google.protobuf import struct_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from switchboard.ingest.v1 import events_pb2
from switchboard.log.v1 import log_pb2
from switchboard.structs import STRUCTS

assert struct_pb2, error_details_pb2  # messages with maps, for layout to find
GOLDEN = Path(__file__).parents[2] / "golden"
VERSIONS = sorted((path.name for path in GOLDEN.glob("v*.json")), key=lambda name: int(name[1:-5]))
ANY = st.sampled_from([*FACTS, *OTHERS])
SOME = ANY.flatmap(facts_of_contracts.messages)
ELEMENTS = st.lists(
    st.none() | st.integers(-5, 2**40) | st.text(max_size=5) | st.binary(max_size=5) | st.lists(st.integers(0, 9)),
    min_size=1,
    max_size=4,
)


def name_of(message: Message) -> str:
    return str(message.DESCRIPTOR.full_name)


@settings(max_examples=300)
@given(SOME)
def test_a_message_comes_back_as_it_went(message: Message) -> None:
    fact = layout.pack(message)
    assert layout.unpack(name_of(message), fact) == message
    assert layout.pack(layout.unpack(name_of(message), fact)) == fact


@settings(max_examples=300)
@given(st.sampled_from(FACTS).flatmap(facts_of_contracts.messages))
def test_a_struct_says_field_by_field_what_the_message_says(message: Message) -> None:
    fact = layout.struct(name_of(message), layout.pack(message))
    assert type(fact) is STRUCTS[name_of(message)]
    assert says_the_same(fact, message)
    again = layout.message_of(fact)
    assert says_the_same(fact, again)


@given(st.sampled_from(FACTS).flatmap(facts_of_contracts.messages))
def test_a_fact_that_was_written_as_its_message_reads_alike(message: Message) -> None:
    before = layout.as_bin(message.SerializeToString())
    assert layout.struct(name_of(message), before) == layout.struct(name_of(message), layout.pack(message))
    assert layout.unpack(name_of(message), before) == message


@given(SOME, ELEMENTS)
def test_what_a_later_release_added_is_stepped_over_and_kept(message: Message, added: list[Any]) -> None:
    name = name_of(message)
    later = msgpack.encode([*msgpack.decode(layout.pack(message)), *added])
    shown = layout.unpack(name, later)
    assert layout.pack(shown) == later, "also through the message"
    assert layout.pack(type(shown).FromString(shown.SerializeToString())) == later
    if name in STRUCTS:
        assert layout.struct(name, later) == layout.struct(name, layout.pack(message))


@given(SOME, st.integers(0, 40))
def test_what_an_earlier_release_did_not_know_has_its_default(message: Message, known: int) -> None:
    name, elements = name_of(message), msgpack.decode(layout.pack(message))
    earlier = msgpack.encode(elements[:known])
    fields = layout.fields_by_number(message.DESCRIPTOR)[known:]
    for field in fields:
        if field is not None:
            message.ClearField(field.name)
    assert layout.unpack(name, earlier) == message
    if name in STRUCTS:
        assert says_the_same(layout.struct(name, earlier), message)


@given(SOME, st.integers(1000, 2000), st.binary(min_size=1, max_size=9))
def test_fields_that_only_the_message_knows_are_kept(message: Message, number: int, value: bytes) -> None:
    extra = log_pb2.Event(actor="x").SerializeToString()[1:]
    assert extra
    tag = number << 3 | 2
    unknown = bytes([tag & 0x7F | 0x80, tag >> 7]) + bytes([len(value)]) + value
    newer = type(message).FromString(message.SerializeToString() + unknown)
    fact = layout.pack(newer)
    assert layout.unpack(name_of(message), fact).SerializeToString() == newer.SerializeToString()
    if name_of(message) in STRUCTS:
        assert layout.struct(name_of(message), fact) == layout.struct(name_of(message), layout.pack(message))


@given(SOME)
def test_a_fact_of_a_type_nobody_knows_here_is_shown_whole_and_read_by_who_knows_it(message: Message) -> None:
    fact = layout.pack(message)
    with pytest.raises(UnknownEvent):
        layout.struct("switchboard.future.v1.Happened", fact)
    shown = layout.wire("switchboard.future.v1.Happened", fact)
    assert layout.pack(type(message).FromString(shown)) == fact


@given(st.sampled_from(FACTS), st.binary(max_size=80) | ELEMENTS.map(msgpack.encode))
def test_bytes_of_any_kind_are_a_fact_or_unreadable(name: str, data: bytes) -> None:
    for read in (layout.struct, layout.unpack):
        with suppress(UnreadableEvent):  # and nothing else
            read(name, data)


TOO_DEEP = b"\x91" * 100_000 + b"\x90"
NO_TEXT = b"\xa2\xff\xff"


@pytest.mark.parametrize("name", [*FACTS, "switchboard.future.v1.Happened"])
@pytest.mark.parametrize(
    "data",
    [
        TOO_DEEP,
        b"\xdc\x00\x64" + b"\xc0" * 99 + TOO_DEEP,
        b"\x91" + NO_TEXT,
        b"\x92\xc0" + NO_TEXT,
        b"\xdd\xff\xff\xff\xff",
    ],
    ids=["deep", "deep beyond what is known", "no text", "no text later", "no end"],
)
def test_what_only_a_stranger_writes_is_unreadable_or_a_fact(name: str, data: bytes) -> None:
    for read in (layout.struct, layout.unpack, layout.wire):
        with suppress(UnreadableEvent):  # and nothing else
            read(name, data)


@pytest.mark.parametrize("name", ["google.rpc.ErrorInfo", "google.protobuf.Struct", "google.protobuf.FileOptions"])
def test_a_message_of_no_contract_is_a_fact_or_unreadable(name: str) -> None:
    for value in ([[[1]]], [None, None, [[1, 2]]], [{"a": 1}], [None] * 998 + [[["a"]]]):
        for read in (layout.struct, layout.unpack):
            with suppress(UnreadableEvent):
                read(name, msgpack.encode(value))


def test_a_message_with_strange_bytes_beside_it_is_kept_as_it_is() -> None:
    name = "switchboard.ingest.v1.PostReceived"
    for beside in (TOO_DEEP, b"\x91" + NO_TEXT, b"\x81\x01\x02"):
        message = layout.message_class(name).FromString(layout._beside(layout.REST, []))
        message.MergeFromString(layout._varint(layout.REST << 3 | 2) + layout._varint(len(beside)) + beside)
        assert layout.unpack(name, layout.pack(message)) == message


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_cut_anywhere_is_unreadable_or_ends_early(name: str) -> None:
    fact = layout.pack(hostile_events.ordinary(name, "whole"))
    for size in range(len(fact)):
        with pytest.raises(UnreadableEvent):
            layout.struct(name, fact[:size])


def _begins_as(now: object, then: object) -> bool:
    """Whether what is written now has nothing else where something was; a fact within a fact may go on as well."""
    if not (isinstance(now, list) and isinstance(then, list)):
        return now == then
    return len(now) >= len(then) and all(map(_begins_as, now, then))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_release_wrote_reads_as_what_it_meant(version: str) -> None:
    golden = json.loads((GOLDEN / version).read_text())
    for name, pair in golden.items():
        fact, message = bytes.fromhex(pair["fact"]), layout.decoded(name, bytes.fromhex(pair["message"]))
        elements = msgpack.decode(fact)
        assert layout.unpack(name, fact) == message, name
        assert _begins_as(msgpack.decode(layout.pack(message)), elements), f"{name} is written otherwise now"
        if name in STRUCTS:
            assert says_the_same(layout.struct(name, fact), message), name


def test_the_latest_golden_bytes_have_every_fact_with_all_its_fields() -> None:
    golden = json.loads((GOLDEN / VERSIONS[-1]).read_text())
    lacking = [name for name in [*FACTS, *OTHERS] if name not in golden]
    assert not lacking, f"write them with tests/golden.py: {lacking}"
    for name, pair in golden.items():
        fields = layout.fields_by_number(layout.message_class(name).DESCRIPTOR)
        known = len(msgpack.decode(bytes.fromhex(pair["fact"])))
        assert known == len(fields), f"{name} has got a field since: write a new version with tests/golden.py"


def test_a_log_from_before_reads_like_one_of_today_event_ids_included() -> None:
    posts = [events_pb2.PostReceived(post_id=str(number), channel="x") for number in range(3)]
    old = log_pb2.Commit(commit_id=bytes(16), tenant="acme", shard="0", input_position=7, input_offset=2)
    for number, post in enumerate(posts):
        event = old.events.add(event_id=bytes([number]) * 16, actor="agent/mia", correlation_id=b"c" * 16)
        event.occurred_at.seconds = 1 + number
        event.body.Pack(post)
    old.decided_at.seconds = 9
    old.answers.add(request_id=b"r" * 16, request_digest=b"d" * 32).response.Pack(posts[0])
    subject = Subject("post", "acme", "0")
    before = Entry(1, subject, old.SerializeToString(deterministic=True))
    today = Entry(1, subject, encode(commit_of(old)))
    assert [event.body.post_id for event in before.events()] == ["0", "1", "2"]
    assert [event.event_id for event in before.events()] == [event.event_id for event in old.events]
    assert before.commit == today.commit
    (exported,) = pages([before])
    (part,) = exported.commits
    assert (part.position, part.commit) == (Position.encode(1), old), "and is exported as it was"
