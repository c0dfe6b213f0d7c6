"""What a shard of posts has in memory: what it borrows of the view for a round, and what it may forget after one.

It decides nothing. A post is known for ever by the view; memory has what the view may not have yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from switchboard.ingest.v1 import events_structs

from ingest.decider import Candidates, Known, Left, Posts, evolve, key_of
from ingest.events import PostReceived


class Unknown(NamedTuple):
    """What commands touch or name and memory does not hold: the view must be asked. Each once."""

    posts: list[str]
    deliveries: list[str]
    authors: list[str]
    """Whom commands name: whether all of theirs is gone."""


def unknown_in(posts: Posts, commands: Iterable[Candidates]) -> Unknown:
    """What is to be borrowed before commands are decided."""
    ids: dict[str, None] = {}
    deliveries: dict[str, None] = {}
    authors: dict[str, None] = {}
    for command in commands:
        for candidate in command:
            match candidate:
                case PostReceived():
                    ids[candidate.post_id] = authors[candidate.identity_id] = None
                case events_structs.AuthorWithdrawn() | events_structs.AuthorLocationRemoved():
                    authors[candidate.identity_id] = None
                case events_structs.DeliveryQuarantined() | events_structs.DeliveryRequeued():
                    deliveries[candidate.delivery_id] = None
                case _:
                    ids[key_of(candidate)] = None
    return Unknown(
        [one for one in ids if one not in posts.known or one in posts.unfounded],
        [one for one in deliveries if one not in posts.quarantined],
        [one for one in authors if one not in posts.gone_authors or one in posts.unfounded],
    )


def borrow(
    posts: Posts,
    unknown: Unknown,
    known: Mapping[str, Known],
    in_quarantine: Mapping[str, bool],
    gone_authors: Mapping[str, Left],
) -> None:
    """Takes in what the view knows of what memory did not hold. Facts that nothing in memory founded are taken into it
    again: the view may have some of them already, and all of them once more, in their order, lead to the same.
    """
    ours = posts.unfounded.keys() & {*unknown.posts, *unknown.authors}
    for key in ours:
        posts.known.pop(key, None)
        posts.gone_authors.pop(key, None)
    posts.known |= known
    posts.quarantined |= in_quarantine
    posts.gone_authors |= gone_authors
    posts.borrowed.update((known.keys() | in_quarantine.keys() | gone_authors.keys()) - ours)
    fresh = {*posts.fresh} if ours else posts.fresh
    for key in ours:
        for event in posts.unfounded.pop(key):
            evolve(posts, event)
        posts.unfounded.pop(key, None)
    posts.fresh = fresh  # what was taken again is no change


def forget(posts: Posts, position: int) -> None:
    """After a round: what was only borrowed goes back, and what the view has seen committed needs no memory.

    Nothing is lost by it. Let p be the position of the last commit that changed an id. The id stays in memory until the
    view was seen at p or later. Rows and position of the view commit together, so from then on every read of the view
    finds the id as p left it, until another commit changes it; and that commit's round begins by reading it back
    (`unknown_in`). So what a round sees of an id, in memory or in the view, is always its latest state, and an id found
    in neither was never decided upon.
    """
    for key in posts.borrowed - posts.fresh:
        _drop(posts, key)
    posts.borrowed.clear()
    if posts.fresh:
        posts.recent.append((position, tuple(posts.fresh)))
        posts.changed_at.update(dict.fromkeys(posts.fresh, position))
        posts.fresh.clear()
    while posts.recent and posts.recent[0][0] <= posts.view_position:
        at, keys = posts.recent.popleft()
        for key in keys:
            if posts.changed_at[key] == at:
                del posts.changed_at[key]
                _drop(posts, key)


def _drop(posts: Posts, key: str) -> None:
    posts.known.pop(key, None)
    posts.quarantined.pop(key, None)
    posts.gone_authors.pop(key, None)
    posts.unfounded.pop(key, None)


def differs(live: Posts, again: Posts) -> str | None:
    """How a live state differs from the refolded one in what memory still holds whole; None when it does not."""
    wrong = [key for key, known in live.known.items() if again.known.get(key) != known]
    wrong += [key for key, in_quarantine in live.quarantined.items() if again.quarantined.get(key) != in_quarantine]
    wrong += [key for key, at in live.gone_authors.items() if again.gone_authors.get(key) != at]
    wrong = [key for key in wrong if key not in live.unfounded]
    return f"{len(wrong)} ids differ, the first is {min(wrong)}" if wrong else None
