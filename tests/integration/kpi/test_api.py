"""Given commits of post and work in a real log, when kpi is asked over gRPC, then numbers that can be proved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import kpi_facts as e
import pytest
from chassis import embedded
from chassis.clock import Instant, SystemClock, to_timestamp
from chassis.commits import Position
from chassis.config import load
from chassis.database import Database
from chassis.log import Log
from chassis.process import run
from chassis.tenants import Tenants
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status  # type: ignore[import-untyped]
from kpi import main, wallboard, wire
from kpi.metrics import METRICS
from kpi.views import contacts
from kpi.wire import resume_token
from provisioned import provision_service
from restatements import CORRECTED
from switchboard.kpi.v1 import service_pb2 as pb
from switchboard.kpi.v1 import service_pb2_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, tenants_pb2, tenants_pb2_grpc
from switchboard.routing.v1 import events_pb2 as work

LATER = e.ts(30 * 86_400)


@pytest.fixture
async def channel(nats_url: str, database_url: str, log: Log) -> AsyncIterator[grpc.aio.Channel]:
    """The service as `main` builds it, on a free port."""
    await provision_service(main.RESOURCES, nats_url, database_url)
    await Tenants(log).ensure("acme")
    port = embedded.free_port()
    variables = {
        "SWITCHBOARD_NATS_URL": nats_url,
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_KPI_PORT": str(port),
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
        "SWITCHBOARD_DRAIN_GRACE_S": "1",
    }
    stop = asyncio.Event()
    running = asyncio.create_task(run(load(variables, "kpi"), main.build, stop))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as made:
        ready = asyncio.create_task(made.channel_ready())
        await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED, timeout=60)
        assert ready.done()
        yield made
    stop.set()
    await running


@pytest.fixture
def kpi(channel: grpc.aio.Channel) -> service_pb2_grpc.KpiServiceAsyncStub:
    return service_pb2_grpc.KpiServiceStub(channel)


async def history(writer: Any) -> str:
    """Two brands, four contacts; returns the position as a token."""
    await writer.write(e.source("air", brand="Example Air"), e.source("shop", brand="Example Shop"))
    await writer.write(e.opened("c1", "air"), e.inbound("c1", "p1", 0))
    await writer.write(e.accepted("c1", "mia", 30), e.sent("c1", "mia", 60.5), e.resolved("c1", "leo", 3600))
    await writer.write(e.opened("c2", "air"), e.inbound("c2", "p2", 10), e.outbound("c2", "p3", 20, human=False))
    await writer.write(e.opened("c3", "shop"), e.inbound("c3", "p4", 20), e.sent("c3", "leo", 7220.25))
    position = await writer.write(e.opened("c4", "shop"), e.inbound("c4", "p5", 30), e.withdrawn("c4", 90))
    return Position.encode(position)


def values(row: pb.MetricRow) -> dict[str, float | None]:
    return {one.metric: one.value if one.HasField("value") else None for one in row.values}


async def test_the_curves_of_a_page(kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any) -> None:
    token = await history(writer)
    asked = pb.QueryCurvesRequest(
        parent="tenants/acme", group_by=["brand"], observed_until=e.ts(7200), min_position=token, points_max=10
    )
    answer = await kpi.QueryCurves(asked)
    air, shop = answer.groups
    assert [dimension.value for dimension in (*air.group, *shop.group)] == ["Example Air", "Example Shop"]
    steps = [(one.seconds, one.waiting_share, one.at_risk) for one in air.first_response]
    assert steps == [(0, 1, 2), (60.5, 0.5, 2), (7190, 0.5, 1)]
    assert [(one.seconds, one.waiting_share) for one in shop.first_response] == [(0, 1), (7180, 1)]
    assert [one.waiting for one in air.backlog] == [1, *[1] * 9]
    assert [one.waiting for one in shop.backlog] == [1] * 10
    assert answer.observed_until == e.ts(7200)
    again = await kpi.QueryCurves(pb.QueryCurvesRequest(
        parent="tenants/acme", group_by=["brand"], observed_until=e.ts(7200), as_of=answer.position, points_max=10
    ))  # fmt: skip
    assert again == answer


async def test_the_numbers(kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any) -> None:
    token = await history(writer)
    answer = await kpi.QueryMetrics(
        pb.QueryMetricsRequest(parent="tenants/acme", observed_until=LATER, min_position=token)
    )
    (row,) = answer.rows
    told = values(row)
    assert list(told) == list(METRICS)
    expected = {
        "abandoned_short": 1,
        "abandonment": 0.5,
        "abandonment_answered": 0.5,
        "abandonment_withdrawn": 0.25,
        "abandonment_withdrawn_net": 0,
        "accepted": 2,
        "answered": 2,
        "answered_share": 0.5,
        "answered_within_15m": 0.25,
        "answered_within_1h": 0.25,
        "confirmed": 1,
        "frt_any_km_median": 60.5,
        "frt_any_mean": pytest.approx((60.5 + 10 + 7200.25) / 3, abs=1e-9),
        "frt_human_km_median": 7200.25,
        "frt_human_km_p90": None,
        "frt_human_mean": (60.5 + 7200.25) / 2,
        "frt_human_p90": 7200.25,
        "human_reply_share": pytest.approx(2 / 3),
        "machine_first_share": pytest.approx(1 / 3),
        "offered": 4,
        "on_time": None,
        "pending": 0,
        "reopen_rate": 0,
        "resolution_of_accepted": 0.5,
        "resolution_of_offered": 0.25,
        "resolutions": 1,
        "resolved": 1,
        "sl1_15m_completion": pytest.approx(1 / 3),
        "sl1_15m_event": 0.25,
        "sl6_15m_completion": 0.5,
        "sl8_15m_cohort": pytest.approx(1 / 3),  # who withdrew after 60 s is at risk no longer at 60.5 s
        "waiting": 1,
    }
    assert {name: told[name] for name in expected} == expected
    assert answer.position == token
    assert answer.time_zone == "UTC"
    assert [one.id for one in answer.definitions] == list(METRICS)


async def test_hours_are_cut_in_the_tenants_zone_unless_the_caller_names_one(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, channel: grpc.aio.Channel, writer: Any
) -> None:
    token = await history(writer)
    tenant = tenants_pb2.Tenant(name="tenants/acme", time_zone="Asia/Kolkata")
    await tenants_pb2_grpc.TenantServiceStub(channel).UpdateTenant(tenants_pb2.UpdateTenantRequest(tenant=tenant))

    async def hours(zone: str) -> tuple[str, set[str]]:
        request = pb.QueryMetricsRequest(
            parent="tenants/acme", metrics=["offered"], group_by=["hour"], time_zone=zone, min_position=token
        )
        answer = await kpi.QueryMetrics(request)
        return answer.time_zone, {row.group[0].value for row in answer.rows}

    named, elsewhere = await hours("Asia/Kolkata"), await hours("UTC")
    assert await hours("") == named == ("Asia/Kolkata", named[1])
    assert elsewhere[0] == "UTC"
    assert named[1].isdisjoint(elsewhere[1])
    cell = pb.ListContributingEventsRequest(
        parent="tenants/acme", metric="offered", group=[pb.Dimension(key="hour", value=min(named[1]))]
    )
    assert (await kpi.ListContributingEvents(cell)).total_size > 0


async def test_groups_filters_and_closing_the_observation(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any
) -> None:
    token = await history(writer)
    answer = await kpi.QueryMetrics(
        pb.QueryMetricsRequest(
            parent="tenants/acme",
            metrics=["answered", "frt_human_km_median"],
            group_by=["brand", "agent"],
            start_time=e.ts(0),
            end_time=e.ts(30),
            observed_until=e.ts(7220),
            filter='channel = "x"',
            min_position=token,
        )
    )
    found = {tuple(one.value for one in row.group): values(row) for row in answer.rows}
    assert found == {
        ("Example Air", ""): {"answered": 0, "frt_human_km_median": None},
        ("Example Air", "mia"): {"answered": 1, "frt_human_km_median": 60.5},
        ("Example Shop", ""): {"answered": 0, "frt_human_km_median": None},
    }
    assert [[one.key for one in row.group] for row in answer.rows] == [["brand", "agent"]] * 3


async def test_a_tenant_sees_only_its_own(kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, log: Log) -> None:
    await history(writer)
    await Tenants(log).ensure("other")
    position = await writer.write(e.opened("c1"), e.inbound("c1", "p1", 0), tenant="other")
    request = pb.QueryMetricsRequest(
        parent="tenants/other", metrics=["offered"], observed_until=LATER, min_position=Position.encode(position)
    )
    assert (await kpi.QueryMetrics(request)).rows[0].values[0].value == 1


async def test_a_cell_opens_to_the_events_that_decided_it(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, log: Log
) -> None:
    token = await history(writer)
    answer = await kpi.ListContributingEvents(
        pb.ListContributingEventsRequest(
            parent="tenants/acme",
            metric="frt_human_mean",
            group=[pb.Dimension(key="brand", value="Example Air")],
            observed_until=LATER,
            min_position=token,
        )
    )
    (one,) = answer.contributions
    assert (one.case, one.episode, one.seconds, one.in_numerator) == ("tenants/acme/cases/c1", 1, 60.5, True)
    assert [(event.role, event.type.rpartition(".")[2]) for event in one.events] == [
        ("start", "PostAttached"),
        ("accepted", "OfferAccepted"),
        ("answered_any", "ReplySent"),
        ("answered_human", "ReplySent"),
        ("resolved", "CaseResolved"),
    ]
    entry = await log.get(Position.decode(one.events[-1].position))
    assert entry is not None
    ids = [event.event_id.hex() for event in entry.recorded()]
    assert [event.event_id.replace("-", "") for event in one.events[1:3]] == ids[:2]


async def test_an_event_the_archive_has_not_whole_spoils_no_list(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    token = await history(writer)
    request = pb.ListContributingEventsRequest(
        parent="tenants/acme", metric="resolved", observed_until=LATER, min_position=token
    )
    whole = await kpi.ListContributingEvents(request)
    acts = whole.contributions[0].events[-1].position
    async with database.acquire() as connection:
        await connection.execute("update archive_v2 set data = 'no commit' where position = $1", Position.decode(acts))
    (one,) = (await kpi.ListContributingEvents(request)).contributions
    assert [(event.role, bool(event.type), bool(event.unreadable)) for event in one.events] == [
        ("start", True, False),
        *((role, False, True) for role in ("accepted", "answered_any", "answered_human", "resolved")),
    ]
    assert {event.position for event in one.events[1:]} == {acts}
    assert "the archive has no whole commit there" in caplog.text


async def test_a_turn_opens_to_its_own_events_under_who_answered_it(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any
) -> None:
    await history(writer)
    position = await writer.write(e.inbound("c1", "p9", 4000), e.sent("c1", "leo", 4010))
    request = pb.ListContributingEventsRequest(
        parent="tenants/acme",
        metric="nrt_mean",
        group=[pb.Dimension(key="brand", value="Example Air")],
        observed_until=LATER,
        min_position=Position.encode(position),
        page_size=1,
    )
    first = await kpi.ListContributingEvents(request)
    request.page_token = first.next_page_token
    second = await kpi.ListContributingEvents(request)
    found = [*first.contributions, *second.contributions]
    assert (first.total_size, second.next_page_token) == (2, "")
    assert [(one.episode, one.agent, one.seconds) for one in found] == [(1, "mia", 60.5), (1, "leo", 10.0)]
    assert [(event.role, event.type.rpartition(".")[2]) for event in found[1].events] == [
        ("asked", "PostAttached"),
        ("replied", "ReplySent"),
    ]
    again = await kpi.ListContributingEvents(
        pb.ListContributingEventsRequest(
            parent="tenants/acme",
            metric="nrt_mean",
            group=[pb.Dimension(key="brand", value="Example Air")],
            observed_until=LATER,
            as_of=second.position,
        )
    )
    assert list(again.contributions) == found, "the archive says the same"
    by_completion = pb.QueryMetricsRequest(
        parent="tenants/acme",
        metrics=["nrt_mean"],
        basis=pb.BASIS_COMPLETION,
        start_time=e.ts(4000),
        observed_until=LATER,
        min_position=second.position,
    )
    told = await kpi.QueryMetrics(by_completion)
    assert told.basis == pb.BASIS_COMPLETION
    assert values(told.rows[0]) == {"nrt_mean": (10.0 + 7200.25) / 2}, "what started before it and was answered in it"


async def test_pages_cover_the_cell_exactly_once(kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any) -> None:
    token = await history(writer)
    request = pb.ListContributingEventsRequest(
        parent="tenants/acme", metric="offered", observed_until=LATER, page_size=3, min_position=token
    )
    first = await kpi.ListContributingEvents(request)
    request.page_token = first.next_page_token
    second = await kpi.ListContributingEvents(request)
    cases = [one.case.rpartition("/")[2] for page in (first, second) for one in page.contributions]
    assert cases == ["c1", "c2", "c3", "c4"]
    assert (first.total_size, second.total_size, second.next_page_token) == (4, 4, "")


async def test_a_past_answer_can_be_computed_again(kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any) -> None:
    token = await history(writer)
    request = pb.QueryMetricsRequest(
        parent="tenants/acme", group_by=["brand", "agent"], observed_until=LATER, min_position=token
    )
    then = await kpi.QueryMetrics(request)
    at = SystemClock().now()
    await writer.write(e.relabelled("air", brand="Renamed"), e.relabelled("shop", brand="Renamed"))
    later = await writer.write(
        e.opened("c5", "air"),
        e.inbound("c5", "p9", 1),
        e.joined("c1", "c2"),
        e.sent("c4", "leo", 99),
        e.reopened("c1", 5000),
    )
    now = await kpi.QueryMetrics(pb.QueryMetricsRequest(parent="tenants/acme", min_position=Position.encode(later)))
    assert now.rows != then.rows
    request.ClearField("min_position")
    request.as_of = token
    assert await kpi.QueryMetrics(request) == then
    request.ClearField("as_of")
    request.as_of_time.CopyFrom(to_timestamp(at))
    assert await kpi.QueryMetrics(request) == then, "an instant is the position that the log had reached"
    request.as_of_time.CopyFrom(to_timestamp(Instant(0)))
    nothing = await kpi.QueryMetrics(request)
    assert (nothing.position, list(nothing.rows)) == (Position.encode(0), [])
    request.as_of = nothing.position
    assert await refusal(kpi.QueryMetrics(request)) == (grpc.StatusCode.INVALID_ARGUMENT, {"as_of_time"})
    request.ClearField("as_of_time")
    assert await kpi.QueryMetrics(request) == nothing
    cell = pb.ListContributingEventsRequest(parent="tenants/acme", metric="offered", observed_until=LATER, as_of=token)
    assert (await kpi.ListContributingEvents(cell)).total_size == 4


async def test_a_wrong_definition_and_its_correction_stay_side_by_side(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "REGISTRY", CORRECTED)
    token = await history(writer)
    asked = pb.RestateRequest(
        parent="tenants/acme",
        metric="first_reply",
        from_version=1,
        group_by=["brand"],
        observed_until=LATER,
        min_position=token,
    )
    answer = await kpi.Restate(asked)
    assert [(one.group[0].value, one.before.value, one.after.value) for one in answer.rows] == [
        ("Example Air", 35.25, 60.5),
        ("Example Shop", 7200.25, 7200.25),
    ]
    air, shop = (one.difference for one in answer.rows)
    assert (air.value, air.numerator, air.denominator) == (25.25, -10, -1), "the machine's 10 seconds go"
    assert (shop.value, shop.numerator, shop.denominator) == (0, 0, 0)
    assert (answer.total.difference.numerator, answer.total.difference.denominator) == (-10, -1)
    assert [one.metric for one in answer.definitions] == ["first_reply@1", "first_reply"]
    assert answer.position == token

    both = pb.QueryMetricsRequest(
        parent="tenants/acme", metrics=["first_reply@1", "first_reply"], observed_until=LATER, as_of=answer.position
    )
    (row,) = (await kpi.QueryMetrics(both)).rows
    assert list(row.values) == [answer.total.before, answer.total.after], "history keeps both"
    behind = pb.ListContributingEventsRequest(parent="tenants/acme", metric="first_reply@1", observed_until=LATER)
    cases_before = {one.case for one in (await kpi.ListContributingEvents(behind)).contributions}
    behind.metric = "first_reply@2"
    cases_after = {one.case for one in (await kpi.ListContributingEvents(behind)).contributions}
    assert cases_before - cases_after == {"tenants/acme/cases/c2"}, "the contact only a machine answered"

    listing = pb.ListMetricDefinitionsRequest(parent="tenants/acme")
    assert [one.version for one in (await kpi.ListMetricDefinitions(listing)).definitions] == [2]
    listing.all_versions = True
    assert [one.version for one in (await kpi.ListMetricDefinitions(listing)).definitions] == [1, 2]
    asked.from_version = 3
    assert await refusal(kpi.Restate(asked)) == (grpc.StatusCode.INVALID_ARGUMENT, {"from_version"})


async def test_definitions_are_listed(kpi: service_pb2_grpc.KpiServiceAsyncStub) -> None:
    answer = await kpi.ListMetricDefinitions(pb.ListMetricDefinitionsRequest(parent="tenants/acme"))
    assert [one.id for one in answer.definitions] == list(METRICS)
    ratios = pb.ListMetricDefinitionsRequest(parent="tenants/acme", filter="unit = RATIO AND version >= 1")
    assert {one.unit for one in (await kpi.ListMetricDefinitions(ratios)).definitions} == {pb.METRIC_UNIT_RATIO}
    pending = next(one for one in answer.definitions if one.id == "pending")
    assert {one.name: one.seconds for one in pending.parameters} == {
        "horizon_direct": 86_400,
        "horizon_public": 604_800,
    }


async def test_a_wallboard_shows_then_follows_then_resumes(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any
) -> None:
    await history(writer)
    request = pb.WatchWallboardRequest(parent="tenants/acme", metrics=["offered"], group_by=["brand"])
    call = kpi.WatchWallboard(request, timeout=30)
    shown: dict[str, float] = {}

    async def until(expected: dict[str, float]) -> pb.WatchWallboardResponse:
        async for message in call:
            if message.snapshot:
                shown.clear()
            shown.update({row.group[0].value: row.values[0].value for row in message.rows})
            for group in message.removed:
                del shown[group.group[0].value]
            if shown == expected:
                return message
        raise AssertionError(shown)

    first = await until({"Example Air": 2, "Example Shop": 2})
    await writer.write(e.opened("c9", "shop"), e.inbound("c9", "p9", 40))
    second = await until({"Example Air": 2, "Example Shop": 3})
    assert not second.snapshot
    assert [row.group[0].value for row in second.rows] == ["Example Shop"]
    assert first.resume_token != second.resume_token
    call.cancel()

    request.resume_token = second.resume_token
    call = kpi.WatchWallboard(request, timeout=30)
    await writer.write(e.opened("c10", "air"), e.inbound("c10", "p10", 50))
    third = await until({"Example Air": 3, "Example Shop": 3})
    call.cancel()
    assert Position.decode(third.position) > Position.decode(second.position)


async def projected(kpi: service_pb2_grpc.KpiServiceAsyncStub, position: int) -> None:
    """Returns when the tables have this position."""
    await kpi.QueryMetrics(pb.QueryMetricsRequest(parent="tenants/acme", min_position=Position.encode(position)))


FIRST_DUE = 10**9
"""Seconds after T0: nothing is due while the tests run."""


async def test_a_wallboard_says_who_waits_and_who_can_answer(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any
) -> None:
    await writer.write(e.source("air", brand="Air"), e.source("shop", brand="Shop"))
    await writer.write(
        *(e.registered(agent, 2) for agent in ("ann", "ben", "cem", "dia", "eve")),
        e.present("ann", work.PRESENCE_AVAILABLE),
        e.present("ben", work.PRESENCE_AVAILABLE),
        e.present("cem", work.PRESENCE_BUSY),
        e.present("dia", work.PRESENCE_AWAY),
    )
    position = await writer.write(
        *(e.opened("c1", "air"), e.inbound("c1", "p1", 10), e.queued("c1", "default", 10, 20)),
        *(e.opened("c2", "air"), e.inbound("c2", "p2", 5), e.queued("c2", "default", 5, 65)),
        *(e.opened("c3", "shop"), e.inbound("c3", "p3", 1), e.queued("c3", "default", 1, FIRST_DUE)),
        *(e.offered("c1", "ann", 11), e.accepted("c1", "ann", 12), e.sent("c1", "ann", 15)),
        e.offered("c2", "ben", 6, 2),
    )
    await projected(kpi, position)
    request = pb.WatchWallboardRequest(parent="tenants/acme", metrics=["offered"], filter='brand = "Air"')
    call = kpi.WatchWallboard(request, timeout=30)
    first = await call.read()
    assert first.floor == pb.Floor(
        waiting=1,
        oldest_waiting_start=e.ts(5),
        answered_on_time=1,
        due=2,
        agents_free=1,
        agents_busy=2,
        agents_away=1,
    )
    await writer.write(e.sent("c2", "ben", 99), e.resolved("c2", "ben", 100), e.present("ann", work.PRESENCE_OFFLINE))
    message = first
    while message.floor.agents_free != 1 or message.floor.waiting:
        message = await call.read()
    assert message.floor == pb.Floor(answered_on_time=1, due=2, agents_free=1, agents_busy=1, agents_away=1)
    call.cancel()


async def test_a_wallboard_on_which_nothing_happens_beats(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallboard, "BEAT_S", 0.05)
    monkeypatch.setattr(wallboard, "UPDATE_S", 0.05)
    token = await history(writer)
    await projected(kpi, Position.decode(token))
    call = kpi.WatchWallboard(pb.WatchWallboardRequest(parent="tenants/acme", metrics=["offered"]), timeout=30)
    first, beat = await call.read(), await call.read()
    assert first.snapshot
    beats = [beat]
    while beat.observed_until.ToMicroseconds() == first.observed_until.ToMicroseconds():
        beats.append(beat := await call.read())
    for beat in beats:
        assert (beat.snapshot, list(beat.rows), beat.position, beat.resume_token, beat.floor) == (
            False,
            [],
            token,
            first.resume_token,
            first.floor,
        )
    call.cancel()


async def test_a_wallboard_that_takes_long_beats_meanwhile(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallboard, "BEAT_S", 0.05)
    read, computed = contacts.read_into, 0

    async def once(*arguments: Any, **named: Any) -> int:
        nonlocal computed
        computed += 1
        if computed > 1:
            await asyncio.Event().wait()
        return await read(*arguments, **named)

    await history(writer)
    monkeypatch.setattr(contacts, "read_into", once)
    call = kpi.WatchWallboard(pb.WatchWallboardRequest(parent="tenants/acme", metrics=["offered"]), timeout=60)
    messages = [await call.read() for _ in range(3)]
    while computed < 2:
        messages.append(await call.read())
    messages += [await call.read() for _ in range(3)]
    assert {message.observed_until.ToMicroseconds() for message in messages[-3:]} == {
        messages[0].observed_until.ToMicroseconds()
    }, "a beat says as of when the board is true"
    call.cancel()


async def test_equal_wallboards_are_computed_once_and_two_questions_at_a_time(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    watches, reads, under_way, most = 0, 0, 0, 0
    read, picture = contacts.read_into, wallboard._Shared.picture
    all_ask = asyncio.Event()

    async def entered(*arguments: Any) -> wallboard.Picture:
        nonlocal watches
        watches += 1
        if watches == 30:
            all_ask.set()
        return await picture(*arguments)

    async def counted(*arguments: Any, **named: Any) -> int:
        nonlocal reads, under_way, most
        reads, under_way = reads + 1, under_way + 1
        most = max(most, under_way)
        try:
            await asyncio.wait_for(all_ask.wait(), 30)
            return await read(*arguments, **named)
        finally:
            under_way -= 1

    await history(writer)
    monkeypatch.setattr(wallboard._Shared, "picture", entered)
    monkeypatch.setattr(contacts, "read_into", counted)
    request = pb.WatchWallboardRequest(parent="tenants/acme", metrics=["offered"], group_by=["brand"])
    calls = [kpi.WatchWallboard(request, timeout=60) for _ in range(30)]
    begun = [asyncio.ensure_future(call.read()) for call in calls]
    await asyncio.wait_for(all_ask.wait(), 30)
    assert reads == 1, "thirty wait for one"
    assert {(await first).snapshot for first in begun} == {True}
    for call in calls:
        call.cancel()
    query = pb.QueryMetricsRequest(parent="tenants/acme", metrics=["offered"])
    await asyncio.gather(*(kpi.QueryMetrics(query, timeout=30) for _ in range(12)))
    assert most == 2


async def test_the_service_proves_its_log_and_its_tables(channel: grpc.aio.Channel, writer: Any) -> None:
    await history(writer)
    integrity = integrity_pb2_grpc.IntegrityServiceStub(channel)
    await integrity.WaitUntil(integrity_pb2.WaitUntilRequest())
    findings = [one async for one in integrity.VerifyIntegrity(integrity_pb2.VerifyIntegrityRequest())]
    assert [(one.invariant, one.subject, one.detail) for one in findings if not one.ok] == []
    assert {"archive archive_v2", "view contacts_v6"} <= {one.subject for one in findings}


async def refusal(call: Any) -> tuple[grpc.StatusCode, set[str]]:
    """The code of a refused call and the fields it complains about."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    fields: set[str] = set()
    for detail in [] if status is None else status.details:
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            fields |= {one.field for one in bad.field_violations}
    return caught.value.code(), fields


async def test_everything_wrong_is_said_at_once(kpi: service_pb2_grpc.KpiServiceAsyncStub) -> None:
    code, fields = await refusal(
        kpi.QueryMetrics(
            pb.QueryMetricsRequest(
                parent="acme",
                metrics=["offered", "nonsense"],
                group_by=["brand", "brand"],
                start_time=e.ts(10),
                end_time=e.ts(0),
                time_zone="Mars/Olympus",
                filter="brand",
            )
        )
    )
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert fields == {"parent", "metrics", "group_by", "end_time", "time_zone", "filter"}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        pytest.param(pb.ListContributingEventsRequest(parent="tenants/acme"), "metric", id="no metric"),
        pytest.param(
            pb.ListContributingEventsRequest(parent="tenants/acme", metric="offered", page_token="x"),
            "page_token",
            id="a token nobody gave out",
        ),
        pytest.param(
            pb.ListContributingEventsRequest(
                parent="tenants/acme", metric="offered", group=[pb.Dimension(key="Not a key", value="")]
            ),
            "group",
            id="a cell that is none",
        ),
    ],
)
async def test_refused_cells(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, request_: pb.ListContributingEventsRequest, field: str
) -> None:
    assert await refusal(kpi.ListContributingEvents(request_)) == (grpc.StatusCode.INVALID_ARGUMENT, {field})


async def test_a_label_that_no_source_has_is_refused_everywhere(
    kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any
) -> None:
    token = await history(writer)
    asked: dict[str, Any] = {"parent": "tenants/acme", "filter": 'industry = "airlines"'}
    for call, field in (
        (kpi.QueryMetrics(pb.QueryMetricsRequest(**asked, group_by=["team"], min_position=token)), "group_by"),
        (kpi.WatchWallboard(pb.WatchWallboardRequest(**asked, group_by=["team"])).read(), "group_by"),
        (
            kpi.ListContributingEvents(
                pb.ListContributingEventsRequest(**asked, metric="offered", group=[pb.Dimension(key="team", value="")])
            ),
            "group",
        ),
    ):
        assert await refusal(call) == (grpc.StatusCode.INVALID_ARGUMENT, {field, "filter"})
    position = await writer.write(e.relabelled("air", industry="airlines", team="a"))
    await kpi.QueryMetrics(
        pb.QueryMetricsRequest(**asked, group_by=["team", "brand"], min_position=Position.encode(position))
    )


async def test_other_refusals(kpi: service_pb2_grpc.KpiServiceAsyncStub, writer: Any) -> None:
    unknown = kpi.QueryMetrics(pb.QueryMetricsRequest(parent="tenants/nobody"))
    assert (await refusal(unknown))[0] == grpc.StatusCode.NOT_FOUND
    last = await history(writer)
    request = pb.QueryMetricsRequest(parent="tenants/acme", min_position=last, as_of=Position.encode(1))
    assert await refusal(kpi.QueryMetrics(request)) == (grpc.StatusCode.INVALID_ARGUMENT, {"as_of"})
    request = pb.QueryMetricsRequest(parent="tenants/acme", min_position=last, as_of_time=to_timestamp(Instant(0)))
    assert await refusal(kpi.QueryMetrics(request)) == (grpc.StatusCode.INVALID_ARGUMENT, {"as_of_time"})
    watch = kpi.WatchWallboard(pb.WatchWallboardRequest(parent="tenants/acme", resume_token="x"))
    assert await refusal(watch.read()) == (grpc.StatusCode.INVALID_ARGUMENT, {"resume_token"})
    malformed = kpi.QueryMetrics(pb.QueryMetricsRequest(parent="tenants/acme", min_position="!"))
    assert await refusal(malformed) == (grpc.StatusCode.INVALID_ARGUMENT, {"min_position"})
    beyond = kpi.QueryMetrics(
        pb.QueryMetricsRequest(parent="tenants/acme", min_position=Position.encode(10**9)), timeout=1
    )
    assert await refusal(beyond) == (grpc.StatusCode.OUT_OF_RANGE, {"min_position"})
    later = pb.WatchWallboardRequest(parent="tenants/acme", resume_token=resume_token(10**9, {}))
    assert await refusal(kpi.WatchWallboard(later).read()) == (grpc.StatusCode.OUT_OF_RANGE, {"resume_token"})
