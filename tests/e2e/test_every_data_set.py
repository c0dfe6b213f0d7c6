"""Files go in through the command line, and every KPI that comes out equals a calculation by hand on the same file.

The hand-written files of this repository run always; the real ones run where they are, and nothing here prints them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platform_json_by_hand as platforms
import pytest
import tables_by_hand as tables
from care_deliveries import send_care
from funnel_by_hand import by_brand, differences, metrics_of
from running_stack import RunningStack
from tables_by_hand import Reading

OWN = Path(__file__).resolve().parent.parent / "fixtures" / "e2e"
LETTERS = (
    *("--channel", "csv", "--source", "letters", "--label", "brand=Town hall"),
    *("--map", "id=message_id,author=user_id,text=text,at=posted_at,reply=reply,replied_at=replied_at,subject=subject"),
    *("--time-format", "%Y/%m/%d %H:%M:%S", "--time-zone", "Asia/Shanghai"),
)


@dataclass(frozen=True)
class DataSet:
    """Files of one kind, how they are sent, how they are read by hand, and when somebody stopped watching."""

    files: Sequence[Path]
    send: Callable[[RunningStack, str, Sequence[Path]], dict[str, Any]]
    by_hand: Callable[[Sequence[Path]], Reading]
    until: datetime


def command(*options: str) -> Callable[[RunningStack, str, Sequence[Path]], dict[str, Any]]:
    """Sends files with `switchboard ingest`."""

    def send(stack: RunningStack, tenant: str, files: Sequence[Path]) -> dict[str, Any]:
        told: dict[str, Any] = stack.told(
            "ingest", *map(str, files), "--tenant", tenant, "--allow-quarantine", *options
        )
        return told

    return send


def care(stack: RunningStack, tenant: str, files: Sequence[Path]) -> dict[str, Any]:
    """Sends conversations through the API."""
    return send_care(stack, tenant, tables.care(files[0])[0])


def x(owned: Sequence[str], until: datetime, files: Sequence[Path], *, listening: bool = False) -> DataSet:
    return platform("x", platforms.x_post, "Ferry Line", owned, until, files, listening)


def weibo(owned: Sequence[str], until: datetime, files: Sequence[Path], *, listening: bool = False) -> DataSet:
    return platform("weibo", platforms.weibo_post, "江湾地铁", owned, until, files, listening)


def platform(
    channel: str,
    reader: platforms.Reader,
    brand: str,
    owned: Sequence[str],
    until: datetime,
    files: Sequence[Path],
    listening: bool,
) -> DataSet:
    options = ("--channel", channel, "--source", "ours", "--label", f"brand={brand}")
    accounts = [word for account in owned for word in ("--owned", account)]
    ours = frozenset(owned)
    return DataSet(
        files,
        command(*options, *accounts, *(("--listening",) if listening else ())),
        lambda paths: platforms.read(paths, reader, brand, ours, listening=listening),
        until,
    )


def hand_written(name: str) -> DataSet:
    match name:
        case "threads":
            until = datetime(2020, 3, 19, 11, 10, tzinfo=UTC)
            return DataSet(
                [OWN / "threads.csv"], command("--channel", "twcs"), lambda paths: tables.twcs(paths[0]), until
            )
        case "letters":
            until = datetime(2019, 4, 18, 0, 5, 9, tzinfo=UTC)
            return DataSet(
                [OWN / "letters.csv"], command(*LETTERS), lambda paths: tables.letters(paths[0], "Town hall"), until
            )
        case "care":
            until = datetime(2020, 4, 6, 3, 30, tzinfo=UTC)
            return DataSet([OWN / "care.json"], care, lambda paths: tables.care(paths[0])[1], until)
        case "x":
            return x(
                ["77", "ferryline"],
                datetime(2020, 3, 9, 11, 59, tzinfo=UTC),
                [OWN / "x_statuses.json", OWN / "x_stream.jsonl"],
            )
        case _:
            return weibo(["8800", "江湾地铁"], datetime(2020, 3, 10, 1, 30, tzinfo=UTC),
                         [OWN / "weibo_statuses.json", OWN / "weibo_comments.json"])  # fmt: skip


def real(name: str, data: Path) -> DataSet:
    conversations = data / "conversations"
    match name:
        case "threads":
            until, file = datetime(2017, 10, 31, 23, 0, tzinfo=UTC), conversations / "twcs" / "twcs_half.csv"
            return DataSet([file], command("--channel", "twcs"), lambda paths: tables.twcs(paths[0]), until)
        case "letters":
            until = datetime(2018, 7, 1, tzinfo=UTC)
            file = conversations / "gov_messages_zh" / "messages_odd.csv"
            return DataSet([file], command(*LETTERS), lambda paths: tables.letters(paths[0], "Town hall"), until)
        case "care":
            until, file = datetime(2020, 3, 20, 12, 0, tzinfo=UTC), conversations / "twitter_ibm_care" / "dev.json"
            return DataSet([file], care, lambda paths: tables.care(paths[0])[1], until)
        case "x":
            files = sorted((data / "payloads" / "twitter").rglob("*.json"))
            return x(["372018022"], datetime(2015, 10, 8, tzinfo=UTC), files, listening=True)
        case _:
            files = sorted((data / "payloads" / "weibo").rglob("*.json"))
            return weibo(["3178541805"], datetime(2025, 1, 2, 6, 0, tzinfo=UTC), files, listening=True)


@dataclass(frozen=True)
class Sent:
    """A data set after its first run."""

    tenant: str
    data: DataSet
    told: dict[str, Any]
    hand: Reading
    reports: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)

    def report(self, stack: RunningStack, *options: str) -> dict[str, Any]:
        """What `report` told the first time it was asked like this."""
        if options not in self.reports:
            self.reports[options] = self.report_now(stack, *options)
        return self.reports[options]

    def report_now(self, stack: RunningStack, *options: str) -> dict[str, Any]:
        told: dict[str, Any] = stack.told("report", "--tenant", self.tenant, *options)
        return told

    def again(self, stack: RunningStack) -> dict[str, Any]:
        return self.data.send(stack, self.tenant, self.data.files)


BY_BRAND = ("--by", "brand")
KINDS = ("threads", "letters", "care", "x", "weibo")


@pytest.fixture(scope="module", params=[*KINDS, *(f"real {kind}" for kind in KINDS)])
def sent(request: pytest.FixtureRequest, stack: RunningStack) -> Sent:
    """Each data set once, in a tenant of its own."""
    kind = request.param.removeprefix("real ")
    data = hand_written(kind) if kind == request.param else real(kind, request.getfixturevalue("shared_data"))
    tenant = request.param.replace(" ", "-")
    return Sent(tenant, data, data.send(stack, tenant, data.files), data.by_hand(data.files))


def rows(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Metrics by brand; the one row of an ungrouped report is under ""."""
    return {row["group"].get("brand", ""): row["metrics"] for row in report["rows"]}


@pytest.mark.parametrize(
    ("grouped", "close"),
    [
        pytest.param(False, True, id="observed until then"),
        pytest.param(True, True, id="observed until then, by brand"),
        pytest.param(True, False, id="observed until now, by brand"),
    ],
)
def test_every_kpi_equals_the_calculation_by_hand(stack: RunningStack, sent: Sent, grouped: bool, close: bool) -> None:
    by = BY_BRAND if grouped else ()
    observed = ("--observed-until", sent.data.until.isoformat()) if close else ()
    reported = rows(sent.report(stack, *by, *observed))
    until = tables.micros(sent.data.until if close else datetime.now(UTC))
    expected = by_brand(sent.hand.contacts, until) if grouped else {"": metrics_of(sent.hand.contacts, until)}
    assert set(reported) == set(expected)
    wrong = {brand: differences(reported[brand], expected[brand]) for brand in expected}
    assert not {brand: found for brand, found in wrong.items() if found}


PAPER = {
    "offered": 10,
    "accepted": 6,
    "answered": 6,
    "resolved": 0,
    "pending": 2,  # the two of 19 March
    "waiting": 4,
    "abandonment": 4 / 8,  # three without an answer, one answered after eight days
    "frt_any_mean": 117_000,  # 899 + 900 + 3,600 + 0 + 691,201 + 5,400 seconds by six
    "frt_any_km_median": 5_400,  # 9/10 · 7/8 · 6/7 · 5/6 · 4/5 = 0.45, after one was cut short at 600 s
    "frt_human_mean": 117_000,
    "frt_human_km_median": 5_400,
    "answered_within_15m": 3 / 9,  # one has waited for ten minutes only
    "answered_within_1h": 4 / 9,
    "resolution_of_offered": 0,
    "resolution_of_accepted": 0,
    "answered_share": 6 / 10,
    "frt_human_p50": 900,  # the third of 0, 899, 900, 3,600, 5,400 and 691,201
    "frt_human_p90": 691_201,
    "frt_human_km_p90": None,
    "sl1_15m_event": 3 / 9,
    "sl1_15m_completion": 3 / 6,
}


@pytest.mark.parametrize("sent", ["threads"], indirect=True)
def test_the_threads_are_what_they_are_on_paper(stack: RunningStack, sent: Sent) -> None:
    (row,) = sent.report(stack, "--observed-until", sent.data.until.isoformat())["rows"]
    told = {name: row["metrics"][name]["value"] for name in PAPER}
    assert told == pytest.approx(PAPER)


def test_every_post_and_every_author_is_there_once(stack: RunningStack, sent: Sent) -> None:
    facts = stack.facts(sent.tenant)
    received = [fact["data"] for fact in facts if fact["type"].endswith(".PostReceived")]
    assert len(received) == sent.hand.posts
    assert len({post["post_id"] for post in received}) == sent.hand.posts
    assert len({post["identity_id"] for post in received}) == sent.hand.identities
    assert len({fact["id"] for fact in facts}) == len(facts)
    if sent.hand.unreadable:
        assert sent.told["results"]["QUARANTINED"] == sent.hand.unreadable


def test_a_second_run_changes_nothing(stack: RunningStack, sent: Sent) -> None:
    question = (*BY_BRAND, "--observed-until", sent.data.until.isoformat())
    before = sent.report(stack, *question)
    again = sent.again(stack)
    assert again["deliveries"] == sent.told["deliveries"]
    assert {kind for kind, number in again["results"].items() if number} <= {"DUPLICATE", "IGNORED"}
    assert sent.report_now(stack, *question)["rows"] == before["rows"]
    assert stack.facts(sent.tenant, after=before["position"]) == []
