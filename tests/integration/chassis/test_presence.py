"""Who is there: members and tenants as replicas see them, on a real server, and what looking costs it."""

import pytest
from chassis.child import Child
from chassis.errors import NotFound, Unavailable
from chassis.log import Log
from chassis.tenants import Tenants
from tally import alone, opened


async def consumers(log: Log) -> int:
    """How many consumers the server keeps for the buckets."""
    return sum(info.state.consumer_count for info in await log.js.streams_info() if info.config.name.startswith("KV_"))


async def test_looking_leaves_nothing_behind_on_the_server(nats_url: str) -> None:
    async with opened(nats_url) as log:
        tenants, membership = Tenants(log), await alone(log)
        for number in range(5):
            await tenants.ensure(f"tenant-{number}")
            await tenants._look()
            await membership._beat()
        assert await consumers(log) == 0


async def test_a_tenant_registered_elsewhere_is_found_when_it_is_asked_for(nats_url: str) -> None:
    async with opened(nats_url) as log:
        here, elsewhere = Tenants(log), Tenants(log)
        with pytest.raises(NotFound):
            await here.require("acme")
        await elsewhere.ensure("acme")
        await here.require("acme")
        assert here.known == {"acme"}


async def test_a_member_that_leaves_is_gone_at_once(nats_url: str) -> None:
    async with opened(nats_url) as log:
        one, two = await alone(log, member="one"), await alone(log, member="two")
        await one._beat()
        assert one.members == {"one", "two"}
        await two.leave()
        await one._beat()
        assert one.members == {"one"}


async def test_a_tenant_that_cannot_be_looked_up_is_not_said_to_be_unknown(nats_server: Child) -> None:
    async with opened(nats_server.url) as log:
        tenants = Tenants(log)
        await tenants.ensure("acme")
        nats_server.kill9()
        await tenants.require("acme")
        with pytest.raises(Unavailable):
            await tenants.require("nobody")
