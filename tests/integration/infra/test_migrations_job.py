"""The Job of a release does what its manifest says, run with the manifest's own words on real servers."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from chassis.log import connect
from chassis.streams import stream_info

GOLDEN = Path(__file__).resolve().parents[3] / "infra" / "k8s" / "golden"


def containers(overlay: str) -> list[dict[str, Any]]:
    objects = yaml.safe_load_all((GOLDEN / f"{overlay}.yaml").read_text(encoding="utf-8"))
    pod = next(one for one in objects if one["kind"] == "Job")["spec"]["template"]["spec"]
    found: list[dict[str, Any]] = pod["containers"]
    return found


async def run(container: dict[str, Any], nats_url: str, database_url: str) -> int:
    """One container's command with this Python, and its environment with these servers."""
    python, *words = container["command"]
    assert python == "/opt/venv/bin/python"
    given = {
        "SWITCHBOARD_NATS_URL": nats_url,
        "SWITCHBOARD_DATABASE_URL": database_url,
        "SWITCHBOARD_LOG_MAX_BYTES": str(1 << 30),
        "SWITCHBOARD_LOG_REPLICAS": "1",
    }
    environment = {one["name"]: one.get("value") or given[one["name"]] for one in container["env"]}
    job = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment)
    return await asyncio.wait_for(job.wait(), 120)


@pytest.mark.parametrize("overlay", ["local", "production"])
async def test_all_of_the_job_at_once_makes_what_every_service_needs_and_may_run_again(
    overlay: str, nats_url: str, database_url: str
) -> None:
    for _ in range(2 if overlay == "local" else 1):
        assert await asyncio.gather(*(run(one, nats_url, database_url) for one in containers(overlay))) == [0] * 4
    connection = await asyncpg.connect(database_url)
    for table in ("vault.subject_keys", *(f"{schema}.projections" for schema in ("ingest", "routing", "crm", "kpi"))):
        assert await connection.fetchval(f"select count(*) from {table}") == 0
    await connection.close()
    nc = await connect(nats_url, "test")
    for stream in ("EVENTS", "OUTBOX", "KV_TENANTS", "KV_MEMBERS-crm-sync"):
        assert await stream_info(nc, stream) is not None
    await nc.close()
