"""Derived keys against a real PostgreSQL: erasures side by side, what is stored after them, what was there before."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import blake2s
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis import key_trees, keyfile
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.keyfile import KeyFile
from chassis.keyring import Keyring, Lost, State
from chassis.migrations import migrate, migrate_all, vault_steps
from chassis.puncturable import (
    BLANK,
    BRANCH_BYTES,
    DEPTH,
    FAN_OUT,
    ROOT,
    SECRET_BYTES,
    derive,
    path_of,
    prefixes,
)
from chassis.purge import SCHEMA as DELETIONS
from chassis.purge import Purge
from chassis.rotation import Progress, rotate
from chassis.sealing import KeyLost, Opened, SubjectKey
from chassis.vault import KeyVault
from switchboard.log.v1 import log_pb2
from switchboard.log.v1.log_structs import Sealed

TENANT = "acme"
MANY = 1_500
"""So many that some share their first step with whom we choose: but for one run in ten billion."""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate_all(database_url)
    async with Database(database_url, "ingest") as opened:
        yield opened


def ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


async def sealed(vault: KeyVault, subjects: list[str], tenant: str = TENANT) -> dict[str, Sealed]:
    """A value of each that is not erased."""
    keys = await vault.keys(tenant, subjects)
    return {subject: key.seal(subject.encode()) for subject, key in keys.items() if key is not None}


async def read(vault: KeyVault, values: dict[str, Sealed]) -> dict[str, Opened]:
    return dict(zip(values, await vault.open_all(TENANT, list(values.values())), strict=True))


async def readable(vault: KeyVault, values: dict[str, Sealed]) -> set[str]:
    """Whose values open, to what was sealed."""
    opened = await read(vault, values)
    for subject, one in opened.items():
        assert one.plain in (None, subject.encode())
    return {subject for subject, one in opened.items() if one.plain is not None}


async def digests(vault: KeyVault, subjects: list[str]) -> dict[str, bytes | None]:
    """What tells a key from another; None for no key."""
    found = await vault.existing(TENANT, subjects)
    return {subject: None if (key := found[subject]) is None else key.digest(b"same") for subject in subjects}


async def stored(database: Database, key_file: Path, tenant: str = TENANT) -> tuple[dict[bytes, bytes], bytes]:
    """(branches, path key) of a tenant's tree, as whoever has database and key file opens them."""
    rows = await database.fetch(
        "select prefix, wrapped, kek_id, generation from vault.branches join vault.trees using (tenant, generation)"
        " where tenant = $1 and not lost", tenant,
    )  # fmt: skip
    keys = KeyFile(key_file)
    found = {
        row["prefix"]: keys.kek(row["kek_id"]).unwrap(
            row["wrapped"], key_trees.bound(tenant, row["generation"], row["prefix"])
        )
        for row in rows
    }
    path_key = found[ROOT][BRANCH_BYTES:]
    return found | {ROOT: found[ROOT][:BRANCH_BYTES]}, path_key


def hashed(secret: bytes, steps: bytes) -> bytes:
    for step in steps:
        secret = blake2s(secret + bytes([step])).digest()
    return secret


async def count(database: Database, table: str) -> int:
    return int(await database.fetchval(f"select count(*) from vault.{table}"))  # our own


async def test_a_person_writes_no_row(database: Database, kek_file: Path) -> None:
    await sealed(KeyVault(database, kek_file), ids(500))
    assert [await count(database, table) for table in ("subject_keys", "trees", "branches")] == [0, 1, 1]
    assert await KeyVault(database, kek_file).existing("other", ids(2)) != {}
    assert await count(database, "trees") == 1, "existing plants nothing"


async def test_of_an_erased_subject_nothing_stored_leads_to_the_key(database: Database, kek_file: Path) -> None:
    vault = KeyVault(database, kek_file)
    mia, *others = ids(60)
    values = await sealed(vault, [mia, *others])
    before, path_key = await stored(database, kek_file)
    rows_before = await database.fetch("select wrapped from vault.branches")
    path = path_of(path_key, mia)
    key, at = derive(before, path), path[0] * SECRET_BYTES
    secret = before[ROOT][at : at + SECRET_BYTES]
    assert await vault.destroy(TENANT, mia) is True
    after, same = await stored(database, kek_file)
    assert same == path_key
    assert set(after) == set(prefixes(path))
    kept = b"".join(after.values())
    assert secret not in kept
    assert key not in kept
    assert after[ROOT] == before[ROOT].replace(secret, BLANK), "the other 63 are what they were"
    rows = await database.fetch("select wrapped from vault.branches")
    assert not {bytes(row["wrapped"]) for row in rows} & {bytes(row["wrapped"]) for row in rows_before}
    assert derive(after, path) == BLANK
    for branch in after.values():
        for step in range(FAN_OUT):
            child = branch[step * SECRET_BYTES : (step + 1) * SECRET_BYTES]
            ends = {hashed(child, path[length:]) for length in range(DEPTH + 1)}
            assert key not in ends, "neither the rest of the way nor all of it leads there"
    assert await readable(KeyVault(database, kek_file), values) == set(others)


async def test_vaults_that_erase_side_by_side_take_only_whom_they_name(database: Database, kek_file: Path) -> None:
    vaults = [KeyVault(database, kek_file) for _ in range(5)]
    subjects = ids(300)
    values = await sealed(vaults[0], subjects)
    before = await digests(vaults[0], subjects)
    erased = set(subjects[:60])
    told: set[str] = set()

    async def erase(vault: KeyVault, whom: list[str]) -> int:
        count = 0
        for one in whom:
            count += await vault.destroy(TENANT, one)
            told.add(one)
        return count

    async def look(vault: KeyVault, at: int) -> None:
        for turn in range(30):
            some, gone = subjects[(at * 50 + turn * 7) % 250 :][:50], set(told)
            found = await digests(vault, some)
            for one in some:
                if one in gone:
                    assert found[one] is None
                elif one not in erased or found[one] is not None:
                    assert found[one] == before[one]

    counted = await asyncio.gather(
        erase(vaults[0], subjects[:40]),
        erase(vaults[1], subjects[20:60]),
        vaults[2].destroy_all(TENANT, subjects[10:50]),
        *(look(vault, at) for at, vault in enumerate(vaults)),
    )
    assert sum(counted[:3]) == 60, "each is erased by one of them"
    for vault in (*vaults, KeyVault(database, kek_file)):
        assert await readable(vault, values) == set(subjects[60:])
        assert await digests(vault, subjects) == before | dict.fromkeys(erased)
        assert await vault.destroyed(TENANT, subjects) == erased
    tree, path_key = await stored(database, kek_file)
    for one in erased:
        assert derive(tree, path_of(path_key, one)) == BLANK


async def test_an_erasure_that_another_look_overtakes_comes_back_in_no_vault(
    database: Database, kek_file: Path
) -> None:
    here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    subjects = ids(200)
    values = await sealed(here, subjects)
    for turn in range(0, 100, 10):
        some = subjects[turn : turn + 10]
        looks = [digests(here, subjects[at:] + subjects[:at]) for at in (0, 50, 100)]
        *_, found = await asyncio.gather(*(elsewhere.destroy(TENANT, one) for one in some), *looks)
        assert all(found[one] is not None for one in subjects[100:])
        assert await digests(here, some) == dict.fromkeys(some)
    assert await readable(here, values) == set(subjects[100:])


async def test_what_was_derived_before_another_look_heard_of_an_erasure_is_not_kept(
    database: Database, kek_file: Path
) -> None:
    here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    subjects = ids(MANY)
    await here.keys(TENANT, subjects)
    await elsewhere.destroy(TENANT, subjects[0])
    _, path_key = await stored(database, kek_file)
    cut = path_of(path_key, subjects[0])[0]
    below = next(one for one in subjects[1:] if path_of(path_key, one)[0] == cut)
    mia = next(one for one in subjects if path_of(path_key, one)[0] != cut)
    here = KeyVault(database, kek_file)
    load = here._trees._derived_below

    async def overtaken(*given: Any, **named: Any) -> Any:
        await elsewhere.destroy(TENANT, mia)
        assert await here.existing(TENANT, [mia]) == {mia: None}
        return await load(*given, **named)

    here._trees._derived_below = overtaken  # type: ignore[method-assign]
    await here.keys(TENANT, [mia, below])
    assert await here.existing(TENANT, [mia]) == {mia: None}


async def test_an_answer_that_another_look_overtook_brings_nothing_back(database: Database, kek_file: Path) -> None:
    elsewhere = KeyVault(database, kek_file)
    subjects = ids(MANY)
    await elsewhere.keys(TENANT, subjects)
    await elsewhere.destroy(TENANT, subjects[0])
    _, path_key = await stored(database, kek_file)
    tom, below, *_ = [one for one in subjects[1:] if path_of(path_key, one)[0] == path_of(path_key, subjects[0])[0]]
    here = KeyVault(database, kek_file, cache_max=2)
    await here.keys(TENANT, [subjects[0]])
    here._trees._trees[TENANT].branches = {ROOT: here._trees._trees[TENANT].branches[ROOT]}
    fetch = database.fetch
    overtaken = 0

    async def late(query: str, *given: object) -> Any:
        nonlocal overtaken
        rows = await fetch(query, *given)
        if "key_trees.load" in query and not overtaken:
            overtaken += 1
            await elsewhere.destroy(TENANT, tom)
            await here.existing(TENANT, [subjects[0]])
        return rows

    here._trees._database = Late(database, late)  # type: ignore[assignment]
    assert (await here.existing(TENANT, [below]))[below] is not None
    assert overtaken
    others = [one for one in subjects if one != tom]
    for at in (100, 200):  # until tom is in memory no more
        await here.existing(TENANT, others[at : at + 10])
    assert (TENANT, tom) not in here._remembered
    assert await here.existing(TENANT, [tom]) == {tom: None}


class Late:
    """A database whose answers may be held up."""

    def __init__(self, database: Database, fetch: Any) -> None:
        self._database = database
        self.fetch = fetch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


async def test_whom_memory_forgot_to_be_erased_is_erased(database: Database, kek_file: Path) -> None:
    here, elsewhere = KeyVault(database, kek_file, cache_max=2), KeyVault(database, kek_file)
    mia, tom, ann, *others = ids(20)
    await here.keys(TENANT, [mia, tom, ann])
    await elsewhere.destroy(TENANT, ann)
    await here.keys(TENANT, [mia, tom])
    await elsewhere.destroy(TENANT, mia)
    for look in (here.keys, here.existing):
        for some in (others[:8], others[8:]):
            await look(TENANT, some)
        assert (TENANT, mia) not in here._remembered
        assert (await look(TENANT, [mia, tom]))[mia] is None


async def test_a_look_after_an_erasure_elsewhere_keeps_what_memory_had_of_others(
    database: Database, kek_file: Path
) -> None:
    here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    mia, tom, ann = ids(3)
    await here.keys(TENANT, [mia, tom, ann])
    await elsewhere.destroy(TENANT, ann)
    await here.keys(TENANT, [mia])  # the first erasure of a tenant drops all, once
    kept = (await here.keys(TENANT, [tom]))[tom]
    await elsewhere.destroy(TENANT, mia)
    found = await here.keys(TENANT, [mia, tom])
    assert found[mia] is None
    assert found[tom] is kept


async def test_what_is_forgotten_and_not_erased_comes_back_with_the_next_look(
    database: Database, kek_file: Path
) -> None:
    vault = KeyVault(database, kek_file)
    mia, tom, ann = ids(3)
    before = await sealed(vault, [mia, tom, ann])
    await vault.destroy(TENANT, ann)
    for _ in range(2):
        for one in (mia, tom):
            vault.forget(one, TENANT)
        vault.forget(ann)
        assert (TENANT, mia) not in vault._remembered
        tree = vault._trees._trees[TENANT]
        with pytest.raises(KeyError):
            derive(tree.branches, path_of(tree.path_key, mia))
        assert await readable(vault, before) == {mia, tom}


async def test_who_is_forgotten_beside_an_erased_one_comes_back_too(
    database: Database, kek_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia, ann = ids(2)
    near = {mia: bytes(DEPTH), ann: bytes(DEPTH - 1) + b"\1"}
    for place in ("chassis.key_trees", "chassis.puncturable"):
        monkeypatch.setattr(f"{place}.path_of", lambda key, name: near.get(name) or path_of(key, name))
    vault = KeyVault(database, kek_file)
    values = await sealed(vault, [mia, ann])
    await vault.destroy(TENANT, ann)
    assert await readable(vault, values) == {mia}
    vault.forget(mia, TENANT)
    assert await readable(vault, values) == {mia}
    assert await count(database, "subject_keys") == 1, "no key of her own was made"


async def test_whoever_had_a_row_before_keys_were_derived_keeps_it(database_url: str, kek_file: Path) -> None:
    await migrate_all(database_url)
    async with Database(database_url, "ingest") as database:
        await database.execute("delete from vault.derivation")
        old = KeyVault(database, kek_file)
        mia, tom, erased, *new = ids(40)
        values = await sealed(old, [mia, tom, erased])
        await old.destroy(TENANT, erased)
        await old.own.keys(TENANT, new[:1])
        post = next(step for step in vault_steps() if step.name.startswith("0005"))
        async with Database(database_url, "vault") as vault, vault.transaction() as connection:
            await connection.execute(post.sql)
        for running in (old, KeyVault(database, kek_file)):
            assert await readable(running, values) == {mia, tom}
            assert await sealed(running, [erased]) == {}
        values |= await sealed(old, [mia, *new])
        assert await count(database, "subject_keys") == 4, "nobody gets a row any more"
        for running in (old, KeyVault(database, kek_file)):
            assert await readable(running, values) == {mia, tom, *new}
        await old.destroy_all(TENANT, [tom, new[0]])
        for running in (old, KeyVault(database, kek_file)):
            assert await readable(running, values) == {mia, *new[1:]}
        tree, path_key = await stored(database, kek_file)
        assert derive(tree, path_of(path_key, tom)) == BLANK, "there is no key for him in any way"


async def test_what_has_a_key_of_its_own_makes_no_tenant_look_for_rows(database: Database, kek_file: Path) -> None:
    vault = KeyVault(database, kek_file)
    [kept] = ids(1)
    await vault.own.keys(TENANT, [kept])
    await vault.keys(TENANT, ids(3))
    assert await database.fetchval("select has_rows from vault.trees") is False
    assert await vault.own.destroy(TENANT, [kept]) == 1
    assert await count(database, "branches") == 1, "and its end cuts no branch"
    assert (await vault.own.existing(TENANT, [kept])) == {kept: None}


async def test_a_branch_that_does_not_open_fails_those_below_it_and_nobody_else(
    database: Database, kek_file: Path
) -> None:
    vault = KeyVault(database, kek_file)
    subjects = ids(MANY)
    values = await sealed(vault, subjects)
    await vault.destroy(TENANT, subjects[0])
    _, path_key = await stored(database, kek_file)
    first = path_of(path_key, subjects[0])[:1]
    below = {one for one in subjects[1:] if path_of(path_key, one)[:1] == first}
    right = await database.fetchval("select wrapped from vault.branches where prefix = $1", first)
    await database.execute(
        "update vault.branches set wrapped = (select wrapped from vault.branches where prefix = '') where prefix = $1",
        first,
    )
    fresh = KeyVault(database, kek_file)
    found = await read(fresh, values)
    assert {one for one in found if found[one].readability == log_pb2.READABILITY_KEY_LOST} == below | {subjects[0]}
    assert {one for one in found if found[one].plain is not None} == set(subjects) - below - {subjects[0]}
    key = (await fresh.keys(TENANT, [min(below)]))[min(below)]
    assert key is not None
    with pytest.raises(KeyLost):
        key.seal(b"x")
    with pytest.raises(Unavailable, match="nobody can be erased"):
        await fresh.destroy(TENANT, min(below))
    assert await fresh.destroyed(TENANT, [min(below)]) == frozenset(), "all or nothing"
    await database.execute("update vault.branches set wrapped = $2 where prefix = $1", first, right)
    assert await readable(fresh, values) == set(subjects[1:]), "back when it is"


async def test_a_root_that_does_not_open_fails_all_who_hang_on_it_and_no_other_tenant(
    database: Database, kek_file: Path
) -> None:
    vault = KeyVault(database, kek_file)
    [mia] = ids(1)
    values = await sealed(vault, [mia])
    await sealed(vault, [mia], "other")
    await database.execute(
        "update vault.branches set wrapped = (select wrapped from vault.branches where tenant = 'other')"
        " where tenant = 'acme'"
    )
    fresh = KeyVault(database, kek_file)
    assert (await read(fresh, values))[mia].readability == log_pb2.READABILITY_KEY_LOST
    assert len(await sealed(fresh, [mia], "other")) == 1


async def test_nothing_is_sealed_under_another_file_that_a_running_process_holds(
    database: Database, kek_file: Path, tmp_path: Path
) -> None:
    before = KeyVault(database, kek_file)
    mia, tom = ids(2)
    values = await sealed(before, [mia])
    keyfile.create(tmp_path / "other.jsonl")
    foreign = KeyVault(database, tmp_path / "other.jsonl")
    key = (await foreign.keys(TENANT, [tom]))[tom]
    assert key is not None
    with pytest.raises(KeyLost, match="another key under its id"):
        key.seal(b"x")
    with pytest.raises(Unavailable, match="another key under the id kek-1"):
        await foreign.keys("other", [tom])
    with pytest.raises(Unavailable, match="another key under the id kek-1"):
        await foreign.destroy(TENANT, mia)
    assert await count(database, "branches") == 1
    assert await readable(before, values) == {mia}


async def turned(database: Database, path: Path, to: str) -> Progress:
    return [progress async for progress in rotate(database, Keyring(database, path), to)][-1]


def without(path: Path, kek_id: str) -> None:
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines() if f'"{kek_id}"' not in line))


async def test_a_rotation_beside_erasures_rewraps_all_and_the_old_key_may_go(
    database: Database, kek_file: Path
) -> None:
    vaults = [KeyVault(database, kek_file) for _ in range(3)]
    subjects = ids(200)
    values = await sealed(vaults[0], subjects)
    await vaults[0].destroy_all(TENANT, subjects[:100])
    keyfile.add_kek(kek_file, "kek-2")

    async def erase(vault: KeyVault, some: list[str]) -> None:
        for one in some:
            await vault.destroy(TENANT, one)
            await sealed(vault, ids(2), f"tenant-{one[:8]}")

    beside = [asyncio.ensure_future(erase(vaults[at], subjects[100 + at * 20 :][:20])) for at in (1, 2)]
    told = await turned(database, kek_file, "kek-2")
    assert told.rewrapped > 500, "branches"
    assert (told.unreadable, told.retired) == (0, ("kek-1",))
    await asyncio.gather(*beside)
    assert await database.fetchval("select count(*) from vault.branches where kek_id = 'kek-1'") == 0
    without(kek_file, "kek-1")
    left = {*subjects[100:120], *subjects[160:]}
    for vault in (*vaults, KeyVault(database, kek_file)):
        assert await readable(vault, values) == left
    ring = Keyring(database, kek_file)
    counts = {known.entry.id: known.trees for known in await ring.known()}
    assert counts == {"kek-1": 0, "kek-2": 41, "index": 0}


async def test_with_a_lost_key_a_tenants_people_are_as_if_erased_and_go_on_under_another_tree(
    database: Database, kek_file: Path, tmp_path: Path
) -> None:
    running = KeyVault(database, kek_file)
    mia, tom, erased = ids(3)
    before = await sealed(running, [mia, tom, erased])
    await running.destroy(TENANT, erased)
    fresh = tmp_path / "fresh.jsonl"
    keyfile.create(fresh, "kek-a", "index-a")
    ring = Keyring(database, fresh)
    assert await ring.lose("kek-1") == await ring.lose("kek-1") == Lost(0, 1)
    await ring.lose("index")
    later = [KeyVault(database, fresh) for _ in range(3)]
    assert await later[0].existing(TENANT, [mia]) == {mia: None}
    found = await asyncio.gather(*(vault.keys(TENANT, [mia, erased]) for vault in later))
    keys: list[SubjectKey | None] = [one[mia] for one in found]
    assert len({key.digest(b"same") for key in keys if key is not None}) == 1, "all make the same one"
    assert [one[erased] for one in found] == [None] * 3, "erased stays erased"
    after = {mia: keys[0].seal(mia.encode())} if keys[0] is not None else {}
    for vault in later:
        assert await readable(vault, after) == {mia}
        shown = await read(vault, before)
        assert {one.readability for one in shown.values()} == {log_pb2.READABILITY_ERASED}
    await later[0].destroy(TENANT, mia)
    assert await readable(later[1], after) == set()
    [lost] = [known for known in await ring.known() if known.state is State.LOST and known.entry.use == "wrap"]
    assert (lost.subject_keys, lost.trees) == (0, 1)


async def test_below_a_branch_that_was_given_up_people_get_keys_of_their_own(
    database: Database, kek_file: Path
) -> None:
    running = KeyVault(database, kek_file)
    subjects = ids(MANY)
    erased, *living = subjects
    before = await sealed(running, subjects)
    await running.destroy(TENANT, erased)
    keyfile.add_kek(kek_file, "kek-2")
    # Half-way through a rotation: only the root is wrapped by the new key, and the old one is gone.
    await turned(database, kek_file, "kek-2")
    _, path_key = await stored(database, kek_file)
    await database.execute("update vault.branches set kek_id = 'kek-1' where prefix <> ''")
    await database.execute("update vault.key_encryption_keys set state = 'superseded' where kek_id = 'kek-1'")
    await readable(running, before)
    without(kek_file, "kek-1")
    assert await Keyring(database, kek_file).lose("kek-1") == Lost(0, 0)
    below = {one for one in living if path_of(path_key, one)[0] == path_of(path_key, erased)[0]}
    for vault in (running, KeyVault(database, kek_file)):
        assert await readable(vault, before) == set(living) - below
    after = await sealed(running, subjects)
    assert erased not in after
    for vault in (running, KeyVault(database, kek_file)):
        assert await readable(vault, after) == set(living)
    assert await count(database, "subject_keys") == len(below) + 1
    one = min(below)
    assert await running.destroy(TENANT, one) is True
    assert await readable(KeyVault(database, kek_file), after) == set(living) - {one}


async def test_who_is_on_the_path_of_an_erased_one_gets_a_key_of_their_own(
    database: Database, kek_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia, twin, late = ids(3)
    shared = path_of(bytes(16), mia)
    for place in ("chassis.key_trees", "chassis.puncturable"):
        monkeypatch.setattr(
            f"{place}.path_of", lambda key, name: shared if name in (mia, twin, late) else path_of(key, name)
        )
    vault = KeyVault(database, kek_file)
    before = await sealed(vault, [mia, twin])
    assert await readable(vault, before) == {mia, twin}
    await vault.destroy(TENANT, mia)
    assert await readable(vault, before) == set(), "this is why a path has sixty bits"
    after = await sealed(vault, [mia, twin, late])
    assert set(after) == {twin, late}
    for one in (vault, KeyVault(database, kek_file)):
        assert await readable(one, after) == {twin, late}
    await vault.destroy(TENANT, twin)
    assert await readable(KeyVault(database, kek_file), after) == {late}


async def test_a_database_that_went_back_is_noticed(database: Database, kek_file: Path) -> None:
    here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    mia, tom, ann, bob = ids(4)
    values = await sealed(here, [mia, tom, ann, bob])
    await elsewhere.destroy(TENANT, ann)
    tables = ("subject_keys", "trees", "branches")
    for table in tables:
        await database.execute(f"create table copy_of_{table} as select * from vault.{table}")
    await elsewhere.destroy(TENANT, mia)
    assert await readable(here, values) == {tom, bob}
    for table in tables:
        await database.execute(f"truncate vault.{table}")
        await database.execute(f"insert into vault.{table} select * from copy_of_{table}")  # our own
    assert await readable(here, values) == {mia, tom, bob}, "as the database says; whoever owes the erasure repeats it"
    await elsewhere.destroy(TENANT, tom)
    for vault in (here, elsewhere, KeyVault(database, kek_file)):
        assert await readable(vault, values) == {mia, bob}
    for table in tables:
        await database.execute(f"truncate vault.{table}")
    again = await sealed(here, [mia])
    assert await readable(KeyVault(database, kek_file), again) == {mia}, "nothing is sealed under what only memory has"


async def test_what_is_held_is_bounded_and_what_was_dropped_is_loaded_again(
    database: Database, kek_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = KeyVault(database, kek_file, cache_max=2)
    subjects = ids(200)
    values = await sealed(vault, subjects)
    await vault.destroy_all(TENANT, subjects[:60])
    for most, lengths in ((40, {0}), (130, {0, 1, 2})):
        monkeypatch.setattr(key_trees, "BRANCHES_MAX", most)
        assert await readable(vault, values) == set(subjects[60:])
        assert {len(prefix) for prefix in vault._trees._trees[TENANT].branches} == lengths


async def test_of_a_deleted_tenant_no_secret_is_left_and_no_tree_grows_again(
    database: Database, kek_file: Path
) -> None:
    vault, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    subjects = ids(25)
    values = await sealed(vault, subjects)
    await vault.destroy_all(TENANT, subjects[:5])
    kept = await sealed(elsewhere, subjects, "stays")
    await sealed(elsewhere, subjects)
    await database.execute(DELETIONS)
    purge = Purge(database, vault=True, keys=10)
    branches = await count(database, "branches") - 1
    assert await purge.all_of(TENANT) == 0
    assert (await purge.done(TENANT))[1] == branches
    for one in (vault, elsewhere, KeyVault(database, kek_file)):
        assert set((await one.keys(TENANT, [*subjects, *ids(3)])).values()) == {None}
        assert await readable(one, values) == set()
        assert await one.destroy(TENANT, subjects[9]) is False
        assert TENANT not in one._trees.tenants()
    for table in ("subject_keys", "trees", "branches"):
        assert await database.fetchval(f"select count(*) from vault.{table} where tenant = 'acme'") == 0
    opened = await elsewhere.open_all("stays", list(kept.values()))
    assert [one.plain for one in opened] == [subject.encode() for subject in kept]


async def test_only_a_deleted_tenants_trees_are_felled(database: Database, kek_file: Path) -> None:
    await sealed(KeyVault(database, kek_file), ids(3))
    row = await database.fetchrow("select * from vault.fell_trees('acme', 100)")
    assert row is not None
    assert (row["forgotten"], row["destroyed"]) == (0, 0)
    assert await count(database, "trees") == await count(database, "branches") == 1


async def test_vaults_that_plant_at_once_have_one_tree(database: Database, kek_file: Path) -> None:
    vaults = [KeyVault(database, kek_file) for _ in range(6)]
    subjects = ids(20)
    found = await asyncio.gather(*(digests(vault, subjects) for vault in vaults[:1]))
    assert set(found[0].values()) == {None}
    await asyncio.gather(*(vault.keys(TENANT, subjects) for vault in vaults))
    assert await count(database, "trees") == await count(database, "branches") == 1
    assert len({tuple((await digests(vault, subjects)).values()) for vault in vaults}) == 1


async def test_whoever_is_erased_while_the_first_tree_is_planted_stays_erased(
    database: Database, kek_file: Path
) -> None:
    [mia] = ids(1)
    here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
    async with database.acquire() as connection:
        undone = connection.transaction()
        await undone.start()  # holds the erasure up where it has seen that there is no tree
        await connection.execute(
            "insert into vault.subject_keys (tenant, subject_id, wrapped, kek_id) values ('acme', $1, 'x', 'x')", mia
        )
        erasing = asyncio.create_task(here.destroy(TENANT, mia))
        await until_waiting(database, 1)
        looking = asyncio.create_task(elsewhere.keys(TENANT, [mia]))
        await until_waiting(database, 2, looking)
        await undone.rollback()
    assert await erasing is True
    key = (await looking)[mia]
    values = [] if key is None else [key.seal(b"mia")]
    for vault in (here, elsewhere, KeyVault(database, kek_file)):
        assert (await vault.keys(TENANT, [mia]))[mia] is None
        assert [one.plain for one in await vault.open_all(TENANT, values)] == [None] * len(values)
        assert await vault.destroyed(TENANT, [mia]) == {mia}


async def until_waiting(database: Database, count: int, task: asyncio.Task[Any] | None = None) -> None:
    """Until so many wait for locks, or the task is through without."""
    while not (task is not None and task.done()):
        if await database.fetchval("select count(*) from pg_locks where not granted") >= count:
            return
        await asyncio.sleep(0)


async def test_no_row_is_made_once_keys_are_derived(database_url: str, kek_file: Path) -> None:
    async with Database(database_url, "vault") as vault:
        await migrate(vault, [step for step in vault_steps() if step.name < "0005"])
        async with Database(database_url, "ingest") as database:
            here, elsewhere = KeyVault(database, kek_file), KeyVault(database, kek_file)
            [mia] = ids(1)
            await here.keys(TENANT, ids(1))
            async with database.transaction() as connection:  # holds up who has seen that no keys are derived
                await connection.execute("lock table vault.subject_keys in share row exclusive mode")
                making = asyncio.create_task(here.keys(TENANT, [mia]))
                await until_waiting(database, 1)
                await connection.execute("insert into vault.derivation default values")
            with pytest.raises(Unavailable, match="neither created nor found"):
                await making
            values = await sealed(here, [mia])
            assert await readable(elsewhere, values) == {mia}
