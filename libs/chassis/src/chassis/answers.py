"""Which requests of the last day were answered, and where their answers stand in the log.

It knows ids, digests and positions; the answers themselves stay in the log and are read there when a request is
repeated. More than ANSWERS_MAX requests in a day push out the oldest: a repetition of one of those is decided again,
as it would be a day later, and the decider says what that means.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from chassis.clock import Instant
from chassis.commits import Answer

KEPT_US = 24 * 3600 * 1_000_000
"""How long a repeated request is recognised."""
ANSWERS_MAX = 250_000
"""Requests one shard recognises. Against: each takes some 250 bytes of memory, all of them 60 MB."""
PER_PART = 5_000
"""Answers in one part of a dump: about a millisecond's work."""
_DIGEST_BYTES = 16
_RECORD = struct.Struct(f">16s{_DIGEST_BYTES}sQq")


class KeptAnswer(NamedTuple):
    """A request that was seen before."""

    digest: bytes
    """The first bytes of what identifies its content."""
    position: int
    """Commit that holds its answer."""

    def is_for(self, digest: bytes) -> bool:
        """Whether it was the same request."""
        return digest[:_DIGEST_BYTES] == self.digest


class Answers:
    """Oldest first, by request id."""

    __slots__ = ("_kept", "_limit")

    def __init__(self, limit: int = ANSWERS_MAX) -> None:
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._limit = limit

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, request_id: bytes) -> KeptAnswer | None:
        """What is known of a request id, None when nothing is."""
        record = self._kept.get(request_id)
        if record is None:
            return None
        _, digest, position, _ = _RECORD.unpack(record)
        return KeptAnswer(digest, position)

    def remember(self, at: Instant, answer: Answer, position: int) -> None:
        """Notes that a commit answers a request; forgets what is older than a day or too much."""
        request_id = answer.request_id
        self._kept[request_id] = _RECORD.pack(request_id, answer.request_digest[:_DIGEST_BYTES], position, at)
        self._kept.move_to_end(request_id)
        while self._kept:
            oldest = next(iter(self._kept))
            (at_oldest,) = struct.unpack_from(">q", self._kept[oldest], _RECORD.size - 8)
            if len(self._kept) <= self._limit and at_oldest > at - KEPT_US:
                break
            del self._kept[oldest]

    def dump(self) -> Iterator[bytes]:
        """Parts of a snapshot, of the answers as they are when this is called."""
        records = list(self._kept.values())
        return (b"".join(records[at : at + PER_PART]) for at in range(0, len(records), PER_PART))

    def load(self, part: bytes) -> None:
        """Takes one part of a dump; parts come in their order. Raises struct.error for what is none."""
        for request_id, digest, position, at in _RECORD.iter_unpack(part):
            self._kept[request_id] = _RECORD.pack(request_id, digest, position, at)
