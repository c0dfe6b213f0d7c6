"""What X writes: texts whole and cut, what they contain and where, what is attached. Pure; shared by v1.1 and v2.

A text is escaped, and so are its offsets until `written` undoes both. X counts code points nearly everywhere and UTF-16
units in some relays and libraries; a text's own entities tell which, since each names what stands at its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import msgspec
from msgspec.structs import replace
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1.post_structs import Entity, Media

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
MEDIA = {
    "photo": post_pb2.MEDIA_KIND_IMAGE,
    "image": post_pb2.MEDIA_KIND_IMAGE,
    "video": post_pb2.MEDIA_KIND_VIDEO,
    "animated_gif": post_pb2.MEDIA_KIND_VIDEO,
    "audio": post_pb2.MEDIA_KIND_AUDIO,
}
_Form = tuple[str, int, str, tuple[str, ...]]
_FORMS: tuple[_Form, ...] = (
    # key of v1.1 or v2, kind, what stands before the name in the text, the name's keys
    ("user_mentions", post_pb2.ENTITY_KIND_MENTION, "@", ("screen_name",)),
    ("mentions", post_pb2.ENTITY_KIND_MENTION, "@", ("username",)),
    ("hashtags", post_pb2.ENTITY_KIND_HASHTAG, "#", ("text", "tag")),
    ("urls", post_pb2.ENTITY_KIND_LINK, "", ("expanded_url",)),
    ("symbols", post_pb2.ENTITY_KIND_CASHTAG, "$", ("text",)),
    ("cashtags", post_pb2.ENTITY_KIND_CASHTAG, "$", ("tag",)),
)
_NOBODY: Mention = ("", "")
_EXACT_BELOW = 1 << 53
"""Against: who reads numbers as doubles rounds larger ones."""
_CUT_END = re.compile(r"…\s*https?://t\.co/[A-Za-z0-9]+\s*\Z")
_REPOST_HEAD = re.compile(r"RT @[A-Za-z0-9_]{1,20}: ")


class Written(msgspec.Struct, gc=False):
    """A text as one form of X carries it, still escaped, and where it has what."""

    text: str
    entities: object
    """The platform's, None where it gave none; offsets count from `head` code points into the text."""
    media: object
    is_cut: bool
    head: int = 0
    """Length of the `RT @who: ` that X put before somebody else's text."""


class Said(msgspec.Struct, gc=False):
    """A text as people read it, what it contains, what is attached, and whom its entities name."""

    text: str
    entities: list[Entity]
    media: list[Media]
    named: list[Mention]
    """Whom its entities mention: those that stand in the text, then those that do not."""


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
    if not ends_in_link(text):
        return False
    # Without entities nothing tells a link to the post itself from a picture's.
    if type(given := d.get("entities")) is not dict:
        return True
    addresses = [link.get("expanded_url") for link in objects(given.get("urls"))]
    return leads_to(word(d.get("id_str") or d.get("id")), addresses)


def ends_in_link(text: str) -> bool:
    """Whether the end of a text is a link after an ellipsis."""
    return "t.co/" in text and _CUT_END.search(text) is not None


def leads_to(own_id: str, addresses: Iterable[object]) -> bool:
    """Whether one of a post's links is to the post itself: at its end it says "go on reading there"."""
    return any(decoration(address).endswith(f"/i/web/status/{own_id}") for address in addresses)


def reposted(outer: Written, original: dict[str, object]) -> Written:
    """A repost's text: X cuts it even where it gives the original whole, so it is taken from there.

    `original`: the embedded post; where it has no text (a flaw there is none of the repost), the cut one stands.
    """
    head = _REPOST_HEAD.match(outer.text)
    try:
        inner = written(original, "")
    except Unreadable:
        return replace(outer, is_cut=outer.is_cut or (head is not None and outer.text.rstrip().endswith("…")))
    if head is None:
        begins = outer.text.rstrip().removesuffix("…")
        return inner if inner.text.startswith(begins) else outer
    return replace(inner, text=head[0] + inner.text, head=head.end(), media=inner.media or outer.media)


def content(said: Written) -> Said:
    """Text, entities and media of a post, unescaped, offsets in code points of the plain text."""
    text, given = said.text, said.entities
    entities: list[Entity] = []
    named: list[Mention] = []
    if type(given) is not dict:
        entities = textual(text)
    else:
        if said.head:
            entities = textual(text[: said.head])
        named = _add_entities(entities, text, given, said.head)
    if said.head or type(given) is not dict:
        named = [(e.external_id, e.value) for e in entities if e.kind == post_pb2.ENTITY_KIND_MENTION] + named
    text, entities = plain(text, entities)
    return Said(text, entities, media_of(said.media) if said.media else [], named)


def plain(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """The text unescaped, and the entities where they stand in it."""
    if "&" not in text:
        return text, entities
    text, moved = unescaped(text)
    return text, [Entity(e.kind, moved(e.start), moved(e.end), e.value, e.external_id) for e in entities]


def _add_entities(entities: list[Entity], text: str, given: dict[str, object], head: int) -> list[Mention]:
    """Adds what the platform says the text contains, and returns whom it mentions.

    Offsets that lie outside a text are no place in it; X says all the same whom the post mentions: before a text that
    was cut, and of accounts that a reply names without showing them.
    """
    forms = [(form, objects(found)) for form in _FORMS if (found := given.get(form[0]))]
    if not forms:
        return []
    place = _placing(text[head:] if head else text, forms)
    standing: list[Mention] = []
    unplaced: list[Mention] = []
    for (_, kind, _, names), found in forms:
        is_mention = kind == post_pb2.ENTITY_KIND_MENTION
        for number, e in enumerate(found):
            has_room = len(entities) < PARTS_MAX
            span = place(_span(e)) if has_room else None
            if is_mention:
                mention = account_id(e, "id"), _named(e, names)
                if span:
                    standing.append(mention)
                    entities.append(Entity(kind, span[0] + head, span[1] + head, mention[1], mention[0]))
                if number < PARTS_MAX:
                    unplaced.append(mention)
            elif span:
                entities.append(Entity(kind, span[0] + head, span[1] + head, _named(e, names)))
            elif not has_room:
                break
    return standing + unplaced


def placed(
    text: str, mentions: Sequence[tuple[int, int, str, str]], others: Sequence[tuple[int, int, int, str | None]]
) -> tuple[list[Entity], list[Mention]] | None:
    """What a text contains, and whom it names; None where it takes more than to look.

    `mentions`: start, end, number and handle of each; `others`: kind, start, end and value.
    """
    length = len(text)
    entities: list[Entity] = []
    named: list[Mention] = []
    elsewhere: list[Mention] = []
    furthest = 0
    for start, end, number, handle in mentions:
        furthest = max(furthest, end)
        if 0 <= start < end <= length:
            entities.append(Entity(post_pb2.ENTITY_KIND_MENTION, start, end, handle, number))
            named.append((number, handle))
        else:
            elsewhere.append((number, handle))
    for kind, start, end, value in others:
        furthest = max(furthest, end)
        if 0 <= start < end <= length:
            entities.append(Entity(kind, start, end, decoration(value)))
    if len(mentions) + len(others) > PARTS_MAX or not counts_alike(text, furthest):
        return None
    return entities, named + elsewhere if elsewhere else named


def account_id(d: dict[str, object], key: str) -> str:
    """An account's id that stands in something embedded, "" where there is none, or a number that relays round."""
    return account_number(d.get(f"{key}_str") or d.get(key))


def account_number(number: object) -> str:
    """An account's id as it stands in something embedded."""
    if type(number) is int and 0 < number < _EXACT_BELOW:
        return str(number)
    return number if type(number) is str and number.isascii() and number.isdigit() and len(number) <= 40 else ""


def spoken_to(named: Sequence[Mention], answered: object, handle: object) -> list[Mention]:
    """The accounts a post speaks to: those its entities name, wherever X says they stand, and whose post it answers."""
    if len(named) == 1 and not (answered or handle) and named[0] != _NOBODY:
        return [*named]
    found = dict.fromkeys(named)
    if answered or handle:
        found[account_number(answered), decoration(handle, 200)] = None
    found.pop(_NOBODY, None)
    return list(found)


def _named(e: dict[str, object], names: tuple[str, ...]) -> str:
    for name in names:
        if said := e.get(name):
            return decoration(said)
    return decoration(e.get("url"))


def _span(e: dict[str, object]) -> object:
    return e["indices"] if "indices" in e else [e.get("start"), e.get("end")]


Span = tuple[int, int]


def _placing(text: str, forms: list[tuple[_Form, list[dict[str, object]]]]) -> Callable[[object], Span | None]:
    """How this text's offsets become code points: each entity says what it finds, so most of them decide the unit."""
    length = len(text)
    spans = [within(_span(e), 2 * length) for _, found in forms for e in found]
    furthest = max([span[1] for span in spans if span], default=0)
    units = None if counts_alike(text, furthest) else code_points(text)
    if units is None:
        return lambda span: within(span, length)
    points = found_there = 0
    for (_, _, sigil, names), found in forms:
        for e in found:
            span = _span(e)
            one, other = within(span, length), units(span)
            if one != other:
                expected = (sigil + _named(e, names)) if sigil else decoration(e.get("url"))
                points += _reads(text, one, expected)
                found_there += _reads(text, other, expected)
    return units if found_there > points else lambda span: within(span, length)


def counts_alike(text: str, furthest: int) -> bool:
    """Whether offsets up to this one are the same in code points and in UTF-16 units."""
    return text[:furthest].isascii() or code_points(text) is None


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


def textual(text: str) -> list[Entity]:
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
            found.append(Entity(_TEXTUAL_KINDS[name], match.start(), end, value))
    return found


def media_of(given: object) -> list[Media]:
    """What is attached, as far as it has an address: v1.1 media objects and those of v2's includes."""
    found = []
    for m in islice(objects(given), PARTS_MAX):
        uri = decoration(m.get("media_url_https") or m.get("media_url"))
        if not uri and "media_key" in m:  # v2; in v1.1 `url` is the link in the text
            uri = decoration(m.get("url") or m.get("preview_image_url"))
        if uri:
            kind = MEDIA.get(word(m.get("type")), post_pb2.MEDIA_KIND_FILE)
            found.append(Media(kind, uri, decoration(m.get("ext_alt_text") or m.get("alt_text"))))
    return found
