"""Whose tweet is whose in the file of the preset `twcs`: its rules, which know the whole file. It reads nothing.

A conversation is a connected component of the reply links whose two ends are in the file. A contact is one inbound
author in one conversation. A brand's tweet answers the author of its nearest inbound ancestor (parent = the first id of
`in_response_to_tweet_id`, if that is in the file); without one the first account it mentions that is an inbound author
of the conversation; else the only inbound author; else nobody. The brand of a contact is the author of the earliest
brand tweet to it; else, of its author's earliest tweet, the first mentioned account that is a brand author anywhere in
the file, without regard to case; else `unknown`. Equal times are ordered by numeric id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chassis.clock import Instant

from switchboard_cli.union_find import UnionFind

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tweet:
    """A readable row without its text. `is_brand`: the column `inbound` is False. `parents[0]` is the parent."""

    tweet_id: int
    author: str
    is_brand: bool
    at: Instant
    replies: tuple[int, ...]
    parents: tuple[int, ...]
    mentions: tuple[str, ...]

    @property
    def order(self) -> tuple[int, int]:
        """Earlier first, equal times by numeric id."""
        return (self.at, self.tweet_id)

    @property
    def parent(self) -> int | None:
        return self.parents[0] if self.parents else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tweet belongs. `conversation_id`: the smallest tweet id of its conversation."""

    conversation_id: int
    brand: str | None
    """That of the contact it is of or answers; None for a brand's tweet that answers nobody."""
    names: str = ""
    """Whom it answers where no parent says so."""


def places_of(tweets: Mapping[int, Tweet]) -> dict[int, Place]:
    """The place of every tweet; the order of the rows plays no part."""
    spellings = _spellings(tweets.values())
    places: dict[int, Place] = {}
    for thread in conversations_of(tweets):
        places.update(_places(thread, tweets, spellings))
    return places


def conversations_of(tweets: Mapping[int, Tweet]) -> list[list[Tweet]]:
    """The tweets of each conversation, in order of time."""
    sets = UnionFind(tweets)
    for tweet in tweets.values():
        for linked in (*tweet.replies, *tweet.parents):
            if linked in tweets:
                sets.join(tweet.tweet_id, linked)
    return [sorted((tweets[each] for each in ids), key=lambda tweet: tweet.order) for ids in sets.components()]


def _places(thread: list[Tweet], tweets: Mapping[int, Tweet], spellings: Mapping[str, str]) -> dict[int, Place]:
    """Of one conversation's tweets, in order of time."""
    conversation_id = min(tweet.tweet_id for tweet in thread)
    customers = {tweet.author: tweet for tweet in reversed(thread) if not tweet.is_brand}
    answered: dict[int, tuple[str, bool]] = {}
    brands: dict[str, str] = {}
    for tweet in thread:
        if not tweet.is_brand:
            continue
        by_parent = _asked(tweet, tweets)
        author = by_parent or _named(tweet, customers)
        if author:
            answered[tweet.tweet_id] = author, not by_parent
            brands.setdefault(author, tweet.author)
    for author, earliest in customers.items():
        called = (spellings[name.lower()] for name in earliest.mentions if name.lower() in spellings)
        brands.setdefault(author, next(called, UNKNOWN))
    places = {}
    for tweet in thread:
        author, is_named = answered.get(tweet.tweet_id, ("", False)) if tweet.is_brand else (tweet.author, False)
        places[tweet.tweet_id] = Place(conversation_id, brands.get(author), author if is_named else "")
    return places


def _asked(tweet: Tweet, tweets: Mapping[int, Tweet]) -> str:
    """The author of the nearest inbound ancestor, "" without one."""
    above, seen = tweets.get(tweet.parent or 0), {tweet.tweet_id}
    while above is not None and above.tweet_id not in seen:
        if not above.is_brand:
            return above.author
        seen.add(above.tweet_id)
        above = tweets.get(above.parent or 0)
    return ""


def _named(tweet: Tweet, customers: Mapping[str, Tweet]) -> str:
    """The first account mentioned that is a customer of the conversation, else its only customer, else ""."""
    only = next(iter(customers)) if len(customers) == 1 else ""
    return next((name for name in tweet.mentions if name in customers), only)


def _spellings(tweets: Iterable[Tweet]) -> dict[str, str]:
    """Brand authors by lower case; of several spellings the most frequent, then the first by code point."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for tweet in tweets:
        if tweet.is_brand:
            found[tweet.author.lower()][tweet.author] += 1
    return {lower: min(count, key=lambda name: (-count[name], name)) for lower, count in found.items()}
