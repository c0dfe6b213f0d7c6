"""Sentences about settings."""

from pathlib import Path

import pytest
from chassis.clock import SimulatedClock, SystemClock
from chassis.config import ConfigurationError, Environment, load, read

GOOD = {
    "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:4222",
    "SWITCHBOARD_DATABASE_URL": "postgresql://sw:hunter2@127.0.0.1:5432/switchboard",
}


def test_two_addresses_are_enough() -> None:
    settings = load(GOOD, "crm-sync")
    assert (settings.host, settings.port, settings.schema, settings.metrics_port) == ("127.0.0.1", 0, "crm", None)
    assert isinstance(settings.clock, SystemClock)


def test_a_service_s_own_port_goes_before_the_general_one() -> None:
    variables = GOOD | {"SWITCHBOARD_GRPC_PORT": "1", "SWITCHBOARD_CRM_SYNC_PORT": "2"}
    assert load(variables, "crm-sync").port == 2
    assert load(variables, "ingest").port == 1


def test_a_simulated_clock_is_read() -> None:
    settings = load(GOOD | {"SWITCHBOARD_CLOCK": "2026-03-02T00:00:00Z@1790000000*1440"}, "ingest")
    assert isinstance(settings.clock, SimulatedClock)


def test_several_servers_are_one_address_list() -> None:
    load(GOOD | {"SWITCHBOARD_NATS_URL": "nats://a:4222,nats://b:4222"}, "ingest")


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        pytest.param("SWITCHBOARD_NATS_URL", "", "is not set; set it to something like nats://", id="required"),
        pytest.param("SWITCHBOARD_NATS_URL", "http://x", "is no address beginning with nats", id="another scheme"),
        pytest.param("SWITCHBOARD_NATS_URL", "nats://[", "is no address beginning with nats", id="a broken address"),
        pytest.param("SWITCHBOARD_INGEST_PORT", "http", "is text of 4 characters; set it to an", id="no integer"),
        pytest.param("SWITCHBOARD_INGEST_PORT", "1.5", "is a decimal number; set it to an integer", id="a fraction"),
        pytest.param("SWITCHBOARD_INGEST_PORT", "٣", "is text of 1 characters", id="digits beyond ASCII"),
        pytest.param("SWITCHBOARD_INGEST_PORT", "65536", "is an integer out of range", id="out of range"),
        pytest.param("SWITCHBOARD_METRICS_PORT", "-1", "is an integer out of range", id="a negative port"),
        pytest.param("SWITCHBOARD_DRAIN_DELAY_S", "soon", "set it to a number from 0 to 300", id="no number"),
        pytest.param("SWITCHBOARD_TRACE_RATIO", "nan", "is a number out of range", id="not a number"),
        pytest.param("SWITCHBOARD_KEK_FILE", "", "is not set", id="a service that seals needs its key"),
        pytest.param("SWITCHBOARD_KEK_FILE", "/nowhere/kek", "names no file", id="a file that is not there"),
        pytest.param("SWITCHBOARD_CLOCK", "noon", "clock specification", id="an unreadable clock"),
        pytest.param("SWITCHBOARD_SCHEMA", 'a"; drop', "is text of another form", id="a schema that is no identifier"),
        pytest.param("SWITCHBOARD_MEMBER", "a.b", "is text of another form", id="a member that is no subject token"),
        pytest.param("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "beginning with http", id="no scheme"),
    ],
)
def test_a_mistake_is_named_with_its_fix(name: str, value: str, fix: str, tmp_path: Path) -> None:
    kek = tmp_path / "kek"
    kek.write_bytes(b"k")
    with pytest.raises(ConfigurationError) as caught:
        load(GOOD | {"SWITCHBOARD_KEK_FILE": str(kek)} | {name: value}, "ingest", sealing=True)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} ")
    assert fix in problem


def test_all_mistakes_come_at_once_and_tell_no_value() -> None:
    environment = Environment(
        {"SWITCHBOARD_DATABASE_URL": "mysql://sw:hunter2@x", "SWITCHBOARD_GRPC_PORT": "hunter2", "MINE": "hunter2"}
    )
    read(environment, "ingest")
    environment.integer("MINE", 1, least=0, most=9)
    with pytest.raises(ConfigurationError) as caught:
        environment.check()
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "SWITCHBOARD_GRPC_PORT", "SWITCHBOARD_NATS_URL", "SWITCHBOARD_DATABASE_URL", "MINE",
    ]  # fmt: skip
    assert "hunter2" not in str(caught.value)


def test_printing_settings_shows_no_secret() -> None:
    assert "hunter2" not in repr(load(GOOD, "ingest"))
