"""What it would cost ingest to think in dataclasses: one post's fact through the codec and back, against the message.

The limit is protobuf alone: the fact built, written and read as a message. The codec's path does the same and turns the
message into a frozen dataclass before deciding and back after it. CPU in microseconds per post, by stage; single
process, no disk. ADR 6 is about this.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import make_dataclass
from enum import IntEnum
from typing import Any

from chassis.clock import Instant, to_timestamp
from chassis.codec import Codec
from google.protobuf.descriptor import FieldDescriptor
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.log.v1 import log_pb2

SECONDS = 1.0
AT = Instant(1_790_000_000_000_000)
_PLAIN = {FieldDescriptor.TYPE_STRING: str, FieldDescriptor.TYPE_BYTES: bytes, FieldDescriptor.TYPE_BOOL: bool}


def members(enum: Any) -> Any:
    """The enum of a descriptor, as the codec wants it."""
    return IntEnum(enum.name, {value.name: value.number for value in enum.values})


def mirrored() -> type:
    """A frozen dataclass with the fields of PostReceived."""
    hints: list[tuple[str, Any]] = []
    for field in events_pb2.PostReceived.DESCRIPTOR.fields:
        hint: Any
        if field.message_type is not None and field.message_type.name == "Timestamp":
            hint = Instant | None if field.name == "reply_window_expires_at" else Instant
        elif field.message_type is not None:
            hint = log_pb2.Sealed
        elif field.enum_type is not None:
            hint = members(field.enum_type)
        else:
            hint = _PLAIN.get(field.type, int)
        hints.append((field.name, tuple[hint, ...] if field.is_repeated else hint))
    return make_dataclass("PostReceived", hints, frozen=True, slots=True)


def post() -> events_pb2.PostReceived:
    """A fact of the size that a status of X makes."""
    return events_pb2.PostReceived(
        post_id="5d0b9f3e-2f6d-51c7-94a9-08f0f5c2e6a4",
        channel="x",
        source_id="acme-x",
        kind=post_pb2.POST_KIND_MENTION,
        direction=post_pb2.DIRECTION_INBOUND,
        author_kind=post_pb2.AUTHOR_KIND_CUSTOMER,
        identity_id="1c5c41b0-f6c8-5be2-a5c8-6b7a1c0f7d61",
        links=["0f0f5c2e-6a41-5d0b-9f3e-2f6d1c7b4a90"],
        language="en",
        text_length=140,
        published_at=to_timestamp(AT),
        received_at=to_timestamp(AT),
        reply_quota_left=-1,
        content_digest=bytes(16),
        personal=sealed(600),
        names=sealed(80),
    )


def sealed(size: int) -> log_pb2.Sealed:
    """So many bytes under the author's key."""
    return log_pb2.Sealed(subject_id="1c5c41b0-f6c8-5be2-a5c8-6b7a1c0f7d61", nonce=bytes(12), ciphertext=bytes(size))


def cpu_us(act: Callable[[], object]) -> float:
    """CPU of one call, microseconds; the best of five rounds, because everything else only adds."""
    best = float("inf")
    for _ in range(5):
        count, began, until = 0, time.process_time(), time.monotonic() + SECONDS / 5
        while time.monotonic() < until:
            for _ in range(100):
                act()
            count += 100
        best = min(best, (time.process_time() - began) / count * 1e6)
    return best


def main() -> None:
    """Measures and prints."""
    elsewhere = [name for name in events_pb2.DESCRIPTOR.message_types_by_name if name != "PostReceived"]
    codec: Codec[Any] = Codec([mirrored()], events_pb2, elsewhere=elsewhere)
    message = post()
    data, fact = message.SerializeToString(deterministic=True), codec.decode(message)
    stages = {
        "read (protobuf)": cpu_us(lambda: events_pb2.PostReceived.FromString(data)),
        "write (protobuf)": cpu_us(lambda: message.SerializeToString(deterministic=True)),
        "message into dataclass": cpu_us(lambda: codec.decode(message)),
        "dataclass into message": cpu_us(lambda: codec.encode(fact)),
    }
    limit = stages["read (protobuf)"] + stages["write (protobuf)"]
    mirror = sum(stages.values())
    sys.stdout.write("".join(f"{name:24} {us:6.2f} us a post\n" for name, us in stages.items()))
    sys.stdout.write(f"{'limit: the message':24} {limit:6.2f} us a post\n")
    sys.stdout.write(f"{'with the codec':24} {mirror:6.2f} us a post, {mirror / limit:.1f} times the limit\n")


if __name__ == "__main__":
    main()
