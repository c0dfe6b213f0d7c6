"""What deciding needs to know of a post: what it is by itself, what each desk knows of it, what it is to cases."""

from functools import lru_cache
from sys import intern

from chassis.clock import Instant
from msgspec import Struct

from routing.events import PostThreaded
from routing.terms import AuthorKind, Direction, PostKind, PostRole


class Part(Struct, frozen=True, array_like=True, gc=False):
    """What a post is to one case. Cases that were joined since are named as they were then."""

    case_id: str
    customer_id: str
    role: PostRole
    answers_published_at: Instant | None = None
    """Of an answer that names a question: publication of that."""


class Sight(Struct, frozen=True, array_like=True, gc=False):
    """A post as one desk knows it."""

    desk: str
    source_id: str
    kind: PostKind
    received_at: Instant
    opens_case_id: str
    is_addressed: bool
    parts: tuple[Part, ...] = ()


class Post(Struct, frozen=True, array_like=True, gc=False):
    """A post with its place in a thread."""

    post_id: str
    channel: str
    direction: Direction
    author_kind: AuthorKind
    identity_id: str
    handle_id: str
    parent: str
    """Id of what it answers, of a repost what it repeats; "" for none. It may be another version's."""
    is_repost: bool
    mentioned_ids: tuple[str, ...]
    alias_ids: tuple[str, ...]
    language: str
    published_at: Instant
    window_expires_at: Instant | None
    is_withdrawn: bool = False
    sights: tuple[Sight, ...] = ()
    reach: int = 0
    """Number of people it can reach, 0 when unknown."""

    @property
    def by_customer(self) -> bool:
        """Whether its author may be a customer."""
        return self.direction == Direction.INBOUND and self.author_kind == AuthorKind.CUSTOMER

    @property
    def is_ours(self) -> bool:
        """Whether one of our accounts wrote it."""
        return self.direction == Direction.OUTBOUND

    @property
    def ids(self) -> tuple[str, ...]:
        """Everything that names it."""
        return (self.post_id, *self.alias_ids)

    def sight(self, desk: str) -> Sight | None:
        """It as the desk knows it, None when the desk does not."""
        for sight in self.sights:
            if sight.desk == desk:
                return sight
        return None


def post_of(event: PostThreaded, parts: tuple[Part, ...] = ()) -> Post:
    """The post, as one desk knows it, with what it is to cases. What many posts say alike is kept once."""
    return Post(
        event.post_id,
        intern(event.channel),
        event.direction,
        event.author_kind,
        event.identity_id,
        event.handle_id,
        event.parent,
        event.is_repost,
        _same(event.mentioned_ids),
        event.alias_ids,
        intern(event.language),
        event.published_at,
        event.window_expires_at,
        sights=(sight_of(event, parts),),
        reach=event.reach,
    )


@lru_cache(maxsize=4_096)
def _same(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids, which most posts have in common: those of the desk they speak to."""
    return ids


def sight_of(event: PostThreaded, parts: tuple[Part, ...] = ()) -> Sight:
    """What the fact says of the desk it is told for, with what the post is to cases."""
    opens, is_addressed = event.opens_case_id, event.is_addressed
    desk, source_id = intern(event.desk), intern(event.source_id)
    return Sight(desk, source_id, event.kind, event.received_at, opens, is_addressed, parts)


def threaded(  # noqa: PLR0917  (all that a fact is made of)
    post: Post, sight: Sight, thread_id: str, joined_thread_ids: tuple[str, ...], keys: tuple[str, ...], at: Instant
) -> PostThreaded:
    """The fact that says this of a post and a desk."""
    return PostThreaded(
        post.post_id,
        sight.desk,
        sight.source_id,
        post.channel,
        post.direction,
        post.author_kind,
        sight.kind,
        post.identity_id,
        post.handle_id,
        post.parent,
        sight.is_addressed,
        post.is_repost,
        keys,
        post.mentioned_ids,
        post.language,
        post.published_at,
        sight.received_at,
        post.window_expires_at,
        at,
        post.alias_ids,
        thread_id,
        joined_thread_ids,
        sight.opens_case_id,
        post.reach,
    )
