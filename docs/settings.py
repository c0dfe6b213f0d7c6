"""Writes docs/settings.md: every variable a service reads, what it may be, and what it is when it is not set.

    .venv/bin/python docs/settings.py            writes the page
    .venv/bin/python docs/settings.py --check    says whether the committed one is current

Names, forms, defaults and ranges are what the services ask their environment for when they start; descriptions are the
docstrings of the fields they end up in. Only what no field describes is said here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from chassis.clock import Clock, SystemClock
from chassis.config import Environment
from chassis.telemetry import SAMPLERS

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS = REPOSITORY / "docs" / "settings.md"
CONFIG = REPOSITORY / "libs/chassis/src/chassis/config.py"
SERVICES = ("ingest", "routing", "crm_sync", "kpi")

OTHERWISE = {
    "SWITCHBOARD_GRPC_PORT": "Port of the gRPC server, 0 lets the system choose.",
    "SWITCHBOARD_INGEST_PORT": "The same, for one service alone where several share an environment.",
    "SWITCHBOARD_ROUTING_PORT": "The same, for one service alone where several share an environment.",
    "SWITCHBOARD_CRM_SYNC_PORT": "The same, for one service alone where several share an environment.",
    "SWITCHBOARD_KPI_PORT": "The same, for one service alone where several share an environment.",
    "SWITCHBOARD_INGEST_QUARANTINE_DAYS": "How long a delivery that could not be read is kept for a retry.",
    "SWITCHBOARD_NATS_URL": "Where NATS is; several addresses are separated by commas.",
    "SWITCHBOARD_DATABASE_URL": "Where PostgreSQL is.",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "Where spans and metrics go by OTLP over gRPC; without it they go nowhere.",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "Where spans go, if somewhere else.",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "Where metrics go, if somewhere else.",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "The protocol; there is one.",
    "OTEL_TRACES_EXPORTER": "Whether spans are sent.",
    "OTEL_METRICS_EXPORTER": "Whether metrics are sent.",
    "OTEL_SDK_DISABLED": "Whether nothing is recorded at all.",
    "OTEL_TRACES_SAMPLER": "What decides which traces are sampled. Unless it is named and has a ratio of its own,"
    " SWITCHBOARD_TRACE_RATIO is the ratio.",
    "OTEL_TRACES_SAMPLER_ARG": "The ratio of a sampler that is named and has one.",
}
"""What no docstring says."""

OF_THE_SERVICE = {"SWITCHBOARD_SCHEMA": "the service's name", "SWITCHBOARD_MEMBER": "made up"}
"""What differs from service to service, and what it is when it is not set."""

BY_THE_SDK = {
    "OTEL_SERVICE_NAME": "The service's name in spans and metrics, instead of its own.",
    "OTEL_RESOURCE_ATTRIBUTES": "Further attributes of the resource, such as `deployment.environment.name=production`.",
    "OTEL_EXPORTER_OTLP_HEADERS": "Headers for the collector, such as a token; also per signal.",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "Seconds one export may take, retries included; 2 when it is not set.",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "File with the authorities that a collector's certificate is checked against.",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "`gzip` or `none`.",
    "OTEL_METRIC_EXPORT_INTERVAL": "Milliseconds between two exports of metrics.",
    "OTEL_BSP_SCHEDULE_DELAY": "Milliseconds between two exports of spans.",
    "OTEL_BSP_MAX_QUEUE_SIZE": "Spans that may wait for their export; more are dropped.",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "Spans of one export.",
}
"""What OpenTelemetry's own SDK and exporters read, and we leave to them."""


BY_THE_COMMAND = {
    "SWITCHBOARD_NATS_URL": "A NATS for `up`, `provision` and `rebuild` to use instead of one of their own.",
    "SWITCHBOARD_DATABASE_URL": "A PostgreSQL for them, likewise.",
    "SWITCHBOARD_NATS_MONITORING_URL": "Where that NATS tells of itself over HTTP, to see whether it syncs to disk;"
    " port 8222 of its host when it is not set.",
    "SWITCHBOARD_KEK_FILE": "The key file of `up` and `keys`; the one in the state directory when it is not set.",
    "SWITCHBOARD_FREE_PORTS": "The ports that `up` and the tests choose free ones of, as first and last;"
    " `12000-32000` when it is not set.",
    "SWITCHBOARD_TRACEBACK": "Set, an exception that nobody foresaw is shown in full; it may hold personal values.",
}
"""What the command itself reads; `up` and `provision` hand everything else on to the services."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as a service asks for it."""

    name: str
    form: str
    default: str


class Asked(Environment):
    """An environment in which nothing is set; it notes what is asked for."""

    def __init__(self) -> None:
        super().__init__({})
        self.variables: dict[str, Variable] = {}

    def _note(self, name: str, form: str, default: object) -> None:
        self.variables.setdefault(name, Variable(name, form, "" if default is None else str(default)))

    def text(self, name: str, default: str | None = None, pattern: str = r".+", example: str = "") -> str:
        self._note(name, f"text, like `{example}`" if name not in OF_THE_SERVICE else "text", default)
        return default or ""

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        self._note(name, f"integer, {least} to {most}", default if default >= least else None)
        return default

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        self._note(name, f"number, {least:g} to {most:g}", f"{default:g}")
        return default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        self._note(name, " or ".join(f"`{word}`" for word in choices), default)
        return default

    def url(self, name: str, schemes: tuple[str, ...], example: str, default: str | None = None) -> str:
        self._note(name, f"address, like `{example}`", default)
        return default or ""

    def file(self, name: str, *, required: bool) -> Path | None:
        self._note(name, "path of a file", None)
        return None

    def clock(self, name: str) -> Clock:
        self._note(name, "clock, for tests and the demo", "system")
        return SystemClock()


class Sampled(Asked):
    """The same where a sampler with a ratio is named."""

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        said = super().choice(name, default, choices)
        return next(word for word in choices if word.endswith("traceidratio")) if choices == tuple(SAMPLERS) else said


def page() -> str:
    """The whole page."""
    asked = {service: _variables(service) for service in SERVICES}
    everywhere = [name for name in asked["kpi"] if all(name in variables for variables in asked.values())]
    described = _descriptions() | OTHERWISE
    lines = [
        "# Settings",
        "",
        "Written by `docs/settings.py` from what the services ask for; a test says when it is not current. Empty",
        "counts as unset. A process says every mistake at once, in a sentence per variable, and never repeats a value.",
        "",
        "## Every service",
        "",
        *_table(asked["kpi"], everywhere, described),
        "",
    ]
    for service, variables in asked.items():
        if own := [name for name in variables if name not in everywhere]:
            lines += [f"## {service.replace('_', '-')}", "", *_table(variables, own, described), ""]
    lines += ["## Read by the command `switchboard`", ""]
    lines += [
        "`up` and `provision` hand everything on to the services, but what is one service's alone (its schema, a port",
        "under its own name).",
        "",
    ]
    lines += ["| variable | what it is |", "| --- | --- |"]
    lines += [f"| `{name}` | {said} |" for name, said in BY_THE_COMMAND.items()]
    lines += ["", "## Read by OpenTelemetry itself", "", "| variable | what it is |", "| --- | --- |"]
    lines += [f"| `{name}` | {said} |" for name, said in BY_THE_SDK.items()]
    return "\n".join(lines) + "\n"


def _variables(service: str) -> dict[str, Variable]:
    configure: Callable[[Environment], object] = import_module(f"{service}.main").configure
    plain, sampled = Asked(), Sampled()
    configure(plain)
    configure(sampled)
    return plain.variables | sampled.variables


def _table(variables: dict[str, Variable], names: list[str], described: dict[str, str]) -> list[str]:
    lines = ["| variable | what it is | form | not set |", "| --- | --- | --- | --- |"]
    for name in sorted(names, key=lambda name: (not name.startswith("SWITCHBOARD"), name)):
        variable = variables[name]
        default = f"`{variable.default}`" if variable.default else ""
        default = OF_THE_SERVICE.get(name, default)
        lines.append(f"| `{name}` | {described[name]} | {variable.form} | {default} |")
    return lines


def _descriptions() -> dict[str, str]:
    """Variable to docstring of the field that `read` puts it into."""
    tree = ast.parse(CONFIG.read_text(encoding="utf-8"))
    [settings] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings"]
    docs = {
        field.target.id: said.value.value
        for field, said in zip(settings.body, settings.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant)
    }
    [read] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "read"]
    found: dict[str, str] = {}
    for node in ast.walk(read):
        targets = [(node.targets[0].id, node.value)] if isinstance(node, ast.Assign) else []
        targets += [(keyword.arg, keyword.value) for keyword in node.keywords] if isinstance(node, ast.Call) else []
        for field, value in targets:
            if field in docs and isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.Constant):
                found[str(value.args[0].value)] = " ".join(str(docs[field]).split())
    return found


def main() -> None:
    written = page()
    if "--check" in sys.argv[1:]:
        if SETTINGS.read_text(encoding="utf-8") != written:
            sys.exit("docs/settings.md is not current: .venv/bin/python docs/settings.py")
        return
    SETTINGS.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
