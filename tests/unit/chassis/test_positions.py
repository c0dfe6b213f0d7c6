"""Given where the log ends, when a request brings position tokens, then those beyond it are out of range."""

from __future__ import annotations

import pytest
from chassis.commits import Position
from chassis.errors import InvalidRequest, OutOfRange
from chassis.positions import Positions
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.log.v1 import integrity_pb2
from switchboard.routing.v1 import service_pb2 as routing

END = 100


class Log:
    """Where it ends, and how often that was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def last(self) -> int:
        self.asked += 1
        return END


def at(position: int) -> str:
    return Position.encode(position)


@pytest.mark.parametrize(
    ("request_", "beyond"),
    [
        pytest.param(routing.GetCaseRequest(), [], id="no token"),
        pytest.param(routing.GetCaseRequest(min_position=at(END)), [], id="the last position"),
        pytest.param(routing.GetCaseRequest(min_position=at(END + 1)), ["min_position"], id="one further"),
        pytest.param(routing.WatchOffersRequest(resume_token=at(1 << 62)), ["resume_token"], id="a watch's"),
        pytest.param(integrity_pb2.ExportLogRequest(after=at((1 << 64) - 1)), ["after"], id="the largest there is"),
        pytest.param(
            kpi.QueryMetricsRequest(min_position=at(END + 1), as_of=at(END + 2)), ["min_position", "as_of"], id="two"
        ),
    ],
)
async def test_a_token_beyond_the_end_is_out_of_range(request_: Message, beyond: list[str]) -> None:
    positions = Positions(Log().last)
    if not beyond:
        assert await positions.check(request_) == []
        return
    with pytest.raises(OutOfRange) as refused:
        await positions.check(request_)
    assert [field for field, _ in refused.value.violations] == beyond


async def test_the_log_is_asked_only_for_what_lies_beyond_what_was_seen() -> None:
    log = Log()
    positions = Positions(log.last)
    for position in (END, 1, END):
        await positions.check(routing.GetCaseRequest(min_position=at(position)))
    assert log.asked == 1


async def test_a_token_of_another_form_has_its_own_reader() -> None:
    field = "switchboard.kpi.v1.WatchWallboardRequest.resume_token"
    positions = Positions(Log().last, {field: int})
    with pytest.raises(OutOfRange):
        await positions.check(kpi.WatchWallboardRequest(resume_token=str(END + 1)))


@given(st.text(max_size=40))
async def test_whatever_text_stands_there_it_is_a_position_or_named(token: str) -> None:
    request = routing.GetCaseRequest(min_position=token)
    try:
        position = Position.decode(token)
    except InvalidRequest:
        assert [field for field, _ in await Positions(Log().last).check(request)] == ["min_position"]
        return
    if position > END:
        with pytest.raises(OutOfRange):
            await Positions(Log().last).check(request)
