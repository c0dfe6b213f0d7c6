"""A shard as canonical bytes and back. Equal shards have equal bytes, whatever order their tables were filled in.

What is derived (thread index, lanes, timers) and what is on loan (the archive) is not written: loading builds the one
anew and starts without the other. The bytes are parts one after the other, each behind its length, so that a shard with
many cases can be written a little at a time: first everything but the cases, then the cases in the order of their ids.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from routing.agents import Agent, Policy, Queue
from routing.cases import Case
from routing.shard import Shard, refill

VERSION = "3"
"""Names the form below; a snapshot of another version is not read and the shard is refolded."""
CASES_MAX = 1_000
"""Cases of one part: three milliseconds' work."""


class _Kept(Struct, array_like=True):
    keep_events: int
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
_cases_decoder = Decoder(list[Case])
_case_decoder = Decoder(Case)


def dump(shard: Shard) -> Iterator[bytes]:
    """The shard's canonical bytes in parts: those of the shard as it is now, whatever becomes of it meanwhile."""
    kept = _Kept(
        shard.keep_events,
        [shard.agents[agent_id] for agent_id in sorted(shard.agents)],
        [shard.queues[queue_id] for queue_id in sorted(shard.queues)],
        sorted(shard.sources.items()),
        shard.policy,
        list(shard.dormant.items()),
        shard.case_events,
        shard.offers_made,
        shard.forgotten,
    )
    return _parts(_encoder.encode(kept), shard.cases.copy())


def _parts(kept: bytes, cases: Mapping[str, Case]) -> Iterator[bytes]:
    case_ids = sorted(cases)
    yield _framed(kept)
    for start in range(0, len(case_ids), CASES_MAX):
        yield _framed(_encoder.encode([cases[case_id] for case_id in case_ids[start : start + CASES_MAX]]))


def load(raw: bytes) -> Shard:
    """The shard of these bytes."""
    first, *rest = _unframed(raw)
    kept = _decoder.decode(first)
    shard = Shard(
        kept.keep_events,
        {case.case_id: case for part in rest for case in _cases_decoder.decode(part)},
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


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _unframed(raw: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        end = at + 4 + int.from_bytes(raw[at : at + 4], "big")
        yield raw[at + 4 : end]
        at = end


def dump_case(case: Case) -> bytes:
    """One case's canonical bytes, as the read model keeps it."""
    return _encoder.encode(case)


def load_case(raw: bytes) -> Case:
    """The case of these bytes."""
    return _case_decoder.decode(raw)
