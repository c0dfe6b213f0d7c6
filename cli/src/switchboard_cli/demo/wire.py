"""How Weibo and X write a post down: the platforms' own JSON, made from our own words. Pure; it knows no plan."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
from chassis.clock import MICROS, Instant

X_EPOCH_MS = 1_288_834_974_657
"""Snowflakes count milliseconds from here, shifted by 22 bits."""
WEIBO_EPOCH_S = 515_483_463
"""Weibo's ids count seconds from here, shifted by 22 bits."""
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Person:
    """An account as its platform shows it."""

    account: int
    handle: str
    display_name: str
    location: str
    gender: str
    followers: int
    verified: bool = False
    bio: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A post before it is written down. `thread` is the post that began the thread, when it is a reply in one."""

    number: int
    author: Person
    text: str
    at: Instant
    mentioned: tuple[Person, ...] = ()
    thread: "Status | None" = None
    version: int = 0


def x_id(at: Instant, sequence: int) -> int:
    """A snowflake."""
    return ((at // 1000 - X_EPOCH_MS) << 22) | (sequence & 0x3FFFFF)


def weibo_id(at: Instant, sequence: int) -> int:
    """A Weibo id."""
    return ((at // MICROS - WEIBO_EPOCH_S) << 22) | (sequence & 0x3FFFFF)


def _moment(at: Instant, zone: timezone | Any = UTC) -> datetime:
    return datetime.fromtimestamp(at // MICROS, zone)


def platform_time(at: Instant, zone: timezone | Any = UTC) -> str:
    """As both platforms' first APIs write it, to the second: "Mon Mar 02 08:00:21 +0800 2026"."""
    return _moment(at, zone).strftime("%a %b %d %H:%M:%S %z %Y")


def _mentions(status: Status) -> list[tuple[Person, int, int]]:
    found = []
    for person in status.mentioned:
        start = status.text.find(f"@{person.handle}")
        if start >= 0:
            found.append((person, start, start + 1 + len(person.handle)))
    return found


def weibo(status: Status) -> bytes:
    """A status, or a comment on one."""
    own: dict[str, Any] = {
        "created_at": platform_time(status.at, CHINA),
        "id": status.number,
        "idstr": str(status.number),
        "mid": str(status.number),
        "text": status.text,
        "source": '<a href="http://weibo.com/" rel="nofollow">微博网页版</a>',
        "user": _weibo_user(status.author),
    }
    if status.thread is None:
        own |= {
            "favorited": False, "truncated": False, "geo": None, "pic_ids": [], "textLength": len(status.text) * 2,
            "reposts_count": 0, "comments_count": 0, "attitudes_count": 0, "visible": {"type": 0, "list_id": 0},
        }  # fmt: skip
        if status.version:
            own |= {"edit_count": status.version, "edit_at": platform_time(status.at, CHINA)}
    else:
        thread = status.thread
        own["rootid"] = own["id"]
        own["status"] = {
            "id": thread.number,
            "idstr": str(thread.number),
            "mid": str(thread.number),
            "created_at": platform_time(thread.at, CHINA),
            "text": thread.text,
            "user": {"id": thread.author.account, "screen_name": thread.author.handle},
        }
    return orjson.dumps(own)


def _weibo_user(person: Person) -> dict[str, Any]:
    return {
        "id": person.account,
        "idstr": str(person.account),
        "screen_name": person.handle,
        "name": person.handle,
        "location": person.location,
        "description": person.bio,
        "url": "",
        "gender": person.gender,
        "followers_count": person.followers,
        "friends_count": person.followers // 3 + 11,
        "statuses_count": person.followers * 2 + 40,
        "verified": person.verified,
        "verified_type": 3 if person.verified else -1,
    }


def weibo_gone(number: int) -> bytes:
    """A status after its author deleted it."""
    return orjson.dumps(
        {"id": number, "idstr": str(number), "mid": str(number), "deleted": "1", "text": "抱歉，此微博已被作者删除。"}
    )


def weibo_silent(account: int, sequence: int) -> bytes:
    """Counters: readable, and no post."""
    return orjson.dumps({"uid": account, "followers_count": 20_000 + sequence, "counts": {"attitudes": sequence}})


def x_v1(status: Status) -> bytes:
    """A tweet of version 1.1."""
    number = str(status.number)
    thread = status.thread
    tweet: dict[str, Any] = {
        "created_at": platform_time(status.at),
        "id": status.number,
        "id_str": number,
        "text": status.text,
        "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
        "truncated": False,
        "in_reply_to_status_id": thread.number if thread else None,
        "in_reply_to_status_id_str": str(thread.number) if thread else None,
        "in_reply_to_user_id": thread.author.account if thread else None,
        "in_reply_to_user_id_str": str(thread.author.account) if thread else None,
        "in_reply_to_screen_name": thread.author.handle if thread else None,
        "user": {
            "id": status.author.account,
            "id_str": str(status.author.account),
            "name": status.author.display_name,
            "screen_name": status.author.handle,
            "location": status.author.location,
            "description": status.author.bio,
            "protected": False,
            "verified": status.author.verified,
            "followers_count": status.author.followers,
            "friends_count": status.author.followers // 2 + 7,
            "statuses_count": status.author.followers * 3 + 12,
        },
        "geo": None,
        "coordinates": None,
        "place": None,
        "is_quote_status": False,
        "retweet_count": 0,
        "favorite_count": 0,
        "entities": {
            "hashtags": [],
            "symbols": [],
            "urls": [],
            "user_mentions": [
                {"screen_name": p.handle, "name": p.display_name, "id": p.account, "id_str": str(p.account),
                 "indices": [start, end]}
                for p, start, end in _mentions(status)
            ],
        },
        "lang": "en",
    }  # fmt: skip
    if status.version:
        edited = str(status.number + status.version)
        tweet |= {"id": int(edited), "id_str": edited,
                  "edit_history": {"initial_tweet_id": number, "edit_tweet_ids": [number, edited]}}  # fmt: skip
    return orjson.dumps(tweet)


def x_v1_gone(number: int, account: int, at: Instant) -> bytes:
    """A deletion as the streams of version 1.1 say it."""
    status = {"id": number, "id_str": str(number), "user_id": account, "user_id_str": str(account)}
    return orjson.dumps({"delete": {"status": status, "timestamp_ms": str(at // 1000)}})


def x_v1_silent(account: int, sequence: int) -> bytes:
    """A like, as Account Activity reports it: no post of ours."""
    return orjson.dumps({"for_user_id": str(account), "favorite_events": [{"id": f"{account:x}{sequence:x}"}]})


def _rfc3339(at: Instant) -> str:
    return f"{_moment(at):%Y-%m-%dT%H:%M:%S}.{at // 1000 % 1000:03d}Z"


def x_v2(status: Status) -> bytes:
    """A post of version 2 as the filtered stream delivers it, with its author in the includes."""
    number = str(status.number)
    versions = [number] if not status.version else [number, str(status.number + status.version)]
    data: dict[str, Any] = {
        "id": versions[-1],
        "text": status.text,
        "author_id": str(status.author.account),
        "created_at": _rfc3339(status.at),
        "lang": "en",
        "conversation_id": str(status.thread.number if status.thread else status.number),
        "edit_history_tweet_ids": versions,
        "entities": {
            "mentions": [
                {"start": start, "end": end, "username": p.handle, "id": str(p.account)}
                for p, start, end in _mentions(status)
            ]
        },
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0},
    }
    if status.thread is not None:
        data["referenced_tweets"] = [{"type": "replied_to", "id": str(status.thread.number)}]
        data["in_reply_to_user_id"] = str(status.thread.author.account)
    author = status.author
    user = {
        "id": str(author.account),
        "name": author.display_name,
        "username": author.handle,
        "location": author.location,
        "description": author.bio,
        "verified": author.verified,
        "protected": False,
        "public_metrics": {"followers_count": author.followers, "following_count": author.followers // 2 + 7},
    }
    rules = [{"id": "1600000000000000001", "tag": "mentions of our brand"}]
    return orjson.dumps({"data": data, "includes": {"users": [user]}, "matching_rules": rules})


def x_v2_gone(number: int, account: int, at: Instant) -> bytes:
    """A deletion as the compliance stream of version 2 says it."""
    gone = {"tweet": {"id": str(number), "author_id": str(account)}, "event_at": _rfc3339(at)}
    return orjson.dumps({"data": {"delete": gone}})


def x_v2_silent(account: int, sequence: int) -> bytes:
    """The answer to a like: no post."""
    return orjson.dumps({"data": {"liked": True}, "meta": {"account": str(account), "sequence": sequence}})
