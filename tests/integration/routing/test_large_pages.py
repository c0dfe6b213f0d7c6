"""What agents and queues weigh together has no end; a page of them, and an explanation, has. On real servers."""

from __future__ import annotations

import asyncio

from chassis.requests import PAGE_SIZE_MAX
from routing.memory_reads import FORWARDED_BYTES_MAX
from routing.wire import CANDIDATES_MAX
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import Running, rid

PARENT = "tenants/acme"
LIMIT_S = 60
HEAVY = 60
LIGHT = CANDIDATES_MAX


def heavy(number: int) -> api.CreateAgentRequest:
    """An agent with as many skills as one may have, named as long as they may be named."""
    agent = api.Agent(display_name="很" * 100, capacity=1)
    for skill in range(100):
        agent.skills.add(name=f"s{skill:02}" + "x" * 60, level=5)
    return api.CreateAgentRequest(parent=PARENT, agent_id=f"heavy{number:03}", agent=agent, request_id=rid())


async def test_agents_of_any_weight_are_listed_in_pages_that_travel(routing: Running) -> None:
    requests = [heavy(number) for number in range(HEAVY)]
    requests += [
        api.CreateAgentRequest(parent=PARENT, agent_id=f"light{n:03}", agent=api.Agent(capacity=1), request_id=rid())
        for n in range(LIGHT)
    ]
    await asyncio.gather(*(routing.api.CreateAgent(request, timeout=LIMIT_S) for request in requests))
    found: list[str] = []
    asked = api.ListAgentsRequest(parent=PARENT, page_size=PAGE_SIZE_MAX)
    while True:
        page = await routing.api.ListAgents(asked, timeout=LIMIT_S)
        assert page.ByteSize() < 2 * FORWARDED_BYTES_MAX
        found += [agent.name for agent in page.agents]
        asked.page_token = page.next_page_token
        if not page.next_page_token:
            break
    expected = {f"{PARENT}/agents/{request.agent_id}" for request in requests}
    assert len(found) == len(expected)
    assert set(found) == expected

    opened = await routing.api.OpenCase(api.OpenCaseRequest(parent=PARENT, request_id=rid()), timeout=LIMIT_S)
    why = await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=opened.case.name), timeout=LIMIT_S)
    assert len(why.candidates) == CANDIDATES_MAX
    assert why.candidate_count == len(expected)
