"""What an operator is told of shards, whichever replica owns them."""

import pytest
from chassis.errors import InvalidRequest, NotFound
from chassis.shard_operations import ShardOperations
from replicas import Replica, settled
from switchboard.log.v1 import operations_pb2
from tally import opened, running


async def test_every_shard_is_listed_with_its_owner_wherever_it_is_asked(nats_url: str) -> None:
    async with opened(nats_url) as log, opened(nats_url) as other:
        one, two = Replica(log, "one"), Replica(other, "two")
        async with running(one.run, two.run):
            await settled(one, two)
            await one.tenants.ensure("acme")
            await one.add(0, "a:1")
            shards = await ShardOperations([one.host]).list_shards("acme")
            assert [shard.name for shard in shards] == [f"ev.tally.acme.{n}" for n in range(4)]
            assert {shard.owner for shard in shards} == {"one", "two"}
            assert {shard.state for shard in shards} == {operations_pb2.SHARD_STATE_SERVING}


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        pytest.param("ev.tally.acme.9", NotFound, id="no such shard"),
        pytest.param("ev.other.acme.0", NotFound, id="another service's"),
        pytest.param("ev.tally.nobody.0", NotFound, id="no such tenant"),
        pytest.param("nonsense", InvalidRequest, id="no name of a shard"),
        pytest.param("", InvalidRequest, id="no name"),
    ],
)
async def test_a_shard_there_is_not_cannot_be_woken(nats_url: str, name: str, refusal: type[Exception]) -> None:
    async with opened(nats_url) as log:
        one = Replica(log, "one")
        async with running(one.run):
            with pytest.raises(refusal):
                await ShardOperations([one.host]).wake(name)
