"""A scripted agent, written against the gRPC API alone, works a day and meets every refusal a person would."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from day_scenes import SCENES
from house import House
from live_stack import LiveStack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
OF_ROUTING = ("Of every method", "What is not there", "Of routing")
"""Where the page has the reasons that a call to routing may be refused for."""
NOBODYS = {
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


async def test_a_scripted_agent_works_a_day_and_meets_every_refusal_a_person_would(stack: LiveStack) -> None:
    house = House("harbour", stack.channel)
    for scene in SCENES:
        await scene(house)

    codes = explained()
    assert codes.keys() - house.refusals.keys() == NOBODYS.keys(), "met by the day, or said why nobody meets it"
    said = {reason: {refusal.code for refusal in met} for reason, met in house.refusals.items()}
    assert said == {reason: {codes[reason]} for reason in house.refusals}
