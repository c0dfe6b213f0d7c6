"""X: the v2 forms (tweets with includes, filtered stream, direct message events, compliance stream). Pure.

A chain of edits is one post named by its first id. What v2 leaves out unless it is asked for (author, time) is looked
for in the includes and in the id, and refused with the missing parameter's name when it cannot be found.
"""

from __future__ import annotations

from chassis.clock import Instant
from msgspec.structs import replace
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.ingest.v1.post_structs import Location, PersonalContent

from ingest.channels import x_text, x_v1
from ingest.documents import checked_text, count, decoration, mapping, numeric_id, objects, opaque_id, table, word
from ingest.events import Location as Told
from ingest.instants import rfc3339
from ingest.language import language_of
from ingest.normalise import (
    AuthorGone,
    Item,
    LocationGone,
    Observation,
    Reading,
    Reason,
    Unreadable,
    Withdrawal,
    extent_of,
)
from ingest.personal import encoded, located

_GONE = {
    "delete": events_pb2.WITHDRAWAL_REASON_DELETED,
    "drop": events_pb2.WITHDRAWAL_REASON_DELETED,
    "withheld": events_pb2.WITHDRAWAL_REASON_WITHHELD,
}
_WITHOUT_POSTS = frozenset(
    # Keys of users, lists, spaces, trends, rules, media, answers of actions, and compliance that takes nothing away.
    "username name state trend_name value blocking following muting liked retweeted deleted pinned hidden"  # noqa: SIM905  (words read as words)
    " is_member project_id media_key processing_info participant_ids undrop tweet_edit user_undelete"
    " user_unprotect user_unsuspend user_profile_modification dm_conversation_id attempted pending_follow"
    " bookmarked updated".split()
)


class _Includes:
    """What the page's posts refer to, by id; built when first asked for."""

    __slots__ = ("_given", "_tables")

    def __init__(self, given: object) -> None:
        self._given: dict[str, object] = given if type(given) is dict else {}
        self._tables: dict[str, dict[str, dict[str, object]]] = {}

    def find(self, kind: str, key: str, value: object) -> dict[str, object]:
        table = self._tables.get(kind)
        if table is None:
            table = {word(entry.get(key)): entry for entry in objects(self._given.get(kind))}
            table.pop("", None)
            self._tables[kind] = table
        return table.get(word(value), {})


def read(document: dict[str, object], where: str, reading: Reading) -> None:
    """Appends the items of a v2 document, which has `data`. Raises Unreadable for the document as a whole."""
    data = document["data"]
    includes = _Includes(document.get("includes"))
    if type(data) is list:
        for index, element in enumerate(data):
            _guarded(element, f"{where}data[{index}]", includes, reading)
    elif type(data) is dict:
        _guarded(data, f"{where}data", includes, reading)
    elif data is not None:
        raise Unreadable(Reason.WRONG_TYPE, f"{where}data is neither an object nor an array")


def _guarded(element: object, where: str, includes: _Includes, reading: Reading) -> None:
    try:
        item = _one(mapping(element, where), where, includes, reading)
    except Unreadable as refusal:
        reading.flaw(where, refusal)
    else:
        if item is not None:
            reading.add(item)


def _one(d: dict[str, object], where: str, includes: _Includes, reading: Reading) -> Item | None:
    if "event_type" in d:
        return _message(d, where, includes, reading.now) if d["event_type"] == "MessageCreate" else None
    if "text" in d:
        return tweet(d, where, includes, reading)
    for key, reason in _GONE.items():
        if type(gone := d.get(key)) is dict:
            post = mapping(gone.get("tweet"), f"{where}.{key}.tweet")
            external_id = numeric_id(post.get("id"), f"{where}.{key}.tweet.id")
            return Withdrawal(where, external_id, reason, _moment(gone, f"{where}.{key}", reading.now))
    if type(scrubbed := d.get("scrub_geo")) is dict:
        place = f"{where}.scrub_geo"
        user = mapping(scrubbed.get("user"), f"{place}.user")
        until = x_v1.snowflake_time(numeric_id(scrubbed.get("up_to_tweet_id"), f"{place}.up_to_tweet_id"))
        author_id = numeric_id(user.get("id"), f"{place}.user.id")
        return LocationGone(where, author_id, until, _moment(scrubbed, place, reading.now))
    for key, reason in x_v1.USER_GONE.items():
        if type(gone := d.get(key)) is dict:
            user = mapping(gone.get("user"), f"{where}.{key}.user")
            author_id = numeric_id(user.get("id"), f"{where}.{key}.user.id")
            return AuthorGone(where, author_id, reason, _moment(gone, f"{where}.{key}", reading.now))
    if _WITHOUT_POSTS.isdisjoint(d):
        raise Unreadable(Reason.UNKNOWN_FORM, f"{where} is no form of X that we know")
    return None


def _moment(d: dict[str, object], where: str, now: Instant) -> Instant | None:
    return rfc3339(d["event_at"], f"{where}.event_at", now) if d.get("event_at") is not None else None


def tweet(d: dict[str, object], where: str, includes: _Includes, reading: Reading) -> Observation:
    """A v2 post. Raises Unreadable."""
    own_id = numeric_id(d.get("id"), f"{where}.id")
    version = x_v1.version_of(d, own_id, f"{where}.")
    external_id, revision = version.first_id, version.number
    if "author_id" not in d:
        raise Unreadable(Reason.MISSING_FIELD, f"{where}.author_id is missing; ask X for tweet.fields=author_id")
    author_id = numeric_id(d["author_id"], f"{where}.author_id")
    at = (
        rfc3339(d["created_at"], f"{where}.created_at", reading.now)
        if "created_at" in d
        else x_v1.snowflake_time(own_id)
    )
    if at is None:
        raise Unreadable(Reason.MISSING_FIELD, f"{where}.created_at is missing; ask X for tweet.fields=created_at")
    published_at = (x_v1.snowflake_time(external_id) or at) if revision else at

    written = x_text.written(d, f"{where}.text")
    media = _attached(d.get("attachments"), includes)
    in_reply_to = repost_of = quoted = ""
    is_retweet = False
    for reference in objects(d.get("referenced_tweets")):
        if reference.get("type") == "replied_to":
            in_reply_to = numeric_id(reference.get("id"), f"{where}.referenced_tweets.id")
        elif reference.get("type") == "retweeted":
            is_retweet, repost_of = True, x_v1.id_if_any(reference, "id")
            original = includes.find("tweets", "id", reference.get("id"))
            written = x_text.reposted(written, original)
            media = media or _attached(original.get("attachments"), includes)
        elif reference.get("type") == "quoted":
            quoted = x_v1.id_if_any(reference, "id")
    conversation = numeric_id(d["conversation_id"], f"{where}.conversation_id") if d.get("conversation_id") else ""
    user = includes.find("users", "id", author_id)
    metrics = user.get("public_metrics")
    followers = count(metrics.get("followers_count")) if type(metrics) is dict else 0
    handle = decoration(user.get("username"), 200)
    said = x_text.content(replace(written, media=media))
    text = said.text
    answered = includes.find("users", "id", d.get("in_reply_to_user_id"))
    mentions = x_text.spoken_to(
        said.named, d.get("in_reply_to_user_id_str") or d.get("in_reply_to_user_id"), answered.get("username")
    )
    is_bare_repost = is_retweet or (bool(quoted) and not x_v1.has_own_words(text, bool(d.get("attachments"))))
    location: Location | None = None
    if type(geo := d.get("geo")) is dict:
        place = includes.find("places", "id", geo.get("place_id"))
        location = located(decoration(place.get("full_name"), 500), table(geo.get("coordinates")).get("coordinates"))
    author = x_v1.described(author_id, handle, user, followers)
    personal = PersonalContent(
        text, author, tuple(said.entities), tuple(said.media), location, external_id, "", conversation, in_reply_to
    )
    return Observation(
        where,
        external_id,
        author_id,
        handle,
        x_v1.kind_of(in_reply_to, mentions, reading.account, is_quote=bool(quoted), is_bare_repost=is_bare_repost),
        published_at,
        language_of(d.get("lang"), text),
        encoded(personal),
        text.encode(),
        len(text),
        followers,
        post_pb2.VISIBILITY_LIMITED if user.get("protected") is True else post_pb2.VISIBILITY_PUBLIC,
        conversation,
        in_reply_to,
        (),
        revision,
        at if revision else None,
        mentions=mentions,
        repost_of=repost_of or quoted,
        is_bare_repost=is_bare_repost,
        alias_ids=version.alias_ids,
        alias_numbers=version.alias_numbers,
        is_cut=written.is_cut,
        location=Told.UNTOLD if location is None else Told.TOLD,
        extent=extent_of(len(text), len(said.media)),
    )


def _attached(attachments: object, includes: _Includes) -> list[dict[str, object]]:
    """The media that an `attachments` names, as far as the page includes them."""
    keys = attachments.get("media_keys") if type(attachments) is dict else None
    return [includes.find("media", "media_key", key) for key in keys[:50]] if type(keys) is list else []


def _message(d: dict[str, object], where: str, includes: _Includes, now: Instant) -> Observation:
    if "sender_id" not in d or "created_at" not in d:
        raise Unreadable(
            Reason.MISSING_FIELD,
            f"{where} lacks sender_id or created_at; ask X for dm_event.fields=sender_id,created_at",
        )
    sender_id = numeric_id(d["sender_id"], f"{where}.sender_id")
    conversation = decoration(d.get("dm_conversation_id"), 200)
    return x_v1.message(
        where,
        includes.find("users", "id", sender_id),
        external_id=numeric_id(d.get("id"), f"{where}.id"),
        sender_id=sender_id,
        recipient_id=_other(conversation, sender_id),
        conversation=opaque_id(conversation, f"{where}.dm_conversation_id") if conversation else "",
        written=x_text.Written(
            checked_text(d.get("text", ""), f"{where}.text"),
            d.get("entities"),
            _attached(d.get("attachments"), includes),
            False,
        ),
        at=rfc3339(d["created_at"], f"{where}.created_at", now),
    )


def _other(conversation: str, sender_id: str) -> str:
    """The other party of `<smaller id>-<larger id>`, "" for a group, whose conversation is a number of its own."""
    parties = conversation.split("-")
    return (
        next((each for each in parties if each != sender_id), "") if len(parties) == 2 and sender_id in parties else ""
    )
