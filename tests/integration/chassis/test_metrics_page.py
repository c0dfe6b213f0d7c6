"""Sentences about the page Prometheus scrapes."""

import asyncio

import pytest
from chassis import attributes, telemetry
from chassis.metrics_page import REQUEST_BYTES_MAX, metrics_page
from opentelemetry.sdk.metrics.export import InMemoryMetricReader


async def http(port: int, request: bytes) -> str:
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", port)
    outgoing.write(request)
    outgoing.write_eof()
    try:
        async with asyncio.timeout(10):
            return (await incoming.read()).decode()
    except ConnectionError:
        return ""
    finally:
        outgoing.close()


async def test_every_kind_of_metric_is_on_the_page() -> None:
    reader = InMemoryMetricReader()
    telemetry.start("ingest", member="m1", metric_readers=[reader])
    telemetry.Instrument("switchboard.ingest.results").record(3, {attributes.RESULT: 'a"b\\c\n'})
    telemetry.Instrument("switchboard.projection.lag").record(1.5, {attributes.PROJECTION: "cases_v1"})
    telemetry.Instrument("switchboard.log.append.events").record(7)
    telemetry.Instrument("rpc.server.call.duration").record(0.003, {attributes.RPC_METHOD: "a.B/C"})
    async with metrics_page("127.0.0.1", 0, reader) as port:
        page = await http(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    telemetry.stop()
    assert page.startswith("HTTP/1.1 200 OK\r\n")
    lines = page.splitlines()
    for line in (
        'switchboard_ingest_results_total{switchboard_result="a\\"b\\\\c\\n"} 3',
        'switchboard_projection_lag_seconds{switchboard_projection="cases_v1"} 1.5',
        'switchboard_log_append_events_bucket{le="5"} 0',
        'switchboard_log_append_events_bucket{le="10"} 1',
        'switchboard_log_append_events_bucket{le="+Inf"} 1',
        "switchboard_log_append_events_count 1",
        "# TYPE rpc_server_call_duration_seconds histogram",
        'rpc_server_call_duration_seconds_sum{rpc_method="a.B/C"} 0.003',
    ):
        assert line in lines
    assert any(line.startswith("target_info{") and 'service_name="ingest"' in line for line in lines)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another page"),
        pytest.param(b"POST /metrics HTTP/1.1\r\n\r\n", id="another method"),
        pytest.param(b"GET /metrics", id="half a request"),
        pytest.param(b"x" * (4 * REQUEST_BYTES_MAX), id="a request without end"),
        pytest.param(b"\xff\xfe\r\n\r\n", id="no HTTP"),
    ],
)
async def test_anything_else_gets_no_metrics(request_: bytes) -> None:
    async with metrics_page("127.0.0.1", 0, InMemoryMetricReader()) as port:
        assert "200 OK" not in await http(port, request_)
