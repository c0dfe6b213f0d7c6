"""Given a filter's text, when it is read, then its conditions, or every complaint; always in linear time."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from chassis.errors import InvalidRequest
from chassis.filters import (
    CONDITIONS_MAX,
    EQUAL_OR_NOT,
    FILTER_BYTES_MAX,
    ORDERED,
    READS_MAX,
    Condition,
    Field,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st


def number(text: str) -> int:
    if not text.isdigit():
        raise ValueError("is a number")
    return int(text)


FIELDS = {
    "state": Field(),
    "count": Field(number, ORDERED, repeats=True),
    "labels.": Field(operators=EQUAL_OR_NOT),
}
DIMENSIONS = {"*": Field(operators=EQUAL_OR_NOT, repeats=True)}


class Counting(str):
    """A text that counts how many of its characters are read."""

    reads = 0

    def __getitem__(self, key: Any) -> str:
        found = super().__getitem__(key)
        Counting.reads += max(1, len(found))
        return found


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        pytest.param("", [], id="nothing narrows nothing"),
        pytest.param("  \n ", [], id="nor do spaces"),
        pytest.param("state=OPEN", [Condition("state", "=", "OPEN")], id="spaces are free"),
        pytest.param(
            'count >= 3 AND count<9\tAND state = "a b"',
            [Condition("count", ">=", 3), Condition("count", "<", 9), Condition("state", "=", "a b")],
            id="conditions are joined by AND",
        ),
        pytest.param(
            r'state = "say \"hi\" \\ AND" AND labels.brand != 航空',
            [Condition("state", "=", r'say "hi" \ AND'), Condition("labels.brand", "!=", "航空")],
            id="a backslash takes the next character as it is",
        ),
        pytest.param('state = "x"AND count=1', [Condition("state", "=", "x"), Condition("count", "=", 1)],
                     id="a closing quote ends a value"),
        pytest.param("state = tenants/acme/a:b+c%20-d.e", [Condition("state", "=", "tenants/acme/a:b+c%20-d.e")],
                     id="a resource name needs no quotes"),
    ],
)  # fmt: skip
def test_a_filter_reads_as_its_conditions(text: str, conditions: list[Condition]) -> None:
    assert parse(text, FIELDS) == conditions


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        pytest.param("state", ["expected one of = != < <= > >= at character 6"], id="no operator"),
        pytest.param("state ==  a", ["expected one of = != < <= > >= at character 7"], id="an operator there is not"),
        pytest.param("state =", ['expected a value such as "open" at character 8'], id="no value"),
        pytest.param("= a", ["expected a field's name at character 1"], id="no field"),
        pytest.param('state = "a', ["the quote at character 9 is not closed"], id="an open quote"),
        pytest.param('state = "a\\', ["the quote at character 9 is not closed"], id="an open escape"),
        pytest.param("state = a OR count = 1", ["expected AND at character 11"], id="another word than AND"),
        pytest.param("state = a count = 1", ["expected AND at character 11"], id="no word at all"),
        pytest.param("state = a AND ", ["ends with AND"], id="AND at the end"),
        pytest.param("state = \0", ['expected a value such as "open" at character 9'], id="a NUL"),
        pytest.param(f"{'a' * 81} = b", ["expected a field's name at character 1"], id="a field's name without end"),
        pytest.param("labels. = b", ["labels. is none of count, labels.<key>, state"], id="a label without a key"),
        pytest.param(
            "colour = red AND state > a AND count = x AND state = a AND state = b",
            ["colour is none of count, labels.<key>, state", "state is compared with = only", "count is a number",
             "state is there twice"],
            id="every complaint at once",
        ),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_every_complaint(text: str, complaints: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(text, FIELDS)
    assert refused.value.violations == tuple(("filter", complaint) for complaint in complaints)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            " AND ".join(["a = 1"] * (CONDITIONS_MAX + 1)), f"has at most {CONDITIONS_MAX} conditions", id="conditions"
        ),
        pytest.param("a = " + "b" * FILTER_BYTES_MAX, f"is at most {FILTER_BYTES_MAX} bytes", id="bytes"),
        pytest.param("a = " + "很" * (FILTER_BYTES_MAX // 3), f"is at most {FILTER_BYTES_MAX} bytes", id="encoded"),
    ],
)
def test_a_filter_has_limits(text: str, complaint: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(text, DIMENSIONS)
    assert refused.value.violations == (("filter", complaint),)


def test_the_most_that_is_allowed_is_read() -> None:
    assert len(parse(" AND ".join(["a = 1"] * CONDITIONS_MAX), DIMENSIONS)) == CONDITIONS_MAX


# What made the regular expressions before this parser go back: the same thing over and over, with a flaw at the end.
REPEATED = st.sampled_from(
    [" ", '"', "\\", '\\"', "a", "=", "AND", "a=b AND ", 'a="', "\t \n", "a = b", "a.", '"a" AND ', "<>", "\0", "很"]
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(REPEATED, max_size=60).map("".join),
    st.builds(lambda head, part, times, tail: head + part * times + tail,
              st.sampled_from(["", "a = b ", 'a = "', "a"]), REPEATED, st.integers(0, 1000), st.text(max_size=3)),
)  # fmt: skip


@given(TEXTS)
def test_reading_is_linear_in_the_characters_of_the_text(text: str) -> None:
    counted = Counting(text)
    Counting.reads = 0
    with suppress(InvalidRequest):
        assert len(parse(counted, DIMENSIONS)) <= CONDITIONS_MAX
    assert Counting.reads <= READS_MAX * len(text) + READS_MAX


@given(st.lists(st.tuples(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.text(max_size=20)), max_size=20))
def test_what_is_written_with_quotes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    text = " AND ".join(f"{name} = {quoted(value)}" for name, value in pairs)
    assert [(one.field, one.value) for one in parse(text, DIMENSIONS)] == pairs
