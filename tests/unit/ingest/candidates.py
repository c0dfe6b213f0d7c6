"""Short ways to say ingest's news and facts; everything not named has one fixed value."""

from chassis.clock import MICROS, Instant, to_timestamp
from ingest import decider
from ingest.events import PostEvent
from switchboard.ingest.v1 import events_pb2, internal_pb2, post_pb2, service_pb2

T0 = Instant(1_790_000_000 * MICROS)


def post_id(name: str) -> str:
    return f"00000000-0000-5000-8000-{name:>012}"


def received(
    name: str = "a", content: str = "one", number: int = 0, direction: int = post_pb2.DIRECTION_INBOUND
) -> events_pb2.PostReceived:
    return events_pb2.PostReceived(
        post_id=post_id(name),
        direction=direction,  # type: ignore[arg-type]
        content_digest=content.encode().ljust(16, b"."),
        platform_revision=number,
        published_at=to_timestamp(T0),
        received_at=to_timestamp(T0),
    )


def content(name: str = "a", content: str = "one", number: int = 0, **more: int) -> internal_pb2.Candidate:
    return internal_pb2.Candidate(observed=internal_pb2.Observed(post=received(name, content, number, **more)))


def withdrawn(name: str = "a") -> events_pb2.PostWithdrawn:
    return events_pb2.PostWithdrawn(
        post_id=post_id(name),
        reason=events_pb2.WITHDRAWAL_REASON_DELETED,
        withdrawn_at=to_timestamp(T0),
        received_at=to_timestamp(T0),
    )


def withdrawal(name: str = "a") -> internal_pb2.Candidate:
    return internal_pb2.Candidate(withdrawn=withdrawn(name))


def unreadable(name: str = "d") -> internal_pb2.Candidate:
    delivery = events_pb2.DeliveryQuarantined(delivery_id=post_id(name), received_at=to_timestamp(T0))
    return internal_pb2.Candidate(unreadable=internal_pb2.Unreadable(delivery=delivery))


def requeued(name: str = "d") -> internal_pb2.Candidate:
    return internal_pb2.Candidate(requeued=events_pb2.DeliveryRequeued(delivery_id=post_id(name), at=to_timestamp(T0)))


def command(*candidates: internal_pb2.Candidate) -> decider.Record:
    return internal_pb2.RecordPostsRequest(candidates=candidates)


def record(posts: decider.Posts, *candidates: internal_pb2.Candidate) -> tuple[list[PostEvent], list[str]]:
    """Decides and applies one command; (facts, results)."""
    asked = command(*candidates)
    events = decider.decide(asked, posts)
    for event in events:
        decider.evolve(posts, event)
    answer = decider.answered(asked, posts, events)
    return events, [service_pb2.Result.Name(result).removeprefix("RESULT_") for result in answer.results]
