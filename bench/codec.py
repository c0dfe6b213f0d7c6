"""What a fact costs on its way through the log, in each form it could have there: written, and read by somebody else.

The forms: protobuf with the fact in an Any, as log.proto's Commit is; protobuf with fewer objects, the fact as bytes
beside its name; and what we do, MessagePack arrays read into structs (ADR 50). Commits of 250 facts; CPU in
microseconds per fact, the best of five rounds; single process, no disk.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from chassis import layout
from chassis.clock import Instant, to_timestamp
from chassis.commits import Commit, Entry, Event, Subject, encode
from chassis.identity import uuid5_bytes
from google.protobuf.message import Message
from msgspec import Raw, Struct, msgpack, structs
from switchboard.ingest.v1 import events_pb2, events_structs, post_pb2
from switchboard.log.v1 import log_pb2
from switchboard.routing.v1 import events_pb2 as work_pb2
from switchboard.routing.v1 import events_structs as work_structs

FACTS_PER_COMMIT = 250
ROUNDS = 5
COMMITS = 20
AT = Instant(1_790_000_000_000_000)
COMMIT_ID = bytes(range(16))
AN_ID = "5d0b9f3e-2f6d-51c7-94a9-08f0f5c2e6a4"
SEALED = log_pb2.Sealed(subject_id=AN_ID, nonce=bytes(12), ciphertext=bytes(600))


def received() -> Message:
    """A fact of the size that a status of X makes."""
    return events_pb2.PostReceived(
        post_id=AN_ID,
        channel="x",
        source_id="acme-x",
        kind=post_pb2.POST_KIND_MENTION,
        direction=post_pb2.DIRECTION_INBOUND,
        author_kind=post_pb2.AUTHOR_KIND_CUSTOMER,
        identity_id=AN_ID,
        links=[AN_ID],
        language="en",
        text_length=140,
        published_at=to_timestamp(AT),
        received_at=to_timestamp(AT),
        reply_quota_left=-1,
        content_digest=bytes(16),
        personal=SEALED,
        names=log_pb2.Sealed(subject_id=AN_ID, nonce=bytes(12), ciphertext=bytes(80)),
        desk="acme",
        is_addressed=True,
        mentioned_ids=[AN_ID],
        handle_id=AN_ID,
    )


def queued() -> Message:
    """A small one of routing."""
    return work_pb2.CaseQueued(
        case_id=AN_ID, queue="default", due_at=to_timestamp(AT), waiting_since=to_timestamp(AT), at=to_timestamp(AT)
    )


def fields_of(message: Any) -> dict[str, Any]:
    """What a message is made of, as whoever decides has it: parts as dictionaries."""
    return {
        field.name: fields_of(value) if isinstance(value, Message) else value for field, value in message.ListFields()
    }


def cpu_us(act: Callable[[], object]) -> float:
    """CPU of one fact, microseconds; the best of the rounds, because everything else only adds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(COMMITS):
            act()
        best = min(best, (time.process_time() - began) * 1e6 / COMMITS / FACTS_PER_COMMIT)
    return best


def by_any(kind: type[Message], values: dict[str, Any]) -> bytes:
    """A commit as it was: a message of messages."""
    commit = log_pb2.Commit(commit_id=COMMIT_ID, tenant="bench", shard="0")
    for index in range(FACTS_PER_COMMIT):
        data = kind(**values).SerializeToString(deterministic=True)
        event = commit.events.add()
        event.event_id = uuid5_bytes(COMMIT_ID, str(index))
        event.occurred_at.seconds = AT // 1_000_000
        event.body.type_url = "type.googleapis.com/" + kind.DESCRIPTOR.full_name
        event.body.value = data
    return commit.SerializeToString(deterministic=True)


Fields = Callable[[Any], Any]
"""Gets all fields of a fact, as a view does for its row."""


def read_any(kind: type[Message], fields: Fields, data: bytes) -> list[Any]:
    """What a reader of it makes: each fact with all its fields."""
    found = []
    for event in log_pb2.Commit.FromString(data).events:
        assert event.body.type_url.endswith(kind.DESCRIPTOR.full_name)
        found.append(fields(kind.FromString(event.body.value)))
    return found


def by_columns(kind: type[Message], values: dict[str, Any]) -> bytes:
    """Protobuf with fewer objects: no Any, no instant as a message, no id: an Answer stands in for such an envelope."""
    commit = log_pb2.Commit(commit_id=COMMIT_ID, tenant="bench", shard="0")
    name = kind.DESCRIPTOR.full_name.encode()
    for _ in range(FACTS_PER_COMMIT):
        commit.answers.add(request_id=name, request_digest=kind(**values).SerializeToString(deterministic=True))
    return commit.SerializeToString(deterministic=True)


def read_columns(kind: type[Message], fields: Fields, data: bytes) -> list[Any]:
    """And what reading it costs."""
    return [fields(kind.FromString(event.request_digest)) for event in log_pb2.Commit.FromString(data).answers]


def by_array(kind: type[Struct], values: dict[str, Any]) -> bytes:
    """What we do."""
    name, write = kind.NAME, msgpack.encode  # type: ignore[attr-defined]
    events = [Event(AT, name, Raw(write(kind(**values)))) for _ in range(FACTS_PER_COMMIT)]
    return encode(Commit(COMMIT_ID, "bench", "0", 0, 0, AT, events))


def read_array(fields: Fields, data: bytes) -> list[Any]:
    """And what reading it costs."""
    return [fields(event.body) for event in Entry(1, Subject("post", "bench", "0"), data).events()]


def main() -> None:
    """Measures and prints."""
    line = "{:14} {:38} {:>8} {:>8} {:>8}\n"
    sys.stdout.write(line.format("fact", "form", "written", "read", "bytes"))
    for message, cls in ((received(), events_structs.PostReceived), (queued(), work_structs.CaseQueued)):
        kind, values = type(message), fields_of(message)
        fact = layout.struct_of(message)
        fields = attrgetter(*cls.__struct_fields__)
        own = {name: getattr(fact, name) for name in structs.asdict(fact)}
        forms: dict[str, tuple[Callable[[], bytes], Callable[[bytes], object]]] = {
            "protobuf, the fact in an Any": (
                lambda kind=kind, values=values: by_any(kind, values),  # type: ignore[misc]
                lambda data, kind=kind, fields=fields: read_any(kind, fields, data),  # type: ignore[misc]
            ),
            "protobuf, fewer objects": (
                lambda kind=kind, values=values: by_columns(kind, values),  # type: ignore[misc]
                lambda data, kind=kind, fields=fields: read_columns(kind, fields, data),  # type: ignore[misc]
            ),
            "MessagePack arrays, structs (ours)": (
                lambda cls=cls, own=own: by_array(cls, own),  # type: ignore[misc]
                lambda data, fields=fields: read_array(fields, data),  # type: ignore[misc]
            ),
        }
        for form, (write, read) in forms.items():
            data = write()
            wrote, was_read = cpu_us(write), cpu_us(lambda read=read, data=data: read(data))  # type: ignore[misc]
            per_fact = len(data) // FACTS_PER_COMMIT
            sys.stdout.write(line.format(cls.__name__, form, f"{wrote:.2f}", f"{was_read:.2f}", per_fact))


if __name__ == "__main__":
    main()
