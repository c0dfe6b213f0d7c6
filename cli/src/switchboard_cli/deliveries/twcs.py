"""The preset `twcs`: customer support tweets with links in two columns, as posts and the sources they go through.

Contacts are the file's (see `twcs_contacts`), and ingest and routing find the same by their general rules: all sources
of the file are one desk that listens, so that every inbound tweet speaks to it; a conversation is one thread; where no
parent says whom a brand's tweet answers, it names the account. A contact's tweets and the answers to it go through the
source whose label is its brand. What answers nobody goes through a source of a desk where nobody ever spoke. A broken
row is sent as it stands, so that ingest quarantines and counts it; it takes part in nothing else.

The file is read twice: once for ids, links, times and mentions, once for the texts, so memory holds no text.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.clock import from_datetime, to_timestamp
from switchboard.ingest.v1.post_pb2 import AuthorKind, EntityKind, NormalizedPost, RowMapping
from switchboard.ingest.v1.post_pb2 import Row as RowMessage
from switchboard.ingest.v1.service_pb2 import Delivery

from switchboard_cli.deliveries.addressed import Addressed, SourceSettings
from switchboard_cli.deliveries.rounded import REASON, RoundedIds, problem
from switchboard_cli.deliveries.rows import CsvFile, Row
from switchboard_cli.deliveries.twcs_contacts import UNKNOWN, Place, Tweet, places_of

CHANNEL = "twcs"
COLUMNS = ("tweet_id", "author_id", "inbound", "created_at", "text", "response_tweet_id", "in_response_to_tweet_id")
TIME_FORMAT = "%a %b %d %H:%M:%S %z %Y"

INVALID = "INVALID_VALUE"
"""Of a row that this preset cannot read, unless ingest finds a better name for what is wrong with it."""
_MAPPING = RowMapping(
    id="tweet_id", author="author_id", text="text", at="created_at", parent="in_response_to_tweet_id",
    time_formats=[TIME_FORMAT],
)  # fmt: skip

_MENTION = re.compile(r"@(\w+)")
_ID = re.compile(r"(\d+)(?:\.0*)?")


class ColumnsError(ValueError):
    """The file is not of this shape; the message names what is missing."""


@dataclass(frozen=True, slots=True)
class TwcsReading:
    """A file understood. `tweets` and `places` by tweet id; of an id that comes twice the first row counts."""

    file: CsvFile
    prefix: str
    tweets: Mapping[int, Tweet]
    places: Mapping[int, Place]
    sources: Sequence[SourceSettings]
    expected: int
    rounded: frozenset[str] = frozenset()
    """Columns of ids that a spreadsheet rounded; who has a long id there takes part in nothing."""

    def deliveries(self) -> Iterator[Addressed]:
        """One per row, in file order."""
        unknown = source_id(self.prefix, UNKNOWN)
        for row in self.file.rows():
            tweet = problem(self.rounded, row.fields or {}) or parse(row)
            if isinstance(tweet, str) or row.fields is None:
                reason = REASON if problem(self.rounded, row.fields or {}) else INVALID
                refused = RowMessage(mapping=_MAPPING, reason=reason, detail=str(tweet))
                yield Addressed(unknown, self.file.delivery(row, refused))
                continue
            place = self.places[tweet.tweet_id]
            post = self._post(tweet, place, row.fields["text"])
            delivery = Delivery(normalized_post=post, place=self.file.place(row))
            yield Addressed(_source_of(self.prefix, place), delivery)

    def _post(self, tweet: Tweet, place: Place, text: str) -> NormalizedPost:
        inside = self.tweets  # a link that leads out of the file is none
        post = NormalizedPost(
            external_id=str(tweet.tweet_id),
            author_kind=AuthorKind.AUTHOR_KIND_BRAND_HUMAN if tweet.is_brand else AuthorKind.AUTHOR_KIND_CUSTOMER,
            text=text,
            conversation=str(place.conversation_id),
            in_reply_to=str(tweet.parent) if tweet.parent in inside else "",
            links=[str(linked) for linked in (*tweet.replies, *tweet.parents[1:]) if linked in inside],
            published_at=to_timestamp(tweet.at),
        )
        post.author.external_id = tweet.author
        post.author.handle = tweet.author
        if place.names:
            span = next((m.span() for m in _MENTION.finditer(text) if m[1] == place.names), (0, 0))
            post.entities.add(
                kind=EntityKind.ENTITY_KIND_MENTION,
                start=span[0],
                end=span[1],
                value=place.names,
                external_id=place.names,
            )
        return post


def read_twcs(file: CsvFile, prefix: str) -> TwcsReading:
    """Reads the whole file once. Raises OSError when it cannot be read, ColumnsError when columns are missing."""
    missing = [column for column in COLUMNS if column not in file.header]
    if missing:
        raise ColumnsError(
            f"{file.name} has no column {', '.join(missing)}; the preset twcs needs {', '.join(COLUMNS)}"
        )
    rows = 0
    broken = 0
    tweets: dict[int, Tweet] = {}
    ids = RoundedIds("tweet_id", ["in_response_to_tweet_id"])
    for row in file.rows():
        rows += 1
        ids.see(row.fields or {})
        tweet = parse(row)
        if isinstance(tweet, str):
            broken += 1
        else:
            tweets.setdefault(tweet.tweet_id, tweet)
    if rounded := ids.columns():
        tweets, broken = {}, broken + 1
        for row in file.rows():
            if (whole := _whole(row, rounded)) is not None:
                tweets.setdefault(whole.tweet_id, whole)
    places = places_of(tweets)
    sources = _sources(prefix, tweets.values(), places, with_unknown=broken > 0)
    return TwcsReading(file, prefix, tweets, places, sources, rows, rounded)


def _whole(row: Row, rounded: frozenset[str]) -> Tweet | None:
    """The tweet of a row with ids that are what they were."""
    tweet = None if problem(rounded, row.fields or {}) else parse(row)
    return None if isinstance(tweet, str) else tweet


def parse(row: Row) -> Tweet | str:
    """The tweet of a row, or what is wrong with it: an id that is no number, no author, `inbound` neither True nor
    False, an impossible time, a link that is no number. No value is repeated."""
    fields = row.fields
    if fields is None:
        return f"the row {row.problem}"
    tweet_id = _number(fields["tweet_id"])
    if tweet_id is None:
        return 'column "tweet_id" is no number'
    author = fields["author_id"].strip()
    if not author:
        return 'column "author_id" is empty'
    inbound = {"true": True, "false": False}.get(fields["inbound"].strip().lower())
    if inbound is None:
        return 'column "inbound" is neither True nor False'
    parents = _numbers(fields["in_response_to_tweet_id"])
    replies = _numbers(fields["response_tweet_id"])
    if parents is None or replies is None:
        name = "in_response_to_tweet_id" if parents is None else "response_tweet_id"
        return f'column "{name}" is neither empty nor numbers with commas between them'
    try:
        moment = datetime.strptime(fields["created_at"].strip(), TIME_FORMAT)  # noqa: DTZ007 (the format has %z)
        at = from_datetime(moment)
    except ValueError:
        return 'column "created_at" is no time written as Tue Oct 31 22:10:47 +0000 2017'
    mentions = tuple(_MENTION.findall(fields["text"]))
    return Tweet(tweet_id, author, not inbound, at, replies, parents, mentions)


def _source_of(prefix: str, place: Place) -> str:
    return _nobodys(prefix) if place.brand is None else source_id(prefix, place.brand)


def _nobodys(prefix: str) -> str:
    """The source of what answers nobody, and its desk; no brand's source is called so."""
    return f"{prefix}--nobody"


def _sources(
    prefix: str, tweets: Iterable[Tweet], places: Mapping[int, Place], *, with_unknown: bool
) -> list[SourceSettings]:
    """The sources of a file; each owns the accounts of the brands' tweets that go through it.

    An account that is inbound in one row and a brand's in another is owned by none: its rows say whose they are.
    """
    owned: defaultdict[str | None, set[str]] = defaultdict(set)
    customers = set()
    for tweet in tweets:
        through = owned[places[tweet.tweet_id].brand]
        if tweet.is_brand:
            through.add(tweet.author)
        else:
            customers.add(tweet.author.casefold())
    if with_unknown:
        owned[UNKNOWN].update()
    return [
        SourceSettings(
            source_id=_nobodys(prefix) if brand is None else source_id(prefix, brand),
            channel=CHANNEL,
            display_name="answers to nobody" if brand is None else brand,
            owned_accounts=sorted(account for account in accounts if account.casefold() not in customers),
            labels={} if brand is None else {"brand": brand},
            desk=_nobodys(prefix) if brand is None else prefix,
            listening=True,
        )
        for brand, accounts in sorted(owned.items(), key=lambda item: (item[0] is None, item[0] or ""))
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
