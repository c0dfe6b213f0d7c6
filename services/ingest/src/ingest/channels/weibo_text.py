"""What Weibo writes: texts whole and cut, plain and marked up, and what they contain. Pure.

Weibo gives no offsets: what a text contains is read off it, and off its links where the mobile site marked it up. The
same status comes plain from the API and as HTML from the sites, so both have to come to the same words.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1.post_structs import Entity

from ingest.documents import checked_text, decoration, objects, table
from ingest.normalise import PARTS_MAX
from ingest.texts import Anchor, Readable, is_marked_up, readable, unescaped

_NAME = r"[\w·-]{1,30}"
"""Letters of any script, digits, `_`, `-`, `·`: whatever goes on without a blank is part of the name."""
_ENTITY = re.compile(
    # An address of mail is none of these; it is taken first, so that its end is no mention.
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,60}(?:\.[A-Za-z0-9-]{1,60}){0,8}\.[A-Za-z]{2,20}\b"
    rf"|@(?P<mention>{_NAME})|#(?P<hashtag>[^#\s][^#\n]{{0,80}})#|\$(?P<cashtag>[^$\n]{{1,40}})\$"
    r"|(?P<link>https?://(?:t\.cn/[A-Za-z0-9]+|[A-Za-z0-9./?=&%_~:#+!,;@-]+))"
)
_ENTITY_KINDS = {
    "mention": post_pb2.ENTITY_KIND_MENTION,
    "hashtag": post_pb2.ENTITY_KIND_HASHTAG,
    "cashtag": post_pb2.ENTITY_KIND_CASHTAG,
    "link": post_pb2.ENTITY_KIND_LINK,
}
_MENTION = re.compile(rf"@({_NAME})")
_CUT_END = re.compile(r"(?:\.{3}|…)\s*(?:全文|展开)\Z")
_UNSEEN = " \t\r\n\u3000\u200b\u200c\u200d\ufeff"
"""What Weibo leaves at the end of a text, in the API one more than on the sites."""
_WHOLE = ("longTextContent", "content", "text")


class Written(NamedTuple):
    """A text as people read it, and what it is compared by with other forms of itself."""

    text: str
    entities: list[Entity]
    compared: str
    is_cut: bool


def written(d: dict[str, object], where: str) -> Written:
    """The longest text that a status or a comment carries. Raises Unreadable.

    Lists carry the beginning of a long text, which ends in `...全文` or only says that it is one.
    """
    longer = d.get("longText")
    whole = next((said for key in _WHOLE if (said := table(longer).get(key))), None) or (
        longer if type(longer) is str and longer else None
    )
    raw = checked_text(whole if whole is not None else d.get("text"), where)
    if is_marked_up(raw):
        read = readable(raw)
        if whole is None and type(d.get("text_raw")) is str and not _is_end_of_cut(read.text):
            read = Readable(unescaped(checked_text(d["text_raw"], where))[0], [])  # the same, as its author typed it
    else:
        read = Readable(unescaped(raw)[0] if "&" in raw else raw, [])
    entities = _entities(read, _expanded(d))
    said_cut = d.get("truncated") is True or d.get("isLongText") in (True, 1) or _is_end_of_cut(read.text)
    return Written(read.text, entities, _compared(read), whole is None and said_cut)


def _is_end_of_cut(text: str) -> bool:
    return _CUT_END.search(text.rstrip(_UNSEEN)) is not None


def found_in(text: str, d: dict[str, object]) -> list[Entity]:
    """What a plain text contains."""
    return _entities(Readable(text, []), _expanded(d))


def _expanded(d: dict[str, object]) -> dict[str, str]:
    expanded: dict[str, str] = {}
    for key, short, long in (("url_struct", "short_url", "ori_url"), ("url_objects", "url_short", "url_long")):
        for link in objects(d.get(key)):
            expanded[decoration(link.get(short))] = decoration(link.get(long))
    return expanded


def _entities(read: Readable, expanded: dict[str, str]) -> list[Entity]:
    text = read.text
    found = [entity for anchor in read.anchors[:PARTS_MAX] if (entity := _linked(text, anchor))]
    taken = [(entity.start, entity.end) for entity in found]
    if any(sign in text for sign in ("@", "#", "http", "$")):
        for match in islice(_ENTITY.finditer(text), PARTS_MAX):
            name = match.lastgroup
            if name is not None and not _overlaps(match.start(), match.end(), taken):
                value, end = match[name].strip(), match.end()
                if name == "link":
                    plain = value.rstrip(".,;:!?")
                    end -= len(value) - len(plain)
                    value = expanded.get(plain) or plain
                found.append(Entity(_ENTITY_KINDS[name], match.start(), end, value))
        if taken:
            found.sort(key=lambda entity: entity.start)
    return found[:PARTS_MAX]


def _overlaps(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return bool(taken) and any(start < other_end and other_start < end for other_start, other_end in taken)


def _linked(text: str, anchor: Anchor) -> Entity | None:
    """What a link of the mobile site is: a mention, a topic, a stock, or a link to elsewhere."""
    shown = text[anchor.start : anchor.end]
    if mention := _MENTION.fullmatch(shown):
        return Entity(post_pb2.ENTITY_KIND_MENTION, anchor.start, anchor.end, mention[1])
    if len(shown) > 2 and shown[0] == shown[-1] == "#":
        return Entity(post_pb2.ENTITY_KIND_HASHTAG, anchor.start, anchor.end, shown[1:-1].strip())
    if len(shown) > 2 and shown[0] == shown[-1] == "$":
        return Entity(post_pb2.ENTITY_KIND_CASHTAG, anchor.start, anchor.end, shown[1:-1].strip())
    if address := _address(anchor.attributes):
        return Entity(post_pb2.ENTITY_KIND_LINK, anchor.start, anchor.end, address)
    return None


def _address(attributes: dict[str, str]) -> str:
    """Where a link leads; "" for one inside the site (`全文`) or to no address of the web."""
    href = decoration(attributes.get("href", "")).strip()
    short = decoration(attributes.get("data-url", "")).strip()
    if href.startswith("//"):
        href = f"https:{href}"
    if "sinaurl" in href:
        try:
            wrapped = parse_qs(urlsplit(href).query)
        except ValueError:  # no address after all
            wrapped = {}
        href = next((target[0] for key in ("u", "toasturl") if (target := wrapped.get(key))), href)
    return next((address for address in (href, short) if address.startswith(("http://", "https://"))), "")


def _compared(read: Readable) -> str:
    """The text as the API has it: links short, as `data-url` says them, and nothing unseen at the end."""
    pieces, at = [], 0
    for anchor in read.anchors:
        if anchor.attributes.get("data-url", "").startswith(("http://t.cn/", "https://t.cn/")):
            pieces += [read.text[at : anchor.start], anchor.attributes["data-url"]]
            at = anchor.end
    return "".join([*pieces, read.text[at:]]).rstrip(_UNSEEN)
