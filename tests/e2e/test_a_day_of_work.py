"""A scripted agent, written against the gRPC API alone, works a day and meets every refusal a person would.

SWITCHBOARD_DAY_CASES says how many cases the day has, 2,000 unless it is set: 8,600 acts of thirteen agents, which took
51 seconds on two cores that others used as well, 38 of them the shift itself. The services' CPU is what it takes.
"""

import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import witness
from day_of_work import Shift, said
from day_scenes import SCENES
from house import House
from live_stack import LiveStack
from switchboard.routing.v1 import service_pb2 as work

CASES = int(os.environ.get("SWITCHBOARD_DAY_CASES", "2000"))
PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
OF_ROUTING = ("Of every method", "What is not there", "Of routing")
"""Where the page has the reasons that a call to routing may be refused for."""
NOBODYS = {
    "CALENDAR_UNKNOWN": "kpi answers for hours: tests/integration/kpi/test_calendars.py",
    "CASE_EXISTS": "a case's id is made of its request's id, whose answer is kept for a day: REQUEST_ID_REUSED",
    "DEADLINE_EXCEEDED": "a client's own clock ends its call first, and the server's sentence stays behind",
    "INTERNAL": "a mistake of ours that nobody knows of; what is known is mended",
    "KEY_GIVEN_UP": "an operator's commands alone name a key",
    "KEY_IN_FILE": "an operator's commands alone name a key",
    "KEY_LOST": "a key is lost with its file, which an operator does and tests/e2e/test_keys.py",
    "KEY_UNKNOWN": "an operator's commands alone name a key",
    "OUTCOME_UNKNOWN": "a process has to die in the middle of a call: tests/faults kills them",
    "OVERLOADED": "half of a replica's thousand streams, or of its calls, under way at once: a limit for programs",
    "REPLY_SETTLED": "routing tells itself that it has sent a reply; no method of the contract answers it",
    "RESUME_TOKEN_EXPIRED": "200,000 commits lie between: more than a day has, and a watch's token is seconds old",
    "SHARD_MOVED": "a replica comes or goes, and whoever is asked asks its new owner: tests/faults",
    "SHARD_RESTING": "a shard has to fail again and again: tests/integration/chassis/test_failure_domains.py",
    "STREAM_IDLE": "nobody listens for ten minutes to what a server has to say: tests/e2e/test_unread_watches.py",
    "TENANT_EXISTS": "a house is founded by whoever runs the service, through another API",
    "UNAVAILABLE": "something has to be away: tests/faults takes it away",
    "UNIMPLEMENTED": "who has the contract has no other method than there is",
    **dict.fromkeys(
        ("CONSUMER_UNKNOWN", "PARKED_KEY_UNKNOWN", "SERVICE_UNKNOWN", "SHARD_UNKNOWN"),
        "an operator's calls alone name it",
    ),
    **dict.fromkeys(("CUSTOMER_UNKNOWN", "IDENTITY_UNKNOWN"), "crm-sync answers for people"),
    "QUARANTINED_UNKNOWN": "ingest answers for what could not be read",
}
"""What routing's API can answer and nobody at work meets, and why."""


def explained() -> dict[str, str]:
    """The code of every reason by which routing can refuse a call, as the page has them."""
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    rows = "\n".join(sections[heading] for heading in OF_ROUTING)
    return dict(re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", rows, re.MULTILINE))


@pytest.fixture
async def stack(state_dir: Path) -> AsyncIterator[LiveStack]:
    """One of its own: at the end of a day everything in it is looked at."""
    async with LiveStack(state_dir / "state") as running:
        yield running


@pytest.fixture
def texts() -> Iterator[str]:
    """What customers write: what people wrote to companies where SWITCHBOARD_SHARED_DATA is set, otherwise made up."""
    given = os.environ.get("SWITCHBOARD_SHARED_DATA")
    return said(Path(given) if given else None)


@pytest.mark.timeout(120 + CASES // 5)
async def test_a_scripted_agent_works_a_day_and_meets_every_refusal_a_person_would(
    stack: LiveStack, texts: Iterator[str], record_property: Callable[[str, object], None]
) -> None:
    house, began = House("harbour", stack.channel), time.monotonic()
    for scene in SCENES:
        await scene(house)
    scenes_s, shift = time.monotonic() - began, Shift(house, texts)
    await shift.begin()
    began = time.monotonic()
    await shift.go_on(CASES - len(house.book.entries))
    record_property("cases", CASES)
    record_property("scenes_s", round(scenes_s, 1))
    record_property("shift_s", round(time.monotonic() - began, 1))
    record_property("acts", house.book.acts.total())
    await shift.end()

    codes = explained()
    assert codes.keys() - house.refusals.keys() == NOBODYS.keys(), "met by the day, or said why nobody meets it"
    met = {reason: {refusal.code for refusal in refusals} for reason, refusals in house.refusals.items()}
    assert met == {reason: {codes[reason]} for reason in house.refusals}
    await the_day_adds_up(stack, house, shift)


async def the_day_adds_up(stack: LiveStack, house: House, shift: Shift) -> None:
    """Every case stands where the book has it, nobody has anything left, and everybody counts the same."""
    reached = await stack.caught_up(house.tenant)
    shown = [case async for case in every_case(house, reached)]
    assert len(shown) == len({case.name for case in shown}), "none is doubled"
    assert {
        case.name: work.CaseState.Name(case.state).removeprefix("CASE_STATE_") for case in shown
    } == house.book.states
    agents = (await house.ask("ListAgents", page_size=1000, min_position=reached)).agents
    assert {agent.name: list(agent.cases) for agent in agents if agent.cases} == {}
    queues = (await house.ask("ListQueues", page_size=1000)).queues
    assert {queue.name: queue.waiting for queue in queues if queue.waiting or queue.supervised} == {}

    seen = await witness.testify(stack.channel("kpi"), house.tenant)
    assert seen.violations == []
    assert seen.open_offers_max == 1
    acts = house.book.acts
    expected = {
        "OfferAccepted": acts["AcceptOffer"], "OfferDeclined": acts["DeclineOffer"], "CaseClaimed": acts["ClaimCase"],
        "ReplyRequested": house.book.replies, "ReplySent": house.book.replies, "ReplyFailed": 0,
    }  # fmt: skip
    assert {fact: seen.events[fact] for fact in expected} == expected
    assert [finding for finding in await stack.verify() if not finding.ok] == []

    contacts = house.book.contacts
    wanted = {
        "offered": len(contacts),
        "accepted": sum(contact.accepted for contact in contacts),
        "answered": sum(contact.answered for contact in contacts),
        "resolved": sum(contact.resolved for contact in contacts),
    }
    metrics = await house.ask("QueryMetrics", metrics=list(wanted), min_position=reached)
    assert {value.metric: value.value for value in metrics.rows[0].values} == wanted
    assert shift.came_too_late == 0, "nobody is told of an offer so late that it is gone"


async def every_case(house: House, position: str) -> AsyncIterator[Any]:
    """All cases of the house."""
    token = ""
    while True:
        page = await house.ask("ListCases", page_size=1000, page_token=token, min_position=position)
        for case in page.cases:
            yield case
        token = page.next_page_token
        if not token:
            return
