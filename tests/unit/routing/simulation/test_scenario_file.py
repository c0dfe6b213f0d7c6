"""Scenarios as somebody writes them: the shipped ones are read, and of a wrong one a sentence says what and how."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing.agents import Policy
from routing.simulation.chance import Exponential, LogNormal
from routing.simulation.scenario_file import BYTES_MAX, BadScenario, bounded, read_policies, read_scenario
from routing.terms import Ordering, Selection

REPOSITORY = Path(__file__).resolve().parents[4]
SHIPPED = sorted((REPOSITORY / "docs" / "recipes" / "scenarios").glob("*.toml"))
RECIPE = REPOSITORY / "docs" / "recipes" / "simulating.md"

TEAM = '[[teams]]\nname = "desk"\ncount = 2\nskills = { billing = 3 }\n'
CALLS = '[[customers]]\nname = "calls"\nper_hour = 10\nhandling_s = 60\n'
GOOD = f"hours = 1\n{CALLS}{TEAM}"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_scenario_is_one(path: Path) -> None:
    assert 0.5 < read_scenario(path.read_bytes()).load() < 1.1  # what has piled up when a shift ends is more than 1


def test_the_recipe_shows_the_small_desk_as_it_is_and_every_key() -> None:
    text = RECIPE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert shown == (RECIPE.parent / "scenarios" / "small-desk.toml").read_text(encoding="utf-8")
    everywhere = (
        f"x = 1\n{GOOD}",
        f"hours = 1\n[pace]\nx = 1\n{CALLS}{TEAM}",
        f"hours = 1\n{CALLS}x = 1\n{TEAM}",
        f"{GOOD}x = 1",
        f"{GOOD}[[policies]]\nname = 'a'\nx = 1",
    )
    for scenario in everywhere:
        (known,) = re.findall("it can be (.*)", said(scenario))
        for key in known.split(", "):
            assert f"`{key}`" in text or f"[{key}]" in text, key


def said(text: str) -> str:
    """The sentence that refuses a scenario."""
    with pytest.raises(BadScenario) as refused:
        read_scenario(text.encode())
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "hours is missing; write it", id="nothing"),
        pytest.param("hours = ", "it is no TOML: ", id="half a line"),
        pytest.param("hour = 8\n" + CALLS + TEAM, 'hours is missing; is "hour" meant to be it?', id="a key misspelt"),
        pytest.param("hours = true", "hours is true; write a number of 0.01 to 744", id="a truth for a number"),
        pytest.param("hours = nan", "hours is nan; write a number", id="no number"),
        pytest.param("hours = -inf", "hours is -inf; write a number", id="without end"),
        pytest.param("hours = 2026-01-05", "hours is 2026-01-05; write a number", id="a date"),
        pytest.param(f"hours = {'9' * 400}", "hours is a number beyond all measure; write a number", id="huge"),
        pytest.param(f"hours = {'9' * 5000}", "it is no TOML: ", id="more digits than Python reads"),
        pytest.param(f"hours = {'[' * 20_000}", "it is nested too deeply", id="nested"),
        pytest.param(f"hours = 1\n{TEAM}", "customers is missing", id="nobody comes"),
        pytest.param(f"hours = 1\ncustomers = []\n{TEAM}", "customers is a list of 0; write one [[c", id="none"),
        pytest.param(f"hours = 1\n[customers]\nname = 1\n{TEAM}", "customers is a table; write one", id="one table"),
        pytest.param(GOOD.replace("per_hour = 10", "per_hour = 0"), "customers[1].per_hour is 0, so n", id="rate 0"),
        pytest.param(GOOD.replace("per_hour = 10", "per_hour = []"), "customers[1].per_hour has 0 num", id="no rate"),
        pytest.param(
            GOOD.replace("per_hour = 10", "per_hour = [1, -1]"), "customers[1].per_hour is -1; write a number of 0",
            id="fewer than none",
        ),
        pytest.param(
            GOOD.replace("per_hour = 10", "per_hour = 1e300"), "customers[1].per_hour is 1e+300", id="all of mankind"
        ),
        pytest.param(
            GOOD.replace("per_hour = 10", "per_hour = 150000").replace("hours = 1", "hours = 744"),
            "customers.per_hour brings some 111600000 customers",
            id="more than a process holds",
        ),
        pytest.param(
            GOOD.replace("per_hour = 10", "per_hour = [0, 9]"),
            "customers.per_hour brings nobody in the hours",
            id="later than the end",
        ),
        pytest.param(
            GOOD.replace("per_hour = 10", "per_hour = 5e-324"), "customers.per_hour brings nobody", id="next to none"
        ),
        pytest.param(
            GOOD.replace("handling_s = 60", "handling_s = { weibull = 3 }"),
            "customers[1].handling_s names no distribution; write seconds, { exponential = MEAN }",
            id="a distribution that is not known",
        ),
        pytest.param(
            GOOD.replace("handling_s = 60", "handling_s = { lognormal = 60 }"),
            "customers[1].handling_s.cv is missing",
            id="half a distribution",
        ),
        pytest.param(
            GOOD.replace("handling_s = 60", "handling_s = { exponential = 60, cv = 1 }"),
            "customers[1].handling_s.cv is no key that is known here",
            id="a distribution with something left over",
        ),
        pytest.param(GOOD.replace('"desk"', '"\\u001b[31m"'), 'teams[1].name is " [31m"', id="what a terminal obeys"),
        pytest.param(f"{GOOD}{TEAM}", 'teams[2].name is "desk", and so is another one\'s', id="a name twice"),
        pytest.param(GOOD.replace("count = 2", "count = 2.5"), "teams[1].count is 2.5; write a w", id="half an agent"),
        pytest.param(f"{GOOD}[[teams]]\nname = 'b'\ncount = 1999\n", "teams have 2001 agents together", id="an army"),
        pytest.param(
            GOOD.replace("billing = 3", "billing = 3.5"), "teams[1].skills.billing is 3.5", id="half a level"
        ),
        pytest.param(GOOD.replace("billing = 3", "Billing = 3"), 'teams[1].skills has "Billing"', id="a skill"),
        pytest.param(
            GOOD.replace("handling_s = 60", 'handling_s = 60\nskills = ["biling"]'),
            "customers[1].skills has biling, which no team has at level 1 or more",
            id="a skill that nobody has",
        ),
        pytest.param(
            GOOD.replace("handling_s = 60", 'handling_s = 60\nskills = ["billing"]\nleast_level = 4'),
            "customers[1].skills has billing, which no team has at level 4 or more",
            id="a level that nobody has",
        ),
        pytest.param(
            f"{GOOD}from_hour = 2\nuntil_hour = 3\n", "teams[1].from_hour is 2; write less", id="a shift after the end"
        ),
        pytest.param(f"{GOOD}from_hour = 0\n", "teams[1].until_hour is missing", id="half a shift"),
        pytest.param(f"{GOOD}skils = 1\n", "teams[1].skils is no key that is known here; did you mean skills?", id="x"),
        pytest.param(
            f"{GOOD}[[policies]]\nname = 'a'\nordering = 'lifo'",
            'policies[1].ordering is "lifo"; write one of fifo, priority, earliest_deadline',
            id="an order that is not known",
        ),
        pytest.param(
            GOOD + "".join(f"[[policies]]\nname = 'p{n}'\n" for n in range(11)),
            "policies[11].name is one too many",
            id="more policies than can be looked at",
        ),
        pytest.param(f"pace = 2\n{GOOD}", "pace is 2; write a table such as [pace]", id="a number for a table"),
    ],
)  # fmt: skip
def test_a_sentence_says_which_key_and_what_to_write(text: str, says: str) -> None:
    assert said(text).startswith(says)


def test_what_is_no_text_or_no_scenario_at_all_is_said_so() -> None:
    for data, says in ((b"\xff\xfe", "it is no text in UTF-8"), (b" " * (BYTES_MAX + 1), "it has more than")):
        with pytest.raises(BadScenario, match=says):
            read_scenario(data)


VALUES = st.sampled_from(
    ["1", "-1", "0", "nan", "true", '""', '"a"', "[]", "[1]", "{}", "{ a = 1 }", "1e999", "07:32:00"]
)
KEYS = st.sampled_from(
    ["hours", "warm_up_hours", "name", "per_hour", "handling_s", "patience_s", "skills", "count", "urgency", "capacity"]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["", "[[customers]]", "[[teams]]", "[pace]"]), KEYS, VALUES), max_size=12))
def test_what_is_written_at_random_is_refused_in_one_line(lines: list[tuple[str, str, str]]) -> None:
    text = "".join(f"{table}\n{key} = {value}\n" for table, key, value in lines)
    assert said(text).isprintable()


def test_a_load_is_reached_by_more_customers_of_each_group() -> None:
    scenario = read_scenario(SHIPPED[0].read_bytes())
    twice = bounded(scenario.at_load(2 * scenario.load()))
    assert twice.load() == pytest.approx(2 * scenario.load())
    for before, after in zip(scenario.customers, twice.customers, strict=True):
        assert after.per_hour == pytest.approx([2 * rate for rate in before.per_hour])


def test_distributions_are_read_as_they_are_written() -> None:
    scenario = read_scenario((REPOSITORY / "docs/recipes/scenarios/small-desk.toml").read_bytes())
    orders = scenario.customers[0]
    assert (orders.handling_s, orders.patience_s) == (LogNormal(240, 0.8), Exponential(600))
    assert orders.skills == (("orders", 3), ("refunds", 1))
    assert scenario.teams[1].shift_h == (3, 6)


def test_policies_for_a_log_stand_in_a_file_of_their_own() -> None:
    named = read_policies((RECIPE.parent / "policies.toml").read_bytes())
    assert [one.name for one in named] == ["fifo-idle", "deadline-skilled"]
    with pytest.raises(BadScenario, match="hours is no key that is known here"):
        read_policies(b"hours = 1\n[[policies]]\nname = 'a'\n")
    with pytest.raises(BadScenario, match="policies is missing"):
        read_policies(b"")


def test_policies_are_those_of_production_and_without_any_the_default_is_tried() -> None:
    (usual,) = read_scenario(GOOD.encode()).policies
    assert usual.policy == Policy()
    for ordering in [word for word in Ordering if word]:
        for selection in [word for word in Selection if word]:
            words = f"ordering = '{ordering.name.lower()}'\nselection = '{selection.name.lower()}'\n"
            (one,) = read_scenario(f"{GOOD}[[policies]]\nname = 'a'\n{words}".encode()).policies
            assert one.policy == Policy(ordering=ordering, selection=selection)
