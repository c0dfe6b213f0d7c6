"""Given the facts of cases, then their contacts; joins in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi.episodes import (
    Began,
    Case,
    Delegated,
    Delivered,
    Done,
    Ended,
    Fact,
    Gone,
    Interrupted,
    LetGo,
    Moved,
    Offered,
    Parked,
    Posted,
    Queued,
    Reopened,
    Sent,
    Settled,
    Took,
    Unoffered,
    Withdrew,
    Woke,
    Wrote,
    _episodes,
    _first_contact,
    dump_facts,
    episodes,
    joined,
    load_facts,
    with_fact,
)
from kpi.running import Running, dump_running, load_running
from msgspec.structs import replace


def wrote(ref: int, at: int, post: str = "", origin: str = "", published: int | None = None) -> Wrote:
    return Wrote(ref, at, origin, post or f"p{ref}", False, "x", "s", "d", at if published is None else published)


def posted(ref: int, at: int, human: bool = True, post: str = "") -> Posted:
    return Posted(ref, at, "", post or f"p{ref}", human)


def sent(ref: int, at: int, agent: str, post: str = "", human: bool = True) -> Sent:
    return Sent(ref, at, "", post, human, agent)


def summary(facts: list[Fact]) -> list[dict[str, Any]]:
    """The contacts with only what is set."""
    found = []
    for one in episodes(facts):
        row: dict[str, Any] = {"number": one.number, "start": one.start.at}
        for name in ("accepted", "answered_any", "answered_human", "resolved", "withdrawn"):
            done: Done | None = getattr(one, name)
            if done is not None:
                row[name] = (done.at, done.agent) if done.agent else done.at
        if one.reopened_at is not None:
            row["reopened_at"] = one.reopened_at
        if one.queued is not None:
            row["due"] = (one.queued.due, one.queued.queue)
        if one.skewed:
            row["skewed"] = True
        found.append(row)
    return found


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([], [], id="nothing: no contact"),
        pytest.param([posted(1, 5)], [], id="the brand alone: no contact"),
        pytest.param([wrote(1, 5)], [{"number": 1, "start": 5}], id="a customer's post is a contact"),
        pytest.param([wrote(1, 9), wrote(2, 5)], [{"number": 1, "start": 5}], id="the earliest post starts it"),
        pytest.param(
            [wrote(1, 5), posted(2, 5)],
            [{"number": 1, "start": 5, "accepted": 5, "answered_any": 5, "answered_human": 5}],
            id="an answer at the very start counts, and accepts",
        ),
        pytest.param([wrote(1, 5), posted(2, 4)], [{"number": 1, "start": 5}], id="an earlier answer is none"),
        pytest.param(
            [wrote(1, 5), posted(2, 4), wrote(3, 3)],
            [{"number": 1, "start": 3, "accepted": 4, "answered_any": 4, "answered_human": 4}],
            id="an older post arriving late makes it one",
        ),
        pytest.param(
            [wrote(1, 5), posted(2, 6, human=False), posted(3, 8)],
            [{"number": 1, "start": 5, "accepted": 8, "answered_any": 6, "answered_human": 8}],
            id="a bot's answer is any answer only",
        ),
        pytest.param(
            [wrote(1, 5), Took(2, 6, "", "mia"), sent(3, 9, "leo")],
            [
                {
                    "number": 1,
                    "start": 5,
                    "accepted": (6, "mia"),
                    "answered_any": (9, "leo"),
                    "answered_human": (9, "leo"),
                }
            ],
            id="each act has its own agent",
        ),
        pytest.param(
            [wrote(1, 5), sent(2, 9, "leo", post="r"), posted(3, 8, post="r")],
            [
                {
                    "number": 1,
                    "start": 5,
                    "accepted": (8, "leo"),
                    "answered_any": (8, "leo"),
                    "answered_human": (8, "leo"),
                }
            ],
            id="the echo of a reply is the agent's reply",
        ),
        pytest.param(
            [wrote(1, 5), sent(2, 9, "bot", post="r", human=False), posted(3, 9, post="r")],
            [{"number": 1, "start": 5, "answered_any": (9, "bot")}],
            id="the echo of a bot's reply is no human's",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), Reopened(3, 9, ""), wrote(4, 8), sent(5, 12, "leo")],
            [
                {"number": 1, "start": 5, "resolved": (7, "mia"), "reopened_at": 9},
                {
                    "number": 2,
                    "start": 8,
                    "accepted": (12, "leo"),
                    "answered_any": (12, "leo"),
                    "answered_human": (12, "leo"),
                },
            ],
            id="a reopening begins a new contact at the customer's post",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), wrote(3, 8), Reopened(4, 9, "")],
            [
                {"number": 1, "start": 5, "resolved": (7, "mia"), "reopened_at": 9},
                {"number": 2, "start": 8},
            ],
            id="the reopening post may come before the reopening",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), wrote(3, 4), wrote(4, 9), Reopened(5, 10, "")],
            [
                {"number": 1, "start": 4, "resolved": (7, "mia"), "reopened_at": 10},
                {"number": 2, "start": 9},
            ],
            id="an older post arriving after the resolution belongs to what was resolved",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), wrote(3, 6), Reopened(4, 10, "")],
            [
                {"number": 1, "start": 5, "resolved": (7, "mia"), "reopened_at": 10},
                {"number": 2, "start": 6},
            ],
            id="a post resolved past while it was on its way begins the next",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), wrote(3, 6), Reopened(4000, 10, "")],
            [{"number": 1, "start": 5, "resolved": (7, "mia"), "reopened_at": 10}],
            id="a reopening by an agent takes no older post along",
        ),
        pytest.param(
            [wrote(1, 5), Withdrew(2, 7, ""), wrote(3, 9), Reopened(4, 9, "")],
            [{"number": 1, "start": 5}],
            id="who takes all back and writes again is the contact they were",
        ),
        pytest.param(
            [wrote(1, 5), Withdrew(2, 7, ""), wrote(3, 9), Reopened(4, 9, ""), Withdrew(5, 11, "")],
            [{"number": 1, "start": 5, "withdrawn": 11}],
            id="and has taken it back when the last of it is",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), wrote(3, 8)],
            [{"number": 1, "start": 5, "resolved": (7, "mia")}],
            id="a post that reopens nothing begins nothing",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 7, "", "mia"), Reopened(3, 9, "")],
            [{"number": 1, "start": 5, "resolved": (7, "mia"), "reopened_at": 9}],
            id="a reopening without a customer is no contact yet",
        ),
        pytest.param(
            [wrote(1, 5), Withdrew(2, 6, "")],
            [{"number": 1, "start": 5, "withdrawn": 6}],
            id="a withdrawn contact is still one",
        ),
        pytest.param(
            [wrote(1, 5), Settled(2, 6, "other", "mia"), Took(3, 7, "other", "leo")],
            [{"number": 1, "start": 5, "accepted": (7, "leo")}],
            id="of a joined case the acceptance counts, the resolution does not",
        ),
        pytest.param(
            [wrote(1, 5, published=45), Took(2, 6, "", "mia"), sent(3, 7, "mia"), Settled(4, 8, "", "mia")],
            [
                {
                    "number": 1,
                    "start": 5,
                    "accepted": (6, "mia"),
                    "answered_any": (7, "mia"),
                    "answered_human": (7, "mia"),
                    "resolved": (8, "mia"),
                    "skewed": True,
                }
            ],
            id="a question whose clock is ahead is answered when we answer it",
        ),
        pytest.param(
            [wrote(1, 5), Took(2, 3, "", "mia"), sent(3, 4, "mia"), Settled(4, 4, "", "mia")],
            [
                {
                    "number": 1,
                    "start": 5,
                    "accepted": (5, "mia"),
                    "answered_any": (5, "mia"),
                    "answered_human": (5, "mia"),
                    "resolved": (5, "mia"),
                    "skewed": True,
                }
            ],
            id="what is done about a post is not done before it",
        ),
        pytest.param(
            [sent(1, 4, "mia"), wrote(2, 5)],
            [{"number": 1, "start": 5}],
            id="what we sent before anybody spoke answers nothing",
        ),
        pytest.param(
            [wrote(1, 5), Posted(2, 5, "", "r", True, asked=5, early=True)],
            [{"number": 1, "start": 5, "accepted": 5, "answered_any": 5, "answered_human": 5, "skewed": True}],
            id="an answer that names its question follows it whatever its clock says",
        ),
        pytest.param(
            [wrote(1, 5), Posted(2, 4, "", "r", True, asked=3)],
            [{"number": 1, "start": 5}],
            id="an answer to something before the contact is none of its answers",
        ),
        pytest.param(
            [wrote(1, 5), posted(2, 6, post="r"), posted(3, 9, post="q"), Gone(4, 10, "", "r")],
            [{"number": 1, "start": 5, "accepted": 9, "answered_any": 9, "answered_human": 9}],
            id="an answer that was taken back is undone",
        ),
        pytest.param(
            [wrote(1, 5), posted(2, 6, post="r"), Gone(3, 10, "", "r"), posted(4, 6, post="r")],
            [{"number": 1, "start": 5, "accepted": 6, "answered_any": 6, "answered_human": 6}],
            id="an answer that comes back counts again",
        ),
        pytest.param(
            [wrote(1, 5), Queued(2, 5, "", "gold", 65), Queued(3, 9, "", "default", 90)],
            [{"number": 1, "start": 5, "due": (65, "gold")}],
            id="the first promise of an episode is the one to keep",
        ),
    ],
)
def test_contacts_of_a_case(facts: list[Fact], expected: list[dict[str, Any]]) -> None:
    assert summary(facts) == expected


def test_facts_survive_storage() -> None:
    facts = (
        wrote(1, 5),
        posted(2, 6),
        sent(3, 7, "mia", "p"),
        Took(4, 8, "", "mia"),
        Settled(5, 9, "", "mia"),
        Reopened(6, 9, ""),
        Withdrew(7, 9, "o"),
        Gone(8, 9, "", "p"),
        Queued(9, 9, "", "gold", 60),
    )
    assert load_facts(dump_facts(facts)) == facts


times = st.integers(0, 20)
kinds = st.sampled_from(["wrote", "posted", "bot", "sent", "took"])
drawn_facts = st.lists(st.tuples(kinds, times), max_size=10)


def build(drawn: list[tuple[str, int]], first: int) -> Case:
    case = Case("x", "s")
    for number, (kind, at) in enumerate(drawn):
        ref = first + number
        fact: Fact
        match kind:
            case "wrote":
                fact = wrote(ref, at)
            case "posted":
                fact = posted(ref, at)
            case "bot":
                fact = posted(ref, at, human=False)
            case "sent":
                fact = sent(ref, at, "mia")
            case _:
                fact = Took(ref, at, "", "mia")
        case = with_fact(case, fact)
    return case


@settings(max_examples=80)
@given(drawn_facts, drawn_facts, drawn_facts)
def test_joins_in_any_order_make_the_same_contacts(
    one: list[tuple[str, int]], two: list[tuple[str, int]], three: list[tuple[str, int]]
) -> None:
    a, b, c = build(one, 0), build(two, 100), build(three, 200)
    ab = joined("a", a, "b", b)[0]
    left = joined("a", ab, "c", c)[0]
    bc = joined("b", b, "c", c)[0]
    right = joined("a", a, "b", bc)[0]
    assert left.facts == right.facts
    assert episodes(left.facts) == episodes(right.facts)


@settings(max_examples=80)
@given(drawn_facts.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(range(len(drawn))))))
def test_facts_in_any_order_make_the_same_case(both: tuple[list[tuple[str, int]], list[int]]) -> None:
    drawn, order = both
    case = build(drawn, 0)
    other = Case("x", "s")
    for index in order:
        other = with_fact(other, case.facts[index])
    assert other == case
    assert with_fact(case, case.facts[0]) == case if case.facts else True


untouched = st.lists(
    st.one_of(
        st.builds(
            lambda at, ahead, post: wrote(0, at, post, published=at + ahead),
            st.integers(0, 5),
            st.sampled_from([0, 3]),
            st.sampled_from(["a", "b"]),
        ),
        st.builds(
            lambda at, ahead, post, due: Began(0, at, "", post, False, "x", "s", "d", at + ahead, "gold", due, at),
            st.integers(0, 5),
            st.sampled_from([0, 3]),
            st.sampled_from(["a", "b"]),
            st.integers(0, 5),
        ),
        st.builds(
            Queued, st.just(0), st.integers(0, 5), st.just(""), st.sampled_from(["gold", "other"]), st.integers(0, 5)
        ),
        st.builds(Took, st.just(0), st.integers(0, 5), st.just(""), st.sampled_from(["", "mia"])),
    ),
    max_size=6,
).map(lambda facts: [replace(fact, ref=ref) for ref, fact in enumerate(facts, start=1)])


@settings(max_examples=300)
@given(untouched)
def test_a_case_nobody_has_answered_is_told_as_any_other(facts: list[Fact]) -> None:
    told = _first_contact(facts)
    assert ([] if told is None else [told]) == _episodes(facts)


def test_facts_are_written_down_as_they_always_were() -> None:
    """What is in the tables was written by releases before this one; a replay must write the same."""
    facts: list[Fact] = [
        Wrote(1, 2, "", 'p"é\n', False, "x", "s", "d", 3),
        Posted(2, 3, "c", "p", True, 1, True),
        Sent(3, 4, "", "", False, "mia"),
        Gone(4, 5, "", "p"),
        Queued(5, 6, "", "gold", 7),
        Took(6, 7, "", "mia"),
        Settled(7, 8, "", "mia"),
        Reopened(8, 9, ""),
        Withdrew(9, 10, ""),
        Began(10, 11, "", "p", True, "x", "s", "d", 12, "gold", 13, 11, 14),
        Offered(11, 12, "", "mia"),
        Unoffered(12, 13, "", "mia", "expired"),
        LetGo(13, 14, "", "mia", "released"),
        Moved(14, 15, "", "mia", "gold"),
        Parked(15, 16, "", True),
        Woke(16, 17, ""),
        Interrupted(17, 18, ""),
        Delegated(17, 18, "", "t1", "books"),
        Delivered(18, 19, "", "t1"),
        Ended(19, 20, "c"),
    ]
    assert dump_facts(facts) == (
        '[["Wrote",1,2,"","p\\"é\\n",false,"x","s","d",3,0,""],["Posted",2,3,"c","p",true,1,true],'
        '["Sent",3,4,"","",false,"mia",false],["Gone",4,5,"","p"],["Queued",5,6,"","gold",7,""],'
        '["Took",6,7,"","mia",false,false],["Settled",7,8,"","mia"],["Reopened",8,9,""],["Withdrew",9,10,""],'
        '["Began",10,11,"","p",true,"x","s","d",12,"gold",13,11,14,"",""],["Offered",11,12,"","mia"],'
        '["Unoffered",12,13,"","mia","expired"],["LetGo",13,14,"","mia","released"],["Moved",14,15,"","mia","gold"],'
        '["Parked",15,16,"",true],["Woke",16,17,""],["Interrupted",17,18,""],'
        '["Delegated",17,18,"","t1","books"],["Delivered",18,19,"","t1"],'
        '["Ended",19,20,"c"]]'
    )
    assert load_facts(dump_facts(facts)) == tuple(facts)
    running = Running(9, start=facts[0], took=Done(7, "mia", 6), queued=facts[4])  # type: ignore[arg-type]
    assert dump_running(running) == (
        '[9,1,[1,2,"","p\\"é\\n",false,"x","s","d",3,0,""],[7,"mia",6,false],null,null,null,null,null,false,false,false,'
        'null,null,null,null,[5,6,"","gold",7,""]]'
    )
    assert load_running(dump_running(running)) == running


clocks = st.integers(0, 12)
anything = st.one_of(
    st.tuples(st.just("wrote"), clocks, st.sampled_from([0, 0, 4])),
    st.tuples(st.just("sent"), clocks, st.just(0)),
    st.tuples(st.just("posted"), clocks, st.just(0)),
    st.tuples(st.just("named"), clocks, clocks),
    st.tuples(st.just("gone"), st.integers(1, 8), st.just(0)),
)


def fact_of(ref: int, kind: str, at: int, more: int) -> Fact:
    match kind:
        case "wrote":
            return wrote(ref, at, published=at + more)
        case "sent":
            return sent(ref, at, "mia")
        case "posted":
            return posted(ref, at)
        case "named":  # the fold has let it follow its question as far as our clock goes
            return Posted(ref, max(at, more), "", f"p{ref}", True, more, at < more)
        case _:
            return Gone(ref, 0, "", f"p{at}")


def first_answer(drawn: list[tuple[str, int, int]]) -> tuple[int, int | None, bool] | None:
    """(start, first human answer, whether a clock had it before its question), None without a contact; said from the
    rules: it looks at one answer after the other and knows no running state.
    """
    all_of_them = list(enumerate(drawn, start=1))
    gone = {(at, ref) for ref, (kind, at, _) in all_of_them if kind == "gone"}
    numbered = [
        (ref, one)
        for ref, one in all_of_them
        if one[0] == "sent" or not any(post == ref < later for post, later in gone)
    ]
    questions = [(at, f"p{ref}", at + more) for ref, (kind, at, more) in numbered if kind == "wrote"]
    if not questions:
        return None
    start, _, published = min(questions)
    since = next(ref for ref, (kind, _, _) in numbered if kind == "wrote")
    counted: list[tuple[int, bool]] = []
    for ref, (kind, at, more) in numbered:
        if kind == "sent":
            follows = at >= start or ref > since
        else:
            follows = kind in ("posted", "named") and max(at, more) >= start
        if follows:
            counted.append((max(at, more, start), max(at, start) != at or at < more))
    if not counted:
        return start, None, False
    at, early = min(counted)
    return start, at, early or at < published


@settings(max_examples=400)
@given(st.lists(anything, max_size=9))
def test_start_and_first_answer_are_what_the_rules_say(drawn: list[tuple[str, int, int]]) -> None:
    found = episodes([fact_of(ref, *one) for ref, one in enumerate(drawn, start=1)])
    rules = first_answer(drawn)
    assert len(found) == (rules is not None)
    for episode in found:
        assert rules is not None
        assert episode.answered_human == episode.answered_any
        answer = None if episode.answered_human is None else episode.answered_human.at
        start, expected, skewed = rules
        assert (episode.start.at, answer) == (start, expected)
        assert not skewed or episode.skewed
