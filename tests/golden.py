"""Writes what today's code writes into the log, for tests/unit/chassis/test_layout.py to read for ever.

    .venv/bin/python tests/golden.py

A file is written once, when a fact has got a field or is new; the earlier ones stay.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import hostile_events
from chassis import layout
from facts_of_contracts import FACTS, OTHERS

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    """Writes tests/golden/vN.json, N one more than the last: what is written stays as it is."""
    path = GOLDEN / f"v{1 + max(int(one.stem[1:]) for one in GOLDEN.glob('v*.json'))}.json"
    found = {}
    for name in [*FACTS, *OTHERS]:
        message = hostile_events.ordinary(name, "golden")
        found[name] = {
            "fact": layout.pack(message).hex(),
            "message": message.SerializeToString(deterministic=True).hex(),
        }
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
