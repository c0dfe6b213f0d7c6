"""What the log says of tenants: the last settings hold, whatever else stands there and however it is read."""

from __future__ import annotations

from itertools import pairwise

from chassis import layout
from chassis.clock import Instant
from chassis.commits import Entry, Subject, encode
from chassis.tenant_facts import (
    TenantSettings,
    TenantState,
    changed,
    commit_of,
    folded,
    is_deleted_by,
    purged,
    subject_of,
)
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from switchboard.log.v1 import tenants_pb2

NOW = Instant(1_800_000_000_000_000)
SETTINGS = st.builds(
    TenantSettings, st.text(max_size=5), st.sampled_from(["", "DE", "CN"]), st.sampled_from(["", "UTC"])
)


def entry(position: int, *facts: Message) -> Entry:
    subject = subject_of("acme")
    return Entry(position, subject, encode(commit_of(subject, facts, NOW)))


@given(st.lists(st.lists(SETTINGS, max_size=3), min_size=1, max_size=6), st.data())
def test_the_last_settings_hold_and_reading_again_changes_nothing(
    commits: list[list[TenantSettings]], data: st.DataObject
) -> None:
    entries = [entry(at, *map(changed, settings)) for at, settings in enumerate(commits, start=1)]
    state = TenantState()
    for at, one in enumerate(entries):
        state = folded(state, one)
        again = data.draw(st.integers(0, at))
        assert folded(state, entries[again]) == state
    said = [one for settings in commits for one in settings]
    assert state == TenantState(len(entries), said[-1] if said else TenantSettings())


def test_a_fact_of_a_later_release_and_a_message_that_is_none_are_passed_over() -> None:
    german = TenantSettings("Acme", "DE", "Europe/Berlin")
    known = folded(TenantState(), entry(1, changed(german)))
    later = commit_of(subject_of("acme"), [changed(german)], NOW)
    later.events[0].type = "switchboard.log.v1.TenantPainted"
    state = folded(known, Entry(2, subject_of("acme"), encode(later)))
    state = folded(state, Entry(3, subject_of("acme"), b"\xff no commit"))
    assert state == TenantState(3, german)


def test_every_event_of_a_commit_has_an_id_of_its_own() -> None:
    found = entry(1, changed(TenantSettings("a")), changed(TenantSettings("b"))).recorded()
    assert len({event.event_id for event in found}) == 2
    assert all(len(event.event_id) == 16 for event in found)


FACTS = st.one_of(
    SETTINGS.map(changed),
    st.sampled_from([tenants_pb2.TenantDeleted(services=["a", "b"]), tenants_pb2.TenantDeleted(requested_by="x")]),
    st.builds(lambda service, rows: purged(service, [("t", rows)], 0, 1), st.sampled_from("abc"), st.integers(1, 9)),
)


@given(st.lists(FACTS, max_size=8))
def test_a_deletion_is_for_ever_and_the_first_word_of_each_service_counts(facts: list[Message]) -> None:
    states = [TenantState()]
    for at, fact in enumerate(facts, start=1):
        states.append(folded(states[-1], entry(at, fact)))
    begins = next((at for at, fact in enumerate(facts) if isinstance(fact, tenants_pb2.TenantDeleted)), len(facts))
    assert [state.deletion is not None for state in states] == [at > begins for at in range(len(states))]
    for before, after in pairwise(state.deletion for state in states[begins + 1 :]):
        assert before is not None
        assert after is not None
        assert (after.position, after.services, after.requested_by) == (
            before.position, before.services, before.requested_by
        )  # fmt: skip
        assert before.purged.items() <= after.purged.items()
        assert set(after.missing) == set(after.services) - after.purged.keys()
        assert (after.done_at is None) == bool(after.missing)
    last = states[-1]
    if last.deletion is not None:
        assert (last.deletion.position, last.settings) == (begins + 1, TenantSettings())
        said = {fact.deletion.service for fact in facts[begins:] if isinstance(fact, tenants_pb2.TenantPurged)}
        assert last.deletion.purged.keys() == said


def test_only_the_fact_itself_says_that_a_tenant_is_deleted() -> None:
    assert is_deleted_by(entry(1, tenants_pb2.TenantDeleted()))
    assert not is_deleted_by(entry(1, changed(TenantSettings("Acme"))))
    other = Entry(1, Subject("post", "acme", "0"), entry(1, tenants_pb2.TenantDeleted()).data)
    assert not is_deleted_by(other), "a fact on another subject is nobody's word"
    broken = commit_of(subject_of("acme"), [tenants_pb2.TenantDeleted()], NOW)
    broken.events[0].value = Raw(layout.as_bin(b"\xff"))
    assert not is_deleted_by(Entry(1, subject_of("acme"), encode(broken))), "nobody can read it"


def test_of_a_commit_whose_tenant_is_gone_only_its_place_is_left() -> None:
    whole = entry(7, changed(TenantSettings("Acme")))
    gone = whole.without_tenant()
    assert (gone.position, gone.subject, gone.data, gone.gone) == (7, whole.subject, whole.data, True)
    assert (gone.events(), gone.recorded()) == ([], [])
    assert len(whole.events()) == 1
