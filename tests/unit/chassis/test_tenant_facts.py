"""What the log says of tenants: the last settings hold, whatever else stands there and however it is read."""

from __future__ import annotations

from chassis.clock import Instant
from chassis.commits import Entry
from chassis.tenant_facts import TenantSettings, TenantState, changed, commit_of, folded, subject_of
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from switchboard.log.v1 import log_pb2

NOW = Instant(1_800_000_000_000_000)
SETTINGS = st.builds(
    TenantSettings, st.text(max_size=5), st.sampled_from(["", "DE", "CN"]), st.sampled_from(["", "UTC"])
)


def entry(position: int, *facts: Message) -> Entry:
    subject = subject_of("acme")
    return Entry(position, subject, commit_of(subject, facts, NOW).SerializeToString())


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
    later.events[0].body.type_url = "type.googleapis.com/switchboard.log.v1.TenantPainted"
    state = folded(known, Entry(2, subject_of("acme"), later.SerializeToString()))
    state = folded(state, Entry(3, subject_of("acme"), b"\xff no commit"))
    assert state == TenantState(3, german)


def test_every_event_of_a_commit_has_an_id_of_its_own() -> None:
    commit = log_pb2.Commit.FromString(entry(1, changed(TenantSettings("a")), changed(TenantSettings("b"))).data)
    assert len({event.event_id for event in commit.events}) == 2
    assert all(len(event.event_id) == 16 for event in commit.events)
