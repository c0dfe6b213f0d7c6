"""Who is a contact: whatever the order and the repetitions, the cases are those that a set of posts makes."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, permutations

import pytest
from cases_by_hand import ByHand, Roles, Told
from chassis.errors import Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Queued
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard, evolve
from routing.state_codec import load
from routing.terms import AuthorKind

from tests.unit.routing.build import (
    TEXT,
    accept,
    answer,
    apart,
    post,
    presence,
    register,
    reply,
    run,
    settle,
    sight,
    summary,
    t,
    whole,
)
from tests.unit.routing.test_memory import ReadModel
from tests.unit.routing.test_rows import rows_after, written

MANY = settings(max_examples=80)
KEPT = 40
"""Against: what one command brings back, which is to stay until it is decided."""
DESKS = ("shop", "other")
CUSTOMERS = ("ann", "ben", "cat")


@st.composite
def tales(draw: st.DrawFn) -> list[Told]:
    """Posts of several people in several threads, some of them ours, some repeated, renamed or taken back."""
    posts: list[Told] = []
    for number in range(draw(st.integers(1, 8))):
        ours = draw(st.integers(0, 3)) == 0
        repost = not ours and draw(st.integers(0, 5)) == 0
        above = draw(st.sampled_from([*range(number), None, None])) if number else None
        parent = "" if above is None else posts[above].name
        if above is not None and posts[above].aliases and draw(st.booleans()):
            parent = min(posts[above].aliases)
        first = draw(st.sampled_from(DESKS[:1] * 3 + DESKS[1:]))
        desks = {first: not ours and draw(st.booleans())}
        if not ours and draw(st.integers(0, 2)) == 0:
            desks[DESKS[first == DESKS[0]]] = draw(st.booleans())
        author = f"we-{first}" if ours else draw(st.sampled_from(CUSTOMERS))
        posts.append(
            Told(
                name=f"p{number}",
                author=author,
                at=draw(st.integers(0, 9)),
                desks=desks,
                parent=parent,
                ties=frozenset({"talk"}) if draw(st.integers(0, 3)) == 0 and not repost else frozenset(),
                ours=ours,
                repost=repost and parent != "",
                mentions=frozenset(draw(st.sets(st.sampled_from(["ann", "@ben", "@cat"]), max_size=2))),
                aliases=frozenset({f"v{number}"}) if draw(st.integers(0, 3)) == 0 else frozenset(),
                handle="" if ours else f"@{author}",
                withdrawn=draw(st.integers(0, 6)) == 0,
            )
        )
    return posts


def arrivals(told: Told, at: float, *, names_late: bool) -> list[commands.Command]:
    """What reaches routing of one post: itself, then what is said of it later."""
    (first, speaks), *others = told.desks.items()
    own = () if names_late else tuple(told.aliases)
    arrived = post(
        told.name,
        *told.ties,
        at=at,
        published=told.at,
        author_kind=AuthorKind.BRAND_HUMAN if told.ours else AuthorKind.CUSTOMER,
        by=told.author,
        desk=first,
        told=speaks and not names_late,
        parent=told.parent,
        repost=told.repost,
        mentions=tuple(told.mentions),
        aliases=own,
    )
    later: list[commands.Command] = [sight(told.name, desk, at, told=yes) for desk, yes in others]
    if names_late and speaks:
        later.append(sight(told.name, first, at, told=True))
    if names_late and told.aliases:
        later.append(commands.AliasPost(told.name, tuple(told.aliases), t(at)))
    if told.withdrawn:
        later.append(commands.DetachPost(told.name, t(at)))
    return [arrived, *later]


@st.composite
def deliveries(draw: st.DrawFn, posts: Sequence[Told]) -> list[commands.Command]:
    """The posts in any order, each before what is said of it, some of it twice."""
    queues = [arrivals(told, 10.0, names_late=draw(st.booleans())) for told in posts]
    order = draw(st.permutations([n for n, queue in enumerate(queues) for _ in queue]))
    found: list[commands.Command] = []
    for n in order:
        found.append(queues[n].pop(0))
        if draw(st.integers(0, 5)) == 0:
            found.append(draw(st.sampled_from(found)))
    return found


def cases_of(shard: Shard, posts: Sequence[Told]) -> Roles:
    """The cases of a shard in the words of the oracle."""
    threads = ByHand(posts).threads
    found: Roles = {}
    ids: dict[object, str] = {}
    for thread in shard.threads.by_id.values():
        for one in thread.posts.values():
            for seen in one.sights:
                for part in seen.parts:
                    key = seen.desk, part.customer_id, threads[one.post_id]
                    found.setdefault(key, {})[one.post_id] = part.role.name
                    case_id = thread.case_of(part)
                    assert ids.setdefault(key, case_id) == case_id
                    assert shard.cases[case_id].identity_id == part.customer_id
    return found


@MANY
@given(st.data())
def test_in_any_order_and_however_often_the_cases_are_those_of_the_set_of_posts(data: st.DataObject) -> None:
    posts = data.draw(tales())
    shard = Shard()
    for command in data.draw(deliveries(posts)):
        run(shard, command)
    by_hand = ByHand(posts)
    assert cases_of(shard, posts) == by_hand.cases()
    assert unattributed(shard) == by_hand.unattributed()
    assert all((case.owed_since is not None) == isinstance(case.stage, Queued) for case in shard.cases.values())


def test_what_is_said_hangs_on_a_case_it_leads_to_through_posts_that_its_desk_has_not_seen() -> None:
    one = Told(name="p0", author="ann", at=0, desks={"shop": False, "other": True}, handle="@ann")
    two = Told(name="p1", author="ann", at=1, desks={"shop": False}, parent="p0", handle="@ann")
    three = Told(name="p2", author="cat", at=2, desks={"shop": False}, parent="p1", handle="@cat")
    four = Told(name="p3", author="ben", at=3, desks={"other": False}, parent="p2", handle="@ben")
    for order in permutations([one, two, three, four]):
        shard = Shard()
        for command in (command for told in order for command in arrivals(told, 10.0, names_late=False)):
            run(shard, command)
        cases = cases_of(shard, [one, two, three, four])
        assert cases == ByHand([one, two, three, four]).cases()
        assert {"p0": "CONTACT", "p3": "CONTEXT"} in cases.values()


def unattributed(shard: Shard) -> set[str]:
    """Posts of ours that are part of no case."""
    posts = (post for thread in shard.threads.by_id.values() for post in thread.posts.values())
    ours = [post for post in posts if post.is_ours and not post.is_withdrawn]
    return {post.post_id for post in ours if not any(seen.parts for seen in post.sights)}


@MANY
@given(st.data())
def test_bringing_everything_once_more_changes_nothing(data: st.DataObject) -> None:
    posts = data.draw(tales())
    shard, given_ = Shard(), data.draw(deliveries(posts))
    run(shard, *given_)
    assert run(shard, *given_) == []


@MANY
@given(st.data(), st.integers(4, 12))
def test_a_shard_that_is_refolded_or_loaded_is_the_live_one_at_every_step(data: st.DataObject, keep: int) -> None:
    live, refolded = Shard(keep_events=keep), Shard(keep_events=keep)
    model = ReadModel()
    for command in data.draw(deliveries(data.draw(tales()))):
        model.lend(live)
        decided = decide(command, live)
        model.add(decided)
        for fact in decided:
            evolve(live, fact)
            evolve(refolded, fact)
            assert whole(live) == whole(refolded) == whole(load(whole(live)))
        follow = settle(live, command.at)
        model.add(follow)
        for fact in follow:
            evolve(refolded, fact)


@MANY
@given(st.data())
def test_what_one_fact_says_is_what_its_parts_say_one_after_the_other(data: st.DataObject) -> None:
    live, by_parts = Shard(), Shard()
    told: list[events.Event] = []
    for command in data.draw(deliveries(data.draw(tales()))):
        told += run(live, command)
    for fact in apart(told):
        evolve(by_parts, fact)
    assert live.cases == by_parts.cases
    assert live.segments == by_parts.segments
    assert list(live.threads.kept()) == list(by_parts.threads.kept())
    assert list(live.dormant) == list(by_parts.dormant)
    one, several = written(rows_after(told)), written(rows_after(list(apart(told))))
    assert sorted(chain(*one.rows_of_posts())) == sorted(chain(*several.rows_of_posts()))
    assert sorted(one.rows_of_keys()) == sorted(several.rows_of_keys())
    assert one.rows_of_answers() == several.rows_of_answers()


@pytest.mark.parametrize(
    ("given_", "asked", "names"),
    [
        pytest.param([], post("p1"), ["CaseBegun"], id="a customer who is new"),
        pytest.param([post("p1")], post("p2", "p1", at=1), ["PostPlaced"], id="a customer who goes on"),
        pytest.param([post("p1")], answer("b1", "p1", at=1), ["PostPlaced"], id="our answer"),
        pytest.param([], post("p1", told=False), ["PostThreaded"], id="what concerns nobody"),
        pytest.param(
            [register("mia"), presence("mia")], post("p1"), ["CaseBegun", "CaseOffered"], id="while somebody is free"
        ),
    ],
)
def test_a_post_is_one_fact(given_: list[commands.Command], asked: commands.Command, names: list[str]) -> None:
    shard = Shard()
    run(shard, *given_)
    assert [type(fact).__name__ for fact in run(shard, asked)] == names


@MANY
@given(st.data())
def test_a_shard_that_forgets_every_thread_makes_the_same_cases(data: st.DataObject) -> None:
    posts = [
        replace(told, repost=False) for told in data.draw(tales())
    ]  # a quote waits for its original in memory only
    forgetful, model = Shard(keep_events=KEPT), ReadModel()
    for number, command in enumerate(data.draw(deliveries(posts))):
        model.lend(forgetful)
        model.add(run(forgetful, command))
        for other in range(KEPT):
            run(forgetful, answer(f"other-{number}-{other}"))
    lasting = Shard()
    for thread in model.threads.by_id.values():
        lasting.threads.by_id[thread.thread_id] = thread
    lasting.cases = model.cases
    assert cases_of(lasting, posts) == ByHand(posts).cases()


@MANY
@given(st.data())
def test_what_is_said_in_order_never_changes_the_case_of_another_customer(data: st.DataObject) -> None:
    """Not where what is said shows more than itself: a link that one customer's cases are one, a first post of somebody
    whom we have named before that this was for them, an older one that it was for nobody."""
    ties = frozenset({"talk"}) if data.draw(st.booleans()) else frozenset()
    same = {"ties": ties, "withdrawn": False, "aliases": frozenset(), "mentions": frozenset()}
    told = [replace(one, at=n, **same) for n, one in enumerate(data.draw(tales()))]
    shard = Shard()
    for one in told:
        before = {case_id: (case.stage, case.owed_since) for case_id, case in shard.cases.items()}
        for command in arrivals(one, 20.0, names_late=False):
            run(shard, command)
        for case_id, known in before.items():
            case = shard.cases[case_id]
            if not one.ours and case.identity_id != one.author:
                assert (case.stage, case.owed_since) == known


ADVERT = post("ad", author_kind=AuthorKind.BRAND_HUMAN)
ANN: list[commands.Command] = [ADVERT, post("a1", "ad", at=1, by="ann", told=False)]
BOTH: list[commands.Command] = [*ANN, post("b1", "ad", at=2, by="ben", told=False)]

SENTENCES = [
    pytest.param(
        ANN,
        post("b1", "ad", at=2, by="ben", told=False),
        ["CaseOpened case-b1", "PostAttached case-b1 b1", "CaseQueued case-b1 default 0"],
        id="everybody under an advert has a case of their own",
    ),
    pytest.param(
        BOTH, answer("r1", "a1", at=3), ["PostAttached case-a1 r1 ANSWER"], id="an answer answers one of them"
    ),
    pytest.param(
        BOTH,
        answer("r1", "ad", at=3, mentions=["@ben"]),
        ["PostAttached case-b1 r1 ANSWER"],
        id="an answer to nobody's post answers whom it names",
    ),
    pytest.param(BOTH, answer("r1", "ad", at=3), [], id="an answer that may be for two is for nobody"),
    pytest.param(
        ANN,
        answer("r1", "ad", at=3),
        ["PostAttached case-a1 r1 ANSWER"],
        id="an answer is for the only customer there is",
    ),
    pytest.param(ANN, answer("r1", "ad", at=0), [], id="what we wrote before anybody spoke to us answers nobody"),
    pytest.param(
        [*ANN, answer("r1", "a1", at=3)],
        answer("r2", "r1", at=4),
        ["PostAttached case-a1 r2 ANSWER"],
        id="a second part of an answer is for the same customer",
    ),
    pytest.param(
        [post("p1", by="ann")],
        post("f1", "p1", at=1, by="friend", told=False),
        ["PostAttached case-p1 f1 CONTEXT"],
        id="a friend's remark hangs on the customer's case",
    ),
    pytest.param(
        [post("p1", by="ann"), post("f1", "p1", at=1, by="friend", told=False)],
        post("f2", "f1", at=2, by="other", told=False),
        ["PostAttached case-p1 f2 CONTEXT"],
        id="a remark on a remark hangs there as well",
    ),
    pytest.param([], post("p1", told=False), [], id="who speaks to nobody of us has no case"),
    pytest.param(
        [post("p1", told=False)],
        post("p2", "p1", at=1),
        [
            "CaseOpened case-p2",
            "PostAttached case-p2 p2",
            "CaseQueued case-p2 default 0",
            "PostAttached case-p2 p1 CONTEXT",
        ],
        id="what a customer said before speaking to us is context",
    ),
    pytest.param(
        [post("p1")],
        post("p2", "p1", at=1, told=False),
        ["PostAttached case-p1 p2"],
        id="what a customer adds is a turn",
    ),
    pytest.param(
        [post("p1")],
        sight("p1", "other", 1),
        ["CaseOpened case-other-p1", "PostAttached case-other-p1 p1", "CaseQueued case-other-p1 default 0"],
        id="a post that speaks to two desks is work for both",
    ),
    pytest.param(
        [post("p1", told=False)],
        sight("p1", "shop", 1),
        ["PostAddressed p1", "CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 0"],
        id="a post that another source shows to speak to us is a contact",
    ),
    pytest.param(
        [post("p1", "ad", at=1, told=False)],
        ADVERT,
        ["PostAddressed p1", "CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 0"],
        id="a comment waits for the post of ours that it is on",
    ),
    pytest.param(
        [ADVERT],
        post("q1", parent="ad", repost=True, told=False),
        ["CaseOpened case-q1", "PostAttached case-q1 q1", "CaseQueued case-q1 default 0"],
        id="who repeats our post with words of their own speaks to us",
    ),
    pytest.param(
        [post("p1", told=False)],
        answer("r1", "p1", at=3),
        ["CaseOpened case-r1", "PostAttached case-r1 r1 ANSWER", "PostAttached case-r1 p1 CONTEXT"],
        id="whom we answer unasked has a case that waits for nobody",
    ),
    pytest.param(
        [post("p1"), post("p2", at=1)],
        post("p3", "p1", "p2", at=2, by="ben"),
        [
            "CaseOpened case-p3",
            "PostAttached case-p3 p3",
            "CaseQueued case-p3 default 0",
            "CasesJoined case-p1 case-p2",
        ],
        id="another's link joins the cases of one customer, and no others",
    ),
    pytest.param(
        [post("p1", aliases=["v1"])],
        answer("r1", "v1", at=3),
        ["PostAttached case-p1 r1 ANSWER"],
        id="who answers another version answers the post",
    ),
    pytest.param(
        [post("p1"), answer("r1", "v1", at=3)],
        commands.AliasPost("p1", ("v1",), t(4)),
        ["PostAliased p1", "PostAttached case-p1 r1 ANSWER"],
        id="an answer waits for the version that it answers",
    ),
]


@pytest.mark.parametrize(("given_", "when", "then"), SENTENCES)
def test_who_is_a_contact(given_: list[commands.Command], when: commands.Command, then: list[str]) -> None:
    shard = Shard()
    run(shard, *given_)
    assert summary(run(shard, when)) == then


def test_an_answer_that_a_clock_has_before_its_question_answers_it() -> None:
    shard = Shard()
    run(shard, post("p1", at=0, published=7200), answer("r1", "p1", at=60, published=60))
    case = shard.cases["case-p1"]
    assert (case.owed_since, case.answered_at, case.answered_until) == (None, t(7200), t(7200))


def test_a_reply_that_a_clock_has_before_its_question_answers_it() -> None:
    shard = Shard()
    run(shard, register("mia"), presence("mia"), post("p1", at=0, published=7200), accept("case-p1", "mia"))
    run(shard, reply("case-p1", "mia", at=60), commands.RecordSent("case-p1", "r1", "", t(61)))
    assert shard.cases["case-p1"].owed_since is None
    run(shard, post("p0", "p1", at=90, published=30))
    assert shard.cases["case-p1"].owed_since is None


def test_an_answer_that_turns_out_to_be_for_somebody_else_leaves_its_first_customer_waiting() -> None:
    shard = Shard()
    run(shard, post("p1", "talk", by="ann"), answer("r1", "talk", "p9", at=5))
    assert shard.cases["case-p1"].owed_since is None
    facts = run(shard, post("p9", "talk", at=1, by="ben", parent=""), commands.AliasPost("p9", ("talk",), t(9)))
    assert "PostDetached case-p1 r1 ANSWER" in summary(facts)
    assert shard.cases["case-p1"].owed_since == t(0)
    assert shard.cases["case-p9"].owed_since is None


REPLIES = [
    pytest.param("a1", "a1", id="the customer's post"),
    pytest.param("v1", "a1", id="another version of it"),
    pytest.param("b1", Reason.NOT_THE_CUSTOMERS, id="another customer's post"),
    pytest.param("r1", Reason.NOT_THE_CUSTOMERS, id="a post of ours"),
    pytest.param("elsewhere", Reason.NOT_THE_CUSTOMERS, id="the customer's post in another thread"),
    pytest.param("nowhere", Reason.NOT_THE_CUSTOMERS, id="a post that is not there"),
]


@pytest.mark.parametrize(("in_reply_to", "then"), REPLIES)
@pytest.mark.parametrize("keep", [1000, 6])
def test_a_reply_answers_only_what_its_customer_wrote_in_its_thread(
    in_reply_to: str, then: str | Reason, keep: int
) -> None:
    """Also when the customer's other thread is forgotten."""
    shard, model = Shard(keep_events=keep), ReadModel()
    told: list[commands.Command] = [
        post("elsewhere", by="ann"),
        answer("done", "elsewhere", at=1),
        register("mia"),
        presence("mia"),
        ADVERT,
        post("a1", "ad", at=2, by="ann", aliases=["v1"]),
        accept("case-a1", "mia", at=3),
        post("b1", "ad", at=4, by="ben"),
        answer("r1", "a1", at=5),
        post("a2", "a1", at=6, by="ann"),
    ]
    for command in told:
        model.lend(shard)
        model.add(run(shard, command))
    assert ("case-elsewhere" in shard.cases) is (keep == 1000)
    model.lend(shard)
    asked = commands.ReplyToCase("case-a1", "mia", "reply", in_reply_to, TEXT, 3, True, t(7))
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(asked, shard)
        assert refused.value.reason == then
    else:
        (fact,) = decide(asked, shard)
        assert isinstance(fact, events.ReplyRequested)
        assert (fact.in_reply_to, fact.answers_published_at) == (then, t(2))
