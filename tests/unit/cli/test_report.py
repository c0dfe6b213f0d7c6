"""What `report --json` prints, and how the same looks in a table."""

import json

import pytest
from switchboard.kpi.v1 import service_pb2 as api
from switchboard_cli.output import console, duration, share
from switchboard_cli.report import as_document, cell, metric_table

CONTACTS = api.MetricUnit.METRIC_UNIT_CONTACTS
SECONDS = api.MetricUnit.METRIC_UNIT_SECONDS
RATIO = api.MetricUnit.METRIC_UNIT_RATIO


def value(metric, number=None, numerator=None, denominator=None):
    made = api.MetricValue(metric=metric, definition_version=1)
    for field, given in (("value", number), ("numerator", numerator), ("denominator", denominator)):
        if given is not None:
            setattr(made, field, given)
    return made


ANSWER = api.QueryMetricsResponse(
    position="p42",
    definitions=[
        api.MetricDefinition(id="offered", version=1, display_name="Offered", unit=CONTACTS),
        api.MetricDefinition(
            id="abandonment",
            version=2,
            display_name="Abandonment",
            unit=RATIO,
            parameters=[api.MetricParameter(name="horizon_public", seconds=604800)],
        ),
        api.MetricDefinition(id="frt_human_mean", version=1, display_name="Mean FRT", unit=SECONDS),
        api.MetricDefinition(id="frt_human_km_median", version=1, display_name="KM median", unit=SECONDS),
    ],
    rows=[
        api.MetricRow(
            group=[api.Dimension(key="brand", value="Norvane Home"), api.Dimension(key="day", value="2026-03-02")],
            values=[
                value("offered", 8, 8),
                value("abandonment", 0.75, 6, 8),
                value("frt_human_mean", 90.125, 180.25, 2),
                value("frt_human_km_median"),
            ],
        ),
        api.MetricRow(group=[api.Dimension(key="brand", value=""), api.Dimension(key="day", value="2026-03-02")]),
    ],
)


def test_json_has_position_definitions_and_rows():
    document = json.loads(json.dumps(as_document(ANSWER)))
    assert list(document) == ["position", "definitions", "rows"]
    assert document["position"] == "p42"
    assert [(d["id"], d["version"], d["unit"]) for d in document["definitions"]] == [
        ("offered", 1, "contacts"),
        ("abandonment", 2, "ratio"),
        ("frt_human_mean", 1, "seconds"),
        ("frt_human_km_median", 1, "seconds"),
    ]
    assert document["definitions"][1]["parameters"] == {"horizon_public": 604800}


def test_a_row_has_its_group_and_a_number_or_null_for_each_part_of_each_metric():
    row = as_document(ANSWER)["rows"][0]
    assert row == {
        "group": {"brand": "Norvane Home", "day": "2026-03-02"},
        "metrics": {
            "offered": {"value": 8, "numerator": 8, "denominator": None},
            "abandonment": {"value": 0.75, "numerator": 6, "denominator": 8},
            "frt_human_mean": {"value": 90.125, "numerator": 180.25, "denominator": 2},
            "frt_human_km_median": {"value": None, "numerator": None, "denominator": None},
        },
    }


@pytest.mark.parametrize("width", [80, 200])
def test_the_table_has_the_same_in_units_people_use(width):
    screen = console()
    with screen.capture() as captured:
        screen.print(metric_table(ANSWER.rows, ANSWER.definitions, ["brand", "day"]), width=width)
    text = captured.get()
    assert "Norvane Home" in text
    assert "75.0 %" in text
    assert "90.1 s" in text
    assert "KM median" in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0125, "12 ms"),
        (42, "42.0 s"),
        (600, "10.0 min"),
        (6 * 3600, "6.0 h"),
        (7 * 86400, "7.0 d"),
        (float("nan"), "–"),
    ],
)
def test_durations_for_people(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("unit", "number", "text"),
    [
        (CONTACTS, 1234, "1,234"),
        (api.MetricUnit.METRIC_UNIT_ITEMS, 1234, "1,234"),
        (api.MetricUnit.METRIC_UNIT_NUMBER, 1.5, "1.50"),
        (RATIO, 0.5, "50.0 %"),
        (SECONDS, 90, "90.0 s"),
        (SECONDS, None, "–"),
    ],
)
def test_a_number_in_its_unit(unit, number, text):
    assert cell(value("any", number), unit) == text


def test_a_share_that_is_not_defined_is_a_dash():
    assert (share(None), share(0.5)) == ("–", "50.0 %")


def test_the_table_has_the_metrics_that_were_named_and_no_other():
    screen = console()
    with screen.capture() as captured:
        columns = [("abandonment", "abandoned"), ("nonsense", "nonsense")]
        screen.print(metric_table(ANSWER.rows, ANSWER.definitions, ["brand", "day"], columns), width=80)
    text = captured.get()
    assert "abandoned" in text
    assert "75.0 %" in text
    assert "offered" not in text
    assert "nonsense" not in text


def test_a_narrow_table_has_fewer_columns_and_cuts_none():
    screen = console()
    with screen.capture() as captured:
        screen.print(metric_table(ANSWER.rows, ANSWER.definitions, ["brand", "day"]), width=50)
    assert "offered" in captured.get()
    assert "KM median" not in captured.get()
    assert "…" not in captured.get()
