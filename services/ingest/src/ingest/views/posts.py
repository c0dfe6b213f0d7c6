"""Tables `posts_v3`, `deliveries_v3`, `gone_authors_v3`: posts as they stand, what lies in quarantine, who left.

Contents stay sealed until the post is withdrawn; then they are dropped, and what the platform calls the post and its
author stays.

The same rows tell a shard whether it has seen a post (`probe`), so there is one for every id ever decided upon, also
for a post that was withdrawn before it came, or that is a version of another (revision 0); such a row is never listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chassis.clock import FIRST, Instant
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from chassis.filters import Expression, bound, where
from chassis.parts import row_of
from chassis.view import Founding
from switchboard.ingest.v1 import events_structs, post_pb2
from switchboard.log.v1.log_structs import Sealed

_SQL = queries(__file__, "posts.sql")
NAME = "posts_v3"
_PACKAGE = "switchboard.ingest.v1."


class PostRow(NamedTuple):
    """One row of posts_v3, in the order of its columns."""

    tenant: str
    post_id: str
    revision: int
    platform_revision: int
    digests: bytes
    withdrawn_at: int | None = None
    withdrawal_reason: int | None = None
    channel: str | None = None
    source_id: str | None = None
    kind: int | None = None
    direction: int | None = None
    author_kind: int | None = None
    identity_id: str | None = None
    conversation_id: str | None = None
    in_reply_to: str | None = None
    links: bytes | None = None
    language: str | None = None
    text_length: int | None = None
    reach: int | None = None
    visibility: int | None = None
    published_at: int | None = None
    received_at: int | None = None
    reply_window_expires_at: int | None = None
    reply_quota_left: int | None = None
    nonce: bytes | None = None
    ciphertext: bytes | None = None
    names_nonce: bytes | None = None
    names_ciphertext: bytes | None = None
    desk: str | None = None
    is_addressed: bool | None = None
    desks: Sequence[str] | None = None
    desk_sources: Sequence[str] | None = None
    addressed_desks: Sequence[str] | None = None
    repost_of: str | None = None
    is_bare_repost: bool | None = None
    cut_length: int = 0
    alias_of: str | None = None
    has_location: bool = False
    extent: int = 0

    @property
    def sights(self) -> list[tuple[str, str]]:
        """(a desk that was brought it, the source it was brought through first), the first one first."""
        if self.desks is not None and self.desk_sources is not None:
            return list(zip(self.desks, self.desk_sources, strict=True))
        return [] if self.desk is None else [(self.desk, self.source_id or "")]

    @property
    def spoken_to(self) -> tuple[str, ...]:
        """The desks it speaks to."""
        return _spoken_to(self.desk, self.is_addressed, self.addressed_desks)


class DeliveryRow(NamedTuple):
    """One row of deliveries_v3, in the order of its columns."""

    tenant: str
    delivery_id: str
    source_id: str
    reason: str
    payload_bytes: int
    received_at: int
    in_quarantine: bool


class GoneAuthorRow(NamedTuple):
    """One row of gone_authors_v3, in the order of its columns."""

    tenant: str
    identity_id: str
    gone_at: int
    unplaced_until: int


Row = PostRow | DeliveryRow | GoneAuthorRow


class PostsView:
    """Folds the facts about posts. Keys are `<tenant>/<post id>` and `<tenant>!<delivery id>`."""

    name = NAME
    contexts = frozenset({"post"})
    handles = frozenset(
        _PACKAGE + event
        for event in (
            "PostReceived",
            "PostSighted",
            "PostEdited",
            "PostCompleted",
            "PostAliased",
            "PostLocationRemoved",
            "PostWithdrawn",
            "AuthorWithdrawn",
            "AuthorLocationRemoved",
            "DeliveryQuarantined",
            "DeliveryRequeued",
        )
    )
    ignores = frozenset(
        _PACKAGE + event
        for event in ("SourceConnected", "SourceChanged", "SourceDisconnected", "GapDetected", "GapFilled")
    )
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "tenant, post_id", "deliveries_v3": "tenant, delivery_id",
                                "gone_authors_v3": "tenant, identity_id"}  # fmt: skip

    def keys(self, event: Recorded) -> Sequence[str]:
        """One post, one delivery or one author. `PostReceived` is decided only upon an id of which nothing is known."""
        body: Any = event.body
        if type(body) is events_structs.PostReceived:
            return (Founding(f"{event.tenant}/{body.post_id}"),)
        if isinstance(body, events_structs.DeliveryQuarantined | events_structs.DeliveryRequeued):
            return (f"{event.tenant}!{body.delivery_id}",)
        if isinstance(body, events_structs.PostAliased):
            return (f"{event.tenant}/{body.alias_id}",)
        if isinstance(body, events_structs.AuthorWithdrawn | events_structs.AuthorLocationRemoved):
            return (f"{event.tenant}#{body.identity_id}",)
        return (f"{event.tenant}/{body.post_id}",)

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row]:
        """One query per table."""
        rows: dict[str, Row] = {}
        tenants, ids = _split(keys, "/")
        if ids:
            for row in await connection.fetch(_SQL["load_posts"], tenants, ids):
                post = PostRow(*row.values())
                rows[f"{post.tenant}/{post.post_id}"] = post
        tenants, ids = _split(keys, "!")
        if ids:
            for row in await connection.fetch(_SQL["load_deliveries"], tenants, ids):
                delivery = DeliveryRow(*row.values())
                rows[f"{delivery.tenant}!{delivery.delivery_id}"] = delivery
        tenants, ids = _split(keys, "#")
        if ids:
            for row in await connection.fetch(_SQL["load_authors"], tenants, ids):
                author = GoneAuthorRow(*row.values())
                rows[f"{author.tenant}#{author.identity_id}"] = author
        return rows

    def fold(self, rows: dict[str, Row], event: Recorded) -> None:
        """The same facts as the decider's `evolve`, kept for readers."""
        body: Any = event.body
        match body:
            case events_structs.PostReceived():
                received = _received(event.tenant, body)
                rows[f"{event.tenant}/{received.post_id}"] = received
            case events_structs.PostEdited() | events_structs.PostCompleted():
                key = f"{event.tenant}/{body.post_id}"
                before = rows[key]
                assert isinstance(before, PostRow)
                rows[key] = _edited(body, before)
            case events_structs.PostSighted():
                key = f"{event.tenant}/{body.post_id}"
                before = rows[key]
                assert isinstance(before, PostRow)
                rows[key] = _sighted(body, before)
            case events_structs.PostLocationRemoved():
                key = f"{event.tenant}/{body.post_id}"
                before = rows[key]
                assert isinstance(before, PostRow)
                rows[key] = before._replace(has_location=False)
            case events_structs.PostAliased():
                key = f"{event.tenant}/{body.alias_id}"
                version = rows.get(key) or PostRow(event.tenant, body.alias_id, 0, 0, b"")
                assert isinstance(version, PostRow)
                since = version.published_at if version.revision else body.published_at
                rows[key] = version._replace(alias_of=body.post_id, platform_revision=body.number, published_at=since)
            case events_structs.PostWithdrawn():
                key = f"{event.tenant}/{body.post_id}"
                gone = rows.get(key) or PostRow(event.tenant, body.post_id, 0, 0, b"")
                assert isinstance(gone, PostRow)
                rows[key] = gone._replace(
                    digests=b"",
                    withdrawn_at=body.withdrawn_at,
                    withdrawal_reason=body.reason,
                    nonce=None,
                    ciphertext=None,
                )
            case events_structs.AuthorWithdrawn():
                key = f"{event.tenant}#{body.identity_id}"
                known = _author(rows.get(key), event.tenant, body.identity_id)
                rows[key] = known._replace(gone_at=max(known.gone_at, body.withdrawn_at))
            case events_structs.AuthorLocationRemoved():
                key = f"{event.tenant}#{body.identity_id}"
                known = _author(rows.get(key), event.tenant, body.identity_id)
                rows[key] = known._replace(unplaced_until=max(known.unplaced_until, body.until))
            case events_structs.DeliveryQuarantined():
                rows[f"{event.tenant}!{body.delivery_id}"] = DeliveryRow(
                    event.tenant,
                    body.delivery_id,
                    body.source_id,
                    body.reason,
                    body.payload_bytes,
                    body.received_at,
                    True,
                )
            case events_structs.DeliveryRequeued():
                key = f"{event.tenant}!{body.delivery_id}"
                delivery = rows[key]
                assert isinstance(delivery, DeliveryRow)
                rows[key] = delivery._replace(in_quarantine=False)
            case _:
                raise TypeError(f"{event.type} is not folded here")

    async def save(self, connection: Connection, rows: Mapping[str, Row], touched: Sequence[str]) -> None:
        """New posts by COPY, the rest by one statement per table; a row that is not there any more (a parked event took
        it back) is deleted.
        """
        new = [rows[key] for key in touched if type(key) is Founding]
        if new:
            await connection.copy_records_to_table(NAME, records=new, columns=PostRow._fields)
        touched = [key for key in touched if type(key) is not Founding]
        posts = [rows[key] for key in touched if "/" in key and key in rows]
        if posts:
            await connection.execute(_SQL["save_posts"], posts)
        deliveries = [rows[key] for key in touched if "!" in key and key in rows]
        if deliveries:
            await connection.execute(_SQL["save_deliveries"], *map(list, zip(*deliveries, strict=True)))
        authors = [rows[key] for key in touched if "#" in key and key in rows]
        if authors:
            await connection.execute(_SQL["save_authors"], *map(list, zip(*authors, strict=True)))
        gone = [key for key in touched if key not in rows]
        for separator, statement in (("/", "delete_posts"), ("!", "delete_deliveries"), ("#", "delete_authors")):
            tenants, ids = _split(gone, separator)
            if ids:
                await connection.execute(_SQL[statement], tenants, ids)


def _author(row: Row | None, tenant: str, identity: str) -> GoneAuthorRow:
    return row if isinstance(row, GoneAuthorRow) else GoneAuthorRow(tenant, identity, FIRST, FIRST)


def _split(keys: Sequence[str], separator: str) -> tuple[list[str], list[str]]:
    pairs = [key.partition(separator) for key in keys if separator in key]
    return [tenant for tenant, _, _ in pairs], [name for _, _, name in pairs]


_NOTHING = Sealed()


def _received(tenant: str, post: events_structs.PostReceived) -> PostRow:
    personal, names = post.personal or _NOTHING, post.names or _NOTHING
    # Made of a tuple: 39 arguments take twice as long.
    return PostRow._make(
        (
            tenant,
            post.post_id,
            1,
            post.platform_revision,
            post.content_digest,
            None,
            None,
            post.channel,
            post.source_id,
            post.kind,
            post.direction,
            post.author_kind,
            post.identity_id,
            post.conversation_id or None,
            post.in_reply_to or None,
            b"".join([bytes.fromhex(link.replace("-", "")) for link in post.links]) if post.links else b"",
            post.language,
            post.text_length,
            post.reach,
            post.visibility,
            post.published_at,
            post.received_at,
            post.reply_window_expires_at,
            post.reply_quota_left,
            personal.nonce,
            personal.ciphertext,
            names.nonce,
            names.ciphertext,
            post.desk,
            post.is_addressed,
            None,
            None,
            None,
            post.repost_of or None,
            post.is_bare_repost,
            max(post.text_length, 1) if post.is_cut else 0,
            None,
            post.has_location,
            post.extent,
        )
    )


def _edited(edit: events_structs.PostEdited | events_structs.PostCompleted, before: PostRow) -> PostRow:
    number = edit.platform_revision if isinstance(edit, events_structs.PostEdited) else before.platform_revision
    if before.withdrawn_at is not None:  # never decided; and if it were, nothing of it comes back
        return before._replace(revision=edit.revision, platform_revision=number)
    digest, personal = edit.content_digest, edit.personal or _NOTHING
    others = [known for at in range(0, len(before.digests), 16) if (known := before.digests[at : at + 16]) != digest]
    return before._replace(
        revision=edit.revision,
        platform_revision=number,
        digests=b"".join(others) + digest,
        language=edit.language,
        text_length=edit.text_length,
        nonce=personal.nonce,
        ciphertext=personal.ciphertext,
        cut_length=max(edit.text_length, 1) if edit.is_cut else 0,
        has_location=edit.has_location,
        extent=edit.extent,
    )


def _sighted(sighting: events_structs.PostSighted, before: PostRow) -> PostRow:
    desk, sights, spoken_to = sighting.desk, before.sights, before.spoken_to
    is_first = desk not in [known for known, _ in sights]
    is_addressed = sighting.is_addressed and desk not in spoken_to
    if not is_first and not is_addressed:
        return before
    if is_first:
        sights.append((desk, sighting.source_id))
    return before._replace(
        desks=[known for known, _ in sights],
        desk_sources=[source for _, source in sights],
        addressed_desks=[*spoken_to, desk] if is_addressed else list(spoken_to),
    )


def _spoken_to(desk: str | None, is_addressed: bool | None, desks: Sequence[str] | None) -> tuple[str, ...]:
    if desks is not None:
        return tuple(desks)
    return (desk,) if desk is not None and is_addressed else ()


class Probed(NamedTuple):
    """What the view knows of a post a shard asked for."""

    key: str
    revision: int
    platform_revision: int
    withdrawn: bool
    digests: tuple[bytes, ...]
    author: str
    """Identity of a post's author, empty when it was withdrawn before it came."""
    is_ours: bool
    desks: tuple[str, ...]
    addressed_desks: tuple[str, ...]
    cut_length: int
    alias_of: str
    """The post of which it names a version, empty when it is one itself."""
    has_location: bool
    extent: int
    of_post_from: int
    """When the post that it means was published; 0 where content came under the id itself."""


class Found(NamedTuple):
    """What the view knows of all that a shard asked for, as of one snapshot."""

    position: int
    """The view's for the tenant."""
    posts: list[Probed]
    in_quarantine: dict[str, bool]
    """Deliveries, and whether they lie in quarantine."""
    gone_authors: dict[str, tuple[Instant, Instant]]
    """Those who took back their posts, or where they wrote them: (of which time, of which time)."""


async def probe(
    database: Database, tenant: str, ids: Sequence[str], deliveries: Sequence[str], authors: Sequence[str]
) -> Found:
    """What the view knows of posts, deliveries and authors."""
    rows = await database.fetch(_SQL["probe"], tenant, *map(",".join, (ids, deliveries, authors)), row_of(NAME, tenant))
    found = Found(rows[0]["view_position"] if rows else 0, [], {}, {})
    for row in rows:
        key = row["key"]
        if key is None:
            continue
        if row["lodged"] is not None:
            found.in_quarantine[key] = row["lodged"]
        elif row["gone_at"] is not None:
            found.gone_authors[key] = (Instant(row["gone_at"]), Instant(row["unplaced_until"]))
        else:
            digests = row["digests"] or b""
            found.posts.append(
                Probed(
                    key,
                    row["revision"],
                    row["platform_revision"],
                    bool(row["withdrawn"]),
                    tuple([digests[at : at + 16] for at in range(0, len(digests), 16)]),
                    row["identity_id"] or "",
                    row["direction"] == post_pb2.DIRECTION_OUTBOUND,
                    tuple(row["desks"] or ([] if row["desk"] is None else [row["desk"]])),
                    _spoken_to(row["desk"], row["is_addressed"], row["addressed_desks"]),
                    row["cut_length"],
                    row["alias_of"] or "",
                    row["has_location"],
                    row["extent"],
                    row["of_post_from"] or 0,
                )
            )
    return found


async def position(database: Database, tenant: str) -> int:
    """Log position the view has reached for a tenant."""
    return int(await database.fetchval(_SQL["position"], row_of(NAME, tenant)) or 0)


class ReadRow(NamedTuple):
    """What readers are shown of a post, personal content still sealed."""

    post_id: str
    revision: int
    withdrawn_at: Instant | None
    channel: str
    source_id: str
    kind: int
    direction: int
    author_kind: int
    identity_id: str
    conversation_id: str | None
    in_reply_to: str | None
    links: bytes
    language: str
    text_length: int
    reach: int
    visibility: int
    published_at: Instant
    received_at: Instant
    reply_window_expires_at: Instant | None
    reply_quota_left: int
    nonce: bytes | None
    """None, like the ciphertext, once the post was withdrawn."""
    ciphertext: bytes | None
    names_nonce: bytes
    names_ciphertext: bytes
    desks: Sequence[str]
    repost_of: str | None
    is_bare_repost: bool
    is_cut: bool
    has_location: bool
    is_emptied: bool
    """Whether it only repeats a post that was withdrawn."""


async def get(database: Database, tenant: str, ids: Sequence[str]) -> dict[str, ReadRow]:
    """Posts by id."""
    rows = await database.fetch(_SQL["by_id"], tenant, ids)
    return {row["post_id"]: ReadRow(*row.values()) for row in rows}


async def taken(database: Database, tenant: str, ids: Sequence[str]) -> dict[str, PostRow]:
    """Whole rows of posts by id, of those that there are."""
    rows = await database.fetch(_SQL["load_posts"], [tenant] * len(ids), ids)
    return {row["post_id"]: PostRow(*row.values()) for row in rows}


async def meant(database: Database, tenant: str, name: str) -> str:
    """The post that an id means: the one whose version it names, or itself."""
    return await database.fetchval(_SQL["meant"], tenant, name) or name


_COLUMNS = {
    "conversation": "conversation_id",
    "author": "identity_id",
    "source": "source_id",
    "desks": "coalesce(desks, array[desk])",
    "channel": "channel",
    "direction": "direction",
    "kind": "kind",
    "published_at": "published_at",
    "received_at": "received_at",
}
"""What posts can be filtered by, and where it stands."""


async def select(
    database: Database,
    tenant: str,
    wanted: Expression,
    order: tuple[str, bool],
    *,
    after: Any,
    limit: int,
    among: Sequence[str] | None = None,
) -> list[ReadRow]:
    """Posts that satisfy an expression, in order of (column, descending) and id, after a cursor.

    `among` leaves out all but some ids.
    """
    values: list[object] = [tenant]
    bind = bound(values)
    clauses = [where(wanted, _COLUMNS, bind)]
    if among is not None:
        clauses.append(f"post_id = any({bind(list(among))}::uuid[])")
    column, descending = order
    if after is not None:
        values.extend(after)
        clauses.append(f"({column}, post_id) {'<' if descending else '>'} (${len(values) - 1}, ${len(values)}::uuid)")
    direction = "desc" if descending else "asc"
    statement = "".join([_SQL["get"], *(f"\n    and {clause}" for clause in clauses)])
    statement += f"\norder by {column} {direction}, post_id {direction} limit {limit:d}"
    return [ReadRow(*row.values()) for row in await database.fetch(statement, *values)]


async def of_author(database: Database, tenant: str, identity: str, until: Instant) -> list[str]:
    """Ids of the posts an author published until then that are still there."""
    return [row["post_id"] for row in await database.fetch(_SQL["of_author"], tenant, identity, until)]
