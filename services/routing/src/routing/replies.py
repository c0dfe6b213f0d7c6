"""Hands requested replies to the channels' senders, and says in the log that they were taken. It never reads a text.

Effectively once: a reply that is settled is not handed over again, whenever its fact is read; the message id on the way
out is the reply's id, so a repetition within the stream's window is dropped there; and saying twice that a reply was
sent decides nothing. Whoever is asked has read the fact: one who had not would know of no reply, and it would be lost.
"""

import re
from collections.abc import Awaitable, Callable

from chassis.commits import Recorded
from chassis.host import ShardHost
from chassis.obligations import Obligation
from switchboard.routing.v1 import events_pb2, events_structs

from routing import events
from routing.commands import Command
from routing.shard import Shard

Publish = Callable[[str, bytes, str], Awaitable[None]]
"""Takes subject, payload and message id; returns once it is durable. Raises Unavailable and Overloaded."""

_SOURCE = re.compile(r"[A-Za-z0-9_~@%+=:-]{1,255}")

KEYS = {events_structs.ReplyRequested.NAME: lambda recorded: str(recorded.body.case_id)}
"""Replies of one case leave in the order they were asked for."""


OWED = Obligation(
    "replies",
    request=events_structs.ReplyRequested.NAME,
    key=lambda recorded: str(recorded.body.reply_id),
    ends=frozenset({events_structs.ReplySent.NAME, events_structs.ReplyFailed.NAME}),
)
"""Every reply that was asked for is sent or has failed."""


class Replies:
    """The reactor behind ReplyToCase. `publish` puts a message on stream OUTBOX."""

    def __init__(self, host: ShardHost[Command, Shard, events.Event], publish: Publish) -> None:
        self._host = host
        self._publish = publish

    async def act(self, recorded: Recorded) -> None:
        """Sends one requested reply on its way. Raises Rejected, or its status, when that has been done before;
        ValueError for a source under which nothing can be sent."""
        asked = events_pb2.ReplyRequested.FromString(recorded.wire)
        if _SOURCE.fullmatch(asked.source_id) is None:  # the log's server would answer as if it were away, for ever
            raise ValueError("source_id is no part of a subject")
        await self._host.call(
            recorded.tenant, recorded.shard, asked, events_pb2.ReplyRequested, known=recorded.position
        )
        subject = f"out.{recorded.tenant}.{asked.source_id}"
        await self._publish(subject, recorded.wire, asked.reply_id)
        sent = events_pb2.ReplySent(case_id=asked.case_id, reply_id=asked.reply_id, asked_at=asked.at)
        await self._host.call(recorded.tenant, recorded.shard, sent, events_pb2.ReplySent, known=recorded.position)
