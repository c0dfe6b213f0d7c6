"""Given a filter's text, when it is read, then what it says, or every complaint; at a cost of its length."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from chassis.errors import InvalidRequest
from chassis.filters import (
    CONDITIONS_MAX,
    DEPTH_MAX,
    EVERYTHING,
    FILTER_BYTES_MAX,
    HAS,
    ORDERED,
    Condition,
    Expression,
    Field,
    Junction,
    Negation,
    bound,
    conditions,
    holds,
    member,
    parse,
    where,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1 import operations_pb2


def number(text: str) -> int:
    if not text.isdigit():
        raise ValueError("is a number")
    return int(text)


FIELDS = {
    "state": Field(),
    "count": Field(number, ORDERED),
    "labels": Field(operators=HAS),
    "labels.": Field(),
}
DIMENSIONS = {"*": Field()}
A, B, C = Condition("a", "=", "1"), Condition("b", "=", "1"), Condition("c", "=", "1")


def every(*parts: Expression) -> Junction:
    return Junction("and", parts)


def some(*parts: Expression) -> Junction:
    return Junction("or", parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", EVERYTHING, id="nothing narrows nothing"),
        pytest.param("  \n ", EVERYTHING, id="nor do spaces"),
        pytest.param("state=OPEN", Condition("state", "=", "OPEN"), id="spaces are free"),
        pytest.param(
            'count >= 3 AND count<9\tAND state != "a b"',
            every(Condition("count", ">=", 3), Condition("count", "<", 9), Condition("state", "!=", "a b")),
            id="conditions are joined by AND",
        ),
        pytest.param(
            r'state = "say \"hi\" \\ AND" AND labels.brand != 航空',
            every(Condition("state", "=", r'say "hi" \ AND'), Condition("labels.brand", "!=", "航空")),
            id="a backslash takes the next character as it is",
        ),
        pytest.param(
            "state = 'it is \"quoted\"'", Condition("state", "=", 'it is "quoted"'), id="single quotes do too"
        ),
        pytest.param(
            'state = "x"AND count=1',
            every(Condition("state", "=", "x"), Condition("count", "=", 1)),
            id="a closing quote ends a value",
        ),
        pytest.param(
            "state = tenants/acme/a:b+c%20-d.e",
            Condition("state", "=", "tenants/acme/a:b+c%20-d.e"),
            id="a resource name needs no quotes",
        ),
        pytest.param("state = NOT", Condition("state", "=", "NOT"), id="a word that is a value is no keyword"),
        pytest.param("labels:brand", Condition("labels", ":", "brand"), id="a map has a key"),
        pytest.param("labels:*", Condition("labels", ":", "*"), id="or anything"),
    ],
)
def test_a_filter_reads_as_what_it_says(text: str, expected: Expression) -> None:
    assert parse(text, FIELDS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a=1 AND b=1 OR c=1", every(A, some(B, C)), id="OR binds tighter than AND"),
        pytest.param("(a=1 AND b=1) OR c=1", some(every(A, B), C), id="unless parentheses say otherwise"),
        pytest.param("NOT a=1 AND b=1", every(Negation(A), B), id="NOT binds tightest"),
        pytest.param("-a=1", Negation(A), id="a minus is NOT"),
        pytest.param("NOT (a=1 OR b=1)", Negation(some(A, B)), id="NOT of several"),
        pytest.param("((a=1))", A, id="parentheses alone mean nothing"),
        pytest.param("a=1 OR b=1 OR c=1", some(A, B, C), id="several in a row are one"),
    ],
)
def test_operators_bind_as_aip_160_has_it(text: str, expected: Expression) -> None:
    assert parse(text, DIMENSIONS) == expected


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        pytest.param("state", ["expected one of = != < <= > >= : at character 6"], id="no operator"),
        pytest.param("state ==  a", ['expected a value such as "open" at character 8'], id="an operator there is not"),
        pytest.param("state =", ['expected a value such as "open" at character 8'], id="no value"),
        pytest.param("= a", ["expected a field's name at character 1"], id="no field"),
        pytest.param("A = a", ["expected a field's name at character 1"], id="a field in capitals"),
        pytest.param('state = "a', ["the quote at character 9 is not closed"], id="an open quote"),
        pytest.param('state = "a\\', ["the quote at character 9 is not closed"], id="an open escape"),
        pytest.param("state = a count = 1", ["expected AND or OR at character 11"], id="no word between two"),
        pytest.param("state = a AND ", ["expected a field's name at character 15"], id="AND at the end"),
        pytest.param("(state = a", ["expected a closing parenthesis at character 11"], id="an open parenthesis"),
        pytest.param("state = a,", ["expected AND or OR at character 10"], id="a comma, and nothing is open"),
        pytest.param('state = "(" ,', ["expected AND or OR at character 13"], id="nor by a text"),
        pytest.param("(state = a,", ["expected a closing parenthesis at character 11"], id="a comma in parentheses"),
        pytest.param("state = a)", ["expected the end at character 10"], id="one that closes nothing"),
        pytest.param("state = \0", ['expected a value such as "open" at character 9'], id="a NUL"),
        pytest.param("labels.=b", ["expected one of = != < <= > >= : at character 7"], id="a label without a key"),
        pytest.param(
            "count : 3", ["count at character 1 is compared with != or < or <= or = or > or >= only"], id="no list"
        ),
        pytest.param(
            "colour = red AND state > a AND count = x OR NOT state < b",
            [
                "colour at character 1 is none of count, labels, labels.<key>, state",
                "state at character 18 is compared with != or = only",
                "count at character 32 is a number",
                "state at character 49 is compared with != or = only",
            ],
            id="every complaint at once",
        ),
    ],
)
def test_what_is_no_filter_is_refused_with_every_complaint(text: str, complaints: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(text, FIELDS)
    assert refused.value.violations == tuple(("filter", complaint) for complaint in complaints)


@pytest.mark.parametrize(
    "kind", [post_pb2.PostKind, post_pb2.Direction, post_pb2.AuthorKind, operations_pb2.ShardState]
)
def test_a_member_of_an_enumeration_is_named_whole_or_without_its_prefix_and_by_nothing_else(kind: Any) -> None:
    read, prefix = member(kind.DESCRIPTOR), kind.Name(0).removesuffix("UNSPECIFIED")
    for name, number in kind.items():
        assert read(name) == read(name.removeprefix(prefix)) == number
        parts = name.split("_")
        for wrong in {"_".join(parts[begin:]) for begin in range(1, len(parts))} | {name.lower(), name + "_"}:
            if wrong not in {one.removeprefix(prefix) for one in [*kind.DESCRIPTOR.values_by_name]}:
                with pytest.raises(ValueError, match="is one of"):
                    read(wrong)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            " AND ".join(["a = 1"] * (CONDITIONS_MAX + 1)), f"has at most {CONDITIONS_MAX} conditions", id="conditions"
        ),
        pytest.param("a = " + "b" * FILTER_BYTES_MAX, f"is at most {FILTER_BYTES_MAX} bytes", id="bytes"),
        pytest.param("a = " + "很" * (FILTER_BYTES_MAX // 3), f"is at most {FILTER_BYTES_MAX} bytes", id="encoded"),
        pytest.param(
            "(" * 4000 + "a=1" + ")" * 4000,
            f"has at most {DEPTH_MAX} parentheses and NOTs inside one another",
            id="parentheses",
        ),
        pytest.param(
            "NOT (" * 1500 + "a=1" + ")" * 500, f"has at most {DEPTH_MAX} parentheses and NOTs inside one another",
            id="negations, and not even closed ones",
        ),
    ],
)  # fmt: skip
def test_a_filter_has_limits(text: str, complaint: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(text, DIMENSIONS)
    [(field, said)] = refused.value.violations
    assert field == "filter"
    assert said == complaint or said.startswith("expected ")


def test_the_most_that_is_allowed_is_read() -> None:
    assert len(list(conditions(parse(" AND ".join(["a = 1"] * CONDITIONS_MAX), DIMENSIONS)))) == CONDITIONS_MAX
    assert parse("(" * DEPTH_MAX + "a=1" + ")" * DEPTH_MAX, DIMENSIONS) == A


# What makes parsers go back: the same thing over and over, with a flaw at the end.
REPEATED = st.sampled_from(
    [" ", '"', "\\", '\\"', "a", "=", "AND", "a=b AND ", 'a="', "\t \n", "a = b", "a.", '"a" AND ', "<>", "\0", "很",
     "(", ")", "NOT ", "-", "a=b OR ", "'", "a:", ","]
)  # fmt: skip


def calls(work: Callable[[], object]) -> int:
    """How many functions of Python and C it calls: a count of its steps that no machine's load changes."""
    count = 0

    def counting(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@settings(max_examples=25)
@given(st.sampled_from(["", "a = b ", 'a = "', "a", "("]), REPEATED, st.text(max_size=3))
def test_law_steps_grow_no_faster_than_the_text(head: str, part: str, tail: str) -> None:
    def read(times: int) -> int:
        text = head + part * times + tail

        def parsed() -> None:
            with suppress(InvalidRequest):
                parse(text, DIMENSIONS)

        return calls(parsed)

    read(1)  # the grammar is compiled once
    few, many = read(200), read(800)
    assert many <= 4.2 * few + 500


@given(st.lists(st.tuples(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.text(max_size=20)), min_size=2,
                max_size=20))  # fmt: skip
def test_what_is_written_with_quotes_is_read_back(pairs: list[tuple[str, str]]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    text = " AND ".join(f"{name} = {quoted(value)}" for name, value in pairs)
    assert [(one.field, one.value) for one in conditions(parse(text, DIMENSIONS))] == pairs


THING = {"state": "open", "count": 3, "labels": {"brand": "A"}, "labels.brand": "A"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("state = open", True),
        ("state != open", False),
        ("count > 2 AND count <= 3", True),
        ("count < 3", False),
        ("NOT count < 3", True),
        ("labels:brand", True),
        ("labels:colour", False),
        ("labels:*", True),
        ("labels.brand = A", True),
        ("labels.colour = A", False),
        ("labels.colour != A", True),
        ('labels.colour = ""', True),
        ("NOT labels.colour = A", True),
        ("state = closed OR count = 3 AND labels.brand = A", True),
    ],
)
def test_a_thing_holds_a_filter_or_does_not(text: str, expected: bool) -> None:
    assert holds(parse(text, FIELDS), THING.get) is expected


def test_no_text_of_a_caller_becomes_part_of_a_statement() -> None:
    values: list[object] = ["tenant"]
    expression = parse("""labels.brand = "x'; drop table y" OR NOT state = '"' """, FIELDS)
    said = where(expression, {"state": "state", "labels.": "labels ->> {}"}, bound(values))
    assert re.fullmatch(r"\(labels ->> \$2 = \$3 or \(not coalesce\(state = \$4, false\)\)\)", said)
    assert values == ["tenant", "brand", "x'; drop table y", '"']
