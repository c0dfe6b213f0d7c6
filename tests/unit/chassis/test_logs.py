"""Sentences about log lines."""

import json
import logging
import sys
from typing import Any

import pytest
from chassis import attributes
from chassis.logs import JsonLines

lines = JsonLines("ingest", ["chassis", "ingest"])


def line(logger: str, message: str, *args: Any, fields: Any = None, failed: bool = False) -> Any:
    record = logging.LogRecord(logger, logging.WARNING, "source.py", 7, message, args, None)
    if fields is not None:
        record.__dict__["fields"] = fields
    if failed:
        try:
            raise KeyError("mia.miller@example.com")
        except KeyError:
            record.exc_info = sys.exc_info()
    return json.loads(lines.format(record))


def test_our_own_lines_carry_their_sentence_and_fields() -> None:
    told = line("ingest.webhook", "a delivery was quarantined", fields={"source_id": "s1", "count": 2})
    assert told["message"] == "a delivery was quarantined"
    assert (told["source_id"], told["count"], told["level"], told["service"]) == ("s1", 2, "WARNING", "ingest")
    assert told["time"].endswith("+00:00")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(line("nats.aio", "error for %s", "mia.miller@example.com"), id="arguments of another library"),
        pytest.param(line("asyncio", "KeyError('mia.miller@example.com')"), id="a text of another library"),
        pytest.param(line("chassis.x", "failed for %s", "mia.miller@example.com"), id="arguments of our own"),
        pytest.param(line("chassis.x", "failed", failed=True), id="the text of an exception"),
        pytest.param(line("chassis.x", "failed", fields={"handle": "mia.miller"}), id="a field that is not listed"),
        pytest.param(line("chassis.x", "failed", fields={"count": KeyError("mia.miller")}), id="a value of no type"),
    ],
)
def test_values_stay_out_of_lines(told: Any) -> None:
    assert "mia" not in json.dumps(told)


def test_other_libraries_lines_say_where_they_came_from() -> None:
    assert line("nats.aio", "x")["source"] == "source:7"


def test_an_exception_leaves_its_type_and_place() -> None:
    told = line("chassis.x", "failed", failed=True)
    assert told["error"] == "KeyError"
    assert told["at"].startswith(__name__.rpartition(".")[0])


def test_withheld_fields_are_named() -> None:
    assert line("chassis.x", "failed", fields={"handle": "@mia", "tenant": "demo"})["withheld"] == ["handle"]


def test_listed_fields_hold_no_personal_name() -> None:
    assert not attributes.LOG_FIELDS & {"handle", "name", "text", "email", "phone", "display_name", "payload"}
