"""One thread: its posts, who answers whom along replies, and who its customers are to each desk. It decides nothing.

It is a function of the set of its posts, whatever the order of their arrival; only what posts are to cases (`Part`) is
written into it by facts. Whatever a change may make different is named to the caller as something to look at again.
What a post adds costs the same in a thread of any size: nothing here walks over a thread, except over what changes.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from chassis.clock import LAST, Instant
from msgspec import Struct
from msgspec.structs import replace

from routing.posts import Part, Post, Sight
from routing.terms import AuthorKind, PostRole

Place = tuple[Instant, str]
"""Publication and id of a post: their order."""
Look = Callable[[Iterable[str]], None]
"""Is told which posts to look at again."""
CLIMB_MAX = 64
"""Posts without a part in any case that a remark is looked past, to find what it is a remark on."""
END = Instant(LAST + 1)


def nobody(_: Iterable[str]) -> None:
    """Looks at nothing: what was decided long ago is settled."""


class Customer(Struct, eq=False, gc=False):
    """One author in one thread, as one desk knows them. Lists are sorted and hold what is not withdrawn."""

    desk: str
    identity_id: str
    case_ids: list[str] = []
    """Their case; several while a late link has shown them to be one, and they are not joined yet."""
    posts: list[Place] = []
    addressed: list[Place] = []
    """Those of their posts that speak to us."""
    contacts: list[Place] = []
    """Those that are contacts of the case by now."""
    answers: list[Place] = []
    """Posts of our people that answer them by now, by the time they count from."""
    asked: int = 0
    """How many posts of ours answer one of theirs by name."""
    names: tuple[str, ...] = ()
    """What a mention of them may say: their identity and handles."""

    @property
    def first(self) -> Instant | None:
        """Publication of the first post that speaks to us."""
        return self.addressed[0][0] if self.addressed else None

    @property
    def has_case(self) -> bool:
        """Whether there is to be a case."""
        return bool(self.addressed or self.asked)


class Desk(Struct, eq=False, gc=False):
    """What a thread is to one desk."""

    customers: dict[str, Customer] = {}
    names: dict[str, dict[str, None]] | None = None
    """What a mention says, an identity or a handle, to the customers it may mean; None before a post of ours is here
    that may mention somebody.
    """
    mentions: dict[str, dict[str, None]] = {}
    """The same to the posts of ours that say it and answer nothing by name."""
    loose: list[Place] = []
    """Posts of ours that answer nothing by name."""
    firsts: list[tuple[Instant, str]] = []
    """When each customer first spoke to us."""

    def called(self, name: str) -> Iterable[str]:
        """The customers whom a mention may mean."""
        if self.names is not None:
            return self.names.get(name, ())
        return [customer.identity_id for customer in self.customers.values() if name in customer.names]

    def index_names(self) -> dict[str, dict[str, None]]:
        """The index of names, from now on kept."""
        if self.names is None:
            self.names = {}
            for customer in self.customers.values():
                for name in customer.names:
                    self.names.setdefault(name, {})[customer.identity_id] = None
        return self.names


def only(firsts: list[tuple[Instant, str]], at: Instant) -> str:
    """Who alone had spoken to us by then, "" for nobody or several."""
    if not firsts or firsts[0][0] > at or (len(firsts) > 1 and firsts[1][0] <= at):
        return ""
    return firsts[0][1]


def is_alone(post: Post, keys: tuple[str, ...]) -> bool:
    """Whether a customer's post with these thread keys is tied to nothing."""
    answers = post.parent and not post.is_repost
    return keys == (post.post_id,) and not (answers or post.alias_ids or post.is_withdrawn) and post.by_customer


class Thread:
    """The posts that reply links and conversation ids tie together.

    One that is `alone` takes half the memory and a third of the time: the dictionaries below are there once somebody
    asks for one of them.
    """

    __slots__ = (
        "aliases",
        "alone",
        "asked",
        "awake",
        "children",
        "desks",
        "is_partial",
        "joined",
        "keys",
        "posts",
        "snapshot",
        "thread_id",
    )

    def __init__(self, thread_id: str, alone: Post | None = None) -> None:
        self.thread_id = thread_id
        self.alone = alone
        """Its one post, which opened a case, as in most threads; None as soon as anything more is known of it."""
        self.is_partial = False
        """Whether posts of it are in the read model only."""
        self.awake = 0
        """How many of its cases are not dormant."""
        self.snapshot = 0
        """The latest snapshot that has it, or began before it was there."""
        if alone is None:
            self._begin()

    def _begin(self) -> None:
        self.keys: dict[str, None] = {}
        self.posts: dict[str, Post] = {}
        """By id; withdrawn ones keep their place."""
        self.aliases: dict[str, str] = {}
        self.children: dict[str, list[str]] = {}
        """What a post is called to those that answer it."""
        self.asked: dict[str, str] = {}
        """Post that is no customer's to the customer's post it answers: its nearest such ancestor."""
        self.desks: dict[str, Desk] = {}
        self.joined: dict[str, str] = {}
        """Case to the one it went on in."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """One of the dictionaries of a thread that is alone, whose slots are empty until then."""
            if name not in Thread.__slots__:
                raise AttributeError(name)
            self._begin()
            post = self.alone
            (sight,) = post.sights
            self.keys[post.post_id] = None
            self.add(post, nobody)
            self.customer(sight.desk, post.identity_id).case_ids.append(sight.parts[0].case_id)
            return getattr(self, name)

    def __len__(self) -> int:
        """How many entries it takes of memory."""
        if self.alone is not None:
            return 3
        return len(self.keys) + len(self.posts) + sum(len(desk.customers) for desk in self.desks.values())

    def find(self, key: str) -> Post | None:
        """The post that is called so."""
        post = self.posts.get(key)
        if post is None and key in self.aliases:
            post = self.posts.get(self.aliases[key])
        return post

    def parent_of(self, post: Post) -> Post | None:
        """What a post answers; a repost begins anew."""
        return self.find(post.parent) if post.parent and not post.is_repost else None

    def question_of(self, post_id: str) -> Post | None:
        """What a post that is no customer's answers by name, None when nothing."""
        asked = self.asked.get(post_id)
        return None if asked is None else self.posts[asked]

    def desk(self, desk: str) -> Desk:
        """What the thread is to a desk."""
        found = self.desks.get(desk)
        if found is None:
            found = self.desks[desk] = Desk()
        return found

    def customer(self, desk: str, identity_id: str) -> Customer:
        """What an author is to a desk."""
        customers = self.desk(desk).customers
        found = customers.get(identity_id)
        if found is None:
            found = customers[identity_id] = Customer(desk, identity_id)
        return found

    def case_of(self, part: Part) -> str:
        """The case a part is of by now."""
        case_id = part.case_id
        while case_id in self.joined:
            case_id = self.joined[case_id]
        return case_id

    # What facts add and take.

    def add(self, post: Post, look: Look) -> None:
        """A post that nobody here knows."""
        self.posts[post.post_id] = post
        if post.parent and not post.is_repost:
            self.children.setdefault(post.parent, []).append(post.post_id)
            parent = None if post.by_customer else self.find(post.parent)
            if parent is not None:
                question = parent.post_id if parent.by_customer else self.asked.get(parent.post_id)
                if question is not None:
                    self.asked[post.post_id] = question
        for sight in post.sights:
            self._see(post, sight, look)
        if post.alias_ids:
            self.name(post, post.alias_ids, look)
        self._adopt(post, (post.post_id,), look)

    def name(self, post: Post, alias_ids: Iterable[str], look: Look) -> None:
        """A post has these other names as well."""
        new = [alias for alias in alias_ids if alias not in self.aliases and alias not in self.posts]
        for alias in new:
            self.aliases[alias] = post.post_id
        known = self.posts[post.post_id]
        self.posts[post.post_id] = replace(known, alias_ids=tuple(sorted({*known.alias_ids, *alias_ids})))
        self._adopt(self.posts[post.post_id], new, look)

    def see(self, post_id: str, sight: Sight, look: Look) -> None:
        """A further desk was brought a post."""
        post = self.posts[post_id]
        post = self.posts[post_id] = replace(post, sights=(*post.sights, sight))
        self._see(post, sight, look)

    def address(self, post_id: str, desk: str, look: Look) -> None:
        """A post turned out to speak to a desk."""
        post = self.posts.get(post_id)
        sight = None if post is None else post.sight(desk)
        if post is None or sight is None or sight.is_addressed:
            return
        self._put(post, replace(sight, is_addressed=True))
        if post.by_customer and not post.is_withdrawn:
            customer = self.customer(desk, post.identity_id)
            with_ = customer.has_case, customer.first
            insort(customer.addressed, (post.published_at, post_id))
            self._changed(customer, with_, look)

    def withdraw(self, post_id: str, look: Look) -> None:
        """A post's author took it back."""
        post = self.posts.get(post_id)
        if post is None or post.is_withdrawn:
            return
        self.posts[post_id] = replace(post, is_withdrawn=True)
        place = post.published_at, post_id
        for sight in post.sights:
            if post.by_customer:
                customer = self.customer(sight.desk, post.identity_id)
                before = customer.has_case, customer.first
                _remove(customer.posts, place)
                _remove(customer.addressed, place)
                self._changed(customer, before, look)
            elif post.is_ours:
                self._unanswer(post, sight.desk, look)

    def take(self, part: Part, post_id: str, desk: str, look: Look) -> None:
        """A post became part of a case."""
        post = self.posts.get(post_id)
        sight = None if post is None else post.sight(desk)
        if post is None or sight is None:
            return
        self._put(post, replace(sight, parts=(*sight.parts, part)))
        customer = self.customer(desk, part.customer_id)
        if part.role == PostRole.CONTACT:
            insort(customer.contacts, (post.published_at, post_id))
        elif is_answer(part.role, post.author_kind):
            insort(customer.answers, (counts_from(post, part), post_id))
        if self.children:
            look(self.remarks_on(post, desk))

    def drop(self, case_id: str, post_id: str, desk: str, look: Look) -> None:
        """A post is no part of a case any more."""
        post = self.posts.get(post_id)
        sight = None if post is None else post.sight(desk)
        if post is None or sight is None:
            return
        gone = [part for part in sight.parts if self.case_of(part) == case_id]
        self._put(post, replace(sight, parts=tuple(part for part in sight.parts if part not in gone)))
        for part in gone:
            customer = self.customer(desk, part.customer_id)
            _remove(customer.contacts, (post.published_at, post_id))
            _remove(customer.answers, (counts_from(post, part), post_id))
        look(self.remarks_on(post, desk))

    def absorb(self, other: "Thread", look: Look) -> None:
        """Everything another thread holds is this one's from now on. Costs as much as the other one is large."""
        self.keys.update(other.keys)
        self.posts.update(other.posts)
        self.aliases.update(other.aliases)
        self.asked.update(other.asked)
        self.joined.update(other.joined)
        self.awake += other.awake
        self.is_partial |= other.is_partial
        for key, ids in other.children.items():
            self.children.setdefault(key, []).extend(ids)
        for desk, theirs in other.desks.items():
            self._absorb(desk, theirs, look)

    # What they mean.

    def replies_to(self, post: Post) -> list[str]:
        """What answers a post, by whichever name."""
        return [child for key in post.ids for child in self.children.get(key, ())]

    def remarks_on(self, post: Post, desk: str) -> list[str]:
        """What may hang on the same case because this post does: its replies, past those that can hang on none."""
        found: list[str] = []
        frontier, seen = [(post, 0)], {post.post_id}
        while frontier:
            above, depth = frontier.pop()
            for child in self.replies_to(above):
                if child in seen:
                    continue
                seen.add(child)
                below = self.posts[child]
                if self.may_hang(below, desk):
                    found.append(child)
                elif not _parts(below, desk) and depth < CLIMB_MAX:
                    frontier.append((below, depth + 1))
        return found

    def may_hang(self, post: Post, desk: str) -> bool:
        """Whether a post's author may be a customer of this desk, so that it hangs wherever its parent does."""
        return post.by_customer and not post.is_withdrawn and post.sight(desk) is not None

    def _put(self, post: Post, sight: Sight) -> None:
        sights: tuple[Sight, ...] = (sight,)
        if len(post.sights) > 1:
            sights = tuple([sight if one.desk == sight.desk else one for one in post.sights])
        self.posts[post.post_id] = replace(post, sights=sights)

    def _see(self, post: Post, sight: Sight, look: Look) -> None:
        """Counts a post for a desk, with what it is to cases already."""
        place = post.published_at, post.post_id
        if post.by_customer:
            known = self.desk(sight.desk).customers.get(post.identity_id)
            if known is None:
                self._meet(post, sight, look)
            else:
                self._hear(known, post, sight, look)
        elif post.is_ours and not post.is_withdrawn:
            self._answer(post, sight.desk, look)
        for part in sight.parts:
            customer = self.customer(sight.desk, part.customer_id)
            if part.role == PostRole.CONTACT:
                insort(customer.contacts, place)
            elif is_answer(part.role, post.author_kind):
                insort(customer.answers, (counts_from(post, part), post.post_id))

    def _meet(self, post: Post, sight: Sight, look: Look) -> None:
        """An author whom the desk does not know speaks: `_hear` with nothing before it."""
        desk, identity_id = self.desk(sight.desk), post.identity_id
        said = [] if post.is_withdrawn else [(post.published_at, post.post_id)]
        spoke = said.copy() if sight.is_addressed else []
        names = tuple(name for name in dict.fromkeys((identity_id, post.handle_id)) if name)
        customer = desk.customers[identity_id] = Customer(sight.desk, identity_id, [], said, spoke, names=names)
        if desk.names is not None:
            for name in names:
                desk.names.setdefault(name, {})[identity_id] = None
        if spoke:
            windows = desk.firsts[:2]
            insort(desk.firsts, (post.published_at, identity_id))
            if desk.loose:
                look(_moved(desk.loose, windows, desk.firsts[:2]))
            if desk.mentions:
                look(self._mentioning(customer))

    def _hear(self, customer: Customer, post: Post, sight: Sight, look: Look) -> None:
        """A customer says something more."""
        place = post.published_at, post.post_id
        before = customer.has_case, customer.first
        if not post.is_withdrawn:
            insort(customer.posts, place)
            if sight.is_addressed:
                insort(customer.addressed, place)
        if post.handle_id not in customer.names or post.identity_id not in customer.names:
            self._name(customer, post, look if before[0] else nobody)
        # What the post itself means is decided with it.
        self._changed(customer, before, look, post.post_id)

    def _name(self, customer: Customer, post: Post, look: Look) -> None:
        """A mention may say this of a customer as well."""
        desk = self.desk(customer.desk)
        for name in (post.identity_id, post.handle_id):
            if name and name not in customer.names:
                customer.names += (name,)
                if desk.names is not None:
                    desk.names.setdefault(name, {})[customer.identity_id] = None
                    look(desk.mentions.get(name, ()))

    def _answer(self, post: Post, desk: str, look: Look) -> None:
        """Counts a post of ours where it answers somebody by name, or may yet answer somebody."""
        question = self.question_of(post.post_id)
        if question is not None:
            customer = self.customer(desk, question.identity_id)
            before = customer.has_case, customer.first
            customer.asked += 1
            self._changed(customer, before, look)
            return
        theirs = self.desk(desk)
        theirs.index_names()
        insort(theirs.loose, (post.published_at, post.post_id))
        for name in post.mentioned_ids:
            theirs.mentions.setdefault(name, {})[post.post_id] = None

    def _unanswer(self, post: Post, desk: str, look: Look) -> None:
        question = self.question_of(post.post_id)
        if question is not None:
            customer = self.customer(desk, question.identity_id)
            before = customer.has_case, customer.first
            customer.asked -= 1
            self._changed(customer, before, look)
        else:
            self._not_loose(post, desk)

    def _not_loose(self, post: Post, desk: str) -> None:
        theirs = self.desk(desk)
        _remove(theirs.loose, (post.published_at, post.post_id))
        for name in post.mentioned_ids:
            theirs.mentions.get(name, {}).pop(post.post_id, None)

    def _adopt(self, post: Post, names: Iterable[str], look: Look) -> None:
        """Whatever answers a post under these names has found its parent."""
        if not self.children:
            return
        waiting = [child for name in names for child in self.children.get(name, ())]
        if not waiting:
            return
        question = post.post_id if post.by_customer else self.asked.get(post.post_id)
        frontier = list(waiting) if question is not None else []
        while frontier:
            below = self.posts[frontier.pop()]
            if below.by_customer or below.post_id in self.asked:
                continue
            if below.is_ours and not below.is_withdrawn:
                for sight in below.sights:
                    self._not_loose(below, sight.desk)
            assert question is not None
            self.asked[below.post_id] = question
            if below.is_ours and not below.is_withdrawn:
                for sight in below.sights:
                    self._answer(below, sight.desk, look)
            look((below.post_id,))
            frontier.extend(self.replies_to(below))
        look(waiting)
        for desk in self.desks:  # also those that have not seen it: it may lead to what they have
            look(self.remarks_on(post, desk))

    def _changed(self, customer: Customer, before: tuple[bool, Instant | None], look: Look, but: str = "") -> None:
        """What else is different now that a customer begins to speak to us at another time, or not at all; `but` one
        of their posts.
        """
        had, was = before
        has, first = customer.has_case, customer.first
        if was == first and had == has:
            return
        desk = self.desk(customer.desk)
        if was != first:
            windows = desk.firsts[:2]
            if was is not None:
                _remove(desk.firsts, (was, customer.identity_id))
            if first is not None:
                insort(desk.firsts, (first, customer.identity_id))
            if desk.loose:
                look(_moved(desk.loose, windows, desk.firsts[:2]))
        if had != has:
            if desk.mentions:
                look(self._mentioning(customer))
            others = [post_id for _, post_id in customer.posts if post_id != but]
        else:
            start, end = min(was or END, first or END), max(was or END, first or END)
            within = slice(bisect_left(customer.posts, (start, "")), bisect_left(customer.posts, (end, "")))
            others = [post_id for _, post_id in customer.posts[within] if post_id != but]
        if others:
            look(others)

    def _mentioning(self, customer: Customer) -> Iterator[str]:
        """Posts of ours that name a customer and answer nothing by name."""
        mentions = self.desk(customer.desk).mentions
        return (post_id for name in customer.names for post_id in mentions.get(name, ()))

    def _absorb(self, name: str, theirs: Desk, look: Look) -> None:
        """What another thread is to a desk comes to what this one is."""
        desk = self.desk(name)
        windows, others = desk.firsts[:2], theirs.firsts[:2]
        loose = list(theirs.loose)
        if desk.names is not None or theirs.names is not None:
            names = desk.index_names()
            for called, identities in theirs.index_names().items():
                names.setdefault(called, {}).update(identities)
                look(desk.mentions.get(called, ()))
            for called, posts in theirs.mentions.items():
                desk.mentions.setdefault(called, {}).update(posts)
                if called in names:
                    look(posts)
        for identity_id, customer in theirs.customers.items():
            known = desk.customers.get(identity_id)
            if known is None:
                desk.customers[identity_id] = customer
                if customer.first is not None:
                    insort(desk.firsts, (customer.first, identity_id))
                continue
            before = known.has_case, known.first
            was = known.first, customer.first
            for mine, other in (
                (known.posts, customer.posts),
                (known.addressed, customer.addressed),
                (known.contacts, customer.contacts),
                (known.answers, customer.answers),
            ):
                for place in other:
                    insort(mine, place)
            known.asked += customer.asked
            known.names += tuple(called for called in customer.names if called not in known.names)
            known.case_ids += [case_id for case_id in customer.case_ids if case_id not in known.case_ids]
            if known.first != before[1]:
                if before[1] is not None:
                    _remove(desk.firsts, (before[1], identity_id))
                if known.first is not None:
                    insort(desk.firsts, (known.first, identity_id))
            if was[0] != was[1] or before[0] != customer.has_case:
                look(post_id for _, post_id in known.posts)
        look(_moved(desk.loose, windows, desk.firsts[:2]))
        look(_moved(loose, others, desk.firsts[:2]))
        for place in loose:
            insort(desk.loose, place)


def is_answer(role: PostRole, author_kind: AuthorKind) -> bool:
    """Whether such a post of ours answers a customer; a bot's does not."""
    return role == PostRole.ANSWER and author_kind == AuthorKind.BRAND_HUMAN


def counts_from(post: Post, part: Part) -> Instant:
    """From when an answer counts: it is not earlier than the question it names, whatever the platforms' clocks say."""
    return max(post.published_at, part.answers_published_at or post.published_at)


def _parts(post: Post, desk: str) -> tuple[Part, ...]:
    sight = post.sight(desk)
    return () if sight is None else sight.parts


def _moved(loose: list[Place], before: list[tuple[Instant, str]], after: list[tuple[Instant, str]]) -> list[str]:
    """Posts of ours whose only possible customer is another one than before."""
    if before == after or not loose:
        return []
    edges = sorted({at for at, _ in (*before, *after)})
    found: list[str] = []
    for start, end in zip(edges, [*edges[1:], END], strict=True):
        if only(before, start) != only(after, start):
            found += [p for _, p in loose[bisect_left(loose, (start, "")) : bisect_left(loose, (end, ""))]]
    return found


def _remove(places: list[Place], place: Place) -> None:
    at = bisect_left(places, place)
    if places[at : at + 1] == [place]:
        del places[at]
