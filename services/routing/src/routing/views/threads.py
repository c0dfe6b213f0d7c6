"""Threads as the read model keeps them: facts that bring a forgotten one back, and posts of ours that answer nobody.

Of a thread with more posts than come back at once it fetches the first and the latest, those that are named, and the
first of the authors in question. What it leaves out can no longer be moved by a late link.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chassis.clock import FIRST, Instant
from chassis.database import Database, queries
from chassis.filters import Expression, bound, where
from msgspec.structs import replace

from routing import events
from routing.cases import Case, case_id_of
from routing.posts import Post, Sight, post_of, sight_of
from routing.recall import recall
from routing.state_codec import load_case, load_threaded
from routing.terms import PostRole

SQL = queries(__file__, "threads.sql")
RECALL_MAX = 300
"""Posts, and as many cases, that one command brings back at most. Against: all of it is in one commit of half a MB."""
FIRST_MAX = 20
"""Of a longer thread the first posts among them: who spoke to us first decides whom a post of ours answers."""
AUTHOR_MAX = 5


class Led(NamedTuple):
    """Where keys lead."""

    threads: Mapping[str, str]
    """Key to thread."""
    posts: Mapping[str, str]
    """Key that is another id of a post to that post."""


@dataclass(slots=True)
class Asked:
    """What is asked of a thread that was forgotten."""

    keys: set[str] = field(default_factory=set)
    """Keys that a command names."""
    posts: set[str] = field(default_factory=set)
    """Posts of which they are other ids."""
    authors: set[str] = field(default_factory=set)
    """Whose cases it may be about."""
    limit: int = RECALL_MAX
    """Posts beside those named, and cases."""


class Unattributed(NamedTuple):
    """A post of ours that answers nobody."""

    post: Post
    sight: Sight


async def led(database: Database, tenant: str, keys: Collection[str]) -> Led:
    """Where these keys lead; unknown ones are left out."""
    records = await database.fetch(SQL["of_keys"], tenant, list(keys)) if keys else []
    aliases = {r["thread_key"]: r["alias_of"] for r in records if r["alias_of"]}
    return Led({r["thread_key"]: r["thread_id"] for r in records}, aliases)


async def threads_of_cases(database: Database, tenant: str, case_ids: Collection[str]) -> dict[str, str]:
    """Case to its thread, of cases that have one."""
    records = await database.fetch(SQL["of_cases"], tenant, list(case_ids)) if case_ids else []
    return {r["case_id"]: r["thread_id"] for r in records}


async def recall_thread(database: Database, tenant: str, thread_id: str, asked: Asked) -> tuple[events.Event, ...]:
    """The facts that bring a thread back, with the cases its posts are in."""
    limit = asked.limit
    latest = await database.fetch(SQL["latest"], tenant, thread_id, limit + 1)
    is_partial = len(latest) > limit
    found = list(latest[:limit])
    if is_partial:
        found = found[: max(1, limit - FIRST_MAX)]
        found += await database.fetch(SQL["first"], tenant, thread_id, min(FIRST_MAX, limit))
        found += await database.fetch(SQL["named"], tenant, sorted(asked.posts | asked.keys))
        for author in sorted(asked.authors):
            found += await database.fetch(SQL["of_author"], tenant, thread_id, author, AUTHOR_MAX)
    rows = {(r["post_id"], r["desk"]): r for r in found}
    post_ids = sorted({post_id for post_id, _ in rows})
    roles: dict[tuple[str, str], list[events.RecalledRole]] = {}
    for key, r in rows.items():
        if r["case_id"]:
            customer = r["identity"] if r["customer"] is None else r["customer"]
            roles[key] = [events.RecalledRole(r["case_id"], customer, PostRole(r["role"]))]
    for r in await database.fetch(SQL["answers"], tenant, post_ids):
        counts = None if r["answers_published_at"] is None else Instant(r["answers_published_at"])
        role = events.RecalledRole(r["case_id"], r["customer"], PostRole(r["role"]), counts)
        roles.setdefault((r["post_id"], r["desk"]), []).append(role)
    aliases: dict[str, list[str]] = {}
    for r in await database.fetch(SQL["aliases"], tenant, thread_id, limit):
        aliases.setdefault(r["alias_of"], []).append(r["thread_key"])
    recalled = [_recalled(r, aliases, roles.get((r["post_id"], r["desk"]), [])) for r in rows.values()]
    recalled.sort(key=lambda one: (one.threaded.published_at, one.threaded.post_id, one.threaded.desk))
    ties = {key for one in recalled for key in (*one.threaded.thread_keys, *one.threaded.alias_ids)}
    thread = events.ThreadRecalled(thread_id, tuple(sorted(ties | asked.keys)), tuple(recalled), FIRST, is_partial)
    authors = asked.authors | {role.customer_id for parts in roles.values() for role in parts}
    cases = await _cases(database, tenant, thread_id, authors, limit)
    return (thread, *(recall(case, thread_id, FIRST) for case in cases))


async def _cases(database: Database, tenant: str, thread_id: str, authors: Collection[str], limit: int) -> list[Case]:
    """The cases of a thread; of one with many those of these authors."""
    desks = [r["desk"] for r in await database.fetch(SQL["desks"], tenant, thread_id)]
    founded = [case_id_of(tenant, f"{desk}\n{thread_id}") for desk in desks]
    records = await database.fetch(SQL["cases"], tenant, thread_id, limit + 1, founded)
    if len(records) > limit:
        records = [
            r
            for author in sorted(authors)
            for r in await database.fetch(SQL["cases_of_author"], tenant, thread_id, author, AUTHOR_MAX, founded)
        ]
    found = [load_case(r["body"]) for r in records]
    return sorted(found, key=lambda case: case.case_id)


def _recalled(
    record: Any, aliases: Mapping[str, Sequence[str]], roles: Sequence[events.RecalledRole]
) -> events.RecalledPost:
    told = _threaded(record)
    ids = tuple(sorted({*told.alias_ids, *aliases.get(told.post_id, ())}))
    told = replace(told, alias_ids=ids, is_addressed=record["addressed"], joined_thread_ids=())
    ordered = tuple(sorted(roles, key=lambda role: (role.customer_id, role.case_id)))
    return events.RecalledPost(told, record["withdrawn"], ordered)


def _threaded(record: Any) -> events.PostThreaded:
    return load_threaded(record["body"], record["post_id"], record["desk"], record["identity"], record["thread_id"])


_COLUMNS = {"desk": "desk", "published_at": "published_at"}
"""What they can be filtered by, and where it stands."""


async def list_unattributed(
    database: Database, tenant: str, wanted: Expression, after: tuple[int, str] | None, limit: int
) -> list[Unattributed]:
    """Posts of ours that answer nobody and satisfy an expression, the latest first, from behind a (time of publication,
    id).
    """
    values: list[object] = [tenant, *(after or (None, "")), limit]
    statement = SQL["unattributed"].replace("{wanted}", where(wanted, _COLUMNS, bound(values)))
    records = await database.fetch(statement, *values)
    told = [_threaded(r) for r in records]
    return [Unattributed(post_of(fact), sight_of(fact)) for fact in told]
