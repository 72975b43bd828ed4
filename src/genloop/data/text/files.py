"""Text from files of the user's own: plain text, folders of it, Parquet or JSON lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Literal

from genloop.data.reading import files_in, named_path, readable
from genloop.data.text.documents import RawTexts
from genloop.data.text.source import TextSource
from genloop.data.text.tables import read_json_lines, read_parquet
from genloop.errors import UserError
from genloop.identity import file_digest, type_name

DEFAULT_COLUMN = "text"
JSON_LINES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")


@dataclass(frozen=True)
class Texts(TextSource):
    """Documents from files: a text file separated by end-of-text, a folder of such files, Parquet, or JSON lines.

    Attributes:
        train: path of the training text.
        test: path of the test text; None holds out a tenth of the training documents.
        text_column: where Parquet and JSON lines keep the text.
    """

    version: ClassVar[int] = 1

    train: str
    test: str | None = None
    text_column: str = DEFAULT_COLUMN

    def texts_identity(self) -> dict[str, Any]:
        return {
            "type": type_name(self),
            "version": self.version,
            "train": _digests("train", self.train),
            "test": None if self.test is None else _digests("test", self.test),
            "text_column": self.text_column,
        }

    def read(self) -> RawTexts:
        train = _read("train", self.train, self.text_column)
        return RawTexts(train, None if self.test is None else _read("test", self.test, self.text_column))


def _digests(field: str, written: str) -> list[str]:
    """Return the content digests of all files, after their format where it is not plain text.

    The ending of a name chooses how its file is read; beyond that, names and order change nothing.
    """
    return sorted(_digest(path) for path in _files(field, written))


def _digest(path: Path) -> str:
    file_format = _format(path)
    return file_digest(path) if file_format == "plain" else f"{file_format} {file_digest(path)}"


def _format(path: Path) -> Literal["plain", "json-lines", "parquet"]:
    if path.name.endswith(".parquet"):
        return "parquet"
    return "json-lines" if path.name.endswith(JSON_LINES) else "plain"


def _read(field: str, written: str, column: str) -> Iterator[str]:
    return chain.from_iterable(_read_file(path, column) for path in _files(field, written))


def _files(field: str, written: str) -> list[Path]:
    """Return the file that a path names or, of a folder, the text files in it, at any depth."""
    path = named_path(field, written)
    if path.is_file():
        return [readable(path)]
    if not path.is_dir():
        raise UserError(f"{field}={written!r}: there is no such file or folder. Check the path.")
    files = sorted(Path(found) for found in files_in(path) if found.endswith(".txt"))
    if not files:
        raise UserError(f"{field}={written!r} is a folder without .txt files. Name a folder of them, or one file.")
    return list(map(readable, files))


def _read_file(path: Path, column: str) -> Iterator[str]:
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty. Give a file with text.")
    if _format(path) == "parquet":
        return read_parquet(path, column)
    if _format(path) == "json-lines":
        return read_json_lines(path, column)
    if column != DEFAULT_COLUMN:
        raise UserError(f"text_column={column!r} means nothing for {path}, which is plain text. Remove it.")
    return iter([_read_plain(path)])


def _read_plain(path: Path) -> str:
    data = path.read_bytes()
    if 0 in data:
        raise UserError(f"{path} is no text: it has a zero byte at {data.index(0)}. Give a file in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UserError(
            f"{path} is no UTF-8: byte {data[problem.start]:#04x} at {problem.start} does not fit. Convert it to UTF-8."
        ) from None
