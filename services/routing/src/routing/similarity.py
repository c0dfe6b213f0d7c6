"""How much two texts have in common, told from keyed sketches of them. It keeps no text and knows no key.

A text is the set of its shingles: all runs of so many characters, once case, punctuation and the names it addresses are
out of the way. Its sketch is the least of their hashes (A. Broder, "On the resemblance and containment of documents",
1997; bottom-k in E. Cohen and H. Kaplan, "Summarizing data using bottom-k sketches", 2007). Of texts with no more
shingles than a sketch holds the result is exact; of longer ones the standard error is below 1 / (2 sqrt(k)), 0.06.
"""

import re
from collections.abc import Callable
from heapq import nsmallest
from unicodedata import normalize

SHINGLE = 3
"""Characters. Against: words, which some languages do not separate; fewer say little, more miss what was reworded."""
COMPARED_MAX = 2_000
"""Characters of a text that are looked at, the first: seven short posts, and ten milliseconds at most."""
SKETCH_MAX = 64
"""Hashes of a sketch, four bytes each."""
SIMILAR_FROM = 0.7
"""From which resemblance on a text says what another one said: a word or two are otherwise, or in another place."""
_BYTES = 4
_ADDRESSED = re.compile(r"(?<!\w)@\w+")
_APART = re.compile(r"[\W_]+")


def sketch(text: str, digest: Callable[[bytes], bytes]) -> bytes:
    """The least hashes of a text, ascending, by a keyed digest of at least four bytes; never empty."""
    hashes = {digest(shingle.encode(errors="surrogatepass"))[:_BYTES] for shingle in _shingles(text)}
    return b"".join(nsmallest(SKETCH_MAX, hashes))


def resemblance(one: bytes, other: bytes) -> float:
    """Jaccard's coefficient of two texts, 0 to 1, as their sketches under one key tell it: of the least hashes of both
    together, the share that both have.
    """
    ours, theirs = _hashes(one), _hashes(other)
    least = nsmallest(SKETCH_MAX, ours | theirs)
    return sum(each in ours and each in theirs for each in least) / len(least) if least else 0.0


def contained(one: str, other: str) -> float:
    """The share of one text that another one has as well, 0 to 1 (Broder's containment), of texts that are open."""
    ours = _shingles(one)
    return len(ours & _shingles(other)) / len(ours)


def _shingles(text: str) -> set[str]:
    """The runs of characters of a text; never empty."""
    whole = normalize("NFKC", text[:COMPARED_MAX]).casefold()[:COMPARED_MAX]
    plain = _APART.sub(" ", _ADDRESSED.sub(" ", whole)).strip() or whole
    return {plain[at : at + SHINGLE] for at in range(max(1, len(plain) - SHINGLE + 1))}


def _hashes(sketched: bytes) -> frozenset[bytes]:
    return frozenset(sketched[at : at + _BYTES] for at in range(0, len(sketched), _BYTES))
