"""Which posts are one matter, worked out by walking from post to post, and the contacts in them. Knows no file.

It says architecture.md section 14 again, slowly, for a finished set of posts: who spoke to us, and whom we answered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from funnel_by_hand import Answer, Contact

CUSTOMER, HUMAN, BOT = "customer", "human", "bot"


@dataclass(frozen=True)
class Said:
    """A post as its file tells it. `ties` are names shared by posts of one matter, its own among them.

    `mentions` are names of accounts it calls, `called` those its author answers to; `told` says that it speaks to the
    brand whatever it answers; `repeats` is the post it passes on, with own words unless it is `bare`.
    """

    name: str
    author: str
    role: str
    at: int
    ties: frozenset[str]
    brand: str = ""
    direct: bool = False
    parent: str = ""
    mentions: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    told: bool = True
    repeats: str = ""
    bare: bool = False


def matters(posts: Iterable[Said]) -> list[list[Said]]:
    """Posts that a chain of shared ties connects, in order of time."""
    holders: dict[str, list[Said]] = {}
    for post in posts:
        for tie in post.ties | {post.name}:
            holders.setdefault(tie, []).append(post)
    reached: set[str] = set()
    found = []
    for members in list(holders.values()):
        if members[0].name in reached:
            continue
        matter, frontier = {members[0].name: members[0]}, [members[0]]
        while frontier:
            post = frontier.pop()
            for other in (near for tie in post.ties | {post.name} for near in holders[tie]):
                if other.name not in matter:
                    matter[other.name] = other
                    frontier.append(other)
        reached |= set(matter)
        found.append(sorted(matter.values(), key=lambda post: (post.at, post.name)))
    return found


def contacts_of(posts: Iterable[Said]) -> list[Contact]:
    """The contacts of posts that say their brand themselves: one for each brand and customer who spoke to it."""
    worded = [post for post in posts if not post.bare]
    known = {post.name: post for post in worded}
    found = []
    for matter in matters(worded):
        for brand in sorted({post.brand for post in matter}):
            found += _contacts([post for post in matter if post.brand == brand], known)
    return found


def _contacts(matter: Sequence[Said], known: Mapping[str, Said]) -> list[Contact]:
    spoken: dict[str, list[Said]] = {}
    for post in matter:
        if post.role == CUSTOMER and speaks_to_us(post, known):
            spoken.setdefault(post.author, []).append(post)
    answers: dict[str, list[Answer]] = {author: [] for author in spoken}
    for post in matter:
        if post.role != CUSTOMER:
            asked = question_of(post, known)
            at = post.at if asked is None else max(post.at, asked.at)
            for author in {asked.author} if asked else _meant(post, matter, spoken):
                answers.setdefault(author, []).append(Answer(at, post.role == HUMAN))
    return [
        Contact(said[0].at, said[0].brand, tuple(answers[author]), said[0].direct) for author, said in spoken.items()
    ]


def speaks_to_us(post: Said, known: Mapping[str, Said]) -> bool:
    """Told so, or an answer to something of ours; who passes on with own words joins in what is passed on."""
    above = known.get(post.parent or post.repeats)
    if post.told or above is None:
        return post.told
    if above.role != CUSTOMER:
        return above.brand == post.brand
    return bool(post.repeats) and not post.parent and speaks_to_us(above, known)


def question_of(post: Said, known: Mapping[str, Said]) -> Said | None:
    """The nearest customer's post above one of ours."""
    above, seen = known.get(post.parent), {post.name}
    while above is not None and above.name not in seen:
        if above.role == CUSTOMER:
            return above
        seen.add(above.name)
        above = known.get(above.parent)
    return None


def _meant(post: Said, matter: Sequence[Said], spoken: Mapping[str, Sequence[Said]]) -> set[str]:
    """Whom a post of ours is for that no parent leads from."""
    called = {
        other.author for other in matter if other.author in spoken and (other.called | {other.author}) & post.mentions
    }
    before = {author for author, said in spoken.items() if said[0].at <= post.at}
    return called or (before if len(before) == 1 else set())
