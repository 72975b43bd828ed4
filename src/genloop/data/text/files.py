"""Text from files of the user's own: plain text, JSON lines, CSV or Parquet, in one file, many or a folder."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from genloop.data.named_files import (
    COMPRESSED,
    DAMAGE,
    TABLES,
    FileFormat,
    NamedFiles,
    find_files,
    format_of,
    open_file,
)
from genloop.data.reading import reason
from genloop.data.records import cells_of
from genloop.data.text.cells import Unusable, text_in
from genloop.data.text.documents import Broken, RawTexts, check_broken, split
from genloop.data.text.source import TextSource
from genloop.errors import UserError
from genloop.identity import file_digest, type_name

DEFAULT_COLUMN = "text"
PLAIN = (".txt",)
ALSO_PLAIN = (
    *PLAIN,
    ".text",
    ".md",
    ".rst",
    ".tex",
    ".py",
    ".log",
    ".raw",
    ".tokens",
    "",
)  # where a file itself is named


@dataclass(frozen=True)
class Texts(TextSource):
    """Documents from files: plain text with end-of-text between documents, JSON lines, CSV or Parquet.

    A row of a table is a document. Files may be compressed by gzip, bzip2, xz or zstandard; the ending of a name says
    how a file is read, in either case. Of a folder, the files of its one format are read, at any depth; if all of them
    are named after splits (`train-00000.parquet`, `test/0.jsonl`), as in a copy of a data set of the Hub, those of the
    split that is meant, where a validation split stands in for a missing test split.

    Attributes:
        train: path of the training text, a pattern such as `shards/*.jsonl`, or several of either.
        test: path of the test text, likewise; None holds out a tenth of the training documents.
        text_column: where tables keep the text.
        broken: what is done about rows that hold no text: `refuse` them, so that nothing is lost unnoticed, or `skip`
            and count them.
    """

    version: ClassVar[int] = (
        3  # leaves near copies of test documents out of the training documents, as `copies` knows them
    )

    train: str | tuple[str, ...]
    test: str | tuple[str, ...] | None = None
    text_column: str = DEFAULT_COLUMN
    broken: Broken = "refuse"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_broken(self.broken)

    def texts_identity(self) -> dict[str, Any]:
        identity = {
            "type": type_name(self),
            "version": self.version,
            "train": _digests(_find("train", self.train)),
            "test": None if self.test is None else _digests(_find("test", self.test)),
            "text_column": self.text_column,
        }
        return identity | ({"broken": "skip"} if self.broken == "skip" else {})

    def read(self) -> RawTexts:
        train = _find("train", self.train)
        test = None if self.test is None else _find("test", self.test)
        return RawTexts(
            _read(train, self.text_column),
            None if test is None else _read(test, self.text_column),
            left_out={"train": train.left_out, "test": {} if test is None else test.left_out},
            broken=self.broken,
        )


def _find(field: str, written: str | Sequence[str]) -> NamedFiles:
    return find_files(field, written, plain=PLAIN)


def _digests(files: NamedFiles) -> list[str]:
    """Return the content digests of all files, after their format where it is not plain text.

    The ending of a name chooses how its file is read; beyond that, names and order change nothing.
    """
    return sorted(_digest(path) for path in files.paths)


def _digest(path: Path) -> str:
    file_format = str(_format(path))
    return file_digest(path) if file_format == "plain" else f"{file_format} {file_digest(path)}"


def _format(path: Path) -> FileFormat:
    found = format_of(path, ALSO_PLAIN)
    if found is None:
        is_packed = path.suffix.lower() in COMPRESSED
        raise UserError(
            f"{path} ends in {''.join(path.suffixes[-1 - is_packed :])}, which is not read as text. Give "
            f"{', '.join([*PLAIN, *TABLES])}, compressed (.gz, .bz2, .xz, .zst) or not; what is plain text, rename to "
            ".txt."
        )
    return found


def _read(files: NamedFiles, column: str) -> Iterator[str | Unusable]:
    for path in files.paths:
        file_format = _format(path)
        if path.stat().st_size == 0:
            raise UserError(f"{path} is empty. Give a file with text.")
        if file_format.kind != "plain":
            yield from (text_in(place, column, cell) for place, cell in cells_of(path, file_format, column))
        elif column != DEFAULT_COLUMN:
            raise UserError(f"text_column={column!r} means nothing for {path}, which is plain text. Remove it.")
        else:
            yield from split(_read_plain(path, file_format))


def _read_plain(path: Path, file_format: FileFormat) -> str:
    try:
        with open_file(path, file_format.compression) as stream:
            data = stream.read()
    except DAMAGE as problem:
        raise UserError(f"{path} cannot be unpacked: {reason(problem)}. Write it again.") from problem
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{path} is in UTF-16. Convert it to UTF-8.")
    if 0 in data:
        raise UserError(f"{path} is no text: it has a zero byte at {data.index(0)}. Give a file in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UserError(
            f"{path} is no UTF-8: byte {data[problem.start]:#04x} at {problem.start} does not fit. Convert it to UTF-8."
        ) from None
