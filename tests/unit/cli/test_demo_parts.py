"""The demo's time, notes, cast and traces, without a stack."""

from datetime import UTC, datetime

import pytest
from chassis.clock import clock_from, from_datetime
from switchboard_cli.demo.brands import INDUSTRIES
from switchboard_cli.demo.cast import choose_lead, choose_told
from switchboard_cli.demo.day import CLOCK, START, ClockedEnvironment, Stretch
from switchboard_cli.demo.generator import Sort, generate
from switchboard_cli.demo.journal import Journal, Outage, percentile
from switchboard_cli.demo.people import staff
from switchboard_cli.demo.tracing import Span, Story, draw
from switchboard_cli.output import console


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("real_s", "instant"),
    [
        pytest.param(0, "2026-03-02T00:00:00", id="before the day the clock stands still"),
        pytest.param(1_000, "2026-03-02T00:00:00", id="the day begins"),
        pytest.param(1_048, "2026-03-02T12:00:00", id="twelve hours of work in 48 seconds"),
        pytest.param(1_056, "2026-03-03T00:00:00", id="the night in eight"),
        pytest.param(1_060, "2026-03-10T02:24:00", id="more than a week in four"),
        pytest.param(1_070, "2026-03-10T02:24:10", id="then time passes as it does"),
    ],
)
def test_the_simulated_day_and_week(real_s, instant):
    clock = clock_from(Stretch().specification(1_000), wall=lambda: real_s * 1_000_000)
    assert clock.now() == pytest.approx(at(instant), abs=100_000)


@pytest.mark.parametrize(("servers_took_s", "factor"), [(2.0, 1.0), (3.5, 1.0), (7.0, 2.0), (300.0, 4.0)])
def test_a_slow_machine_gets_a_longer_day(servers_took_s, factor):
    assert Stretch.suited(servers_took_s).factor == factor


def test_the_environment_has_one_clock_for_all_and_the_rest_as_it_was():
    environment = ClockedEnvironment({"PATH": "/bin", CLOCK: "other"})
    assert dict(environment) == {"PATH": "/bin", CLOCK: environment[CLOCK]}
    assert len(environment) == 2
    assert environment[CLOCK].startswith("2026-03-02T00:00:00Z@")
    assert environment.get("HOME") is None


@pytest.mark.parametrize(
    ("values", "share", "found"), [([1, 2, 3, 4], 0.5, 2), ([1, 2, 3, 4], 0.99, 4), ([7], 0.01, 7)]
)
def test_percentile_is_the_nearest_rank(values, share, found):
    assert percentile(values, share) == found


def test_an_offer_may_reach_the_desk_before_the_answer_to_handing_its_post_over():
    journal = Journal()
    journal.offered(["a", "x"], 10.5)
    journal.handed("a", 10.0)
    journal.handed("b", 11.0)
    journal.offered(["b"], 11.25)
    assert journal.latencies() == [0.25, 0.5]


def test_what_an_outage_held_up_is_not_counted_as_latency():
    journal = Journal(outage=Outage("routing", 1, 100.0, 103.0))
    for post, sent, arrived in (("a", 90.0, 90.1), ("b", 99.0, 102.0), ("c", 110.0, 110.2)):
        journal.handed(post, sent)
        journal.offered([post], arrived)
    assert journal.latencies() == pytest.approx([0.1, 0.2])


def test_the_cast_is_chosen_from_the_plan():
    plan = generate(START, 4_000)
    told = choose_told(plan)
    assert len(told) == 4
    assert all(plan[index].sort is Sort.FIRST for index in told)
    lead = choose_lead(plan)
    assert (lead, told) == (choose_lead(plan), choose_told(plan))


def test_forty_agents_with_unique_ids():
    people = staff(1)
    assert len({person.agent_id for person in people}) == len(people) == 40
    assert {person.industry.key for person in people} == {industry.key for industry in INDUSTRIES}


def test_a_trace_is_drawn_as_a_tree_with_durations():
    story = Story("turn")
    with story.act("platform", "delivers a post", root=True) as traceparent:
        root = story.root_id
    assert traceparent == f"00-{story.trace_id}-{root}-01"
    began = story.own[0].began
    server = Span(story.trace_id, "b" * 16, root, "ingest", "IngestPost", began + 1_000_000, began + 5_000_000)
    lost = Span(story.trace_id, "c" * 16, "d" * 16, "kpi", "process ev.work.*", began + 9_000_000, began + 9_500_000)
    screen = console()
    with screen.capture() as captured:
        screen.print(draw("one turn", [story.own[0], server, lost]))
    lines = [line for line in captured.get().splitlines() if line.strip()]
    assert [line.strip("│└├─ ").split()[0] for line in lines] == ["one", "platform", "ingest", "kpi"]
    assert "IngestPost  4.0 ms, +1 ms" in lines[2]
