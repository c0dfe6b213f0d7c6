"""Sentences about one gRPC server: a real server and a real client on loopback."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import pytest
from chassis import attributes, telemetry
from chassis.errors import InvalidRequest, TenantDeleted
from chassis.serving import MESSAGE_BYTES_MAX, Server, deadline_s
from echo_server import Echo, Running, register, running, settings
from google.protobuf import descriptor_pool, message_factory
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from spans import ended

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
async def up() -> AsyncIterator[Running]:
    async with running() as it:
        yield it


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    telemetry.start("test", trace_ratio=1.0, span_processors=[SimpleSpanProcessor(exporter)])
    yield exporter
    telemetry.stop()


async def ask(up: Running, shape: str, request: bytes) -> list[bytes]:
    """Asks by any shape of RPC and collects what comes."""
    match shape:
        case "One":
            return [await up.call("One", request)]
        case "Up":
            return [await up.call("Up", [request])]
        case "Both":
            return [response async for response in up.call("Both", [request])]
        case _:
            return [response async for response in up.call(shape, request)]


SHAPES = ["One", "Down", "Written", "Up", "Both"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [("One", [b"x"]), ("Down", [b"x"] * 4), ("Written", [b"x"] * 2), ("Up", [b"x"]), ("Both", [b"x"])],
    ids=["unary", "a response stream", "a response stream by writing", "a request stream", "both ways"],
)
async def test_every_shape_of_call_is_answered(up: Running, shape: str, expected: list[bytes]) -> None:
    assert await ask(up, shape, b"x") == expected


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        pytest.param(b"taken", grpc.StatusCode.ABORTED, "TAKEN", id="a reason in the table has its code"),
        pytest.param(b"other", grpc.StatusCode.FAILED_PRECONDITION, "OTHER", id="one that is not has the default"),
        pytest.param(b"overloaded", grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", id="a full queue is exhausted"),
        pytest.param(b"invalid", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", id="a bad request is invalid"),
        pytest.param(b"late", grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", id="a time-out is a deadline"),
    ],
)
async def test_refusals_arrive_with_details(
    up: Running, shape: str, request_: bytes, code: grpc.StatusCode, reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(up, shape, request_)
    assert caught.value.code() is code
    status = rpc_status.from_call(caught.value)
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.domain, info.reason) == ("switchboard", reason)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_bug_is_internal_and_tells_nobody_s_name(
    up: Running, shape: str, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(up, shape, b"bug")
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "mia" not in str(caught.value)
    (record,) = [record for record in caplog.records if record.name.startswith("chassis")]
    assert record.__dict__["fields"]["error"] == "KeyError"
    assert record.__dict__["fields"]["span_id"] != ""
    assert "mia" not in caplog.text + str(record.__dict__)
    (span,) = spans.get_finished_spans()
    assert "mia" not in span.to_json()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["rpc.status_code"] == "INTERNAL"


async def test_a_status_set_by_hand_passes_through(up: Running, spans: InMemorySpanExporter) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await up.call("One", b"abort")
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.DATA_LOSS, "by hand")
    (span,) = await ended(spans)  # the status leaves before the handler is done
    assert (span.attributes or {})["rpc.status_code"] == "DATA_LOSS"


async def test_a_refusal_is_no_fault_of_the_server(up: Running, spans: InMemorySpanExporter) -> None:
    metadata = (("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"),)
    with pytest.raises(grpc.aio.AioRpcError):
        await up.call("One", b"taken", metadata=metadata)
    (span,) = spans.get_finished_spans()
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert (span.name, span.status.status_code) == ("test.Echo/One", StatusCode.UNSET)
    assert dict(span.attributes or {}) == {
        "rpc.system.name": "grpc",
        "rpc.method": "test.Echo/One",
        "rpc.status_code": "ABORTED",
        "rpc.response.status_code": "ABORTED",
    }


async def test_every_call_is_measured_with_listed_attributes() -> None:
    reader, exporter = InMemoryMetricReader(), InMemorySpanExporter()
    telemetry.start("test", trace_ratio=1, metric_readers=[reader], span_processors=[SimpleSpanProcessor(exporter)])
    async with running() as up:
        for shape in SHAPES:
            await ask(up, shape, b"x")
        with pytest.raises(grpc.aio.AioRpcError):
            await up.call("One", b"bug")
    data = reader.get_metrics_data()
    telemetry.stop()
    assert data is not None
    metrics = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    assert metrics.keys() == {"rpc.server.call.duration", "switchboard.unforeseen"}
    assert metrics.keys() <= attributes.METRICS.keys()
    points: list[Any] = list(metrics["rpc.server.call.duration"].data.data_points)
    assert sum(point.count for point in points) == len(SHAPES) + 1
    assert all(point.exemplars for point in points)
    assert all(point.attributes.keys() <= attributes.METRIC_ATTRIBUTES for point in points)
    assert {p.attributes["rpc.status_code"] for p in points} == {"OK", "INTERNAL"}
    for span in exporter.get_finished_spans():
        assert (span.attributes or {}).keys() <= attributes.SPAN_ATTRIBUTES


async def test_probes_are_measured_and_leave_no_span(up: Running, spans: InMemorySpanExporter) -> None:
    await health_pb2_grpc.HealthStub(up.channel).Check(health_pb2.HealthCheckRequest())
    await up.call("One", b"x")
    assert [span.name for span in spans.get_finished_spans()] == ["test.Echo/One"]


@pytest.mark.parametrize(
    ("limit", "least", "most"),
    [
        pytest.param(None, 29.0, 30.0, id="without a deadline of its own it has thirty seconds"),
        pytest.param(7.0, 6.0, 7.0, id="with one it has what is left of it"),
    ],
)
async def test_a_call_knows_how_long_it_has(up: Running, limit: float | None, least: float, most: float) -> None:
    assert least <= float(await up.call("One", b"deadline", timeout=limit)) <= most


def test_outside_of_calls_there_are_thirty_seconds() -> None:
    assert deadline_s() == 30.0


async def test_a_deadline_that_passes_ends_the_call(up: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await up.call("One", b"wait", timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("shape", ["One", "Down"])
async def test_a_deadline_that_passes_is_the_servers_failure_in_span_and_metric(up: Running, shape: str) -> None:
    code, span, point = await measured(up, shape, 0.2)
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["rpc.status_code"] == "DEADLINE_EXCEEDED"
    assert (span.attributes or {})["error.type"] == "DEADLINE_EXCEEDED"
    assert point["error.type"] == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("shape", ["One", "Down"])
async def test_a_client_that_leaves_is_nobodys_failure(
    up: Running, shape: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _, span, point = await measured(up, shape, None)
    assert span.status.status_code is StatusCode.UNSET
    assert (span.attributes or {})["rpc.status_code"] == "CANCELLED"
    assert "error.type" not in point
    assert [record for record in caplog.records if record.name.startswith("chassis")] == []


async def measured(
    up: Running, shape: str, timeout_s: float | None
) -> tuple[grpc.StatusCode, ReadableSpan, dict[str, Any]]:
    """Code, span and measurement of a call that waits for ever, ended by its deadline or else by the client."""
    reader, exporter = InMemoryMetricReader(), InMemorySpanExporter()
    telemetry.start("test", trace_ratio=1, metric_readers=[reader], span_processors=[SimpleSpanProcessor(exporter)])
    call = up.call(shape, b"wait" if shape == "One" else b"watch", timeout=timeout_s)
    if shape == "One":
        await up.echo.entered.wait()
    else:
        assert [await call.read() for _ in range(3)] == [b"watch"] * 3
    if timeout_s is None:
        call.cancel()
    code = await call.code()
    span = (await ended(exporter))[0]
    data = reader.get_metrics_data()
    telemetry.stop()
    assert data is not None
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == "rpc.server.call.duration"
    return code, span, dict(metric.data.data_points[0].attributes or {})


@pytest.mark.parametrize("shape", ["One", "Down"])
async def test_a_deadline_of_nothing_is_exceeded(up: Running, shape: str) -> None:
    # The status is asked for, not a message: a stream that has ended may answer a read with its end instead of raising.
    assert await up.call(shape, b"wait", timeout=0).code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    ("extra", "fits"),
    [pytest.param(0, True, id="four MiB pass"), pytest.param(1, False, id="a byte more is refused")],
)
async def test_messages_have_a_size(up: Running, extra: int, fits: bool) -> None:
    async with grpc.aio.insecure_channel(
        f"127.0.0.1:{up.server.port}", options=[("grpc.max_receive_message_length", -1)]
    ) as wide:
        response = wide.unary_unary("/test.Echo/One")(b"x" * (MESSAGE_BYTES_MAX + extra))
        if fits:
            assert len(await response) == MESSAGE_BYTES_MAX
        else:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await response
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_calls_beyond_the_limit_are_refused() -> None:
    async with running(SWITCHBOARD_CONCURRENT_RPCS_MAX="1") as up:
        first = asyncio.ensure_future(up.call("One", b"wait"))
        await up.echo.entered.wait()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await up.call("One", b"x")
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        up.echo.release.set()
        assert await first == b"wait"


async def test_an_unknown_method_is_unimplemented(up: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await up.channel.unary_unary("/test.Echo/Nothing")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_bytes_that_are_no_request_are_an_invalid_request(up: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await up.channel.unary_unary("/grpc.health.v1.Health/Check")(b"\xff\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    stream = up.channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    assert await stream(iter([b"\xff\xff\xff"])).code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_taken_address_is_said_so(up: Running) -> None:
    second = Server(settings(SWITCHBOARD_GRPC_PORT=str(up.server.port)))
    with pytest.raises(OSError, match="is another process there"):
        await second.start()


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_names_the_services_to_clients_of_either_version(up: Running, version: str) -> None:
    service = f"grpc.reflection.{version}.ServerReflection"
    (method,) = descriptor_pool.Default().FindServiceByName(service).methods
    asked, said = map(message_factory.GetMessageClass, (method.input_type, method.output_type))
    call = up.channel.stream_stream(f"/{service}/{method.name}", asked.SerializeToString, said.FromString)
    requests: list[Any] = [asked(list_services=""), asked(file_containing_symbol=service)]
    listed, described = [response async for response in call(iter(requests))]
    assert {service.name for service in listed.list_services_response.service} == {
        "test.Echo", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }  # fmt: skip
    assert f"grpc.reflection.{version}".encode() in described.file_descriptor_response.file_descriptor_proto[0]


async def health_of(channel: grpc.aio.Channel, service: str) -> str:
    stub = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def test_readiness_waits_for_its_conditions_and_liveness_does_not() -> None:
    server = Server(settings(), conditions=["nats", "database"])
    server.add(register, Echo())
    async with grpc.aio.insecure_channel(f"127.0.0.1:{await server.start()}") as channel:
        asked = ("", "readiness", "test.Echo")
        await server.health.set("nats", True)
        assert [await health_of(channel, name) for name in asked] == ["NOT_SERVING"] * 3
        assert server.health.unmet == ("database",)
        await server.health.set("database", True)
        assert [await health_of(channel, name) for name in asked] == ["SERVING"] * 3
        await server.health.set("nats", False)
        assert [await health_of(channel, name) for name in asked] == ["NOT_SERVING"] * 3
        assert await health_of(channel, "liveness") == "SERVING"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health_of(channel, "nothing")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    await server.finish()


async def until(check: Callable[[], Awaitable[str]], expected: str) -> None:
    async with asyncio.timeout(10):
        while await check() != expected:
            pass


async def test_draining_fails_no_call() -> None:
    async with running(SWITCHBOARD_DRAIN_DELAY_S="0.3") as up:
        watch = up.call("Down", b"watch")
        assert [await watch.read() for _ in range(3)] == [b"watch"] * 3
        firehose = up.call("Both", None)
        await firehose.write(b"first")
        assert await firehose.read() == b"first"
        await firehose.write(b"wait")
        await up.echo.entered.wait()
        in_flight = asyncio.ensure_future(up.call("One", b"wait"))

        draining = asyncio.ensure_future(up.server.drain())
        await until(lambda: health_of(up.channel, "readiness"), "NOT_SERVING")
        assert await health_of(up.channel, "liveness") == "SERVING"
        # Balancers have not all heard it yet: calls are served, old streams and new.
        assert await up.call("One", b"x") == b"x"
        assert await ask(up, "Both", b"x") == [b"x"]

        # Once streams end, the watch goes at once; the firehose first gets the answer to what it had sent.
        await up.server.draining.wait()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watch.read()
        up.echo.release.set()
        assert await firehose.read() == b"wait"
        with pytest.raises(grpc.aio.AioRpcError) as caught_too:
            await firehose.read()
        assert await in_flight == b"wait"
        await draining
        for error in (caught.value, caught_too.value):
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            status = rpc_status.from_call(error)
            assert status is not None
            retry = error_details_pb2.RetryInfo()
            assert any(detail.Unpack(retry) for detail in status.details)
            assert retry.retry_delay.nanos > 0
        with pytest.raises(grpc.aio.AioRpcError):
            await up.call("One", b"x", timeout=5)


async def test_a_client_that_never_reads_does_not_hold_up_the_drain() -> None:
    async with running(SWITCHBOARD_DRAIN_GRACE_S="0.4") as up:
        stuck = up.call("Both", None)
        await stuck.write(b"wait")
        await up.echo.entered.wait()
        async with asyncio.timeout(5):
            await up.server.drain()
        assert await stuck.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_client_that_leaves_in_the_middle_of_a_write_is_no_failure(
    up: Running, caplog: pytest.LogCaptureFixture
) -> None:
    for read in range(60):
        call = up.channel.unary_stream("/test.Echo/Down")(b"flood")
        for _ in range(1 + read % 4):
            await call.read()
        call.cancel()
    await up.server.drain()
    assert "unforeseen" not in caplog.text


async def test_a_stream_its_client_cancels_is_over(up: Running, spans: InMemorySpanExporter) -> None:
    watch = up.call("Down", b"watch")
    await watch.read()
    watch.cancel()

    async def status() -> str:
        await up.call("One", b"x")
        ended = {span.name: str((span.attributes or {})["rpc.status_code"]) for span in spans.get_finished_spans()}
        return ended.get("test.Echo/Down", "")

    await until(status, "CANCELLED")


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What only the collector of cycles would free stays: in a service it comes to the oldest once in an hour."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("shape", SHAPES)
async def test_of_a_call_that_was_refused_nothing_stays_in_memory(up: Running, shape: str) -> None:
    def kept() -> int:
        return sum(isinstance(each, InvalidRequest) for each in gc.get_objects())

    before = kept()
    for _ in range(20):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(up, shape, b"invalid")
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert kept() - before <= 2, "those of calls that are just ending"


@pytest.mark.parametrize("method", ["Down", "Written"])
async def test_a_stream_whose_first_message_nobody_has_read_is_ended_all_the_same(method: str, up: Running) -> None:
    flood = up.call(method, b"flood")
    await flood.initial_metadata()
    await up.server.finish()

    async def read_all() -> None:
        while await flood.read() is not grpc.aio.EOF:
            pass

    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await read_all()
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_watch_that_is_refused_by_now_ends_without_its_next_answer() -> None:
    deleted: set[str] = set()

    def refuse(request: object) -> None:
        if isinstance(request, health_pb2.HealthCheckRequest) and deleted:
            raise TenantDeleted("acme")

    server = Server(settings(), refuse_request=refuse)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        server.look_again()
        deleted.add("acme")
        server.look_again()
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await watch.read()
    assert refusal.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "for ever" in str(refusal.value.details())
    await server.finish()
