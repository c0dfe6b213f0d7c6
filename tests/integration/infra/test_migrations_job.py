"""The Job of a release does what its manifest says, run with the manifest's own words on a real PostgreSQL."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
import yaml

GOLDEN = Path(__file__).resolve().parents[3] / "infra" / "k8s" / "golden"


def _command(overlay: str, url_file: Path) -> list[str]:
    """The Job's command for this machine: this Python, and the mounted URL file where the test put it."""
    objects = yaml.safe_load_all((GOLDEN / f"{overlay}.yaml").read_text(encoding="utf-8"))
    pod = next(one for one in objects if one["kind"] == "Job")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    items = {volume["name"]: volume["configMap"]["items"] for volume in pod["volumes"] if "configMap" in volume}
    inside = f"{mounted['database-url']}/{items['database-url'][0]['path']}"
    python, *words = container["command"]
    assert python == "/opt/venv/bin/python"
    assert inside in words
    return [sys.executable, *(str(url_file) if word == inside else word for word in words)]


@pytest.mark.parametrize("overlay", ["local", "production"])
async def test_the_job_makes_the_vault_and_may_run_again(overlay: str, database_url: str, tmp_path: Path) -> None:
    url_file = tmp_path / "url"
    url_file.write_text(database_url, encoding="utf-8")
    for _ in range(2):
        job = await asyncio.create_subprocess_exec(*_command(overlay, url_file))
        assert await asyncio.wait_for(job.wait(), 60) == 0
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select count(*) from vault.subject_keys") == 0
    await connection.close()
