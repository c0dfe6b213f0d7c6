"""A recorded log under its own policy: what was asked and what time brought is decided again, and compared.

Every fact but an offer is taken as it was recorded: somebody asked for it, or it followed from what was asked. The
offers are decided anew by the matcher of production, at the recorded time. What time itself brought, an offer that
lapsed, a case that woke up, an agent who was set away, is decided anew as a whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chassis.errors import Rejected

from routing import commands, events
from routing.decider import decide
from routing.matching import Decision
from routing.shard import Shard, evolve
from routing.simulation.recording import Fact, decisions

SHOWN_MAX = 10
"""Decisions that came out differently and are kept."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that came out differently."""

    position: int
    recorded: Sequence[events.Event]
    decided: Sequence[events.Event]


@dataclass(slots=True)
class Replay:
    """How a recorded log came out again."""

    decisions: int = 0
    offers: int = 0
    by_time: int = 0
    """Decisions that nobody asked for."""
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)
    """The first of them."""


def replay(facts: Iterable[Fact], shard: Shard | None = None) -> Replay:
    """Decides again what is recorded, from an empty shard on."""
    shard = shard or Shard()
    found = Replay()
    for group in decisions(facts):
        recorded = [fact.event for fact in group]
        found.offers += sum(isinstance(event, events.CaseOffered) for event in recorded)
        if any(group[0].origin):
            _compare(found, group[0].position, recorded, _asked(recorded, shard))
            _record(shard, recorded)
        else:
            _passed(found, group[0].position, recorded, shard)
    return found


def _passed(found: Replay, position: int, recorded: Sequence[events.Event], shard: Shard) -> None:
    """What time brought may be several decisions at one moment, each a portion."""
    while recorded:
        found.by_time += 1
        try:
            decided = decide(commands.Tick(recorded[0].at), shard)
        except Rejected:
            decided = []
        portion = recorded[: len(decided)] if decided else recorded
        if list(decided) != list(portion):
            portion = recorded
        _compare(found, position, portion, decided)
        _record(shard, portion)
        recorded = recorded[len(portion) :]


def _asked(recorded: Sequence[events.Event], shard: Shard) -> Sequence[events.Event]:
    """What was recorded with the offers that the matcher makes of it."""
    decision = Decision(shard, recorded[0].at)
    decision.emit(*(event for event in recorded if not isinstance(event, events.CaseOffered)))
    try:
        decision.match_up()
    except LookupError:  # about a case that was opened before the log begins
        return ()
    return decision.events


def _record(shard: Shard, recorded: Sequence[events.Event]) -> None:
    for event in recorded:
        evolve(shard, event)


def _compare(found: Replay, position: int, recorded: Sequence[events.Event], decided: Sequence[events.Event]) -> None:
    found.decisions += 1
    if list(recorded) != list(decided):
        found.differing += 1
        if len(found.differences) < SHOWN_MAX:
            found.differences.append(Difference(position, recorded, decided))
