"""Votes: who may say that an answer helped, what counts, and what a customer says by what it does."""

import pytest
from chassis.errors import Rejected
from msgspec.structs import replace
from routing import commands, events
from routing.cases import ANSWERS_MAX, VOTES_MAX, latest_answer
from routing.commands import Reason
from routing.decider import decide
from routing.recall import recall, recalled
from routing.shard import Shard
from routing.state_codec import load
from routing.terms import Requirement, Verdict

from tests.unit.routing.build import (
    accept,
    post,
    presence,
    queue,
    register,
    reply,
    resolve,
    run,
    summary,
    t,
    tick,
    whole,
)

LEGAL = (Requirement("legal", 3, hard=True), Requirement("lang:de", 2, hard=True))
HELPFUL, NOT, WITHDRAWN = Verdict.HELPFUL, Verdict.NOT_HELPFUL, Verdict.WITHDRAWN


def vote(agent_id: str, verdict: Verdict = HELPFUL, reply_id: str = "", at: float = 50) -> commands.VoteOnAnswer:
    """An employee says what it thinks of an answer, the latest unless it is named."""
    return commands.VoteOnAnswer("case-p1", agent_id, reply_id, verdict, t(at))


def sent(reply_id: str = "r1", at: float = 11) -> commands.RecordSent:
    """The channel took it."""
    return commands.RecordSent("case-p1", reply_id, "", t(at))


PEOPLE = [
    queue(requirements=LEGAL),
    queue("other"),
    register("mia", 2, [("legal", 3), ("lang:de", 5)]),
    register("ann", 2, [("legal", 3), ("lang:de", 5)]),
    register("ben", 2, [("legal", 2), ("lang:de", 5)]),
    register("zoe", 2, [("legal", 5), ("lang:de", 5)], ["other"]),
    presence("mia"),
]
TAKEN = [*PEOPLE, post("p1"), accept("case-p1", "mia")]
ASKED = [*TAKEN, reply("case-p1", "mia", at=10)]
ANSWERED = [*ASKED, sent()]
RESOLVED = [*ANSWERED, resolve("case-p1", "mia", 20)]

CASES = [
    pytest.param(ANSWERED, vote("ann"), ["AnswerVoted case-p1"], id="a colleague votes"),
    pytest.param([*ANSWERED, vote("ann")], vote("ann"), [], id="voting twice is voting once"),
    pytest.param([*ANSWERED, vote("ann")], vote("ann", NOT), ["AnswerVoted case-p1"], id="a vote is changed"),
    pytest.param([*ANSWERED, vote("ann")], vote("ann", WITHDRAWN), ["AnswerVoted case-p1"], id="and taken back"),
    pytest.param(ANSWERED, vote("ann", WITHDRAWN), [], id="what was never said is not taken back"),
    pytest.param(ANSWERED, vote("mia"), Reason.VOTE_OWN, id="nobody votes on its own answer"),
    pytest.param(ANSWERED, vote("zoe"), Reason.NOT_ELIGIBLE, id="who does not serve the queue has no vote"),
    pytest.param(ANSWERED, vote("eve"), Reason.AGENT_UNKNOWN, id="nor has who is not there"),
    pytest.param(TAKEN, vote("ann"), Reason.ANSWER_UNKNOWN, id="without an answer there is nothing to vote on"),
    pytest.param(ANSWERED, vote("ann", reply_id="r9"), Reason.ANSWER_UNKNOWN, id="an answer there never was"),
    pytest.param(ASKED, vote("ann"), Reason.ANSWER_UNKNOWN, id="what is on its way is no answer yet"),
    pytest.param(ASKED, vote("ann", reply_id="r1"), Reason.REPLIES_UNSENT, id="and whoever names it hears so"),
    pytest.param(
        [*ASKED, commands.RecordFailed("case-p1", "r1", "gone", t(11))],
        vote("ann", reply_id="r1"),
        Reason.ANSWER_UNKNOWN,
        id="what never left is no answer",
    ),
    pytest.param(RESOLVED, vote("ann"), ["AnswerVoted case-p1"], id="what is settled is voted on as well"),
    pytest.param(
        [*ANSWERED, commands.ChangeAgent("ann", None, None, None, ("other",), t(20))],
        vote("ann", WITHDRAWN),
        [],
        id="who has left the queue says nothing new",
    ),
]


@pytest.mark.parametrize(("before", "command", "then"), CASES)
def test_votes(before: list[commands.Command], command: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *before)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(command, shard)
        assert refused.value.reason == then
        return
    assert summary(decide(command, shard)) == then


def test_a_vote_says_whose_answer_it_is_on_what_it_is_about_and_whether_it_counts() -> None:
    shard = Shard()
    run(shard, *ANSWERED)
    facts = [*run(shard, vote("ann")), *run(shard, vote("ben", NOT)), *run(shard, vote("ann", NOT))]
    assert [
        (fact.agent_id, fact.answered_by, fact.topics, fact.verdict, fact.is_expert, fact.replaced)
        for fact in facts
        if isinstance(fact, events.AnswerVoted)
    ] == [
        ("ann", "mia", ("legal",), HELPFUL, True, Verdict.UNSPECIFIED),
        ("ben", "mia", ("legal",), NOT, False, Verdict.UNSPECIFIED),
        ("ann", "mia", ("legal",), NOT, True, HELPFUL),
    ]
    answer = latest_answer(shard.cases["case-p1"])
    assert answer is not None
    assert [(one.agent_id, one.verdict, one.is_expert) for one in answer.votes] == [
        ("ben", NOT, False),
        ("ann", NOT, True),
    ]


def test_where_nothing_is_asked_for_an_answer_is_about_its_queue() -> None:
    shard = Shard()
    run(shard, queue(), register("mia"), presence("mia"), post("p1"), accept("case-p1", "mia"))
    run(shard, reply("case-p1", "mia", at=10), sent())
    answer = latest_answer(shard.cases["case-p1"])
    assert answer is not None
    assert answer.topics == ("queue:default",)


def test_who_confirms_by_saying_nothing_was_helped_and_who_comes_back_before_was_not() -> None:
    shard = Shard()
    run(shard, *RESOLVED, tick(20 + 86_400))
    assert _customer(shard) == HELPFUL
    again = Shard()
    run(again, *RESOLVED, post("p2", "p1", at=500))
    assert _customer(again) == NOT


def test_who_comes_back_after_that_has_said_what_the_answer_was_worth() -> None:
    shard = Shard()
    run(shard, *RESOLVED, tick(20 + 86_400), post("p2", "p1", at=90_000))
    assert shard.cases["case-p1"].episode == 2
    assert _customer(shard) == HELPFUL


def test_who_only_says_thanks_has_confirmed_it_in_the_end() -> None:
    shard = Shard()
    run(shard, *RESOLVED, post("p2", "p1", at=500))
    run(shard, accept("case-p1", "mia", 2, 501), resolve("case-p1", "mia", 502), tick(502 + 86_400))
    assert _customer(shard) == HELPFUL


def test_what_a_supervisor_opens_again_is_no_word_of_the_customer() -> None:
    shard = Shard()
    run(shard, *RESOLVED, commands.ReopenCase("case-p1", "quality", t(500)))
    assert _customer(shard) == Verdict.UNSPECIFIED


def test_an_answer_has_so_many_votes_and_each_voter_may_still_change_its_own() -> None:
    shard = Shard()
    run(shard, *ANSWERED)
    voters = [f"v{number}" for number in range(VOTES_MAX + 1)]
    for voter in voters:
        run(shard, register(voter))
    run(shard, *(vote(voter) for voter in voters[:-1]))
    with pytest.raises(Rejected, match="TOO_MANY_VOTES"):
        decide(vote(voters[-1]), shard)
    assert summary(run(shard, vote(voters[0], NOT))) == ["AnswerVoted case-p1"]
    run(shard, vote(voters[0], WITHDRAWN))
    assert summary(run(shard, vote(voters[-1]))) == ["AnswerVoted case-p1"]


def test_a_case_remembers_so_many_answers_and_a_snapshot_and_a_recall_bring_their_votes_back() -> None:
    shard = Shard()
    run(shard, *ANSWERED, vote("ann"))
    assert whole(load(whole(shard))) == whole(shard)
    run(shard, resolve("case-p1", "mia", 60), tick(60 + 86_400))
    case = shard.cases["case-p1"]
    assert recalled(recall(case, "", case.updated_at)) == replace(case, requirements=case.requirements)
    run(shard, post("p2", "p1", at=90_000), accept("case-p1", "mia", 2, 90_001))
    for number in range(2, ANSWERS_MAX + 3):
        run(shard, reply("case-p1", "mia", f"r{number}", 90_001), sent(f"r{number}", 90_002))
    assert len(shard.cases["case-p1"].answers) == ANSWERS_MAX
    with pytest.raises(Rejected, match="ANSWER_UNKNOWN"):
        decide(vote("ann", reply_id="r1"), shard)


def _customer(shard: Shard) -> Verdict:
    answer = latest_answer(shard.cases["case-p1"])
    assert answer is not None
    return answer.customer
