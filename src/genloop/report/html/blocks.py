"""Examples as what a page shows of them: a few texts, pictures, or rows of numbers."""

from dataclasses import dataclass

from genloop.examples import Examples
from genloop.numerals import plain
from genloop.report.html.pictures import Picture, conformation_pictures, image_grid
from genloop.report.html.text_table import TextTable

TEXT_LENGTH = 1500  # characters of a text
CELL_BYTES = 20  # of the page, about


@dataclass(frozen=True)
class Block:
    """What one model generated, or real data.

    Attributes:
        texts: as they are, cut where they are long.
        pictures: each with its description.
        table: rows of numbers, counted from 1.
    """

    texts: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: TextTable | None = None

    @property
    def size(self) -> int:
        """Bytes of the page that this takes, about."""
        num_cells = len(self.table.header) * len(self.table.rows) if self.table else 0
        texts = sum(len(text.encode()) for text in self.texts)
        return texts + sum(len(picture.uri) for picture in self.pictures) + CELL_BYTES * num_cells


def block_of(shown: Examples, about: str) -> Block:
    """Return examples as a page shows them; `about` says what they are."""
    return Block(
        tuple(map(_cut, shown.texts)),
        (*image_grid(shown.images, about), *conformation_pictures(shown.conformations, about)),
        _table(shown),
    )


def described(shown: Examples) -> str:
    """Return in words what a page shows of examples; nothing where there are none."""
    parts = (
        (shown.texts, f"{len(shown.texts)} texts, cut after {TEXT_LENGTH:,} characters"),
        (shown.images, f"{len(shown.images)} images"),
        (shown.conformations, "molecules, each turned onto its real conformation"),
        (shown.rows, f"{len(shown.rows)} examples {shown.about}".strip()),
    )
    return " and ".join(words for found, words in parts if len(found))


def _table(shown: Examples) -> TextTable | None:
    if not shown.rows:
        return None
    rows = [[str(number), *map(plain, row)] for number, row in enumerate(shown.rows, start=1)]
    return TextTable(["", *shown.columns], rows)


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= TEXT_LENGTH else f"{text[:TEXT_LENGTH].rstrip()} … (cut)"
