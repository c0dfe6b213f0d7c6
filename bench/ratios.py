"""This checkout against another commit, in one run and taking turns: CPU per item by process, and rates.

Each commit runs its own bench/ingest.py and bench/pipeline.py in its own virtual environment; what they print must be
of one form. A machine differs from hour to hour and with its neighbours, the two sides of a round hardly: a ratio is of
one round, ours by theirs, and the median of the rounds is printed.

The other commit is unpacked and installed in a scratch directory, about a minute; `--checkout` names one that is there
already, with its .venv.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from _scratch import scratch

HERE = Path(__file__).resolve().parents[1]
AGAINST = "296440d"
GOALS = {"ingest": 0.55, "pipeline": 0.6}
"""Of the CPU of an item, against that commit."""
TURN_MAX_S = 600.0
RATE = "a second"


def installed(revision: str, directory: Path) -> Path:
    """A checkout of a commit with its virtual environment."""
    made = directory / revision.replace("/", "-")
    made.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=HERE, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x", "-C", str(made)], input=archive.stdout, check=True)
    subprocess.run(["make", "-s", "venv"], cwd=made, stdout=sys.stderr, check=True)
    return made


def turn(checkout: Path, what: str, arguments: Iterable[str], directory: Path) -> dict[str, float]:
    """One run of a bench: microseconds of CPU per item by process, and items a second."""
    done = subprocess.run(
        [str(checkout / ".venv/bin/python"), str(checkout / "bench" / f"{what}.py"), *arguments],
        env={**os.environ, "TMPDIR": str(directory)},  # so that nothing is left of that commit's either
        capture_output=True,
        text=True,
        timeout=TURN_MAX_S,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{checkout}/bench/{what}.py ended with {done.returncode}:\n{done.stderr[-4000:]}")
    told = json.loads(done.stdout)
    if what == "ingest":
        return told["cpu_us_per_delivery_by_process"] | {RATE: told["deliveries_per_second"]}
    return told["sustained"]["cpu_us_per_post"] | {RATE: told["sustained"]["posts_per_second"]}


def measured(theirs: Path, benches: dict[str, list[str]], rounds: int, directory: Path) -> dict[str, Any]:
    """Rounds of turns; who begins changes."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {what: {"ours": [], "theirs": []} for what in benches}
    for number in range(rounds):
        for what, arguments in benches.items():
            sides = [("ours", HERE), ("theirs", theirs)]
            for side, checkout in sides if number % 2 else sides[::-1]:
                found[what][side].append(turn(checkout, what, arguments, directory))
                print(f"round {number + 1}, {what}, {side}: {found[what][side][-1]}", file=sys.stderr)
    report = {}
    for what, sides in found.items():
        by = list(sides["theirs"][0])
        rounds_of = [
            {name: round(a[name] / b[name], 3) for name in by if a.get(name) is not None and b[name]}
            for a, b in zip(sides["ours"], sides["theirs"], strict=True)
        ]
        report[what] = {
            "ratios": {name: round(median(one[name] for one in rounds_of), 3) for name in rounds_of[0]},
            "ratios_of_each_round": rounds_of,
            **{
                side: {name: round(median(one[name] for one in turns), 1) for name in by}
                for side, turns in sides.items()
            },
        }
    return report


def print_table(report: dict[str, Any], against: str, rounds: int) -> None:
    print(f"{f'median of {rounds} rounds, ours / {against}':<44}{'ratio':>9}{'least':>9}{'most':>9}{'goal':>9}")
    for what, found in report.items():
        for name, told in (("sum", "CPU of an item"), (RATE, "items a second")):
            each = [one[name] for one in found["ratios_of_each_round"]]
            goal = GOALS.get(what) if name == "sum" and against == AGAINST else None
            cells = (f"{ratio:9.2f}" for ratio in (found["ratios"][name], min(each), max(each)))
            print(f"{f'{what}: {told}':<44}" + "".join(cells) + f"{goal or '-':>9}")
    for what, found in report.items():
        print(f"\n{f'{what}: us of CPU per item':<44}{'ours':>9}{against[:9]:>9}{'ratio':>9}")
        for name, ratio in found["ratios"].items():
            print(f"{name:<44}{found['ours'][name]:9,.0f}{found['theirs'][name]:9,.0f}{ratio:9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default=AGAINST, help="the commit")
    parser.add_argument("--checkout", type=Path, help="where it is there already, with its .venv")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("ingest", "pipeline"), default="")
    parser.add_argument("--deliveries", type=int, default=40_000, help="of a turn of ingest")
    parser.add_argument("--replicas", type=int, default=1, help="of ingest")
    parser.add_argument("--seconds", type=float, default=15.0, help="of a turn of pipeline")
    asked = parser.parse_args()
    benches = {
        "ingest": ["--deliveries", str(asked.deliveries), "--replicas", str(asked.replicas)],
        "pipeline": ["sustained", "--seconds", str(asked.seconds)],
    }
    if asked.only:
        benches = {asked.only: benches[asked.only]}
    with scratch() as directory:
        theirs = asked.checkout.resolve() if asked.checkout else installed(asked.against, directory)
        report = measured(theirs, benches, asked.rounds, directory)
    print_table(report, asked.against, asked.rounds)
    print()
    print(json.dumps({"against": asked.against, "rounds": asked.rounds, **report}, indent=2))


if __name__ == "__main__":
    main()
