"""Key files against a real PostgreSQL: which one a database takes, how it turns to another key, how one is given up."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from chassis import keyfile
from chassis.database import Database
from chassis.errors import NotFound, Rejected, Unavailable
from chassis.keyring import Keyring, Lost, State, unfit
from chassis.migrations import migrate_all
from chassis.rotation import Progress, rotate
from chassis.sealing import SubjectKey
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
"""For what counts the rows of subjects. What becomes of trees is told by `test_key_trees`."""


@pytest.fixture
def other_file(tmp_path: Path) -> Path:
    """Another file, whose keys have the same names."""
    path = tmp_path / "other.jsonl"
    keyfile.create(path)
    return path


def ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


async def sealed(vault: KeyVault, subjects: list[str]) -> dict[str, Sealed]:
    """A value of each, sealed under its key, which is made where there is none."""
    keys = await vault.keys("acme", subjects)
    return {subject: key.seal(subject.encode()) for subject, key in keys.items() if key is not None}


async def readable(database: Database, path: Path, values: dict[str, Sealed]) -> int:
    """How many a process that starts now can open."""
    return sum(one.plain is not None for one in await KeyVault(database, path).open_all("acme", list(values.values())))


async def states(database: Database, path: Path) -> dict[str, State]:
    return {known.entry.id: known.state for known in await Keyring(database, path).known()}


async def turned(database: Database, path: Path, to: str) -> Progress:
    """What a rotation says last."""
    said = [progress async for progress in rotate(database, Keyring(database, path), to)]
    assert [one.done for one in said] == [False] * (len(said) - 1) + [True]
    return said[-1]


def without(path: Path, kek_id: str) -> None:
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines() if f'"{kek_id}"' not in line))


async def test_a_database_takes_the_first_file_and_refuses_another_with_the_same_names(
    database: Database, kek_file: Path, other_file: Path
) -> None:
    assert await Keyring(database, kek_file).finding() is None
    found = await Keyring(database, other_file).finding()
    assert found is not None
    for named in ("kek-1", str(other_file), "another key under the id", "put back the file"):
        assert named in found
    assert await Keyring(database, kek_file).finding() is None
    assert await unfit(database, kek_file) is None
    assert "another key under the id" in str(await unfit(database, other_file))
    assert "there is no key file" in str(await unfit(database, kek_file.with_name("fresh")))


@in_rows
async def test_nothing_is_sealed_under_another_file_that_a_running_process_holds(
    database: Database, kek_file: Path, other_file: Path
) -> None:
    before = KeyVault(database, kek_file)
    subjects = ids(3)
    values = await sealed(before, subjects)
    foreign = KeyVault(database, other_file)
    for asked in (ids(3), [*ids(2), *subjects]):
        with pytest.raises(Unavailable, match="another key under the id kek-1"):
            await foreign.keys("acme", asked)
    assert await database.fetchval("select count(*) from vault.subject_keys") == 3
    assert await readable(database, kek_file, values) == 3


async def test_of_two_first_files_at_once_one_is_taken_and_the_other_refused(
    database: Database, kek_file: Path, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.jsonl"
    keyfile.create(foreign, "kek-b", "index-b")
    rings = [Keyring(database, path) for path in (kek_file, foreign) * 4]
    found = await asyncio.gather(*(ring.finding() for ring in rings))
    assert sorted(one is None for one in found) == [False] * 4 + [True] * 4
    assert len({one for one in found[0::2] if one}) + len({one for one in found[1::2] if one}) == 1


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda path: path.unlink(), "is not there: put it back from its backup", id="missing"),
        pytest.param(lambda path: path.chmod(0o644), "is open to every user of this machine: chmod 600", id="open"),
        pytest.param(lambda path: path.write_text(""), "is empty", id="empty"),
        pytest.param(lambda path: path.write_text(path.read_text()[:130]), "cut short", id="truncated in a line"),
        pytest.param(lambda path: without(path, "index"), '0 lines have "use": "blind"', id="truncated at a line"),
        pytest.param(lambda path: keyfile.create(path.with_name("x"), "kek-9"), None, id="untouched"),
    ],
)
async def test_what_is_wrong_with_the_file_is_a_sentence_with_its_name(
    database: Database, kek_file: Path, spoil: object, says: str | None
) -> None:
    assert await Keyring(database, kek_file).finding() is None
    spoil(kek_file)  # type: ignore[operator]
    found = await Keyring(database, kek_file).finding()
    assert (found is None) is (says is None)
    if says is not None:
        assert found is not None
        assert says in found
        assert str(kek_file) in found


async def test_a_file_that_is_gone_for_a_while_stops_nobody_who_has_read_it(database: Database, kek_file: Path) -> None:
    running = Keyring(database, kek_file)
    assert await running.finding() is None
    kek_file.rename(kek_file.with_name("elsewhere"))
    assert await running.finding() is None
    keyfile.create(kek_file)
    assert await running.finding() is None, "nor one that is swapped"
    assert await Keyring(database, kek_file).finding() is not None, "who starts now has no other one"


async def test_who_waits_for_the_right_file_goes_on_once_it_is_there(
    database: Database, kek_file: Path, other_file: Path
) -> None:
    assert await Keyring(database, kek_file).finding() is None
    waiting = Keyring(database, other_file)
    assert await waiting.finding() is not None
    kek_file.rename(other_file)
    assert await waiting.finding() is None


@in_rows
async def test_a_rotation_rewraps_all_and_the_old_key_may_go(database: Database, kek_file: Path) -> None:
    running = KeyVault(database, kek_file)
    subjects = ids(2300)
    values = await sealed(running, subjects)
    await running.destroy("acme", subjects[0])
    keyfile.add_kek(kek_file, "kek-2")
    assert await Keyring(database, kek_file).finding() is None
    assert await states(database, kek_file) == {
        "kek-1": State.CURRENT, "index": State.CURRENT, "kek-2": State.SPARE,
    }  # fmt: skip
    assert await turned(database, kek_file, "kek-2") == Progress(2299, 0, ("kek-1",), done=True)
    assert await turned(database, kek_file, "kek-2") == Progress(0, 0, (), done=True)
    values |= await sealed(running, ids(1))  # the running vault still has kek-1 for the current one
    without(kek_file, "kek-1")
    assert await Keyring(database, kek_file).finding() is None
    assert await readable(database, kek_file, values) == 2300
    left = "select count(*) from vault.subject_keys where kek_id = 'kek-1' and wrapped is not null"
    assert await database.fetchval(left) == 0
    keyfile.add_kek(kek_file, "kek-3")
    assert (await turned(database, kek_file, "kek-3")).retired == ("kek-2",)
    with pytest.raises(Rejected, match="KEY_GIVEN_UP"):
        await turned(database, kek_file, "kek-2")


@in_rows
async def test_a_rotation_that_was_interrupted_goes_on_where_it_is_asked_again(
    database: Database, kek_file: Path
) -> None:
    values = await sealed(KeyVault(database, kek_file), ids(2500))
    keyfile.add_kek(kek_file, "kek-2")
    begun = rotate(database, Keyring(database, kek_file), "kek-2")
    assert (await anext(begun)).rewrapped == 1000
    await begun.aclose()
    assert await states(database, kek_file) | {"index": State.CURRENT} == {
        "kek-1": State.SUPERSEDED, "kek-2": State.CURRENT, "index": State.CURRENT,
    }  # fmt: skip
    assert await readable(database, kek_file, values) == 2500
    missing = kek_file.with_name("without")
    missing.write_text(kek_file.read_text())
    missing.chmod(0o600)
    without(missing, "kek-1")
    assert "lacks kek-1" in str(await Keyring(database, missing).finding()), "something is wrapped by it still"
    assert await turned(database, kek_file, "kek-2") == Progress(1500, 0, ("kek-1",), done=True)
    assert await readable(database, missing, values) == 2500


async def test_who_creates_keys_during_a_rotation_wraps_none_by_the_old_one(database: Database, kek_file: Path) -> None:
    vaults = [KeyVault(database, kek_file) for _ in range(4)]
    values = await sealed(vaults[0], ids(1200))
    keyfile.add_kek(kek_file, "kek-2")

    async def create(vault: KeyVault) -> dict[str, Sealed]:
        made: dict[str, Sealed] = {}
        for _ in range(20):
            made |= await sealed(vault, ids(20))
        return made

    made = [asyncio.ensure_future(create(vault)) for vault in vaults]
    assert (await turned(database, kek_file, "kek-2")).retired == ("kek-1",)
    for task in made:
        values |= await task
    assert await database.fetchval("select count(*) from vault.subject_keys where kek_id = 'kek-1'") == 0
    without(kek_file, "kek-1")
    assert await readable(database, kek_file, values) == 1200 + 4 * 400


@in_rows
async def test_a_rotation_takes_every_key_it_can_and_keeps_what_wraps_the_rest(
    database: Database, kek_file: Path
) -> None:
    subjects = ids(30)
    await sealed(KeyVault(database, kek_file), subjects)
    await database.execute("update vault.subject_keys set wrapped = '\\x00' where subject_id = $1", subjects[7])
    keyfile.add_kek(kek_file, "kek-2")
    assert await turned(database, kek_file, "kek-2") == Progress(29, 1, (), done=True)
    assert (await states(database, kek_file))["kek-1"] is State.SUPERSEDED


async def test_a_rotation_to_a_key_nobody_has_is_refused_and_changes_nothing(
    database: Database, kek_file: Path
) -> None:
    await sealed(KeyVault(database, kek_file), ids(2))
    with pytest.raises(NotFound):
        await turned(database, kek_file, "kek-2")
    with pytest.raises(NotFound):
        await turned(database, kek_file, "index")
    assert (await states(database, kek_file))["kek-1"] is State.CURRENT


@in_rows
async def test_a_lost_key_is_given_up_with_what_it_wrapped_and_the_rest_goes_on(
    database: Database, kek_file: Path
) -> None:
    running = KeyVault(database, kek_file)
    mia, erased, *others = ids(12)
    before = await sealed(running, [mia, erased])
    await running.destroy("acme", erased)
    keyfile.add_kek(kek_file, "kek-2")
    await Keyring(database, kek_file).finding()
    # Those of kek-2: as after a rotation that nobody finished.
    await database.execute("update vault.key_encryption_keys set state = 'superseded' where kek_id = 'kek-1'")
    await database.execute("update vault.key_encryption_keys set state = 'current' where kek_id = 'kek-2'")
    kept = await sealed(running, others)
    without(kek_file, "kek-1")
    ring = Keyring(database, kek_file)
    assert "lacks kek-1" in str(await ring.finding())
    assert await ring.lose("kek-1") == Lost(1, 0)
    assert await ring.lose("kek-1") == Lost(1, 0), "repeating is harmless"
    assert await ring.finding() is None
    for vault in (running, KeyVault(database, kek_file)):
        assert (await vault.existing("acme", [mia, erased])) == {mia: None, erased: None}
    after = await sealed(running, [mia, erased, *ids(2)])
    assert erased not in after, "erased stays erased"
    assert await readable(database, kek_file, {mia: before[mia]}) == 0
    assert await readable(database, kek_file, after | kept) == 3 + 10
    [lost] = [known for known in await ring.known() if known.state is State.LOST]
    assert (lost.entry.id, lost.subject_keys) == ("kek-1", 1)


async def test_of_processes_that_make_the_key_of_a_lost_subject_anew_all_have_the_same_one(
    database: Database, kek_file: Path
) -> None:
    running = KeyVault(database, kek_file)
    subjects = ids(40)
    await sealed(running, subjects)
    fresh = kek_file.with_name("fresh")
    keyfile.create(fresh, "kek-a", "index-a")
    for kek_id in ("kek-1", "index"):
        await Keyring(database, fresh).lose(kek_id)
    vaults = [KeyVault(database, fresh) for _ in range(4)]
    found = await asyncio.gather(
        *(vault.keys("acme", subjects[at:] + subjects[:at]) for at, vault in enumerate(vaults))
    )
    for subject in subjects:
        keys: list[SubjectKey | None] = [one[subject] for one in found]
        assert len({key.digest(b"same") for key in keys if key is not None}) == 1


@in_rows
async def test_a_whole_file_that_is_lost_is_replaced_by_a_new_one_and_an_explicit_act(
    database: Database, kek_file: Path, tmp_path: Path
) -> None:
    values = await sealed(KeyVault(database, kek_file), ids(5))
    fresh = tmp_path / "fresh.jsonl"
    keyfile.create(fresh, "kek-a", "index-a")
    ring = Keyring(database, fresh)
    assert "switchboard keys lost kek-1 index --yes" in str(await ring.finding())
    assert await ring.lose("kek-1") == Lost(5, 0)
    assert "lacks index" in str(await ring.finding())
    assert await ring.lose("index") == Lost(0, 0)
    assert "only keys that were given up" in str(await Keyring(database, kek_file).finding())
    assert await ring.finding() is None
    values |= await sealed(KeyVault(database, fresh), ids(2))
    assert await readable(database, fresh, values) == 2
    assert "lacks kek-a" in str(await Keyring(database, kek_file).finding()), "the old file is of no use any more"


async def test_a_key_that_is_there_is_not_lost(database: Database, kek_file: Path) -> None:
    ring = Keyring(database, kek_file)
    await ring.finding()
    with pytest.raises(Rejected, match="KEY_IN_FILE"):
        await ring.lose("kek-1")
    with pytest.raises(NotFound):
        await ring.lose("kek-9")
    assert await ring.finding() is None
