"""What X writes: texts whole and cut, what they contain and where, what is attached. Pure; shared by v1.1 and v2.

A text is escaped, and so are its offsets until `written` undoes both. X counts code points nearly everywhere and UTF-16
units in some relays and libraries; a text's own entities tell which, since each names what stands at its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from switchboard.ingest.v1 import post_pb2

from ingest.documents import checked_text, decoration, objects, table, word
from ingest.normalise import PARTS_MAX, Mention, Unreadable
from ingest.texts import code_points, marks, unescaped

_ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_MARKS = marks()
_TEXTUAL = re.compile(
    # A handle is ASCII and ends where ASCII letters, digits and underscores end, whatever script goes on behind it.
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=\bRT)|(?<=\brt))[@＠](?P<mention>[A-Za-z0-9_]{1,20})"
    rf"(?![A-Za-z0-9_@＠{_ACCENTED}]|://)"
    rf"|(?<![\w{_MARKS}#＃&])[#＃](?=[\d_]*[^\W\d_])(?P<hashtag>[\w{_MARKS}]+)(?![\w{_MARKS}#＃]|://)"
    r"|(?P<link>https?://(?:t\.co/[A-Za-z0-9]+|[!-~\u00a1-\u024f\u0400-\u04ff]+))"
    r"|(?<![\w$])\$(?P<cashtag>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?!\w)"
)
_TEXTUAL_KINDS = {
    "mention": post_pb2.ENTITY_KIND_MENTION,
    "hashtag": post_pb2.ENTITY_KIND_HASHTAG,
    "link": post_pb2.ENTITY_KIND_LINK,
    "cashtag": post_pb2.ENTITY_KIND_CASHTAG,
}
_MEDIA = {
    "photo": post_pb2.MEDIA_KIND_IMAGE,
    "image": post_pb2.MEDIA_KIND_IMAGE,
    "video": post_pb2.MEDIA_KIND_VIDEO,
    "animated_gif": post_pb2.MEDIA_KIND_VIDEO,
    "audio": post_pb2.MEDIA_KIND_AUDIO,
}
_FORMS = (
    # key of v1.1 or v2, kind, what stands before the name in the text, the name's key
    ("user_mentions", post_pb2.ENTITY_KIND_MENTION, "@", "screen_name"),
    ("mentions", post_pb2.ENTITY_KIND_MENTION, "@", "username"),
    ("hashtags", post_pb2.ENTITY_KIND_HASHTAG, "#", ("text", "tag")),
    ("urls", post_pb2.ENTITY_KIND_LINK, "", "expanded_url"),
    ("symbols", post_pb2.ENTITY_KIND_CASHTAG, "$", "text"),
    ("cashtags", post_pb2.ENTITY_KIND_CASHTAG, "$", "tag"),
)
_EXACT_BELOW = 1 << 53
"""Against: who reads numbers as doubles rounds larger ones."""
_CUT_END = re.compile(r"…\s*https?://t\.co/[A-Za-z0-9]+\s*\Z")
_REPOST_HEAD = re.compile(r"RT @[A-Za-z0-9_]{1,20}: ")


class Written(NamedTuple):
    """A text as one form of X carries it, still escaped, and where it has what."""

    text: str
    entities: object
    """The platform's, None where it gave none; offsets count from `head` code points into the text."""
    media: object
    is_cut: bool
    head: int = 0
    """Length of the `RT @who: ` that X put before somebody else's text."""


def written(d: dict[str, object], where: str) -> Written:
    """The longest text that a v1.1 or v2 post carries. Raises Unreadable.

    X cuts a text to 140 (v1.1 without `tweet_mode`), or to 280 where it is a note, and puts the whole one beside it
    (`extended_tweet`, `note_tweet`) where it was asked to.
    """
    body = d
    if type(longer := d.get("extended_tweet")) is dict and "full_text" in longer:
        body = longer
    if type(note := d.get("note_tweet")) is dict:
        note = note if "text" in note else table(table(note.get("note_tweet_results")).get("result"))
        body = note if "text" in note else body
    raw = body.get("full_text")
    text = checked_text(raw if raw is not None else body.get("text"), where)
    given = body.get("entities", body.get("entity_set"))
    attached = table(body.get("extended_entities")) or table(d.get("extended_entities"))
    media = attached.get("media") or table(given).get("media") or table(d.get("entities")).get("media")
    return Written(text, given, media, body is d and _is_cut(d, text, cut_unless_full=raw is None))


def _is_cut(d: dict[str, object], text: str, *, cut_unless_full: bool) -> bool:
    if d.get("truncated") is True and cut_unless_full:
        return True
    if "t.co/" not in text or not _CUT_END.search(text):
        return False
    # A link to the post itself at the end of it says "go on reading there"; without entities nothing tells it from
    # a picture's.
    if type(given := d.get("entities")) is not dict:
        return True
    itself = f"/i/web/status/{word(d.get('id_str') or d.get('id'))}"
    return any(decoration(link.get("expanded_url")).endswith(itself) for link in objects(given.get("urls")))


def reposted(outer: Written, original: dict[str, object]) -> Written:
    """A repost's text: X cuts it even where it gives the original whole, so it is taken from there.

    `original`: the embedded post; where it has no text (a flaw there is none of the repost), the cut one stands.
    """
    head = _REPOST_HEAD.match(outer.text)
    try:
        inner = written(original, "")
    except Unreadable:
        return outer._replace(is_cut=outer.is_cut or (head is not None and outer.text.rstrip().endswith("…")))
    if head is None:
        begins = outer.text.rstrip().removesuffix("…")
        return inner if inner.text.startswith(begins) else outer
    return inner._replace(text=head[0] + inner.text, head=head.end(), media=inner.media or outer.media)


def content(said: Written) -> post_pb2.PersonalContent:
    """Text, entities and media of a post, unescaped, offsets in code points of the plain text."""
    personal = post_pb2.PersonalContent()
    text, given = said.text, said.entities
    if type(given) is dict:
        if said.head:
            personal.entities.extend(textual(text[: said.head]))
        _add_entities(personal, text, given, said.head)
    else:
        personal.entities.extend(textual(text))
    if "&" in text:
        text, moved = unescaped(text)
        for entity in personal.entities:
            entity.start, entity.end = moved(entity.start), moved(entity.end)
    personal.text = text
    if said.media:
        add_media(personal, objects(said.media))
    return personal


def _add_entities(personal: post_pb2.PersonalContent, text: str, given: dict[str, object], head: int) -> None:
    place = _placing(text[head:] if head else text, given)
    for key, kind, _, name in _FORMS:
        if found := given.get(key):
            for e in objects(found):
                if len(personal.entities) >= PARTS_MAX:
                    break
                if span := place(_span(e)):
                    entity = personal.entities.add()
                    entity.kind = kind
                    entity.start, entity.end = span[0] + head, span[1] + head
                    entity.value = _named(e, name)
                    if kind == post_pb2.ENTITY_KIND_MENTION:
                        entity.external_id = account_id(e, "id")


def account_id(d: dict[str, object], key: str) -> str:
    """An account's id that stands in something embedded, "" where there is none, or a number that relays round."""
    number = d.get(f"{key}_str") or d.get(key)
    if type(number) is int and 0 < number < _EXACT_BELOW:
        return str(number)
    return number if type(number) is str and number.isascii() and number.isdigit() and len(number) <= 40 else ""


def mentions(personal: post_pb2.PersonalContent, said: Written, d: dict[str, object]) -> list[Mention]:
    """The accounts a post speaks to: those its entities name, wherever X says they stand, and whose post it answers.

    Offsets that lie outside a text are no place in it; X says all the same whom the post mentions: before a text that
    was cut, and of accounts that a reply names without showing them.
    """
    found = dict.fromkeys(
        (entity.external_id, entity.value)
        for entity in personal.entities
        if entity.kind == post_pb2.ENTITY_KIND_MENTION
    )
    if type(said.entities) is dict:
        for key, kind, _, name in _FORMS:
            if kind == post_pb2.ENTITY_KIND_MENTION and (given := said.entities.get(key)):
                found.update(
                    dict.fromkeys((account_id(e, "id"), _named(e, name)) for e in islice(objects(given), PARTS_MAX))
                )
    if answered := account_id(d, "in_reply_to_user_id"):
        found[answered, decoration(d.get("in_reply_to_screen_name"), 200)] = None
    elif handle := decoration(d.get("in_reply_to_screen_name"), 200):
        found["", handle] = None
    return [one for one in found if any(one)]


def _named(e: dict[str, object], name: str | tuple[str, ...]) -> str:
    keys = (name,) if type(name) is str else name
    return decoration(next((e[key] for key in keys if e.get(key)), None) or e.get("url"))


def _span(e: dict[str, object]) -> object:
    return e["indices"] if "indices" in e else [e.get("start"), e.get("end")]


Span = tuple[int, int]


def _placing(text: str, given: dict[str, object]) -> Callable[[object], Span | None]:
    """How this text's offsets become code points: each entity says what it finds, so most of them decide the unit."""
    length = len(text)
    if text.isascii() or max(text) <= "\uffff":
        return lambda span: within(span, length)
    units = code_points(text)
    points = found_there = 0
    for key, _, sigil, name in _FORMS:
        for e in objects(given.get(key)):
            expected = (sigil + _named(e, name)) if sigil else decoration(e.get("url"))
            points += _reads(text, within(_span(e), length), expected)
            found_there += _reads(text, units(_span(e)), expected)
    return units if found_there > points else lambda span: within(span, length)


def _reads(text: str, span: Span | None, expected: str) -> bool:
    return (
        span is not None and text[span[0] : span[1]].replace("＠", "@").replace("＃", "#").lower() == expected.lower()
    )


def within(span: object, length: int) -> Span | None:
    """A pair of offsets that lies inside a text of this length."""
    if type(span) is list and len(span) == 2:
        start, end = span
        if type(start) is int and type(end) is int and 0 <= start < end <= length:
            return start, end
    return None


def textual(text: str) -> list[post_pb2.Entity]:
    """Entities read off the text, where the platform gave none."""
    found = []
    for match in islice(_TEXTUAL.finditer(text), PARTS_MAX):
        name = match.lastgroup
        if name is not None:
            value = match[name]
            end = match.end()
            if name == "link":
                value = value.rstrip(".,;:!?)]}'\"…")
                end = match.start() + len(value)
            found.append(post_pb2.Entity(kind=_TEXTUAL_KINDS[name], start=match.start(), end=end, value=value))
    return found


def add_media(personal: post_pb2.PersonalContent, media: Iterable[dict[str, object]]) -> None:
    """What is attached, as far as it has an address: v1.1 media objects and those of v2's includes."""
    for m in islice(media, PARTS_MAX):
        uri = decoration(m.get("media_url_https") or m.get("media_url"))
        if not uri and "media_key" in m:  # v2; in v1.1 `url` is the link in the text
            uri = decoration(m.get("url") or m.get("preview_image_url"))
        if uri:
            personal.media.add(
                kind=_MEDIA.get(word(m.get("type")), post_pb2.MEDIA_KIND_FILE),
                uri=uri,
                alt_text=decoration(m.get("ext_alt_text") or m.get("alt_text")),
            )
