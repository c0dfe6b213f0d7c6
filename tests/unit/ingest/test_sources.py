"""Connecting, changing and disconnecting sources: given facts, when a command, then facts or a reason."""

from collections.abc import Sequence

import pytest
from chassis.clock import Instant
from chassis.errors import Rejected
from ingest import events, sources
from ingest.sources import Change, Connect, Disconnect, Reason, Settings

T = Instant(1_790_000_000_000_000)
BRAND = Settings("Acme", ("acme",), (events.Label("brand", "Acme"),), "", "")
OTHER = Settings("Acme Air", ("acme",), (events.Label("brand", "Acme"),), "", "")
connected = events.SourceConnected("x-acme", "x", "", "Acme", ("acme",), BRAND.labels, "", "", T)
changed = events.SourceChanged("x-acme", "Acme Air", ("acme",), BRAND.labels, "", "", T)
listening = events.SourceChanged("x-acme", "Acme", ("acme",), BRAND.labels, "", "", T, "care", True)
connected_as_changed = events.SourceChanged("x-acme", "Acme", ("acme",), BRAND.labels, "", "", T)
disconnected = events.SourceDisconnected("x-acme", T)


@pytest.mark.parametrize(
    ("given", "when", "then"),
    [
        pytest.param([], Connect("x-acme", "x", "", BRAND, T), [connected], id="a new source is connected"),
        pytest.param([connected], Connect("x-acme", "x", "", BRAND, T), [], id="connecting twice is connecting once"),
        pytest.param(
            [connected], Connect("x-acme", "x", "", OTHER, T), Reason.SOURCE_EXISTS, id="an id means one source"
        ),
        pytest.param(
            [connected], Connect("x-acme", "weibo", "", BRAND, T), Reason.SOURCE_EXISTS, id="nor may its channel differ"
        ),
        pytest.param(
            [connected], Change("x-acme", OTHER, ("display_name",), T), [changed], id="a named field is changed"
        ),
        pytest.param(
            [connected],
            Change("x-acme", Settings(desk="care", listening=True), ("desk", "listening"), T),
            [listening],
            id="who answers for it, and whether all it brings speaks to us, can be declared",
        ),
        pytest.param(
            [connected, listening],
            Change("x-acme", Settings(), ("desk", "listening"), T),
            [connected_as_changed],
            id="and taken back",
        ),
        pytest.param([connected], Change("x-acme", OTHER, ("labels",), T), [], id="a field not named is not"),
        pytest.param([], Change("x-acme", OTHER, (), T), Reason.SOURCE_UNKNOWN, id="nothing to change"),
        pytest.param([connected], Disconnect("x-acme", T), [disconnected], id="a source is disconnected"),
        pytest.param([connected, disconnected], Disconnect("x-acme", T), Reason.SOURCE_UNKNOWN, id="once"),
        pytest.param(
            [connected, disconnected],
            Connect("x-acme", "x", "", BRAND, T),
            [connected],
            id="a disconnected source may be connected again",
        ),
    ],
)
def test_sources(
    given: Sequence[events.SourceEvent], when: sources.Command, then: Sequence[events.SourceEvent] | Reason
) -> None:
    state = sources.Sources()
    for fact in given:
        sources.evolve(state, fact)
    if isinstance(then, Reason):
        with pytest.raises(Rejected) as refused:
            sources.decide(when, state)
        assert refused.value.reason is then
    else:
        assert list(sources.decide(when, state)) == list(then)


@pytest.mark.parametrize(
    ("settings", "desk"),
    [
        pytest.param(Settings(desk="care", labels=BRAND.labels, owned_accounts=("5",)), "care", id="as declared"),
        pytest.param(Settings(labels=BRAND.labels, owned_accounts=("5",)), "Acme", id="else its label brand"),
        pytest.param(Settings(owned_accounts=("5", "acme")), "5", id="else its first owned account"),
        pytest.param(Settings(), "x-acme", id="else the source itself"),
    ],
)
def test_who_answers_for_a_source(settings: Settings, desk: str) -> None:
    assert sources.desk_of("x-acme", settings) == desk


@pytest.mark.parametrize(
    ("settings", "is_listening"),
    [
        pytest.param(Settings(), True, id="a source without owned accounts listens"),
        pytest.param(Settings(owned_accounts=("5",)), False, id="one with owned accounts is spoken to"),
        pytest.param(Settings(owned_accounts=("5",), listening=True), True, id="unless it is declared to listen"),
        pytest.param(Settings(listening=False), False, id="and the other way round"),
    ],
)
def test_whether_a_source_listens(settings: Settings, is_listening: bool) -> None:
    assert sources.listening_of(settings) is is_listening


def test_a_snapshot_gives_the_same_state_and_the_same_bytes() -> None:
    state = sources.evolve(sources.evolve(sources.Sources(), connected), listening)
    assert sources.load(sources.dump(state)) == state
    assert sources.dump(sources.load(sources.dump(state))) == sources.dump(state)
