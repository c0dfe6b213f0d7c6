"""Weibo: statuses, reposts, comments, deleted statuses, timelines, and the monitoring feed. Pure: bytes in, items out.

Statuses and comments take their ids from one sequence of the platform, so an id names one of them. A repost that names
an owned account in its own words is a mention: that is how people complain there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chassis.clock import MICROS, Instant
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.ingest.v1.post_structs import Author, Location, Media, PersonalContent, ProfileAttribute

from ingest.channels import weibo_text
from ingest.documents import (
    checked_text,
    count,
    decoration,
    documents,
    mapping,
    numeric_id,
    objects,
    opaque_id,
    table,
    word,
)
from ingest.events import Location as Told
from ingest.instants import epoch_ms, platform_time
from ingest.language import language_of
from ingest.normalise import (
    Account,
    Item,
    Mention,
    Observation,
    Reading,
    Reason,
    Unreadable,
    Withdrawal,
    extent_of,
    folded,
)
from ingest.personal import encoded, located

_ANSWERING = ("reply_comment", "status", "in_reply_to_user_id", "in_reply_to_screen_name")
_INT32_MAX = (1 << 31) - 1
_PAGES = ("statuses", "comments", "reposts")
_WITHOUT_POSTS = frozenset(
    # Keys of answers about accounts, counters, relations, locations, and of errors.
    "users screen_name ids uid error error_code trends followers_count reposts_count remind counts tags result source"  # noqa: SIM905  (words read as words)
    " target emotions hashtag total_number access_token".split()
)
_QUOTED_CHAIN = re.compile(r"//\s*@")
_NO_WORDS = frozenset({"", "转发微博", "轉發微博", "转发", "轉發", "repost", "repost weibo", "//"})
"""What Weibo writes for who reposts without a word, in its languages."""
_AROUND_WORDS = " \t\r\n\u3000\u200b.。…!！"
_DOTNET_TIME = re.compile(r"/Date\((\d{1,16})(?:[+-]\d{4})?\)/", re.ASCII)
_PICTURE_ID = re.compile(r"[A-Za-z0-9]{8,64}", re.ASCII)
_GENDERS = {"m": "male", "f": "female"}


def read(payload: bytes, content_type: str, account: Account, now: Instant) -> list[Item]:
    """The items of one delivery in the order in which it names them. Raises Unreadable for the delivery as a whole."""
    found = documents(payload, content_type)
    reading = Reading(account, now)
    for number, document in enumerate(found, 1):
        where = f"line {number}: " if len(found) > 1 else ""
        try:
            _document(document, where, reading)
        except Unreadable as refusal:
            if len(found) == 1:
                raise
            reading.flaw(where, refusal)
    return reading.items


def _document(document: object, where: str, reading: Reading) -> None:
    if type(document) is list:
        for index, element in enumerate(document):
            _one(element, f"{where}[{index}]", reading)
    elif type(document) is not dict:
        raise Unreadable(Reason.UNKNOWN_FORM, "the payload is neither an object nor an array")
    elif any(page in document for page in _PAGES):
        for page in _PAGES:
            elements = document.get(page)
            if type(elements) is list:
                for index, element in enumerate(elements):
                    _one(element, f"{where}{page}[{index}]", reading)
            elif elements is not None:
                raise Unreadable(Reason.WRONG_TYPE, f"{where}{page} is not an array")
    else:
        _one(document, where, reading)


def _one(element: object, where: str, reading: Reading) -> None:
    try:
        d = mapping(element, where or "the payload")
        if word(d.get("deleted")).lower() in ("1", "true"):
            reading.add(
                Withdrawal(where, _id(d, where), events_pb2.WITHDRAWAL_REASON_DELETED, None),
            )
        elif "Author" in d:
            reading.add(_monitored(d, where, reading))
        elif "text" in d and ("user" in d or "created_at" in d):
            reading.add(_status(d, where, reading))
        elif _WITHOUT_POSTS.isdisjoint(d):
            raise Unreadable(Reason.UNKNOWN_FORM, f"{where or 'the payload'} is no form of Weibo that we know")
    except Unreadable as refusal:
        reading.flaw(where, refusal)


def _id(d: dict[str, object], where: str) -> str:
    """`idstr` before `id` before `mid`: numbers are rounded by many a relay, and an old `mid` is another number."""
    for key in ("idstr", "id", "mid"):
        if (value := d.get(key)) not in (None, ""):
            return numeric_id(value, f"{where}.{key}" if where else key)
    raise Unreadable(Reason.MISSING_FIELD, f"{where or 'the payload'} has no id")


def _status(d: dict[str, object], where: str, reading: Reading) -> Observation:
    """A status, a repost, or a comment (it carries the status it is on)."""
    at = f"{where}." if where else ""
    external_id = _id(d, where)
    user = mapping(d.get("user"), f"{at}user")
    author_id = _id(user, f"{at}user")
    published_at = platform_time(d.get("created_at"), f"{at}created_at", reading.now)
    edited_at = _edited_at(d, reading.now)
    said = weibo_text.written(d, f"{at}text")
    text, entities = said.text, said.entities

    commented = d.get("status")
    if type(commented) is dict:
        conversation = _id(commented, f"{at}status")
        answered = d.get("reply_comment")
        in_reply_to = _id(answered, f"{at}reply_comment") if type(answered) is dict else conversation
    else:
        conversation = external_id
        in_reply_to = _answered(d, at)

    repeated = d.get("retweeted_status")
    own_words_end = _own_words_end(text) if repeated else len(text)
    mentions = [
        ("", entity.value)
        for entity in entities
        if entity.kind == post_pb2.ENTITY_KIND_MENTION and entity.start < own_words_end
    ]
    if answers := _whom(d):
        mentions.append(answers)
    handle = decoration(user.get("screen_name") or user.get("name"), 200)
    followers = count(user.get("followers_count"))
    pictures = _pictures(d)
    media = [Media(post_pb2.MEDIA_KIND_IMAGE, uri) for _, uri in pictures] + _videos(d)
    author = Author("", author_id, handle, handle, _profile(user, followers))
    location = _location(d)
    personal = PersonalContent(
        text, author, tuple(entities), tuple(media), location, external_id, "", conversation, in_reply_to
    )
    visible = table(d.get("visible")).get("type")
    return Observation(
        where,
        external_id,
        author_id,
        handle,
        _kind(mentions, reading.account, comment=bool(in_reply_to), repost=bool(repeated)),
        published_at,
        language_of(None, text),
        encoded(personal),
        _digested(said.compared, [name for name, _ in pictures]),
        len(text),
        followers,
        post_pb2.VISIBILITY_PUBLIC if visible in (0, None) else post_pb2.VISIBILITY_LIMITED,
        conversation,
        in_reply_to,
        platform_revision=_number(d, published_at, edited_at),
        edited_at=edited_at,
        is_cut=said.is_cut,
        location=_told(location, d),
        extent=extent_of(len(said.compared), len(media)),
        mentions=mentions,
        repost_of=_repeated(repeated),
        is_bare_repost=bool(repeated) and text[:own_words_end].strip(_AROUND_WORDS).casefold() in _NO_WORDS,
    )


def _edited_at(d: dict[str, object], now: Instant) -> Instant | None:
    """When this version was written, None for an original, and where Weibo does not say."""
    try:
        return platform_time(d["edit_at"], "edit_at", now) if d.get("edit_at") else None
    except Unreadable:
        return None


def _number(d: dict[str, object], published_at: Instant, edited_at: Instant | None) -> int:
    """The number of an edit: the seconds until it was written, where Weibo tells them, else Weibo's own count.

    Some forms tell the time, some the count, most of them both: so the time goes first, or an edit that is only counted
    would lie before an older one that tells its time. One that only says to be an edit is the first.
    """
    if edited_at is not None:
        return min(max(1, (edited_at - published_at) // MICROS), _INT32_MAX)
    if number := count(d.get("edit_count")):
        return min(number, _INT32_MAX)
    return int(table(d.get("edit_config")).get("edited") is True)


def _own_words_end(text: str) -> int:
    """Where the words of who reposts end and those of whom they repost begin: `own words//@one:words//@other:`."""
    chain = _QUOTED_CHAIN.search(text)
    return chain.start() if chain else len(text)


def _repeated(status: object) -> str:
    """The id of the original, "" where Weibo tells none: a flaw there is none of the repost."""
    try:
        return _id(table(status), "")
    except Unreadable:
        return ""


def _answered(d: dict[str, object], at: str) -> str:
    parent = d.get("in_reply_to_status_id")
    return numeric_id(parent, f"{at}in_reply_to_status_id") if parent not in (None, "", 0, "0") else ""


def _whom(d: dict[str, object]) -> Mention | None:
    """Whose status or comment it answers, as Weibo says it beside, or in what it embeds."""
    if d.keys().isdisjoint(_ANSWERING):
        return None
    embedded = table(d.get("reply_comment")) or table(d.get("status"))
    user = table(embedded.get("user"))
    number = next((text for key in ("idstr", "id") if (text := word(user.get(key))).isascii() and text.isdigit()), "")
    name = decoration(user.get("screen_name") or user.get("name") or d.get("in_reply_to_screen_name"), 200)
    if not embedded and (text := word(d.get("in_reply_to_user_id"))).isascii() and text.isdigit() and int(text):
        number = text
    return (number, name) if number or name else None


def _kind(mentions: Sequence[Mention], account: Account, *, comment: bool, repost: bool) -> int:
    if comment:
        return post_pb2.POST_KIND_COMMENT
    if any(number in account.owned or folded(handle) in account.owned for number, handle in mentions):
        return post_pb2.POST_KIND_MENTION
    return post_pb2.POST_KIND_REPOST if repost else post_pb2.POST_KIND_POST


def _pictures(d: dict[str, object]) -> list[tuple[str, str]]:
    """(picture id, address), whichever of its ways Weibo used to tell them."""
    infos = table(d.get("pic_infos"))
    ids = d.get("pic_ids")
    found: list[tuple[str, str]] = []
    if type(ids) is list:
        for name in ids[:50]:
            if type(name) is str and _PICTURE_ID.fullmatch(name):
                uri = decoration(table(table(infos.get(name)).get("large")).get("url"))
                found.append((name, uri or f"https://wx1.sinaimg.cn/large/{name}.jpg"))
    if not found:
        for picture in objects(d.get("pic_urls")):
            uri = decoration(picture.get("thumbnail_pic"))
            if uri:
                found.append((_stem(uri), uri))
    if not found:  # the mobile site, and the one picture of a comment
        for picture in [*objects(d.get("pics")), table(d.get("pic"))]:
            uri = decoration(table(picture.get("large")).get("url") or picture.get("url"))
            if uri:
                found.append((decoration(picture.get("pid"), 64) or _stem(uri), uri))
    if not found:
        uri = decoration(d.get("original_pic"))
        if uri:
            found.append((_stem(uri), uri))
    return found


def _videos(d: dict[str, object]) -> list[Media]:
    """The film of a page beneath the text; its address changes from delivery to delivery, so it is not compared."""
    if not (page := table(d.get("page_info"))):
        return []
    info = table(page.get("media_info"))
    uris = [info.get(key) for key in ("stream_url_hd", "stream_url", "mp4_hd_url", "mp4_sd_url")]
    uri = next((found for each in [*uris, *table(page.get("urls")).values()] if (found := decoration(each))), "")
    is_video = "video" in (page.get("type"), page.get("object_type"))
    return [Media(post_pb2.MEDIA_KIND_VIDEO, uri)] if uri and is_video else []


def _profile(user: dict[str, object], followers: int) -> tuple[ProfileAttribute, ...]:
    said = [
        ProfileAttribute(name, value)
        for name in ("location", "description", "url", "verified_reason")
        if (value := decoration(user.get(name)))
    ]
    if gender := _GENDERS.get(word(user.get("gender"))):
        said.append(ProfileAttribute("gender", gender))
    if type(verified := user.get("verified")) is bool:
        said.append(ProfileAttribute("verified", "true" if verified else "false"))
    if followers:
        said.append(ProfileAttribute("followers_count", str(followers)))
    return tuple(said)


def _location(d: dict[str, object]) -> Location | None:
    names = [decoration(table(note.get("place")).get("title"), 500) for note in objects(d.get("annotations"))]
    name = next((name for name in reversed(names) if name), "")
    return located(name, table(d.get("geo")).get("coordinates"), longitude_first=False)


def _told(location: Location | None, d: dict[str, object]) -> Told:
    """A `geo` of null says that there is no place; copies without the key do not say."""
    if location is not None:
        return Told.TOLD
    return Told.NONE if "geo" in d else Told.UNTOLD


def _monitored(d: dict[str, object], where: str, reading: Reading) -> Observation:
    """An item of the monitoring feed: the same post as the API's, or one of another site that it watches."""
    at = f"{where}." if where else ""
    author = mapping(d.get("Author"), f"{at}Author")
    said_author = decoration(author.get("Id"), 600)
    if d.get("Mid") not in (None, ""):
        external_id = numeric_id(d["Mid"], f"{at}Mid")
        author_id = numeric_id(said_author.removeprefix("weibo:"), f"{at}Author.Id")
    else:
        external_id = opaque_id(decoration(d.get("Id"), 600), f"{at}Id")
        author_id = opaque_id(said_author, f"{at}Author.Id")
    moment = _DOTNET_TIME.fullmatch(decoration(d.get("PubTime"), 40))
    if moment is None:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{at}PubTime is not written as /Date(milliseconds)/")
    text = checked_text(d["Text"] if "Text" in d else d.get("Content"), f"{at}Text")
    subject = decoration(d.get("Title"))
    name = decoration(author.get("DisplayName"), 200)
    entities = weibo_text.found_in(text, d)
    mentions = [("", entity.value) for entity in entities if entity.kind == post_pb2.ENTITY_KIND_MENTION]
    pictures = [decoration(uri) for uri in _list(d.get("ImageUrls")) if type(uri) is str and uri]
    media = [Media(post_pb2.MEDIA_KIND_IMAGE, uri) for uri in pictures]
    personal = PersonalContent(
        text, Author("", author_id, name, name), tuple(entities), tuple(media), None, external_id, subject, external_id
    )
    return Observation(
        where,
        external_id,
        author_id,
        name,
        _kind(mentions, reading.account, comment=False, repost=False),
        epoch_ms(moment[1], f"{at}PubTime", reading.now),
        language_of(None, text),
        encoded(personal),
        _digested(f"{subject}\0{text}" if subject else text, [_stem(uri) for uri in pictures]),
        len(text),
        conversation=external_id,
        mentions=mentions,
    )


def _stem(uri: str) -> str:
    """The picture's id in its address: the same picture in any size and on any host."""
    return uri.rpartition("/")[2].partition(".")[0]


def _digested(text: str, pictures: list[str]) -> bytes:
    return "\0".join([text, *sorted(pictures)]).encode()


def _list(value: object) -> list[object]:
    return value[:50] if type(value) is list else []
