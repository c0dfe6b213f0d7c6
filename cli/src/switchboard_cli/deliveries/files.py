"""Files as people have them: compressed or not, in whatever encoding, or standard input. It knows no column.

What is compressed is told by its first bytes, not by its name. An encoding that is not said is UTF-8, with or without
mark, or UTF-16 or UTF-32 with theirs; else one of East Asia's, found by charset-normalizer where there is enough text
to tell them apart. What is too short for that, and an encoding of one byte a character, is never guessed: it has to be
said.
"""

import codecs
import gzip
import io
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SAMPLE_BYTES = 256 * 1024
"""What is looked at to find an encoding."""
STDIN = "-"
_GZIP = b"\x1f\x8b"
_NO_TEXT = {
    b"PK\x03\x04": "is a ZIP archive or a spreadsheet; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "is an old spreadsheet; save the sheet as CSV",
    b"%PDF": "is a PDF; only CSV and JSON are read",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; unpack it, or use gzip",
    b"BZh": "is compressed by bzip2; unpack it, or use gzip",
    b"\xfd7zXZ": "is compressed by xz; unpack it, or use gzip",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The marks a text may begin with, and the codec that takes them off; UTF-32's begin like UTF-16's."""
_EAST_ASIAN = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949")
_UTF16 = ("utf_16_le", "utf_16_be")
"""Both are found by looking: in these, few texts of another encoding are any text at all."""


TELLING_MIN = 256
"""Characters beyond ASCII from which on East Asia's encodings are told apart. Against: of thousands of made-up files in
five of them, the longest that was taken for another one had 191.
"""


class FileError(ValueError):
    """The file cannot be read as text; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of deliveries and the encoding its text is in, `found` when nobody said it."""

    name: str
    path: Path
    encoding: str
    found: bool

    @contextmanager
    def open_text(self) -> Iterator[io.TextIOBase]:
        """Its text with its own line ends. Bytes that are no text of the encoding become lone surrogates.

        Raises FileError where what is compressed is damaged, OSError when it cannot be read.
        """
        with _whole(self.name), _uncompressed(self.path) as file:
            yield io.TextIOWrapper(file, self.encoding, errors="surrogateescape", newline="")

    def read_utf8(self) -> bytes:
        """All of it in UTF-8 without a mark; what is no text of its encoding stays. Raises like `open_text`."""
        with _whole(self.name), _uncompressed(self.path) as file:
            data = file.read()
        if self.encoding in ("utf-8", "utf-8-sig"):
            return data.removeprefix(codecs.BOM_UTF8)
        return data.decode(self.encoding, "surrogateescape").encode("utf-8", "surrogateescape")


@contextmanager
def input_files(names: tuple[str, ...], encoding: str | None) -> Iterator[list[InputFile]]:
    """The files of these names, `-` being standard input, which is kept in a temporary file while entered.

    `encoding` is one Python knows. Raises FileError for what is no text, OSError when one cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="switchboard-") as directory:
        files = []
        for name in names:
            if name != STDIN:
                files.append(input_file(Path(name), encoding, name))
                continue
            path = Path(directory) / "stdin"
            with path.open("wb") as kept:
                shutil.copyfileobj(sys.stdin.buffer, kept)
            files.append(input_file(path, encoding, "standard input"))
        yield files


def input_file(path: Path, encoding: str | None = None, name: str = "") -> InputFile:
    """A file on disk. `encoding` is one Python knows; `name` is what sentences call it, its own name unless said.

    Raises FileError for what is no text, OSError when it cannot be read.
    """
    name = name or path.name
    with _whole(name), _uncompressed(path) as file:
        sample = file.read(SAMPLE_BYTES)
        ends = not file.read(1)
    for magic, said in _NO_TEXT.items():
        if sample.startswith(magic):
            raise FileError(f"{name} {said}")
    if encoding is not None:
        normal = codecs.lookup(encoding).name
        return InputFile(name, path, "utf-8-sig" if normal == "utf-8" else normal, found=False)
    found = _encoding_of(sample, ends=ends)
    if found in _EAST_ASIAN and (telling := sum(c > "\x7f" for c in sample.decode(found, "ignore"))) < TELLING_MIN:
        examples = f"{', '.join(_EAST_ASIAN[:-1])} or {_EAST_ASIAN[-1]}"
        raise FileError(
            f"{name} is not UTF-8, and {telling} characters beyond ASCII are too few to tell what it is; say its"
            f" encoding with --encoding, such as {examples}"
        )
    return InputFile(name, path, found, found=True)


def _encoding_of(sample: bytes, *, ends: bool) -> str:
    """The encoding of a text that begins like this; `ends` when this is all of it."""
    for mark, codec in _MARKS:
        if sample.startswith(mark):
            return codec
    if _mostly_utf8(sample, ends=ends):
        return "utf-8-sig"
    from charset_normalizer import from_bytes

    # A file of lines in UTF-16 has zero bytes, and none of the others has any.
    candidates = list(_UTF16 if b"\0" in sample else _EAST_ASIAN)
    # A sample that ends within a character is no text at all to charset-normalizer: it gets whole lines.
    lines = sample if ends else sample[: sample.rfind(b"\n") + 1] or sample
    best = from_bytes(lines[: len(lines) & ~1] if b"\0" in sample else lines, cp_isolation=candidates).best()
    return "utf-8-sig" if best is None else best.encoding


def _mostly_utf8(sample: bytes, *, ends: bool) -> bool:
    """Whether it is UTF-8 but for some broken lines, which are for the quarantine."""
    if b"\0" in sample:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=ends)
    except UnicodeDecodeError:
        pass
    else:
        return True
    lines = [line for line in sample.split(b"\n")[: None if ends else -1] if not line.isascii()]
    return 2 * sum(map(_is_utf8, lines)) > len(lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _uncompressed(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        if compressed:
            with gzip.open(file) as inside:
                yield inside  # type: ignore[misc]  # a GzipFile reads like any file
        else:
            yield file


@contextmanager
def _whole(name: str) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise FileError(f"{name} is no text in {error.encoding}, or cut; say its encoding with --encoding") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileError(f"{name} is compressed by gzip and damaged or cut; copy it again") from None
