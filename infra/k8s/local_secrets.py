"""Prints the Secret that overlays/local expects, with fresh keys, for `kubectl create -f -`.

`create`, never `apply`: a second run must not replace the key that everything sealed so far needs.
"""

import sys
import tempfile
from pathlib import Path

import yaml
from chassis import keyfile


def secret() -> dict[str, object]:
    """Secret/kek of the namespace switchboard, made by the chassis itself, so the format is the one it reads."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "kek"
        keyfile.create(path)
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "kek",
                "namespace": "switchboard",
                "labels": {"app.kubernetes.io/part-of": "switchboard"},
            },
            "type": "Opaque",
            "stringData": {"kek": path.read_text(encoding="ascii")},
        }


if __name__ == "__main__":
    yaml.safe_dump(secret(), sys.stdout)
