"""The one list of what may leave in spans, metrics and log lines: ids and names of our own things, nothing personal.

Names follow the OpenTelemetry conventions 1.44 where they have one. Values of metric attributes are few by nature
(methods, codes, contexts, shards), never an id of a post, a case or a person. It is the only place in the chassis that
names things of services, because a list of what may leave is worth something only as long as there is one of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RPC_SYSTEM = "rpc.system.name"
RPC_METHOD = "rpc.method"
RPC_STATUS = "rpc.status_code"
RPC_RESPONSE_STATUS = "rpc.response.status_code"
ERROR_TYPE = "error.type"
DB_SYSTEM = "db.system.name"
DB_OPERATION = "db.operation.name"
DB_SUMMARY = "db.query.summary"
DB_STATUS = "db.response.status_code"
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_OPERATION = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
MESSAGING_TEMPLATE = "messaging.destination.template"
MESSAGING_GROUP = "messaging.consumer.group.name"
MESSAGING_COUNT = "messaging.batch.message_count"
TENANT = "switchboard.tenant"
CONTEXT = "switchboard.context"
SHARD = "switchboard.shard"
PROJECTION = "switchboard.projection"
EVENT_TYPE = "switchboard.event.type"
EVENT_COUNT = "switchboard.event.count"
POSITION = "switchboard.log.position"
REASON = "switchboard.reason"
RESULT = "switchboard.result"
CHANNEL = "switchboard.channel"
QUEUE = "switchboard.queue"
PRESENCE = "switchboard.presence"
SLA_BREACHED = "sla.breached"
CODE_FUNCTION = "code.function.name"
CASE_ID = "switchboard.case.id"
POST_ID = "switchboard.post.id"
AGENT_ID = "switchboard.agent.id"

METRIC_ATTRIBUTES = frozenset(
    {
        RPC_SYSTEM, RPC_METHOD, RPC_STATUS, RPC_RESPONSE_STATUS, ERROR_TYPE, DB_SYSTEM,
        DB_OPERATION, DB_SUMMARY, DB_STATUS, TENANT, CONTEXT,
        SHARD, PROJECTION, EVENT_TYPE, REASON, RESULT, CHANNEL, QUEUE, PRESENCE, CODE_FUNCTION,
    }
)  # fmt: skip
"""What a metric may carry."""

SPAN_ATTRIBUTES = METRIC_ATTRIBUTES | {
    MESSAGING_SYSTEM, MESSAGING_OPERATION, MESSAGING_OPERATION_TYPE, MESSAGING_TEMPLATE,
    MESSAGING_GROUP, MESSAGING_COUNT, EVENT_COUNT, POSITION, SLA_BREACHED, CASE_ID, POST_ID, AGENT_ID,
}  # fmt: skip
"""What a span may carry: the same and ids."""

LOG_FIELDS = frozenset(
    {
        "method", "error", "at", "trace_id", "span_id", "port", "services", "seconds", "count", "attempt", "member",
        "tenant", "context", "shard", "subject", "position", "projection", "event_id", "event_type", "source_id",
        "channel", "reason", "result", "queue", "case_id", "post_id", "identity_id", "customer_id", "agent_id",
        "offer_id", "reply_id", "delivery_id", "request_id", "subject_id", "condition", "code", "bytes", "version",
        "finding", "kek_id",
    }
)  # fmt: skip
"""What a log line may carry: ids, counts, names of our own things."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG_SECONDS = (1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Metric:
    """One instrument: its unit is UCUM; buckets are upper bounds in that unit."""

    kind: Literal["histogram", "counter", "gauge"]
    unit: str
    description: str
    buckets: tuple[float, ...] = ()


METRICS: Mapping[str, Metric] = {
    "rpc.server.call.duration": Metric("histogram", "s", "Time a call took at the server.", _SECONDS),
    "db.client.operation.duration": Metric("histogram", "s", "Time a database operation took.", _SECONDS),
    "switchboard.log.append.duration": Metric("histogram", "s", "Time until a commit was durable.", _SECONDS),
    "switchboard.log.append.events": Metric("histogram", "{event}", "Events of one commit.", _COUNTS),
    "switchboard.log.unreadable": Metric("counter", "{message}", "Messages of the log that are no commits, once each."),
    "switchboard.shard.queue.depth": Metric("gauge", "{command}", "Commands waiting at a shard."),
    "switchboard.shard.failures": Metric("counter", "{failure}", "Failures of a shard as a whole."),
    "switchboard.shard.resting": Metric("gauge", "{shard}", "1 while a shard rests until it is woken, 0 once it is."),
    "switchboard.shard.parked": Metric("gauge", "{event}", "Inputs a shard could not take."),
    "switchboard.shard.conflicts": Metric("counter", "{conflict}", "Appends refused because another owner wrote."),
    "switchboard.projection.lag.events": Metric("gauge", "{commit}", "Log positions a projection is behind."),
    "switchboard.projection.lag": Metric("gauge", "s", "Age of the oldest commit a projection has not folded."),
    "switchboard.projection.parked": Metric("gauge", "{key}", "Keys a projection has parked."),
    "switchboard.tick.lateness": Metric("histogram", "s", "How late a timer was decided.", _SECONDS),
    "switchboard.offer.duration": Metric("histogram", "s", "Time from an offer to its end.", _LONG_SECONDS),
    "switchboard.ingest.lag": Metric("histogram", "s", "Time from published to received.", _LONG_SECONDS),
    "switchboard.ingest.results": Metric("counter", "{delivery}", "Deliveries by result."),
    "switchboard.archive.unreadable": Metric("counter", "{commit}", "Commits a report named that are not whole there."),
    "switchboard.cases.waiting": Metric("gauge", "{case}", "Contacts that wait for their first human answer."),
    "switchboard.cases.oldest_wait": Metric("gauge", "s", "How long the first of those has waited, 0 without any."),
    "switchboard.agents": Metric("gauge", "{agent}", "Agents who are free, busy and away, by presence."),
    "switchboard.sealing.unreadable": Metric("counter", "{value}", "Sealed values that are there and do not open."),
    "switchboard.loop.held": Metric("histogram", "s", "Times a piece of code held the event loop.", _SECONDS),
    "switchboard.unforeseen": Metric("counter", "{error}", "Calls that failed for a reason nobody foresaw."),
}
"""Every metric there is."""
