"""A fact that says somebody is erased empties the memory of every process that hears it. Real NATS and PostgreSQL."""

import asyncio
import contextlib
from pathlib import Path
from uuid import uuid4

import recording
from chassis.clock import SystemClock
from chassis.commits import Subject
from chassis.database import Database
from chassis.erasures import Erasures, forget_erased
from chassis.identity import uuid7_bytes
from chassis.migrations import migrate_all
from chassis.tail import Tail
from chassis.vault import KeyVault
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.wrappers_pb2 import StringValue
from switchboard.log.v1 import log_pb2
from tally import opened, running, turn

PATIENCE_S = 20.0
ERASURES = Erasures("tally", StringValue.DESCRIPTOR.full_name, lambda fact: str(fact.body.value))


async def test_a_process_keeps_no_key_of_whom_the_log_says_is_erased_and_no_message_ends_it(
    nats_url: str, database_url: str, kek_file: Path
) -> None:
    await migrate_all(database_url)
    mia, tom = str(uuid4()), str(uuid4())
    async with opened(nats_url) as log, Database(database_url, "ingest") as database:
        vault, tail = KeyVault(database, kek_file), Tail(log)
        await vault.keys("acme", [mia, tom])
        await vault.keys("other", [mia])
        subject, last = Subject("tally", "acme", "0"), 0
        unknown = AnyMessage(type_url="type.googleapis.com/nobody.Knows", value=b"\xff")
        garbage = AnyMessage(type_url="type.googleapis.com/" + ERASURES.type, value=b"\xff\xff")
        erased = AnyMessage()
        erased.Pack(StringValue(value=mia))
        following = asyncio.create_task(forget_erased(vault, log, tail, ERASURES))
        async with running(tail.run):
            await turn()
            for body in (unknown, garbage, erased):
                commit = log_pb2.Commit(commit_id=uuid7_bytes(SystemClock().now()), tenant="acme", shard="0")
                commit.events.add().body.CopyFrom(body)
                last = await log.append(subject, recording.written(commit), last)
            async with asyncio.timeout(PATIENCE_S):
                while ("acme", mia) in vault._remembered:
                    assert not following.done(), following.exception()
                    await asyncio.sleep(0.01)
            assert ("acme", tom) in vault._remembered
            assert ("other", mia) in vault._remembered, "the same id of another tenant is somebody else"
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
