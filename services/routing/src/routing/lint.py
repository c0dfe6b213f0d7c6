"""What somebody would change about a reply before it is sent: hints with a place and a fix, and a score. Pure.

It forbids nothing. Every rule is a look at the text from left to right, so a text of a hundred thousand characters
costs milliseconds; none of them raises for any text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from unicodedata import category

from routing.canned import VARIABLES
from routing.lengths import length_max, length_of
from routing.similarity import COMPARED_MAX, contained
from routing.terms import JargonTerm

HINTS_OF_KIND_MAX = 10
"""Hints of one kind: who gets so many has seen enough of it."""
READ_MAX = 10_000
"""Characters that are looked at, the first: so long a reply may be."""
REUSED_FROM = 0.7
"""Share of a reply that stands in another text, from which on it is said."""
CAPITALS_MIN = 3
"""Words in capitals one after the other: two are a name or an abbreviation."""
CAPITAL_LETTERS_MIN = 12
"""Letters of such words: with fewer they are abbreviations in a row."""
SPOKEN_MIN = 4
"""Words that tell a language, before another one than the case's is said to be it."""
LENGTHS_MAX = {"mastodon": 500, "bluesky": 300, "whatsapp": 4_096, "telegram": 4_096}
"""Characters of a public reply, or of the only kind there is, as the platforms document them in 2026; where a longer
one is refused anyway, `lengths.py` knows.
"""


class Kind(IntEnum):
    """What a hint is about; the numbers are the contract's."""

    UNSPECIFIED = 0
    JARGON = 1
    TEMPLATE = 2
    NO_REPLY = 3
    UNFILLED = 4
    PLACEHOLDER = 5
    LANGUAGE = 6
    SHOUTING = 7
    TOO_LONG = 8


WEIGHTS = {
    Kind.JARGON: 0.1,
    Kind.TEMPLATE: 0.3,
    Kind.NO_REPLY: 0.5,
    Kind.UNFILLED: 0.8,
    Kind.PLACEHOLDER: 0.8,
    Kind.LANGUAGE: 0.6,
    Kind.SHOUTING: 0.3,
    Kind.TOO_LONG: 0.4,
}
"""What one hint takes away: most where the customer would see a mistake, least where it is a matter of taste."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to look at."""

    kind: Kind
    start: int
    """In code points from 0; where it begins, and before which it ends."""
    end: int
    sentence: str
    """What it is, and the fix."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a reply is looked at with."""

    language: str = ""
    """BCP 47 tag of the case, "" or "und" for unknown."""
    channel: str = ""
    length_max: int = 0
    """Characters the queue lets a reply have, 0 for what the channel does."""
    jargon: Sequence[JargonTerm] = ()
    templates: Sequence[tuple[str, str]] = ()
    """What canned texts are called, and how they read."""
    answers: Sequence[str] = ()
    """What the agent said to others lately."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found."""

    hints: tuple[Hint, ...]
    """By place, then kind."""
    score: float
    reuse: float
    """The share of the reply that stands in the nearest canned text or earlier answer, 0 to 1."""


def check(text: str, context: Context) -> Findings:
    """What is to be said of a reply.

    The score is the product over all hints of 1 - weight of their kind, of template reuse 1 - weight x share: 1 where
    there is nothing to say, never below 0, and never higher for one hint more.
    """
    read = text[:READ_MAX]
    reuse, reused = _reuse(read, context)
    rules: tuple[Iterable[Hint], ...] = (
        _jargon(read, context.jargon),
        reused,
        _no_reply(read),
        _unfilled(read),
        _placeholders(read),
        _language(read, context.language),
        _shouting(read),
        _too_long(text, context),
    )
    found = [hint for rule in rules for hint in islice(rule, HINTS_OF_KIND_MAX)]
    score = 1.0
    for hint in found:
        score *= 1 - WEIGHTS[hint.kind] * (reuse if hint.kind is Kind.TEMPLATE else 1)
    return Findings(tuple(sorted(found, key=lambda one: (one.start, one.kind, one.end))), score, reuse)


def _jargon(text: str, terms: Sequence[JargonTerm]) -> Iterator[Hint]:
    """Words of the house; longer terms before those that begin them."""
    known = {term.term.casefold(): term for term in terms if term.term}
    if not known:
        return
    longest = sorted({term.term for term in terms if term.term}, key=len, reverse=True)
    for found in re.finditer("|".join(_alone(term) for term in longest), text, re.IGNORECASE):
        term = known.get(found[0].casefold())
        fix = f"say '{term.instead}'" if term is not None and term.instead else "say it in the customer's words"
        yield Hint(Kind.JARGON, *found.span(), f"'{_cut(found[0])}' is a word of the house; {fix}")


def _alone(term: str) -> str:
    """A term where it is no part of a longer word; where words are not separated it may stand anywhere."""
    before = r"(?<![^\W\d_])" if term[0].isascii() and term[0].isalnum() else ""
    after = r"(?![^\W\d_])" if term[-1].isascii() and term[-1].isalnum() else ""
    return f"{before}{re.escape(term)}{after}"


def _reuse(text: str, context: Context) -> tuple[float, list[Hint]]:
    """(the greatest share of the reply that another text has, what is to be said of it)."""
    nearest, what = 0.0, ""
    for called, template in context.templates:
        share = contained(text, template)
        if share > nearest:
            nearest, what = share, f"canned text '{_cut(called)}'"
    for answer in context.answers:
        share = contained(text, answer)
        if share > nearest:
            nearest, what = share, "what you said to somebody else lately"
    if nearest < REUSED_FROM:
        return nearest, []
    sentence = f"{nearest:.0%} of it is {what}; say one thing that is about this customer"
    return nearest, [Hint(Kind.TEMPLATE, 0, min(len(text), COMPARED_MAX), sentence)]


_NO_REPLY = re.compile(
    r"(?:please\s+)?(?:do\s+not|don['’]?t|cannot|can['’]?t)\s+(?:reply|respond|answer)(?:\s+(?:to|directly))*"
    r"\s+(?:this|the)\s+(?:e-?mail|message|address|mailbox|tweet|post)"
    r"|(?:no|do[\s._-]?not)[\s._-]?reply@|\bno-?reply\s+(?:address|mailbox|e-?mail)"
    r"|(?:is|are)\s+not\s+monitored|unmonitored\s+(?:mailbox|address|inbox)"
    r"|nicht\s+auf\s+diese\s+(?:e-?mail|nachricht|mitteilung)\s+(?:zu\s+)?(?:antworten|reagieren)"
    r"|antworten\s+sie\s+(?:bitte\s+)?nicht\s+auf\s+diese|keine\s+antwort\s+auf\s+diese"
    r"|(?:ne\s+(?:pas|répondez\s+pas|répondre\s+pas))\s*(?:répondre\s*)?à\s+ce(?:t|tte)?\s+(?:message|e-?mail|courriel)"
    r"|no\s+respond(?:a|as|er)\s+a\s+este\s+(?:mensaje|correo)|non\s+rispondere\s+a\s+questa?\s+(?:e-?mail|messaggio)"
    r"|[请請]?(?:勿|不要|不用|无需|無需)(?:直接)?(?:回[复復覆]|答[复復覆])"
    r"|返信(?:は)?(?:しないで|いただけません|できません|不要)|회신하지\s*마",
    re.IGNORECASE,
)


def _no_reply(text: str) -> Iterator[Hint]:
    for found in _NO_REPLY.finditer(text):
        sentence = (
            f"'{_cut(found[0])}' tells the customer not to answer; every reply of ours can be answered: leave it out"
        )
        yield Hint(Kind.NO_REPLY, *found.span(), sentence)


_BRACED = re.compile(r"\$?\{\{?[^{}\n]{1,60}\}\}?|%[A-Z][A-Z_]{1,40}%|%\((?:\w{1,40})\)s")


def _unfilled(text: str) -> Iterator[Hint]:
    """What stands in braces, or as a merge field of another system."""
    for found in _BRACED.finditer(text):
        name = found[0].strip("${}%()s ")
        fix = f"put in {VARIABLES[name].partition(',')[0]}" if name in VARIABLES else "put in what it stands for"
        yield Hint(Kind.UNFILLED, *found.span(), f"'{_cut(found[0])}' was not filled; {fix}, or leave it out")


_PLACEHOLDER = re.compile(
    r"(?i:\[(?:…|\.{2,3}|_+|x{2,}|(?:your|customer|first|last|agent|order|case|insert|the)?[\s_-]?"
    r"(?:name|number|date|link|address|amount|order|id|url|text|here|kundenname|vorname|nom|nombre|姓名|名字|订单号|日期))\]"
    r"|<(?:insert|your|customer)\b[^<>\n]{0,40}>|lorem\s+ipsum|_{4,})|\b(?:TODO|TBD|FIXME|XXX)\b"
)
"""Code words in capitals only: todo is Spanish, and some sign with xxx."""


def _placeholders(text: str) -> Iterator[Hint]:
    for found in _PLACEHOLDER.finditer(text):
        yield Hint(Kind.PLACEHOLDER, *found.span(), f"'{_cut(found[0])}' is a gap; fill it, or leave it out")


_SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("en", re.compile(r"[A-Za-z\u00c0-\u024f]")),
)
"""Scripts, each by the language that stands for it."""
_SCRIPT_OF = {
    "uk": "ru",
    "bg": "ru",
    "sr": "ru",
    "mk": "ru",
    "be": "ru",
    "kk": "ru",
    "mn": "ru",
    "fa": "ar",
    "ur": "ar",
    "ps": "ar",
    "ug": "ar",
    "yi": "he",
    "mr": "hi",
    "ne": "hi",
    "sa": "hi",
    "yue": "zh",
    "wuu": "zh",
}
_OTHER_SCRIPTS = frozenset(
    "am hy ka bn ta te ml kn gu pa si my km lo bo dv ti".split()  # noqa: SIM905
)
"""Languages of scripts that are not told apart here."""
_COMMON = {
    "en": "the you your and is are was we our have has will for this that with please not can to of it be",
    "de": "der die das und ist sind wir sie ihr ihre nicht mit für auf ein eine haben wird bitte zu den dem es",
    "fr": "le la les et est sont nous vous votre pas avec pour une des du que qui dans merci ce cette sur",
    "es": "el los las y es son su usted no con para una por que en gracias favor hemos está tiene este",
    "it": "il gli e è sono noi suo non con per una che di grazie abbiamo questo della ha nel lei",
    "pt": "o os as e é são você seu não com para uma por que em obrigado nós temos está este da do",
    "nl": "de het een en is zijn wij u uw niet met voor van dat op hebben wordt kunt dit te",
}
_COMMON_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_LETTERS = re.compile(r"[^\W\d_]+")
_NAMES = {
    "ja": "Japanese",
    "ko": "Korean",
    "zh": "Chinese",
    "ar": "the Arabic script",
    "he": "Hebrew",
    "el": "Greek",
    "th": "Thai",
    "hi": "Devanagari",
    "ru": "Cyrillic",
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
}


def _language(text: str, language: str) -> list[Hint]:
    """One hint where the reply is plainly in another language than the case: of another script, or with twice as many
    of another language's commonest words. What cannot be told apart is not.
    """
    asked = language.partition("-")[0].lower()
    if asked in ("", "und", "mul", "zxx") or asked in _OTHER_SCRIPTS:
        return []
    bare = re.sub(r"https?://\S+|[@#]\S+", " ", text)
    counts = {name: len(letters.findall(bare)) for name, letters in _SCRIPTS}
    counts["zh"] *= 2  # a character says as much as a short word
    counts["ja"] = counts["ja"] * 4 if counts["ja"] else 0  # kana stand between characters
    written = max(counts, key=lambda name: counts[name])
    script = _SCRIPT_OF.get(asked, asked if asked in counts and asked != "en" else "en")
    if counts[written] >= SPOKEN_MIN * 2 and written != script and counts[script] * 2 < counts[written]:
        return [_spoken(text, written, language)]
    if asked not in _COMMON_WORDS or written != "en":
        return []
    words = [word.casefold() for word in _LETTERS.findall(bare)]
    told = {name: sum(word in common for word in words) for name, common in _COMMON_WORDS.items()}
    nearest = max(told, key=lambda name: (told[name], name == asked))
    if nearest != asked and told[nearest] >= SPOKEN_MIN and told[nearest] >= 2 * told[asked] + 1:
        return [_spoken(text, nearest, language)]
    return []


def _spoken(text: str, written: str, language: str) -> Hint:
    sentence = (
        f"it reads as {_NAMES[written]}, and the customer writes '{_cut(language)}'; answer in that, or say why not"
    )
    return Hint(Kind.LANGUAGE, 0, len(text), sentence)


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def _shouting(text: str) -> Iterator[Hint]:
    """Runs of words in capitals, of scripts that have some; and rows of exclamation marks."""
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        if all(letter.isupper() for letter in word[0] if letter.isalpha()):
            run.append(word)
        else:
            yield from _shouted(run)
            run = []
    yield from _shouted(run)
    for found in re.finditer(r"[!！]{3,}", text):
        yield Hint(Kind.SHOUTING, *found.span(), f"{len(found[0])} exclamation marks read as shouting; one is enough")


def _shouted(run: Sequence[re.Match[str]]) -> list[Hint]:
    if len(run) < CAPITALS_MIN or sum(len(word[0]) for word in run) < CAPITAL_LETTERS_MIN:
        return []
    sentence = f"{len(run)} words in capitals read as shouting; write them as others"
    return [Hint(Kind.SHOUTING, run[0].start(), run[-1].end(), sentence)]


def _too_long(text: str, context: Context) -> list[Hint]:
    known = length_max(context.channel, {}, is_private=False) or LENGTHS_MAX.get(context.channel, 0)
    allowed = context.length_max or known
    length = len(text) if context.length_max else length_of(context.channel, text)
    if not allowed or length <= allowed:
        return []
    where = "the queue" if context.length_max else f"a public reply on {context.channel}"
    sentence = f"it has {length} characters, and {where} {allowed}; shorten it, or answer in private"
    fits = allowed if context.length_max else _end(text, context.channel, allowed)
    return [Hint(Kind.TOO_LONG, fits, len(text), sentence)]


def _end(text: str, channel: str, allowed: int) -> int:
    """Before which character a text has counted as many as are allowed; found by halves, as counting takes long."""
    begun = range(1, min(len(text), READ_MAX) + 1)
    return bisect_right(begun, allowed, key=lambda end: length_of(channel, text[:end]))


def _cut(quoted: str) -> str:
    """A quotation as it can be shown in a sentence: short, and with nothing that changes how it reads."""
    shown = "".join("�" if category(character) in ("Cs", "Cc", "Cf", "Zl", "Zp") else character for character in quoted)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
