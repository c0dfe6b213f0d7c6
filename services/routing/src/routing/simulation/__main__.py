"""`python -P -m routing.simulation`: a simulation as a process, for the command line, which imports no service.

Standard output has one JSON object a line: `done` and `of` while it goes on, at the end `report` or `refused`, a
sentence. It shows nothing to people; `switchboard simulate` does.
"""

import argparse
import itertools
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from chassis.clock import to_timestamp
from chassis.commits import Position

from routing import events
from routing.simulation.backtest import recorded
from routing.simulation.comparing import Tried, compare, document
from routing.simulation.driving import Run
from routing.simulation.recording import BadRecording, read_recording
from routing.simulation.replaying import Replay, replay
from routing.simulation.scenario import world
from routing.simulation.scenario_file import BYTES_MAX, BadScenario, bounded, read_policies, read_scenario


def main(arguments: list[str]) -> int:
    """Simulates what the arguments name; 1 when it cannot."""
    parser = argparse.ArgumentParser(prog="routing.simulation")
    parser.add_argument("file", type=Path)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=float, default=None)
    parser.add_argument("--tenant", default="")
    parser.add_argument("--policies", type=Path, default=None)
    asked = parser.parse_args(arguments)
    try:
        with asked.file.open("rb") as file:
            is_log = file.read(1) == b"{"  # no scenario begins so
            file.seek(0)
            report = _of_log(file, asked) if is_log else _of_scenario(file, asked)
    except (BadScenario, BadRecording, OSError) as refusal:
        told = f"{asked.file}: {refusal}"
        if isinstance(refusal, OSError):
            told = f"{refusal.filename or asked.file}: {refusal.strerror}"
        _say(refused=told)
        return 1
    _say(report=report)
    return 0


def _of_scenario(file: BinaryIO, asked: argparse.Namespace) -> dict[str, Any]:
    if asked.tenant or asked.policies:
        raise BadScenario("a scenario names its policies itself and has no tenant; leave --tenant and --policies out")
    scenario = read_scenario(file.read(BYTES_MAX + 1))
    if asked.load is not None:
        scenario = bounded(scenario.at_load(asked.load))
    seeds = range(asked.seed, asked.seed + asked.replications)
    done = _counting(len(scenario.policies) * len(seeds))
    tried = compare(lambda seed: world(scenario, seed), seeds, scenario.policies, done)
    about = {"hours": scenario.hours, "warm_up_hours": scenario.warm_up_h, "load": scenario.load()}
    return {"scenario": about, **document(tried, seeds)}


def _of_log(file: BinaryIO, asked: argparse.Namespace) -> dict[str, Any]:
    """The log under its own policy; then what really was, beside what other policies would have made of it."""
    if asked.load is not None:
        raise BadRecording("a recorded log has the customers it has; leave --load out")
    policies = () if asked.policies is None else read_policies(asked.policies.read_bytes()[: BYTES_MAX + 1])
    facts = read_recording(file, asked.tenant)
    again, run, really = replay(facts), recorded(facts), Tried("as recorded")
    really.add(run)
    tried = [really, *compare(lambda _: run.world, (0,), policies, _counting(len(policies)))]
    return {"recorded": _replayed(again, run), **document(tried, ())}


def _replayed(again: Replay, run: Run) -> dict[str, Any]:
    counted = run.world.counted
    return {
        "from": to_timestamp(counted.start).ToJsonString(),
        "until": to_timestamp(counted.end).ToJsonString(),
        "decisions": again.decisions,
        "offers": again.offers,
        "by_time": again.by_time,
        "differing": again.differing,
        "differences": [
            {"position": Position.encode(d.position), "recorded": _told(d.recorded), "decided": _told(d.decided)}
            for d in again.differences
        ],
    }


def _told(facts: Sequence[events.Event]) -> list[str]:
    """Facts by name; of an offer also which case, agent and token."""
    return [
        f"CaseOffered {f.case_id} {f.agent_id} {f.token}" if isinstance(f, events.CaseOffered) else type(f).__name__
        for f in facts
    ]


def _counting(rounds: int) -> Callable[[], None]:
    """Says how many of so many are done, each time it is called."""
    number = itertools.count(1)
    return lambda: _say(done=next(number), of=rounds)


def _say(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise SystemExit(main(sys.argv[1:]))
