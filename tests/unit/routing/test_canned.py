"""Canned texts: what may stand in one, and what comes of it."""

from __future__ import annotations

import re

import pytest
from chassis.clock import Instant
from hypothesis import given
from hypothesis import strategies as st
from routing.canned import VARIABLES, CannedText, fitting, render, variables_in, wrong_in

VALUES = {"agent.display_name": "Mia", "customer.handle": "@ana", "case.id": "42"}

RENDERED = [
    pytest.param("Hello", "Hello", (), id="a text without variables is itself"),
    pytest.param("Hi {customer.handle}, {agent.display_name} here", "Hi @ana, Mia here", (), id="variables are put in"),
    pytest.param("{case.desk}: {case.desk}!", "{case.desk}: {case.desk}!", ("case.desk",), id="what is missing stays"),
    pytest.param("{{customer.handle}}", "{customer.handle}", (), id="braces that are meant"),
    pytest.param("{{{case.id}}}", "{42}", (), id="a variable in braces that are meant"),
    pytest.param("", "", (), id="nothing"),
]


@pytest.mark.parametrize(("text", "rendered", "missing"), RENDERED)
def test_render(text: str, rendered: str, missing: tuple[str, ...]) -> None:
    assert wrong_in(text) == []
    assert render(text, VALUES) == (rendered, missing)


HOSTILE = [
    "{",
    "}",
    "{}",
    "{0}",
    "{agent}",
    "{agent.__class__}",
    "{agent.display_name.__class__.__mro__}",
    "{agent.display_name!r}",
    "{agent.display_name:>1000000000}",
    "{agent[display_name]}",
    "{ agent.display_name }",
    "{AGENT.DISPLAY_NAME}",
    "{agent.display_name\0}",
    "{{agent.display_name}",
    "{agent.display_name}}",
    "{agent.{case.id}}",
    "{\u0430gent.display_name}",
    "{config.secret}",
    "${case.id",
    "%(case.id)s}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_is_no_variable_is_refused_with_its_place_and_stands_for_nothing(text: str) -> None:
    (first, *_) = wrong_in(text)
    assert re.search(r"\bat \d+\)?;", first)
    rendered, _ = render(text, VALUES)
    assert set(re.findall(r"[A-Za-z_@0-9]+", rendered)) <= {*re.findall(r"[A-Za-z_@0-9]+", text), "Mia", "@ana", "42"}


def test_who_mistypes_a_variable_is_told_which_one_is_meant() -> None:
    (wrong,) = wrong_in("Hi {customer.handel}!")
    assert wrong == "has no variable {customer.handel} (at 4); did you mean {customer.handle}?"
    assert "there are agent.display_name, " in wrong_in("{x}")[0]


def test_a_value_is_never_read_again() -> None:
    text = "{customer.handle} {customer.display_name} {agent.display_name}"
    values = {
        "customer.handle": "{agent.display_name}",
        "customer.display_name": "{{",
        "agent.display_name": "\\1\\g<0>",
    }
    assert render(text, values) == ("{agent.display_name} {{ \\1\\g<0>", ())


@given(st.text(alphabet=st.sampled_from("{}ab. \n") | st.characters(), max_size=60))
def test_any_text_is_refused_or_rendered(text: str) -> None:
    rendered, missing = render(text, VALUES)
    assert set(missing) <= set(variables_in(text)) <= VARIABLES.keys()
    if not wrong_in(text) and "{" not in text and "}" not in text:
        assert rendered == text


@given(st.text(max_size=40))
def test_a_text_with_its_braces_doubled_is_that_text(text: str) -> None:
    meant = text.replace("{", "{{").replace("}", "}}")
    assert wrong_in(meant) == []
    assert render(meant, VALUES) == (text, ())


def one(text_id: str, language: str = "", *queues: str) -> CannedText:
    """A canned text."""
    return CannedText(text_id, "", language, queues, "hi", Instant(0))


def test_what_fits_a_case_comes_nearest_first() -> None:
    texts = [
        one("any"),
        one("german", "de"),
        one("care", "", "care"),
        one("care-de", "de-AT", "care"),
        one("vip", "", "vip"),
    ]
    assert [t.text_id for t in fitting(texts, "de-DE", "care")] == ["care-de", "care", "german", "any"]
    assert [t.text_id for t in fitting(texts, "en", "default")] == ["any"]
    assert [t.text_id for t in fitting(texts, "und", "vip")] == ["vip", "german", "any"]
