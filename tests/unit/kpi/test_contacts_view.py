"""Given events of the log, when they are folded, then the contacts; whatever the order of what does not depend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import kpi_facts as e
import pytest
from chassis.commits import Recorded
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.episodes import Case, Done, Fact, episodes
from kpi.views.contacts import Contacts, Labels, Row, Source
from routing.events import Event
from switchboard.ingest.v1 import events_pb2 as post
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import events_pb2 as work

VIEW = Contacts()


def fold(events: Sequence[Recorded]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for event in events:
        if event.type in VIEW.handles:
            VIEW.fold(rows, event)
    return rows


def seconds(at: int) -> float:
    return (at - e.T0) / e.SECOND


def contacts(events: Sequence[Message]) -> list[dict[str, Any]]:
    """What the contacts say, without references to the log."""
    found = []
    for key, row in sorted(fold(e.recorded(events)).items()):
        if not isinstance(row, Case):
            continue
        for one in episodes(row.facts):
            said: dict[str, Any] = {"case": key.split("/")[2], "episode": one.number, "start": seconds(one.start.at)}
            if one.skewed:
                said["skewed"] = True
            for name in ("accepted", "answered_any", "answered_human", "resolved", "withdrawn"):
                done: Done | None = getattr(one, name)
                if done is not None:
                    said[name] = (seconds(done.at), done.agent)
            found.append(said)
    return found


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([e.opened("c1")], [], id="an empty case is no contact"),
        pytest.param(
            [e.opened("c1"), e.inbound("c1", "p1", 5)],
            [{"case": "c1", "episode": 1, "start": 5.0}],
            id="a customer's post makes a contact",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 5),
                e.accepted("c1", "mia", 7),
                e.sent("c1", "mia", 9),
                e.resolved("c1", "leo", 11),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (7.0, "mia"),
                    "answered_any": (9.0, "mia"),
                    "answered_human": (9.0, "mia"),
                    "resolved": (11.0, "leo"),
                }
            ],
            id="the whole funnel, each act with its agent",
        ),
        pytest.param(
            [e.opened("c1"), e.inbound("c1", "p1", 5), e.outbound("c1", "p2", 6, human=False)],
            [{"case": "c1", "episode": 1, "start": 5.0, "answered_any": (6.0, "")}],
            id="a machine's post is an answer of any kind only",
        ),
        pytest.param(
            [e.opened("c1"), e.inbound("c1", "p1", 5), e.withdrawn("c1", 8)],
            [{"case": "c1", "episode": 1, "start": 5.0, "withdrawn": (8.0, "")}],
            id="a withdrawn contact stays one",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.outbound("c1", "p2", 6),
                e.opened("c2"),
                e.inbound("c2", "p1", 5),
                e.joined("c1", "c2"),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (6.0, ""),
                    "answered_any": (6.0, ""),
                    "answered_human": (6.0, ""),
                }
            ],
            id="a join brings question and answer together",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 5),
                e.opened("c2"),
                e.inbound("c2", "p2", 6),
                e.joined("c1", "c2"),
                e.sent("c2", "mia", 9),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (9.0, "mia"),
                    "answered_any": (9.0, "mia"),
                    "answered_human": (9.0, "mia"),
                }
            ],
            id="what happens to a joined case counts for the one that goes on",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 5),
                e.opened("c2"),
                e.inbound("c2", "p2", 6),
                e.joined_by("c1", "c2", 7),
                e.accepted("c1", "mia", 8, ["c2"]),
                e.sent("c1", "mia", 9),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (8.0, "mia"),
                    "answered_any": (9.0, "mia"),
                    "answered_human": (9.0, "mia"),
                },
                {"case": "c2", "episode": 1, "start": 6.0, "accepted": (8.0, "mia")},
            ],
            id="who takes a case takes what somebody joined into it, and answers one of them",
        ),
        pytest.param(
            [
                *(e.opened("c1"), e.inbound("c1", "p1", 5), e.accepted("c1", "mia", 6)),
                *(e.opened("c2"), e.inbound("c2", "p2", 6), e.joined_by("c1", "c2", 7, "mia")),
                *(e.opened("c3"), e.joined_by("c1", "c3", 7), e.inbound("c3", "p3", 8), e.placed("c1", "c3", 8, "mia")),
            ],
            [
                {"case": "c1", "episode": 1, "start": 5.0, "accepted": (6.0, "mia")},
                {"case": "c2", "episode": 1, "start": 6.0, "accepted": (7.0, "mia")},
                {"case": "c3", "episode": 1, "start": 8.0, "accepted": (8.0, "mia")},
            ],
            id="who has a case has what is joined into it, then or later",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 5),
                e.resolved("c1", "mia", 7),
                e.inbound("c1", "p2", 100),
                e.reopened("c1", 101),
            ],
            [
                {"case": "c1", "episode": 1, "start": 5.0, "resolved": (7.0, "mia")},
                {"case": "c1", "episode": 2, "start": 100.0},
            ],
            id="a reopening is a contact of its own",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 40, received=0),
                e.accepted("c1", "mia", 1),
                e.sent("c1", "mia", 2),
                e.resolved("c1", "mia", 2),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 0.0,
                    "accepted": (1.0, "mia"),
                    "answered_any": (2.0, "mia"),
                    "answered_human": (2.0, "mia"),
                    "resolved": (2.0, "mia"),
                    "skewed": True,
                }
            ],
            id="a platform's clock ahead of ours keeps nobody from counting",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 5),
                e.outbound("c1", "p2", 6),
                e.outbound("c1", "p3", 9),
                e.detached("c1", "p2", 10),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (9.0, ""),
                    "answered_any": (9.0, ""),
                    "answered_human": (9.0, ""),
                }
            ],
            id="an answer that was withdrawn, or moved, is undone",
        ),
        pytest.param(
            [
                e.opened("c1"),
                e.inbound("c1", "p1", 5),
                e.inbound("c1", "p2", 7),
                e.detached("c1", "p1", 9, work.POST_ROLE_CONTACT),
            ],
            [{"case": "c1", "episode": 1, "start": 5.0}],
            id="that a customer spoke to us stays true",
        ),
        pytest.param(
            [
                *(e.opened("c1"), e.inbound("c1", "p1", 5), e.inbound("c1", "p2", 7)),
                *(e.detached("c1", "p1", 9, work.POST_ROLE_CONTACT, moved=True), e.context("c1", "p1", 5)),
            ],
            [{"case": "c1", "episode": 1, "start": 7.0}],
            id="what turns out to be said to somebody else is no turn",
        ),
        pytest.param(
            [
                *(e.opened("c1", customer="ann"), e.inbound("c1", "p1", 5)),
                *(
                    e.opened("c2", customer="ben"),
                    e.inbound("c2", "p2", 6),
                    e.joined("c1", "c2"),
                    e.sent("c1", "mia", 9),
                ),
            ],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (9.0, "mia"),
                    "answered_any": (9.0, "mia"),
                    "answered_human": (9.0, "mia"),
                },
                {"case": "c2", "episode": 1, "start": 6.0},
            ],
            id="two customers whose cases an agent joined keep a contact each",
        ),
        pytest.param([e.opened("c1"), e.context("c1", "p1", 5)], [], id="what others say to each other is no contact"),
        pytest.param([e.opened("c1"), e.outbound("c1", "p1", 5)], [], id="our word alone is no contact"),
        pytest.param(
            [e.opened("c1"), e.inbound("c1", "p1", 5), e.outbound("c1", "p2", 3, asked=5)],
            [
                {
                    "case": "c1",
                    "episode": 1,
                    "start": 5.0,
                    "accepted": (5.0, ""),
                    "answered_any": (5.0, ""),
                    "answered_human": (5.0, ""),
                    "skewed": True,
                }
            ],
            id="an echo that names its parent and bears an earlier second is an answer",
        ),
        pytest.param(
            [
                *(e.opened("c1"), e.inbound("c1", "p1", 5), e.opened("c2"), e.inbound("c2", "p2", 6)),
                *(e.outbound("c1", "p3", 8), e.detached("c1", "p3", 9, moved=True), e.outbound("c2", "p3", 8)),
            ],
            [
                {"case": "c1", "episode": 1, "start": 5.0},
                {
                    "case": "c2",
                    "episode": 1,
                    "start": 6.0,
                    "accepted": (8.0, ""),
                    "answered_any": (8.0, ""),
                    "answered_human": (8.0, ""),
                },
            ],
            id="an answer that moves answers the other one only",
        ),
    ],
)
def test_contacts_of_events(events: list[Message], expected: list[dict[str, Any]]) -> None:
    assert contacts(events) == expected


def test_a_direct_message_says_so() -> None:
    rows = fold(e.recorded([e.opened("c1"), e.inbound("c1", "p1", 5, post_pb2.POST_KIND_DIRECT_MESSAGE)]))
    row = rows["case/acme/c1"]
    assert isinstance(row, Case)
    assert episodes(row.facts)[0].start.direct


BESIDE = [e.offered("c1", "mia", 1, width=2), e.offered("c1", "ben", 1, width=2)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([e.offered("c1", "mia", 1, 2)], ("mia", 2), id="an offer takes room"),
        pytest.param([e.offered("c1", "mia", 1), e.accepted("c1", "mia", 2)], ("mia", 1), id="so does the case"),
        pytest.param([e.offered("c1", "mia", 1), e.declined("c1", "mia", 2)], ("", 1), id="a declined offer none"),
        pytest.param(
            [e.offered("c1", "mia", 1, 2, width=3), e.offered("c1", "ben", 1, 2, width=3)],
            ("mia ben", 2),
            id="an offer to several takes the room of each",
        ),
        pytest.param(
            [*BESIDE, e.rescinded("c1", "mia", 2), e.accepted("c1", "ben", 2)], ("ben", 1), id="until one takes it"
        ),
        pytest.param([*BESIDE, e.declined("c1", "ben", 2)], ("mia", 1), id="and of the others when one declines"),
        pytest.param([e.accepted("c1", "mia", 2), e.resolved("c1", "mia", 3)], ("", 0), id="nor a resolved case"),
        pytest.param([e.accepted("c1", "mia", 2), e.withdrawn("c1", 3)], ("", 0), id="nor a withdrawn one"),
        pytest.param(
            [e.offered("c1", "mia", 1), e.accepted("c1", "mia", 2), e.interrupted("c1", "mia", "c2", 3)],
            ("mia", 1),
            id="one that was interrupted does",
        ),
        pytest.param(
            [
                e.offered("c1", "mia", 1),
                e.accepted("c1", "mia", 2),
                e.interrupted("c1", "mia", "c2", 3),
                e.released("c1", "mia", 4),
            ],
            ("", 1),
            id="until its agent has no room for it any more",
        ),
        pytest.param([e.accepted("c1", "mia", 2), e.joined("c0", "c1")], ("", 0), id="nor one that became another"),
    ],
)
def test_whose_capacity_a_case_takes(events: list[Message], expected: tuple[str, int]) -> None:
    row = fold(e.recorded([e.opened("c0"), e.opened("c1"), *events]))["case/acme/c1"]
    assert isinstance(row, Case)
    assert (row.agent, row.weight) == expected


def test_labels_are_those_at_the_time_of_the_post() -> None:
    events = [e.source("air", brand="Old"), e.opened("c1"), e.relabelled("air", brand="New"), e.opened("c2")]
    row = fold(e.recorded(events))["source/acme/air"]
    assert isinstance(row, Source)
    labels = Labels(("air", since, text) for since, text in row.versions)
    assert [labels.at("air", position * 1024) for position in (0, 1, 2, 3, 4)] == [
        {},
        {"brand": "Old"},
        {"brand": "Old"},
        {"brand": "New"},
        {"brand": "New"},
    ]
    assert labels.at("nobody", 5) == {}


def test_every_event_of_both_contexts_is_folded_or_ignored() -> None:
    posts = {
        message.full_name
        for message in post.DESCRIPTOR.message_types_by_name.values()
        if any(field.name in ("at", "received_at", "from") for field in message.fields)
    }
    facts = {work.DESCRIPTOR.message_types_by_name[fact.__name__].full_name for fact in get_args(Event)}
    assert posts | facts == VIEW.handles | VIEW.ignores
    assert not VIEW.handles & VIEW.ignores


steps = st.lists(
    st.tuples(
        st.sampled_from(["inbound", "outbound", "bot", "accepted", "sent", "resolved", "withdrawn"]), st.integers(0, 30)
    ),
    max_size=6,
)


def history(case: str, drawn: Sequence[tuple[str, int]]) -> list[Message]:
    events: list[Message] = [e.opened(case)]
    for number, (kind, at) in enumerate(drawn):
        match kind:
            case "inbound":
                events.append(e.inbound(case, f"{case}-{number}", at))
            case "outbound":
                events.append(e.outbound(case, f"{case}-{number}", at))
            case "bot":
                events.append(e.outbound(case, f"{case}-{number}", at, human=False))
            case "accepted":
                events.append(e.accepted(case, "mia", at))
            case "sent":
                events.append(e.sent(case, "leo", at))
            case "resolved":
                events.append(e.resolved(case, "mia", at))
            case _:
                events.append(e.withdrawn(case, at))
    return events


def interleaved(draw: st.DrawFn, one: list[Message], two: list[Message]) -> list[Message]:
    """Both histories in their own order, merged in any way."""
    merged: list[Message] = []
    left, right = list(one), list(two)
    while left or right:
        from_left = bool(left) and (not right or draw(st.booleans()))
        merged.append((left if from_left else right).pop(0))
    return merged


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[list[Message], list[Message]]:
    one, two = history("c1", draw(steps)), history("c2", draw(steps))
    return interleaved(draw, one, two), interleaved(draw, one, two)


@settings(max_examples=80)
@given(two_orders())
def test_independent_cases_may_arrive_in_any_order(both: tuple[list[Message], list[Message]]) -> None:
    assert contacts(both[0]) == contacts(both[1])


@st.composite
def joins_in_two_orders(draw: st.DrawFn) -> tuple[list[Message], list[Message]]:
    """Two cases without endings: joined before everything else happens, or after all of it."""
    open_steps = steps.map(lambda drawn: [step for step in drawn if step[0] not in ("resolved", "withdrawn")])
    one, two = history("c1", draw(open_steps)), history("c2", draw(open_steps))
    after = interleaved(draw, one[1:], two[1:])
    return [one[0], two[0], e.joined("c1", "c2"), *after], [one[0], two[0], *after, e.joined("c1", "c2")]


@settings(max_examples=80)
@given(joins_in_two_orders())
def test_a_join_may_come_early_or_late(both: tuple[list[Message], list[Message]]) -> None:
    assert contacts(both[0]) == contacts(both[1])


@settings(max_examples=60)
@given(steps, steps)
def test_what_somebody_joins_and_splits_hides_nobody(one: list[tuple[str, int]], two: list[tuple[str, int]]) -> None:
    first, second = history("c1", one), history("c2", two)
    events = [first[0], second[0], *second[1:], *first[1:]]
    acted = [*events[:2], e.joined_by("c1", "c2"), *events[2:], e.split("c1", "c2")]
    assert contacts(acted[:-1]) == contacts(acted) == contacts(events)


@settings(max_examples=60)
@given(steps)
def test_folding_an_event_twice_is_folding_it_once(drawn: list[tuple[str, int]]) -> None:
    events = e.recorded(history("c1", drawn))
    assert fold([one for event in events for one in (event, event)]) == fold(events)


def test_a_fact_keeps_its_place_in_the_log() -> None:
    row = fold(e.recorded([e.opened("c1"), e.inbound("c1", "p1", 5)]))["case/acme/c1"]
    assert isinstance(row, Case)
    fact: Fact = row.facts[0]
    assert divmod(fact.ref, 1024) == (2, 0)
