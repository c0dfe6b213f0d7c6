"""The recipe for adding a metric is code that works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from kpi.metrics.contact import Act, Contact
from kpi.metrics.metric import Metric

RECIPE = Path(__file__).resolve().parents[3] / "docs" / "recipes" / "adding-a-metric.md"


def test_the_example_counts_what_it_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", RECIPE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    metric: Metric = names["METRIC"]
    answer = Act(5)
    contacts = [
        Contact(0, answered_any=answer, skewed=True),
        Contact(0, answered_any=answer),
        Contact(0, skewed=True),
        Contact(0),
    ]
    parts = [part for part in map(metric.part, contacts) if part is not None]
    assert metric.combine(parts) == (0.5, 1, 2)
