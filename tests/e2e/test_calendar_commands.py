"""What a person says and asks of calendars from the command line."""

import subprocess
from pathlib import Path

import pytest
from running_stack import COMMAND, PATIENCE_S, RunningStack

TENANT = "calendars"
RECIPE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "calendar.toml"
WIDTH = 80
HOLIDAYS = """BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20000501\r
RRULE:FREQ=YEARLY\r
SUMMARY:Labour Day\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture(scope="module")
def holidays(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("calendars") / "holidays.ics"
    path.write_text(HOLIDAYS, newline="")
    return str(path)


def test_a_calendar_is_set_shown_filled_and_asked(stack: RunningStack, holidays: str) -> None:
    def run(*words: str, code: int = 0) -> str:
        return stack.run("calendar", *words, "--tenant", TENANT, code=code)

    shown = run("set", "default", str(RECIPE))
    assert max(map(len, shown.splitlines())) <= WIDTH, shown
    for told in ("calendar default (Service desk), Europe/Berlin", "09:00-12:30, 13:30-18:00", "22:00-06:00", "closed"):
        assert told in shown
    assert stack.told("calendar", "set", "default", str(RECIPE), "--tenant", TENANT)["version"] == 1
    for _ in range(2):
        said = run("import", holidays, "--years", "2026-2028")
        assert said.endswith("holidays.ics has 3 closings; the calendar is at version 2\n")
    listed = stack.told("calendar", "--tenant", TENANT)
    assert [(one["version"], len(one["exceptions"])) for one in listed] == [(2, 8)]

    christmas = "2026-12-24T09:00:00+01:00", "2026-12-28T10:00:00+01:00"
    assert run("elapsed", *christmas).startswith("13.0 h of business time")
    assert run("due", "2026-04-30T17:00:00+02:00", "2h") == "due 2026-05-02 21:00:00 UTC (version 2)\n"
    assert run("due", "2026-04-30T17:00:00+02:00", "2h", "--version", "1").startswith("due 2026-05-01 08:00:00 UTC")


def refused(stack: RunningStack, *words: str, code: int = 1) -> str:
    """What a command says that fails, in one line."""
    command = [COMMAND, "calendar", *words, "--tenant", TENANT, "--state", str(stack.state)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_what_goes_wrong_is_said_in_a_sentence(stack: RunningStack, tmp_path: Path) -> None:
    stack.run("calendar", "set", "odd", str(RECIPE), "--tenant", TENANT)
    table = tmp_path / "holidays.ics"
    table.write_text("Date;Holiday\n2026-05-01;Labour Day\n")
    assert "is no iCalendar file" in refused(stack, "import", str(table), "--calendar", "odd")
    wrong = tmp_path / "hours.toml"
    wrong.write_text('time_zone = "Mars/Base"\n')
    assert "is an IANA time zone" in refused(stack, "set", "odd", str(wrong))
    wrong.write_text('hours = ["monday"]\n')
    assert "is not DAYS=FROM-TO" in refused(stack, "set", "odd", str(wrong), code=2)
    assert "kpi has no" in refused(stack, "show", "nobodys")
    assert "is no length" in refused(stack, "due", "2026-04-30", "soon", code=2)
