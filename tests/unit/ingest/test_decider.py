"""What is news about a post and what is not: given deliveries, when another comes, then these facts and this answer."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from chassis.clock import Instant
from ingest import answers, decider
from ingest.events import Location
from switchboard.ingest.v1 import post_pb2

sys.path.insert(0, str(Path(__file__).parent))
from candidates import (
    T0,
    alias,
    author_gone,
    content,
    post_id,
    record,
    requeued,
    superseded,
    unplaced,
    unreadable,
    withdrawal,
)

EARLIER = Instant(T0 - 1)
OUTBOUND = post_pb2.DIRECTION_OUTBOUND


@pytest.mark.parametrize(
    ("given", "when", "facts", "result"),
    [
        pytest.param([], content(), ["PostReceived"], "ACCEPTED", id="a post we do not have is received"),
        pytest.param([], content(direction=OUTBOUND), ["PostReceived"], "ECHO", id="a post of our own is an echo"),
        pytest.param([content()], content(), [], "DUPLICATE", id="the same delivery again decides nothing"),
        pytest.param([content()], content(content="two"), ["PostEdited"], "UPDATED", id="another content is an edit"),
        pytest.param(
            [content(), content(content="two")],
            content(),
            [],
            "DUPLICATE",
            id="a late redelivery of an earlier content is no edit back",
        ),
        pytest.param(
            [content(number=2, content="two")],
            content(number=1),
            [],
            "DUPLICATE",
            id="a lower number of the platform is a version we are past",
        ),
        pytest.param(
            [content(number=0), content(number=1, content="two")],
            content(number=2),
            ["PostEdited"],
            "UPDATED",
            id="a higher number is an edit even where it restores an earlier content",
        ),
        pytest.param(
            [content()], content(author="ben"), [], "QUARANTINED", id="an id that is another author's is nobody's edit"
        ),
        pytest.param(
            [content(number=3)],
            content(author="ben", number=1),
            [],
            "QUARANTINED",
            id="an older version by another author is no duplicate",
        ),
        pytest.param(
            [content(), withdrawal()],
            content(author="ben"),
            [],
            "WITHDRAWN",
            id="an id that is gone stays gone for whoever comes with it",
        ),
        pytest.param(
            [content()],
            content(desk="bolt"),
            ["PostSighted"],
            "ACCEPTED",
            id="a post we have is news to a further desk",
        ),
        pytest.param(
            [content(), content(desk="bolt")], content(desk="bolt"), [], "DUPLICATE", id="and only once to each"
        ),
        pytest.param(
            [content(is_addressed=False)],
            content(),
            ["PostSighted"],
            "DUPLICATE",
            id="a delivery that makes a post addressed to a desk that has it is told, and still a duplicate",
        ),
        pytest.param([content()], content(is_addressed=False), [], "DUPLICATE", id="one that does not is not"),
        pytest.param(
            [content(), content(desk="bolt", is_addressed=False)],
            content(desk="bolt"),
            ["PostSighted"],
            "DUPLICATE",
            id="it is one desk's whether a post is addressed to it",
        ),
        pytest.param(
            [content()],
            content(content="two", desk="bolt"),
            ["PostEdited", "PostSighted"],
            "ACCEPTED",
            id="what a further desk brings may be an edit as well",
        ),
        pytest.param(
            [content(number=1, content="two")],
            content(desk="bolt"),
            ["PostSighted"],
            "ACCEPTED",
            id="or a version we are past",
        ),
        pytest.param(
            [content(), content(desk="bolt")],
            content(content="two", desk="bolt"),
            ["PostEdited"],
            "UPDATED",
            id="an edit counts through any source",
        ),
        pytest.param(
            [content(direction=OUTBOUND)],
            content(direction=OUTBOUND, desk="bolt"),
            [],
            "DUPLICATE",
            id="our own post is nothing to a further desk",
        ),
        pytest.param(
            [content(direction=OUTBOUND)], content(desk="bolt"), [], "DUPLICATE", id="nor as somebody else's post"
        ),
        pytest.param(
            [content()], content(direction=OUTBOUND, desk="bolt"), [], "DUPLICATE", id="nor somebody's as ours"
        ),
        pytest.param(
            [content(), withdrawal()],
            content(desk="bolt"),
            [],
            "WITHDRAWN",
            id="what is withdrawn is so for every desk",
        ),
        pytest.param([content()], content(content="on…", cut_length=3), [], "DUPLICATE", id="a cut copy is no news"),
        pytest.param(
            [content(content="on…", cut_length=3)],
            content(),
            ["PostCompleted"],
            "UPDATED",
            id="the whole text completes a cut one",
        ),
        pytest.param(
            [content(content="on…", cut_length=3)],
            content(content="one…", cut_length=4),
            ["PostCompleted"],
            "UPDATED",
            id="a longer beginning is more than a shorter one",
        ),
        pytest.param(
            [content(content="one…", cut_length=4)],
            content(content="on…", cut_length=3),
            [],
            "DUPLICATE",
            id="a shorter one is not",
        ),
        pytest.param(
            [content()],
            content(content="tw…", number=1, cut_length=3),
            ["PostEdited"],
            "UPDATED",
            id="a later version counts, cut or not",
        ),
        pytest.param(
            [content(content="two", number=1)],
            content(content="on…", cut_length=3),
            [],
            "DUPLICATE",
            id="the beginning of a version we are past is no news",
        ),
        pytest.param(
            [content(), content(content="tw…", number=1, cut_length=3)],
            content(number=1),
            ["PostCompleted"],
            "UPDATED",
            id="the whole text completes an edit, be it the earlier one",
        ),
        pytest.param(
            [content(content="on…", cut_length=3), withdrawal()],
            content(),
            [],
            "WITHDRAWN",
            id="what is withdrawn is not completed",
        ),
        pytest.param(
            [content(content="on…", cut_length=3, is_addressed=False)],
            content(),
            ["PostCompleted", "PostSighted"],
            "UPDATED",
            id="the rest of a text may be what speaks to us",
        ),
        pytest.param(
            [content(location=Location.TOLD)],
            content(location=Location.NONE),
            ["PostLocationRemoved"],
            "UPDATED",
            id="a copy that says it has no place takes back the one we have",
        ),
        pytest.param(
            [content(location=Location.TOLD), content(location=Location.NONE)],
            content(location=Location.TOLD),
            [],
            "DUPLICATE",
            id="and a late copy with the place brings it not back",
        ),
        pytest.param(
            [content(location=Location.TOLD)], content(), [], "DUPLICATE", id="one that does not say takes nothing back"
        ),
        pytest.param(
            [content(content="two", number=1, location=Location.TOLD)],
            content(location=Location.NONE),
            [],
            "DUPLICATE",
            id="nor does a version we are past",
        ),
        pytest.param(
            [content(location=Location.TOLD)],
            unplaced(),
            ["PostLocationRemoved"],
            "UPDATED",
            id="the platform may say that a place was taken back",
        ),
        pytest.param([content()], unplaced(), [], "DUPLICATE", id="of a post without one that is no news"),
        pytest.param([], unplaced(), [], "DUPLICATE", id="nor of one we do not have"),
        pytest.param(
            [content(location=Location.TOLD), withdrawal()], unplaced(), [], "DUPLICATE", id="nor of one that is gone"
        ),
        pytest.param([], alias(), ["PostAliased"], "IGNORED", id="an id turns out to name a version"),
        pytest.param([alias()], alias(), [], "IGNORED", id="and only once"),
        pytest.param([alias()], content("b"), [], "DUPLICATE", id="content under a version's id is nothing of its own"),
        pytest.param([alias()], withdrawal("b"), ["PostWithdrawn"], "WITHDRAWN", id="a version's id can be withdrawn"),
        pytest.param(
            [withdrawal("b")], alias(), ["PostAliased"], "WITHDRAWN", id="who names its post hears that it was before"
        ),
        pytest.param([withdrawal("b"), alias()], alias(), [], "WITHDRAWN", id="each time"),
        pytest.param(
            [content("b")],
            alias(),
            ["PostAliased"],
            "IGNORED",
            id="a version that came as a post of its own is one until what it says was said of its post",
        ),
        pytest.param(
            [content("b"), alias()], superseded(), ["PostWithdrawn"], "WITHDRAWN", id="then it is none any more"
        ),
        pytest.param([content("b"), alias(), superseded()], superseded(), [], "DUPLICATE", id="and that only once"),
        pytest.param([content("b")], superseded(), [], "DUPLICATE", id="a post that nobody called a version stays one"),
        pytest.param([alias()], superseded(), [], "DUPLICATE", id="an id without content has none to bring over"),
        pytest.param(
            [content("b", author="ben")], alias(), [], "IGNORED", id="another author's post is nobody's version"
        ),
        pytest.param([content()], withdrawal(), ["PostWithdrawn"], "WITHDRAWN", id="a deleted post is withdrawn"),
        pytest.param(
            [], withdrawal(), ["PostWithdrawn"], "WITHDRAWN", id="a deletion may come before the post it deletes"
        ),
        pytest.param([withdrawal()], withdrawal(), [], "DUPLICATE", id="withdrawing twice is withdrawing once"),
        pytest.param([withdrawal()], content(), [], "WITHDRAWN", id="a post that comes after its deletion stays out"),
        pytest.param(
            [content(), withdrawal()],
            content(content="two"),
            [],
            "WITHDRAWN",
            id="an edit after the deletion stays out",
        ),
        pytest.param([], author_gone(), ["AuthorWithdrawn"], "WITHDRAWN", id="an author may take all posts back"),
        pytest.param([author_gone()], author_gone(), [], "DUPLICATE", id="who is gone twice is gone once"),
        pytest.param(
            [author_gone()], content(), [], "WITHDRAWN", id="what comes late of an author who is gone stays out"
        ),
        pytest.param(
            [author_gone(at=EARLIER)], content(), ["PostReceived"], "ACCEPTED", id="who came back may write again"
        ),
        pytest.param(
            [author_gone(), author_gone(at=EARLIER)], content(), [], "WITHDRAWN", id="older news of it change nothing"
        ),
        pytest.param([author_gone("ben")], content(), ["PostReceived"], "ACCEPTED", id="others' posts are received"),
        pytest.param([], unreadable(), ["DeliveryQuarantined"], "QUARANTINED", id="unreadable bytes are quarantined"),
        pytest.param([unreadable()], unreadable(), [], "DUPLICATE", id="the same bytes are quarantined once"),
        pytest.param([unreadable()], requeued(), ["DeliveryRequeued"], "IGNORED", id="bytes read after all leave"),
        pytest.param([], requeued(), [], "IGNORED", id="what does not lie in quarantine cannot leave it"),
        pytest.param(
            [unreadable(), requeued()],
            unreadable(),
            ["DeliveryQuarantined"],
            "QUARANTINED",
            id="bytes that became unreadable again are quarantined again",
        ),
    ],
)
@pytest.mark.parametrize("at_once", [False, True], ids=["in separate commands", "in one command"])
def test_news(
    given: Sequence[decider.Candidate],
    when: decider.Candidate,
    facts: list[str],
    result: str,
    at_once: bool,
) -> None:
    posts = decider.Posts()
    if at_once:
        events, results = record(posts, *given, when)
        assert results[-1] == result
        before = record(decider.Posts(), *given)[0] if given else []
        assert [type(event).__name__ for event in events[len(before) :]] == facts
    else:
        for candidate in given:
            record(posts, candidate)
        events, results = record(posts, when)
        assert [type(event).__name__ for event in events] == facts
        assert results == [result]


def test_each_candidate_of_a_command_is_told_what_became_of_it_alone() -> None:
    _, results = record(
        decider.Posts(),
        content("a"),
        content("a"),
        content("b"),
        withdrawal("a"),
        content("a"),
        content("b", content="two"),
        content("b", content="three", desk="bolt"),
        content("b", desk="bolt"),
        withdrawal("c"),
    )
    assert results == [
        "ACCEPTED",
        "DUPLICATE",
        "ACCEPTED",
        "WITHDRAWN",
        "WITHDRAWN",
        "UPDATED",
        "ACCEPTED",
        "DUPLICATE",
        "WITHDRAWN",
    ]


def test_an_edit_carries_the_next_revision() -> None:
    posts = decider.Posts()
    record(posts, content())
    events, _ = record(posts, content(content="two"), content(content="three"))
    assert [getattr(event, "revision", 0) for event in events] == [2, 3]


def test_whoever_says_something_of_a_version_s_id_is_told_which_post_it_means() -> None:
    posts = decider.Posts()
    command = (content("c"), alias(), content("b"), withdrawal("b"), alias())
    events = decider.decide(command, posts)
    for event in events:
        decider.evolve(posts, event)
    answer = answers.results_of(command, posts, events)
    assert [(moved.place, moved.post_id) for moved in answer.moved] == [(2, post_id("a")), (3, post_id("a"))]
