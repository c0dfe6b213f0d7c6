"""What is said of a reply before it is sent, and of which nothing is said."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing.lint import HINTS_OF_KIND_MAX, READ_MAX, WEIGHTS, Context, Kind, check
from routing.terms import JargonTerm

J = (JargonTerm("SLA breach", "delay"), JargonTerm("SLA"), JargonTerm("工单", "问题"), JargonTerm("C++"))
REPLY = "Thank you for writing to us. Your refund is on its way and will be on your card on Friday."

FOUND = [
    pytest.param("Sorry for the SLA breach.", {"jargon": J}, [(Kind.JARGON, "SLA breach")], id="a word of the house"),
    pytest.param("Our sla, and slang.", {"jargon": J}, [(Kind.JARGON, "sla")], id="by itself, in any case"),
    pytest.param("您的工单已处理", {"jargon": J}, [(Kind.JARGON, "工单")], id="where words are not separated"),
    pytest.param("Use C++ here", {"jargon": J}, [(Kind.JARGON, "C++")], id="with signs"),
    pytest.param(REPLY, {"templates": [("refund", REPLY)]}, [(Kind.TEMPLATE, REPLY)], id="a canned text"),
    pytest.param(REPLY, {"answers": [f"Hi! {REPLY}"]}, [(Kind.TEMPLATE, REPLY)], id="what another was told"),
    pytest.param(
        "Please do not reply to this email.", {}, [(Kind.NO_REPLY, "Please do not reply to this email")], id="no reply"
    ),
    pytest.param(
        "Bitte nicht auf diese Nachricht antworten",
        {},
        [(Kind.NO_REPLY, "nicht auf diese Nachricht antworten")],
        id="in German",
    ),
    pytest.param("此邮件请勿回复。", {}, [(Kind.NO_REPLY, "请勿回复")], id="in Chinese"),
    pytest.param("郵件標註着不要回覆", {}, [(Kind.NO_REPLY, "不要回覆")], id="in traditional Chinese"),
    pytest.param("Write to noreply@example.org", {}, [(Kind.NO_REPLY, "noreply@")], id="as an address"),
    pytest.param("Hi {customer.handle}!", {}, [(Kind.UNFILLED, "{customer.handle}")], id="a variable"),
    pytest.param(
        "Hi {{name}} or %FIRST_NAME% or ${x}",
        {},
        [(Kind.UNFILLED, "{{name}}"), (Kind.UNFILLED, "%FIRST_NAME%"), (Kind.UNFILLED, "${x}")],
        id="of other systems",
    ),
    pytest.param("Hi […], it is there", {}, [(Kind.PLACEHOLDER, "[…]")], id="a gap of a suggestion"),
    pytest.param(
        "Dear [Customer Name], TODO",
        {},
        [(Kind.PLACEHOLDER, "[Customer Name]"), (Kind.PLACEHOLDER, "TODO")],
        id="a gap",
    ),
    pytest.param(
        "Ihre Rückzahlung ist auf dem Weg und wird am Freitag auf der Karte sein.",
        {"language": "en"},
        [(Kind.LANGUAGE, None)],
        id="another language",
    ),
    pytest.param("您的退款已经在处理中，请稍等", {"language": "en-GB"}, [(Kind.LANGUAGE, None)], id="another script"),
    pytest.param(REPLY, {"language": "zh-Hant"}, [(Kind.LANGUAGE, None)], id="Latin to a Chinese customer"),
    pytest.param(
        "ご返金の手続きを始めました。しばらくお待ちください",
        {"language": "zh"},
        [(Kind.LANGUAGE, None)],
        id="Japanese to a Chinese customer",
    ),
    pytest.param("PLEASE READ OUR TERMS now", {}, [(Kind.SHOUTING, "PLEASE READ OUR TERMS")], id="in capitals"),
    pytest.param("We can help!!!", {}, [(Kind.SHOUTING, "!!!")], id="exclamation marks"),
    pytest.param("x" * 281, {"channel": "x"}, [(Kind.TOO_LONG, "x")], id="too long for the channel"),
    pytest.param("您" * 141, {"channel": "x"}, [(Kind.TOO_LONG, "您")], id="where a character counts two"),
    pytest.param("😀" * 141, {"channel": "x"}, [(Kind.TOO_LONG, "😀")], id="where an emoji counts two"),
    pytest.param(
        f"https://example.org/{'a' * 300} {'x' * 257}", {"channel": "x"}, [(Kind.TOO_LONG, "x")], id="behind a link"
    ),
    pytest.param(
        "Merci de ne pas répondre à ce message", {}, [(Kind.NO_REPLY, "ne pas répondre à ce message")], id="in French"
    ),
    pytest.param("x" * 11, {"channel": "mail", "length_max": 10}, [(Kind.TOO_LONG, "x")], id="too long for the queue"),
]


@pytest.mark.parametrize(("text", "given_context", "then"), FOUND)
def test_it_is_said(text: str, given_context: dict[str, Any], then: list[tuple[Kind, str | None]]) -> None:
    found = check(text, Context(**given_context))
    assert [one.kind for one in found.hints] == [kind for kind, _ in then]
    for hint, (_, quoted) in zip(found.hints, then, strict=True):
        assert quoted is None or text[hint.start : hint.end] == quoted
    assert found.score < 1


SILENT = [
    pytest.param(REPLY, {"jargon": J, "language": "en", "channel": "x"}, id="a good reply"),
    pytest.param("Slang is fine", {"jargon": J}, id="part of a word"),
    pytest.param(REPLY, {"templates": [("other", "Hold the power button for ten seconds.")]}, id="its own words"),
    pytest.param("Please reply to this message.", {}, id="who wants an answer"),
    pytest.param("We could not reply sooner", {}, id="who was late"),
    pytest.param("a {b", {}, id="a brace"),
    pytest.param("Ihre Bestellung ist da und wird heute geliefert.", {"language": "de"}, id="the language of the case"),
    pytest.param("Ваш возврат уже в пути, спасибо!", {"language": "uk"}, id="a script that several languages have"),
    pytest.param("OK, danke!", {"language": "fr"}, id="too little to tell a language"),
    pytest.param("https://example.org/the-and-you-are-is-was-we-our", {"language": "de"}, id="a link"),
    pytest.param(REPLY, {"language": "am"}, id="a script that is not told apart"),
    pytest.param("订单 4711 已发货。", {"language": "zh"}, id="a number in Chinese"),
    pytest.param("返金しました。", {"language": "ja"}, id="Japanese"),
    pytest.param("The USA and the EU; from LAS to JFK", {}, id="abbreviations"),
    pytest.param("由于A8县距A市较近，且A市火车站", {}, id="letters among characters"),
    pytest.param("Todo está bien, besos xxx", {}, id="words that are gaps in capitals only"),
    pytest.param("您您您您", {}, id="a script without capitals"),
    pytest.param("x" * 280, {"channel": "x"}, id="just short enough"),
    pytest.param("x" * 5000, {"channel": "mail"}, id="where nothing is too long"),
    pytest.param("", {}, id="nothing"),
]


@pytest.mark.parametrize(("text", "given_context"), SILENT)
def test_nothing_is_said(text: str, given_context: dict[str, Any]) -> None:
    found = check(text, Context(**given_context))
    assert found.hints == ()
    assert found.score == 1


def test_the_share_that_is_reused_weighs() -> None:
    half = check(f"{REPLY} {REPLY[::-1]}", Context(templates=[("refund", REPLY)]))
    assert 0.3 < half.reuse < 0.7
    assert half.score == 1
    whole = check(REPLY, Context(templates=[("refund", REPLY)]))
    assert (whole.reuse, whole.score) == (1, 1 - WEIGHTS[Kind.TEMPLATE])


HOSTILE = st.sampled_from(
    [
        "",
        "\ud800",
        "😀👩‍👩‍👧",
        "\u202eabc\u202c",
        "مرحبا بكم",
        "工单工单",
        "{" * 9,
        "{a}",
        "[…]",
        "!!!!",
        "do not reply to this",
        "ABCDE FGHIJ KLMNO",
        "%A_B%",
        "\x00",
        "\n",
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=30), max_size=30).map("".join)
CONTEXTS = st.builds(
    Context,
    language=st.sampled_from(["", "und", "en", "de-CH", "zh-Hant", "ar", "xx", "\ud800"]) | st.text(max_size=5),
    channel=st.sampled_from(["", "x", "weibo", "mail"]),
    length_max=st.integers(0, 50),
    jargon=st.lists(st.builds(JargonTerm, st.text(max_size=8), st.text(max_size=8)), max_size=5),
    templates=st.lists(st.tuples(st.text(max_size=9), TEXTS), max_size=3),
    answers=st.lists(TEXTS, max_size=3),
)


@given(TEXTS, CONTEXTS)
def test_whatever_is_written_is_looked_at_and_nothing_is_forbidden(text: str, context: Context) -> None:
    found = check(text, context)
    assert found == check(text, context)
    assert 0 <= found.score <= 1
    assert (found.score == 1) == (not found.hints)
    assert 0 <= found.reuse <= 1
    assert [one.start for one in found.hints] == sorted(one.start for one in found.hints)
    assert max(Counter(one.kind for one in found.hints).values(), default=0) <= HINTS_OF_KIND_MAX
    for one in found.hints:
        assert 0 <= one.start <= one.end <= len(text)
        one.sentence.encode()


@given(TEXTS, CONTEXTS)
def test_a_placeholder_more_makes_no_reply_better(text: str, context: Context) -> None:
    shorter = Context(context.language, context.channel, 0, context.jargon)
    assert check(f"{text} […]", shorter).score <= check(text, shorter).score


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100_000,
        "A " * 50_000,
        "!" * 100_000,
        "您" * 100_000,
        "do not reply " * 8_000,
        " " * 100_000,
        "\ud800" * 100_000,
    ],
)
def test_what_is_too_long_is_looked_at_in_part(text: str) -> None:
    for hint in check(text, Context("en", "x", jargon=J, answers=[text])).hints:
        assert hint.start <= READ_MAX


@pytest.mark.parametrize("begun", ["ne pas", "please", "do not reply to", "lorem", "[", "<insert", "don't reply"])
def test_what_nearly_is_something_costs_no_more_than_its_length(begun: str) -> None:
    def took(length: int) -> float:
        text = begun + " " * (length - len(begun))
        spans = []
        for _ in range(7):
            before = process_time()
            check(text, Context("fr"))
            spans.append(process_time() - before)
        return min(spans)

    assert took(READ_MAX) < 10 * took(READ_MAX // 4), "four times the length is four times the work; squared, sixteen"


def test_of_what_brands_really_wrote_little_is_wrong(shared_data: Path) -> None:
    with (shared_data / "conversations/twcs/twcs_half.csv").open(encoding="utf-8", newline="") as file:
        replies = [row["text"] for row in csv.DictReader(file) if row["inbound"] == "False"]
    kinds = Counter(hint.kind for reply in replies for hint in check(reply, Context("en")).hints)
    assert len(replies) > 1_000
    assert kinds[Kind.NO_REPLY] + kinds[Kind.UNFILLED] + kinds[Kind.PLACEHOLDER] <= 5
    assert kinds[Kind.LANGUAGE] < len(replies) // 10
