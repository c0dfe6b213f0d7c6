"""Files as people have them: compressed, in other encodings, with other delimiters, or not text at all."""

import codecs
import gzip
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchboard_cli.deliveries.files import SAMPLE_BYTES, FileError, input_file, input_files
from switchboard_cli.deliveries.rows import csv_file

CHINESE = "编号,作者,内容\n" + "".join(f"{n},用户{n},宽带三天没有信号，投诉多次没有人处理。\n" for n in range(20))
JAPANESE = "番号,名前,本文\n" + "".join(f"{n},顧客{n},インターネットが三日間つながりません。\n" for n in range(20))
KOREAN = "번호,이름,본문\n" + "".join(f"{n},고객{n},인터넷이 사흘째 연결되지 않습니다.\n" for n in range(20))
TAIWANESE = "編號,作者,內容\n" + "".join(f"{n},用戶{n},寬頻三天沒有訊號，投訴多次沒有人處理。\n" for n in range(20))


def kept(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-32"),
        (CHINESE, "gbk"),
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "cp949"),
    ],
)
def test_an_encoding_is_found_by_looking(tmp_path: Path, text: str, encoding: str, compressed: bool) -> None:
    data = text.encode(encoding)
    file = input_file(kept(tmp_path, gzip.compress(data) if compressed else data))
    with file.open_text() as opened:
        assert opened.read() == text
    assert file.read_utf8().decode() == text


SENTENCES = {
    "gb18030": ("宽带三天没有信号", "投诉", "多次没有人处理", "用户", "谢谢", "书名,退货", "，", "。"),
    "big5hkscs": ("寬頻三天沒有訊號", "投訴", "多次沒有人處理", "用戶", "謝謝", "退款,盡快", "，", "。"),
    "cp932": ("インターネット", "つながりません", "返金", "お願いします", "顧客", "ｱﾌﾟﾘ", "、", "。"),
    "euc_jp": ("インターネット", "つながりません", "返金", "お願いします", "顧客", "アプリ", "、", "。"),
    "cp949": ("인터넷이", "연결되지 않습니다", "환불", "부탁드립니다", "고객", "감사합니다", ", ", "."),
    "latin-1": ("café", "Ärger über", "señor", "déjà vu", "ça va", "naïve", ", ", "."),
}


@settings(max_examples=300)
@given(data=st.data(), encoding=st.sampled_from(sorted(SENTENCES)), rows=st.integers(1, 6))
def test_law_few_characters_are_no_text_of_a_guessed_encoding(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, encoding: str, rows: int
) -> None:
    said = st.lists(st.sampled_from(SENTENCES[encoding]), min_size=1, max_size=8)
    text = "id,author,text\n" + "".join(f"{n},u{n},{''.join(data.draw(said))}\n" for n in range(rows))
    raw = text.encode(encoding)
    path = kept(tmp_path_factory.mktemp("few"), raw)
    refusal, read = "", text
    try:
        read = input_file(path).read_utf8().decode(errors="surrogateescape")
    except FileError as refused:
        refusal = str(refused)
    broken = any("\udc80" <= character <= "\udcff" for character in read)  # which the quarantine takes
    # Thanks in GB18030 are two letters of Cyrillic in UTF-8: what is valid there is that, and nobody can tell.
    as_utf8 = raw.decode(errors="surrogateescape")
    assert "--encoding" in refusal or broken or read in (text, as_utf8)
    assert input_file(path, encoding).read_utf8().decode() == text, "said, it is read"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_unicode_is_found_in_one_row(tmp_path: Path, encoding: str) -> None:
    assert (
        input_file(kept(tmp_path, "id,text\n1,投诉多次\n".encode(encoding))).read_utf8().decode().endswith("投诉多次\n")
    )


@settings(max_examples=200)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
def test_law_utf8_is_never_taken_for_anything_else(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = kept(tmp_path_factory.mktemp("law"), text.encode())
    assert input_file(path).read_utf8().decode() == text.removeprefix("\ufeff")


def test_a_character_that_the_sample_cuts_in_two_is_no_broken_one(tmp_path: Path) -> None:
    text = "a" + "网" * (SAMPLE_BYTES // 3 + 10)
    assert input_file(kept(tmp_path, text.encode())).encoding == "utf-8-sig"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(CHINESE.encode() + b"99,\xff\xfe,x\n", id="one line among good ones"),
        pytest.param(b"id,author,text\n1,a,caf\xe9\n", id="one byte a character is never guessed"),
    ],
)
def test_bytes_that_are_no_text_break_their_row_alone(tmp_path: Path, data: bytes) -> None:
    rows = list(csv_file(input_file(kept(tmp_path, data))).rows())
    assert [row.fields is None for row in rows] == [False] * (len(rows) - 1) + [True]
    assert "--encoding" in rows[-1].problem


def test_an_encoding_that_is_said_is_used(tmp_path: Path) -> None:
    [row] = csv_file(input_file(kept(tmp_path, b"id,text\n1,caf\xe9\n"), "latin-1")).rows()
    assert row.fields == {"id": "1", "text": "café"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    lines = [["id", "text, or so", "at"], ["1", "a; b | c", "now"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    [row] = csv_file(input_file(kept(tmp_path, text.encode()))).rows()
    assert row.fields == dict(zip(*lines, strict=True))


def test_a_delimiter_that_is_said_is_used(tmp_path: Path) -> None:
    [row] = csv_file(input_file(kept(tmp_path, b"id:a,b\n1:c,d\n")), ":").rows()
    assert row.fields == {"id": "1", "a,b": "c,d"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"PK\x03\x04rest", "save the sheet as CSV", id="a spreadsheet"),
        pytest.param(b"%PDF-1.7", "is a PDF", id="a PDF"),
        pytest.param(b"\x28\xb5\x2f\xfdrest", "use gzip", id="zstd"),
        pytest.param(gzip.compress(b"id,text\n" * 1000)[:-9], "damaged or cut", id="a gzip file that was cut"),
        pytest.param(b"\x1f\x8bnot gzip at all", "damaged or cut", id="a gzip file that is none"),
    ],
)
def test_what_is_no_text_is_named_with_the_fix(tmp_path: Path, data: bytes, said: str) -> None:
    path = kept(tmp_path, data)
    with pytest.raises(FileError, match=said) as refused:
        list(csv_file(input_file(path)).rows())
    assert "file.csv" in str(refused.value)


@settings(max_examples=100)
@given(data=st.binary(max_size=300))
def test_law_any_bytes_are_read_or_refused_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = kept(tmp_path_factory.mktemp("any"), data)
    said = ""
    try:
        file = input_file(path)
        rows = list(csv_file(file).rows())
        file.read_utf8()
    except FileError as refused:
        rows, said = [], str(refused)
    assert all(isinstance(row.raw_bytes(), bytes) for row in rows)
    assert said.startswith("file.csv ") or not said


def test_standard_input_is_read_as_often_as_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(codecs.BOM_UTF8 + b"id,text\n1,a\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    with input_files(("-",), None) as (file,):
        table = csv_file(file)
        assert (
            [row.fields for row in table.rows()] == [row.fields for row in table.rows()] == [{"id": "1", "text": "a"}]
        )
        assert table.name == "standard input"
    assert not file.path.exists()


@pytest.mark.parametrize("shifted", range(4))
@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        ("1,用户,宽带三天没有信号，投诉多次没有人处理。\n", "gb18030"),
        ("1,顧客,インターネットが三日間つながりません。\n", "cp932"),
        ("1,顧客,インターネットが三日間つながりません。\n", "euc_jp"),
        ("1,고객,인터넷이 사흘째 연결되지 않습니다.\n", "cp949"),
        ("1,用戶,寬頻三天沒有訊號，投訴多次沒有人處理。\n", "big5hkscs"),
    ],
)
def test_an_encoding_is_found_wherever_the_sample_ends(tmp_path: Path, line: str, encoding: str, shifted: int) -> None:
    encoded = line.encode(encoding)
    data = b"x" * shifted + b"id,author,text\n" + encoded * (SAMPLE_BYTES // len(encoded) + 2)
    assert input_file(kept(tmp_path, data)).read_utf8().decode() == data.decode(encoding)
