"""Which metrics there are, in every version they ever had. Knows no particular one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from kpi.metrics.metric import AnyMetric


class Registry:
    """Metrics by id, each in all its versions. A version that was there stays: numbers were computed by it.

    Raises ValueError where an id has a version twice, or lacks one between 1 and its latest.
    """

    def __init__(self, metrics: Iterable[AnyMetric]) -> None:
        by_id: dict[str, list[AnyMetric]] = defaultdict(list)
        for metric in sorted(metrics, key=lambda one: (one.definition.id, one.definition.version)):
            by_id[metric.definition.id].append(metric)
        for metric_id, known in by_id.items():
            numbers = [one.definition.version for one in known]
            if numbers != list(range(1, len(numbers) + 1)):
                raise ValueError(f"{metric_id} has the versions {numbers}; every one from 1 on is there once")
        self._by_id = by_id
        self.latest: Mapping[str, AnyMetric] = {metric_id: known[-1] for metric_id, known in by_id.items()}
        """By id, sorted by id."""
        self.every: tuple[AnyMetric, ...] = tuple(one for known in by_id.values() for one in known)
        """Sorted by id and version."""

    def versions(self, metric_id: str) -> Mapping[int, AnyMetric]:
        """All versions of a metric by their number, ascending; none where there is no such metric."""
        return {one.definition.version: one for one in self._by_id.get(metric_id, ())}

    def find(self, name: str) -> AnyMetric | None:
        """The latest version of `id`, or the one that `id@version` names; None where there is none."""
        metric_id, at, version = name.partition("@")
        if not at:
            return self.latest.get(metric_id)
        number = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
        return self.versions(metric_id).get(number)

    def name(self, metric: AnyMetric) -> str:
        """What finds a metric: its id where it is the latest version, otherwise `id@version`."""
        one = metric.definition
        return one.id if self.latest[one.id].definition.version == one.version else f"{one.id}@{one.version}"
