"""Log lines as JSON with ids only. It trusts no message but our own, and no exception's text at all.

Our modules log a constant sentence and put ids into `extra={"fields": {...}}`, each named in `attributes`. What other
libraries say may quote a value, so of theirs only the place in their source, the level and the exception's type are
kept.
"""

import logging
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import orjson

from chassis import telemetry
from chassis.attributes import LOG_FIELDS
from chassis.clock import Instant, to_datetime


def where(at: TracebackType | None) -> str:
    """Where an exception came from, as module:line."""
    if at is None:
        return ""
    while at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_globals.get('__name__', '?')}:{at.tb_lineno}"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, service, fields, and the ids of the current span."""

    def __init__(self, service: str, ours: Iterable[str]) -> None:
        super().__init__()
        self._service = service
        self._ours = frozenset(ours)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": to_datetime(Instant(int(record.created * 1_000_000))).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
        }
        if record.name.partition(".")[0] in self._ours:
            # The arguments stay out: a sentence with values in it is not a constant one.
            line["message"] = str(record.msg)
            fields: dict[str, Any] = getattr(record, "fields", {})
            line |= {name: value for name, value in fields.items() if name in LOG_FIELDS}
            if withheld := sorted(fields.keys() - LOG_FIELDS):
                line["withheld"] = withheld
        else:
            line["message"] = "another library logged something"
            line["source"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = where(record.exc_info[2])
        trace_id, span_id = telemetry.span_ids()
        if trace_id:
            line.setdefault("trace_id", trace_id)
            line.setdefault("span_id", span_id)
        return orjson.dumps(line, default=_no_value).decode()


def set_up(service: str, ours: Iterable[str], level: int = logging.INFO) -> None:
    """Sends all log lines to standard error as JSON; other libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service, ours))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ours:
        logging.getLogger(name).setLevel(level)


def _no_value(value: object) -> str:
    return f"<{type(value).__name__}>"
