"""The vault against a real PostgreSQL: creation, races, erasure, rotation, outages, leaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from chassis import embedded, keyfile
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.migrations import migrate_all
from chassis.purge import SCHEMA as DELETIONS
from chassis.purge import Purge
from chassis.sealing import KeyLost, Opened, SubjectKey
from chassis.vault import KeyVault
from switchboard.log.v1.log_structs import Sealed


@pytest.fixture(params=["derived", "rows"])
async def database(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """Where keys are derived, and where everybody has a row still."""
    await migrate_all(database_url)
    async with Database(database_url, "ingest") as opened:
        if request.param == "rows":
            await opened.execute("delete from vault.derivation")
        yield opened


in_rows = pytest.mark.parametrize("database", ["rows"], indirect=True)
"""For what looks at the row of a subject, or changes it."""


def ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


def plain(opened: list[Opened]) -> list[bytes | None]:
    return [one.plain for one in opened]


def present(keys: dict[str, SubjectKey | None]) -> dict[str, SubjectKey]:
    return {subject: key for subject, key in keys.items() if key is not None}


async def written(database: Database) -> int:
    """Rows of the vault that hold something wrapped."""
    return int(await database.fetchval(
        "select (select count(*) from vault.subject_keys) + (select count(*) from vault.branches)"
    ))  # fmt: skip


async def test_a_key_outlives_the_process_that_created_it(database: Database, kek_file: Path) -> None:
    subjects = ids(50)
    sealed = {
        subject: key.seal(b"mia")
        for subject, key in present(await KeyVault(database, kek_file).keys("acme", [*subjects, *subjects])).items()
    }
    before = await written(database)
    later = present(await KeyVault(database, kek_file).existing("acme", subjects))
    assert {later[subject].open(value) for subject, value in sealed.items()} == {b"mia"}
    assert len(sealed) == 50
    strangers = await KeyVault(database, kek_file).existing("other", subjects)
    assert set(strangers.values()) == {None}
    assert await written(database) == before, "existing creates nothing"


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


@pytest.mark.parametrize("mostly_new", [False, True], ids=["known authors", "mostly new authors"])
async def test_an_erasure_elsewhere_holds_from_the_next_look_on(
    database: Database, kek_file: Path, mostly_new: bool
) -> None:
    mia, tom, erased_unseen, *new = ids(20)
    here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    sealed = {subject: key.seal(b"hello") for subject, key in present(await here.keys("acme", [mia, tom])).items()}
    if mostly_new:
        await here.keys("acme", ids(3))
    for subject in (mia, erased_unseen):
        await elsewhere.destroy("acme", subject)
    for look in (here.keys, here.existing):
        asked = [mia, tom, erased_unseen, *new] if mostly_new else [mia, tom]
        found = await look("acme", asked)
        assert found[mia] is None
        assert found[tom] is not None
        assert found.get(erased_unseen) is None
    assert plain(await here.open_all("acme", [sealed[mia], sealed[tom]])) == [None, b"hello"]


@in_rows
@pytest.mark.parametrize("mostly_new", [False, True], ids=["known authors", "mostly new authors"])
async def test_nothing_is_sealed_under_a_key_that_only_memory_holds(
    database: Database, kek_file: Path, mostly_new: bool
) -> None:
    mia, tom, *new = ids(10)
    vault = KeyVault(database, kek_file)
    await vault.keys("acme", [mia, tom])
    if mostly_new:
        await vault.keys("acme", ids(3))
    await database.execute("delete from vault.subject_keys where subject_id = $1", mia)  # as a fail-over may
    assert (await vault.existing("acme", [mia, tom]))[mia] is None
    sealed = present(await vault.keys("acme", [mia, tom, *new]))[mia].seal(b"hello")
    assert plain(await KeyVault(database, kek_file).open_all("acme", [sealed])) == [b"hello"]


@in_rows
async def test_what_does_not_open_is_as_if_erased_and_the_rest_is_there(
    database: Database, kek_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mia, tom, lost, gone, unseen = ids(5)
    vault = KeyVault(database, kek_file)
    keys = present(await vault.keys("acme", [mia, tom, lost, gone]))
    sealed = [keys[subject].seal(subject.encode()) for subject in (mia, tom, lost, gone)]
    broken = Sealed(subject_id=mia, nonce=b"no", ciphertext=b"sense")
    stranger = Sealed(subject_id="no uuid", nonce=b"\0" * 12, ciphertext=b"x" * 40)
    never_seen = Sealed(subject_id=unseen, nonce=b"\0" * 12, ciphertext=b"x" * 40)
    await database.execute("update vault.subject_keys set wrapped = '\\x00' where subject_id = $1", lost)
    await database.execute("delete from vault.subject_keys where subject_id = $1", gone)
    with caplog.at_level("ERROR", "chassis.sealing"):
        for _ in range(2):
            fresh = KeyVault(database, kek_file)
            opened = plain(await fresh.open_all("acme", [*sealed, broken, stranger, never_seen]))
            assert opened == [mia.encode(), tom.encode(), None, None, None, None, None]
    named = [record.__dict__["fields"]["subject_id"] for record in caplog.records]
    assert sorted(named) == sorted([lost, mia]), "each is logged once, and only what is there and does not open"


async def test_the_cache_is_bounded_and_keeps_what_is_used(database: Database, kek_file: Path) -> None:
    vault = KeyVault(database, kek_file, cache_max=100)
    first = ids(1)
    key = (await vault.keys("acme", first))[first[0]]
    for _ in range(10):
        await vault.keys("acme", ids(30))
        assert (await vault.keys("acme", first))[first[0]] is key
    assert len(vault._remembered) + len(vault._rows._remembered) <= 101


async def test_a_lost_key_encryption_key_is_named(database: Database, kek_file: Path, tmp_path: Path) -> None:
    subjects = ids(2)
    await KeyVault(database, kek_file).keys("acme", subjects)
    other = tmp_path / "other.jsonl"
    keyfile.create(other)
    for key in present(await KeyVault(database, other).keys("acme", subjects)).values():
        with pytest.raises(KeyLost, match="another key under its id"):
            key.seal(b"mia")


@in_rows
async def test_a_key_that_does_not_unwrap_fails_who_uses_it_and_nobody_else(database: Database, kek_file: Path) -> None:
    mia, tom, erased, *new = ids(20)
    vault = KeyVault(database, kek_file)
    before = present(await vault.keys("acme", [mia, tom, erased]))
    sealed = {subject: key.seal(b"hello") for subject, key in before.items()}
    await vault.destroy("acme", erased)
    await database.execute(
        "update vault.subject_keys set wrapped = (select wrapped from vault.subject_keys where subject_id = $1)"
        " where subject_id = $2",
        mia,
        tom,
    )
    for look in ("keys", "existing"):
        found = await getattr(KeyVault(database, kek_file), look)("acme", [mia, tom, erased, *new])
        assert found[erased] is None
        assert found[mia].open(sealed[mia]) == b"hello"
        uses: list[Callable[[SubjectKey], object]] = [
            lambda key: key.open(sealed[tom]),
            lambda key: key.seal(b"x"),
            lambda key: key.digest(b"x"),
            lambda key: key.digester(),
        ]
        for use in uses:
            with pytest.raises(KeyLost, match=f"subject {tom} cannot be used"):
                use(found[tom])
    assert all(key is not None for key in (await KeyVault(database, kek_file).existing("acme", new)).values())


async def test_a_key_is_back_when_the_secret_file_is(database: Database, kek_file: Path, tmp_path: Path) -> None:
    [mia] = ids(1)
    sealed = present(await KeyVault(database, kek_file).keys("acme", [mia]))[mia].seal(b"hello")
    right = kek_file.read_text()
    other = tmp_path / "other.jsonl"
    keyfile.create(other)
    keyfile.add_kek(other, "kek-2")
    index = [line for line in right.splitlines() if "index" in line]
    kek_file.write_text("\n".join([*index, *(line for line in other.read_text().splitlines() if "kek-2" in line)]))
    vault = KeyVault(database, kek_file)
    with pytest.raises(KeyLost, match="has no key-encryption key kek-1"):
        present(await vault.existing("acme", [mia]))[mia].open(sealed)
    kek_file.write_text(right)
    assert present(await vault.existing("acme", [mia]))[mia].open(sealed) == b"hello"


@in_rows
async def test_keys_that_vanish_between_two_looks_are_created_again_or_refused_for_now(
    database: Database, kek_file: Path
) -> None:
    # A trigger drops what is inserted, as a database that goes back does.
    await database.execute(
        "create function vault.lose() returns trigger language plpgsql as $$ begin return null; end $$;"
        "create trigger lose before insert on vault.subject_keys for each row execute function vault.lose()"
    )
    vault = KeyVault(database, kek_file)
    with pytest.raises(Unavailable, match="3 subject keys were neither created nor found"):
        await vault.keys("acme", ids(3))
    await database.execute("drop trigger lose on vault.subject_keys")
    assert len(present(await vault.keys("acme", ids(3)))) == 3


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


async def test_while_the_database_is_away_nobody_knows_who_is_erased(state_dir: Path, kek_file: Path) -> None:
    server = await embedded.start_postgres(state_dir)
    try:
        await migrate_all(server.url)
        async with Database(server.url, "ingest") as database:
            vault = KeyVault(database, kek_file)
            known, new = ids(2)
            await vault.keys("acme", [known])
            server.kill9()
            for look in (
                vault.keys("acme", [known]),
                vault.keys("acme", [known, new]),
                vault.existing("acme", [known]),
            ):
                with pytest.raises(Unavailable):
                    await look
            await server.restart()
            assert (await vault.keys("acme", [known, new]))[new] is not None
    finally:
        server.kill9()


@in_rows
async def test_canary_no_plain_key_is_stored(database: Database, kek_file: Path) -> None:
    vault = KeyVault(database, kek_file)
    subjects = ids(20)
    plain = [key._key for key in present(await vault.keys("acme", subjects)).values()]
    stored = b"".join(row["wrapped"] for row in await database.fetch("select wrapped from vault.subject_keys"))
    assert len(stored) == 20 * 60
    assert [key for key in plain if key in stored] == []


async def test_whose_keys_are_destroyed_is_told_of_each_tenant_apart(database: Database, kek_file: Path) -> None:
    vault, (erased, living, never, elsewhere) = KeyVault(database, kek_file), ids(4)
    await vault.keys("acme", [erased, living, elsewhere])
    await vault.destroy("acme", erased.upper())
    await vault.destroy("acme", never)
    await vault.destroy("other", elsewhere)
    asked = [erased.upper(), living, never, elsewhere, "no-uuid", "", "\0"]
    assert await vault.destroyed("acme", asked) == {erased.upper(), never}, "a subject never seen is erased as well"
    assert await vault.destroyed("other", asked) == {elsewhere}


@in_rows
async def test_of_a_deleted_tenant_no_key_is_left_and_none_is_made_again(database: Database, kek_file: Path) -> None:
    vault, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    subjects = ids(25)
    sealed = [key.seal(b"mia") for key in present(await vault.keys("gone", subjects)).values()]
    await vault.destroy("gone", subjects[0])
    kept = present(await elsewhere.keys("stays", subjects))[subjects[0]].seal(b"leo")
    await elsewhere.keys("gone", subjects)
    await database.execute(DELETIONS)
    purge = Purge(database, vault=True, keys=10)
    assert await purge.all_of("gone") == 0
    assert (await purge.done("gone"))[1] == 24, "one was destroyed before"
    assert await database.fetchval("select count(*) from vault.subject_keys where tenant = 'gone'") == 0
    for one in (vault, elsewhere, KeyVault(database, kek_file)):
        assert set((await one.keys("gone", [*subjects, *ids(3)])).values()) == {None}
        assert plain(await one.open_all("gone", sealed)) == [None] * 25
        assert await one.destroy("gone", subjects[1]) is False
    assert await database.fetchval("select count(*) from vault.subject_keys where tenant = 'gone'") == 0
    assert plain(await elsewhere.open_all("stays", [kept])) == [b"leo"]


@in_rows
async def test_only_a_deleted_tenants_keys_are_forgotten(database: Database, kek_file: Path) -> None:
    subjects = ids(3)
    await KeyVault(database, kek_file).keys("acme", subjects)
    row = await database.fetchrow("select * from vault.forget_keys('acme', 100)")
    assert row is not None
    assert (row["forgotten"], row["destroyed"]) == (0, 0)
    assert await database.fetchval("select count(*) from vault.subject_keys where tenant = 'acme'") == 3
