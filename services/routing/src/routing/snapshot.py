"""A shard as canonical bytes and back. Equal shards have equal bytes, whatever order their tables were filled in.

What is derived (thread index, lanes, timers) and what is on loan (the archive) is not written: loading builds the one
anew and starts without the other.
"""

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from routing.agents import Agent, Policy, Queue
from routing.cases import Case
from routing.shard import Shard, refill

VERSION = "2"
"""Names the form below; a snapshot of another version is not read and the shard is refolded."""


class _Kept(Struct, array_like=True):
    keep_events: int
    cases: list[Case]
    agents: list[Agent]
    queues: list[Queue]
    sources: list[tuple[str, str]]
    policy: Policy
    dormant: list[tuple[str, int]]
    case_events: int
    offers_made: int
    forgotten: int


_encoder = Encoder()
_decoder = Decoder(_Kept)
_case_decoder = Decoder(Case)


def dump(shard: Shard) -> bytes:
    """The shard's canonical bytes."""
    kept = _Kept(
        shard.keep_events,
        [shard.cases[case_id] for case_id in sorted(shard.cases)],
        [shard.agents[agent_id] for agent_id in sorted(shard.agents)],
        [shard.queues[queue_id] for queue_id in sorted(shard.queues)],
        sorted(shard.sources.items()),
        shard.policy,
        list(shard.dormant.items()),
        shard.case_events,
        shard.offers_made,
        shard.forgotten,
    )
    return _encoder.encode(kept)


def load(raw: bytes) -> Shard:
    """The shard of these bytes."""
    kept = _decoder.decode(raw)
    shard = Shard(
        kept.keep_events,
        {case.case_id: case for case in kept.cases},
        {agent.agent_id: agent for agent in kept.agents},
        {queue.queue_id: queue for queue in kept.queues},
        dict(kept.sources),
        kept.policy,
        dict(kept.dormant),
        kept.case_events,
        kept.offers_made,
        kept.forgotten,
    )
    return refill(shard)


def dump_case(case: Case) -> bytes:
    """One case's canonical bytes, as the read model keeps it."""
    return _encoder.encode(case)


def load_case(raw: bytes) -> Case:
    """The case of these bytes."""
    return _case_decoder.decode(raw)
