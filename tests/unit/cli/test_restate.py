"""What `restate` prints of two versions of a definition."""

import io
import json

import pytest
from rich.console import Console
from switchboard.kpi.v1 import service_pb2 as api
from switchboard_cli.output import THEME
from switchboard_cli.report import as_document, metric_table
from switchboard_cli.restate import document_of, signed, table_of

SECONDS = api.MetricUnit.METRIC_UNIT_SECONDS
RATIO = api.MetricUnit.METRIC_UNIT_RATIO
CONTACTS = api.MetricUnit.METRIC_UNIT_CONTACTS
BEFORE = api.MetricDefinition(id="first_reply", version=1, metric="first_reply@1", unit=SECONDS)
AFTER = api.MetricDefinition(id="first_reply", version=2, metric="first_reply", unit=SECONDS)


def row(brand, before, after, difference):
    group = [] if brand is None else [api.Dimension(key="brand", value=brand)]
    keys = ("value", "numerator", "denominator")
    sides = [dict(zip(keys, side, strict=True)) for side in (before, after, difference)]
    return api.RestatedRow(
        group=group,
        before=api.MetricValue(metric="first_reply@1", definition_version=1, **sides[0]),
        after=api.MetricValue(metric="first_reply", definition_version=2, **sides[1]),
        difference=api.Difference(**sides[2]),
    )


ANSWER = api.RestateResponse(
    position="p42",
    definitions=[BEFORE, AFTER],
    rows=[
        row("Example Air", (35.25, 70.5, 2), (60.5, 60.5, 1), (25.25, -10, -1)),
        row("", (20, 20, 1), (None, 0, 0), (None, -20, -1)),
    ],
    total=row(None, (30, 90, 3), (60.5, 60.5, 1), (30.5, -29.5, -2)),
)


def shown(table):
    screen = Console(width=80, theme=THEME, file=io.StringIO())
    screen.print(table)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_a_table_has_both_values_the_signed_difference_and_the_total():
    lines = shown(table_of(ANSWER, ["brand"]))
    assert [line.split() for line in (lines[0], *lines[2:])] == [
        ["brand", "before", "after", "difference", "of", "before", "of", "after"],
        ["Example", "Air", "35.2", "s", "60.5", "s", "+25.2", "s", "2", "1"],
        ["–", "20.0", "s", "–", "–", "1", "0"],
        ["total", "30.0", "s", "60.5", "s", "+30.5", "s", "3", "1"],
    ]
    assert max(map(len, lines)) <= 80


def test_without_groups_the_total_is_the_row():
    total = api.RestateResponse(definitions=[BEFORE, AFTER], rows=[ANSWER.total], total=ANSWER.total)
    assert len(shown(table_of(total, []))) == 3


def test_json_has_both_the_difference_and_the_total():
    document = json.loads(json.dumps(document_of(ANSWER)))
    assert list(document) == ["position", "definitions", "rows", "total"]
    assert [(one["id"], one["version"]) for one in document["definitions"]] == [("first_reply", 1), ("first_reply", 2)]
    assert document["rows"][0] == {
        "group": {"brand": "Example Air"},
        "before": {"value": 35.25, "numerator": 70.5, "denominator": 2},
        "after": {"value": 60.5, "numerator": 60.5, "denominator": 1},
        "difference": {"value": 25.25, "numerator": -10, "denominator": -1},
    }
    assert document["rows"][1]["difference"] == {"value": None, "numerator": -20, "denominator": -1}
    assert document["total"]["group"] == {}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        pytest.param(25.25, SECONDS, "+25.2 s", id="longer"),
        pytest.param(-7200.0, SECONDS, "-2.0 h", id="shorter"),
        pytest.param(0.0, SECONDS, "0 ms", id="the same"),
        pytest.param(-0.125, RATIO, "-12.5 pp", id="percentage points"),
        pytest.param(1234.0, CONTACTS, "+1,234", id="contacts"),
        pytest.param(None, CONTACTS, "–", id="not defined"),
    ],
)
def test_a_difference_has_its_sign(value, unit, text):
    assert signed(api.Difference(value=value), unit) == text


def test_two_versions_in_one_report_are_two_columns():
    values = [ANSWER.total.before, ANSWER.total.after]
    answer = api.QueryMetricsResponse(definitions=[BEFORE, AFTER], rows=[api.MetricRow(values=values)])
    assert list(as_document(answer)["rows"][0]["metrics"]) == ["first_reply@1", "first_reply"]
    columns = [("first_reply@1", "first_reply@1"), ("first_reply", "first_reply")]
    lines = shown(metric_table(answer.rows, answer.definitions, [], columns))
    assert (lines[0].split(), lines[2].split()) == (["first_reply@1", "first_reply"], ["30.0", "s", "60.5", "s"])
