"""What a row keeps of an identity is what its facts say: names and values survive, what was replaced goes."""

from __future__ import annotations

import sys
from hashlib import blake2b
from pathlib import Path

import recording
from chassis.clock import Instant
from chassis.commits import Subject
from crm_sync import events, kept
from crm_sync.contract import decode, encode
from crm_sync.views.customers import NAME
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from crm_facts import CAUSE, assertion, digest, said, sealed

SHOWN = st.lists(
    st.one_of(
        st.builds(lambda v: said("email", v, verified=True), st.sampled_from(["1", "2"])),
        st.builds(lambda v: said("location", v), st.sampled_from(["x", "y"])),
        st.builds(lambda v: said("url", v), st.sampled_from(["x", "y"])),
    ),
    max_size=3,
    unique_by=lambda one: (one.name, one.verified, one.contact),
)
SIGHTS = st.tuples(SHOWN, st.sampled_from(["source/x", "crm"]), st.booleans())


def facts(
    history: list[tuple[list[events.AssertedAttribute], str, bool]],
) -> list[events.IdentityObserved | events.AttributesAsserted]:
    """Foundation, names and assertions of one identity, as they were said."""
    found: list[events.IdentityObserved | events.AttributesAsserted] = []
    for at, (shown, source, named) in enumerate(history):
        content, heard = sealed("a", str(at)), assertion(*shown) if shown else None
        if named or not found:
            founded = "" if found else "customer"
            names = digest(str(at))
            found.append(events.IdentityObserved("a", founded, "x", source, names, content, heard, CAUSE, Instant(at)))
        elif heard is not None:
            found.append(events.AttributesAsserted("a", source, content, heard, CAUSE, Instant(at)))
    return found


@settings(max_examples=100)
@given(st.lists(SIGHTS, min_size=1, max_size=12))
def test_a_row_says_what_its_facts_say(
    history: list[tuple[list[events.AssertedAttribute], str, bool]],
) -> None:
    row, names = b"", b""
    slots: dict[tuple[str, str, bool, bytes], tuple[bytes, int, bytes, bytes, int]] = {}
    for at, fact in enumerate(facts(history)):
        recorded = recording.recorded(Subject("crm", "acme", "0"), encode(fact))
        assert decode(recorded) == fact
        body = recorded.body
        event_id = at.to_bytes(16)
        row = kept.first(event_id, body) if at == 0 else kept.added(row, event_id, body)
        if isinstance(fact, events.IdentityObserved):
            names = fact.content.ciphertext
        for one in () if fact.said is None else fact.said.attributes:
            slots[one.name, fact.source, one.verified, one.contact] = (
                one.digest,
                one.place,
                fact.content.ciphertext,
                event_id,
                fact.at if isinstance(fact, events.IdentityObserved) else fact.observed_at,
            )
    found = kept.candidates("acme", "a", row)
    assert {
        (one.attribute, one.source, one.verified, one.contact): (
            one.digest,
            one.place,
            one.content.ciphertext,
            one.event_id,
            one.observed_at,
        )
        for one in found
    } == slots
    content = kept.names(row)
    assert content is not None
    assert content.ciphertext == names
    assert len(list(kept.facts(row))) <= len(slots) + 1, "what was replaced is not kept"


def test_rows_of_one_view_have_one_form() -> None:
    fact = events.IdentityObserved("a", "c", "x", "s", b"n", sealed("a", "0"), None, CAUSE, Instant(7))
    form = blake2b(kept.first(b"e" * 16, fact), digest_size=8).hexdigest()
    assert (NAME, form) == ("customers_v2", "532cd98d5686cc72"), "rows that are there cannot be read: rename the view"
