"""Settings from the environment, every mistake at once. It never repeats a value, since any of them may be a secret.

A service reads its own variables through the same `Environment` and then calls `check()`:

    environment = Environment(os.environ)
    settings = read(environment, "ingest", sealing=True)
    http_port = environment.integer("SWITCHBOARD_INGEST_HTTP_PORT", 8080, least=0, most=65535)
    environment.check()
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from chassis.clock import Clock, SystemClock, clock_from
from chassis.telemetry import SAMPLERS, Export

MIB = 1 << 20


class ConfigurationError(Exception):
    """The environment does not describe a process that could run. `problems` has one sentence per variable."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """What every service is told. Times in seconds, sizes in bytes."""

    service: str
    """Name for people and metrics, such as "crm-sync"."""
    host: str
    """Address to listen on; loopback unless somebody says otherwise."""
    port: int
    """Port of the gRPC server, 0 lets the system choose."""
    metrics_port: int | None
    """Port of the plain HTTP page for Prometheus, None for none, 0 lets the system choose."""
    nats_url: str = field(repr=False)
    database_url: str = field(repr=False)
    schema: str
    """PostgreSQL schema of this service."""
    member: str
    """Name of this replica among its kind; "" lets membership make one up."""
    kek_file: Path | None
    """File with the key-encryption key; None only where nothing is sealed or opened."""
    clock: Clock
    """The time of this process."""
    drain_delay_s: float
    """How long to go on serving after readiness said no, so that every balancer has heard it."""
    drain_grace_s: float
    """How long calls in flight may take to finish after that."""
    trace_ratio: float
    """Share of root traces that are sampled, 0..1."""
    trace_sampler: str
    """What decides which traces are sampled, "" for the usual: whatever the caller decided, else by ratio."""
    export: Export = field(repr=False)
    """What goes to a collector, and where."""
    log_max_bytes: int
    """Size the log is given when it is provisioned, at least; a full log refuses, it never forgets."""
    log_replicas: int
    """Replicas every stream and bucket must have. A service does not start on fewer; provisioning sees to them."""
    queue_max: int
    """Commands that may wait at one shard."""
    concurrent_rpcs_max: int
    """Calls served at a time, streams and health checks apart."""
    streams_max: int
    """Streams open at a time, watches and uploads alike."""
    request_bytes_max: int
    """Bytes of the requests that are being worked on."""
    caller_share: float
    """The part of calls, streams and bytes that one caller (the address of its peer) or one tenant may have."""
    stream_idle_s: float
    """How long a stream may send nothing that it should, or leave unread what it is sent, before it is ended."""
    tenants_max: int
    """Tenants there may be; who names a further one is refused."""
    caller_tenants_max: int
    """Tenants that one caller may bring into being in an hour, at one replica."""


class Environment:
    """Reads variables one by one and remembers what is wrong with them. Empty counts as unset."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: dict[str, str] = {}

    def check(self) -> None:
        """Raises ConfigurationError when anything read so far was wrong."""
        if self._problems:
            raise ConfigurationError(tuple(f"{name} {problem}" for name, problem in self._problems.items()))

    def wrong(self, name: str, problem: str) -> None:
        """Remembers a problem; the first one of a variable is kept. The sentence must not contain the value."""
        self._problems.setdefault(name, problem)

    def text(self, name: str, default: str | None = None, pattern: str = r".+", example: str = "") -> str:
        """Text that matches the pattern. Without a default the variable is required."""
        value = self._variables.get(name, "")
        if not value:
            if default is None:
                self.wrong(name, f"is not set; set it{f' to something like {example}' if example else ''}")
            return default or ""
        if re.fullmatch(pattern, value, re.DOTALL) is None:
            wanted = f"something like {example}" if example else f"text of the form {pattern}"
            self.wrong(name, f"is text of another form; set it to {wanted}")
            return default or ""
        return value

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A decimal integer within least..most."""
        value = self._variables.get(name, "")
        if not value:
            return default
        if re.fullmatch(r"-?[0-9]{1,18}", value) is None:
            self.wrong(name, f"is {_class(value)}; set it to an integer from {least} to {most}")
            return default
        if not least <= int(value) <= most:
            self.wrong(name, f"is an integer out of range; set it to one from {least} to {most}")
            return default
        return int(value)

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """A decimal number within least..most."""
        value = self._variables.get(name, "")
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            self.wrong(name, f"is {_class(value)}; set it to a number from {least:g} to {most:g}")
            return default
        if math.isnan(number) or not least <= number <= most:
            self.wrong(name, f"is a number out of range; set it to one from {least:g} to {most:g}")
            return default
        return number

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of several words, in whatever case."""
        value = self._variables.get(name, "").strip().lower()
        if value and value not in choices:
            self.wrong(name, f"is no word that is understood; set it to {' or '.join(choices)}")
            return default
        return value or default

    def url(self, name: str, schemes: tuple[str, ...], example: str, default: str | None = None) -> str:
        """An address with one of these schemes and a host; several separated by commas where the client allows it."""
        value = self._variables.get(name, "")
        if not value:
            if default is None:
                self.wrong(name, f"is not set; set it to something like {example}")
            return default or ""
        try:
            parts = [urlsplit(one.strip()) for one in value.split(",")]
            fine = all(part.scheme in schemes and (part.hostname or part.query or part.path) for part in parts)
        except ValueError:
            fine = False
        if not fine:
            self.wrong(
                name, f"is no address beginning with {' or '.join(schemes)}://; set it to something like {example}"
            )
        return value

    def file(self, name: str, *, required: bool) -> Path | None:
        """The path of a file that exists."""
        value = self._variables.get(name, "")
        if not value:
            if required:
                self.wrong(name, "is not set; set it to the path of a file this process can read")
            return None
        path = Path(value)
        if not path.is_file():
            self.wrong(name, "names no file; set it to the path of a file this process can read")
        return path

    def clock(self, name: str) -> Clock:
        """The clock of a specification, the system clock when unset."""
        try:
            return clock_from(self._variables.get(name))
        except ValueError as error:
            self.wrong(name, f"is wrong: {error}")
            return SystemClock()


def read(environment: Environment, service: str, *, sealing: bool = False) -> Settings:
    """The settings every service has. `sealing` says that the key-encryption key is required.

    Problems are remembered in the environment; the caller calls `check()` when it has read everything it needs.
    """
    upper = service.upper().replace("-", "_")
    port = environment.integer("SWITCHBOARD_GRPC_PORT", 0, least=0, most=65535)
    metrics_port = environment.integer("SWITCHBOARD_METRICS_PORT", -1, least=0, most=65535)
    sampler = environment.choice("OTEL_TRACES_SAMPLER", "", tuple(SAMPLERS))
    trace_ratio = environment.number("SWITCHBOARD_TRACE_RATIO", 0.01, least=0, most=1)
    if sampler.endswith("traceidratio"):
        trace_ratio = environment.number("OTEL_TRACES_SAMPLER_ARG", 1.0, least=0, most=1)
    return Settings(
        service=service,
        host=environment.text("SWITCHBOARD_HOST", "127.0.0.1", r"[0-9A-Za-z.:\[\]-]+", "127.0.0.1"),
        port=environment.integer(f"SWITCHBOARD_{upper}_PORT", port, least=0, most=65535),
        metrics_port=None if metrics_port < 0 else metrics_port,
        nats_url=environment.url("SWITCHBOARD_NATS_URL", ("nats", "tls", "ws", "wss"), "nats://127.0.0.1:4222"),
        database_url=environment.url(
            "SWITCHBOARD_DATABASE_URL", ("postgresql", "postgres"), "postgresql://user@127.0.0.1:5432/switchboard"
        ),
        schema=environment.text(
            "SWITCHBOARD_SCHEMA", service.partition("-")[0], r"[a-z][a-z0-9_]{0,62}", service.partition("-")[0]
        ),
        member=environment.text("SWITCHBOARD_MEMBER", "", r"[A-Za-z0-9_-]{1,63}", f"{service}-0"),
        kek_file=environment.file("SWITCHBOARD_KEK_FILE", required=sealing),
        clock=environment.clock("SWITCHBOARD_CLOCK"),
        drain_delay_s=environment.number("SWITCHBOARD_DRAIN_DELAY_S", 4.0, least=0, most=300),
        drain_grace_s=environment.number("SWITCHBOARD_DRAIN_GRACE_S", 10.0, least=0, most=300),
        trace_ratio=trace_ratio,
        trace_sampler=sampler,
        export=_export(environment),
        log_max_bytes=environment.integer("SWITCHBOARD_LOG_MAX_BYTES", 64 * 1024 * MIB, least=MIB, most=1 << 50),
        log_replicas=environment.integer("SWITCHBOARD_LOG_REPLICAS", 1, least=1, most=5),
        queue_max=environment.integer("SWITCHBOARD_QUEUE_MAX", 10_000, least=1, most=10_000_000),
        concurrent_rpcs_max=environment.integer("SWITCHBOARD_CONCURRENT_RPCS_MAX", 2_000, least=1, most=1_000_000),
        streams_max=environment.integer("SWITCHBOARD_STREAMS_MAX", 1_000, least=1, most=1_000_000),
        request_bytes_max=environment.integer(
            "SWITCHBOARD_REQUEST_BYTES_MAX", 256 * MIB, least=8 * MIB, most=1024 * 1024 * MIB
        ),
        caller_share=environment.number("SWITCHBOARD_CALLER_SHARE", 0.5, least=0.001, most=1),
        stream_idle_s=environment.number("SWITCHBOARD_STREAM_IDLE_S", 600.0, least=0.1, most=86_400),
        tenants_max=environment.integer("SWITCHBOARD_TENANTS_MAX", 10_000, least=1, most=1_000_000),
        caller_tenants_max=environment.integer("SWITCHBOARD_CALLER_TENANTS_MAX", 1_000, least=1, most=1_000_000),
    )


def _export(environment: Environment) -> Export:
    """What OpenTelemetry's variables say of sending; the rest of them is read by its own exporters."""
    address = partial(environment.url, schemes=("http", "https"), example="http://127.0.0.1:4317", default="")
    endpoint = address("OTEL_EXPORTER_OTLP_ENDPOINT")
    environment.choice("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", ("grpc",))
    exporters = ("otlp", "none")
    traces = environment.choice("OTEL_TRACES_EXPORTER", "otlp", exporters) == "otlp"
    metrics = environment.choice("OTEL_METRICS_EXPORTER", "otlp", exporters) == "otlp"
    return Export(
        endpoint=endpoint,
        traces=traces and bool(address("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or endpoint),
        metrics=metrics and bool(address("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") or endpoint),
        disabled=environment.choice("OTEL_SDK_DISABLED", "false", ("true", "false")) == "true",
    )


def load(variables: Mapping[str, str], service: str, *, sealing: bool = False) -> Settings:
    """`read` and `check` in one, for a service without variables of its own."""
    environment = Environment(variables)
    settings = read(environment, service, sealing=sealing)
    environment.check()
    return settings


def _class(value: str) -> str:
    """What sort of value it is, without saying it."""
    return "a decimal number" if re.fullmatch(r"-?[0-9]*\.[0-9]+", value) else f"text of {len(value)} characters"
