"""What the CSV data sets and the care conversations say, read by plain Python from the definitions of contracts.md."""

import csv
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from funnel_by_hand import SECOND, Answer, Contact
from threads_by_hand import CUSTOMER, HUMAN, Said, contacts_of, matters, question_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Reading:
    """What a file holds: its contacts, and how many posts, authors and unreadable rows."""

    contacts: list[Contact]
    posts: int
    identities: int
    unreadable: int


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def twcs(path: Path) -> Reading:
    """The preset `twcs`. Its fixture has broken rows; a broken row is no tweet."""
    tweets: dict[str, Said] = {}
    unreadable = 0
    for row in rows_of(path):
        tweet = _tweet(row)
        if tweet is None:
            unreadable += 1
        else:
            tweets.setdefault(tweet.name, tweet)
    inside = {
        name: replace(tweet, ties=frozenset(tie for tie in tweet.ties if tie in tweets))
        for name, tweet in tweets.items()
    }
    texts = {str(int(row["tweet_id"])): row["text"] for row in reversed(rows_of(path)) if _tweet(row)}
    spelled = {tweet.author.lower(): tweet.author for tweet in inside.values() if tweet.role == HUMAN}
    contacts = []
    for matter in matters(inside.values()):
        thread = sorted(matter, key=lambda tweet: (tweet.at, int(tweet.name)))
        earliest = {tweet.author: tweet for tweet in reversed(thread) if tweet.role == CUSTOMER}
        answers: dict[str, list[Said]] = {author: [] for author in earliest}
        for tweet in thread:
            if tweet.role == HUMAN:
                asked = question_of(tweet, inside)
                mentioned = [name for name in _accounts(texts[tweet.name]) if name in earliest]
                for author in [asked.author] if asked else mentioned[:1] or list(earliest) * (len(earliest) == 1):
                    answers[author].append(tweet)
        for author, first in earliest.items():
            told = [spelled[name.lower()] for name in _accounts(texts[first.name]) if name.lower() in spelled]
            brand = next((answer.author for answer in answers[author]), next(iter(told), "unknown"))
            contacts.append(Contact(first.at, brand, tuple(Answer(answer.at) for answer in answers[author])))
    return Reading(contacts, len(inside), len({tweet.author for tweet in inside.values()}), unreadable)


def _accounts(text: str) -> list[str]:
    return re.findall(r"@(\w+)", text)


def _tweet(row: dict[str, str]) -> Said | None:
    if None in row or None in row.values():
        return None  # more or fewer cells than columns
    try:
        number = int(float(row["tweet_id"]))
        at = micros(datetime.strptime(row["created_at"], "%a %b %d %H:%M:%S %z %Y"))
        parents = [str(int(float(link))) for link in row["in_response_to_tweet_id"].split(",") if link]
        replies = [str(int(float(link))) for link in row["response_tweet_id"].split(",") if link]
        role = {"True": CUSTOMER, "False": HUMAN}[row["inbound"]]
    except (ValueError, KeyError, TypeError):
        return None
    if not row["author_id"]:
        return None
    ties = frozenset([*parents, *replies])
    return Said(str(number), row["author_id"], role, at, ties, parent=next(iter(parents), ""))


def letters(path: Path, brand: str) -> Reading:
    """Letters to a government: one contact per readable row, answered in the same row."""
    zone, form = ZoneInfo("Asia/Shanghai"), "%Y/%m/%d %H:%M:%S"

    def instant(text: str) -> int | None:
        try:
            return micros(datetime.strptime(text, form).replace(tzinfo=zone))
        except ValueError:
            return None

    contacts, authors, replies, unreadable = [], set(), 0, 0
    for row in rows_of(path):
        start = instant(row["posted_at"])
        if start is None:
            unreadable += 1
            continue
        letter = Said(row["message_id"], row["user_id"], CUSTOMER, start, frozenset(), brand)
        matter = [letter]
        authors.add(row["user_id"])
        if row["reply"].strip() and row["replied_at"].strip():
            replied = instant(row["replied_at"])
            if replied is None:
                unreadable += 1
            else:
                replies += 1
                matter.append(Said("reply", "", HUMAN, replied, frozenset({letter.name}), brand, parent=letter.name))
        contacts += contacts_of(matter)
    return Reading(contacts, len(contacts) + replies, len(authors) + (replies > 0), unreadable)


def care(path: Path) -> tuple[list[dict[str, Any]], Reading]:
    """Care conversations: the posts in the order in which they are sent, and what they amount to.

    The answering tweet has no time of its own; its id tells the millisecond. A tweet that stands in two conversations
    is one post and belongs to the first.
    """
    posts: list[dict[str, Any]] = []
    for dialog in json.loads(path.read_text(encoding="utf-8")):
        company, session = dialog["dialogHeader"]["company"], dialog["dialogHeader"]["sessionID"]
        for line in dialog["dialogContent"]:
            bot = line.get("bot")
            author = line.get("client") or line.get("client1") or bot or line["agent"]
            role = "bot" if bot else HUMAN if line.get("agent") else CUSTOMER
            at = micros(datetime.fromisoformat(line["datetime"].replace("Z", "+00:00")))
            posts.append({"company": company, "session": session, "id": line["tweet_ID"], "author": author,
                          "role": role, "at": at, "text": line["message"]})  # fmt: skip
        answer = dialog["agentURL"]
        at = ((int(answer["tweet_ID"]) >> 22) + 1_288_834_974_657) * (SECOND // 1000)
        posts.append({"company": company, "session": session, "id": answer["tweet_ID"], "author": company,
                      "role": HUMAN, "at": at, "text": answer["url_utterance"]})  # fmt: skip
    said: dict[str, Said] = {}
    for post in posts:
        ties = frozenset({f"session {post['session']}"})
        one = Said(post["id"], post["author"], post["role"], post["at"], ties, post["company"],
                   mentions=frozenset(name.lower() for name in re.findall(r"(?<![\w@.])@(\w[\w-]*)", post["text"])),
                   called=frozenset({post["author"].lower()}))  # fmt: skip
        said.setdefault(post["id"], one)
    return posts, Reading(contacts_of(said.values()), len(said), len({post.author for post in said.values()}), 0)
