"""Writes docs/metrics.md: what every number of kpi means and where its formula comes from.

    .venv/bin/python docs/metrics.py            writes the page
    .venv/bin/python docs/metrics.py --check    says whether the committed one is current

Everything comes from the table of metrics: sections are the anchors of `Definition.source`, a text is the docstring of
the file that makes the metric, and a row is its definition.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from inspect import cleandoc
from itertools import groupby
from pathlib import Path

import kpi.metrics
from kpi.metrics import REGISTRY
from kpi.metrics.metric import SECOND, AnyMetric, ItemMetric

REPOSITORY = Path(__file__).resolve().parent.parent
METRICS_PAGE = REPOSITORY / "docs" / "metrics.md"
SAID = ("Formula", "Unit", "Edge cases", "Source")
"""What the docstring of every metric's file says, in this order, each at the beginning of a line."""


def page() -> str:
    """The whole page."""
    _, introduction = _parted(kpi.metrics.__name__)
    lines = [
        "# Metrics",
        "",
        "Written by `docs/metrics.py` from the table of metrics and the docstrings of their files; a test says when it",
        "is not current. `ListMetricDefinitions` gives the same words, versions and constants of the release that",
        "answers; each definition names the section here that it follows (`MetricDefinition.source`).",
    ]
    for paragraph in introduction.split("\n\n"):
        lines += ["", " ".join(paragraph.split())]
    by_section = sorted(REGISTRY.every, key=lambda metric: (_section(metric), _file(metric)))
    for section, members in groupby(by_section, _section):
        lines += ["", f"## {section.replace('-', ' ').capitalize()}"]
        for module, metrics in groupby(members, _file):
            lines += ["", *_described(module), "", *_table(list(metrics))]
    return "\n".join(lines) + "\n"


def _section(metric: AnyMetric) -> str:
    return metric.definition.source.partition("#")[2]


def _file(metric: AnyMetric) -> str:
    return (metric.items if isinstance(metric, ItemMetric) else metric.part).__module__


def _parted(module: str) -> tuple[str, str]:
    """First line of a file's docstring and the rest."""
    first, _, rest = cleandoc(import_module(module).__doc__ or "").partition("\n")
    return first, rest.strip()


def _described(module: str) -> Iterator[str]:
    """A metric file's docstring as a paragraph and a list. Raises ValueError where it leaves something out."""
    first, rest = _parted(module)
    parts = re.split(rf"^({'|'.join(SAID)}): ", rest, flags=re.MULTILINE)
    if tuple(parts[1::2]) != SAID:
        raise ValueError(f"the docstring of {module} says {parts[1::2]} instead of {list(SAID)}")
    ids, _, sentence = first.partition(": ")
    names = ", ".join(f"`{name}`" for name in ids.split(", "))
    yield f"{names}: {sentence}"
    yield from ["", " ".join(parts[0].split()), ""] if parts[0].strip() else [""]
    yield from (f"- **{word}**: {' '.join(text.split())}" for word, text in zip(SAID, parts[2::2], strict=True))


def _table(metrics: Sequence[AnyMetric]) -> Iterator[str]:
    yield "| metric | what it is | numerator | denominator | by agent | constants |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for metric in metrics:
        one = metric.definition
        constants = ", ".join(f"{name} {us / SECOND:g} s" for name, us in one.parameters)
        name = f"`{one.id}` v{one.version}"
        agent = one.agent.name.lower().replace("_", " ")
        yield f"| {name} | {one.description} | {one.numerator} | {one.denominator} | {agent} | {constants} |"


def main() -> None:
    written = page()
    if "--check" in sys.argv[1:]:
        if METRICS_PAGE.read_text(encoding="utf-8") != written:
            sys.exit("docs/metrics.md is not current: .venv/bin/python docs/metrics.py")
        return
    METRICS_PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
