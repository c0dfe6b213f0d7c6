"""The wallboard as it stands on a wall: what burns, in which colour, and whether it is alive."""

import io
from collections.abc import Sequence

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from switchboard.kpi.v1 import service_pb2 as api
from switchboard_cli.output import THEME
from switchboard_cli.top import SinceParam
from switchboard_cli.wallboard import HANGS_S, Wallboard

METRICS = ("offered", "answered")
DEFINITIONS = [api.MetricDefinition(id=metric, unit=api.METRIC_UNIT_CONTACTS) for metric in METRICS]
REQUEST = api.WatchWallboardRequest(parent="tenants/demo", group_by=["brand"], metrics=METRICS)
NOON = 1_790_000_000


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def row(brand: str, offered: int, answered: int) -> api.MetricRow:
    values = [api.MetricValue(metric="offered", value=offered), api.MetricValue(metric="answered", value=answered)]
    return api.MetricRow(group=[api.Dimension(key="brand", value=brand)], values=values)


def told(rows: Sequence[api.MetricRow] = (), *, snapshot: bool = True, **floor: int) -> api.WatchWallboardResponse:
    longest = floor.pop("longest_s", None)
    made = api.WatchWallboardResponse(
        snapshot=snapshot, rows=rows, observed_until=Timestamp(seconds=NOON), floor=api.Floor(**floor)
    )
    if longest is not None:
        made.floor.oldest_waiting_start.seconds = NOON - longest
    return made


def drawn(board: Wallboard, width: int = 80, height: int = 24, *, colours: bool = False) -> str:
    output = io.StringIO()
    kind = "standard" if colours else None
    Console(file=output, width=width, height=height, theme=THEME, force_terminal=True, color_system=kind).print(board)  # type: ignore[arg-type]
    return output.getvalue()


def board(clock: Clock | None = None, *, burning_first: bool = True) -> Wallboard:
    return Wallboard(REQUEST, DEFINITIONS, burning_first=burning_first, now_s=clock or Clock())


def test_who_waits_and_who_can_answer_stands_first() -> None:
    shown = board()
    shown.take(
        told(waiting=3, longest_s=4_200, answered_on_time=9, due=12, agents_free=2, agents_busy=5, agents_away=1)
    )
    first = drawn(shown, 100).splitlines()[0]
    assert first == " 3 waiting   longest 70.0 min   on time 75.0 %   agents 2 free   5 busy   1 away"


@pytest.mark.parametrize(
    ("floor", "said", "colour"),
    [
        pytest.param({"waiting": 0}, "0 waiting", 32, id="nobody waits"),
        pytest.param({"waiting": 1, "agents_free": 1}, "1 waiting", 33, id="somebody waits and somebody is free"),
        pytest.param({"waiting": 1}, "1 waiting", 31, id="somebody waits and nobody is free"),
        pytest.param({"longest_s": 900}, "longest 15.0 min", 32, id="a short wait"),
        pytest.param({"longest_s": 901}, "longest 15.0 min", 33, id="a longer one"),
        pytest.param({"longest_s": 3_601}, "longest 60.0 min", 31, id="a long one"),
        pytest.param({"answered_on_time": 9, "due": 10}, "on time 90.0 %", 32, id="nearly all on time"),
        pytest.param({"answered_on_time": 7, "due": 10}, "on time 70.0 %", 33, id="many on time"),
        pytest.param({"answered_on_time": 6, "due": 10}, "on time 60.0 %", 31, id="too few on time"),
    ],
)
def test_colours_say_what_is_urgent(floor: dict[str, int], said: str, colour: int) -> None:
    shown = board()
    shown.take(told(**floor))
    before, _, _ = drawn(shown, 100, colours=True).partition(said)
    assert before.rpartition("\x1b[")[2].rstrip("m").split(";")[-1] == str(colour)


def test_what_burns_stands_first_and_what_finds_no_room_is_counted() -> None:
    shown = board()
    shown.take(told([row(f"brand-{n:02}", 20, n) for n in range(20)]))
    lines = drawn(shown, height=12).splitlines()
    assert [line.split()[0] for line in lines[4:10]] == [f"brand-{n:02}" for n in range(6)]
    assert lines[10] == " … 14 more"
    assert lines[11].startswith(" ● live demo")
    assert len(lines) == 12


def test_by_name_the_order_stays() -> None:
    shown = board(burning_first=False)
    shown.take(told([row("b", 9, 0), row("a", 1, 1)]))
    assert [one.group[0].value for one in shown.rows()] == ["a", "b"]


def test_changes_are_taken_and_a_snapshot_replaces_all() -> None:
    shown = board()
    shown.take(told([row("a", 1, 0), row("b", 1, 0)]))
    change = told([row("b", 2, 0)], snapshot=False)
    change.removed.add(group=[api.Dimension(key="brand", value="a")])
    shown.take(change)
    assert [(one.group[0].value, one.values[0].value) for one in shown.rows()] == [("b", 2)]
    shown.take(told([row("c", 1, 0)]))
    assert [one.group[0].value for one in shown.rows()] == ["c"]


def test_a_live_board_is_told_from_one_that_hangs_and_one_that_lost_kpi() -> None:
    clock = Clock()
    shown = board(clock)
    assert "waiting for the first picture" in drawn(shown)
    shown.take(told())
    assert "● live" in drawn(shown)
    clock.now_s = HANGS_S - 1
    assert "● live" in drawn(shown)
    clock.now_s = HANGS_S + 2
    assert "nothing was heard for 12 s" in drawn(shown)
    shown.lost("kpi is away")
    assert "kpi is away, trying again; the picture is 12 s old" in drawn(shown)
    shown.take(told(snapshot=False))
    assert "● live" in drawn(shown)
    assert "away, trying" not in drawn(shown)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
@pytest.mark.parametrize("height", range(3, 14))
@pytest.mark.parametrize("rows", [0, 1, 20])
def test_how_alive_it_is_stands_last_in_any_size(width: int, height: int, rows: int) -> None:
    shown = board()
    shown.take(told([row(f"brand-{n:02}", 20, n) for n in range(rows)], waiting=3, longest_s=4_200, agents_away=1))
    lines = drawn(shown, width, height).splitlines()
    assert len(lines) <= height
    assert lines[0].startswith(" 3 waiting")
    assert lines[-1].startswith(" ● live demo")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_it_fits_any_width(width: int) -> None:
    shown = board()
    shown.take(told([row("市政府" * 20, 5, 1)], waiting=3, longest_s=4_200, agents_away=1))
    assert max(map(len, drawn(shown, width).splitlines())) <= width


@pytest.mark.parametrize("value", ["8h", "90m", "7d", "30s", "2026-03-09T08:00:00Z", "2026-03-09"])
def test_since_is_a_time_or_how_long_ago(value: str) -> None:
    assert SinceParam().convert(value, None, None).tzinfo is not None
