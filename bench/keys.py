"""What the keys of data subjects cost: CPU in microseconds per subject, of the process that asks and of PostgreSQL.

Batches of 200, as ingest asks: everybody new; asked again by the same process; asked for the first time by another one.
"""

from __future__ import annotations

import gc
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping

import psutil
import uvloop
from _scratch import scratch
from chassis import embedded, keyfile
from chassis.database import Database
from chassis.migrations import migrate_all
from chassis.process import GARBAGE
from chassis.vault import KeyVault

SUBJECTS = 40_000
BATCH = 200
TENANT = "bench"


Ask = Callable[[str, Collection[str]], Awaitable[Mapping[str, object]]]


async def spent(pid: int, batches: list[list[str]], ask: Ask) -> dict[str, float]:
    server = psutil.Process(pid)

    def cpu() -> tuple[float, float]:
        times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
        return time.process_time(), sum(one.user + one.system for one in times)

    own, servers = cpu()
    began = time.perf_counter()
    for batch in batches:
        found = await ask(TENANT, batch)
        assert all(found[one] is not None for one in batch)
    seconds = time.perf_counter() - began
    own, servers = (after - before for after, before in zip(cpu(), (own, servers), strict=True))
    per = 1e6 / sum(map(len, batches))
    return {"process": round(own * per, 2), "postgres": round(servers * per, 2), "elapsed": round(seconds * per, 2)}


async def run() -> dict[str, dict[str, float]]:
    with scratch() as directory:
        server = await embedded.start_postgres(directory)
        try:
            url = await embedded.create_database(server.url, "keys")
            keyfile.create(key_file := directory / "kek.jsonl")
            await migrate_all(url)
            async with Database(url, "ingest") as database:
                vault = KeyVault(database, key_file)
                await vault.keys(TENANT, [str(uuid.uuid4()) for _ in range(BATCH)])
                ids = [str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))) for number in range(SUBJECTS)]
                batches = [ids[at : at + BATCH] for at in range(0, SUBJECTS, BATCH)]
                gc.freeze()
                gc.set_threshold(*GARBAGE)  # as in a service
                pid = server.pid
                return {
                    "new": await spent(pid, batches, vault.keys),
                    "again": await spent(pid, batches, vault.keys),
                    "elsewhere": await spent(pid, batches, KeyVault(database, key_file).existing),
                }
        finally:
            server.kill9()


def main() -> None:
    print(json.dumps(uvloop.run(run()), indent=2))


if __name__ == "__main__":
    main()
