"""Canned texts: what a house often says, with variables of a closed list. Pure; it looks up nothing.

    {customer.handle}   a variable
    {{ and }}           braces that are meant

A text is split once, from left to right; what a variable stands for is put in as it is and never read again. There are
no expressions, no formats and no attributes: a name is of the list, or the text is refused.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from chassis.clock import Instant
from msgspec import Struct

from routing import events

TEXT_MAX = 4_000
"""Code points of a canned text."""
TEXTS_MAX = 500
"""Canned texts of a tenant. Against: all of them are in the memory of its shard, two million characters at most."""
VARIABLES: Mapping[str, str] = {
    "agent.display_name": "who answers, as colleagues call them",
    "case.channel": "the channel the customer wrote on",
    "case.desk": "who answers for it, as the source says",
    "case.id": "the id of the case",
    "customer.display_name": "the customer's name, given by the caller",
    "customer.handle": "the customer's handle on the channel, given by the caller",
    "queue.display_name": "the queue of the case, as people call it",
}
"""Every variable there is, and what it stands for. What a customer is called, routing does not know: the caller says it
and it is kept nowhere.
"""
_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|\{|\}")


class CannedText(Struct, frozen=True, array_like=True, gc=False):
    """One text."""

    text_id: str
    display_name: str
    language: str
    """BCP 47 tag, "" for any."""
    queues: tuple[str, ...]
    """Where it is for use, empty for everywhere."""
    text: str
    updated_at: Instant


def canned(event: events.CannedTextChanged) -> CannedText:
    """The text as a fact has it."""
    return CannedText(event.text_id, event.display_name, event.language, event.queues, event.text, event.at)


def wrong_in(text: str) -> list[str]:
    """What is wrong with a text, a sentence each with the place, counted from 1; nothing when it can be rendered."""
    wrong = []
    for found in _TOKEN.finditer(text):
        piece, place = found[0], found.start() + 1
        if piece in ("{", "}"):
            other = "}}" if piece == "}" else "{{"
            wrong.append(f"has {piece} alone at {place}; write {other} for the brace itself")
        elif piece not in ("{{", "}}") and piece[1:-1] not in VARIABLES:
            near = get_close_matches(piece[1:-1], VARIABLES, 1)
            hint = f"did you mean {{{near[0]}}}?" if near else f"there are {', '.join(VARIABLES)}"
            wrong.append(f"has no variable {piece[:60]} (at {place}); {hint}")
    return wrong


def variables_in(text: str) -> tuple[str, ...]:
    """The variables of a text, each once, in the order in which they come."""
    return tuple(dict.fromkeys(name for name in (_name(piece) for piece in _TOKEN.findall(text)) if name))


def render(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """(the text with what its variables stand for, the variables without a value).

    A variable without one stays as it is written, so that nobody sends a gap without seeing it. Of a text that
    `wrong_in` complains about, what is no variable stays as well.
    """
    missing: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        piece = found[0]
        if piece in ("{{", "}}"):
            return piece[0]
        name = _name(piece)
        value = values.get(name, "") if name else ""
        if name and not value:
            missing[name] = None
        return value or piece

    return _TOKEN.sub(put, text), tuple(missing)


def fits(one: CannedText, language: str, queue: str) -> bool:
    """Whether a text is for a case in this language and queue; of a language its primary subtag counts."""
    spoken = not one.language or language in ("", "und") or _primary(one.language) == _primary(language)
    return spoken and (not one.queues or queue in one.queues)


def fitting(texts: Sequence[CannedText], language: str, queue: str) -> list[CannedText]:
    """Those that fit, by how closely: this queue's before everywhere's, the very language before any; then by id."""

    def distance(one: CannedText) -> tuple[bool, bool, str]:
        return not one.queues, not one.language, one.text_id

    return sorted((one for one in texts if fits(one, language, queue)), key=distance)


def _name(piece: str) -> str:
    """The variable that a piece is, "" when it is none."""
    return piece[1:-1] if piece[1:-1] in VARIABLES else ""


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
