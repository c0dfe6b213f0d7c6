"""`switchboard calendar`: what a file of hours says, and what is said of one that cannot be read."""

from pathlib import Path

import click
import pytest
from switchboard.kpi.v1.events_pb2 import EXCEPTION_KIND_CLOSED, EXCEPTION_KIND_OPEN, WeeklyHours
from switchboard_cli.calendars import written
from switchboard_cli.hours import read, span

RECIPE = Path(__file__).resolve().parents[3] / "docs" / "recipes" / "calendar.toml"


def test_the_file_of_the_recipe_is_a_calendar() -> None:
    made = written(RECIPE)
    assert (made.display_name, made.time_zone) == ("Service desk", "Europe/Berlin")
    assert len(made.weekly) == 11
    closed = [(one.start, one.end) for one in made.exceptions if one.kind == EXCEPTION_KIND_CLOSED]
    assert closed[:2] == [("2026-12-25T00:00", "2026-12-26T00:00"), ("2026-12-24T14:00", "2026-12-25T00:00")]
    assert next(one.start for one in made.exceptions if one.kind == EXCEPTION_KIND_OPEN) == "2026-12-31T10:00"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("time_zone = ", "cannot be read", id="no TOML"),
        pytest.param("\xff", "cannot be read", id="no text"),
        pytest.param("zone = 'UTC'", "it has zone", id="a key that there is not"),
        pytest.param("time_zone = 1", "time_zone is a text", id="a zone that is a number"),
        pytest.param("hours = 'mon=09:00-17:00'", "hours is a list", id="hours that are no list"),
        pytest.param("hours = ['monday 9 to 5']", "is not DAYS=FROM-TO", id="hours in other words"),
        pytest.param("closed = 2026-12-25", "closed are tables", id="a day without its table"),
        pytest.param("[[closed]]\nday = '2026-12-25'", "day of [[closed]] number 1", id="a day in quotes"),
        pytest.param("[[open]]\nfrom = 2026-12-25T10:00:00", "from and until", id="a beginning alone"),
        pytest.param("[[closed]]\nday = 2026-12-25\nuntil = 2026-12-26", "from and until", id="a day and an end"),
        pytest.param("[[closed]]\nday = 2026-12-25T00:00:00Z", "local time", id="a time of another zone"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "hours.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(click.BadParameter, match=r".+") as refused:
        written(file)
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("mon=09:00-17:30", "09:00-17:30", id="a day"),
        pytest.param("fri=22:00-06:00", "22:00-06:00", id="a night"),
        pytest.param("sun=00:00-24:00", "00:00-24:00", id="a whole day"),
    ],
)
def test_hours_are_shown_as_they_are_typed(said: str, shown: str) -> None:
    [(day, start, end)] = read([said])
    assert span(WeeklyHours(weekday=day, start_minute=start, end_minute=end)) == shown


def test_a_span_of_days_says_how_many_days_later_it_ends() -> None:
    assert span(WeeklyHours(weekday=5, start_minute=1_080, end_minute=5_400)) == "18:00-18:00+3d"
    assert span(WeeklyHours(weekday=1, start_minute=0, end_minute=10_080)) == "00:00-24:00+6d"
