"""Posts in what X and Weibo send, found by walking the JSON: whatever has an id, a text, an author and a time.

It dispatches on no form: it looks into everything except posts themselves (what is quoted or retweeted in a post is
context), what a v2 page includes beside its data, and recordings of HTTP traffic, which no platform sends.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from funnel_by_hand import SECOND
from tables_by_hand import Reading, micros
from threads_by_hand import CUSTOMER, HUMAN, Said, contacts_of

MILLISECOND = SECOND // 1000
Reader = Callable[[dict[str, Any]], Said | None]
Owned = frozenset[str]
"""Our account's id and handle, lower case."""


def read(paths: Iterable[Path], reader: Reader, brand: str, owned: Owned, *, listening: bool = False) -> Reading:
    """The posts of files in order; of a post that comes again the first telling counts, but for whom it calls.

    Listening, everything speaks to us.
    """
    said: dict[str, Said] = {}
    for path in paths:
        for document in documents(path.read_bytes()):
            for post in walk(document, reader):
                role = CUSTOMER if owned.isdisjoint({post.author, *post.called}) else HUMAN
                calls_us = listening or post.direct or not owned.isdisjoint(post.mentions)
                known = said.setdefault(post.name, replace(post, role=role, brand=brand, told=False))
                said[post.name] = replace(known, told=known.told or calls_us)
    authors = {post.author for post in said.values()}
    return Reading(contacts_of(said.values()), len(said), len(authors), 0)


def documents(content: bytes) -> list[Any]:
    """One document, or one per line."""
    try:
        return [json.loads(content)]
    except ValueError:
        found = []
        for line in content.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found


def walk(node: Any, reader: Reader) -> Iterator[Said]:
    """Every post in a document, in the order in which it names them."""
    if isinstance(node, list):
        for element in node:
            yield from walk(element, reader)
    elif isinstance(node, dict) and "_request" not in node:
        post = reader(node)
        if post is not None:
            yield post
            return
        for key, value in node.items():
            if key != "includes":
                yield from walk(value, reader)


def x_post(d: dict[str, Any]) -> Said | None:
    """A status, a v2 post, or a direct message in one of its three forms."""
    if d.get("type") == "message_create" and isinstance(d.get("message_create"), dict):
        created = d["message_create"]
        pair = _pair(created["sender_id"], created["target"]["recipient_id"])
        at = int(d["created_timestamp"]) * MILLISECOND
        return Said(str(int(d["id"])), str(int(created["sender_id"])), CUSTOMER, at, frozenset({pair}), direct=True)
    if "id" not in d or not ("text" in d or "full_text" in d):
        return None
    user = d["user"] if isinstance(d.get("user"), dict) else {}
    author = d.get("author_id") or user.get("id_str") or user.get("id")
    direct = "sender_id" in d or "sender" in d
    if direct:
        author = d.get("sender_id") or d["sender"]["id"]
    versions = d.get("edit_history_tweet_ids") or (d.get("edit_history") or {}).get("edit_tweet_ids") or []
    own = int(d.get("id_str") or d["id"])
    told_at = _x_time(d.get("created_at"), own)
    if author is None or told_at is None:
        return None
    name = int(versions[0]) if versions else own
    first = _minted(name) if name != own else None
    at = told_at if first is None else first
    ties = set()
    if recipient := d.get("recipient_id") or (d.get("recipient") or {}).get("id"):
        ties.add(_pair(author, recipient))
    parent, repeats, passed_on = d.get("in_reply_to_status_id_str") or d.get("in_reply_to_status_id"), None, False
    if isinstance(d.get("retweeted_status"), dict):
        repeats, passed_on = d["retweeted_status"].get("id_str") or d["retweeted_status"].get("id"), True
    elif (
        quoted := d.get("quoted_status_id_str") or d.get("quoted_status_id") or (d.get("quoted_status") or {}).get("id")
    ):
        repeats = quoted
    for reference in d.get("referenced_tweets") or ():
        if reference["type"] == "replied_to":
            parent = reference["id"]
        else:
            repeats, passed_on = reference["id"], passed_on or reference["type"] == "retweeted"
    if parent:
        ties.add(str(int(parent)))
    if conversation := d.get("dm_conversation_id") or d.get("conversation_id"):
        ties.add(f"conversation {conversation}")
    private = direct or "dm_conversation_id" in d
    mentions, text = _x_mentions(d)
    attached = d.get("attachments") or (d.get("entities") or {}).get("media") or (d.get("extended_entities") or {})
    bare = passed_on or bool(repeats and not attached and not re.sub(r"https?://\S+", "", text).strip())
    return Said(
        str(name),
        str(int(author)),
        CUSTOMER,
        at,
        frozenset(ties),
        direct=private,
        parent=str(int(parent)) if parent else "",
        mentions=mentions
        | {str(d[key]).lower() for key in d if key.startswith("in_reply_to_") and "status" not in key and d[key]},
        called=frozenset({str(user["screen_name"]).lower()} if user.get("screen_name") else ()),
        repeats=str(int(repeats)) if repeats else "",
        bare=bare,
    )


def _x_mentions(d: dict[str, Any]) -> tuple[frozenset[str], str]:
    """Whom a post calls, by id and by handle, as its entities say or, without any, its text; and the whole text."""
    whole = next((d[form] for form in ("extended_tweet", "note_tweet") if isinstance(d.get(form), dict)), d)
    text = str(whole.get("full_text") or whole.get("text") or d.get("text"))
    if not isinstance(whole.get("entities"), dict):
        return frozenset(name.lower() for name in re.findall(r"(?<![\w@])@([A-Za-z0-9_]{1,20})", text)), text
    names: set[str] = set()
    for mention in whole["entities"].get("user_mentions") or whole["entities"].get("mentions") or ():
        number = mention.get("id_str") or mention.get("id")
        handle = mention.get("screen_name") or mention.get("username")
        names |= {str(number)} if number else {str(handle).lower()}
        names |= {str(handle).lower()} if handle else set()
    return frozenset(names), text


def weibo_post(d: dict[str, Any]) -> Said | None:
    """A status, a comment, or an item of a monitoring feed; deleted ones have no author any more."""
    if isinstance(d.get("Author"), dict) and "PubTime" in d:
        found = re.fullmatch(r"/Date\((\d+)(?:[+-]\d{4})?\)/", d["PubTime"])
        name, author = str(d.get("Mid") or d["Id"]), d["Author"]["Id"].removeprefix("weibo:")
        if found is None:
            return None
        ties = frozenset({f"conversation {name}"})
        calls = _weibo_mentions(d.get("Text") or d.get("Content") or "")
        return Said(name, author, CUSTOMER, int(found[1]) * MILLISECOND, ties, mentions=calls)
    user = d.get("user")
    if "text" not in d or not isinstance(user, dict) or not any(d.get(key) for key in ("idstr", "id", "mid")):
        return None
    name = str(int(d.get("idstr") or d.get("id") or d["mid"]))
    author = str(int(user.get("idstr") or user["id"]))
    at = micros(datetime.strptime(d["created_at"], "%a %b %d %H:%M:%S %z %Y"))
    commented = d.get("status")
    root = str(int(commented.get("idstr") or commented["id"])) if isinstance(commented, dict) else name
    above = d["reply_comment"] if isinstance(d.get("reply_comment"), dict) else commented
    parent = str(int(above.get("idstr") or above["id"])) if isinstance(above, dict) else ""
    if not parent and d.get("in_reply_to_status_id"):
        parent = str(int(d["in_reply_to_status_id"]))
    original = d.get("retweeted_status") or {}
    own_words = re.split(r"//\s*@", d["text"])[0] if original else d["text"]
    bare = bool(original) and own_words.strip(" .。") in ("", "转发微博", "轉發微博", "转发", "Repost", "repost")
    return Said(
        name,
        author,
        CUSTOMER,
        at,
        frozenset({f"conversation {root}", *filter(None, [parent])}),
        parent=parent,
        mentions=_weibo_mentions(own_words)
        | ({str(value).lower() for value in (above.get("user") or {}).values()} if isinstance(above, dict) else set()),
        called=frozenset({str(user.get("screen_name") or user.get("name")).lower()}),
        repeats=str(original.get("idstr") or original.get("id") or ""),
        bare=bare,
    )


def _weibo_mentions(text: str) -> frozenset[str]:
    return frozenset(name.lower() for name in re.findall(r"@([\w·-]{1,40})", text))


def _pair(one: Any, other: Any) -> str:
    low, high = sorted((int(one), int(other)))
    return f"conversation {low}-{high}"


def _x_time(text: Any, own: int) -> int | None:
    if not isinstance(text, str):
        return _minted(own)
    try:
        moment = datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return micros(moment)


def _minted(number: int) -> int | None:
    """The millisecond a snowflake was made; older ids do not tell."""
    return ((number >> 22) + 1_288_834_974_657) * MILLISECOND if number > 1 << 36 else None
