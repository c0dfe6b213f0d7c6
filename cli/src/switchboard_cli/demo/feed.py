"""The demo's platforms: hand each delivery over when its simulated time has come. It knows plan and API."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import cycle

import grpc.aio
from chassis.clock import Clock
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

from switchboard_cli.deliveries.sending import Sent, send
from switchboard_cli.demo.brands import BRANDS, GOVERNMENT, INDUSTRIES
from switchboard_cli.demo.generator import Planned, Sort
from switchboard_cli.demo.journal import Journal, now
from switchboard_cli.demo.tracing import Story

ROUND_S = 1.0
"""Each source hands over once in so long what became due meanwhile, one source after the other: batches of some twenty
deliveries cost a fraction of what as many single ones do."""
BATCH_MAX = 200
UNDER_WAY_MAX = 40
FREE_LEAST = 6
"""Units free before a post counts as one that somebody could have taken at once."""

_INDUSTRY = {brand.source_id: brand.industry for brand in BRANDS}


async def connect(channel: grpc.aio.Channel, tenant: str) -> str:
    """Connects the fifteen brands as sources; returns the position after which all are known."""
    stub = IngestServiceStub(channel)
    queues = {industry.key: industry.queue for industry in INDUSTRIES}
    parent = f"tenants/{tenant}"
    position = ""
    for brand in BRANDS:
        source = api.Source(
            channel=brand.platform.channel,
            display_name=brand.name,
            owned_accounts=[brand.handle, str(brand.account)],
            labels={"brand": brand.name, "industry": brand.industry},
            default_queue=f"{parent}/queues/{queues[brand.industry]}",
        )
        request = api.CreateSourceRequest(parent=parent, source_id=brand.source_id, source=source)
        position = (await stub.CreateSource(request, timeout=20.0)).position
    return position


async def play(
    channel: grpc.aio.Channel,
    clock: Clock,
    tenant: str,
    *,
    plan: Sequence[Planned],
    stories: Sequence[tuple[int, Story]],
    journal: Journal,
    sent: Sent,
    progress: Callable[[int], None],
) -> None:
    """Hands over the whole plan; returns when all of it was answered. `stories` are (index in the plan, story): those
    go one at a time, with their trace."""
    told = dict(stories)
    sent_at: dict[int, float] = {}
    free: dict[int, bool] = {}
    sorts: dict[int, Sequence[Sort]] = {}

    async def due() -> AsyncIterator[api.IngestPostsRequest]:
        at = 0
        ready: defaultdict[str, list[Planned]] = defaultdict(list)
        for source in cycle(_INDUSTRY):
            await asyncio.sleep(ROUND_S / len(_INDUSTRY))
            instant = clock.now()
            while at < len(plan) and plan[at].due <= instant:
                story = told.get(at)
                if story is None:
                    ready[plan[at].source_id].append(plan[at])
                else:
                    group.create_task(
                        _tell(channel, tenant, planned=plan[at], story=story, sent=sent, progress=progress)
                    )
                at += 1
            if at == len(plan) and not any(ready.values()):
                return
            if planned := ready.pop(source, []):
                for first in range(0, len(planned), BATCH_MAX):
                    batch = planned[first : first + BATCH_MAX]
                    request = api.IngestPostsRequest(
                        source=f"tenants/{tenant}/sources/{source}",
                        deliveries=[api.Delivery(payload=p.payload, content_type="application/json") for p in batch],
                    )
                    journal.handed_over += len(batch)
                    sent_at[id(request)] = now()
                    industry = _INDUSTRY[source]
                    free[id(request)] = industry == GOVERNMENT and journal.free[industry] >= FREE_LEAST
                    sorts[id(request)] = [p.sort for p in batch]
                    yield request

    def answered(request: api.IngestPostsRequest, response: api.IngestPostsResponse) -> None:
        journal.answered += len(response.results)
        progress(len(response.results))
        moment, sort = sent_at.pop(id(request)), sorts.pop(id(request))
        if free.pop(id(request)):
            for result, why in zip(response.results, sort, strict=True):
                if why is Sort.FIRST and result.result == api.Result.RESULT_ACCEPTED and result.posts:
                    journal.handed(result.posts[0].post, moment)

    async with asyncio.TaskGroup() as group:
        await send(channel, due(), sent, answered, UNDER_WAY_MAX)


async def _tell(
    channel: grpc.aio.Channel,
    tenant: str,
    *,
    planned: Planned,
    story: Story,
    sent: Sent,
    progress: Callable[[int], None],
) -> None:
    """One delivery by itself, as the beginning of a trace."""
    request = api.IngestPostRequest(
        source=f"tenants/{tenant}/sources/{planned.source_id}",
        delivery=api.Delivery(payload=planned.payload, content_type="application/json"),
    )
    with story.act("platform", "delivers a post", root=True) as traceparent:
        metadata = (("traceparent", traceparent),)
        answer = await IngestServiceStub(channel).IngestPost(request, timeout=20.0, metadata=metadata)
    sent.deliveries += 1
    sent.results[api.Result.Name(answer.result.result).removeprefix("RESULT_")] += 1
    story.post = answer.result.posts[0].post if answer.result.posts else ""
    progress(1)
