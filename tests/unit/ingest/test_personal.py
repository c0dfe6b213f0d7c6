"""What is sealed of a post: the same in either form, and no U+0000 in it goes unseen."""

from typing import Any

import msgspec
from chassis import layout
from hypothesis import given
from hypothesis import strategies as st
from ingest.personal import encoded, may_hold_nul
from opened_content import content_of
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1.post_structs import (
    Author,
    ContactPoint,
    Entity,
    Location,
    Media,
    PersonalContent,
    ProfileAttribute,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
LOOKALIKES = ["\x95\x01\0", "\u2455\x01\0", "\U00010455\x01\0", "\x90\x91\x95\x01\0"]
"""Texts whose bytes are like those of a mention."""
OFFSET = st.integers(0, 70_000)


def contents(text: st.SearchStrategy[str]) -> st.SearchStrategy[PersonalContent]:
    return st.builds(
        PersonalContent,
        text,
        st.builds(
            Author,
            st.just(""),
            text,
            text,
            text,
            st.lists(st.builds(ProfileAttribute, text, text), max_size=2).map(tuple),
            st.lists(st.builds(ContactPoint, text, text, st.booleans(), text), max_size=1).map(tuple),
        ),
        st.lists(st.builds(Entity, st.integers(0, 4), OFFSET, OFFSET, text, text), max_size=3).map(tuple),
        st.lists(st.builds(Media, st.integers(0, 4), text, text), max_size=2).map(tuple),
        st.none() | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180), st.booleans(), text),
        text,
        text,
        text,
        text,
        st.lists(text, max_size=2).map(tuple),
    )


def texts(part: Any) -> list[str]:
    """All texts of a struct."""
    match part:
        case str():
            return [part]
        case tuple():
            return [text for one in part for text in texts(one)]
        case msgspec.Struct():
            return [text for one in msgspec.structs.astuple(part) for text in texts(one)]
        case _:
            return []


@given(contents(TEXT))
def test_it_opens_as_the_same_in_either_form(content: PersonalContent) -> None:
    message = content_of(encoded(content))
    assert content_of(message.SerializeToString()) == message
    for plain in (encoded(content), message.SerializeToString()):
        assert layout.struct(PersonalContent.NAME, layout.of_plain(plain)) == content


@given(contents(st.one_of(TEXT, st.just("a\0b"), st.sampled_from(LOOKALIKES))))
def test_no_nul_goes_unseen(content: PersonalContent) -> None:
    assert may_hold_nul(encoded(content)) or not any("\0" in text for text in texts(content))


def test_a_mention_at_the_start_is_no_reason_to_look_closer() -> None:
    mention = Entity(1, 0, 5, "acme", "99")
    assert not may_hold_nul(encoded(PersonalContent("@acme hi", Author("", "7", "mia"), (mention,))))


def test_no_bytes_are_no_content() -> None:
    assert content_of(b"") == post_pb2.PersonalContent()
