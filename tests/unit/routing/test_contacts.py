"""Who is a contact: whatever the order and the repetitions, the cases are those that a set of posts makes."""

from collections.abc import Sequence

from cases_by_hand import ByHand, Roles, Told
from hypothesis import given, settings
from hypothesis import strategies as st
from routing import commands
from routing.shard import Shard
from routing.terms import AuthorKind

from tests.unit.routing.build import post, run, sight, t

MANY = settings(max_examples=300, deadline=None)
DESKS = ("shop", "other")
CUSTOMERS = ("ann", "ben", "cat")


@st.composite
def tales(draw: st.DrawFn) -> list[Told]:
    """Posts of several people in several threads, some of them ours, some repeated, renamed or taken back."""
    posts: list[Told] = []
    for number in range(draw(st.integers(1, 8))):
        ours = draw(st.integers(0, 3)) == 0
        repost = not ours and draw(st.integers(0, 5)) == 0
        above = draw(st.sampled_from([*range(number), None, None])) if number else None
        parent = "" if above is None else posts[above].name
        if above is not None and posts[above].aliases and draw(st.booleans()):
            parent = min(posts[above].aliases)
        first = draw(st.sampled_from(DESKS[:1] * 3 + DESKS[1:]))
        desks = {first: not ours and draw(st.booleans())}
        if not ours and draw(st.integers(0, 2)) == 0:
            desks[DESKS[first == DESKS[0]]] = draw(st.booleans())
        author = f"we-{first}" if ours else draw(st.sampled_from(CUSTOMERS))
        posts.append(
            Told(
                name=f"p{number}",
                author=author,
                at=draw(st.integers(0, 9)),
                desks=desks,
                parent=parent,
                ties=frozenset({"talk"}) if draw(st.integers(0, 3)) == 0 and not repost else frozenset(),
                ours=ours,
                repost=repost and parent != "",
                mentions=frozenset(draw(st.sets(st.sampled_from(["ann", "@ben", "@cat"]), max_size=2))),
                aliases=frozenset({f"v{number}"}) if draw(st.integers(0, 3)) == 0 else frozenset(),
                handle="" if ours else f"@{author}",
                withdrawn=draw(st.integers(0, 6)) == 0,
            )
        )
    return posts


def arrivals(told: Told, at: float, *, names_late: bool) -> list[commands.Command]:
    """What reaches routing of one post: itself, then what is said of it later."""
    (first, speaks), *others = told.desks.items()
    own = () if names_late else tuple(told.aliases)
    arrived = post(
        told.name,
        *told.ties,
        at=at,
        published=told.at,
        author_kind=AuthorKind.BRAND_HUMAN if told.ours else AuthorKind.CUSTOMER,
        by=told.author,
        desk=first,
        told=speaks and not names_late,
        parent=told.parent,
        repost=told.repost,
        mentions=tuple(told.mentions),
        aliases=own,
    )
    later: list[commands.Command] = [sight(told.name, desk, at, told=yes) for desk, yes in others]
    if names_late and speaks:
        later.append(sight(told.name, first, at, told=True))
    if names_late and told.aliases:
        later.append(commands.AliasPost(told.name, tuple(told.aliases), t(at)))
    if told.withdrawn:
        later.append(commands.DetachPost(told.name, t(at)))
    return [arrived, *later]


@st.composite
def deliveries(draw: st.DrawFn, posts: Sequence[Told]) -> list[commands.Command]:
    """The posts in any order, each before what is said of it, some of it twice."""
    queues = [arrivals(told, 10.0, names_late=draw(st.booleans())) for told in posts]
    order = draw(st.permutations([n for n, queue in enumerate(queues) for _ in queue]))
    found: list[commands.Command] = []
    for n in order:
        found.append(queues[n].pop(0))
        if draw(st.integers(0, 5)) == 0:
            found.append(draw(st.sampled_from(found)))
    return found


def cases_of(shard: Shard, posts: Sequence[Told]) -> Roles:
    """The cases of a shard in the words of the oracle."""
    threads = ByHand(posts).threads
    found: Roles = {}
    ids: dict[object, str] = {}
    for thread in shard.threads.by_id.values():
        for one in thread.posts.values():
            for seen in one.sights:
                for part in seen.parts:
                    key = seen.desk, part.customer_id, threads[one.post_id]
                    found.setdefault(key, {})[one.post_id] = part.role.name
                    case_id = thread.case_of(part)
                    assert ids.setdefault(key, case_id) == case_id
                    assert shard.cases[case_id].identity_id == part.customer_id
    return found


@MANY
@given(st.data())
def test_in_any_order_and_however_often_the_cases_are_those_of_the_set_of_posts(data: st.DataObject) -> None:
    posts = data.draw(tales())
    shard = Shard()
    for command in data.draw(deliveries(posts)):
        run(shard, command)
    assert cases_of(shard, posts) == ByHand(posts).cases()
