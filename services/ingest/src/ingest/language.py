"""Which language a text is in, as far as its script says. It guesses nothing a script cannot tell.

Latin text is English only when English function words say so, and otherwise "und".
"""

import re
from functools import lru_cache

_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ebef]")
_THAI = re.compile("[\u0e01-\u0e5b]")
_GREEK = re.compile("[\u0391-\u03c9]")
_HEBREW = re.compile("[\u05d0-\u05ea]")
_NOISE = re.compile(r"https?://\S+|[@#$]\w+", re.ASCII)
_WORD = re.compile(r"[a-z']+")
_OTHER_LATIN = re.compile("[à-öø-ÿā-ž]")
_ENGLISH = frozenset(
    "the and you is are was were have has not this that with for my your what when why how can please thanks it its"  # noqa: SIM905  (a list of words reads as words)
    " i'm don't been will would could they we our from but on of to an".split()
)
_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8}){0,4})")
_NONE = frozenset({"und", "zxx", "qam", "qct", "qht", "qme", "qst", "art", "mul", "mis"})
_OLD = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "no": "nb"}


@lru_cache(maxsize=512)
def tag(said: str) -> str:
    """A platform's language code as a BCP 47 tag; "" when it is none or says none (X: `und`, `zxx`, `qme`, ...)."""
    match = _TAG.fullmatch(said)
    if match is None:
        return ""
    primary = match[1].lower()
    if primary in _NONE:
        return ""
    parts = [_OLD.get(primary, primary)]
    for part in match[2].replace("_", "-").split("-")[1:]:
        parts.append(
            part.upper() if len(part) == 2 else part.title() if len(part) == 4 and part.isalpha() else part.lower()
        )
    return "-".join(parts)


def detected(text: str) -> str:
    """The language of a text by its script: ko, ja, zh, th, el, he, en, or "und"."""
    if text.isascii():
        return "en" if _english(text) else "und"
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if _HAN.search(text):
        return "zh"
    if _THAI.search(text):
        return "th"
    if _HEBREW.search(text):
        return "he"
    if _GREEK.search(text):
        return "el"
    return "en" if not _OTHER_LATIN.search(text.lower()) and _english(text) else "und"


def language_of(said: object, text: str) -> str:
    """What the platform says, else what the script says."""
    if type(said) is str and said and (known := tag(said)):
        return known
    return detected(text)


def _english(text: str) -> bool:
    """Two function words, or one in a text of at most four words."""
    words = _WORD.findall(_NOISE.sub(" ", text[:2000]).lower())
    hits = sum(word in _ENGLISH for word in words)
    return hits >= 2 or (hits == 1 and len(words) <= 4)
