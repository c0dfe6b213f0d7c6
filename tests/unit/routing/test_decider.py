"""What routing decides: given what was asked before, when this is asked, then these facts or this reason."""

import pytest
from chassis.errors import Rejected
from msgspec import structs
from routing import commands
from routing.commands import Reason
from routing.decider import decide
from routing.shard import Shard
from routing.terms import AuthorKind, PostKind, Presence, Requirement, WaitingFor

from tests.unit.routing.build import (
    TEXT,
    accept,
    answer,
    decline,
    open_case,
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
)

MIA: list[commands.Command] = [register("mia"), presence("mia")]
BEN: list[commands.Command] = [register("ben"), presence("ben")]
MINE: list[commands.Command] = [*MIA, post("p1"), accept("case-p1", "mia")]
"""Case p1 is with mia."""
JOINED: list[commands.Command] = [
    register("mia", capacity=2),
    presence("mia"),
    post("p1"),
    post("p2"),
    accept("case-p1", "mia"),
    accept("case-p2", "mia"),
    reply("case-p2", "mia"),
    post("p3", "p1", "p2"),
]
"""Case p2 went on in case p1 while its reply was on its way."""
SUPERVISED: list[commands.Command] = [queue(limits=(0, 0, 90)), register("mia"), post("p1"), tick(90)]
"""Case p1 waits for a supervisor; mia is not there."""
MISSED: list[commands.Command] = [*MIA, post("p1"), tick(60), tick(70), tick(130), tick(140), tick(200)]
"""Mia, the only agent, has missed case p1 three times."""
ALSO_BUSY_BEN: list[commands.Command] = [*BEN, post("p0"), accept("case-p0", "ben"), *MIA, post("p1")]
"""Case p1 is offered to mia; ben takes offers and has no room."""
HURRIED: list[commands.Command] = [queue(limits=(20, 0, 0)), *MIA, post("p1")]
"""Case p1 is offered to mia, who has 20 seconds to act."""
ZH = Requirement("lang:zh", 3, hard=True)


def opened(post_id: str) -> list[str]:
    """What a customer's post leads to while nobody is there."""
    case_id = f"case-{post_id}"
    return [f"CaseOpened {case_id}", f"PostAttached {case_id} {post_id}", f"CaseQueued {case_id} default 0"]


CASES = [
    pytest.param(
        [],
        post("p1"),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 0"],
        id="a customer's post opens a case and waits",
    ),
    pytest.param(
        MIA,
        post("p1"),
        [
            "CaseOpened case-p1",
            "PostAttached case-p1 p1",
            "CaseQueued case-p1 default 0",
            "CaseOffered case-p1 mia 1",
        ],
        id="a case is offered at once while somebody is free",
    ),
    pytest.param(
        [],
        post("p1", kind=PostKind.DIRECT_MESSAGE),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 1"],
        id="a private message is more urgent than a public post",
    ),
    pytest.param(
        [queue("care"), commands.SetSourceQueue("shop", "care", t(0))],
        post("p1"),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 care 0"],
        id="a source's cases go to the source's queue",
    ),
    pytest.param([post("p1")], post("p1"), [], id="a post that is known changes nothing"),
    pytest.param(
        [],
        answer("b1"),
        [],
        id="what we write first is nobody's case",
    ),
    pytest.param(
        [answer("b1")],
        post("p1", "b1", at=5),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 0"],
        id="a customer who answers us waits",
    ),
    pytest.param(
        [post("p1")],
        answer("b1", "p1", at=9),
        ["PostAttached case-p1 b1 ANSWER"],
        id="our answer on the platform ends the wait",
    ),
    pytest.param(
        [post("p1"), answer("b1", "p1", at=9), *MIA],
        presence("mia", Presence.AVAILABLE),
        [],
        id="an answered case is offered to nobody",
    ),
    pytest.param(
        [*MIA, post("p1")],
        answer("b1", "p1", at=9),
        ["OfferRescinded case-p1 mia CASE_SETTLED", "PostAttached case-p1 b1 ANSWER"],
        id="our answer on the platform takes the offer back",
    ),
    pytest.param(
        [post("p1", at=10, published=10)],
        answer("b1", "p1", at=11, published=5),
        ["PostAttached case-p1 b1 ANSWER"],
        id="what we wrote before the customer did answers nothing",
    ),
    pytest.param(
        [answer("b1", "p1", at=1, published=9)],
        post("p1", at=2, published=4),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "PostAttached case-p1 b1 ANSWER"],
        id="a question that arrives after its answer waits for nobody",
    ),
    pytest.param(
        [answer("b1", "p1", at=1, published=4)],
        post("p1", at=2, published=4),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "PostAttached case-p1 b1 ANSWER"],
        id="an answer of the same instant is an answer",
    ),
    pytest.param(
        [post("p1")],
        post("b1", "p1", at=9, author_kind=AuthorKind.BRAND_BOT),
        ["PostAttached case-p1 b1 ANSWER"],
        id="a bot's answer does not end the wait",
    ),
    pytest.param(
        [post("p1"), post("b1", "p1", at=9, author_kind=AuthorKind.BRAND_BOT), register("mia")],
        presence("mia"),
        ["PresenceChanged mia AVAILABLE agent", "CaseOffered case-p1 mia 1"],
        id="a case only a bot has answered is still offered",
    ),
    pytest.param(
        [post("p1"), post("p2")],
        post("p3", "p1", "p2"),
        ["CasesJoined case-p1 case-p2", "PostAttached case-p1 p3"],
        id="a post that links two cases makes them one",
    ),
    pytest.param(
        [post("p1"), *MIA, post("p2"), accept("case-p1", "mia")],
        post("p3", "p1", "p2"),
        ["CasesJoined case-p1 case-p2", "PostAttached case-p1 p3"],
        id="of joined cases the one somebody has goes on",
    ),
    pytest.param(
        [*MIA, *BEN, post("p1"), post("p2"), accept("case-p1", "ben"), accept("case-p2", "mia")],
        post("p3", "p1", "p2"),
        ["CasesJoined case-p1 case-p2", "PostAttached case-p1 p3"],
        id="of two cases two agents have one goes on and the other agent is free",
    ),
    pytest.param(
        [post("p1"), post("p2", "p1")],
        commands.DetachPost("p1", t(3)),
        ["PostUnthreaded p1", "PostDetached case-p1 p1"],
        id="a case with another post of the customer goes on after a withdrawal",
    ),
    pytest.param(
        [*MIA, post("p1")],
        commands.DetachPost("p1", t(3)),
        [
            "PostUnthreaded p1",
            "OfferRescinded case-p1 mia CASE_SETTLED",
            "PostDetached case-p1 p1",
            "CaseWithdrawn case-p1",
        ],
        id="the withdrawal of the customer's last post withdraws the case and its offer",
    ),
    pytest.param(
        MINE,
        commands.DetachPost("p1", t(3)),
        ["PostUnthreaded p1", "PostDetached case-p1 p1", "CaseWithdrawn case-p1"],
        id="a withdrawal takes the case from its agent",
    ),
    pytest.param([post("p1")], commands.DetachPost("p9", t(3)), [], id="a withdrawal of an unknown post is nothing"),
    pytest.param(
        [post("p1"), commands.DetachPost("p1", t(3))],
        commands.DetachPost("p1", t(4)),
        [],
        id="withdrawing twice is withdrawing once",
    ),
    pytest.param(
        [*MIA, post("p1")],
        accept("case-p1", "mia"),
        ["OfferAccepted case-p1 mia"],
        id="the offered agent takes the case",
    ),
    pytest.param(MINE, accept("case-p1", "mia"), [], id="accepting twice is accepting once"),
    pytest.param(
        [*MIA, post("p1"), tick(60)], accept("case-p1", "mia", at=61), Reason.OFFER_GONE, id="too late is refused"
    ),
    pytest.param(
        [*MIA, post("p1")],
        accept("case-p1", "mia", at=60),
        Reason.OFFER_GONE,
        id="too late is refused even before the clock was looked at",
    ),
    pytest.param(
        [*MIA, *BEN, post("p1")],
        accept("case-p1", "mia"),
        Reason.OFFER_GONE,
        id="an offer is only for the agent it was made to",
    ),
    pytest.param(
        [*MIA, post("p1")],
        accept("case-p1", "mia", token=2),
        Reason.OFFER_TOKEN_STALE,
        id="a wrong token is told from an offer that is gone",
    ),
    pytest.param([], accept("case-p1", "mia"), Reason.CASE_UNKNOWN, id="nobody takes a case that is not there"),
    pytest.param(
        [*MIA, post("p1")],
        decline("case-p1", "mia"),
        ["OfferDeclined case-p1 mia"],
        id="who declines is not offered it again at once",
    ),
    pytest.param(
        [*MIA, *BEN, post("p1")],
        decline("case-p1", "ben"),
        ["OfferDeclined case-p1 ben", "CaseOffered case-p1 mia 2"],
        id="a declined case goes to the next agent",
    ),
    pytest.param(
        [*MIA, post("p1"), decline("case-p1", "mia", at=1)],
        tick(11),
        ["CaseOffered case-p1 mia 2"],
        id="the only agent is offered what it declined again soon",
    ),
    pytest.param(
        [*MIA, post("p1"), decline("case-p1", "mia", at=1)],
        tick(10),
        [],
        id="not even the only agent is offered again at once what it declined",
    ),
    pytest.param(
        [*ALSO_BUSY_BEN, decline("case-p1", "mia", at=1)],
        tick(300),
        [],
        id="while somebody else might take it a case spares who declined it for the cool-down",
    ),
    pytest.param(
        [*ALSO_BUSY_BEN, decline("case-p1", "mia", at=1)],
        tick(301),
        ["CaseOffered case-p1 mia 2"],
        id="after the cool-down who declined is offered it again",
    ),
    pytest.param(
        [*ALSO_BUSY_BEN, decline("case-p1", "mia", at=1), presence("ben", Presence.BUSY, at=99)],
        tick(99),
        ["CaseOffered case-p1 mia 2"],
        id="the cool-down is over when the last one who might have taken it leaves",
    ),
    pytest.param(
        [
            *ALSO_BUSY_BEN,
            decline("case-p1", "mia", at=1),
            presence("mia", Presence.BUSY, at=2),
            presence("ben", Presence.BUSY, at=3),
        ],
        presence("mia", at=12),
        ["PresenceChanged mia AVAILABLE agent", "CaseOffered case-p1 mia 2"],
        id="who comes back to nobody else is offered what it declined",
    ),
    pytest.param(
        [*MIA, *BEN, post("p1"), decline("case-p1", "ben", at=1), decline("case-p1", "mia", token=2, at=5)],
        tick(11),
        ["CaseOffered case-p1 ben 3"],
        id="what all have declined goes round again",
    ),
    pytest.param(
        [*MIA, *BEN, post("p1")],
        tick(60),
        ["OfferExpired case-p1 ben 1", "CaseOffered case-p1 mia 2"],
        id="an offer nobody answers goes to the next agent",
    ),
    pytest.param([*MIA, post("p1")], tick(59), [], id="an offer stands until its time is up"),
    pytest.param(
        MISSED[:-1],
        MISSED[-1],
        ["OfferExpired case-p1 mia 3", "PresenceChanged mia AWAY missed_offers"],
        id="who misses three offers in a row is set away",
    ),
    pytest.param(
        [*HURRIED, accept("case-p1", "mia", at=5)],
        tick(24),
        [],
        id="who accepts has time to reply",
    ),
    pytest.param(
        [*HURRIED, accept("case-p1", "mia", at=5)],
        tick(25),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0"],
        id="a case that its agent does nothing with goes back",
    ),
    *(
        pytest.param(
            [*HURRIED, accept("case-p1", "mia", at=5), act],
            tick(1000),
            [],
            id=f"an act is enough to keep a case: {type(act).__name__}",
        )
        for act in (
            reply("case-p1", "mia", at=6),
            commands.NoteCase("case-p1", "mia", "n1", TEXT, t(6)),
            answer("b1", "p1", at=6),
            commands.TransferCase("case-p1", "mia", "", 2, "", t(6)),
        )
    ),
    pytest.param(
        [*BEN[:1], *HURRIED, accept("case-p1", "mia", at=5), commands.NoteCase("case-p1", "ben", "n1", TEXT, t(6))],
        tick(25),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0"],
        id="what a colleague notes is no act of the one who has it",
    ),
    pytest.param(
        [queue(limits=(0, 2, 0)), *MIA, post("p1"), decline("case-p1", "mia", at=1), tick(11)],
        decline("case-p1", "mia", token=2, at=12),
        ["OfferDeclined case-p1 mia", "CaseSupervised case-p1"],
        id="a case that comes back too often waits for a supervisor",
    ),
    pytest.param(
        [
            queue(limits=(20, 2, 0)),
            *MIA,
            post("p1"),
            decline("case-p1", "mia", at=1),
            tick(11),
            accept("case-p1", "mia", 2, 12),
        ],
        tick(32),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0", "CaseSupervised case-p1"],
        id="what is accepted and not worked on counts as coming back",
    ),
    pytest.param(
        [queue(limits=(0, 0, 90)), post("p1")],
        tick(90),
        ["CaseSupervised case-p1"],
        id="a case nobody takes for too long waits for a supervisor",
    ),
    pytest.param(
        SUPERVISED,
        presence("mia", at=91),
        ["PresenceChanged mia AVAILABLE agent"],
        id="a supervisor's case is nobody's",
    ),
    pytest.param(
        SUPERVISED,
        post("p2", "p1", at=91),
        ["PostAttached case-p1 p2"],
        id="and stays one when the customer writes again",
    ),
    pytest.param(
        SUPERVISED, answer("b1", "p1", at=91), ["PostAttached case-p1 b1 ANSWER"], id="until it is answered elsewhere"
    ),
    pytest.param(
        [*SUPERVISED, queue("vip"), register("ann", queues=["vip"]), presence("ann")],
        commands.TransferCase("case-p1", "", "vip", None, "", t(92)),
        ["CaseTransferred case-p1 vip 0", "CaseQueued case-p1 vip 0", "CaseOffered case-p1 ann 1"],
        id="a supervisor moves it on to another queue",
    ),
    pytest.param(
        [queue(limits=(0, 1, 0)), *MIA, post("p1"), decline("case-p1", "mia", at=1)],
        commands.TransferCase("case-p1", "", "default", None, "", t(12)),
        ["CaseTransferred case-p1 default 0", "CaseOffered case-p1 mia 2"],
        id="or back into its own",
    ),
    pytest.param([*MISSED, tick(900)], post("p2", at=901), opened("p2"), id="who was set away gets nothing"),
    pytest.param(
        MISSED,
        presence("mia", at=900),
        ["PresenceChanged mia AVAILABLE agent", "CaseOffered case-p1 mia 4"],
        id="until it comes back",
    ),
    pytest.param(
        [register("mia", capacity=2), presence("mia"), post("p1"), post("p2")],
        presence("mia", Presence.AWAY),
        [
            "PresenceChanged mia AWAY agent",
            "OfferRescinded case-p1 mia AGENT_LEFT",
            "OfferRescinded case-p2 mia AGENT_LEFT",
        ],
        id="going away takes back every open offer",
    ),
    *(
        pytest.param(
            [*MIA, post("p1")],
            presence("mia", gone),
            [f"PresenceChanged mia {gone.name} agent", "OfferRescinded case-p1 mia AGENT_LEFT"],
            id=f"so does {gone.name}",
        )
        for gone in (Presence.BUSY, Presence.OFFLINE)
    ),
    pytest.param(
        [*MIA, *BEN, post("p1"), decline("case-p1", "ben", at=1), presence("mia", Presence.BUSY, at=2), tick(11)],
        accept("case-p1", "ben", token=1, at=12),
        Reason.OFFER_TOKEN_STALE,
        id="who is offered a case again takes it with the new token only",
    ),
    pytest.param(
        MINE,
        presence("mia", Presence.OFFLINE),
        ["PresenceChanged mia OFFLINE agent"],
        id="accepted work stays on leaving",
    ),
    pytest.param(MIA, presence("mia"), [], id="being available twice is being available once"),
    pytest.param([], presence("mia"), Reason.AGENT_UNKNOWN, id="nobody knows the agent"),
    pytest.param(
        [*MINE, *BEN],
        commands.ReleaseCase("case-p1", "mia", "shift_end", t(5)),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0", "CaseOffered case-p1 ben 2"],
        id="a case given back goes to somebody else",
    ),
    pytest.param(
        [*MINE, post("p2")],
        commands.ReleaseCase("case-p1", "mia", "shift_end", t(5)),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0", "CaseOffered case-p2 mia 1"],
        id="who gives a case back is offered another one",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia"), commands.RecordSent("case-p1", "r1", "", t(4))],
        commands.ReleaseCase("case-p1", "mia", "done", t(5)),
        ["CaseReleased case-p1 mia"],
        id="an answered case given back waits for nobody",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia")],
        commands.ReleaseCase("case-p1", "mia", "done", t(5)),
        ["CaseReleased case-p1 mia"],
        id="a case given back while its answer is on its way waits for nobody",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia"), commands.ReleaseCase("case-p1", "mia", "done", t(5)), *BEN],
        commands.RecordFailed("case-p1", "r1", "rate_limited", t(6)),
        ["ReplyFailed case-p1", "CaseQueued case-p1 default 0", "CaseOffered case-p1 ben 2"],
        id="a case whose answer failed after it was given back waits again",
    ),
    pytest.param(
        [
            *MINE,
            reply("case-p1", "mia"),
            commands.ReleaseCase("case-p1", "mia", "done", t(5)),
            *BEN,
            post("p2", "p1", at=6),
        ],
        commands.RecordSent("case-p1", "r1", "", t(7)),
        ["OfferRescinded case-p1 ben CASE_SETTLED", "ReplySent case-p1"],
        id="an answer that arrives while the case is offered takes the offer back",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia", at=4), resolve("case-p1", "mia", at=5), *BEN, post("p2", "p1", at=6)],
        commands.RecordSent("case-p1", "r1", "", t(7), t(4)),
        ["ReplySent case-p1"],
        id="an answer that leaves after the customer wrote again answers nothing of that",
    ),
    pytest.param(
        [
            *MINE,
            *BEN,
            reply("case-p1", "mia", at=4),
            post("p2", "p1", at=6),
            commands.RecordSent("case-p1", "r1", "", t(7), t(4)),
        ],
        commands.ReleaseCase("case-p1", "mia", "done", t(8)),
        ["CaseReleased case-p1 mia", "CaseQueued case-p1 default 0", "CaseOffered case-p1 ben 2"],
        id="a case given back waits for what was written while its answer was on its way",
    ),
    pytest.param([*MINE, *BEN], resolve("case-p1", "ben"), Reason.NOT_YOURS, id="only who has a case resolves it"),
    pytest.param(MINE, reply("case-p1", "mia"), ["ReplyRequested case-p1"], id="a reply is asked for"),
    pytest.param([*MINE, reply("case-p1", "mia")], reply("case-p1", "mia"), [], id="asking twice is asking once"),
    pytest.param(
        [*MINE, *(reply("case-p1", "mia", f"r{n}") for n in range(50))],
        reply("case-p1", "mia", "r50"),
        Reason.REPLIES_UNSENT,
        id="a case has fifty replies on their way and no more",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia")],
        commands.RecordSent("case-p1", "r1", "p7", t(4)),
        ["ReplySent case-p1"],
        id="a reply the channel took was sent",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia"), commands.RecordSent("case-p1", "r1", "p7", t(4))],
        commands.RecordSent("case-p1", "r1", "p7", t(5)),
        [],
        id="a reply is sent once",
    ),
    pytest.param(
        [*MINE, reply("case-p1", "mia")],
        commands.RecordFailed("case-p1", "r1", "rate_limited", t(4)),
        ["ReplyFailed case-p1"],
        id="a reply the channel refused has failed",
    ),
    pytest.param(
        JOINED,
        commands.RecordSent("case-p2", "r1", "p7", t(4)),
        ["ReplySent case-p1"],
        id="a reply of a case that was joined into another is sent from there",
    ),
    pytest.param(
        [*JOINED, post("p4"), post("p5", "p4", "p3")],
        commands.RecordFailed("case-p2", "r1", "rate_limited", t(4)),
        ["ReplyFailed case-p1"],
        id="a reply of a case that was joined into another fails there",
    ),
    pytest.param(
        [*JOINED, commands.RecordSent("case-p2", "r1", "p7", t(4))],
        commands.RecordSent("case-p2", "r1", "p7", t(5)),
        [],
        id="a reply of a joined case is sent once",
    ),
    pytest.param([], commands.RecordSent("gone", "r1", "p7", t(5)), [], id="a reply nobody waits for is settled"),
    pytest.param(
        MINE,
        commands.ReplyToCase("case-p1", "mia", "r1", "", None, 3, True, t(4)),
        Reason.CUSTOMER_ERASED,
        id="nobody writes to an erased customer",
    ),
    pytest.param(
        MINE,
        structs.replace(reply("case-p1", "mia"), source_is_connected=False),
        Reason.SOURCE_UNKNOWN,
        id="nobody writes through a source that is not connected",
    ),
    pytest.param(
        [],
        open_case(source=("nope-such", "")),
        Reason.SOURCE_UNKNOWN,
        id="no case is opened for a source there is not",
    ),
    pytest.param(
        [],
        open_case(channel="hmm", source=("shop", "x")),
        Reason.CHANNEL_DIFFERS,
        id="no case is opened on another channel than its source's",
    ),
    pytest.param(
        [*MIA, post("p1", window=30), accept("case-p1", "mia")],
        reply("case-p1", "mia", at=30),
        Reason.WINDOW_CLOSED,
        id="nobody writes after the platform's window",
    ),
    pytest.param(
        [*MIA, open_case(), accept("m1", "mia")],
        reply("m1", "mia"),
        Reason.NO_CUSTOMER,
        id="a case without a customer has nobody to reply to",
    ),
    pytest.param(
        MINE,
        commands.NoteCase("case-p1", "mia", "n1", None, t(1)),
        Reason.CUSTOMER_ERASED,
        id="nothing is noted about an erased customer",
    ),
    pytest.param(
        MINE,
        commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(90), t(1)),
        ["CasePended case-p1"],
        id="a case waits for its customer",
    ),
    pytest.param(
        [*MINE, commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(90), t(1))],
        tick(90),
        ["CaseResumed case-p1 timer"],
        id="a pending case wakes up",
    ),
    pytest.param(
        [*MINE, commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(90), t(1))],
        post("p2", "p1", at=20),
        ["PostAttached case-p1 p2", "CaseResumed case-p1 customer"],
        id="a customer who writes wakes the case",
    ),
    pytest.param(
        [*MINE, commands.PendCase("case-p1", "mia", WaitingFor.CUSTOMER, t(90), t(1))],
        commands.ResumeCase("case-p1", "mia", t(20)),
        ["CaseResumed case-p1 agent"],
        id="an agent goes on before the time",
    ),
    pytest.param(MINE, commands.ResumeCase("case-p1", "mia", t(2)), Reason.NOT_PENDING, id="nothing waits to go on"),
    pytest.param(
        [*MINE, post("p2")],
        resolve("case-p1", "mia", at=5),
        ["CaseResolved case-p1 mia", "CaseOffered case-p2 mia 1"],
        id="who resolves a case is offered the next",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia")], resolve("case-p1", "mia"), [], id="resolving twice is resolving once"
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia")],
        accept("case-p1", "mia"),
        Reason.OFFER_GONE,
        id="a resolved case is not taken",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia")],
        reply("case-p1", "mia"),
        Reason.CASE_CLOSED,
        id="a resolved case has no replies",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia", at=5)],
        tick(5 + 86_400),
        ["ResolutionConfirmed case-p1"],
        id="a resolution nobody objects to is confirmed",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia", at=5)],
        post("p2", "p1", at=9),
        [
            "PostAttached case-p1 p2",
            "CaseReopened case-p1 customer 2",
            "CaseQueued case-p1 default 0",
            "CaseOffered case-p1 mia 2",
        ],
        id="a customer who writes after the resolution opens a new episode",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia", at=5), tick(90_000)],
        post("p2", "p1", at=90_009),
        [
            "PostAttached case-p1 p2",
            "CaseReopened case-p1 customer 2",
            "CaseQueued case-p1 default 0",
            "CaseOffered case-p1 mia 2",
        ],
        id="a customer who writes after the confirmation opens a new episode too",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia", at=5)],
        post("p2", "p1", at=9, published=4),
        ["PostAttached case-p1 p2"],
        id="a late post from before the resolution changes nothing",
    ),
    pytest.param(
        [*MINE, resolve("case-p1", "mia", at=5)],
        commands.ReopenCase("case-p1", "not_solved", t(9)),
        ["CaseReopened case-p1 not_solved 2", "CaseQueued case-p1 default 0", "CaseOffered case-p1 mia 2"],
        id="a resolved case is opened again by hand",
    ),
    pytest.param(
        MINE, commands.ReopenCase("case-p1", "x", t(9)), Reason.NOT_RESOLVED, id="only a resolved case reopens"
    ),
    pytest.param(
        [*MINE, post("p0", aliases=("p1",), published=-60)],
        commands.DetachPost("p1", t(3)),
        ["PostUnthreaded p1", "PostDetached case-p1 p1"],
        id="a version that gives way to its post leaves its case with who has it",
    ),
    pytest.param(
        [post("p1"), commands.DetachPost("p1", t(3))],
        post("p2", "p1", at=4),
        ["PostAttached case-p1 p2", "CaseReopened case-p1 customer 1", "CaseQueued case-p1 default 0"],
        id="a customer who writes after withdrawing goes on",
    ),
    pytest.param([], open_case(), ["CaseOpened m1", "CaseQueued m1 default 0"], id="a case is opened by hand"),
    pytest.param(
        [*MIA, open_case(), accept("m1", "mia")],
        commands.ReleaseCase("m1", "mia", "", t(1)),
        ["CaseReleased m1 mia", "CaseQueued m1 default 0"],
        id="given back, a case that somebody opened by hand waits again",
    ),
    pytest.param(
        [*MIA, open_case(), accept("m1", "mia")],
        commands.DeleteAgent("mia", t(1)),
        ["CaseReleased m1 mia", "CaseQueued m1 default 0", "AgentDeleted mia"],
        id="also when its agent is deleted",
    ),
    pytest.param([], open_case(queue_id="vip"), Reason.QUEUE_UNKNOWN, id="a queue nobody created is refused by hand"),
    pytest.param([open_case()], open_case(), Reason.CASE_EXISTS, id="a case is opened once"),
    pytest.param(
        [*MIA, open_case(weight=2)], tick(1), [], id="a case heavier than an agent's capacity is not offered to it"
    ),
    pytest.param(MIA, register("mia"), Reason.AGENT_EXISTS, id="an agent is registered once"),
    pytest.param(
        MINE,
        commands.ChangeAgent("mia", None, None, 0, None, t(1)),
        Reason.CAPACITY_IN_USE,
        id="capacity is not lowered below what is in use",
    ),
    pytest.param(
        [*MINE, post("p2")],
        commands.ChangeAgent("mia", None, None, 2, None, t(1)),
        ["AgentChanged mia", "CaseOffered case-p2 mia 1"],
        id="more capacity takes more work at once",
    ),
    pytest.param([queue("care")], queue("care"), Reason.QUEUE_EXISTS, id="a queue is created once"),
    pytest.param(
        [queue("default", requirements=(ZH,)), *MIA],
        post("p1"),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 0"],
        id="a case that asks for a language waits while nobody speaks it",
    ),
    pytest.param(
        [queue("default", requirements=(ZH,)), *MIA, post("p1")],
        commands.ChangeAgent("mia", None, (), None, None, t(1)),
        [],
        id="a change that changes nothing is no fact",
    ),
    pytest.param(
        [queue("vip"), register("ben", queues=["vip"]), presence("ben")],
        post("p1"),
        ["CaseOpened case-p1", "PostAttached case-p1 p1", "CaseQueued case-p1 default 0"],
        id="an agent serves only its queues",
    ),
]


@pytest.mark.parametrize(("given", "when", "then"), CASES)
def test_decide(given: list[commands.Command], when: commands.Command, then: list[str] | Reason) -> None:
    shard = Shard()
    run(shard, *given)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refusal:
            decide(when, shard)
        assert refusal.value.reason == then
    else:
        assert summary(run(shard, when)) == then
