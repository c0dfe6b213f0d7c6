"""`python -P -m routing.simulation`: a simulation as a process, for the command line, which imports no service.

Standard output has one JSON object a line: `done` and `of` while it goes on, at the end `report` or `refused`, a
sentence. It shows nothing to people; `switchboard simulate` does.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from routing.simulation.comparing import compare, document
from routing.simulation.scenario import Scenario, world
from routing.simulation.scenario_file import BYTES_MAX, BadScenario, bounded, read_scenario


def main(arguments: list[str]) -> int:
    """Simulates what the arguments name; 1 when it cannot."""
    parser = argparse.ArgumentParser(prog="routing.simulation")
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=float, default=None)
    asked = parser.parse_args(arguments)
    try:
        scenario = _read(asked.scenario, asked.load)
    except (BadScenario, OSError) as refusal:
        said = refusal.strerror if isinstance(refusal, OSError) else refusal
        _say(refused=f"{asked.scenario}: {said}")
        return 1
    seeds = range(asked.seed, asked.seed + asked.replications)
    rounds, done = len(scenario.policies) * len(seeds), 0

    def one_more() -> None:
        nonlocal done
        done += 1
        _say(done=done, of=rounds)

    tried = compare(lambda seed: world(scenario, seed), seeds, scenario.policies, one_more)
    about = {"hours": scenario.hours, "warm_up_hours": scenario.warm_up_h, "load": scenario.load()}
    _say(report={"scenario": about, **document(tried, seeds)})
    return 0


def _read(path: Path, load: float | None) -> Scenario:
    with path.open("rb") as file:
        scenario = read_scenario(file.read(BYTES_MAX + 1))
    return scenario if load is None else bounded(scenario.at_load(load))


def _say(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise SystemExit(main(sys.argv[1:]))
