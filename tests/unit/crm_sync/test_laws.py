"""What holds for whatever happens: bars, limits, unmerging, order, forgetting and refolding."""

from __future__ import annotations

import copy
import sys
from contextlib import suppress
from pathlib import Path

import recording
from chassis.clock import Instant
from chassis.commits import Subject
from chassis.errors import Rejected
from crm_sync import contract, events
from crm_sync.contract import decode, encode
from crm_sync.decider import Command, Erase, Forbid, Link, Unlink, Withdraw, decide
from crm_sync.matching import dispute
from crm_sync.shards import differs
from crm_sync.state import Customers, about, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from crm_facts import CAUSE, after, partition, said, see

WHO = "abcdef"
identities = st.sampled_from(WHO)
attributes = st.lists(
    st.one_of(
        st.builds(lambda v: said("email", v, verified=True), st.sampled_from(["1", "2", "3"])),
        st.builds(lambda v: said("email", v), st.sampled_from(["1", "2"])),
        st.builds(lambda v: said("member_id", v, verified=True), st.sampled_from(["1", "2"])),
        st.builds(lambda v: said("location", v), st.sampled_from(["x", "y"])),
    ),
    max_size=3,
    unique_by=lambda one: (one.name, one.verified, one.contact),
)
sights = st.builds(
    lambda who, what, at, source: see(who, *what, at=at, source=source),
    identities,
    attributes,
    st.integers(1, 9),
    st.sampled_from(["source/x", "source/x", "source/y", "crm"]),
)
pairs = st.tuples(identities, identities)
commands: st.SearchStrategy[Command] = st.one_of(
    sights,
    sights,
    st.builds(lambda p, at: Link(*p, CAUSE, Instant(at)), pairs, st.integers(10, 19)),
    st.builds(lambda p, at: Unlink(*p, CAUSE, Instant(at)), pairs, st.integers(10, 19)),
    st.builds(lambda p, at: Forbid(*p, CAUSE, Instant(at)), pairs, st.integers(10, 19)),
    st.builds(lambda who, at: Withdraw(who, CAUSE, Instant(at)), identities, st.integers(1, 20)),
    st.builds(lambda who: Erase(who, "", "request", CAUSE, Instant(20)), identities),
)
histories = st.lists(commands, max_size=25)


def run(history: list[Command]) -> tuple[Customers, list[events.Event]]:
    """State and facts; what the business refuses is passed over."""
    customers, decided = Customers(), []
    for command in history:
        try:
            facts = decide(command, customers)
        except Rejected:
            continue
        for fact in facts:
            decided.append(fact)
            customers = evolve(customers, fact)
    return customers, decided


@settings(max_examples=100)
@given(histories)
def test_a_customer_is_a_connected_component_named_by_its_oldest_and_breaks_no_bar(history: list[Command]) -> None:
    customers, _ = run(history)
    for customer_id, members in customers.members.items():
        some = next(iter(members))
        assert customers.reach(some, ()) == members
        assert customers.founder(members).founded_customer_id == customer_id
        for member in members:
            assert customers.identities[member].barred.isdisjoint(members)


@settings(max_examples=100)
@given(histories)
def test_of_an_account_that_is_gone_only_what_systems_said_is_left(history: list[Command]) -> None:
    customers = run(history)[0]
    for identity in list(customers.identities.values()):
        said = {slot: value for slot, value in identity.values.items() if not slot[1].startswith("source/")}
        evolve(customers, events.ProfileWithdrawn(identity.identity_id, CAUSE, Instant(30)))
        assert not identity.is_shown
        assert identity.values == said
        assert identity.proofs <= {(name, contact) for name, _, verified, contact in said if verified}


@settings(max_examples=100)
@given(st.lists(sights, max_size=25))
def test_rules_never_join_two_member_ids(history: list[Command]) -> None:
    customers, decided = run(list(history))
    joined = [fact for fact in decided if isinstance(fact, events.IdentitiesLinked)]
    contradictions = {f.identity_a for f in decided if isinstance(f, events.ConflictRaised)} | {
        f.identity_b for f in decided if isinstance(f, events.ConflictRaised)
    }
    for members in customers.members.values():
        if dispute(customers.party(members).proved):
            assert contradictions & members, "a customer with two member ids was raised as a conflict"
    assert all(fact.attribute in ("email", "member_id") for fact in joined)


@settings(max_examples=100)
@given(histories)
def test_deciding_twice_is_deciding_once(history: list[Command]) -> None:
    for end in range(len(history)):
        customers, _ = run(history[: end + 1])
        if isinstance(history[end], Erase | Forbid | Unlink | Link):
            with suppress(Rejected):
                assert list(decide(history[end], customers)) == []


@settings(max_examples=100)
@given(st.lists(sights, max_size=15), pairs)
def test_u1_merging_and_unmerging_leaves_every_customer_as_it_was(
    history: list[Command], pair: tuple[str, str]
) -> None:
    before, _ = run(list(history))
    try:
        merged = after([*history, Link(*pair, CAUSE, Instant(50))])
    except Rejected:
        return
    if partition(merged) == partition(before):
        return  # they were one already
    again = after([*history, Link(*pair, CAUSE, Instant(50)), Unlink(*pair, CAUSE, Instant(51))])
    assert partition(again) == partition(before)
    for identity_id, identity in again.identities.items():
        assert identity.values == before.identities[identity_id].values


@settings(max_examples=100)
@given(st.lists(sights, max_size=10), pairs, st.lists(sights, max_size=5))
def test_u2_facts_learnt_while_merged_stay_with_the_identity_they_were_learnt_of(
    history: list[Command], pair: tuple[str, str], between: list[Command]
) -> None:
    try:
        merged = after([*history, Link(*pair, CAUSE, Instant(50)), *between, Unlink(*pair, CAUSE, Instant(51))])
    except Rejected:
        return
    never = after([*history, *between])
    for identity_id, identity in merged.identities.items():
        assert identity.values == never.identities[identity_id].values


@settings(max_examples=60)
@given(st.data())
def test_who_is_one_customer_does_not_depend_on_the_order_in_which_addresses_are_proved(data: st.DataObject) -> None:
    proved = data.draw(st.lists(st.tuples(identities, st.sampled_from("123")), max_size=12, unique=True))
    sightings = [see(who, said("email", value, verified=True), at=WHO.index(who) + 1) for who, value in proved]
    one = partition(after(sightings))
    other = partition(after(data.draw(st.permutations(sightings))))
    assert one == other


@settings(max_examples=100)
@given(histories, st.data())
def test_a_row_brought_in_early_or_late_is_the_same_row(history: list[Command], data: st.DataObject) -> None:
    """What a new owner does: rows of an older position come from the tables, later facts wait for them."""
    live, decided = run(history)
    cut = data.draw(st.integers(0, len(decided)))
    overlap = data.draw(st.integers(0, cut))
    tables = Customers()
    for fact in decided[:cut]:
        evolve(tables, fact)
    again = Customers()
    for fact in decided[overlap:]:
        evolve(again, fact)
    for identity_id, identity in tables.identities.items():
        if identity_id not in again.identities:
            again.put(copy.deepcopy(identity))
    assert again.unfolded == {}
    assert differs(again, live) is None
    assert set(again.identities) == set(live.identities)


@settings(max_examples=60)
@given(histories)
def test_every_fact_survives_its_protobuf_form_and_names_its_rows(history: list[Command]) -> None:
    _, decided = run(history)
    for fact in decided:
        assert decode(recording.recorded(Subject("crm", "acme", "0"), encode(fact))) == fact
        assert contract.message(fact).DESCRIPTOR.name == type(fact).__name__
        assert about(fact)
