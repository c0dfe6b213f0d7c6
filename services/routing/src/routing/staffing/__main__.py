"""`python -P -m routing.staffing`: a plan as a process, for the command line, which imports no service.

It reads a recorded log and speaks as `routing.simulation` does: a line of JSON each. It shows nothing to people;
`switchboard staffing` does.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfoNotFoundError

from chassis.zones import zone

from routing.shard import Shard
from routing.simulation.backtest import recorded
from routing.simulation.recording import BadRecording, read_recording
from routing.staffing.demand import history
from routing.staffing.document import document
from routing.staffing.planning import Asked, TooLittle, day_to_plan, half_hours_of, plan


def main(arguments: list[str]) -> int:
    """Plans what the arguments name; 1 when it cannot."""
    parser = argparse.ArgumentParser(prog="routing.staffing")
    parser.add_argument("file", type=Path)
    parser.add_argument("--tenant", default="")
    parser.add_argument("--time-zone", default="UTC")
    parser.add_argument("--weekday", type=int, default=None)
    parser.add_argument("--service-level", type=float, default=0.8)
    parser.add_argument("--within-s", type=float, default=None)
    parser.add_argument("--occupancy-max", type=float, default=None)
    parser.add_argument("--abandoned-max", type=float, default=None)
    parser.add_argument("--mean-wait-max-s", type=float, default=None)
    parser.add_argument("--shrinkage", type=float, default=0.0)
    parser.add_argument("--no-simulation", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        with asked.file.open("rb") as file:
            report = _planned(file, asked)
    except (BadRecording, TooLittle) as refusal:
        _say(refused=f"{asked.file}: {refusal}")
        return 1
    except ZoneInfoNotFoundError as refusal:
        _say(refused=f"{refusal.args[0]}; name one such as Asia/Shanghai with --time-zone")
        return 1
    except OSError as refusal:
        _say(refused=f"{asked.file}: {refusal.strerror}")
        return 1
    _say(report=report)
    return 0


def _planned(file: BinaryIO, asked: argparse.Namespace) -> dict[str, Any]:
    there, shard = zone(asked.time_zone), Shard()
    found = history(recorded(read_recording(file, asked.tenant), shard), there)
    wanted = Asked(asked.service_level, asked.within_s, asked.occupancy_max, asked.abandoned_max, asked.mean_wait_max_s)
    made = plan(
        found,
        wanted,
        half_hours_of(day_to_plan(found, asked.weekday), there),
        agents=shard.agents.values(),
        policy=shard.policy,
        simulate=not asked.no_simulation,
        done=lambda done, of: _say(done=done, of=of),
    )
    return document(found, made, wanted, asked.time_zone, asked.shrinkage)


def _say(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise SystemExit(main(sys.argv[1:]))
