"""The plan of the demo's day: which payload is handed over when. Deterministic by seed; it knows no service, no clock.

The kinds of deliveries are those a platform really sends: first posts, follow-ups and comments in the same thread, the
same thing delivered again, edits, deletions, echoes of the brand's own posts, things without a post, and broken ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from chassis.clock import MICROS, Instant

from switchboard_cli.demo.brands import ARRIVALS, BRANDS, INDUSTRIES, Brand, Platform
from switchboard_cli.demo.phrases import EN_NAMES, EN_PLACES, ZH_NAMES, ZH_PLACES, Writer
from switchboard_cli.demo.wire import (
    Person,
    Status,
    weibo,
    weibo_gone,
    weibo_id,
    weibo_silent,
    x_id,
    x_v1,
    x_v1_gone,
    x_v1_silent,
    x_v2,
    x_v2_gone,
    x_v2_silent,
)

MINUTE = 60 * MICROS
HOUR = 3_600 * MICROS
DAY = 24 * HOUR
DELIVERIES = 20_000


class Sort(StrEnum):
    """Why a delivery is in the plan."""

    FIRST = "first posts"
    FOLLOW_UP = "follow-ups by the same customer"
    COMMENT = "comments of others"
    REDELIVERY = "redeliveries"
    EDIT = "edits"
    DELETION = "deletions"
    ECHO = "own echoes"
    SILENT = "without a post"
    MALFORMED = "malformed"


MIX = {
    Sort.FOLLOW_UP: 0.100,
    Sort.COMMENT: 0.025,
    Sort.REDELIVERY: 0.095,
    Sort.EDIT: 0.025,
    Sort.DELETION: 0.018,
    Sort.ECHO: 0.017,
    Sort.SILENT: 0.020,
    Sort.MALFORMED: 0.010,
}
"""Share of each sort; the rest are first posts."""

EXPECTED = {
    Sort.FIRST: "ACCEPTED",
    Sort.FOLLOW_UP: "ACCEPTED",
    Sort.COMMENT: "ACCEPTED",
    Sort.REDELIVERY: "DUPLICATE",
    Sort.EDIT: "UPDATED",
    Sort.DELETION: "WITHDRAWN",
    Sort.ECHO: "ECHO",
    Sort.SILENT: "IGNORED",
    Sort.MALFORMED: "QUARANTINED",
}
"""What ingest makes of each sort."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery and when the platform hands it over."""

    due: Instant
    source_id: str
    sort: Sort
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Form:
    """How one platform writes things down."""

    number: Callable[[Instant, int], int]
    post: Callable[[Status], bytes]
    gone: Callable[[int, int, Instant], bytes]
    silent: Callable[[int, int], bytes]


_FORMS = {
    Platform.WEIBO: _Form(weibo_id, weibo, lambda number, account, at: weibo_gone(number), weibo_silent),
    Platform.X_V1: _Form(x_id, x_v1, x_v1_gone, x_v1_silent),
    Platform.X_V2: _Form(x_id, x_v2, x_v2_gone, x_v2_silent),
}


@dataclass(frozen=True, slots=True)
class _Posted:
    status: Status
    brand: Brand
    due: Instant
    payload: bytes


class _Generator:
    def __init__(self, start: Instant, seed: int) -> None:
        self.start = start
        self.random = Random(seed)  # noqa: S311 (a demo's chance, the same for everybody)
        self.sequence = 0
        self.plan: list[Planned] = []
        self.writers = {
            brand.source_id: Writer(brand.industry, brand.platform is Platform.WEIBO, self.random) for brand in BRANDS
        }
        self.brand_people = {
            brand.source_id: Person(brand.account, brand.handle, brand.name, "", "m", 250_000, verified=True)
            for brand in BRANDS
        }
        self.crowds: dict[bool, list[Person]] = {True: self._crowd(zh=True), False: self._crowd(zh=False)}

    def _crowd(self, *, zh: bool) -> list[Person]:
        """Customers of one platform; they move house and gain followers while the day goes on, see `author`."""
        random = self.random
        people = []
        for index in range(4_800 if zh else 1_700):
            name = random.choice(ZH_NAMES if zh else EN_NAMES)
            place = random.choice(ZH_PLACES if zh else EN_PLACES)
            people.append(
                Person(
                    account=(3_200_000_000 if zh else 920_000_000) + index * 37 + random.randrange(37),
                    handle=f"{name}{random.choice(ZH_NAMES)}{index}" if zh else f"{name}_{index}",
                    display_name=f"{name}{index}" if zh else f"{name.title()} {index}",
                    location=place,
                    gender=random.choice("mf"),
                    followers=int(random.paretovariate(0.9) * 20) % 90_000,
                    bio="",
                )
            )
        return people

    def author(self, zh: bool) -> Person:
        """Somebody of the crowd, few of them often; sometimes with another place than before."""
        crowd = self.crowds[zh]
        index = int(len(crowd) * self.random.random() ** 1.6)
        person = crowd[index]
        if self.random.random() < 0.08:
            places = ZH_PLACES if zh else EN_PLACES
            moved = Person(
                person.account,
                person.handle,
                person.display_name,
                self.random.choice(places),
                person.gender,
                person.followers + self.random.randrange(40),
                person.verified,
                person.bio,
            )
            crowd[index] = person = moved
        return person

    def _number(self, brand: Brand, at: Instant) -> int:
        self.sequence += 3  # leaves room for the number of an edit
        return _FORMS[brand.platform].number(at, self.sequence)

    def hand_over(self, brand: Brand, sort: Sort, payload: bytes, due: Instant) -> None:
        self.plan.append(Planned(min(due, Instant(self.start + DAY - MICROS)), brand.source_id, sort, payload))

    def post(
        self,
        brand: Brand,
        sort: Sort,
        author: Person,
        text: str,
        due: Instant,
        *,
        thread: Status | None = None,
    ) -> _Posted:
        at = Instant(due - self.random.randint(2, 50) * MICROS)
        status = Status(self._number(brand, at), author, text, at, (self.brand_people[brand.source_id],), thread)
        payload = _FORMS[brand.platform].post(status)
        self.hand_over(brand, sort, payload, due)
        return _Posted(status, brand, due, payload)

    def moment(self) -> Instant:
        hour = self.random.choices(range(24), ARRIVALS)[0]
        return Instant(self.start + MINUTE + int((hour + self.random.random()) * (HOUR - 4_000_000)))

    def firsts(self, number: int) -> list[_Posted]:
        """The first posts, industry by industry and brand by brand in their shares."""
        weights = {industry.key: industry.share for industry in INDUSTRIES}
        brands = self.random.choices(BRANDS, [weights[brand.industry] * brand.share for brand in BRANDS], k=number)
        posted = []
        for brand in brands:
            zh = brand.platform is Platform.WEIBO
            text = self.writers[brand.source_id].complaint(brand.handle)
            posted.append(self.post(brand, Sort.FIRST, self.author(zh), text, self.moment()))
        return posted

    def later(self, due: Instant, least_min: float, most_min: float) -> Instant:
        """Some minutes after, within the day."""
        return Instant(due + int(self.random.uniform(least_min, most_min) * MINUTE))


def generate(start: Instant, deliveries: int = DELIVERIES, seed: int = 20120514) -> Sequence[Planned]:
    """The plan of the day that begins at `start`, ordered by time of delivery. Same arguments, same bytes.

    `deliveries` is at least 100. The number of each sort is its share in MIX, so what ingest answers is known.
    """
    made = _Generator(start, seed)
    counts = {sort: round(deliveries * share) for sort, share in MIX.items()}
    posted = made.firsts(deliveries - sum(counts.values()))
    random = made.random
    early = [post for post in posted if post.due < start + DAY - 4 * HOUR]
    random.shuffle(early)
    spare = iter(early)  # each is changed, deleted or delivered again by one sort only, so that results stay exact

    for post in random.sample(early, counts[Sort.FOLLOW_UP]):
        text = made.writers[post.brand.source_id].again()
        made.post(post.brand, Sort.FOLLOW_UP, post.status.author, text, made.later(post.due, 2, 12), thread=post.status)
    for post in random.sample(early, counts[Sort.COMMENT]):
        author = made.author(post.brand.platform is Platform.WEIBO)
        text = made.writers[post.brand.source_id].also()
        made.post(post.brand, Sort.COMMENT, author, text, made.later(post.due, 3, 15), thread=post.status)
    for post, _ in zip(spare, range(counts[Sort.EDIT]), strict=False):
        text = made.writers[post.brand.source_id].edited(post.status.text)
        due = made.later(post.due, 3, 40)
        own = post.status
        version = Status(own.number, own.author, text, Instant(due - 5 * MICROS), own.mentioned, None, version=1)
        if post.brand.platform is Platform.WEIBO:
            version = Status(own.number, own.author, text, own.at, own.mentioned, None, version=1)
        made.hand_over(post.brand, Sort.EDIT, _FORMS[post.brand.platform].post(version), due)
    for post, _ in zip(spare, range(counts[Sort.DELETION]), strict=False):
        due = made.later(post.due, 20, 180)
        payload = _FORMS[post.brand.platform].gone(post.status.number, post.status.author.account, due)
        made.hand_over(post.brand, Sort.DELETION, payload, due)
    for post, _ in zip(spare, range(counts[Sort.REDELIVERY]), strict=False):
        made.hand_over(post.brand, Sort.REDELIVERY, post.payload, made.later(post.due, 1, 200))
    for _ in range(counts[Sort.ECHO]):
        brand = random.choice(BRANDS)
        author = made.brand_people[brand.source_id]
        made.post(brand, Sort.ECHO, author, made.writers[brand.source_id].campaign(), made.moment())
    for sequence in range(counts[Sort.SILENT]):
        brand = random.choice(BRANDS)
        made.hand_over(brand, Sort.SILENT, _FORMS[brand.platform].silent(brand.account, sequence), made.moment())
    for sequence in range(counts[Sort.MALFORMED]):
        post = next(spare)
        made.hand_over(post.brand, Sort.MALFORMED, _broken(post, sequence, random), made.moment())
    return sorted(made.plan, key=lambda planned: planned.due)


def _broken(post: _Posted, sequence: int, random: Random) -> bytes:
    """One of the ways in which payloads are broken; no two are the same bytes."""
    whole = post.payload
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: whole[: random.randint(20, len(whole) - 20)],
        lambda: whole.replace(b'"text":"', b'"text":"\xff\xfe'),
        lambda: whole.replace(b'"created_at":"', b'"created_at":"Mon Feb 31 '),
        lambda: b"<html><head><title>502 Bad Gateway</title></head><!-- %d --></html>" % sequence,
        lambda: b'{"unexpected": {"sequence": %d}}' % sequence,
    )
    return ways[sequence % len(ways)]()
