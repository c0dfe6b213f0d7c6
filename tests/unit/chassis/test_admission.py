"""Given limits, when calls begin and end, then nobody takes everybody's place, and nothing is left behind."""

from __future__ import annotations

from contextlib import ExitStack, suppress

import pytest
from chassis.admission import (
    BYTES,
    CALLS,
    HEALTH,
    HOUR_S,
    STREAMS,
    Admission,
    Limits,
    TenantAllowance,
    caller,
    caller_of,
)
from chassis.errors import Overloaded
from hypothesis import given
from hypothesis import strategies as st

LIMITS = Limits(calls=4, streams=4, bytes=100, share=0.5)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        pytest.param("ipv4:192.0.2.1:5000", "192.0.2.1", id="an address, whatever the port"),
        pytest.param("ipv6:%5B2001:db8::1%5D:5000", "2001:db8::1", id="one of version 6"),
        pytest.param("unix:/tmp/socket", "unix", id="a socket of this machine"),
        pytest.param("", "", id="nobody knows"),
    ],
)
def test_a_caller_is_an_address(peer: str, address: str) -> None:
    assert caller_of(peer) == address


def test_one_caller_leaves_room_for_another() -> None:
    admission = Admission(LIMITS)
    with ExitStack() as open_:
        for _ in range(2):
            open_.enter_context(admission.begin(STREAMS, "a"))
        with pytest.raises(Overloaded, match="this caller has its share of 2 streams"):
            open_.enter_context(admission.begin(STREAMS, "a"))
        for _ in range(2):
            open_.enter_context(admission.begin(STREAMS, "b"))
        with pytest.raises(Overloaded, match="this replica has 4 streams"):
            open_.enter_context(admission.begin(STREAMS, "c"))
        open_.enter_context(admission.begin(CALLS, "a"))
        open_.enter_context(admission.begin(HEALTH, "a"))
    assert not admission.used


def test_one_tenant_leaves_room_for_another() -> None:
    admission = Admission(LIMITS)
    with ExitStack() as open_:
        for number in range(2):
            open_.enter_context(admission.begin(CALLS, f"caller-{number}")).read(1, "acme")
        third = open_.enter_context(admission.begin(CALLS, "caller-2"))
        with pytest.raises(Overloaded, match="tenant acme has its share of 2 calls"):
            third.read(1, "acme")
        third.read(1, "other")
    assert not admission.used


def test_bytes_are_counted_for_as_long_as_a_request_is_worked_on() -> None:
    admission = Admission(LIMITS)
    with admission.begin(STREAMS, "a") as stream, admission.begin(CALLS, "a") as call:
        stream.read(40, "")
        with pytest.raises(Overloaded, match="bytes of requests"):
            call.read(11, "")
        stream.read(30, "")
        call.read(11, "")
    assert not admission.used


def test_a_request_that_is_larger_than_a_share_is_taken_alone() -> None:
    admission = Admission(LIMITS)
    with admission.begin(CALLS, "a") as call:
        call.read(1_000, "acme")
        assert admission.used[BYTES, ""] == 1_000
    assert not admission.used


@given(st.lists(st.tuples(st.sampled_from([CALLS, STREAMS, HEALTH]), st.sampled_from("ab"), st.integers(0, 200))))
def test_whatever_was_refused_in_between_everything_is_given_back(calls: list[tuple[str, str, int]]) -> None:
    admission = Admission(LIMITS)
    with ExitStack() as open_:
        for kind, who, size in calls:
            with suppress(Overloaded):
                open_.enter_context(admission.begin(kind, who)).read(size, f"tenant-{who}")
        assert admission.used[CALLS, ""] <= LIMITS.calls
        assert admission.used[STREAMS, ""] <= LIMITS.streams
    assert not admission.used


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_makes_only_so_many_tenants_in_an_hour() -> None:
    clock = Clock()
    allow = TenantAllowance(most=100, of_caller=2, clock=clock)
    caller.set("a")
    allow(0)
    clock.now = 10.0
    allow(1)
    with pytest.raises(Overloaded) as refused:
        allow(2)
    assert refused.value.retry_after_s == HOUR_S - 10
    caller.set("b")
    allow(2)
    caller.set("a")
    clock.now = HOUR_S + 1
    allow(3)


def test_there_are_only_so_many_tenants() -> None:
    allow = TenantAllowance(most=2, of_caller=9)
    allow(1)
    with pytest.raises(Overloaded, match="there are 2 tenants"):
        allow(2)
