"""The 75,000th post of a thread costs what the first did: in the decision, in memory, in the log and in the tables."""

import sys
from itertools import chain
from types import FrameType
from typing import Any

import pytest
import recording
from chassis.commits import Subject
from routing import commands, events
from routing.decider import decide
from routing.recall import recall
from routing.shard import Shard, evolve
from routing.state_codec import dump_case
from routing.terms import AuthorKind
from routing.views.case_tables import Row, Tables
from routing.views.cases import CODEC, CasesView, state_of

from tests.unit.routing.build import answer, post, record, run, t

POSTS = 75_000
KEY = "acme/case-p0"


class Thread:
    """One thread that grows, in the shard and in the read model."""

    def __init__(self) -> None:
        self.shard = Shard()
        self.rows: dict[str, Row] = {}
        self.view = CasesView()
        self.position = 0

    def command(self, number: int) -> commands.AttachPost:
        """The post with that number; every second one answers the one before."""
        return post(f"p{number}", "p0" if number % 2 else f"p{max(0, number - 1)}", at=number)

    def attach(self, number: int) -> list[events.Event]:
        """Decides, records and projects one post; what the facts are."""
        facts = list(decide(self.command(number), self.shard))
        for fact in facts:
            evolve(self.shard, fact)
            self.position += 1
            recorded = recording.recorded(Subject("work", "acme", "0"), CODEC.encode(fact), self.position)
            if recorded.type in self.view.handles:
                self.view.fold(self.rows, recorded)
        return facts

    def written(self) -> int:
        """Bytes that go to the tables now; as after a round, the rows are read anew then."""
        tables = Tables.of(self.rows, list(self.rows), state_of)
        posts = [*chain(*tables.rows_of_posts()), *tables.rows_of_keys(), *tables.rows_of_answers()[0]]
        columns = [*tables.cases, *tables.places, *posts]
        size = sum(len(value) if isinstance(value, str | bytes) else 8 for row in columns for value in row)
        ((*_, places, _),) = tables.cases
        assert isinstance(places, bytes)
        self.rows = {KEY: Row(self.rows[KEY].case, places)}
        return size


def calls(function: Any, *arguments: Any) -> int:
    """How many functions are called, Python's and C's, while this one runs."""
    count = 0

    def called(_: FrameType, what: str, __: object) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    sys.setprofile(called)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


def sizes(thread: Thread, number: int) -> dict[str, int]:
    """What the next two posts cost."""
    facts = [*thread.attach(number), *thread.attach(number + 1)]
    case = thread.shard.cases["case-p0"]
    return {
        "calls": calls(thread.attach, number + 2) + calls(thread.attach, number + 3),
        "facts": len(facts),
        "bytes in the log": sum(len(CODEC.encode(fact)[1]) for fact in facts),
        "bytes of the case": len(dump_case(case)),
        "bytes of a recall": len(CODEC.encode(recall(case, "p0", t(0)))[1]),
        "entries of memory": len(thread.shard.threads),
        "bytes in the tables": thread.written(),
    }


@pytest.fixture(scope="module")
def measured() -> tuple[dict[str, int], dict[str, int]]:
    thread = Thread()
    for number in range(10):
        thread.attach(number)
    thread.written()
    early = sizes(thread, 10)
    for number in range(14, POSTS):
        thread.attach(number)
        if number % 50 == 0:
            thread.written()
    thread.written()
    return early, sizes(thread, POSTS)


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("calls", 8),
        ("facts", 0),
        ("bytes in the log", 60),
        ("bytes of the case", 24),
        ("bytes of a recall", 24),
        ("bytes in the tables", 64 * 12),
    ],
)
def test_what_a_post_costs_does_not_grow_with_its_thread(
    measured: tuple[dict[str, int], dict[str, int]], what: str, more: int
) -> None:
    early, late = measured
    assert late[what] <= early[what] + more


def test_what_memory_holds_of_a_thread_is_three_entries_a_post_at_most(
    measured: tuple[dict[str, int], dict[str, int]],
) -> None:
    assert measured[1]["entries of memory"] <= 3 * POSTS + 30


CUSTOMERS = 5_000
FEW = 10


def busy(customers: int) -> Shard:
    """A post of ours under which so many customers have written, and been answered."""
    shard = Shard()
    run(shard, post("ad", author_kind=AuthorKind.BRAND_HUMAN))
    for number in range(customers):
        name = f"c{number:05}"
        run(shard, post(name, "ad", at=1 + number, by=name, told=False), answer(f"r{name}", name, at=2 + number))
    return shard


@pytest.fixture(scope="module")
def adverts() -> tuple[Shard, Shard]:
    """One with few customers, one with many."""
    return busy(FEW), busy(CUSTOMERS)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(post("new", "ad", at=CUSTOMERS + 9, by="new", told=False), id="one customer more"),
        pytest.param(post("again", "c00003", at=CUSTOMERS + 9, by="c00003", told=False), id="one of them again"),
        pytest.param(answer("loose", "ad", at=CUSTOMERS + 9), id="a post of ours to nobody"),
        pytest.param(answer("named", "ad", at=CUSTOMERS + 9, mentions=["@c00005"]), id="a post of ours to one by name"),
        pytest.param(post("remark", "c00004", at=CUSTOMERS + 9, by="friend", told=False), id="a remark on one"),
        pytest.param(commands.DetachPost("c00002", t(CUSTOMERS + 9)), id="one takes it back"),
    ],
)
def test_what_a_post_costs_does_not_grow_with_the_customers_under_it(
    adverts: tuple[Shard, Shard], command: commands.Command
) -> None:
    few, many = (calls(run, shard, command) for shard in adverts)
    assert many <= few + 8


def test_a_parent_that_many_waited_for_is_decided_one_post_at_a_time() -> None:
    shard = Shard()
    for number in range(1000):
        run(shard, post(f"c{number}", "ad", at=1 + number, by=f"c{number}", told=False))
    sizes = [len(record(shard, decide(post("ad", at=0, author_kind=AuthorKind.BRAND_HUMAN), shard)))]
    while shard.threads.todo:
        sizes.append(len(record(shard, decide(commands.Tick(t(5)), shard))))
    assert max(sizes) <= 8
    assert len(shard.cases) == 1000
