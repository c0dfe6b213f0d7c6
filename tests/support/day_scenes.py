"""What people run into on a day: each scene has a queue and a source of its own, and meets what it is about.

They speak to the gRPC API alone. What a scene leaves behind is in the house's book.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import grpc.aio
from house import ACCOUNT, House, request_id, together
from refusals import unpacked
from scripted_agent import ScriptedAgent
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as posts
from switchboard.routing.v1 import desk_pb2 as desk

NOBODY = "00000000-0000-4000-8000-000000000000"
CANNED_MAX = 500
LINES_MAX = 20
"""Cases joined into one, open tasks of one, and votes on an answer."""
UNSENT_MAX = 50
GRANTS_MAX = 20
AUTHORS = iter(range(9_000_000, 10_000_000))


async def room(house: House, name: str, **queue: Any) -> None:
    """A queue, and a source whose cases go to it."""
    await house.ask("CreateQueue", queue_id=name, queue={"display_name": name.title(), **queue})
    await connected(house, name)


async def connected(house: House, name: str, **source: Any) -> None:
    """A source whose cases go to the queue of its name."""
    settings = {"channel": "x", "owned_accounts": [ACCOUNT], "default_queue": house.name("queues", name), **source}
    await house.ask("CreateSource", source_id=name, source=settings)


async def customers(house: House, source: str, many: int = 1) -> list[str]:
    """The cases of so many customers who write to us."""
    said = [house.status(f"@{ACCOUNT} the ferry left without us", next(AUTHORS))[1] for _ in range(many)]
    return await house.cases_of(source, *await house.posted(source, *said))


async def agent(house: House, agent_id: str, *queues: str, **settings: Any) -> ScriptedAgent:
    """Somebody who has just signed in."""
    made = ScriptedAgent(house, agent_id)
    await made.sign_in(*queues, **settings)
    return made


def ends(name: str) -> str:
    """The id in a name."""
    return name.rpartition("/")[2]


async def opening(house: House) -> None:
    """A supervisor sets the house up, and mistypes."""
    ask, refused = house.ask, house.refused
    await refused("TENANT_UNKNOWN", "ListCases", "tenants/nobodys-house", parent="tenants/nobodys-house")
    await ask("CreateTenant", tenant_id=f"{house.tenant}-sold")
    await ask("DeleteTenant", name=f"tenants/{house.tenant}-sold", requested_by="owner")
    for _ in range(50):  # at another service half a second later at most
        with suppress(AssertionError):
            sold = {"parent": f"tenants/{house.tenant}-sold", "queue_id": "again"}
            await refused("TENANT_DELETED", "CreateQueue", f"{house.tenant}-sold", "use another id", **sold)
            break
        await asyncio.sleep(0.05)
    assert house.refusals["TENANT_DELETED"]

    await ask("CreateQueue", queue_id="desk", queue={"display_name": "Desk"})
    await ask("UpdateRoutingPolicy", routing_policy={"name": f"{house.place}/routingPolicy", "decline_cooldown_s": 1})
    rows = [{"channel": "voice", "interrupted": [{"channel": "email"}]}]
    frees_nothing = {"name": f"{house.place}/routingPolicy", "interrupts": rows, "pending_percent": 100}
    await refused(
        "INTERRUPTION_FREES_NOTHING",
        "UpdateRoutingPolicy",
        "pending_percent",
        "below 100",
        routing_policy=frees_nothing,
    )
    mine = request_id()
    await ask("CreateQueue", queue_id="upstairs", queue={"escalates_to": house.name("queues", "desk")}, request_id=mine)
    await refused("REQUEST_ID_REUSED", "CreateQueue", "request_id", "new", queue_id="downstairs", request_id=mine)
    other = {"display_name": "Other"}
    await refused("QUEUE_EXISTS", "CreateQueue", "desk", "UpdateQueue", queue_id="desk", queue=other)
    up = {"name": house.name("queues", "desk"), "escalates_to": house.name("queues", "upstairs")}
    await refused("ESCALATION_CIRCLE", "UpdateQueue", "desk to upstairs", "let one of them", queue=up)
    await refused("QUEUE_IN_USE", "DeleteQueue", "desk", "force", name=house.name("queues", "desk"))
    await refused("QUEUE_PERMANENT", "DeleteQueue", "default queue", "always", name=house.name("queues", "default"))
    await refused("QUEUE_UNKNOWN", "GetQueue", "queues/attic", name=house.name("queues", "attic"))
    await ask("CreateQueue", queue_id="open-floor", queue={"claim_mode": {"lease_s": 60}})
    falls = {"fall_through_s": 60, "fall_through_queue": house.name("queues", "open-floor")}
    says = "open-floor", "whose cases are offered"
    await refused("QUEUE_CLAIMED", "CreateQueue", *says, queue_id="second-floor", queue={"claim_mode": falls})

    await ask("CreateAgent", agent_id="ada", agent={"display_name": "Ada", "capacity": 2})
    await refused("AGENT_EXISTS", "CreateAgent", "ada", "UpdateAgent", agent_id="ada", agent={"capacity": 3})
    await refused("AGENT_UNKNOWN", "GetAgent", "agents/adda", name=house.name("agents", "adda"))
    nowhere = {"queues": [house.name("queues", "attic")]}
    await refused("QUEUE_UNKNOWN", "CreateAgent", "attic", agent_id="bob", agent=nowhere)
    wrong = {"capacity": 500, "tag": "no spaces please"}
    refusal = await refused("INVALID_REQUEST", "CreateAgent", "capacity", "100", agent_id="Bob", agent=wrong)
    assert {"agent.capacity", "agent.tag", "agent_id"} <= refusal.fields.keys(), "all mistakes at once"
    elsewhere = {"name": house.name("queues", "desk"), "min_position": "cP__________"}
    await refused("POSITION_OUT_OF_RANGE", "GetQueue", "min_position", "not given by this log", **elsewhere)
    await ask("SetPresence", name=house.name("agents", "ada"), presence="PRESENCE_OFFLINE")


async def canned(house: House) -> None:
    """A text of the house for every occasion, until there are too many."""
    greeting = {"display_name": "Greeting", "text": "Dear {customer.handle}, {agent.display_name} here."}
    await house.ask("CreateCannedText", canned_text_id="greeting", canned_text=greeting)
    other = {"text": "Hello."}
    says = "greeting", "UpdateCannedText"
    await house.refused("CANNED_TEXT_EXISTS", "CreateCannedText", *says, canned_text_id="greeting", canned_text=other)
    unknown = house.name("cannedTexts", "greting")
    await house.refused("CANNED_TEXT_UNKNOWN", "GetCannedText", "greting", name=unknown)
    numbers = asyncio.Queue[int]()
    for number in range(1, CANNED_MAX):
        numbers.put_nowait(number)

    async def fill() -> None:
        while not numbers.empty():
            number = numbers.get_nowait()
            await house.ask("CreateCannedText", canned_text_id=f"text-{number}", canned_text={"text": f"No. {number}"})

    await together(*(fill() for _ in range(8)))
    says = str(CANNED_MAX), "delete one"
    await house.refused("TOO_MANY_CANNED_TEXTS", "CreateCannedText", *says, canned_text_id="last", canned_text=other)
    for text in [f"text-{number}" for number in range(1, CANNED_MAX)][:20]:
        await house.ask("DeleteCannedText", name=house.name("cannedTexts", text))


async def offers(house: House) -> None:
    """Offers are declined, missed and answered too late; the line breaks; a supervisor steps in."""
    await room(house, "offers", offer_timeout_s=1)
    first, second = await customers(house, "offers", 2)
    mia = await agent(house, "mia", "offers", capacity=1)
    offer = await mia.offered(first)
    await mia.refused("OFFER_TOKEN_STALE", "AcceptOffer", first, ends(first), f"token {offer.token}", token=9)
    await mia.act("DeclineOffer", first, token=offer.token, reason="lunch")
    offer = await mia.offered(second)
    mia.lose_the_line()
    await mia.told(second, "EXPIRED")
    await mia.presence("AWAY")
    slower = {"name": house.name("queues", "offers"), "offer_timeout_s": 60}
    await house.ask("UpdateQueue", queue=slower)
    await mia.refused("OFFER_GONE", "AcceptOffer", second, ends(second), "next offer", token=offer.token)
    await mia.refused("OFFER_GONE", "DeclineOffer", second, ends(second), "next offer", token=offer.token)
    await house.refused("OFFER_UNKNOWN", "ExplainDecision", f"{ends(first)}/offers/77", name=first, token=77)
    assert "mia" in (await house.ask("ExplainDecision", name=first, token=1)).summary

    ben = await agent(house, "ben", "offers", capacity=2)
    held = await ben.take(first)
    assert held.agent == ben.name
    await mia.refused("NOT_YOURS", "ReplyToCase", first, "ben", "AssignCase", text="Let me help.")
    await mia.refused("NOT_YOURS", "ResolveCase", first, "ben", "AssignCase", disposition="solved")
    await mia.act("ReplyToCase", first, text="I am from the harbour office.", barge_reason="knows_the_answer")
    await ben.take(second)
    given = {"name": first, "supervisor": ben.name, "reason": "knows_the_customer"}
    await house.ask("CreateAgent", agent_id="leo", agent={"queues": [house.name("queues", "offers")]})
    leo = ScriptedAgent(house, "leo")
    await house.refused("AGENT_OFFLINE", "AssignCase", "leo", "force", agent=leo.name, **given)
    leo.listen()
    await house.ask("AssignCase", agent=leo.name, force=True, **given)
    await leo.told(first, "ASSIGNED")
    assert (await ben.told(first, "RELEASED")).reason == "reassigned"
    await leo.presence("AVAILABLE")
    (third,) = await customers(house, "offers")
    await ben.take(third)
    await house.refused("AGENT_FULL", "AssignCase", "leo", "force", name=third, agent=leo.name, reason="busy")
    await house.ask("ShapeCase", name=third, agents={"forbidden": [mia.name]})
    nowhere = {"name": third, "within": {"place_id": "atlantis", "radius_km": 5}}
    await house.refused("PLACE_UNKNOWN", "ShapeCase", "atlantis", "among its places", **nowhere)
    barred = {"name": third, "agent": mia.name, "reason": "knows_them"}
    await house.refused("AGENT_FORBIDDEN", "AssignCase", "not for agent mia", "force", **barred)
    fewer = {"name": ben.name, "capacity": 1}
    await house.refused("CAPACITY_IN_USE", "UpdateAgent", "ben", "first", agent=fewer)
    await house.refused("AGENT_UNKNOWN", "NoteCase", "liu", name=third, agent=house.name("agents", "liu"), text="?")
    await house.refused("CASE_UNKNOWN", "GetCase", NOBODY, name=house.name("cases", NOBODY))

    until = {"until": datetime.now(UTC) + timedelta(seconds=1)}
    await house.ask("DrainAgent", name=ben.name, **until)
    assert (await ben.told(third, "RELEASED")).reason == "drained"
    house.book.stands(third, "QUEUED")
    house.book.stands(second, "QUEUED")
    await leo.settle(first)
    left = {third, second}
    for _ in range(2):
        case = (await leo.hears(lambda one: one.change == 1 and one.offer.case in left)).offer.case
        left.discard(case)
        await leo.take(case)
        await leo.settle(case)
    await leo.presence("OFFLINE")
    await together(mia.leave(), ben.leave(), leo.leave())
    assert mia.lost_lines == 1


async def claims(house: House) -> None:
    """A floor where everybody claims, in pairs: one writes, another agrees."""
    lease = {"lease_s": 60, "append_agent_tag": True, "reply_length_max": 140, "second_opinion_s": 600}
    await room(house, "floor", claim_mode=lease)
    first, second = await customers(house, "floor", 2)
    eve = await agent(house, "eve", "floor", capacity=2, tag="^EV")
    tom = await agent(house, "tom", "floor", capacity=2, tag="^TO")
    kim = await agent(house, "kim", "floor", capacity=2)
    claim = (await eve.act("ClaimCase", first)).claim
    await tom.refused("CASE_CLAIMED", "ClaimCase", first, "eve", "until")
    soon = datetime.now(UTC) + timedelta(hours=1)
    pend = {"waiting_for": "WAITING_FOR_CUSTOMER", "until": soon}
    await eve.refused("CASE_CLAIMED", "PendCase", first, ends(first), "give it back", **pend)
    await kim.refused("NOT_ELIGIBLE", "ClaimCase", second, "kim", "has no tag")
    await eve.act("RenewClaim", first, token=claim.token)
    words = "The next ferry leaves at nine, and your ticket is good for it."
    await eve.act("SaveDraft", first, text=words)
    reply = {"text": words, "claim_token": claim.token}
    await eve.refused("OPINION_MISSING", "ReplyToCase", first, ends(first), "SecondClaim", **reply)
    await eve.refused("OPINION_OWN", "SecondClaim", first, ends(first), "somebody else", token=claim.token)
    await tom.act("SecondClaim", first, token=claim.token)
    longer = {**reply, "text": "long " * 30}
    await eve.refused("TEXT_TOO_LONG", "ReplyToCase", first, "floor", "takes 140", **longer)
    sent = await eve.house.ask("ReplyToCase", name=first, agent=eve.name, **reply)
    assert sent.signature == " ^EV"
    await tom.act("SecondClaim", first, token=claim.token)
    again = {**reply, "text": f"Hello! {words}"}
    await eve.refused("SIMILAR_ANSWER", "ReplyToCase", first, ends(first), "force", **again)
    await eve.act("ReplyToCase", first, force=True, **again)
    await eve.act("ResolveCase", first, disposition="solved")

    claim = (await eve.act("ClaimCase", second)).claim
    await eve.act("ReleaseCase", second, reason="not_my_topic")
    await eve.refused("CLAIM_GONE", "RenewClaim", second, ends(second), "claim it again", token=claim.token)
    claim = (await tom.act("ClaimCase", second)).claim
    await eve.act("SecondClaim", second, token=claim.token)
    await tom.act("ReplyToCase", second, text="Your bag is at the harbour.", claim_token=claim.token)
    await tom.act("ResolveCase", second, disposition="solved")
    await together(eve.leave(), tom.leave(), kim.leave())


async def writing(house: House) -> None:
    """Two look at one case, one loses what it wrote, the customer writes meanwhile, and some can be written no more."""
    await room(house, "writing")
    ada = await agent(house, "ann", "writing", capacity=20)
    (case,) = await customers(house, "writing")
    await ada.take(case)
    await house.refused("NOT_CLAIMABLE", "ClaimCase", ends(case), "it is with ann", name=case, agent=ada.name)
    _, looking = house.call("ViewCase", name=case, agent=ada.name)
    assert not (await looking.read()).agent
    await house.ask("CreateAgent", agent_id="bea", agent={"queues": [house.name("queues", "writing")]})
    bea = ScriptedAgent(house, "bea")
    _, beside = house.call("ViewCase", name=case, agent=bea.name)
    await beside.read()
    await _seen(looking, bea, desk.VIEWING_PRESENT)

    await house.refused("DRAFT_UNKNOWN", "GetDraft", "drafts/ann", name=f"{case}/drafts/ann")
    saved = await ada.act("SaveDraft", case, text="Half a sentence, and then the tr")
    found = (await house.ask("GetDraft", name=saved.draft, min_position=saved.position)).draft
    assert found.text == "Half a sentence, and then the tr"
    await bea.act("SaveDraft", case, text="I would say")
    await _seen(looking, bea, desk.VIEWING_TYPING)
    beside.cancel()
    await _seen(looking, bea, desk.VIEWING_LEFT)
    looking.cancel()
    context = await house.ask("GetCaseContext", name=case, min_position=saved.position)
    assert (context.case.name, len(context.case_posts)) == (case, 1)
    rendered = {"name": house.name("cannedTexts", "greeting"), "case": case, "agent": ada.name}
    half = await house.ask("RenderCannedText", **rendered)
    assert half.missing == ["customer.handle"]
    whole = await house.ask("RenderCannedText", customer_handle="ana", **rendered)
    assert whole.text == "Dear ana, Ann here."

    seen = context.case.etag
    await _writes_again(house, case, f"@{ACCOUNT} hello?")
    changed = await ada.refused("CASE_CHANGED", "ReplyToCase", case, ends(case), "reply with etag", text="x", etag=seen)
    now = (await house.case(case)).etag
    assert now in changed.message
    await ada.act("ReplyToCase", case, text=whole.text, etag=now)
    strange = house.name("posts", NOBODY)
    says = NOBODY, "leave in_reply_to empty"
    await ada.refused("NOT_THE_CUSTOMERS", "ReplyToCase", case, *says, text="x", in_reply_to=strange)
    huge = {"name": case, "agent": ada.name, "text": "x" * 5_000_000}
    await house.refused("MESSAGE_TOO_LARGE", "SaveDraft", "the request is 5000", "at most", **huge)

    await _all_at_once(house, ada, case)
    await ada.act("ResolveCase", case, disposition="solved")
    await _never_answered(house, ada)
    await ada.leave()


async def _seen(looking: Any, other: ScriptedAgent, viewing: int) -> None:
    while (said := await looking.read()).agent != other.name or said.viewing != viewing:
        pass


async def _writes_again(house: House, case: str, text: str) -> str:
    """The customer of a case answers in its thread; where that stands in the log."""
    source, author, number = house.written[(await house.case(case)).latest_post]
    _, said = house.status(text, author, number)
    _, position = await house.posted(source, said)
    house.book.wrote(case)
    return await house.settled(position)


async def _all_at_once(house: House, one: ScriptedAgent, case: str) -> None:
    """So many replies at once that the channel has not taken the first ones when the last are asked for."""
    for _ in range(10):
        calls = [house.call("ReplyToCase", name=case, agent=one.name, text=f"{n}")[1] for n in range(4 * UNSENT_MAX)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [unpacked(answer) for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
        house.book.replies += len(answers) - len(refused)
        assert {refusal.reason for refusal in refused} <= {"REPLIES_UNSENT"}, refused
        if refused:
            assert ends(case) in refused[0].message
            assert "wait until" in refused[0].message
            house.refusals["REPLIES_UNSENT"] += refused
            return
    raise AssertionError("the channel takes replies faster than they can be asked for")


async def _never_answered(house: House, one: ScriptedAgent) -> None:
    """Cases that cannot be answered, each for another reason."""
    queue = house.name("queues", "writing")
    manual = (await house.ask("OpenCase", queue=queue)).case.name
    await one.take(manual)
    await one.refused("NO_CUSTOMER", "ReplyToCase", manual, ends(manual), "note", text="x")
    await one.act("NoteCase", manual, text="Somebody called.")

    (case,) = await customers(house, "writing")
    identity = (await house.case(case)).identity
    await one.take(case)
    called = (await house.ask("OpenCase", queue=queue, identity=identity)).case.name
    await one.take(called)
    await one.refused("NO_SOURCE", "ReplyToCase", called, ends(called), "note", text="x")
    mistyped = {"source": house.name("sources", "writting")}
    await house.refused("SOURCE_UNKNOWN", "OpenCase", "writting", "connect it first", **mistyped)
    other = {"source": house.name("sources", "writing"), "channel": "weibo"}
    await house.refused("CHANNEL_DIFFERS", "OpenCase", "writing", "leave channel empty", **other)

    await one.act("SaveDraft", case, text="Dear")
    await house.ask("EraseSubject", name=identity)
    await one.refused("CUSTOMER_ERASED", "ReplyToCase", case, ends(case), "resolve it", text="x")
    await one.refused("CUSTOMER_ERASED", "NoteCase", case, ends(case), "resolve it", text="x")
    await house.refused("DRAFT_UNKNOWN", "GetDraft", "drafts/ann", name=f"{case}/drafts/ann")

    await connected(house, "closed", channel="care", default_queue=queue, listening=True)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    late = post_pb2.NormalizedPost(external_id="late", text="hello?", author={"external_id": "late"})
    late.published_at.FromDatetime(yesterday)
    late.reply_window_expires_at.FromDatetime(yesterday + timedelta(hours=1))
    (closed,) = await house.cases_of("closed", *await house.posted("closed", posts.Delivery(normalized_post=late)))
    await one.take(closed)
    await one.refused("WINDOW_CLOSED", "ReplyToCase", closed, ends(closed), "resolve it", text="x")
    for settled in (manual, called, case, closed):
        await one.act("ResolveCase", settled, disposition="no_answer_possible")


async def settling(house: House) -> None:
    """Cases wait, are settled, come back, go up a level, and other departments do their part."""
    await house.ask("CreateQueue", queue_id="back-office", queue={"first_response_s": 600})
    await room(house, "settling", escalates_to=house.name("queues", "back-office"))
    zoe = await agent(house, "zoe", "settling", capacity=5)
    max_ = await agent(house, "max", "back-office", capacity=40)
    case, other = await customers(house, "settling", 2)
    await zoe.take(case)
    await zoe.refused("NOT_PENDING", "ResumeCase", case, ends(case), "go on with it")
    reopen = {"name": case, "reason": "not_solved"}
    await house.refused("NOT_RESOLVED", "ReopenCase", ends(case), "only a resolved case", **reopen)
    close = {"outcome": "done", "name": case}
    await house.refused("NOT_TASK", "CloseTask", ends(case), "resolve it", **close)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    await zoe.act("PendCase", case, waiting_for="WAITING_FOR_CUSTOMER", until=soon)
    await _becomes(house, case, "ACCEPTED")

    task = await zoe.act("CreateTask", case, queue=house.name("queues", "back-office"), reason="check_refund")
    await zoe.refused("TASKS_OPEN", "ResolveCase", case, ends(task.name), "cancel_tasks", disposition="solved")
    await max_.take(task.name)
    await max_.refused("IS_TASK", "ReplyToCase", task.name, ends(task.name), "from that one", text="x")
    inner = {"queue": house.name("queues", "back-office"), "reason": "more"}
    await max_.refused("IS_TASK", "CreateTask", task.name, ends(task.name), "of that one", **inner)
    await max_.act("ResolveCase", task.name, disposition="refunded")
    closed = await zoe.told(case, "TASK_CLOSED")
    assert (closed.task, closed.reason) == (task.name, "refunded")
    await house.refused("IS_TASK", "ReopenCase", ends(task.name), "another task", name=task.name, reason="again")
    tasks = [await zoe.act("CreateTask", case, **inner) for _ in range(LINES_MAX)]
    await zoe.refused("TOO_MANY_TASKS", "CreateTask", case, ends(case), "close one first", **inner)
    await house.ask("CloseTask", name=tasks[0].name, outcome="cancelled", agent=zoe.name)
    await zoe.act("ReplyToCase", case, text="Your money is on its way.")
    await zoe.act("ResolveCase", case, disposition="solved", cancel_tasks=True)
    for one in tasks[1:]:
        house.book.stands(one.name, "RESOLVED")
    await zoe.refused("CASE_CLOSED", "ReleaseCase", case, ends(case), "reopen it")
    await house.refused("CASE_CLOSED", "TransferCase", ends(case), "reopen it", name=case, urgency=3)

    mark = len(zoe.heard)
    await _writes_again(house, case, f"@{ACCOUNT} no it is not!")
    back = await zoe.take(case, mark)
    assert back.episode == 2
    await zoe.act("ReplyToCase", case, text="Now it is, we have looked.")
    await zoe.has_answered(case)
    await zoe.act("ResolveCase", case, disposition="solved")
    mark = len(zoe.heard)
    await house.ask("ReopenCase", **reopen)
    await zoe.take(case, mark)
    await zoe.act("ResolveCase", case, disposition="solved")

    await zoe.take(other)
    await zoe.act("EscalateCase", other, reason="needs_engineer")
    await max_.take(other)
    await max_.refused("NO_HIGHER_QUEUE", "EscalateCase", other, "back-office", "escalates_to", reason="too_hard")
    await max_.settle(other)
    await together(zoe.leave(), max_.leave())


async def _becomes(house: House, case: str, state: str) -> None:
    """Waits until a case stands there by itself."""
    _, watch = house.call("WatchCases", filter="queue = settling")
    async for change in watch:
        if change.case.name == case and change.case.state == desk_state(state):
            break
    watch.cancel()
    house.book.stands(case, state)


def desk_state(state: str) -> int:
    """The number of a state."""
    from switchboard.routing.v1.service_pb2 import CaseState

    return int(CaseState.Value(f"CASE_STATE_{state}"))


async def joining(house: House) -> None:
    """Somebody joins what belongs together, and takes it back."""
    await room(house, "joining")
    one, two, three, *others = await customers(house, "joining", LINES_MAX + 3)
    uma = await agent(house, "uma", "joining", capacity=30)
    for case in (one, two, three, *others):
        await uma.take(case)
    await house.refused("NOT_JOINED", "SplitCase", ends(one), "nothing to split", name=one)
    await house.ask("JoinCases", name=two, into=one)
    await house.refused("CASE_JOINED", "JoinCases", ends(two), "split it first", name=two, into=three)
    await house.refused("CASE_JOINED", "JoinCases", ends(one), "join into", name=three, into=two)
    await house.refused("CASE_HAS_JOINED", "JoinCases", ends(one), "split those first", name=one, into=three)
    for case in others[: LINES_MAX - 1]:
        await house.ask("JoinCases", name=case, into=one)
    await house.refused("TOO_MANY_JOINED", "JoinCases", ends(one), "split one first", name=three, into=one)
    for case in (two, *others[: LINES_MAX - 1]):
        mark = len(uma.heard)
        await house.ask("SplitCase", name=case)
        await uma.take(case, mark)
    for case in (one, two, three, *others):
        await uma.settle(case)
    await uma.leave()


async def community(house: House) -> None:
    """A thread that speaks to nobody of us is taken out of its community."""
    await room(house, "community")
    await connected(house, "neighbours", desk="neighbours", default_queue=house.name("queues", "community"))
    _, aside = house.status("that ferry is always late", next(AUTHORS))
    _, shared = house.status("and the coffee is cold", next(AUTHORS))
    (post, both), position = await house.posted("community", aside, shared)
    _, position = await house.posted("neighbours", shared)
    await house.settled(position)
    await house.refused("POST_UNKNOWN", "OpenCase", NOBODY, post=house.name("posts", NOBODY))
    await house.refused("DESK_UNCLEAR", "OpenCase", "neighbours", "say which", post=both)
    _, own = house.status("we are sorry", next(AUTHORS), handle=ACCOUNT)
    (ours,), position = await house.posted("community", own)
    await house.settled(position)
    await house.refused("NOT_THE_CUSTOMERS", "OpenCase", ends(ours), "take out", post=ours)
    gus = await agent(house, "gus", "community", capacity=3)
    taken = (await house.ask("OpenCase", post=post, agent=gus.name, reason="can_help", urgency=1)).case
    await gus.take(taken.name)
    await gus.settle(taken.name)
    author = next(AUTHORS)
    number, regret = house.status("never mind", author)
    (gone,), _ = await house.posted("community", regret)
    _, position = await house.posted("community", deleted(number, author))
    await house.settled(position)
    await house.refused("POST_WITHDRAWN", "OpenCase", ends(gone), "nothing is left to answer", post=gone)
    await gus.leave()


async def giving(house: House) -> None:
    """An agent gives what it may by itself, and asks for more; there is an end to both."""
    await room(house, "giving")
    (case,) = await customers(house, "giving")
    ivy = await agent(house, "ivy", "giving")
    boss = house.name("agents", "boss")
    await house.ask("CreateAgent", agent_id="boss", agent={"display_name": "Boss", "capacity": 1})
    limits = [{"unit": "EUR", "per_case": 2_000, "per_day": 5_000}, {"unit": "points", "per_case": 99, "per_day": 99}]
    policy = {"name": f"{house.place}/deskPolicy", "goodwill_limits": limits, "goodwill_approvers": [boss]}
    await house.ask("UpdateDeskPolicy", desk_policy=policy)
    await ivy.take(case)
    euros = {"unit": "EUR", "reason": "late"}
    await ivy.act("GrantGoodwill", case, amount=1_500, **euros)
    await ivy.refused("OVER_LIMIT", "GrantGoodwill", case, "500 EUR are left", "ask for approval", amount=900, **euros)
    asked = (await ivy.act("GrantGoodwill", case, amount=900, ask_approval=True, **euros)).goodwill
    word = {"name": asked.name, "reason": "fair"}
    says = ends(asked.name), "somebody else decides it"
    await house.refused("GOODWILL_OWN", "ApproveGoodwill", *says, agent=ivy.name, **word)
    await house.ask("CreateAgent", agent_id="cleo", agent={"display_name": "Cleo", "capacity": 1})
    cleo = house.name("agents", "cleo")
    await house.refused("NOT_APPROVER", "ApproveGoodwill", "cleo", "ask boss", agent=cleo, **word)
    await house.ask("ApproveGoodwill", agent=boss, **word)
    says = ends(asked.name), "ask anew"
    await house.refused("GOODWILL_DECIDED", "RefuseGoodwill", *says, agent=boss, **word)
    unknown = {"name": f"{case}/goodwill/{NOBODY}", "agent": boss, "reason": "fair"}
    await house.refused("GOODWILL_UNKNOWN", "ApproveGoodwill", NOBODY, **unknown)
    for _ in range(GRANTS_MAX - 2):
        await ivy.act("GrantGoodwill", case, amount=1, unit="points", reason="late")
    point = {"amount": 1, "unit": "points", "reason": "late"}
    await ivy.refused("TOO_MUCH_GOODWILL", "GrantGoodwill", case, ends(case), "grant at once", **point)
    await ivy.settle(case)
    await ivy.leave()


def deleted(status: int, author: int) -> dict[str, Any]:
    """What X says when somebody deletes a status."""
    return {"delete": {"status": {"id": status, "id_str": str(status), "user_id": author, "user_id_str": str(author)}}}


async def voting(house: House) -> None:
    """Colleagues say whether an answer helped."""
    await room(house, "voting")
    (case,) = await customers(house, "voting")
    lou = await agent(house, "lou", "voting")
    await lou.take(case)
    await house.refused("ANSWER_UNKNOWN", "VoteOnAnswer", ends(case), name=case, agent=lou.name, verdict=1)
    await lou.act("ReplyToCase", case, text="The pier is behind the blue house.")
    await lou.has_answered(case)
    await lou.refused("VOTE_OWN", "VoteOnAnswer", case, ends(case), "others vote", verdict="VERDICT_HELPFUL")

    async def vote(number: int) -> None:
        await house.ask("CreateAgent", agent_id=f"voter-{number}", agent={"queues": [house.name("queues", "voting")]})
        voter = house.name("agents", f"voter-{number}")
        await house.ask("VoteOnAnswer", name=case, agent=voter, verdict="VERDICT_HELPFUL")

    await together(*(vote(number) for number in range(LINES_MAX)))
    await house.ask("CreateAgent", agent_id="voter-late", agent={"queues": [house.name("queues", "voting")]})
    late = {"name": case, "agent": house.name("agents", "voter-late"), "verdict": "VERDICT_NOT_HELPFUL"}
    await house.refused("TOO_MANY_VOTES", "VoteOnAnswer", ends(case), "withdrawn first", **late)
    await lou.act("ResolveCase", case, disposition="solved")
    await lou.leave()


SCENES = (opening, canned, offers, claims, writing, settling, joining, community, giving, voting)
"""In the order in which a day has them; what they meet does not depend on it but for `opening` and `canned`."""
