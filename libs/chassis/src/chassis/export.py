"""How commits are cut into messages for who exports the log: by bytes, whatever size they have. It reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from switchboard.log.v1 import integrity_pb2, log_pb2

from chassis.commits import Entry, Position

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
    if len(entry.data) <= EXPORTED_BYTES:
        yield commit, len(entry.data)
        return
    envelope = log_pb2.Commit()
    envelope.CopyFrom(commit)
    envelope.ClearField("events")
    envelope.ClearField("answers")
    part, size = log_pb2.Commit(), 0
    part.CopyFrom(envelope)
    for name in ("events", "answers"):
        for one in getattr(commit, name):
            getattr(part, name).append(one)
            size += one.ByteSize()
            if size >= EXPORTED_BYTES:
                yield part, size
                part, size = log_pb2.Commit(), 0
                part.CopyFrom(envelope)
    if size:
        yield part, size
