"""What lies in quarantine is sealed, and gone when it leaves: canaries through real servers, down to stored bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import grpc
import pytest
from chassis.clock import MICROS, Instant, SystemClock
from chassis.config import ConfigurationError, Environment
from chassis.database import Database
from chassis.log import Log, connect
from chassis.vault import KeyVault
from google.protobuf.timestamp_pb2 import Timestamp
from ingest.main import configure
from ingest.views.quarantined import DAY_US, Quarantine
from switchboard.ingest.v1 import post_pb2, service_pb2
from switchboard.log.v1 import log_pb2

from .conftest import Stack
from .test_api import refused
from .test_intake import ingest, request, results, tweet

R = service_pb2
CANARIES = ("zaphod-42", "zaphod.beeblebrox@example.org", "Zaphod-Header")
HOSTILE = [
    R.Delivery(payload=tweet(1, text=CANARIES[0])[:-9], headers={"x-from": CANARIES[2]}),
    R.Delivery(payload=b"%s,%s" % (CANARIES[0].encode(), CANARIES[1].encode()), content_type=CANARIES[1]),
    R.Delivery(payload=tweet(2, text=CANARIES[0], created_at=CANARIES[1])),
    R.Delivery(
        normalized_post=post_pb2.NormalizedPost(
            external_id="3", kind=40_000, text=CANARIES[0], published_at=Timestamp(seconds=1_760_000_000),
            author=post_pb2.Author(external_id="7", contact_points=[post_pb2.ContactPoint(value=CANARIES[1])]),
        )
    ),
]  # fmt: skip


class Later:
    """A clock so many days ahead."""

    def __init__(self, days: float) -> None:
        self._ahead_us = int(days * DAY_US)

    def now(self) -> Instant:
        return Instant(SystemClock().now() + self._ahead_us)

    def seconds_until(self, at: Instant) -> float:
        return max(0, at - self.now()) / MICROS


@asynccontextmanager
async def later(database_url: str, kek_file: Path, days: float) -> AsyncIterator[Quarantine]:
    """The store as another process sees it so many days from now."""
    async with Database(database_url, "ingest") as database:
        yield Quarantine(database, KeyVault(database, kek_file), Later(days))


async def tables(database_url: str) -> dict[str, bytes]:
    """All bytes of every table of ingest and the vault, by table."""
    found = {}
    async with Database(database_url, "ingest") as database:
        for row in await database.fetch(
            "select schemaname::text || '.' || tablename::text as name from pg_tables"
            " where schemaname in ('ingest', 'vault')"
        ):
            rows = await database.fetch(f"select t::text as everything, t.* from {row['name']} t")
            found[row["name"]] = b"".join(
                value if isinstance(value, bytes) else str(value).encode() for one in rows for value in one.values()
            )
    return found


async def logged(nats_url: str) -> bytes:
    nc = await connect(nats_url, "test")
    log = Log(nc)
    found = [entry.data async for batch in log.read(0) for entry in batch]
    await nc.close()
    return b"".join(found)


async def listed(stack: Stack, position: str) -> dict[str, bytes]:
    """Payload by name of what lies in quarantine."""
    asked = R.ListQuarantinedRequest(parent="tenants/acme", min_position=position)
    return {one.name: one.payload for one in (await stack.api.ListQuarantined(asked)).deliveries}


async def quarantined(stack: Stack) -> tuple[R.IngestPostsResponse, list[str]]:
    source = await stack.connect("acme", "x-acme")
    (answer,) = await ingest(stack, R.IngestPostsRequest(source=source, deliveries=HOSTILE))
    assert results(answer) == ["QUARANTINED"] * len(HOSTILE)
    return answer, [result.quarantined for result in answer.results]


async def test_canary_no_personal_byte_of_a_quarantined_delivery_is_in_a_table_or_in_the_log(
    stack: Stack, database_url: str, nats_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer, names = await quarantined(stack)
    payloads = await listed(stack, answer.position)
    assert [payloads[name] for name in names[:3]] == [delivery.payload for delivery in HOSTILE[:3]]
    assert CANARIES[0].encode() in payloads[names[3]]
    stored = await tables(database_url)
    assert len(stored["ingest.quarantined_deliveries"]) > 500
    for canary in CANARIES:
        assert [name for name, data in stored.items() if canary.encode() in data] == []
        assert canary.encode() not in await logged(nats_url)
        assert canary not in caplog.text
        assert canary not in str([(result.reason, result.detail, result.posts) for result in answer.results])


async def test_what_is_past_its_retention_is_gone_with_its_key_and_may_come_again(
    stack: Stack, database_url: str, kek_file: Path
) -> None:
    answer, names = await quarantined(stack)
    async with later(database_url, kek_file, 29) as store:
        assert await store.expire() == 0
    async with later(database_url, kek_file, 31) as store:
        assert await store.expire() == len(HOSTILE)
        assert await store.expire() == 0
    assert set((await listed(stack, answer.position)).values()) == {b""}
    async with Database(database_url, "ingest") as database:
        assert await database.fetchval("select count(*) from vault.subject_keys where wrapped is not null") == 0
        assert await database.fetchval("select count(*) from quarantined_deliveries") == 0
    gone = await refused(stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=names[0])))
    assert gone.code() is grpc.StatusCode.NOT_FOUND
    (again,) = await ingest(stack, R.IngestPostsRequest(source="tenants/acme/sources/x-acme", deliveries=HOSTILE))
    assert results(again) == ["DUPLICATE"] * len(HOSTILE)
    assert (await listed(stack, again.position))[names[0]] == HOSTILE[0].payload


async def test_a_delivery_can_be_requeued_at_once_and_takes_its_key_along(stack: Stack, database_url: str) -> None:
    source = await stack.connect("acme", "notes", channel="notes")
    kept = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=R.Delivery(payload=tweet(5))))
    await stack.api.DeleteSource(R.DeleteSourceRequest(name=source))
    await stack.connect("acme", "notes", channel="x")
    read = await stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=kept.result.quarantined))
    assert read.result.result == R.RESULT_ACCEPTED
    async with Database(database_url, "ingest") as database:
        assert await database.fetchval("select count(*) from vault.subject_keys where wrapped is null") == 1
        assert await database.fetchval("select count(*) from quarantined_deliveries") == 0
    assert await listed(stack, read.position) == {}


async def test_a_disconnected_sources_deliveries_go_within_a_day(
    stack: Stack, database_url: str, kek_file: Path
) -> None:
    await quarantined(stack)
    other = await stack.connect("acme", "notes", channel="notes")
    await ingest(stack, request(other, tweet(5)))
    await stack.api.DeleteSource(R.DeleteSourceRequest(name="tenants/acme/sources/x-acme"))
    async with later(database_url, kek_file, 1.01) as store:
        assert await store.expire() == len(HOSTILE)
        assert await store.expire() == 0


async def test_what_does_not_open_is_listed_without_bytes_and_hides_no_other(stack: Stack, database_url: str) -> None:
    answer, names = await quarantined(stack)
    async with Database(database_url, "ingest") as database:
        for number, change in enumerate(("nonce = '\\x00'", "ciphertext = '\\x00'")):
            await database.execute(
                f"update quarantined_deliveries set {change} where delivery_id = $1", names[number].rpartition("/")[2]
            )
    payloads = await listed(stack, answer.position)
    assert [bool(payloads[name]) for name in names] == [False, False, True, True]
    asked = R.ListQuarantinedRequest(parent="tenants/acme", min_position=answer.position)
    said = {one.name: one.readability for one in (await stack.api.ListQuarantined(asked)).deliveries}
    broken, opened = log_pb2.READABILITY_BROKEN, log_pb2.READABILITY_OPENED
    assert [said[name] for name in names] == [broken, broken, opened, opened]
    gone = await refused(stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=names[0])))
    assert gone.code() is grpc.StatusCode.NOT_FOUND


async def test_a_page_of_large_deliveries_fits_a_message(stack: Stack) -> None:
    source = await stack.connect("acme", "x-acme")
    size = 900 * 1024
    for number in range(8):
        answer = await stack.api.IngestPost(
            R.IngestPostRequest(source=source, delivery=R.Delivery(payload=b"%d" % number * size))
        )
    seen: list[int] = []
    asked = R.ListQuarantinedRequest(parent="tenants/acme", page_size=100, min_position=answer.position)
    while not seen or asked.page_token:
        page = await stack.api.ListQuarantined(asked)
        seen += [len(one.payload) for one in page.deliveries]
        asked.page_token = page.next_page_token
    assert seen == [size] * 8


def test_the_retention_is_a_setting(kek_file: Path) -> None:
    given = {
        "SWITCHBOARD_NATS_URL": "nats://127.0.0.1:4222",
        "SWITCHBOARD_DATABASE_URL": "postgresql://user@127.0.0.1:5432/x",
        "SWITCHBOARD_KEK_FILE": str(kek_file),
    }
    for value, days in (("", 30), ("2.5", 2.5)):
        _, build = configure(Environment({**given, "SWITCHBOARD_INGEST_QUARANTINE_DAYS": value}))
        assert isinstance(build, partial)
        assert build.keywords == {"retention_days": days}
    wrong = Environment({**given, "SWITCHBOARD_INGEST_QUARANTINE_DAYS": "-1"})
    configure(wrong)
    with pytest.raises(ConfigurationError, match="SWITCHBOARD_INGEST_QUARANTINE_DAYS"):
        wrong.check()
