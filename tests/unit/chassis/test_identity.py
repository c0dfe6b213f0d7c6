"""Sentences about UUIDs."""

import uuid

import pytest
from chassis.clock import Instant
from chassis.identity import is_uuid, uuid5, uuid5_bytes, uuid7, uuid7_bytes, uuid_bytes, uuid_text
from hypothesis import given, settings
from hypothesis import strategies as st

names = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.uuids(), names)
@settings(max_examples=100)
def test_uuid5_is_the_standard_library_s(namespace: uuid.UUID, name: str) -> None:
    expected = uuid.uuid5(namespace, name)
    assert uuid5(namespace.bytes, name) == str(expected)
    assert uuid5(str(namespace), name) == str(expected)
    assert uuid5_bytes(namespace.bytes, name) == expected.bytes


@given(st.uuids())
@settings(max_examples=50)
def test_text_and_bytes_are_the_same_id(value: uuid.UUID) -> None:
    assert uuid_bytes(str(value)) == value.bytes
    assert uuid_bytes(str(value).upper()) == value.bytes
    assert uuid_text(value.bytes) == str(value)
    assert is_uuid(str(value))


@given(st.integers(0, 2**48 * 1000 - 1).map(Instant))
@settings(max_examples=100)
def test_uuid7_carries_its_millisecond_and_its_version(at: Instant) -> None:
    value = uuid.UUID(uuid7(at))
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == at // 1000


@given(st.integers(0, 2**48 * 1000 - 2))
@settings(max_examples=100)
def test_uuid7_sorts_by_microsecond(at: int) -> None:
    assert uuid7(Instant(at)) < uuid7(Instant(at + 1))


def test_uuid7_of_one_instant_differ() -> None:
    assert len({uuid7_bytes(Instant(1)) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("at", [-1, 2**48 * 1000], ids=["before 1970", "beyond 48 bits of milliseconds"])
def test_uuid7_refuses_what_it_cannot_hold(at: int) -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        uuid7(Instant(at))


NOT_UUIDS = [
    pytest.param("", id="empty"),
    pytest.param("0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", id="without hyphens"),
    pytest.param("{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}", id="in braces"),
    pytest.param("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\n", id="with a line break"),
    pytest.param("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g", id="with a letter beyond f"),
    pytest.param("٠190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", id="with a digit that is not ASCII"),
]


@pytest.mark.parametrize("text", NOT_UUIDS)
def test_what_is_no_uuid_is_refused(text: str) -> None:
    assert not is_uuid(text)
    with pytest.raises(ValueError, match="UUID"):
        uuid_bytes(text)


def test_upper_case_is_read_but_not_how_we_write() -> None:
    assert not is_uuid("0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B")


@pytest.mark.parametrize("value", [b"", b"x" * 15, b"x" * 17], ids=["no bytes", "too few", "too many"])
def test_other_than_sixteen_bytes_are_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        uuid_text(value)
