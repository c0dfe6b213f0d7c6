"""What may be offered of what was said to others: runs of words that several were told, and nothing else."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing.suggestions import CUSTOMERS_MIN, GAP, GIVEN_LENGTH_MAX, RUN, SUGGESTED_MAX, Given, runs, suggest, words_of

from tests.unit.routing.build import t

REFUND = "Hi {}, your refund is on its way and will be on your card within five working days."
RESET = "Hello {}, please hold the power button for ten seconds until the light goes off."
CHINESE = "{}您好，您的退款已经在处理中，五个工作日内会退回到您的银行卡。"


def said(text: str, customer: str, at: float = 0, tags: tuple[str, ...] = ()) -> Given:
    """An answer to a customer."""
    return Given(f"case-{customer}", customer, "mia", tags, t(at), text)


def to_each(text: str, *names: str, at: float = 0, tags: tuple[str, ...] = ()) -> list[Given]:
    """The same to each of these people, by name; each at a later second."""
    return [said(text.format(name), name, at + number, tags) for number, name in enumerate(names)]


def test_what_several_were_told_is_offered_without_their_names() -> None:
    (only,) = suggest(to_each(REFUND, "Ann Lee", "Ben", "Cem"))
    assert only.text == f"{GAP}, {REFUND.partition(', ')[2]}"
    assert (only.given.case_id, only.customers, only.gaps) == ("case-Cem", 3, 1)
    assert not re.search("Ann|Lee|Ben|Cem", only.text)


NOTHING = [
    pytest.param(to_each(REFUND, "Ann", "Ben"), id="two were told"),
    pytest.param([said(REFUND, "ann", n) for n in range(5)], id="one was told five times"),
    pytest.param([said(REFUND, "", n) for n in range(5)], id="nobody knows who was told"),
    pytest.param(to_each("Thanks {}!", "a", "b", "c"), id="too short to be an answer"),
    pytest.param(to_each("x" * GIVEN_LENGTH_MAX + REFUND, "a", "b", "c"), id="a letter"),
    pytest.param(
        to_each("Dear {0}, {0} {0} {0} {0} {0} {0} {0} {0} {0} your refund is on its way.", "ann", "ben", "cem"),
        id="most of it was theirs",
    ),
    pytest.param([], id="nothing was said"),
]


@pytest.mark.parametrize("answers", NOTHING)
def test_what_few_were_told_is_not_offered(answers: list[Given]) -> None:
    assert suggest(answers) == []


def test_an_order_an_address_and_a_name_in_the_middle_are_gaps() -> None:
    text = "We have sent the parcel with order {} to {} this morning and it will be there tomorrow before noon."
    answers = [
        said(text.format("4711", "Ann Lee, 5 Elm Street"), "a"),
        said(text.format("4712", "ben@example.org"), "b", 1),
        said(text.format("4713", "Cem in Köln"), "c", 2),
    ]
    (only,) = suggest(answers)
    assert only.text == (
        f"We have sent the parcel with order {GAP} this morning and it will be there tomorrow before noon."
    )
    assert not re.search(r"\d|Ann|Elm|ben|Cem|Köln", only.text)


def test_words_that_are_not_separated_are_told_apart_all_the_same() -> None:
    (only,) = suggest(to_each(CHINESE, "张伟", "王芳", "李娜"))
    assert only.text == CHINESE.format(GAP)


def test_the_same_is_offered_once_and_only_so_much() -> None:
    assert len(suggest([*to_each(REFUND, "a", "b", "c"), *to_each(RESET, "d", "e", "f")])) == 2
    many = [f"{word} " * 6 for word in ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf")]
    assert len(suggest([one for text in many for one in to_each(text, "a", "b", "c")])) == SUGGESTED_MAX


ORDER = [
    pytest.param("", (), RESET, id="the latest first"),
    pytest.param("where is my refund, it is not on my card", (), REFUND, id="what has the question's words"),
    pytest.param("", ("refund",), REFUND, id="what was about the same"),
    pytest.param("the light of the power button", ("refund",), REFUND, id="a tag says more than words"),
]


@pytest.mark.parametrize(("question", "tags", "then"), ORDER)
def test_the_best_comes_first(question: str, tags: tuple[str, ...], then: str) -> None:
    answers = [*to_each(REFUND, "a", "b", "c", tags=("refund",)), *to_each(RESET, "d", "e", "f", at=10)]
    assert suggest(answers, question, tags)[0].text.partition(", ")[2] == then.partition(", ")[2]


def test_what_more_were_told_comes_before_what_is_later() -> None:
    answers = [*to_each(REFUND, "a", "b", "c", "d"), *to_each(RESET, "e", "f", "g", at=10)]
    assert [one.customers for one in suggest(answers)] == [4, 3]


WORDS = st.sampled_from(
    ["your", "refund", "is", "on", "the", "way", "Ann", "4711", "您", "好", "😀", "\ud800", "\u202e"]
)
TEXTS = st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=200)


@given(st.lists(st.tuples(TEXTS, st.sampled_from("abcde")), max_size=25), st.text(max_size=50))
def test_every_word_that_is_shown_was_said_in_a_run_to_several(answers: list[tuple[str, str]], question: str) -> None:
    given_answers = [said(text, customer, at) for at, (text, customer) in enumerate(answers)]
    found = suggest(given_answers, question)
    assert found == suggest(given_answers, question)
    assert len(found) <= SUGGESTED_MAX
    whom: dict[tuple[str, ...], set[str]] = {}
    for text, customer in answers:
        for run in runs(words_of(text)):
            whom.setdefault(run, set()).add(customer)
    for one in found:
        assert one.given in given_answers
        assert one.customers >= CUSTOMERS_MIN
        for part in one.text.split(GAP):
            words = words_of(part)
            covered: set[int] = set()
            for at, run in enumerate(runs(words)):
                if len(whom.get(run, ())) >= CUSTOMERS_MIN:
                    covered.update(range(at, at + RUN))
            assert covered == set(range(len(words)))


def test_what_brands_told_real_customers_is_offered_without_a_handle_of_theirs(shared_data: Path) -> None:
    brands: dict[str, list[Given]] = defaultdict(list)
    with (shared_data / "conversations/twcs/twcs_half.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            handle = re.match(r"@(\w+)", row["text"])
            if row["inbound"] == "False" and handle is not None:
                brands[row["author_id"]].append(said(row["text"], handle[1]))
    offered = {brand: suggest(answers) for brand, answers in brands.items()}
    assert sum(map(len, offered.values())) > 10
    handles = {answer.customer_id for answers in brands.values() for answer in answers}
    for one in (one for suggestions in offered.values() for one in suggestions):
        assert handles.isdisjoint(words_of(one.text)), one.given.case_id
