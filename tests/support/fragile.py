"""A tally that breaks on demand: what a release does whose code has a mistake. Each key breaks another function."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import tally
from chassis.clock import FIRST, Instant
from chassis.commits import Recorded
from chassis.decider import Decider
from tally import Add, Added, Sums

LONG = "x" * 1_000


class Broken(RuntimeError):
    """What nobody foresaw. Its text holds a value that nobody may see."""


@dataclass
class Faults:
    """Which functions of the decider break; cleared once the code is repaired."""

    keys: set[str] = field(default_factory=lambda: {"decide", "evolve", "encode"})
    tick: bool = False
    decode: bool = False

    def check(self, key: str) -> None:
        if key in self.keys:
            raise Broken(f"cannot take {key} of somebody")


@dataclass(frozen=True, slots=True)
class Spread:
    """Adds 1 to so many keys: its facts may exceed a commit."""

    count: int
    at: Instant = FIRST


@dataclass(frozen=True, slots=True)
class Begin:
    """Adds 1 to so many keys in portions that continue by themselves."""

    count: int


def decider(faults: Faults) -> Decider:  # type: ignore[type-arg]
    """The tally's, with the faults."""

    def decide(command: object, sums: Sums) -> Sequence[Added]:
        match command:
            case tally.Tick() if faults.tick:
                raise Broken("time")
            case tally.Tick(now) if (left := sums.by_key.get("left", 0)) > 0:
                portion = min(left, 500)
                done = [Added(f"portion-{left - n}", 1, now) for n in range(portion)]
                return [*done, Added("left", -portion, now)]
            case Begin(count):
                return [Added("left", count, FIRST)]
            case Spread(count, at):
                return [Added(f"{LONG}{n}", 1, at) for n in range(count)]
            case Add("decide"):
                faults.check("decide")
        return tally.decide(command, sums)  # type: ignore[arg-type]

    def evolve(sums: Sums, event: Added) -> Sums:
        changed = tally.evolve(sums, event)  # in place, so a failure after it leaves the state half changed
        if event.key == "evolve":
            faults.check("evolve")
        return changed

    def encode(event: Added) -> tuple[str, bytes]:
        if event.key == "encode":
            faults.check("encode")
        return tally.DECIDER.encode(event)

    def decode(recorded: Recorded) -> Added:
        if faults.decode:
            raise Broken("nothing of the log can be read")
        return tally.DECIDER.decode(recorded)

    def next_due(sums: Sums) -> Instant | None:
        return FIRST if sums.by_key.get("left", 0) > 0 else tally.next_due(sums)

    return replace(tally.DECIDER, decide=decide, evolve=evolve, encode=encode, decode=decode, next_due=next_due)
