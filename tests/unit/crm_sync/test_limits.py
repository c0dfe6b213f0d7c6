"""Nothing about an identity grows without end: given as much as is kept, when more comes, it is refused or left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chassis.clock import Instant
from chassis.errors import Rejected
from chassis.sealing import SubjectKey
from crm_sync import decider, events, state
from crm_sync.decider import Erase, Forbid, Link, Observe, Reason, Unlink, decide
from crm_sync.matching import HOLDERS_MAX, PROOFS_MAX, VALUES_MAX
from crm_sync.reactions import VALUE_BYTES_MAX, VALUES_BYTES_MAX, Reactions, assertion
from crm_sync.state import Customers, evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from switchboard.crm.v1 import names_pb2
from switchboard.ingest.v1.post_structs import Author, ProfileAttribute
from switchboard.log.v1.log_structs import Sealed

sys.path.insert(0, str(Path(__file__).parent))

from crm_facts import CAUSE, after, profile, said, see

T = Instant(50)


def mails(count: int, start: int = 0) -> list[events.AssertedAttribute]:
    return [said("email", f"m{number}@mail.example") for number in range(start, start + count)]


def saying(*attributes: events.AssertedAttribute, at: int, size: int = 10, insists: bool = False) -> Observe:
    """What a source says of identity a, sealed into so many bytes that no other fact has."""
    content = Sealed(subject_id="a", nonce=at.to_bytes(12, "big"), ciphertext=bytes(size))
    shown = structs.replace(profile("a", *attributes, source="crm"), content=content)
    return Observe(shown, CAUSE, Instant(at), insists=insists)


def full() -> list[decider.Command]:
    return [see("a"), *(saying(*mails(100, start), at=10 + start) for start in range(0, VALUES_MAX, 100))]


def test_who_insists_on_one_value_too_many_is_told() -> None:
    with pytest.raises(Rejected) as refusal:
        decide(saying(*mails(1, VALUES_MAX), at=2_000, insists=True), after(full()))
    assert refusal.value.reason == Reason.TOO_MANY_VALUES


def test_a_profile_with_one_value_too_many_changes_nothing() -> None:
    assert list(decide(saying(*mails(1, VALUES_MAX), at=2_000), after(full()))) == []


def test_replacing_a_value_needs_no_room() -> None:
    customers = after([*full()[:-1], saying(*mails(99, VALUES_MAX - 100), said("tier", "gold"), at=1_500)])
    assert len(customers.identities["a"].values) == VALUES_MAX
    decided = list(decide(saying(said("tier", "silver"), at=2_000, insists=True), customers))
    assert [type(one) for one in decided] == [events.AttributesAsserted]


def test_bytes_count_once_a_fact_and_what_is_replaced_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decider, "KEPT_BYTES_MAX", 1_000)
    given = [see("a"), saying(said("tier", "gold"), said("city", "Köln"), at=10, size=600)]
    with pytest.raises(Rejected):
        decide(saying(said("email", "m@mail.example"), at=11, size=500, insists=True), after(given))
    assert decide(saying(said("email", "m@mail.example"), at=11, size=390, insists=True), after(given))
    both = saying(said("tier", "silver"), said("city", "Bonn"), at=11, size=990, insists=True)
    assert decide(both, after(given)), "the first fact holds nothing any more"


def test_links_bars_and_conflicts_of_an_identity_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decider, "PARTNERS_MAX", 3)
    others = [see(f"b{n}") for n in range(4)]
    linked = [one for n in range(3) for one in (Link("a", f"b{n}", CAUSE, T), Unlink("a", f"b{n}", CAUSE, T))]
    with pytest.raises(Rejected) as refusal:
        decide(Link("a", "b3", CAUSE, T), after([see("a"), *others, *linked]))
    assert refusal.value.reason == Reason.TOO_MANY_LINKS
    assert decide(Link("a", "b2", CAUSE, T), after([see("a"), *others, *linked])), "one that was there may come back"
    barred = [Forbid("a", f"b{n}", CAUSE, T) for n in range(3)]
    with pytest.raises(Rejected) as refusal:
        decide(Forbid("a", "b3", CAUSE, T), after([see("a"), *others, *barred]))
    assert refusal.value.reason == Reason.TOO_MANY_LINKS


def test_a_mailbox_of_hundreds_costs_each_of_them_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decider, "PARTNERS_MAX", 40)
    shared = said("email", "front-desk@hotel.example", verified=True)
    customers = Customers()
    facts = []
    for number in range(3 * HOLDERS_MAX):
        decided = decide(see(f"guest{number:03}", shared, at=number), customers)
        for fact in decided:
            customers = evolve(customers, fact)
        facts.append(len(list(decided)))
    assert len(customers.holders[shared.contact]) == HOLDERS_MAX
    assert max(facts) <= 12
    assert facts[-1] == 1, "that it is shared was said often enough"
    assert max(len(identity.conflicts) for identity in customers.identities.values()) == 40


def test_a_holder_that_is_erased_makes_the_others_be_read_again() -> None:
    shared = said("email", "front-desk@hotel.example", verified=True)
    customers = after([see(f"guest{number:03}", shared, at=number) for number in range(HOLDERS_MAX + 1)])
    customers.complete.add(shared.contact)
    for fact in decide(Erase("guest000", "", "request", CAUSE, T), customers):
        customers = evolve(customers, fact)
    assert shared.contact not in customers.complete
    assert shared.contact not in customers.holders


WHO = "00000000-0000-5000-8000-00000000000a"


class _Vault:
    """What an assertion asks of a vault and a key, without either: equal for equal values."""

    subject_id = "a"

    def blind(self, _tenant: str, value: str) -> bytes:
        return value.encode()[:16].ljust(16, b".")

    def digester(self):  # type: ignore[no-untyped-def]
        return lambda content: content[:16].ljust(16, b".")

    def digest(self, content: bytes) -> bytes:
        return content[:16].ljust(16, b".")


_VALUES = st.one_of(
    st.text(max_size=20), st.sampled_from(["x" * VALUE_BYTES_MAX, "ü" * VALUE_BYTES_MAX, "\0", "你" * 1_500])
)


def _claims() -> Iterator[st.SearchStrategy[tuple[str, str, bool, int, str]]]:
    yield st.tuples(
        st.sampled_from(["email", "tier", "Bad name", "member_id"]),
        _VALUES,
        st.booleans(),
        st.integers(1, 1000),
        st.sampled_from(["", "DE"]),
    )


@settings(max_examples=100)
@given(st.lists(next(_claims()), max_size=300))
def test_whatever_is_claimed_an_assertion_stays_within_its_limits(
    claims: list[tuple[str, str, bool, int, str]],
) -> None:
    vault = _Vault()
    found, values = assertion(vault, "acme", vault, "service", claims, whole=True)  # type: ignore[arg-type]
    assert len(found.attributes) == len(values) <= 100
    assert sum(len(value.encode()) for value in values) <= VALUES_BYTES_MAX
    assert all(len(value.encode()) <= VALUE_BYTES_MAX for value in values)
    assert sum(one.verified and one.unique for one in found.attributes) <= PROOFS_MAX


_ATTRIBUTES = st.tuples(
    st.sampled_from(["location", "url", "first_name", "followers_count", "Bad name", "email", "display_name"]),
    st.sampled_from(["", " ", "a", " B ", "\u00c9\u200b", "x" * 2_000, "\u00df" * 3_000]),
)


@given(st.sampled_from(["", "Mia  M\u00fcller", "mia"]), st.lists(_ATTRIBUTES, max_size=6))
def test_a_profile_is_asserted_as_all_its_claims_are(name: str, attributes: list[tuple[str, str]]) -> None:
    key, reactions = SubjectKey("acme", WHO, bytes(32)), Reactions(_Vault(), lambda _tenant: "")  # type: ignore[arg-type]
    author = Author("", "1", "mia", name, tuple(ProfileAttribute(*one) for one in attributes))
    claims = reactions._claims("acme", author)
    expected, values = assertion(_Vault(), "acme", key, "service", claims, whole=True)  # type: ignore[arg-type]
    profile = reactions._profile("acme", key, "x", "x-acme", author)
    assert profile.said == expected
    assert profile.content is not None
    assert names_pb2.ProfileContent.FromString(key.open(profile.content)).values == values


def test_an_identity_forgets_its_holders_list_when_nobody_is_left() -> None:
    mail = said("email", "m@mail.example", verified=True)
    customers = after([see("a", mail), Erase("a", "", "request", CAUSE, T)])
    assert isinstance(customers, state.Customers)
    assert customers.holders == {}
