"""A shard as canonical bytes and back: shards that were filled by the same facts have the same bytes.

What is derived (segments, timers) and what was fetched for a batch is not written: loading builds the one anew and
starts without the other. The bytes are parts one after the other, each behind its kind and length, so that a shard with
many cases can be written a little at a time: first everything small, then the cases by id, then thread keys and posts
in the order in which the facts named them (which spares sorting a million of them at once).
"""

from collections.abc import Iterator

from chassis.clock import Instant
from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from routing.agents import Agent, Policy, Queue
from routing.cases import Case
from routing.posts import Post, PostIndex
from routing.shard import Shard, refill

VERSION = "5"
"""Names the form below; a snapshot of another version is not read and the shard is refolded."""
PART_MAX = 1_000
"""Cases, keys or posts of one part: three milliseconds' work."""
_CASES, _KEYS, _POSTS = b"c", b"k", b"p"


class _Kept(Struct, array_like=True):
    keep_events: int
    agents: list[Agent]
    queues: list[Queue]
    sources: list[tuple[str, str]]
    policy: Policy
    successors: list[tuple[str, str]]
    closing: list[tuple[str, Instant]]
    dormant: list[tuple[str, int]]
    case_events: int
    offers_made: int
    forgotten: int


_encoder = Encoder()
_decoder = Decoder(_Kept)
_cases_decoder = Decoder(list[Case])
_keys_decoder = Decoder(list[tuple[str, str]])
_posts_decoder = Decoder(list[Post])
_case_decoder = Decoder(Case)


def dump(shard: Shard) -> Iterator[bytes]:
    """The shard's canonical bytes in parts: those of the shard as it is now, whatever becomes of it meanwhile."""
    kept = _Kept(
        shard.keep_events,
        [shard.agents[agent_id] for agent_id in sorted(shard.agents)],
        [shard.queues[queue_id] for queue_id in sorted(shard.queues)],
        sorted(shard.sources.items()),
        shard.policy,
        sorted(shard.successors.items()),
        sorted(shard.closing.items()),
        list(shard.dormant.items()),
        shard.case_events,
        shard.offers_made,
        shard.forgotten,
    )
    return _parts(_encoder.encode(kept), shard.cases.copy(), shard.posts.cases.copy(), shard.posts.posts.copy())


def _parts(kept: bytes, cases: dict[str, Case], keys: dict[str, str], posts: dict[str, Post]) -> Iterator[bytes]:
    yield _framed(b"s", kept)
    for part in _in_parts(sorted(cases)):
        yield _framed(_CASES, _encoder.encode([cases[case_id] for case_id in part]))
    for part in _in_parts(list(keys)):
        yield _framed(_KEYS, _encoder.encode([(key, keys[key]) for key in part]))
    for part in _in_parts(list(posts)):
        yield _framed(_POSTS, _encoder.encode([posts[post_id] for post_id in part]))


def _in_parts(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + PART_MAX] for start in range(0, len(ids), PART_MAX))


def load(raw: bytes) -> Shard:
    """The shard of these bytes."""
    (_, first), *rest = _unframed(raw)
    kept = _decoder.decode(first)
    keys = {key: case_id for kind, part in rest if kind == _KEYS for key, case_id in _keys_decoder.decode(part)}
    posts = {post.post_id: post for kind, part in rest if kind == _POSTS for post in _posts_decoder.decode(part)}
    shard = Shard(
        kept.keep_events,
        {case.case_id: case for kind, part in rest if kind == _CASES for case in _cases_decoder.decode(part)},
        {agent.agent_id: agent for agent in kept.agents},
        {queue.queue_id: queue for queue in kept.queues},
        dict(kept.sources),
        kept.policy,
        dict(kept.successors),
        dict(kept.closing),
        dict(kept.dormant),
        kept.case_events,
        kept.offers_made,
        kept.forgotten,
        PostIndex.of(keys, posts),
    )
    return refill(shard)


def _framed(kind: bytes, part: bytes) -> bytes:
    return kind + len(part).to_bytes(4, "big") + part


def _unframed(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(raw):
        end = at + 5 + int.from_bytes(raw[at + 1 : at + 5], "big")
        yield raw[at : at + 1], raw[at + 5 : end]
        at = end


def dump_case(case: Case) -> bytes:
    """One case's canonical bytes, as the read model keeps it."""
    return _encoder.encode(case)


def load_case(raw: bytes) -> Case:
    """The case of these bytes."""
    return _case_decoder.decode(raw)
