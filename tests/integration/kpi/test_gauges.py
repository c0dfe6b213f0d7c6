"""Given contacts and agents in the tables, when the gauges are set, then they say who waits and who can answer."""

from __future__ import annotations

from collections.abc import Iterator

import kpi_facts as e
import pytest
from chassis import telemetry
from chassis.clock import Instant
from chassis.database import Database
from chassis.log import Log
from chassis.tenants import Tenants
from kpi import gauges
from kpi_projection import entries, project
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from switchboard.routing.v1 import events_pb2 as work


@pytest.fixture
def reader() -> Iterator[InMemoryMetricReader]:
    made = InMemoryMetricReader()
    telemetry.start("kpi", metric_readers=[made])
    yield made
    telemetry.stop()


def gauge(reader: InMemoryMetricReader, name: str) -> dict[str, float]:
    """The values of a gauge by its attributes' values, the tenant first."""
    data = reader.get_metrics_data()
    assert data is not None
    metrics = (one for r in data.resource_metrics for s in r.scope_metrics for one in s.metrics if one.name == name)
    return {
        " ".join(
            str((point.attributes or {})[key]) for key in sorted(point.attributes or {}, reverse=True)
        ): point.value
        for metric in metrics
        for point in metric.data.data_points
    }


class At:
    """A clock that stands 100 seconds after T0."""

    def now(self) -> Instant:
        return Instant(e.T0 + 100 * e.SECOND)


async def test_gauges_of_every_tenant(log: Log, database: Database, reader: InMemoryMetricReader) -> None:
    tenants = Tenants(log)
    await tenants.ensure("acme")
    await tenants.ensure("quiet")
    events = [
        *(e.opened("c1"), e.inbound("c1", "p1", 10), e.offered("c1", "ann", 11), e.accepted("c1", "ann", 12)),
        *(e.opened("c2"), e.inbound("c2", "p2", 40)),
        *(e.opened("c3"), e.inbound("c3", "p3", 1), e.sent("c3", "ann", 2)),
        *(e.registered("ann"), e.present("ann", work.PRESENCE_AVAILABLE)),
        *(e.registered("ben"), e.present("ben", work.PRESENCE_AVAILABLE)),
        *(e.registered("cem"), e.present("cem", work.PRESENCE_AWAY)),
        e.registered("dia"),
        *(e.registered(one) for one in ("eva", "fay")),
        *(e.present(one, work.PRESENCE_AVAILABLE) for one in ("eva", "fay")),
        *(e.opened("c4"), e.offered("c4", "eva", 50, width=2), e.offered("c4", "fay", 50, width=2)),
    ]
    await project(database, entries(events), 100)
    await gauges.set_all(database, tenants, At())
    assert gauge(reader, "switchboard.cases.waiting") == {"acme": 2, "quiet": 0}
    assert gauge(reader, "switchboard.cases.oldest_wait") == {"acme": 90, "quiet": 0}
    assert gauge(reader, "switchboard.agents") == {
        "acme free": 1,
        "acme busy": 3,
        "acme away": 1,
        "quiet free": 0,
        "quiet busy": 0,
        "quiet away": 0,
    }
