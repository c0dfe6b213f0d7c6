"""Tables for people: what is copied is whole, nothing is wider than the terminal, nothing that was said is missing."""

import io
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from switchboard_cli.output import THEME, table
from switchboard_cli.paging import Page, first
from switchboard_cli.tables import Table

WORDS = st.text(st.sampled_from("abc 中文字 [bold] é\t\x1b"), max_size=60)
IDS = st.uuids().map(str)


def printed(made: Table, width: int) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=width, theme=THEME).print(made)
    return output.getvalue().splitlines()


@settings(max_examples=150)
@given(st.lists(st.tuples(IDS, WORDS, st.integers(0, 10**9).map(str), IDS, WORDS), max_size=6), st.integers(60, 200))
def test_law_ids_are_whole_lines_fit_and_nothing_is_left_out(rows: list[tuple[str, ...]], width: int) -> None:
    made = table("id", "said", "count", "event", "more", right=(2,), whole=(0, 3))
    for row in rows:
        made.add_row(*row)
    lines = printed(made, width)
    assert all(cell_len(line) <= width for line in lines)
    for key, _, number, event, _ in rows:
        assert any(key in line for line in lines)
        assert any(event in line for line in lines)
        assert any(number in line for line in lines)
    said = "".join("".join(lines).split())
    for _, words, _, _, more in rows:
        for text in (words, more):
            for word in text.replace("\x1b", " ").split():
                assert all(character in said for character in word)


def test_a_word_is_not_broken_where_there_is_room_below_its_row() -> None:
    made = table("attribute", "value", "proved", "said by", "since (UTC)", "event", whole=(4, 5))
    made.add_row(
        "email", "gwendolyn.mcnnery@mail.example", "no", "profiles", "2026-11-29 08:00:00", str(uuid.UUID(int=1))
    )
    lines = printed(made, 80)
    assert all(cell_len(line) <= 80 for line in lines)
    for word in ("attribute", "email", "gwendolyn.mcnnery@mail.example", "profiles"):
        assert any(word in line for line in lines), word


def test_what_finds_no_room_stands_below_its_row() -> None:
    made = table("id", "when", "event", whole=(0, 1, 2))
    made.add_row(str(uuid.UUID(int=1)), "2026-11-29 08:00:00", str(uuid.UUID(int=2)))
    assert printed(made, 70)[2:] == [
        " 00000000-0000-0000-0000-000000000001  2026-11-29 08:00:00",
        "   event 00000000-0000-0000-0000-000000000002",
    ]


def test_a_table_that_does_not_spill_leaves_out_what_finds_no_room() -> None:
    made = table("brand", "offered", "answered", right=(1, 2), spill=False)
    made.add_row("Norvane Home", "8", "2")
    assert printed(made, 24) == [" brand         offered", " ─────────────────────", " Norvane Home        8"]


def test_text_of_strangers_is_shown_and_not_obeyed() -> None:
    made = table("said")
    made.add_row("[bold red]hi[/] \x1b[31mthere\a")
    assert printed(made, 80)[2] == " [bold red]hi[/]  [31mthere"


def test_a_style_of_ours_is_kept() -> None:
    made = table("holds")
    made.add_row(Text("yes", "good"))
    output = io.StringIO()
    Console(file=output, width=80, theme=THEME, force_terminal=True).print(made)
    assert "\x1b[32myes" in output.getvalue()


class Answer:
    def __init__(self, things: list[int], next_page_token: str) -> None:
        self.things = things
        self.next_page_token = next_page_token


class Request:
    page_size = 0
    page_token = ""


@pytest.mark.parametrize(
    ("there", "limit", "note"),
    [
        (5, 20, ""),
        (20, 20, ""),
        (1_312, 20, "20 of 1,312 things; --limit shows more"),
        (2_500, 1_000, "1,000 of 2,500 things"),
        (100_000, 20, "20 of more than 20,020 things; --limit shows more"),
    ],
)
async def test_a_list_that_is_cut_says_how_many_there_are(there: int, limit: int, note: str) -> None:
    async def call(request: Request, timeout: float) -> Answer:  # noqa: ASYNC109 (as gRPC's stubs have it)
        begin = int(request.page_token or 0)
        end = min(there, begin + request.page_size)
        return Answer(list(range(begin, end)), str(end) if end < there else "")

    page: Page = await first(call, Request(), "things", limit, 1.0)
    assert page.items == list(range(min(there, limit)))
    assert page.note("things") == note
