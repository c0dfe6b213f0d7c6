"""A shard as canonical bytes and back: shards that were filled by the same facts have the same bytes.

What is derived (segments, timers) and what was fetched for a batch is not written: loading builds the one anew and
starts without the other. The bytes are parts one after the other, each behind its kind and length, so that a shard with
many cases can be written a little at a time: first everything small, then the cases by id, then the threads, their keys
and posts in the order in which the facts named them (which spares sorting a million of them at once).
"""

from collections.abc import Iterable, Iterator

from chassis.clock import Instant
from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder
from msgspec.structs import replace

from routing.agents import Agent, Policy, Queue
from routing.canned import CannedText
from routing.cases import Case
from routing.events import PostThreaded
from routing.goodwill import DeskPolicy, Granted
from routing.reputation import Tally
from routing.shard import Shard, refill
from routing.terms import SourceLabel
from routing.thread_index import Kept, ThreadIndex

VERSION = "27"
"""Names the form below; a snapshot of another version is not read and the shard is refolded."""
PART_MAX = 1_000
"""Cases, or keys and posts, of one part: three milliseconds' work."""
_CASES, _THREADS = b"c", b"t"


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
    todo: list[tuple[str, int]]
    canned: list[CannedText]
    labels: list[tuple[str, tuple[SourceLabel, ...]]]
    desk_policy: DeskPolicy
    granted: list[tuple[str, tuple[Granted, ...]]]
    reputations: list[tuple[str, tuple[Tally, ...]]]


_encoder = Encoder()
_decoder = Decoder(_Kept)
_cases_decoder = Decoder(list[Case])
_threads_decoder = Decoder(list[Kept])
_case_decoder = Decoder(Case)
_threaded_decoder = Decoder(PostThreaded)


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
        list(shard.threads.todo.items()),
        [shard.canned[text_id] for text_id in sorted(shard.canned)],
        sorted(shard.labels.items()),
        shard.desk_policy,
        sorted(shard.granted.items()),
        sorted(shard.reputations.items()),
    )
    return _parts(_encoder.encode(kept), shard.cases.copy(), shard.threads.kept())


def _parts(kept: bytes, cases: dict[str, Case], threads: Iterable[Kept]) -> Iterator[bytes]:
    yield _framed(b"s", kept)
    ids: list[str] = []
    for some in _sorted(cases):
        ids += some
        while len(ids) >= PART_MAX:
            yield _framed(_CASES, _encoder.encode([cases[case_id] for case_id in ids[:PART_MAX]]))
            ids = ids[PART_MAX:]
        yield b""  # others first
    if ids:
        yield _framed(_CASES, _encoder.encode([cases[case_id] for case_id in ids]))
    together: list[Kept] = []
    room = PART_MAX
    for piece in _pieces(threads):
        together.append(piece)
        room -= 1 + len(piece.keys) + len(piece.posts)
        if room <= 0:
            yield _framed(_THREADS, _encoder.encode(together))
            together, room = [], PART_MAX
    if together:
        yield _framed(_THREADS, _encoder.encode(together))


def _sorted(cases: Iterable[str]) -> Iterator[list[str]]:
    """The ids in order, a few at a time: all at once would take as long as fifty parts."""
    by_prefix: dict[str, list[str]] = {}
    for number, case_id in enumerate(cases, 1):
        by_prefix.setdefault(case_id[:2], []).append(case_id)
        if number % (20 * PART_MAX) == 0:
            yield []
    for prefix in sorted(by_prefix):
        yield sorted(by_prefix[prefix])


def _pieces(threads: Iterable[Kept]) -> Iterator[Kept]:
    """The threads, long ones in pieces: cases last, because they are of authors of posts."""
    for thread in threads:
        keys, posts = thread.keys, thread.posts
        while len(keys) + len(posts) > PART_MAX:
            yield Kept(thread.thread_id, keys[:PART_MAX], posts[:PART_MAX], (), (), thread.is_partial)
            keys, posts = keys[PART_MAX:], posts[PART_MAX:]
        yield Kept(thread.thread_id, keys, posts, thread.joined, thread.cases, thread.is_partial)


def load(raw: bytes) -> Shard:
    """The shard of these bytes."""
    (_, first), *rest = _unframed(raw)
    kept = _decoder.decode(first)
    threads = ThreadIndex()
    for kind, part in rest:
        if kind == _THREADS:
            for thread in _threads_decoder.decode(part):
                threads.restore(thread)
    threads.todo.update((key, Instant(at)) for key, at in kept.todo)
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
        threads,
        {one.text_id: one for one in kept.canned},
        kept.desk_policy,
        dict(kept.granted),
        labels=dict(kept.labels),
        reputations=dict(kept.reputations),
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


def dump_threaded(fact: PostThreaded) -> bytes:
    """What a desk knows of a post, as the read model keeps it beside the ids that are columns."""
    return _encoder.encode(replace(fact, post_id="", desk="", identity_id="", thread_id=""))


def load_threaded(raw: bytes, post_id: str, desk: str, identity_id: str, thread_id: str) -> PostThreaded:
    """The fact of these bytes and columns."""
    fact = _threaded_decoder.decode(raw)
    return replace(fact, post_id=post_id, desk=desk, identity_id=identity_id, thread_id=thread_id)
