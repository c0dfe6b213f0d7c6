"""X: the v2 forms (tweets with includes, filtered stream, direct message events, compliance stream). Pure.

A chain of edits is one post named by its first id. What v2 leaves out unless it is asked for (author, time) is looked
for in the includes and in the id, and refused with the missing parameter's name when it cannot be found.
"""

from __future__ import annotations

from chassis.clock import Instant
from switchboard.ingest.v1 import events_pb2, post_pb2

from ingest.channels import x_v1
from ingest.documents import checked_text, count, decoration, mapping, numeric_id, objects, opaque_id, word
from ingest.instants import rfc3339
from ingest.language import language_of
from ingest.normalise import PARTS_MAX, AuthorGone, Item, Observation, Reading, Reason, Unreadable, Withdrawal
from ingest.texts import unescaped

_GONE = {
    "delete": events_pb2.WITHDRAWAL_REASON_DELETED,
    "drop": events_pb2.WITHDRAWAL_REASON_DELETED,
    "withheld": events_pb2.WITHDRAWAL_REASON_WITHHELD,
}
_WITHOUT_POSTS = frozenset(
    # Keys of users, lists, spaces, trends, rules, media, answers of actions, and compliance that takes nothing away.
    "username name state trend_name value blocking following muting liked retweeted deleted pinned hidden"  # noqa: SIM905  (words read as words)
    " is_member project_id media_key processing_info participant_ids undrop tweet_edit scrub_geo user_undelete"
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
    own_id = external_id = numeric_id(d.get("id"), f"{where}.id")
    revision = 0
    if type(versions := d.get("edit_history_tweet_ids")) is list and versions:
        external_id, revision = x_v1.edition(own_id, versions, f"{where}.edit_history_tweet_ids")
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

    note = d.get("note_tweet")
    body = note if type(note) is dict and "text" in note else d
    text = checked_text(body.get("text"), f"{where}.text")
    entities = _entities(text, body.get("entities"))
    if "&" in text:
        text, moved = unescaped(text)
        for entity in entities:
            entity.start, entity.end = moved(entity.start), moved(entity.end)

    in_reply_to = repost_of = quoted = ""
    is_retweet = False
    for reference in objects(d.get("referenced_tweets")):
        if reference.get("type") == "replied_to":
            in_reply_to = numeric_id(reference.get("id"), f"{where}.referenced_tweets.id")
        elif reference.get("type") == "retweeted":
            is_retweet, repost_of = True, x_v1.id_if_any(reference, "id")
        elif reference.get("type") == "quoted":
            quoted = x_v1.id_if_any(reference, "id")
    conversation = numeric_id(d["conversation_id"], f"{where}.conversation_id") if d.get("conversation_id") else ""
    user = includes.find("users", "id", author_id)
    metrics = user.get("public_metrics")
    followers = count(metrics.get("followers_count")) if type(metrics) is dict else 0
    handle = decoration(user.get("username"), 200)
    mentions = x_v1.mentions_of(entities)
    personal = post_pb2.PersonalContent(
        text=text,
        entities=entities,
        media=_media(d.get("attachments"), includes),
        external_id=external_id,
        conversation=conversation,
        in_reply_to=in_reply_to,
    )
    is_bare_repost = is_retweet or (bool(quoted) and not x_v1.has_own_words(text, bool(d.get("attachments"))))
    x_v1.describe(personal.author, author_id, handle, user, followers)
    if type(geo := d.get("geo")) is dict:
        place = includes.find("places", "id", geo.get("place_id"))
        if name := decoration(place.get("full_name"), 500):
            personal.location.place = name
        if type(point := geo.get("coordinates")) is dict:
            x_v1.pin(personal, point.get("coordinates"))
    return Observation(
        where,
        external_id,
        author_id,
        handle,
        x_v1.kind_of(in_reply_to, mentions, reading.account, is_quote=bool(quoted), is_bare_repost=is_bare_repost),
        published_at,
        language_of(d.get("lang"), text),
        personal.SerializeToString(),
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
    )


_ENTITY_FORMS = (
    ("mentions", post_pb2.ENTITY_KIND_MENTION, "username"),
    ("hashtags", post_pb2.ENTITY_KIND_HASHTAG, "tag"),
    ("urls", post_pb2.ENTITY_KIND_LINK, "expanded_url"),
    ("cashtags", post_pb2.ENTITY_KIND_CASHTAG, "tag"),
)


def _entities(text: str, given: object) -> list[post_pb2.Entity]:
    if type(given) is not dict:
        return x_v1.textual(text)
    entities: list[post_pb2.Entity] = []
    for key, kind, name in _ENTITY_FORMS:
        for e in objects(given.get(key)):
            if len(entities) >= PARTS_MAX:
                break
            if span := x_v1.within([e.get("start"), e.get("end")], len(text)):
                number = e.get("id") if kind == post_pb2.ENTITY_KIND_MENTION else None
                entities.append(
                    post_pb2.Entity(
                        kind=kind,
                        start=span[0],
                        end=span[1],
                        value=decoration(e.get(name) or e.get("url")),
                        external_id=number if type(number) is str and number.isdigit() and len(number) <= 40 else "",
                    )
                )
    return entities


def _media(attachments: object, includes: _Includes) -> list[post_pb2.Media]:
    found: list[post_pb2.Media] = []
    keys = attachments.get("media_keys") if type(attachments) is dict else None
    if type(keys) is list:
        for key in keys[:50]:
            medium = includes.find("media", "media_key", key)
            uri = decoration(medium.get("url") or medium.get("preview_image_url"))
            if uri:
                kind = x_v1.MEDIA.get(word(medium.get("type")), post_pb2.MEDIA_KIND_FILE)
                found.append(post_pb2.Media(kind=kind, uri=uri, alt_text=decoration(medium.get("alt_text"))))
    return found


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
        raw=checked_text(d.get("text", ""), f"{where}.text"),
        at=rfc3339(d["created_at"], f"{where}.created_at", now),
    )


def _other(conversation: str, sender_id: str) -> str:
    """The other party of `<smaller id>-<larger id>`, "" for a group, whose conversation is a number of its own."""
    parties = conversation.split("-")
    return (
        next((each for each in parties if each != sender_id), "") if len(parties) == 2 and sender_id in parties else ""
    )
