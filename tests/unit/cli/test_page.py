"""Given what kpi answers, when it becomes a page or lines of CSV, then nothing is lost and nothing in it is markup."""

import csv
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from kpi.metrics import METRICS
from switchboard.kpi.v1 import service_pb2 as api
from switchboard_cli.page.figures import Line, _round_numbers, survival
from switchboard_cli.page.page import Answers, hours_of, rendered
from switchboard_cli.page.words import CHINESE, ENGLISH, LANGUAGES, Words
from switchboard_cli.report import print_csv

UNTIL = Timestamp(seconds=1_773_000_000)
HOSTILE = "<script>alert('1')</script> & \"quoted\" \u202e \U0001f4a5"


def row(group: str | None, offered: int, median: float | None = None) -> api.MetricRow:
    made = api.MetricRow(
        group=[api.Dimension(key="brand", value=group)] if group is not None else [],
        values=[
            api.MetricValue(metric="offered", definition_version=1, value=offered, numerator=offered),
            api.MetricValue(metric="frt_human_km_median", definition_version=1, numerator=0, denominator=offered),
        ],
    )
    if median is not None:
        made.values[1].value = median
    return made


def table(*rows: api.MetricRow) -> api.QueryMetricsResponse:
    definitions = [
        api.MetricDefinition(id="offered", version=1, unit=api.METRIC_UNIT_CONTACTS, description="All there were."),
        api.MetricDefinition(id="frt_human_km_median", version=7, unit=api.METRIC_UNIT_SECONDS, description=HOSTILE),
    ]
    zone = "Asia/Shanghai"
    return api.QueryMetricsResponse(
        rows=rows, definitions=definitions, position="p42", observed_until=UNTIL, time_zone=zone
    )


def hour(text: str, in_time: int, judged: int) -> api.MetricRow:
    value = api.MetricValue(metric="answered_within_1h", numerator=in_time, denominator=judged)
    return api.MetricRow(group=[api.Dimension(key="hour", value=text)], values=[value])


def curves(name: str | None, contacts: int) -> api.GroupCurves:
    return api.GroupCurves(
        group=[api.Dimension(key="brand", value=name)] if name is not None else [],
        contacts=contacts,
        first_response=[
            api.SurvivalPoint(seconds=0, waiting_share=1, at_risk=contacts),
            api.SurvivalPoint(seconds=90_000, waiting_share=0.25, at_risk=1),
        ],
        backlog=[
            api.BacklogPoint(at=Timestamp(seconds=UNTIL.seconds - 90_000), waiting=contacts),
            api.BacklogPoint(at=UNTIL, waiting=1),
        ],
    )


def page(names: list[str], words: Words = ENGLISH) -> str:
    answers = Answers(
        table(*(row(name, 3, 60.0) for name in names)),
        table(row(None, 3 * len(names))),
        api.QueryMetricsResponse(rows=[hour("2026-03-02T09:00+08:00", 1, 2)], time_zone="Asia/Shanghai"),
        api.QueryCurvesResponse(groups=[curves(name, number) for number, name in enumerate(names, 1)]),
    )
    return rendered(answers, api.QueryMetricsRequest(parent="tenants/demo", group_by=["brand"]), words)


class Reader(HTMLParser):
    """The texts of a page and the names of its elements, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_in_the_data_is_text_on_the_page_and_never_markup(language: str) -> None:
    read = Reader(page([HOSTILE, "Acme"], LANGUAGES[language]))
    assert "script" not in read.elements
    assert read.texts.count(HOSTILE) >= 3  # in the table, and under two figures
    assert HOSTILE in " ".join(read.texts), "the definition that has no words of this language keeps its own"


def test_the_page_needs_no_other_file_and_runs_nothing() -> None:
    text = page(["Acme"])
    assert set(Reader(text).elements).isdisjoint({"script", "link", "img", "iframe", "object"})
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", text)
    assert "@import" not in text


def test_the_figures_are_well_formed_and_have_a_line_per_group_up_to_six() -> None:
    text = page([f"brand {number}" for number in range(9)])
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text, re.DOTALL)
    assert [caption.count("<span>") for caption in captions] == [6, 6, 0]
    assert "brand 8" in captions[0], "the largest are drawn"
    assert "3 smaller groups are in the table only" in text


def test_the_same_answers_give_the_same_page() -> None:
    assert page(["Acme", "Bravo"]) == page(["Acme", "Bravo"])


def test_a_page_of_nobody_has_a_table_and_no_figures() -> None:
    answers = Answers(table(row(None, 0)), None, api.QueryMetricsResponse(), api.QueryCurvesResponse())
    text = rendered(answers, api.QueryMetricsRequest(parent="tenants/demo"), ENGLISH)
    assert "<svg" not in text
    assert "at any time" in text


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        pytest.param(None, None, "at any time", id="of all time"),
        pytest.param(60, None, "at 1970-01-01 08:01 or later", id="since"),
        pytest.param(None, 60, "before 1970-01-01 08:01", id="until"),
        pytest.param(60, 120, "from 1970-01-01 08:01 to 1970-01-01 08:02", id="an interval"),
    ],
)
def test_the_interval_is_said_on_the_clock_of_the_zone(start: int | None, end: int | None, says: str) -> None:
    request = api.QueryMetricsRequest(parent="tenants/demo")
    if start is not None:
        request.start_time.seconds = start
    if end is not None:
        request.end_time.seconds = end
    answers = Answers(table(row(None, 0)), None, api.QueryMetricsResponse(), api.QueryCurvesResponse())
    assert f"Contacts that started {says};" in rendered(answers, request, ENGLISH)


def test_hours_of_several_days_are_one_day_of_sums() -> None:
    answer = api.QueryMetricsResponse(
        rows=[
            hour("2026-03-02T09:00+08:00", 1, 2),
            hour("2026-03-03T09:00+08:00", 3, 8),
            hour("2026-03-03T10:00+08:00", 0, 0),
        ]
    )
    assert hours_of(answer) == [(9, 10, 4), (10, 0, 0)]


def test_both_languages_have_a_head_for_the_same_metrics_and_chinese_explains_the_versions_that_are_computed() -> None:
    assert list(CHINESE.heads) == list(ENGLISH.heads)
    current = {(metric, METRICS[metric].definition.version) for metric in CHINESE.heads}
    assert set(CHINESE.meanings) == current


@given(st.floats(0, 1e9))
def test_an_axis_has_a_few_whole_numbers_that_begin_with_nothing(most: float) -> None:
    ticks = _round_numbers(most)
    assert ticks[0] == 0
    assert ticks[-1] <= max(most, 1)
    assert 1 <= len(ticks) <= 6 + (most < 10)
    assert ticks == sorted(set(ticks))


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1)), min_size=1, max_size=20))
def test_any_curve_can_be_drawn(points: list[tuple[float, float]]) -> None:
    ElementTree.fromstring(survival([Line("<all>", sorted(points))], ENGLISH))


def test_csv_has_a_line_per_number_and_nothing_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(table(row(f"{HOSTILE},\n", 3), row("Acme", 2, 60.5)), ["brand"])
    lines = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert lines == [
        ["brand", "metric", "version", "value", "numerator", "denominator"],
        [f"{HOSTILE},\n", "offered", "1", "3", "3", ""],
        [f"{HOSTILE},\n", "frt_human_km_median", "1", "", "0.0", "3"],
        ["Acme", "offered", "1", "2", "2", ""],
        ["Acme", "frt_human_km_median", "1", "60.5", "0.0", "2"],
    ]


def test_an_earlier_version_has_a_column_and_its_meaning() -> None:
    definitions = [
        api.MetricDefinition(
            id="offered", version=1, metric="offered@1", unit=api.METRIC_UNIT_CONTACTS, description="Once."
        ),
        api.MetricDefinition(
            id="offered", version=2, metric="offered", unit=api.METRIC_UNIT_CONTACTS, description="Now."
        ),
    ]
    values = [
        api.MetricValue(metric=one.metric, value=number) for one, number in zip(definitions, (311, 322), strict=True)
    ]
    told = api.QueryMetricsResponse(
        rows=[api.MetricRow(values=values)], definitions=definitions, observed_until=UNTIL, time_zone="UTC"
    )
    answers = Answers(told, None, api.QueryMetricsResponse(time_zone="UTC"), api.QueryCurvesResponse())
    request = api.QueryMetricsRequest(parent="tenants/demo", metrics=["offered@1", "offered@2"])
    text = rendered(answers, request, ENGLISH)
    assert all(said in text for said in ("311", "322", "offered v1", "offered v2", "offered@1", "Now."))
