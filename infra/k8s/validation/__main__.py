"""`python -m validation [--update]`: every overlay through every check, then every check on what it must refuse."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from validation import contract, edges, mutations, posture, references, rendering, schemas
from validation.objects import Object

KUBECTL = Path(sys.executable).parent / "kubectl"


def main() -> int:
    """0 when every overlay is right and every check can fail; else 1, with all problems printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the golden files instead of comparing with them")
    update = parser.parse_args().update
    rendered = {overlay: rendering.render(KUBECTL, overlay) for overlay in rendering.overlays()}
    found: list[str] = []
    manifests = {overlay: rendering.parsed(text) for overlay, text in rendered.items()}
    for overlay, text in rendered.items():
        if update:
            rendering.golden(overlay).write_text(text, encoding="utf-8")
        elif difference := rendering.changed(overlay, text):
            found.append(
                "\n".join([f"{overlay}: not as reviewed (validate.sh --update, then read the diff)", *difference[:40]])
            )
        external = rendering.external(overlay)
        for check in checks(external).values():
            found += [f"{overlay}: {problem}" for problem in check(manifests[overlay])]
    # Deliberate mistakes are made in manifests that are right, and checkov's half minute is worth it only then.
    found = found or beyond_one_object(manifests)
    for problem in found:
        print(problem, file=sys.stderr)  # noqa: T201 - a command line program
    counted = ", ".join(f"{overlay} {len(objects)} objects" for overlay, objects in manifests.items())
    if not found:
        print(  # noqa: T201
            f"{counted}; Kubernetes {schemas.VERSIONS[0]} to {schemas.VERSIONS[-1]}; "
            f"{len(mutations.ALL)} deliberate mistakes noticed"
        )
    return 1 if found else 0


def checks(external: references.External) -> Mapping[str, Callable[[Sequence[Object]], list[str]]]:
    """The checks that need nothing but the objects, by name."""
    return {
        "schemas": schemas.problems,
        "references": lambda objects: references.problems(objects, external),
        "contract": contract.problems,
        "edges": edges.problems,
    }


def beyond_one_object(manifests: Mapping[str, Sequence[Object]]) -> list[str]:
    """Checkov on all overlays, and every mutation; checkov runs once for all, since it takes seconds to start."""
    found: list[str] = []
    for overlay, objects in manifests.items():
        refusals = checks(rendering.external(overlay))
        for mutation in mutations.ALL:
            if mutation.check in refusals:
                said = refusals[mutation.check](mutations.mutated(objects, mutation))
                if not any(mutation.says in sentence for sentence in said):
                    found.append(f"{overlay}: {mutation.check} did not notice {mutation.name}; it said {said}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        expected: dict[str, str] = {}
        for overlay, objects in manifests.items():
            (directory / f"{overlay}.yaml").write_text(yaml.safe_dump_all(objects))
            for number, mutation in enumerate(mutations.ALL):
                if mutation.check == "posture":
                    file = f"{overlay}-{number}.yaml"
                    expected[file] = mutation.says
                    (directory / file).write_text(yaml.safe_dump_all(mutations.mutated(objects, mutation)))
        said_by_file = posture.problems(directory)
    for file, says in expected.items():
        if not any(says in sentence for sentence in said_by_file.pop(file, [])):
            found.append(f"{file}: checkov did not say {says}")
    return found + [f"{file}: {sentence}" for file, said in said_by_file.items() for sentence in said]


if __name__ == "__main__":
    sys.exit(main())
