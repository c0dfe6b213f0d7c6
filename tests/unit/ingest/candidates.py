"""Short ways to say ingest's news and facts; everything not named has one fixed value."""

from chassis.clock import MICROS, Instant
from ingest import answers, decider
from ingest.events import PostEvent, PostReceived
from msgspec import msgpack
from switchboard.ingest.v1 import events_pb2, events_structs, post_pb2, service_pb2

T0 = Instant(1_790_000_000 * MICROS)


def post_id(name: str) -> str:
    return f"00000000-0000-5000-8000-{name:>012}"


def content(
    name: str = "a",
    content: str = "one",
    number: int = 0,
    direction: int = post_pb2.DIRECTION_INBOUND,
    author: str = "mia",
    desk: str = "acme",
    *,
    is_addressed: bool = True,
    cut_length: int = 0,
    location: int = 0,
    extent: int = 0,
) -> PostReceived:
    digest = f"{author}:{content}".encode().ljust(16, b".")[:16]  # keyed by the author
    post = events_structs.PostReceived(
        post_id=post_id(name),
        identity_id=author,
        direction=direction,
        content_digest=digest,
        platform_revision=number,
        published_at=T0,
        received_at=T0,
        source_id=desk,
        desk=desk,
        is_addressed=is_addressed,
        is_cut=cut_length > 0,
        has_location=location == 1,
        text_length=cut_length,
        extent=extent,
    )
    encoded = msgpack.encode(post)
    return PostReceived(
        post.post_id,
        author,
        number,
        digest,
        direction,
        T0,
        encoded,
        desk,
        is_addressed,
        None,
        cut_length,
        location,
        extent,
    )


def withdrawal(name: str = "a") -> events_structs.PostWithdrawn:
    return events_structs.PostWithdrawn(
        post_id=post_id(name),
        reason=events_pb2.WITHDRAWAL_REASON_DELETED,
        withdrawn_at=T0,
        received_at=T0,
    )


def alias(name: str = "b", of: str = "a", number: int = 1, author: str = "mia") -> events_structs.PostAliased:
    return events_structs.PostAliased(
        alias_id=post_id(name),
        post_id=post_id(of),
        received_at=T0,
        number=number,
        identity_id=author,
        published_at=T0,
    )


def superseded(name: str = "b") -> events_structs.PostWithdrawn:
    return events_structs.PostWithdrawn(
        post_id=post_id(name),
        reason=events_pb2.WITHDRAWAL_REASON_SUPERSEDED,
        withdrawn_at=T0,
        received_at=T0,
    )


def author_gone(author: str = "mia", at: Instant = T0) -> events_structs.AuthorWithdrawn:
    return events_structs.AuthorWithdrawn(
        identity_id=author,
        reason=events_pb2.WITHDRAWAL_REASON_DELETED,
        withdrawn_at=at,
        received_at=T0,
    )


def author_unplaced(author: str = "mia", until: Instant = T0) -> events_structs.AuthorLocationRemoved:
    return events_structs.AuthorLocationRemoved(identity_id=author, until=until, removed_at=T0)


def unplaced(name: str = "a") -> events_structs.PostLocationRemoved:
    return events_structs.PostLocationRemoved(post_id=post_id(name), removed_at=T0, received_at=T0)


def unreadable(name: str = "d") -> events_structs.DeliveryQuarantined:
    return events_structs.DeliveryQuarantined(delivery_id=post_id(name), received_at=T0)


def requeued(name: str = "d") -> events_structs.DeliveryRequeued:
    return events_structs.DeliveryRequeued(delivery_id=post_id(name), at=T0)


def record(posts: decider.Posts, *candidates: decider.Candidate) -> tuple[list[PostEvent], list[str]]:
    """Decides and applies one command; (facts, results)."""
    events = decider.decide(candidates, posts)
    for event in events:
        decider.evolve(posts, event)
    answer = answers.results_of(candidates, posts, events)
    return events, [service_pb2.Result.Name(result).removeprefix("RESULT_") for result in answer.results]
