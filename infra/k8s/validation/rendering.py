"""Overlays as a cluster gets them: rendered by the pinned kubectl, compared with the reviewed golden files."""

import difflib
import subprocess
from pathlib import Path

import yaml

from validation.objects import Object
from validation.references import External

ROOT = Path(__file__).resolve().parents[1]
RENDER_S = 60


def overlays() -> list[str]:
    """The names of all overlays."""
    return sorted(path.parent.name for path in (ROOT / "overlays").glob("*/kustomization.yaml"))


def render(kubectl: Path, overlay: str) -> str:
    """The overlay's manifests as text. Raises CalledProcessError when it does not render."""
    done = subprocess.run(  # noqa: S603 - the pinned client, our own folder
        [kubectl, "kustomize", str(ROOT / "overlays" / overlay)],
        check=True,
        capture_output=True,
        text=True,
        timeout=RENDER_S,
    )
    return done.stdout


def golden(overlay: str) -> Path:
    """Where the reviewed rendering of an overlay stands."""
    return ROOT / "golden" / f"{overlay}.yaml"


def changed(overlay: str, rendered: str) -> list[str]:
    """The difference to the golden file, one line each; empty when there is none."""
    path = golden(overlay)
    reviewed = path.read_text(encoding="utf-8") if path.exists() else ""
    return list(difflib.unified_diff(reviewed.splitlines(), rendered.splitlines(), str(path), "rendered", lineterm=""))


def parsed(rendered: str) -> list[Object]:
    """The objects of a rendering, empty documents left out."""
    return [one for one in yaml.safe_load_all(rendered) if one]


def external(overlay: str) -> External:
    """What the overlay expects from outside, from its external.yaml."""
    path = ROOT / "overlays" / overlay / "external.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    return {entry["object"]: frozenset(entry["keys"]) for entry in entries}
