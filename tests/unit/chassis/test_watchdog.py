"""Given a loop that is watched, when a function holds it, then the function is named, once a minute."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from chassis import telemetry
from chassis.watchdog import HELD_S, Watchdog
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

OURS = __name__.partition(".")[0]
NAME = f"{__name__}.hold_the_loop"
"""A slow machine may hold the loop elsewhere as well; the tests look at this alone."""


def hold_the_loop() -> None:
    """What no handler may do."""
    time.sleep(3 * HELD_S)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def measured(reader: InMemoryMetricReader) -> list[tuple[str, float]]:
    data = reader.get_metrics_data()
    metrics = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics] if data else []
    points: list[Any] = [point for metric in metrics for point in metric.data.data_points]
    named = [(str(point.attributes["code.function.name"]), point) for point in points]
    return [(name, point.sum) for name, point in named if name == NAME for _ in range(point.count)]


async def until(count: int, reader: InMemoryMetricReader) -> list[tuple[str, float]]:
    """What was measured, as soon as it is this much."""
    async with asyncio.timeout(30):
        while len(found := measured(reader)) < count:  # noqa: ASYNC110  (a metric gives no sign)
            await asyncio.sleep(0.01)
    return found


async def test_what_holds_the_loop_is_named_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    reader, clock = InMemoryMetricReader(), Clock()
    telemetry.start("test", metric_readers=[reader])
    with caplog.at_level(logging.WARNING), Watchdog([OURS], clock):
        for held in (1, 2):
            hold_the_loop()
            found = await until(held, reader)
        assert len(logged(caplog)) == 1, "the second time within a minute is counted, not logged"
        clock.now = 61.0
        hold_the_loop()
        await until(3, reader)
    telemetry.stop()
    assert all(seconds >= HELD_S for _, seconds in found)
    assert len(logged(caplog)) == 2
    for fields in logged(caplog):
        assert fields["seconds"] >= HELD_S


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    found = [record.__dict__["fields"] for record in caplog.records if record.name == "chassis.watchdog"]
    return [fields for fields in found if fields["at"].startswith(NAME)]


async def test_a_loop_that_comes_round_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Watchdog(["nobody"]):
        for _ in range(20):
            await asyncio.sleep(0)
        hold_the_loop()
        await asyncio.sleep(0)
    assert logged(caplog) == [], "what is not ours is not named"
