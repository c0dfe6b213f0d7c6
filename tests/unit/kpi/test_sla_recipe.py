"""What the recipe of promises says of metrics and fields is what there is."""

from collections.abc import Iterator
from pathlib import Path

from kpi.sla.moments import FIELDS
from kpi.sla.policy import DEFAULTS

RECIPE = (Path(__file__).parents[3] / "docs" / "recipes" / "promises.md").read_text(encoding="utf-8")


def table() -> Iterator[str]:
    yield "| metric | start | stop | keep | pause | reset | cancel |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for metric, said in DEFAULTS.items():
        cells = (
            f"`{one}`" if one else "" for one in (said.start, said.stop, said.keep, said.pause, said.reset, said.cancel)
        )
        yield f"| `{metric.name}` | {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def test_the_table_of_metrics_is_what_they_mean() -> None:
    assert "\n".join(table()) in RECIPE


def test_every_field_of_a_condition_is_named() -> None:
    assert [name for name in FIELDS if f"`{name.rstrip('.')}" not in RECIPE] == []
