"""What is parked, as an operator lists and releases it: over gRPC and by the command line. Real PostgreSQL."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from chassis.commits import Position
from chassis.config import load
from chassis.database import Database
from chassis.errors import InvalidRequest, NotFound
from chassis.operations import OperationsServicer
from chassis.parked_operations import ParkedOperations
from chassis.parking import SCHEMA
from chassis.projection import Projection
from chassis.requests import page
from chassis.serving import Server
from chassis.shard_operations import ShardOperations
from click.testing import CliRunner, Result
from lines import Lines, log_of
from rich.console import Console
from switchboard.log.v1 import operations_pb2, operations_pb2_grpc
from switchboard_cli.main import cli
from switchboard_cli.output import THEME
from switchboard_cli.parked import Found, lines, parked_table

POISON = {(1, 0), (2, 0), (5, 0)}
LOG = log_of([["a"]], [["b"]], [["a"]], [["c"]], [["b"]], [["a", "d"]])


@contextlib.asynccontextmanager
async def parked_in(url: str, view: Lines) -> AsyncIterator[Projection[Any]]:
    async with Database(url, "tally", connections_max=4) as database:
        projection = Projection(view, None, database)  # type: ignore[arg-type]  # commits are handed to it
        await projection.prepare()
        await projection.apply(LOG)
        yield projection


class Inputs:
    """Shards with one parked input."""

    async def parked(self, name: str = "") -> list[operations_pb2.ParkedEvent]:
        event = operations_pb2.ParkedEvent(consumer="ev.tally.acme.0", key="k.0", position=Position.encode(7))
        return [event] if name in ("", event.consumer) else []

    async def release(self, name: str, key: str) -> operations_pb2.ReleaseParkedResponse:
        if (name, key) != ("ev.tally.acme.0", "k.0"):
            raise NotFound("parked input", key)
        return operations_pb2.ReleaseParkedResponse(released=1)


async def test_what_any_consumer_parked_is_one_list_in_pages(database_url: str) -> None:
    async with parked_in(database_url, Lines(set(POISON))) as projection:
        operations = ParkedOperations(projection._database, {"lines_v1": projection.release}, Inputs())
        request, pages = operations_pb2.ListParkedRequest(page_size=2), []
        while True:
            answer = await operations.list_parked(request)
            pages.append([(one.consumer, one.key, Position.decode(one.position), one.index) for one in answer.events])
            if not answer.next_page_token:
                break
            request.page_token = answer.next_page_token
        assert pages == [
            [("ev.tally.acme.0", "k.0", 7, 0), ("lines_v1", "a", 1, 0)],
            [("lines_v1", "a", 3, 0), ("lines_v1", "a", 6, 0)],
            [("lines_v1", "b", 2, 0), ("lines_v1", "b", 5, 0)],
            [("lines_v1", "d", 6, 0)],
        ]
        only = await operations.list_parked(operations_pb2.ListParkedRequest(consumer="ev.tally.acme.0"))
        assert [one.key for one in only.events] == ["k.0"]
        assert await operations.release("ev.tally.acme.0", "k.0") == operations_pb2.ReleaseParkedResponse(released=1)


@pytest.mark.parametrize(
    ("consumer", "key", "refused"),
    [
        pytest.param("lines_v1", "never parked", NotFound, id="a key that is not parked"),
        pytest.param("lines_v1", "a\0", NotFound, id="a key with a NUL"),
        pytest.param("others_v1", "a", NotFound, id="a consumer there is not"),
        pytest.param("ev.other.acme.0", "k.0", NotFound, id="a shard of another service"),
        pytest.param("", "", InvalidRequest, id="nothing"),
        pytest.param("\0", "x" * 100_000, InvalidRequest, id="nonsense"),
    ],
)
async def test_what_is_not_parked_is_not_found(
    database_url: str, consumer: str, key: str, refused: type[Exception]
) -> None:
    async with parked_in(database_url, Lines(set(POISON))) as projection:
        operations = ParkedOperations(projection._database, {"lines_v1": projection.release}, Inputs())
        with pytest.raises(refused):
            await operations.release(consumer, key)


@pytest.mark.parametrize("token", ["nonsense", "WyJ4IiwiYSJd", "\0", "ä" * 10])
async def test_a_malformed_page_token_is_refused(database_url: str, token: str) -> None:
    async with Database(database_url, "tally") as database:
        await database.execute(SCHEMA)
        with pytest.raises(InvalidRequest):
            await ParkedOperations(database, {}, ShardOperations([])).list_parked(
                operations_pb2.ListParkedRequest(page_token=token)
            )


@contextlib.asynccontextmanager
async def served(operations: ParkedOperations) -> AsyncIterator[str]:
    """Address of a service that answers an operator."""
    settings = load(
        {
            "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:1",
            "SWITCHBOARD_DATABASE_URL": "postgresql://127.0.0.1:1/x",
            "SWITCHBOARD_PORT": "0",
        },
        "tally",
    )
    server = Server(settings)
    servicer = OperationsServicer(shards=ShardOperations([]), parked=operations, log=None)  # type: ignore[arg-type]
    server.add(operations_pb2_grpc.add_OperationsServiceServicer_to_server, servicer)
    port = await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.drain()


async def command(state: Path, *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, ["parked", *arguments, "--state", str(state)])


async def test_an_operator_lists_and_releases_by_the_command_line(database_url: str, tmp_path: Path) -> None:
    view = Lines(set(POISON))
    async with (
        parked_in(database_url, view) as projection,
        served(ParkedOperations(projection._database, {"lines_v1": projection.release}, ShardOperations([]))) as here,
        served(ParkedOperations(projection._database, {}, ShardOperations([]))) as elsewhere,
    ):
        endpoints = {"ingest": elsewhere, "routing": elsewhere, "crm": elsewhere, "kpi": here}
        (tmp_path / "endpoints.json").write_text(json.dumps(endpoints))
        listed = await command(tmp_path, "--json")
        assert [(one["service"], one["key"], one["error"]) for one in json.loads(listed.stdout)][:2] == [
            ("kpi", "a", "ZeroDivisionError"),
            ("kpi", "a", "an earlier event of this key is parked"),
        ]
        shown = await command(tmp_path)
        assert shown.exit_code == 0
        assert "lines_v1" in shown.stdout
        assert "ZeroDivisionError" in shown.stdout

        view.poison = {(5, 0)}
        released = await command(tmp_path, "release", "lines_v1", "a")
        assert (released.exit_code, released.stdout) == (0, "3 went through, 0 still wait\n")
        failed = await command(tmp_path, "release", "lines_v1", "b")
        assert (failed.exit_code, failed.stdout) == (1, "1 went through, 1 still wait\n")
        assert "release again once it is repaired" in failed.output
        missing = await command(tmp_path, "release", "lines_v1", "z")
        assert missing.exit_code == 1
        assert "nothing is parked for lines_v1 under z" in missing.output
        view.poison = set()
        assert (await command(tmp_path, "release", "lines_v1", "--all")).exit_code == 0
        assert (await command(tmp_path)).stdout == "nothing is parked\n"
        assert await projection.parked() == frozenset()


async def test_a_forged_page_token_beyond_everything_ends_the_list(database_url: str) -> None:
    async with parked_in(database_url, Lines(set(POISON))) as projection:
        operations = ParkedOperations(projection._database, {"lines_v1": projection.release}, ShardOperations([]))
        request = operations_pb2.ListParkedRequest()
        request.page_token = page(request, (str, str, int, int)).token_after(("lines_v1", "d", 2**62, 2**31 - 1))
        assert not (await operations.list_parked(request)).events


def test_the_list_fits_80_columns_and_its_keys_can_be_copied() -> None:
    key = "case/demo/0000686f-7374-696c-6520-303030313537"
    event = operations_pb2.ParkedEvent(
        consumer="contacts_v1", key=key, type="switchboard.routing.v1.PostAttached", error="ZeroDivisionError"
    )
    output = StringIO()
    Console(file=output, width=80, theme=THEME).print(parked_table(lines([Found("kpi", event), Found("kpi", event)])))
    printed = output.getvalue().splitlines()
    assert max(map(len, printed)) <= 80
    assert any(key in line for line in printed)
