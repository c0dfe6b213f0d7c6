"""Checkov over the rendered manifests, offline. All it finds fails, but for the two checks answered here."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ANSWERED: Mapping[str, str] = {
    "CKV_K8S_43": "digests are set by a release (kustomize edit set image); no image stands in a registry yet",
    "CKV_K8S_15": "IfNotPresent: a digest cannot change, and an image loaded into kind or minikube cannot be pulled",
}
CHECK_S = 150


class CheckovError(Exception):
    """Checkov did not run, or looked at nothing; the text is what it said."""


def problems(directory: Path) -> dict[str, list[str]]:
    """Findings of the manifests in a directory by file name; files without findings are left out."""
    done = subprocess.run(  # noqa: S603 - the pinned tool, our own files
        [
            sys.executable,
            "-m",
            "checkov.main",
            "--skip-download",
            "--framework",
            "kubernetes",
            "--output",
            "json",
            "--directory",
            str(directory),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=CHECK_S,
    )
    try:
        report = json.loads(done.stdout)
        failed, summary = report["results"]["failed_checks"], report["summary"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise CheckovError(f"checkov gave no report: {done.stdout[-500:]}{done.stderr[-500:]}") from error
    if not summary["passed"] or summary["parsing_errors"]:
        raise CheckovError(f"checkov passed {summary['passed']} checks with {summary['parsing_errors']} parsing errors")
    found: dict[str, list[str]] = {}
    for one in failed:
        if one["check_id"] not in ANSWERED:
            name = Path(one["file_path"]).name
            found.setdefault(name, []).append(f"{one['resource']}: {one['check_id']} {one['check_name']}")
    return found
