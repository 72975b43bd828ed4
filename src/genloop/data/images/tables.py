"""Images in a column of a Parquet file."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from genloop.data.extras import needs_extra
from genloop.data.images.raw import RawImage, read_cell
from genloop.data.reading import reason
from genloop.errors import UserError, unknown_name

BATCH = 64  # rows that are read at once


@dataclass(frozen=True)
class ImageTable:
    """A column of images in a Parquet file: bytes, or the `datasets` library's records of bytes and path.

    Attributes:
        path: the file.
        column: name of the column.
        num: how many rows it has.
    """

    path: Path
    column: str
    num: int

    @classmethod
    def open(cls, path: Path, column: str) -> "ImageTable":
        """Read what the file says of the column.

        Raises:
            UserError: if it is no such file, or has no such column.
        """
        with needs_extra("images"):
            import pyarrow
            from pyarrow import parquet
        try:
            with parquet.ParquetFile(path) as file:
                schema, num = file.schema_arrow, file.metadata.num_rows
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as problem:
            raise UserError(f"{path} is no readable Parquet: {reason(problem)}. Write it again.") from None
        if column not in schema.names:
            raise unknown_name(f"column of {path}", column, schema.names)
        if schema.names.count(column) > 1:
            raise UserError(f"{path} has several columns {column!r}. Rename all but one of them.")
        if not _holds_bytes(schema.field(column).type):
            raise UserError(
                f"{path}: column {column!r} holds {schema.field(column).type}, which is no image. Name a column of "
                "image files as bytes."
            )
        return cls(path, column, num)

    def images(self) -> Iterator[RawImage]:
        """Iterate over the images."""
        import pyarrow
        from pyarrow import parquet

        number = 0
        try:
            with parquet.ParquetFile(self.path) as file:
                for batch in file.iter_batches(BATCH, columns=[self.column]):
                    for cell in batch.column(0).to_pylist():
                        yield RawImage(f"{self.path}, row {number},", partial(read_cell, cell))
                        number += 1
        except (pyarrow.ArrowException, OSError) as problem:
            raise UserError(f"{self.path} is damaged after row {number}: {reason(problem)}. Write it again.") from None


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        names = [kind.field(number).name for number in range(kind.num_fields)]
        return "bytes" in names and _holds_bytes(kind.field("bytes").type)
    return types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind)
