"""Which posts are one matter, worked out by walking from post to post, and the contacts they make. Knows no file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from funnel_by_hand import Answer, Contact

CUSTOMER, HUMAN, BOT = "customer", "human", "bot"


@dataclass(frozen=True)
class Said:
    """A post as its file tells it. `ties` are names shared by posts of one matter, its own among them."""

    name: str
    author: str
    role: str
    at: int
    ties: frozenset[str]
    brand: str = ""
    direct: bool = False


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


def contact_of(matter: Sequence[Said], brand: str = "") -> Contact | None:
    """The contact a matter is, None where no customer spoke; its brand is that of the first customer's post."""
    asked = next((post for post in matter if post.role == CUSTOMER), None)
    if asked is None:
        return None
    answers = tuple(Answer(post.at, post.role == HUMAN) for post in matter if post.role != CUSTOMER)
    return Contact(asked.at, brand or asked.brand, answers, asked.direct)


def contacts_of(posts: Iterable[Said]) -> list[Contact]:
    """The contacts of posts that say their brand themselves."""
    return [contact for matter in matters(posts) if (contact := contact_of(matter)) is not None]
