"""How long a reply may be where it goes, and how long it is there: every platform counts in its own way. Pure; it knows
no case.

Only platforms that ingest reads are known. What a source is labelled with comes before that: an account may pay for
longer posts, and a channel that brings its posts in our own form is limited by what its client says.
"""

import re
from collections.abc import Callable, Mapping
from unicodedata import normalize

PUBLIC_LABEL, PRIVATE_LABEL = "reply_length_max", "message_length_max"
"""Labels of a source that say how long its replies may be, in public and as direct messages; 0 for no limit."""
_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LINK_LENGTH = 23
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_PICTURE = "[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_DRESSED = f"{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
_EMOJI = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_DRESSED}(?:\u200d{_DRESSED})*")


def _by_weight(text: str) -> int:
    """As X counts: a link is 23, an emoji 2 however it is made, letters of most scripts 1, all else 2 (its library
    `twitter-text`, configuration 3). A domain without `https://`, which X may shorten as well, counts as it is written.
    """
    links, bare = len(_LINK.findall(text)), _LINK.sub("", normalize("NFC", text))
    pictures, plain = len(_EMOJI.findall(bare)), _EMOJI.sub("", bare)
    light = sum(any(first <= ord(one) <= last for first, last in _LIGHT) for one in plain)
    return _LINK_LENGTH * links + 2 * pictures + 2 * len(plain) - light


def _by_width(text: str) -> int:
    """As Weibo counts: a Chinese character is one, two of ASCII are."""
    narrow = sum(one.isascii() for one in text)
    return len(text) - narrow + -(-narrow // 2)


_COUNTS: Mapping[str, Callable[[str], int]] = {"weibo": _by_width, "x": _by_weight}
_PUBLIC = {"weibo": 140, "x": 280}
"""Of a comment on Weibo (open.weibo.com, comments/reply), of a post on X."""
_PRIVATE = {"x": 10_000}
"""Of a direct message, in code points. What Weibo takes depends on the account; a label says it."""


def length_of(channel: str, text: str) -> int:
    """How long a public reply is on a channel; in code points where no platform is known to count otherwise."""
    return _COUNTS.get(channel, len)(text)


def length_max(channel: str, labels: Mapping[str, str], *, is_private: bool) -> int:
    """How long a reply may be on a channel through a source with these labels, 0 where nobody says."""
    said = labels.get(PRIVATE_LABEL if is_private else PUBLIC_LABEL, "")
    if said.isascii() and said.isdecimal():
        return min(int(said[:9]), 1_000_000)
    return (_PRIVATE if is_private else _PUBLIC).get(channel, 0)
