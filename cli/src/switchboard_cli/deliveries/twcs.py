"""The preset `twcs`: customer support tweets with links in two columns. It knows that file's rules, exactly.

Conversation = connected component of the reply links (both columns) whose two ends are in the file. Brand of a
conversation = author of its earliest brand tweet (`inbound` False); else, of its earliest tweet, the first mentioned
account that is a brand author anywhere in the file, without regard to case; else `unknown`. Equal times are ordered by
numeric id. A broken row is sent as it stands, so that ingest quarantines and counts it; it takes part in nothing else.

The file is read twice: once for ids, links, times and mentions, once for the texts, so memory holds no text.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chassis.clock import Instant, from_datetime, to_timestamp
from switchboard.ingest.v1.post_pb2 import AuthorKind, NormalizedPost
from switchboard.ingest.v1.service_pb2 import Delivery

from switchboard_cli.deliveries.addressed import RAW_ROW, Addressed, SourceSettings
from switchboard_cli.deliveries.rows import Row, header_of, read_rows
from switchboard_cli.union_find import UnionFind

CHANNEL = "twcs"
UNKNOWN = "unknown"
COLUMNS = ("tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id", "in_response_to_tweet_id")
TIME_FORMAT = "%a %b %d %H:%M:%S %z %Y"

_MENTION = re.compile(r"@(\w+)")
_ID = re.compile(r"(\d+)(?:\.0*)?")


class ColumnsError(ValueError):
    """The file is not of this shape; the message names what is missing."""


@dataclass(frozen=True, slots=True)
class Tweet:
    """A readable row without its text."""

    tweet_id: int
    author: str
    is_brand: bool
    at: Instant
    replies: tuple[int, ...]
    parent: int | None
    mentions: tuple[str, ...]

    @property
    def order(self) -> tuple[int, int]:
        """Earlier first, equal times by numeric id."""
        return (self.at, self.tweet_id)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A connected component. `conversation_id` is the smallest tweet id in it."""

    conversation_id: int
    brand: str
    owned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TwcsReading:
    """A file understood. `conversations` maps each tweet id to its conversation."""

    path: Path
    prefix: str
    conversations: dict[int, Conversation]
    sources: Sequence[SourceSettings]
    expected: int

    def deliveries(self) -> Iterator[Addressed]:
        """One per row, in file order."""
        unknown = source_id(self.prefix, UNKNOWN)
        for row in read_rows(self.path):
            tweet = parse(row)
            if tweet is None or row.fields is None:
                yield Addressed(unknown, Delivery(payload=row.raw_bytes(), content_type=RAW_ROW))
                continue
            conversation = self.conversations[tweet.tweet_id]
            yield Addressed(
                source_id(self.prefix, conversation.brand),
                Delivery(normalized_post=self._post(tweet, conversation, row.fields["text"])),
            )

    def _post(self, tweet: Tweet, conversation: Conversation, text: str) -> NormalizedPost:
        inside = self.conversations  # a link that leads out of the file is none
        post = NormalizedPost(
            external_id=str(tweet.tweet_id),
            author_kind=AuthorKind.AUTHOR_KIND_BRAND_HUMAN if tweet.is_brand else AuthorKind.AUTHOR_KIND_CUSTOMER,
            text=text,
            conversation=str(conversation.conversation_id),
            in_reply_to=str(tweet.parent) if tweet.parent in inside else "",
            links=[str(reply) for reply in tweet.replies if reply in inside],
            published_at=to_timestamp(tweet.at),
        )
        post.author.external_id = tweet.author
        post.author.handle = tweet.author
        return post


def read_twcs(path: Path, prefix: str) -> TwcsReading:
    """Reads the whole file once. Raises OSError when it cannot be read, ColumnsError when columns are missing."""
    missing = [column for column in COLUMNS if column not in header_of(path)]
    if missing:
        raise ColumnsError(
            f"{path.name} has no column {', '.join(missing)}; the preset twcs needs {', '.join(COLUMNS)}"
        )
    rows = 0
    broken = 0
    tweets: dict[int, Tweet] = {}
    for row in read_rows(path):
        rows += 1
        tweet = parse(row)
        if tweet is None:
            broken += 1
        else:
            tweets.setdefault(tweet.tweet_id, tweet)
    conversations = conversations_of(tweets)
    sources = _sources(prefix, conversations, with_unknown=broken > 0)
    return TwcsReading(path, prefix, conversations, sources, rows)


def parse(row: Row) -> Tweet | None:
    """The tweet of a row, None when the row is broken: an id that is no number, no author, `inbound` neither True nor
    False, an impossible time, a link that is no number."""
    fields = row.fields
    if fields is None:
        return None
    tweet_id = _number(fields["tweet_id"])
    parents = _numbers(fields["in_response_to_tweet_id"])
    replies = _numbers(fields["response_tweet_id"])
    inbound = {"true": True, "false": False}.get(fields["inbound"].strip().lower())
    author = fields["author_id"].strip()
    if tweet_id is None or parents is None or replies is None or inbound is None or not author or len(parents) > 1:
        return None
    try:
        moment = datetime.strptime(fields["created_at"].strip(), TIME_FORMAT)  # noqa: DTZ007 (the format has %z)
        at = from_datetime(moment)
    except ValueError:
        return None
    mentions = tuple(_MENTION.findall(fields["text"]))
    return Tweet(tweet_id, author, not inbound, at, replies, parents[0] if parents else None, mentions)


def conversations_of(tweets: dict[int, Tweet]) -> dict[int, Conversation]:
    """The conversation of every tweet; the order of the rows plays no part."""
    sets = UnionFind(tweets)
    for tweet in tweets.values():
        for linked in (*tweet.replies, *(() if tweet.parent is None else (tweet.parent,))):
            if linked in tweets:
                sets.join(tweet.tweet_id, linked)
    brands = _brands(tweets)
    found: dict[int, Conversation] = {}
    for members in sets.components():
        thread = sorted((tweets[member] for member in members), key=lambda tweet: tweet.order)
        owned = tuple(sorted({tweet.author for tweet in thread if tweet.is_brand}))
        conversation = Conversation(min(members), _brand(thread, brands), owned)
        found.update(dict.fromkeys(members, conversation))
    return found


def _brands(tweets: dict[int, Tweet]) -> dict[str, str]:
    """Brand authors by lower case; of several spellings the most frequent, then the first by code point."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for tweet in tweets.values():
        if tweet.is_brand:
            spellings[tweet.author.lower()][tweet.author] += 1
    return {lower: min(count, key=lambda name: (-count[name], name)) for lower, count in spellings.items()}


def _brand(thread: Sequence[Tweet], brands: dict[str, str]) -> str:
    own = next((tweet.author for tweet in thread if tweet.is_brand), None)
    if own is not None:
        return own
    return next((brands[name.lower()] for name in thread[0].mentions if name.lower() in brands), UNKNOWN)


def _sources(prefix: str, conversations: dict[int, Conversation], *, with_unknown: bool) -> list[SourceSettings]:
    owned: defaultdict[str, set[str]] = defaultdict(set)
    for conversation in conversations.values():
        owned[conversation.brand].update(conversation.owned)
        if conversation.brand != UNKNOWN:
            owned[conversation.brand].add(conversation.brand)
    if with_unknown:
        owned[UNKNOWN].update()
    return [
        SourceSettings(
            source_id=source_id(prefix, brand),
            channel=CHANNEL,
            display_name=brand,
            owned_accounts=sorted(accounts),
            labels={"brand": brand},
        )
        for brand, accounts in sorted(owned.items())
    ]


def source_id(prefix: str, brand: str) -> str:
    """The same id for the same brand in every file: `<prefix>-<brand>`, with a digest where the brand does not spell
    itself in an id's characters."""
    plain = re.sub(r"[^a-z0-9]+", "-", brand.lower()).strip("-")
    if plain == brand.lower() and len(prefix) + 1 + len(plain) <= 63:
        return f"{prefix}-{plain}"
    digest = hashlib.sha256(brand.encode()).hexdigest()[:8]
    return f"{prefix}-{plain[: 63 - len(prefix) - 10]}-{digest}".replace("--", "-")


def _number(text: str) -> int | None:
    found = _ID.fullmatch(text.strip())
    return int(found[1]) if found else None


def _numbers(text: str) -> tuple[int, ...] | None:
    parts = [part for part in text.split(",") if part.strip()]
    numbers = tuple(number for part in parts if (number := _number(part)) is not None)
    return numbers if len(numbers) == len(parts) else None
