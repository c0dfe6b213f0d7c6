"""How commits are cut into messages for who exports the log: by bytes, whatever size they have. It reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from google.protobuf.message import Message
from switchboard.log.v1 import integrity_pb2, log_pb2

from chassis.clock import to_timestamp
from chassis.commits import Entry, Position, answer_message

EXPORTED_MAX: Final = 500
EXPORTED_BYTES: Final = 1024 * 1024
"""What one message of an export holds, and one commit, or one event of a large one, more. Against: a client takes 4 MiB
unless it says otherwise, an event has at most 512 KiB."""


def pages(entries: Iterable[Entry]) -> Iterator[integrity_pb2.ExportLogResponse]:
    """The commits in their order, EXPORTED_MAX and about EXPORTED_BYTES to a message, without what is unreadable."""
    page = integrity_pb2.ExportLogResponse()
    size = 0
    for entry in entries:
        if entry.unreadable:
            continue
        for part, weight in _parts(entry):
            page.commits.add(position=Position.encode(entry.position), subject=str(entry.subject), commit=part)
            size += weight
            if len(page.commits) == EXPORTED_MAX or size >= EXPORTED_BYTES:
                yield page
                page, size = integrity_pb2.ExportLogResponse(), 0
    if page.commits:
        yield page


def _parts(entry: Entry) -> Iterator[tuple[log_pb2.Commit, int]]:
    """A commit and its size; one that no message would hold in several parts, each with some events and answers."""
    commit = entry.commit
    envelope = log_pb2.Commit(
        commit_id=commit.commit_id,
        tenant=commit.tenant,
        shard=commit.shard,
        input_position=commit.input_position,
        input_offset=commit.input_offset,
        decided_at=to_timestamp(commit.decided_at),
    )
    part, size = log_pb2.Commit(), 0
    part.CopyFrom(envelope)
    events: Iterable[Message] = (recorded.message() for recorded in entry.recorded())
    for name, found in (("events", events), ("answers", map(answer_message, commit.answers))):
        for one in found:
            getattr(part, name).append(one)
            size += one.ByteSize()
            if size >= EXPORTED_BYTES:
                yield part, size
                part, size = log_pb2.Commit(), 0
                part.CopyFrom(envelope)
    if size or not (commit.events or commit.answers):
        yield part, size
