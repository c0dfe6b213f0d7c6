"""The vault against a real PostgreSQL: creation, races, erasure, rotation, outages, leaks."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from chassis import embedded, keyfile
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.keyfile import KeyFileError
from chassis.migrations import migrate_all
from chassis.sealing import KeyVault, SubjectKey


class Hand:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate_all(database_url)
    async with Database(database_url, "ingest") as opened:
        yield opened


def ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


def present(keys: dict[str, SubjectKey | None]) -> dict[str, SubjectKey]:
    return {subject: key for subject, key in keys.items() if key is not None}


async def test_a_key_outlives_the_process_that_created_it(database: Database, kek_file: Path) -> None:
    subjects = ids(50)
    sealed = {
        subject: key.seal(b"mia")
        for subject, key in present(await KeyVault(database, kek_file).keys("acme", [*subjects, *subjects])).items()
    }
    later = present(await KeyVault(database, kek_file).existing("acme", subjects))
    assert {later[subject].open(value) for subject, value in sealed.items()} == {b"mia"}
    assert len(sealed) == 50
    strangers = await KeyVault(database, kek_file).existing("other", subjects)
    assert set(strangers.values()) == {None}
    assert await database.fetchval("select count(*) from vault.subject_keys") == 50, "existing creates nothing"


async def test_two_vaults_racing_for_the_same_subjects_get_the_same_keys(database: Database, kek_file: Path) -> None:
    subjects = ids(300)
    vaults = [KeyVault(database, kek_file) for _ in range(6)]
    found = await asyncio.gather(
        *(vault.keys("acme", subjects[at * 20 :] + subjects[: at * 20]) for at, vault in enumerate(vaults))
    )
    for subject in subjects:
        digests = {key.digest(b"same") for keys in found if (key := keys[subject]) is not None}
        assert len(digests) == 1
    assert all(len(present(keys)) == 300 for keys in found)


async def test_where_most_are_new_the_known_and_the_erased_stay_what_they_are(
    database: Database, kek_file: Path
) -> None:
    known, erased, *new = ids(50)
    other = KeyVault(database, kek_file)
    before = present(await other.keys("acme", [known, erased]))
    await other.destroy("acme", erased)
    vault = KeyVault(database, kek_file)
    await vault.keys("acme", ids(3))  # all new: the next ones are expected to be
    found = await vault.keys("acme", [*new, known, erased])
    assert found[erased] is None
    assert present(found)[known].digest(b"same") == before[known].digest(b"same")
    again = present(await KeyVault(database, kek_file).existing("acme", new))
    assert {again[subject].open(present(found)[subject].seal(b"mia")) for subject in new} == {b"mia"}


async def test_an_erased_subject_is_gone_for_ever_and_alone(database: Database, kek_file: Path) -> None:
    mia, tom, never_seen = ids(3)
    vault, other = KeyVault(database, kek_file), KeyVault(database, kek_file)
    await vault.keys("acme", [mia, tom])
    await other.keys("acme", [mia, tom])
    assert await vault.destroy("acme", mia) is True
    assert await vault.destroy("acme", mia) is False
    assert await vault.destroy("acme", never_seen) is True
    other.forget(mia)
    for asked in (vault, other, KeyVault(database, kek_file)):
        for found in (await asked.keys("acme", [mia, tom, never_seen]), await asked.existing("acme", [mia, tom])):
            assert found[mia] is None
            assert found[tom] is not None
            assert found.get(never_seen) is None
    assert (await vault.keys("other", [mia]))[mia] is not None, "the same id of another tenant is somebody else"
    left = await database.fetchval(
        "select wrapped from vault.subject_keys where subject_id = $1 and tenant = 'acme'", mia
    )
    assert left is None


async def test_an_erasure_elsewhere_is_noticed_when_trust_ends(database: Database, kek_file: Path) -> None:
    mia, tom = ids(2)
    hand = Hand()
    here, elsewhere = KeyVault(database, kek_file, monotonic=hand), KeyVault(database, kek_file)
    before = await here.keys("acme", [mia, tom])
    await elsewhere.destroy("acme", mia)
    assert await here.keys("acme", [mia, tom]) == before, "the cache is trusted for a minute"
    hand.seconds = 61
    after = await here.keys("acme", [mia, tom])
    assert after == {mia: None, tom: before[tom]}


async def test_the_cache_is_bounded_and_keeps_what_is_used(database: Database, kek_file: Path) -> None:
    vault = KeyVault(database, kek_file, cache_max=100)
    first = ids(1)
    key = (await vault.keys("acme", first))[first[0]]
    for _ in range(10):
        await vault.keys("acme", ids(30))
        assert (await vault.keys("acme", first))[first[0]] is key
    assert len(vault._recent) + len(vault._older) <= 101


async def test_a_rotation_is_one_command(database: Database, database_url: str, kek_file: Path, tmp_path: Path) -> None:
    await KeyVault(database, kek_file).keys("acme", ids(3))
    keyfile.prepend_kek(kek_file, "kek-2")
    url_file = tmp_path / "url"
    url_file.write_text(database_url + "\n")
    told = []
    for _ in range(2):
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chassis.sealing", str(url_file), str(kek_file)), stdout=asyncio.subprocess.PIPE
        )
        told.append((await asyncio.wait_for(command.communicate(), 60))[0])
    assert told == [b"3\n", b"0\n"]


async def test_a_rotation_rewraps_all_and_the_old_key_may_go(database: Database, kek_file: Path) -> None:
    subjects = ids(1500)
    running = KeyVault(database, kek_file)
    sealed = {subject: key.seal(b"x") for subject, key in present(await running.keys("acme", subjects)).items()}
    await running.destroy("acme", subjects[0])
    keyfile.prepend_kek(kek_file, "kek-2")
    assert await KeyVault(database, kek_file).rotate() == 1499
    assert await KeyVault(database, kek_file).rotate() == 0
    fresh = ids(1)
    assert (await running.keys("acme", fresh))[fresh[0]] is not None
    assert await running.rotate() == 1, "the running vault still wrapped with what it knew"
    without_old = [text for text in kek_file.read_text().splitlines() if "kek-1" not in text]
    kek_file.write_text("\n".join(without_old))
    opened = present(await KeyVault(database, kek_file).existing("acme", subjects))
    assert len(opened) == 1499
    assert all(key.open(sealed[subject]) == b"x" for subject, key in opened.items())


async def test_a_lost_key_encryption_key_is_named(database: Database, kek_file: Path, tmp_path: Path) -> None:
    subjects = ids(2)
    await KeyVault(database, kek_file).keys("acme", subjects)
    other = tmp_path / "other.jsonl"
    keyfile.create(other)
    with pytest.raises(KeyFileError, match="another key under its id"):
        await KeyVault(database, other).keys("acme", subjects)


async def test_a_wrapped_key_moved_to_another_row_does_not_open(database: Database, kek_file: Path) -> None:
    mia, tom = ids(2)
    await KeyVault(database, kek_file).keys("acme", [mia, tom])
    await database.execute(
        "update vault.subject_keys set wrapped = (select wrapped from vault.subject_keys where subject_id = $1)", mia
    )
    with pytest.raises(KeyFileError):
        await KeyVault(database, kek_file).keys("acme", [tom])


async def test_a_blind_index_matches_within_a_tenant_and_a_secret_file(
    database: Database, kek_file: Path, tmp_path: Path
) -> None:
    vault = KeyVault(database, kek_file)
    assert vault.blind("acme", "mia@example.org") == KeyVault(database, kek_file).blind("acme", "mia@example.org")
    other = tmp_path / "other.jsonl"
    keyfile.create(other)
    values = {
        vault.blind("acme", "mia@example.org"),
        vault.blind("acme", "tom@example.org"),
        vault.blind("other", "mia@example.org"),
        vault.blind("acm", "emia@example.org"),
        KeyVault(database, other).blind("acme", "mia@example.org"),
    }
    assert len(values) == 5
    assert {len(value) for value in values} == {16}


async def test_while_the_database_is_away_only_the_cache_answers(state_dir: Path, kek_file: Path) -> None:
    server = await embedded.start_postgres(state_dir)
    try:
        await migrate_all(server.url)
        async with Database(server.url, "ingest") as database:
            vault = KeyVault(database, kek_file)
            known, new = ids(2)
            before = await vault.keys("acme", [known])
            server.kill9()
            assert await vault.keys("acme", [known]) == before
            with pytest.raises(Unavailable):
                await vault.keys("acme", [known, new])
            await server.restart()
            assert (await vault.keys("acme", [known, new]))[new] is not None
    finally:
        server.kill9()


async def test_canary_no_plain_key_is_stored(database: Database, kek_file: Path) -> None:
    vault = KeyVault(database, kek_file)
    subjects = ids(20)
    plain = [key._key for key in present(await vault.keys("acme", subjects)).values()]
    stored = b"".join(row["wrapped"] for row in await database.fetch("select wrapped from vault.subject_keys"))
    assert len(stored) == 20 * 60
    assert [key for key in plain if key in stored] == []
