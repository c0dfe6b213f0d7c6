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


def test_a_snapshot_gives_the_same_state_and_the_same_bytes() -> None:
    state = sources.evolve(sources.evolve(sources.Sources(), connected), changed)
    assert sources.load(sources.dump(state)) == state
    assert sources.dump(sources.load(sources.dump(state))) == sources.dump(state)
