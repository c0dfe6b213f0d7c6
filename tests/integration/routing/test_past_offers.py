"""An offer that the log holds of a case it does not: what nobody of ours wrote is no offer to explain."""

import recording
from chassis.clock import to_timestamp
from chassis.commits import Subject
from chassis.identity import uuid7_bytes
from chassis.log import Log
from routing.main import ROUTING
from routing.past_offers import PastOffers
from switchboard.log.v1 import log_pb2
from switchboard.routing.v1 import events_pb2

from tests.integration.routing.conftest import CLOCK, an_id, rid


async def test_an_offer_of_a_case_that_never_was_is_none(log: Log) -> None:
    commit = log_pb2.Commit(commit_id=uuid7_bytes(CLOCK.now()), tenant="strange", shard="0")
    at = to_timestamp(CLOCK.now())
    offered = events_pb2.CaseOffered(
        case_id=an_id("m1"), agent_id="mia", offer_id=rid(), token=1, weight=1, expires_at=at, at=at
    )
    commit.events.add().body.Pack(offered)
    await log.append(Subject("work", "strange", "0"), recording.written(commit), 0)
    past = PastOffers(log, ROUTING, "0")
    assert await past.before("strange", an_id("m1"), 1) is None
    assert await past.before("strange", an_id("m1"), 2) is None
