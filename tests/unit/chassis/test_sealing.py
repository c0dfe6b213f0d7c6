"""Sealing without a database: laws of a subject's key and of the secret file."""

import base64
import json
from pathlib import Path

import pytest
from chassis import keyfile
from chassis.keyfile import KeyFile, KeyFileError
from chassis.layout import message_of, struct_of
from chassis.sealing import SealBroken, SubjectKey
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from switchboard.log.v1.log_structs import Sealed

MIA = "0190a0a0-0000-7000-8000-000000000001"
TOM = "0190a0a0-0000-7000-8000-000000000002"
KEY = bytes(range(32))


def key(subject: str = MIA, tenant: str = "acme", secret: bytes = KEY) -> SubjectKey:
    return SubjectKey(tenant, subject, secret)


@settings(max_examples=100)
@given(plain=st.binary(max_size=500), secret=st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_and_only_as_it_was(plain: bytes, secret: bytes) -> None:
    sealed = key(secret=secret).seal(plain)
    assert key(secret=secret).open(struct_of(message_of(sealed))) == plain
    assert len(sealed.nonce) == 12
    assert sealed.ciphertext != key(secret=secret).seal(plain).ciphertext
    if len(plain) > 8:
        assert plain not in sealed.nonce + sealed.ciphertext


@settings(max_examples=60)
@given(plain=st.binary(max_size=100), at=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_one_changed_bit_does_not_open(plain: bytes, at: int, bit: int) -> None:
    sealed = key().seal(plain)
    whole = bytearray(sealed.nonce + sealed.ciphertext)
    whole[at % len(whole)] ^= 1 << bit
    changed = Sealed(subject_id=MIA, nonce=bytes(whole[:12]), ciphertext=bytes(whole[12:]))
    with pytest.raises(SealBroken):
        key().open(changed)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(key(subject=TOM), id="another subject with the same bytes for a key"),
        pytest.param(key(tenant="other"), id="the same subject id of another tenant"),
        pytest.param(key(secret=bytes(32)), id="another key"),
    ],
)
def test_a_wrong_key_does_not_open(other: SubjectKey) -> None:
    sealed = replace(key().seal(b"mia@example.org"), subject_id=other.subject_id)
    with pytest.raises(SealBroken) as broken:
        other.open(sealed)
    assert "example" not in str(broken.value)


@pytest.mark.parametrize("nonce", [b"", b"short", b"n" * 200])
def test_a_nonce_of_any_length_is_refused_in_the_same_way(nonce: bytes) -> None:
    with pytest.raises(SealBroken):
        key().open(Sealed(subject_id=MIA, nonce=nonce, ciphertext=b"x" * 40))


def test_a_digest_compares_content_of_one_subject_and_of_no_other() -> None:
    assert key().digest("同じ".encode()) == key().digest("同じ".encode())
    assert len(key().digest(b"")) == 16
    assert len({key().digest(b"a"), key().digest(b"b"), key(secret=bytes(32)).digest(b"a")}) == 3


@given(contents=st.lists(st.binary(max_size=300), max_size=5))
def test_a_digester_gives_the_digests_of_its_key(contents: list[bytes]) -> None:
    assert list(map(key().digester(), contents)) == [key().digest(content) for content in contents]


def test_a_key_does_not_show_itself() -> None:
    subject = key(secret=b"canary-key-canary-key-canary-key")
    assert "canary" not in f"{subject!r} {subject}"


def test_a_created_secret_file_is_for_its_owner_and_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "below" / "kek.jsonl"
    keyfile.create(path)
    first = path.read_bytes()
    keyfile.create(path)
    assert path.read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [left.name for left in path.parent.iterdir()] == ["kek.jsonl"]
    assert [(entry.id, entry.use) for entry in KeyFile(path).entries] == [("kek-1", "wrap"), ("index", "blind")]


def test_an_added_key_is_found_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "kek.jsonl"
    keyfile.create(path)
    running = KeyFile(path)
    keyfile.add_kek(path, "kek-2")
    assert running.find("kek-2") is None
    wrapped = KeyFile(path).kek("kek-2").wrap(KEY, b"bound")
    assert running.kek("kek-2").unwrap(wrapped, b"bound") == KEY
    with pytest.raises(KeyFileError, match="kek-1"):
        running.kek("kek-1").unwrap(wrapped, b"bound")
    with pytest.raises(KeyFileError, match="no key-encryption key kek-9"):
        running.kek("kek-9")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_swapped_under_a_running_process_changes_no_key(tmp_path: Path) -> None:
    path, other = tmp_path / "kek.jsonl", tmp_path / "other.jsonl"
    keyfile.create(path)
    keyfile.create(other)
    running = KeyFile(path)
    wrapped, blind = running.kek("kek-1").wrap(KEY, b"bound"), running.blind_key
    other.rename(path)
    with pytest.raises(KeyFileError, match="kek-1 is another key than before; index is another key than before"):
        running.reload()
    with pytest.raises(KeyFileError, match="another key than before"):
        running.kek("kek-2")
    assert running.kek("kek-1").unwrap(wrapped, b"bound") == KEY
    assert running.blind_key == blind


def test_a_fingerprint_tells_keys_uses_and_ids_apart_and_shows_no_key(tmp_path: Path) -> None:
    same, others = [tmp_path / "one", tmp_path / "same"], [tmp_path / "id", tmp_path / "use", tmp_path / "key"]
    for path in same:
        path.write_text(line("a") + "\n" + line("b", use="blind") + "\n")
    for path, text in zip(others, (line("c"), line("a", use="blind"), line("a", size=32, fill=1)), strict=True):
        path.write_text(text + "\n" + (line("b") if "blind" in text else line("b", use="blind")) + "\n")
    for path in (*same, *others):
        path.chmod(0o600)
    first = [KeyFile(path).entries[0].fingerprint for path in (*same, *others)]
    assert first[0] == first[1]
    assert len(set(first)) == 4
    assert {len(one) for one in first} == {16}
    assert bytes(16) not in first


def test_a_backup_is_for_its_owner_holds_the_same_keys_and_replaces_nothing(tmp_path: Path) -> None:
    path, copy = tmp_path / "kek.jsonl", tmp_path / "copy"
    keyfile.create(path)
    assert keyfile.back_up(path, copy) == KeyFile(path).entries == KeyFile(copy).entries
    assert copy.stat().st_mode & 0o777 == 0o600
    keyfile.add_kek(path, "kek-2")
    with pytest.raises(FileExistsError):
        keyfile.back_up(path, copy)
    assert len(KeyFile(copy).entries) == 2


def line(kek_id: object = "k", use: str = "wrap", size: int = 32, fill: int = 0) -> str:
    return json.dumps({"id": kek_id, "use": use, "key": base64.b64encode(bytes([fill]) * size).decode()})


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        pytest.param("", ["is empty: put it back"], id="an empty file"),
        pytest.param("\n \n", ["is empty: put it back"], id="a file of blank lines"),
        pytest.param(line() + "\n" + line("b", use="blind")[:40], ["line 2 is cut short"], id="a truncated file"),
        pytest.param(line(size=16) + "\n" + line("b", use="blind"), ["line 1 has a key of 16 bytes"], id="a short key"),
        pytest.param(line() + "\n" + line(), ["line 2 repeats", "0 lines"], id="an id twice and no blind key"),
        pytest.param("{}\nsecret-canary\n" + line(use="x"), ["line 1 is not", "line 2 is not", "line 3"], id="no rows"),
        pytest.param(line(7) + "\n" + line("b", use="blind"), ["line 1 has no id"], id="an id that is a number"),
        pytest.param("密钥", ["is no text of ASCII"], id="not ascii"),
    ],
)
def test_every_mistake_of_a_secret_file_is_told_at_once(tmp_path: Path, text: str, complaints: list[str]) -> None:
    path = tmp_path / "kek.jsonl"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileError) as told:
        KeyFile(path)
    assert [c for c in complaints if c not in str(told.value)] == []
    assert "canary" not in str(told.value)


def test_a_secret_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kek.jsonl"
    keyfile.create(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="every user"):
        KeyFile(path)
    with pytest.raises(KeyFileError, match="is not there: put it back"):
        KeyFile(tmp_path / "missing")
    with pytest.raises(KeyFileError, match="cannot be read"):
        KeyFile(tmp_path)
