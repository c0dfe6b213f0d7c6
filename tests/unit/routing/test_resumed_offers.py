"""Given commits with offers of several agents, when a watch ends anywhere and goes on with its token, then its agent
heard everything once.
"""

import pytest
from chassis.commits import Entry, Mark, Position, Subject, encode
from chassis.errors import InvalidRequest
from hypothesis import given
from hypothesis import strategies as st
from recording import written
from routing import events
from routing.offers import TOKENS, heard
from routing.terms import Presence, RescindReason
from routing.views.cases import CODEC
from switchboard.log.v1 import log_pb2

from tests.unit.routing.build import t

SUBJECT = Subject("work", "acme", "0")
FIELD = "resume_token"
FACTS = {
    "open": lambda agent: events.CaseOffered("c", agent, "o", 1, 1, t(1), t(0)),
    "accepted": lambda agent: events.OfferAccepted("c", agent, "o", 1, t(0)),
    "declined": lambda agent: events.OfferDeclined("c", agent, "o", "", t(0)),
    "rescinded": lambda agent: events.OfferRescinded("c", agent, "o", RescindReason.TAKEN, t(0)),
    "released": lambda agent: events.CaseReleased("c", agent, "transferred", t(0)),
    "going on": lambda agent: events.CaseResumed("c", "interruption_over", t(0), agent),
    "away": lambda agent: events.PresenceChanged(agent, Presence.AWAY, "missed_offers", t(0)),
    "back": lambda agent: events.PresenceChanged(agent, Presence.AVAILABLE, "agent", t(0)),
    "resumed": lambda agent: events.CaseResumed("c", "agent", t(0), agent),
    "resumed before it was said whose": lambda _agent: events.CaseResumed("c", "timer", t(0)),
    "resolved": lambda agent: events.CaseResolved("c", agent, "solved", (), t(0)),
}
NO_NEWS = frozenset(("back", "resumed", "resumed before it was said whose", "resolved"))
"""What its agent did itself, or what names nobody."""
COMMITS = st.lists(
    st.lists(st.tuples(st.sampled_from(sorted(FACTS)), st.sampled_from(["mia", "ann"])), min_size=1, max_size=6),
    max_size=6,
)


def entry(position: int, facts: list[tuple[str, str]]) -> Entry:
    commit = log_pb2.Commit(commit_id=bytes(16), tenant="acme", shard="0")
    for kind, agent in facts:
        commit.events.add(event_id=bytes(16)).body.Pack(CODEC.message(FACTS[kind](agent)))
    return Entry(position, SUBJECT, encode(written(commit)))


@given(COMMITS, st.integers(1, 1_000))
def test_a_watch_that_is_cut_anywhere_goes_on_with_what_comes_next(
    commits: list[list[tuple[str, str]]], first: int
) -> None:
    log = [entry(first + number, facts) for number, facts in enumerate(commits)]
    whole = heard("acme", "mia", log, Mark(0))
    news = [kind for facts in commits for kind, agent in facts if agent == "mia" and kind not in NO_NEWS]
    assert len(whole) == len(news)
    for place, message in enumerate(whole, 1):
        mark = Mark.decode(message.resume_token, FIELD)
        rest = [one for one in log if one.position > mark.read_after]
        assert heard("acme", "mia", rest, mark) == whole[place:]


PLACES = st.tuples(st.integers(0, 1 << 62), st.integers(0, (1 << 16) - 1)).map(lambda place: Mark(*place))
MARKS = PLACES | st.integers(0, 1 << 62).map(Mark)


@given(MARKS, MARKS)
def test_a_mark_is_what_its_token_says_and_marks_are_ordered_as_the_log_is(one: Mark, other: Mark) -> None:
    assert Mark.decode(one.encode(), FIELD) == one
    assert (one < other) == ((one.position, one.last) < (other.position, other.last))
    assert one.position - 1 <= one.read_after <= one.position
    (position_of,) = TOKENS.values()
    assert position_of(one.encode()) == one.position


@given(st.integers(0, 1 << 62))
def test_the_token_of_a_position_means_all_of_its_commit(position: int) -> None:
    mark = Mark.decode(Position.encode(position), FIELD)
    assert (mark.read_after, mark.encode()) == (position, Position.encode(position))
    assert mark > Mark(position, (1 << 16) - 1)


@pytest.mark.parametrize("index", ["", "-1", "01", "1.2", "65536", "99999999999", " 1", "x", "\u0661"])
def test_what_is_no_token_is_refused_and_named(index: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Mark.decode(f"{Position.encode(7)}.{index}", FIELD)
    assert [field for field, _ in refused.value.violations] == [FIELD]


@given(st.text(max_size=30))
def test_any_text_is_a_token_or_refused(text: str) -> None:
    try:
        mark = Mark.decode(text, FIELD)
    except InvalidRequest:
        return
    assert Mark.decode(mark.encode(), FIELD) == mark
