"""What was answered before and held, offered again with nothing of those it was said to. Pure; it opens no seal.

Nobody can tell from a text alone which of its words are one customer's: a name, an order, a street. So a word is shown
only as part of a run of words that was said to several customers; what stands between such runs is a gap. That is
k-anonymity (L. Sweeney, "k-anonymity: a model for protecting privacy", 2002) of runs of words: whoever reads one cannot
tell whose it was.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from unicodedata import normalize

from chassis.clock import Instant

from routing.similarity import SIMILAR_FROM, contained, resemblance, sketch

SUGGESTED_MAX = 5
GIVEN_MAX = 50
"""Answers that are looked at, those of the latest cases."""
GIVEN_LENGTH_MAX = 1_000
"""Code points of one that is looked at: a longer one is a letter to somebody. So many take a tenth of a second."""
RUN = 4
"""Words of a run. Against: shorter ones are said to several people by chance, a first name after a greeting too."""
CUSTOMERS_MIN = 3
"""Customers to whom a run was said. Against: two may be one person on two channels, whose name both answers have."""
SHOWN_MIN = 0.6
"""Share of an answer's words that can be shown; with fewer it says nothing any more."""
GAP = "[…]"
"""Stands for what is not shown; CheckReply says that it is still there."""
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Characters that are words by themselves here: their languages do not separate words."""
_WORD = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])\w)+")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that settled a case."""

    case_id: str
    customer_id: str
    agent_id: str
    tags: tuple[str, ...]
    at: Instant
    text: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An answer as it may be shown."""

    given: Given
    text: str
    customers: int
    """How many customers each of its runs was said to, at least."""
    gaps: int


def suggest(answers: Iterable[Given], question: str = "", tags: Iterable[str] = ()) -> list[Suggestion]:
    """Answers that can be shown, the best first, none twice: those with more of these tags, then those that have more
    of the question's words (to a tenth), then those said to more customers, then the latest.
    """
    given = [one for one in answers if len(one.text) <= GIVEN_LENGTH_MAX][:GIVEN_MAX]
    said = said_to(given)
    wanted = frozenset(tags)

    def rank(one: Suggestion) -> tuple[int, float, int, int, str]:
        alike = round(contained(question, one.text), 1) if question else 0.0
        return -len(wanted.intersection(one.given.tags)), -alike, -one.customers, -one.given.at, one.given.case_id

    chosen: list[tuple[bytes, Suggestion]] = []
    for one in sorted((found for answer in given if (found := shown(answer, said)) is not None), key=rank):
        drawn = sketch(one.text, _digest)
        if all(resemblance(drawn, other) < SIMILAR_FROM for other, _ in chosen):
            chosen.append((drawn, one))
        if len(chosen) == SUGGESTED_MAX:
            break
    return [one for _, one in chosen]


def said_to(given: Sequence[Given]) -> Mapping[tuple[str, ...], int]:
    """How many customers each run of words was said to; those of whom nobody knows who they are count for nobody."""
    whom: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in given:
        if one.customer_id:
            for run in runs(words_of(one.text)):
                whom[run].add(one.customer_id)
    return {run: len(customers) for run, customers in whom.items()}


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [_plain(word[0]) for word in _WORD.finditer(text)]


def runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    """All runs of a text's words, in their order."""
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def shown(given: Given, said: Mapping[tuple[str, ...], int]) -> Suggestion | None:
    """An answer without what was said to few; None where too little would be left of it."""
    found = list(_WORD.finditer(given.text))
    words = [_plain(word[0]) for word in found]
    customers = [0] * len(words)
    """Of each word the customers of the run that most of them were told."""
    for at, run in enumerate(runs(words)):
        count = said.get(run, 0)
        for place in range(at, at + RUN):
            customers[place] = max(customers[place], count)
    kept = [count for count in customers if count >= CUSTOMERS_MIN]
    if not words or len(kept) < SHOWN_MIN * len(words):
        return None
    pieces, gaps, end = [], 0, 0
    for is_shown, together in groupby(range(len(words)), lambda place: customers[place] >= CUSTOMERS_MIN):
        places = list(together)
        first, last = found[places[0]], found[places[-1]]
        pieces += [given.text[end : first.start()], given.text[first.start() : last.end()] if is_shown else GAP]
        gaps, end = gaps + (not is_shown), last.end()
    return Suggestion(given, "".join([*pieces, given.text[end:]]), min(kept), gaps)


def _plain(word: str) -> str:
    return word.lower() if word.isascii() else normalize("NFKC", word).casefold()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=8).digest()  # no key: no sketch outlives the call
