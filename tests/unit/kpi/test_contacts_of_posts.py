"""Whatever the order of arrival, the contacts are those that a set of posts makes: routing decides, kpi folds what it
said, and both are compared with what follows by hand from the posts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import kpi_facts as e
import recording
from cases_by_hand import ANSWER, CONTACT, ByHand, Told
from chassis.commits import Recorded, Subject
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.episodes import Began, Case, episodes
from kpi.journeys import Kind, journeys
from kpi.views.contact_folds import HANDLED, Row, fold
from kpi.views.contact_rows import contact_values, rows_of
from routing import commands, events
from routing.shard import Shard
from routing.views.cases import CODEC

from tests.unit.routing.build import T0, accept, apart, post, presence, queue, register, resolve, run, t
from tests.unit.routing.test_contacts import deliveries, tales
from tests.unit.routing.test_joins import acts, perform

Found = tuple[str, str, int, int | None]
"""Desk, customer, start, first answer; seconds."""


def by_hand(posts: Sequence[Told]) -> list[Found]:
    """Each customer's contact in each thread: it starts when they first speak to the desk, and is answered by the first
    post of ours that is not before that, where an answer is not before the question it names.
    """
    hand = ByHand(posts)
    found = []
    for (desk, customer, _), roles in hand.cases().items():
        spoken = [hand.posts[name].at for name, role in roles.items() if role == CONTACT]
        if not spoken:
            continue
        answers = []
        for ours in (hand.posts[name] for name, role in roles.items() if role == ANSWER):
            question = hand.question(ours)
            answers.append(ours.at if question is None else max(ours.at, question.at))
        start = min(spoken)
        found.append((desk, customer, start, min((at for at in answers if at >= start), default=None)))
    return sorted(found, key=str)


def recorded(decided: Sequence[events.Event]) -> list[Recorded]:
    """The facts as the log hands them out, one a position."""
    subject = Subject("work", "acme", "0")
    return [recording.recorded(subject, CODEC.encode(event), position) for position, event in enumerate(decided, 1)]


def folded(decided: Sequence[events.Event]) -> list[Found]:
    """The contacts of the facts."""
    rows: dict[str, Row] = {}
    for event in recorded(decided):
        if event.type in HANDLED:
            fold(rows, event)
    found = []
    for row in rows.values():
        for one in episodes(row.facts) if isinstance(row, Case) else ():
            answer = one.answered_any
            at = None if answer is None else (answer.at - T0) // e.SECOND
            found.append((one.start.desk, row.customer, (one.start.at - T0) // e.SECOND, at))
    return sorted(found, key=str)


@st.composite
def taken_back(draw: st.DrawFn) -> list[Told]:
    """Posts of two customers to one desk in one thread, of which they take some back, and answers to them."""
    posts: list[Told] = []
    for number in range(draw(st.integers(1, 6))):
        ours = number > 0 and draw(st.integers(0, 3)) == 0
        posts.append(
            Told(
                name=f"p{number}",
                author="we-shop" if ours else draw(st.sampled_from(["ann", "ann", "ben"])),
                at=draw(st.integers(0, 9)),
                desks={"shop": not ours},
                parent=posts[draw(st.integers(0, number - 1))].name if ours else "",
                ties=frozenset({"talk"}),
                ours=ours,
                withdrawn=not ours and draw(st.booleans()),
            )
        )
    return posts


@settings(max_examples=300)
@given(st.data())
def test_who_spoke_to_us_is_a_contact_whenever_they_took_it_back(data: st.DataObject) -> None:
    posts = data.draw(taken_back())
    shard = Shard()
    decided = [event for command in data.draw(deliveries(posts)) for event in run(shard, command)]
    assert folded(decided) == by_hand([replace(told, withdrawn=False) for told in posts])


@settings(max_examples=300)
@given(st.data())
def test_in_any_order_the_contacts_are_those_of_the_set_of_posts(data: st.DataObject) -> None:
    posts = [replace(told, withdrawn=told.withdrawn and told.ours) for told in data.draw(tales())]
    shard = Shard()
    decided = [event for command in data.draw(deliveries(posts)) for event in run(shard, command)]
    assert folded(decided) == by_hand(posts)


@settings(max_examples=100)
@given(st.data())
def test_a_case_that_began_in_one_fact_is_the_contact_of_its_parts(data: st.DataObject) -> None:
    given_ = data.draw(deliveries(data.draw(tales())))
    decided = perform(Shard(), given_, data.draw(acts(given_)))
    assert told(decided) == told(list(apart(decided)))


@given(st.integers(), st.booleans(), st.text(max_size=3))
def test_a_case_that_has_only_begun_has_the_row_that_its_episodes_make(at: int, direct: bool, name: str) -> None:
    began = Began(at, at + 1, "", name, direct, "x", name, "shop", at + 2, "default", at + 3, at, 0, "en", "gold")
    written = rows_of("acme", "c1", Case(facts=(began,)))
    assert written is not None
    assert written.contacts == [contact_values("acme", "c1", one) for one in episodes((began,))]


def told(decided: Sequence[events.Event]) -> list[tuple[object, ...]]:
    """All that contacts say of the facts, but for where those stand in the log."""
    rows: dict[str, Row] = {}
    for event in recorded(decided):
        if event.type in HANDLED:
            fold(rows, event)
    columns = (0, 1, 2, 3, *range(5, 9), 11, 12, 14, 15, 17, 18, 20, 21, *range(23, 30))
    values = [
        contact_values("acme", key, one)
        for key, row in rows.items()
        for one in (episodes(row.facts) if isinstance(row, Case) else ())
    ]
    return sorted((tuple(row[column] for column in columns) for row in values), key=str)


@settings(max_examples=100)
@given(st.data())
def test_whatever_somebody_joins_or_splits_the_contacts_are_the_same(data: st.DataObject) -> None:
    posts = [replace(told, withdrawn=told.withdrawn and told.ours) for told in data.draw(tales())]
    given_ = data.draw(deliveries(posts))
    assert folded(perform(Shard(), given_, data.draw(acts(given_)))) == by_hand(posts)


def test_a_task_is_no_contact_and_changes_none() -> None:
    asked = [queue("books"), *(register(name) for name in ("mia", "eve")), presence("mia"), post("p1"), presence("eve")]
    without = [*asked, accept("case-p1", "mia", at=5), resolve("case-p1", "mia", at=90)]
    task = commands.CreateTask("case-p1", "t1", "books", "refund", 1, (), 1, "mia", "request", t(6))
    done = [task, accept("t1", "eve", at=7), resolve("t1", "eve", at=80)]
    shard = Shard()
    decided = run(shard, *without[:-1], *done, without[-1])
    assert any(isinstance(fact, events.TaskClosed) for fact in decided)
    assert told(decided) == told(run(Shard(), *without))
    assert len(told(decided)) == 1


def test_what_routing_moves_from_an_agent_to_another_queue_is_a_transfer_of_that_agent() -> None:
    asked = [queue("books"), register("mia"), presence("mia"), post("p1"), accept("case-p1", "mia", at=5)]
    moved = commands.TransferCase("case-p1", "mia", "books", None, "not_mine", t(20))
    shard, subject = Shard(), Subject("work", "acme", "0")
    rows: dict[str, Row] = {}
    for position, command in enumerate([*asked, moved], 1):
        for index, event in enumerate(run(shard, command)):
            told_ = recording.recorded(subject, CODEC.encode(event), position, index)
            if told_.type in HANDLED:
                fold(rows, told_)
    (row,) = (one for one in rows.values() if isinstance(one, Case))
    (journey,) = journeys(row.facts).values()
    spans = [(span.kind, span.how, span.agent, span.queue) for span in journey.spans]
    assert [one for one in spans if one[0] in (Kind.HOLDING, Kind.MOVE, Kind.STAY)] == [
        (Kind.STAY, "accepted", "mia", "default"),
        (Kind.HOLDING, "moved", "mia", "default"),
        (Kind.MOVE, "books", "mia", "default"),
        (Kind.STAY, "", "", "books"),
    ]
