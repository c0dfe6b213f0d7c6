"""Claims: who may lease a case, what a lease allows, how it ends, and what is true of all of that at every prefix."""

from collections.abc import Sequence
from hashlib import blake2b

import pytest
from chassis.errors import Rejected
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands, events
from routing.cases import Accepted, Offered, Pending, Queued, lease_of, needs_agent, place_of
from routing.commands import Reason
from routing.decider import decide
from routing.explain import explain
from routing.shard import Shard, evolve, next_due
from routing.similarity import sketch
from routing.state_codec import load
from routing.terms import ClaimTerms, Presence, Requirement, ShiftException, ShiftPlan, WaitingFor

from tests.unit.routing.build import (
    TEXT,
    accept,
    decline,
    post,
    presence,
    queue,
    record,
    register,
    resolve,
    run,
    settle,
    summary,
    t,
    whole,
)

LEASE_S, FALL_S = 300, 1_800
TERMS = ClaimTerms(LEASE_S, FALL_S, "skilled")
LEGAL = (Requirement("topic:legal", 3, hard=True),)


def claimed_queue(terms: ClaimTerms | None = TERMS, requirements: Sequence[Requirement] = ()) -> commands.CreateQueue:
    """The queue `floor`, whose cases are claimed."""
    return commands.CreateQueue("floor", "", 3600, 60, tuple(requirements), t(0), claim_terms=terms)


def floor(terms: ClaimTerms = TERMS, requirements: Sequence[Requirement] = ()) -> list[commands.Command]:
    """A queue in claim mode, one whose cases are offered, and people."""
    return [
        queue("skilled"),
        claimed_queue(terms, requirements),
        commands.SetSourceQueue("shop", "floor", t(0)),
        commands.RegisterAgent("mia", "Mia", (), 2, ("floor",), t(0), tag="^MI"),
        commands.RegisterAgent("ben", "Ben", (), 1, ("floor",), t(0), tag="^BE"),
        register("eve", 1, [("topic:legal", 4)], ["skilled", "floor"]),
        presence("mia"),
        presence("ben"),
    ]


def claim(case_id: str, agent_id: str, at: float = 0) -> commands.ClaimCase:
    """An employee claims a case."""
    return commands.ClaimCase(case_id, agent_id, t(at))


def renew(case_id: str, agent_id: str, token: int = 1, at: float = 0) -> commands.RenewClaim:
    """An employee is still typing."""
    return commands.RenewClaim(case_id, agent_id, token, t(at))


def second(case_id: str, agent_id: str, token: int = 1, at: float = 0) -> commands.SecondClaim:
    """An employee agrees."""
    return commands.SecondClaim(case_id, agent_id, token, t(at))


def release(case_id: str, agent_id: str, at: float = 0) -> commands.ReleaseCase:
    """An employee gives a case back."""
    return commands.ReleaseCase(case_id, agent_id, "", t(at))


def reply(
    case_id: str,
    agent_id: str,
    text: str = "",
    reply_id: str = "r1",
    at: float = 0,
    token: int = 0,
    force: bool = False,
    length: int = 10,
) -> commands.ReplyToCase:
    """An employee replies with a text, under any lease unless a token says which."""
    sketched = sketch(text, lambda shingle: blake2b(shingle, digest_size=16).digest()) if text else b""
    return commands.ReplyToCase(
        case_id, agent_id, reply_id, "", TEXT, length, True, t(at), "", "", token, sketched, force
    )


def sent(case_id: str, reply_id: str = "r1", at: float = 0) -> commands.RecordSent:
    """The channel took it."""
    return commands.RecordSent(case_id, reply_id, "", t(at))


WAITS = [*floor(), post("p1")]
CLAIMED = [*WAITS, claim("case-p1", "mia", 10)]
ANSWERED = [*CLAIMED, reply("case-p1", "mia", "Please restart the router.", at=20), sent("case-p1", at=21)]

CASES = [
    pytest.param(WAITS[:-1], post("p1"), ["CaseOpened", "PostAttached", "CaseQueued"], id="nobody is offered it"),
    pytest.param(WAITS, claim("case-p1", "mia"), ["CaseClaimed"], id="whoever is there claims it"),
    pytest.param(CLAIMED, claim("case-p1", "mia", 11), [], id="claiming twice is claiming once"),
    pytest.param(CLAIMED, claim("case-p1", "ben", 11), Reason.CASE_CLAIMED, id="one case has one lease"),
    pytest.param(WAITS, claim("case-p1", "eve"), Reason.NOT_ELIGIBLE, id="who is not available claims nothing"),
    pytest.param([*CLAIMED, post("p2")], claim("case-p2", "mia", 11), ["CaseClaimed"], id="as many as there is room"),
    pytest.param(
        [*WAITS, post("p2"), claim("case-p1", "ben")],
        claim("case-p2", "ben"),
        Reason.NOT_ELIGIBLE,
        id="who has no room claims nothing more",
    ),
    pytest.param(CLAIMED, renew("case-p1", "mia", at=200), ["ClaimRenewed"], id="who is typing goes on"),
    pytest.param(CLAIMED, renew("case-p1", "mia", at=10), [], id="renewing at once says nothing new"),
    pytest.param(CLAIMED, renew("case-p1", "mia", 2, 20), Reason.CLAIM_GONE, id="another token renews nothing"),
    pytest.param(CLAIMED, renew("case-p1", "ben", at=20), Reason.CLAIM_GONE, id="another employee renews nothing"),
    pytest.param(CLAIMED, renew("case-p1", "mia", at=310), Reason.CLAIM_GONE, id="what ran out is not renewed"),
    pytest.param(
        CLAIMED,
        reply("case-p1", "mia", at=310),
        Reason.NOT_YOURS,
        id="who is too late does not reply, whether time was told or not",
    ),
    pytest.param(
        CLAIMED,
        claim("case-p1", "ben", 310),
        ["ClaimLapsed", "CaseClaimed"],
        id="a lease that ran out keeps nobody from claiming",
    ),
    pytest.param(CLAIMED, commands.Tick(t(309.9)), [], id="a lease holds to its end"),
    pytest.param(CLAIMED, commands.Tick(t(310)), ["ClaimLapsed"], id="then the case stands where it stood"),
    pytest.param(CLAIMED, release("case-p1", "mia", 20), ["CaseReleased"], id="given back it stands where it stood"),
    pytest.param(CLAIMED, release("case-p1", "ben", 20), Reason.NOT_YOURS, id="nobody gives back what another has"),
    pytest.param(
        CLAIMED,
        commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(999), t(20)),
        Reason.CASE_CLAIMED,
        id="a lease is no way to keep a case",
    ),
    pytest.param(CLAIMED, resolve("case-p1", "mia", 20), ["CaseResolved"], id="who has it settles it"),
    pytest.param(CLAIMED, reply("case-p1", "mia", at=20, token=1), ["ReplyRequested"], id="the lease's token replies"),
    pytest.param(CLAIMED, reply("case-p1", "mia", at=20, token=2), Reason.CLAIM_GONE, id="no other token replies"),
    pytest.param(
        [*CLAIMED, commands.Tick(t(310)), claim("case-p1", "mia", 320)],
        reply("case-p1", "mia", at=330, token=1),
        Reason.CLAIM_GONE,
        id="a lease that is over does not reply in the name of the next one",
    ),
    pytest.param(
        [*CLAIMED, reply("case-p1", "mia", at=309)],
        commands.Tick(t(310)),
        ["ClaimLapsed"],
        id="a reply in flight when the lease runs out is an answer",
    ),
    pytest.param(
        [*CLAIMED, reply("case-p1", "mia", at=309), commands.Tick(t(310))],
        claim("case-p1", "ben", 311),
        Reason.NOT_CLAIMABLE,
        id="so nobody gives the same answer meanwhile",
    ),
    pytest.param(
        [*CLAIMED, reply("case-p1", "mia", at=309), commands.Tick(t(310))],
        commands.RecordFailed("case-p1", "r1", "gone", t(320)),
        ["ReplyFailed", "CaseQueued"],
        id="until it fails",
    ),
    pytest.param(ANSWERED, commands.Tick(t(310)), ["ClaimLapsed"], id="answered it is nobody's when the lease ends"),
    pytest.param(
        [*ANSWERED, post("p2", "p1", at=30)],
        commands.Tick(t(310)),
        ["ClaimLapsed", "CaseQueued"],
        id="what the customer asked since is waited for",
    ),
    pytest.param(
        ANSWERED,
        reply("case-p1", "mia", "please restart the router", "r2", 30),
        Reason.SIMILAR_ANSWER,
        id="what was said is not said again",
    ),
    pytest.param(
        [*ANSWERED, commands.Tick(t(310)), post("p2", "p1", at=320), claim("case-p1", "ben", 330)],
        reply("case-p1", "ben", "Please just restart the router", "r2", 340),
        Reason.SIMILAR_ANSWER,
        id="nor by another employee",
    ),
    pytest.param(
        ANSWERED,
        reply("case-p1", "mia", "please restart the router", "r2", 30, force=True),
        ["ReplyRequested"],
        id="unless somebody insists",
    ),
    pytest.param(
        ANSWERED,
        reply("case-p1", "mia", "A parcel takes two days.", "r2", 30),
        ["ReplyRequested"],
        id="something else is said",
    ),
    pytest.param(
        [
            *CLAIMED,
            reply("case-p1", "mia", "Please restart the router.", at=20),
            commands.RecordFailed("case-p1", "r1", "x", t(21)),
        ],
        reply("case-p1", "mia", "Please restart the router.", "r2", 22),
        ["ReplyRequested"],
        id="what never left may be said again",
    ),
    pytest.param(
        [*floor(ClaimTerms(LEASE_S, reply_length_max=280)), post("p1"), claim("case-p1", "mia")],
        reply("case-p1", "mia", length=281),
        Reason.TEXT_TOO_LONG,
        id="a reply with its tag is as long as the platform takes",
    ),
    pytest.param(
        CLAIMED,
        commands.TransferCase("case-p1", "", "skilled", None, "", t(20)),
        ["CaseReleased", "CaseTransferred", "CaseQueued"],
        id="a claimed case is moved in its place",
    ),
    pytest.param(WAITS, commands.Tick(t(FALL_S)), ["CaseTransferred", "CaseQueued"], id="what nobody claims goes on"),
    pytest.param(
        WAITS, claim("case-p1", "mia", FALL_S), Reason.NOT_CLAIMABLE, id="and is not claimed when it is to go"
    ),
    pytest.param(
        [*WAITS, claim("case-p1", "mia", FALL_S - 1)],
        commands.Tick(t(FALL_S)),
        [],
        id="what somebody is at then is let be",
    ),
    pytest.param(
        [*WAITS, commands.Tick(t(FALL_S)), presence("eve", at=FALL_S)],
        accept("case-p1", "eve", 1, FALL_S + 1),
        ["OfferAccepted"],
        id="there it is offered",
    ),
    pytest.param(
        [*WAITS, commands.DeleteQueue("skilled", True, "floor", t(1)), commands.Tick(t(1))],
        commands.Tick(t(FALL_S)),
        ["CaseSupervised"],
        id="where nobody is offered it by now, it is a supervisor's",
    ),
    pytest.param(
        [*floor(), commands.DeleteQueue("skilled", True, "default", t(1))],
        commands.ChangeQueue("floor", None, None, None, None, t(2), claim_terms=ClaimTerms(60, 60, "gone")),
        Reason.QUEUE_UNKNOWN,
        id="it goes to a queue that is there",
    ),
    pytest.param(
        floor(),
        commands.ChangeQueue("skilled", None, None, None, None, t(2), claim_terms=ClaimTerms(60)),
        Reason.QUEUE_CLAIMED,
        id="what others fall into is offered",
    ),
    pytest.param(
        floor(),
        commands.ChangeQueue("floor", None, None, None, None, t(2), claim_terms=ClaimTerms(60, 60, "floor")),
        Reason.QUEUE_CLAIMED,
        id="nothing falls into itself",
    ),
    pytest.param(
        [queue(), post("p1"), register("mia"), presence("mia")],
        claim("case-p1", "mia"),
        Reason.NOT_CLAIMABLE,
        id="what is offered is not claimed",
    ),
    pytest.param(
        [*floor(TERMS, LEGAL), post("p1")],
        claim("case-p1", "mia"),
        Reason.NOT_ELIGIBLE,
        id="a restricted topic is for those who have it",
    ),
    pytest.param(
        [*floor(TERMS, LEGAL), post("p1"), presence("eve")],
        claim("case-p1", "eve"),
        ["CaseClaimed"],
        id="and they may",
    ),
    pytest.param(
        [*floor(ClaimTerms(LEASE_S, append_agent_tag=True)), post("p1"), presence("eve")],
        claim("case-p1", "eve"),
        Reason.NOT_ELIGIBLE,
        id="who has no tag claims nothing where it is asked for",
    ),
]


@pytest.mark.parametrize(("before", "command", "then"), CASES)
def test_claims(before: list[commands.Command], command: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *before)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            decide(command, shard)
        assert refused.value.reason == then
        return
    assert [line.split()[0] for line in summary(decide(command, shard))] == then


def test_a_claimed_case_says_who_has_it_until_when() -> None:
    shard = Shard()
    run(shard, *CLAIMED)
    with pytest.raises(Rejected) as refused:
        decide(claim("case-p1", "ben", 20), shard)
    assert refused.value.detail == "case case-p1 is claimed by mia until 2026-09-21 14:18:30 UTC"
    assert explain(shard, shard.cases["case-p1"], t(20)).summary == refused.value.detail


def test_a_case_that_may_be_claimed_says_so() -> None:
    shard = Shard()
    run(shard, *WAITS)
    said = explain(shard, shard.cases["case-p1"], t(1))
    assert said.summary.endswith("is in claim mode: nobody is offered it, and whoever could take it may claim it")
    assert [one.agent_id for one in said.candidates if one.eligible] == ["ben", "mia"]
    assert not said.alternatives


def test_who_may_not_claim_hears_all_that_is_in_the_way_at_once() -> None:
    shard = Shard()
    run(shard, *floor(ClaimTerms(LEASE_S, append_agent_tag=True), LEGAL), post("p1"))
    run(shard, queue("other"), register("zoe", queues=["other"]))
    with pytest.raises(Rejected) as refused:
        decide(claim("case-p1", "zoe"), shard)
    assert [why for _, why in refused.value.violations] == [
        "does not serve queue floor",
        "has topic:legal at 0, not at 3",
        "is offline; SetPresence says when it is available",
        "has no tag, and queue floor appends it to replies",
    ]


def test_a_case_keeps_its_place_through_claims_and_whoever_had_it_is_known() -> None:
    shard = Shard()
    run(shard, *WAITS)
    place = place_of(shard.cases["case-p1"])
    run(shard, claim("case-p1", "mia", 10), commands.Tick(t(310)), claim("case-p1", "ben", 320))
    run(shard, release("case-p1", "ben", 330))
    assert place_of(shard.cases["case-p1"]) == place
    run(shard, commands.Tick(t(FALL_S)))
    case = shard.cases["case-p1"]
    assert (case.queue, case.wait) == ("skilled", place)
    assert [agent_id for agent_id, _ in case.refusals] == ["mia", "ben"]


def test_a_lease_is_not_prolonged_for_ever_beyond_what_its_queue_waits() -> None:
    shard = Shard()
    run(shard, *WAITS, claim("case-p1", "mia", FALL_S - 1))
    for at in range(FALL_S, FALL_S + LEASE_S, 50):
        run(shard, renew("case-p1", "mia", 1, at))
    facts = run(shard, commands.Tick(t(FALL_S + LEASE_S)))
    assert summary(facts)[0] == "ClaimLapsed case-p1"
    facts += run(shard, commands.Tick(t(FALL_S + LEASE_S)))
    assert shard.cases["case-p1"].queue == "skilled"


def test_a_tag_goes_with_the_lease() -> None:
    shard = Shard()
    run(shard, *floor(ClaimTerms(LEASE_S, append_agent_tag=True)), post("p1"), claim("case-p1", "mia"))
    lease = lease_of(shard.cases["case-p1"])
    assert lease is not None
    assert lease.signature == " ^MI"


def test_a_second_opinion_is_of_one_reply_and_asked_for_so_long() -> None:
    shard = Shard()
    run(shard, *floor(ClaimTerms(LEASE_S, second_opinion_s=120)), post("p1"), claim("case-p1", "mia"))
    refusals = [
        (reply("case-p1", "mia", at=10), Reason.OPINION_MISSING),
        (second("case-p1", "mia", at=10), Reason.OPINION_OWN),
        (second("case-p1", "ben", 2, 10), Reason.CLAIM_GONE),
    ]
    for command, reason in refusals:
        with pytest.raises(Rejected) as refused:
            decide(command, shard)
        assert refused.value.reason == reason
    assert summary(run(shard, second("case-p1", "ben", at=20))) == ["ClaimSeconded case-p1"]
    assert run(shard, second("case-p1", "eve", at=21)) == []
    run(shard, reply("case-p1", "mia", at=30))
    with pytest.raises(Rejected, match="OPINION_MISSING"):
        decide(reply("case-p1", "mia", reply_id="r2", at=40), shard)
    assert summary(run(shard, reply("case-p1", "mia", reply_id="r2", at=120))) == ["ReplyRequested case-p1"]


def test_who_lacks_what_a_case_asks_for_seconds_nothing() -> None:
    shard = Shard()
    run(shard, *floor(TERMS, LEGAL), post("p1"), presence("eve"), claim("case-p1", "eve"))
    with pytest.raises(Rejected, match="NOT_ELIGIBLE"):
        decide(second("case-p1", "ben"), shard)


def test_a_queue_that_is_claimed_no_more_has_its_cases_offered_in_portions() -> None:
    shard = Shard()
    run(shard, *floor(), *(post(f"p{n}", by=f"c{n}") for n in range(5)), claim("case-p0", "mia"))
    ended = commands.ChangeQueue("floor", None, None, None, None, t(5), claims_end=True)
    assert summary(run(shard, ended)) == ["QueueChanged"]
    assert next_due(shard) == t(5)
    facts = summary(run(shard, commands.Tick(t(5))))
    assert [line.split()[0] for line in facts] == ["QueueCleared", "CaseOffered", "CaseOffered"]
    assert whole(load(whole(shard))) == whole(shard)
    assert next_due(shard) == t(65)


def test_a_queue_that_is_claimed_from_now_on_offers_nothing_new() -> None:
    shard = Shard()
    run(shard, queue("skilled"), queue("floor"), *floor()[2:], post("p1"))
    run(shard, commands.ChangeQueue("floor", None, None, None, None, t(5), claim_terms=TERMS))
    assert shard.cases["case-p1"].stage.__class__ is Offered
    facts = run(shard, commands.Tick(t(60)), post("p2", by="other", at=61))
    assert "CaseOffered" not in {line.split()[0] for line in summary(facts)}
    assert isinstance(shard.cases["case-p1"].stage, Queued)


def assign(to: str, at: float = 20) -> commands.AssignCase:
    """A supervisor gives the claimed case to somebody."""
    return commands.AssignCase("case-p1", "", to, "knows_them", False, t(at))


def drain(until: float, at: float = 20) -> commands.DrainAgent:
    """Who claimed the case finishes."""
    return commands.DrainAgent("mia", t(until), t(at))


def task(at: float = 20) -> commands.CreateTask:
    """A part of the claimed case waits to be claimed as well."""
    return commands.CreateTask("case-p1", "t1", "floor", "refund", 0, (), 1, "", "request", t(at))


def escalate(at: float = 20) -> commands.EscalateCase:
    """The claimed case goes to those who are offered such cases."""
    return commands.EscalateCase("case-p1", "", "skilled", None, "hard", t(at))


SHIFT = ShiftPlan("", (), (ShiftException(t(0), t(100), False),))
ON_SHIFT = [
    *WAITS,
    commands.ChangeAgent("mia", None, None, None, None, t(0), None, SHIFT),
    commands.Tick(t(0)),
    presence("mia"),
    claim("case-p1", "mia", 10),
]
TASKS = [*CLAIMED, task(), claim("t1", "ben", 21)]
WIDE = commands.CreateQueue("floor", "", 3600, 60, (), t(0), offer_width=2)
OFFERED_TO_TWO = [queue("skilled"), WIDE, *floor()[2:], post("p1")]
CLAIMED_FROM_NOW = commands.ChangeQueue("floor", None, None, None, None, t(5), claim_terms=TERMS)
ENDED: list[tuple[str, list[commands.Command], commands.Command, list[str]]] = [
    ("assigned", CLAIMED, assign("ben"), ["CaseReleased case-p1 mia", "CaseAssigned case-p1 ben"]),
    ("assigned to itself", CLAIMED, assign("mia"), ["CaseReleased case-p1 mia", "CaseAssigned case-p1 mia"]),
    ("assigned too late", CLAIMED, assign("ben", 400), ["ClaimLapsed case-p1", "CaseAssigned case-p1 ben"]),
    ("drained", CLAIMED, drain(20), ["PresenceChanged mia OFFLINE drained", "CaseReleased case-p1 mia"]),
    (
        "drained in time",
        [*CLAIMED, drain(100)],
        commands.Tick(t(100)),
        ["PresenceChanged mia OFFLINE drained", "CaseReleased case-p1 mia"],
    ),
    ("lapsed while draining", [*CLAIMED, drain(900)], commands.Tick(t(310)), ["ClaimLapsed case-p1"]),
    (
        "escalated",
        CLAIMED,
        escalate(),
        ["CaseReleased case-p1 mia", "CaseEscalated case-p1 floor skilled 1", "CaseQueued case-p1 skilled 0"],
    ),
    (
        "escalated too late",
        CLAIMED,
        escalate(400),
        ["ClaimLapsed case-p1", "CaseEscalated case-p1 floor skilled 1", "CaseQueued case-p1 skilled 0"],
    ),
    ("lapsed after a shift", [*ON_SHIFT, commands.Tick(t(100))], commands.Tick(t(310)), ["ClaimLapsed case-p1"]),
]


@pytest.mark.parametrize(("given", "when", "then"), [row[1:] for row in ENDED], ids=[row[0] for row in ENDED])
def test_whatever_ends_a_claim_leaves_no_lease_and_no_place_lost(
    given: list[commands.Command], when: commands.Command, then: list[str]
) -> None:
    shard = Shard()
    run(shard, *given)
    place = place_of(shard.cases["case-p1"])
    assert summary(run(shard, when)) == then
    after = shard.cases["case-p1"]
    assert lease_of(after) is None
    assert place_of(after) == place if isinstance(after.stage, Queued) else isinstance(after.stage, Accepted)
    assert shard.agents["mia"].load == (1 if after.stage == Accepted("mia") else 0)
    with pytest.raises(Rejected) as gone:
        decide(renew("case-p1", "mia", at=401), shard)
    assert gone.value.reason == Reason.CLAIM_GONE
    assert whole(load(whole(shard))) == whole(shard)


def test_who_is_given_what_it_claimed_has_it_without_an_end() -> None:
    shard = Shard()
    run(shard, *CLAIMED, assign("mia"))
    assert (shard.cases["case-p1"].stage, next_due(shard)) == (Accepted("mia"), None)
    assert summary(run(shard, assign("mia", 30))) == []


@pytest.mark.parametrize(
    ("when", "then"),
    [
        pytest.param(
            commands.CloseTask("t1", "", "done", t(30)), ["CaseResolved t1 ", "TaskClosed case-p1"], id="is closed"
        ),
        pytest.param(
            commands.CloseTask("t1", "", "done", t(322)),
            ["ClaimLapsed t1", "CaseResolved t1 ", "TaskClosed case-p1"],
            id="is closed after its lease",
        ),
        pytest.param(resolve("t1", "ben", 30), ["CaseResolved t1 ben", "TaskClosed case-p1"], id="is resolved"),
        pytest.param(
            commands.ResolveCase("case-p1", "mia", "solved", (), t(30), cancel_tasks=True),
            ["CaseResolved case-p1 mia", "CaseResolved t1 mia", "TaskClosed case-p1"],
            id="ends with its case",
        ),
    ],
)
def test_a_task_may_be_claimed_and_its_claim_ends_with_it(when: commands.Command, then: list[str]) -> None:
    shard = Shard()
    run(shard, *TASKS)
    assert summary(run(shard, when)) == then
    assert (lease_of(shard.cases["t1"]), shard.agents["ben"].load) == (None, 0)
    assert whole(load(whole(shard))) == whole(shard)


def test_who_was_offered_a_case_with_others_may_still_accept_it_and_nobody_else_is_asked() -> None:
    shard = Shard()
    run(shard, *OFFERED_TO_TWO, register("ann", 1, [], ["floor"]), CLAIMED_FROM_NOW, presence("ann", at=6))
    assert summary(run(shard, decline("case-p1", "mia", 2, at=7))) == ["OfferDeclined case-p1 mia"]
    with pytest.raises(Rejected) as refused:
        decide(claim("case-p1", "ann", 8), shard)
    assert refused.value.reason == Reason.NOT_CLAIMABLE
    run(shard, commands.Tick(t(60)))
    assert summary(run(shard, claim("case-p1", "ann", 61))) == ["CaseClaimed case-p1"]


def test_joined_cases_are_claimed_as_one() -> None:
    shard = Shard()
    run(shard, *floor(), post("p1"), post("p2", by="other", at=1))
    run(shard, commands.JoinCases("case-p1", "case-p2", "", t(2)))
    (fact,) = run(shard, claim("case-p1", "mia", 3))
    assert isinstance(fact, events.CaseClaimed)
    assert fact.joined_case_ids == ("case-p2",)
    run(shard, reply("case-p2", "mia", at=4), sent("case-p2", at=5), reply("case-p1", "mia", reply_id="r2", at=6))
    run(shard, sent("case-p1", "r2", 7), commands.Tick(t(303)))
    assert not any(needs_agent(case) for case in shard.cases.values())
    assert shard.agents["mia"].load == 0


STEPS = st.lists(
    st.tuples(
        st.integers(0, 13),
        st.sampled_from([0, 1, 40, 299, 300, 301, 900]),
        st.sampled_from(["p1", "p2", "p3"]),
        st.sampled_from(["mia", "ben", "eve"]),
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=30,
)


def _asked(what: int, now: float, one: str, agent: str, token: int, yes: bool) -> commands.Command:
    case = f"case-{one}"
    match what:
        case 0:
            return post(f"{one}-{now}", one, at=now, by=one) if yes else post(one, at=now, by=one)
        case 1 | 2 | 3 | 4:
            return claim(case, agent, now)
        case 5:
            return renew(case, agent, token, now)
        case 6:
            return release(case, agent, now)
        case 7 | 8:
            return reply(case, agent, f"text {token}", f"r-{one}-{now}", now, token if yes else 0)
        case 9:
            if yes:
                return commands.RecordFailed(case, f"r-{one}-{now}", "x", t(now))
            return sent(case, f"r-{one}-{now}", now)
        case 10:
            return resolve(case, agent, now) if yes else second(case, agent, token, now)
        case 11:
            return presence(agent, Presence.AVAILABLE if yes else Presence.AWAY, now)
        case 12:
            if token == 1:
                return commands.JoinCases("case-p1", case, "", t(now))
            return commands.SplitCase(case, "", t(now))
        case _:
            if token < 3:
                terms = TERMS if yes else None
                changed = None, None, None, None, t(now)
                return commands.ChangeQueue("floor", *changed, claim_terms=terms, claims_end=not yes)
            return accept(case, agent, token, now)


def _history(drawn: Sequence[tuple[int, int, str, str, int, bool]]) -> tuple[Shard, list[list[events.Event]]]:
    """Decides a sequence as the owner of a shard does: what is due comes first."""
    shard, history, now = Shard(), [], 0.0
    given = [*floor(), *(post(one, by=one) for one in ("p1", "p2", "p3"))]
    for command in given:
        history.append([*record(shard, decide(command, shard)), *settle(shard, command.at)])
    for what, later, one, agent, token, yes in drawn:
        now += later
        if token > 1:  # else the command is faster than the clock
            history += _told(shard, now)
        try:
            decided = list(record(shard, decide(_asked(what, now, one, agent, token, yes), shard)))
        except Rejected:
            decided = []
        history.append([*decided, *settle(shard, t(now))])
    return shard, [*history, *_told(shard, now)]


def _told(shard: Shard, now: float) -> list[list[events.Event]]:
    found = []
    while (due := next_due(shard)) is not None and due <= t(now):
        facts = list(record(shard, decide(commands.Tick(t(now)), shard)))
        assert facts, "a tick when something is due decides something"
        found.append(facts)
    return found


@settings(max_examples=150)
@given(STEPS)
def test_at_every_prefix_a_case_has_one_lease_no_dead_lease_acts_and_nobody_loses_a_place(
    drawn: list[tuple[int, int, str, str, int, bool]],
) -> None:
    _, history = _history(drawn)
    shard = Shard()
    live: dict[str, tuple[str, int]] = {}
    tokens: dict[str, int] = {}
    for fact in (fact for facts in history for fact in facts):
        case_id = getattr(fact, "case_id", "")
        before = shard.cases.get(case_id)
        match fact:
            case events.CaseClaimed():
                assert case_id not in live
                assert fact.token > tokens.get(case_id, 0)
                live[case_id] = fact.agent_id, fact.token
            case events.ClaimRenewed():
                assert live[case_id] == (fact.agent_id, fact.token)
            case events.ClaimSeconded():
                assert live[case_id][1] == fact.token
                assert live[case_id][0] != fact.agent_id
            case events.ClaimLapsed():
                assert live.pop(case_id) == (fact.agent_id, fact.token)
            case events.CaseReleased() | events.CaseResolved() | events.CaseWithdrawn():
                live.pop(case_id, None)
            case events.ReplyRequested() if case_id in live:
                assert live[case_id][0] == fact.agent_id
                assert before is not None
                lease = lease_of(before)
                assert lease is not None
                assert fact.at < lease.expires_at
            case _:
                pass
        if isinstance(fact, events.CaseClaimed | events.CaseOffered):
            tokens[case_id] = fact.token
        evolve(shard, fact)
        after = shard.cases.get(case_id)
        for case in shard.cases.values():
            assert (lease_of(case) is not None) == (case.case_id in live)
        for agent in shard.agents.values():
            assert agent.load == sum(case.weight for case in _held_by(shard, agent.agent_id)) <= agent.capacity
        if isinstance(fact, events.ClaimLapsed) and before is not None and after is not None:
            assert after.stage.__class__ is not Accepted
            if isinstance(after.stage, Queued):
                assert after.wait == before.wait


def _held_by(shard: Shard, agent_id: str) -> list:
    held = (Accepted, Offered, Pending)
    return [case for case in shard.cases.values() if isinstance(case.stage, held) and case.stage.agent_id == agent_id]


@settings(max_examples=150)
@given(STEPS)
def test_nothing_is_lost_and_what_nobody_answers_falls_through_once(
    drawn: list[tuple[int, int, str, str, int, bool]],
) -> None:
    shard, history = _history(drawn)
    last = sum(later for _, later, *_ in drawn)
    history += _told(shard, last + FALL_S + LEASE_S)
    fell: set[tuple[str, int]] = set()
    seen = Shard()
    for fact in (fact for facts in history for fact in facts):
        if isinstance(fact, events.CaseTransferred) and fact.reason == "unclaimed":
            place = place_of(seen.cases[fact.case_id])
            assert place is not None
            assert (fact.case_id, place.waiting_since) not in fell
            fell.add((fact.case_id, place.waiting_since))
        evolve(seen, fact)
    for case in shard.cases.values():
        waits = isinstance(case.stage, Queued | Offered | Accepted)
        joined = case.case_id in shard.joins
        assert waits or joined or case.unsent or not needs_agent(case)
        if isinstance(case.stage, Queued) and shard.queue(case.queue).claim_terms == TERMS:
            assert case.stage.supervised
    assert whole(seen) == whole(shard)
    assert whole(load(whole(shard))) == whole(shard)
