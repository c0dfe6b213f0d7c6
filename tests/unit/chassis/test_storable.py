"""What no table can hold is told from the event alone, wherever in it it stands."""

from keyword import iskeyword
from typing import Any

import pytest
from chassis import layout
from chassis.clock import LAST
from chassis.storable import NotStorable, check_storable
from facts_of_contracts import FACTS
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from msgspec.structs import replace
from switchboard.crm.v1 import events_pb2 as crm
from switchboard.ingest.v1 import events_pb2 as ingest
from switchboard.routing.v1 import events_pb2 as routing


def received(**fields: Any) -> ingest.PostReceived:
    return ingest.PostReceived(post_id="p", **fields)


def published(seconds: int, nanos: int = 0) -> ingest.PostReceived:
    post = received()
    post.published_at.seconds, post.published_at.nanos = seconds, nanos
    return post


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(received(language="a\0b"), id="a NUL in a text"),
        pytest.param(received(links=["a", "b\0"]), id="a NUL in one of many texts"),
        pytest.param(ingest.SourceConnected(labels=[{"key": "k\0"}]), id="a NUL in a part of many"),
        pytest.param(crm.IdentityObserved(said={"purpose": "\0"}), id="a NUL in a part"),
        pytest.param(received(conversation_id="0" * 1_001), id="an id that no index takes"),
        pytest.param(received(conversation_id="很" * 334), id="and one in bytes"),
        pytest.param(received(mentioned_ids=["a", "0" * 1_001]), id="one of many"),
        pytest.param(received(kind=40_000), id="an enumeration beyond 16 bits"),
        pytest.param(received(author_kind=-40_000), id="and below"),
        pytest.param(published(253_402_300_800), id="an instant after the year 9999"),
        pytest.param(published(-62_135_596_801), id="an instant before the year 1"),
    ],
)
def test_what_no_table_holds_is_refused(event: Message) -> None:
    with pytest.raises(NotStorable):
        check_storable(layout.struct_of(event))


def test_a_number_of_more_bits_than_its_field_is_refused() -> None:
    post = layout.struct_of(received())
    for length in (2**31, -(2**31) - 1):
        with pytest.raises(NotStorable, match="32 bits"):
            check_storable(replace(post, text_length=length))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(received(), id="nothing is set"),
        pytest.param(received(language="\x1b\u202e😀", kind=-1, links=["a"]), id="odd but storable"),
        pytest.param(received(content_digest=b"\0\0"), id="a NUL in bytes"),
        pytest.param(received(conversation_id="很" * 333, identity_id="a" * 1_000), id="ids as long as an index takes"),
        pytest.param(received(language="x" * 5_000), id="a long text that is no id"),
        pytest.param(published(-62_135_596_800), id="the first instant"),
        pytest.param(published(253_402_300_799, 999_999_999), id="the last instant"),
        pytest.param(routing.PostAttached(case_id="c"), id="an event of another context"),
    ],
)
def test_everything_else_is_for_the_table_to_say(event: Message) -> None:
    check_storable(layout.struct_of(event))


def _wrong(field: FieldDescriptor) -> Any:
    """A value that no table holds, None for a field all of whose values any does."""
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return LAST + 1
        return next(iter(_wrongs(field.message_type)), None)
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return "a\0"
        case FieldDescriptor.TYPE_ENUM:
            return 2**15
        case FieldDescriptor.TYPE_INT32 | FieldDescriptor.TYPE_UINT32:
            return 2**31
    return None


def _wrongs(descriptor: Descriptor) -> list[Any]:
    """The struct of a message, in each of which one field is wrong."""
    plain = layout.struct_of(layout.message_class(descriptor.full_name)())
    found = [(field, _wrong(field)) for field in descriptor.fields]
    return [
        replace(plain, **{field.name + "_" * iskeyword(field.name): (wrong,) if field.is_repeated else wrong})
        for field, wrong in found
        if wrong is not None
    ]


@pytest.mark.parametrize("name", FACTS)
def test_every_field_of_every_fact_is_looked_at(name: str) -> None:
    check_storable(layout.struct_of(layout.message_class(name)()))
    for struct in _wrongs(layout.message_class(name).DESCRIPTOR):
        with pytest.raises(NotStorable):
            check_storable(struct)
