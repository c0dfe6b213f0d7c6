"""Every object against the schemas of every Kubernetes version we support; an unknown kind or field is an error."""

from collections.abc import Iterator, Sequence

import kubernetes_validate  # type: ignore[import-not-found, unused-ignore]
from kubernetes_validate.utils import (  # type: ignore[import-not-found, unused-ignore]
    all_versions,
    major_minor,
)

from validation.objects import Object, name_of

VERSIONS = tuple(f"1.{minor}" for minor in range(29, 38))


def problems(objects: Sequence[Object]) -> list[str]:
    """One sentence for each object and version that do not fit; empty when all do."""
    # The library takes the nearest older schema for a version that it does not have; we want the real one.
    available = {major_minor(version) for version in all_versions()}
    missing = [f"the validator has no schemas of Kubernetes {v}" for v in VERSIONS if v not in available]
    return missing + [problem for one in objects for problem in _misfits(one)]


def _misfits(one: Object) -> Iterator[str]:
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            yield f"{name_of(one)}: Kubernetes {version} knows no {one.get('apiVersion')} {one.get('kind')}"
        except kubernetes_validate.ValidationError as error:
            yield f"{name_of(one)}: not valid in Kubernetes {version}: {error.message}"
