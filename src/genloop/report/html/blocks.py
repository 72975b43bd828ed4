"""Data of one kind or another as what a page shows of them: a few texts, or pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from genloop.data.images.dataset import ImageDataset
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.text.tokens import TokenDataset
from genloop.report.html.pictures import Picture, image_grid, molecule_pictures

NUM_TEXTS = 3
TEXT_LENGTH = 1500  # characters of a text
TOKENS_READ = 20_000  # among which the first texts are looked for
NUM_IMAGES = 16


@dataclass(frozen=True)
class Block:
    """What one model generated, or real data.

    Attributes:
        texts: as they are, cut where they are long.
        pictures: each with its description.
    """

    texts: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the page that this takes, about."""
        return sum(len(text.encode()) for text in self.texts) + sum(len(picture.uri) for picture in self.pictures)


Show = Callable[[Any, str], Block]  # of a data set, and what it is


def way_to_show(real: Any) -> Show | None:
    """Return how to show data of this kind; None for kinds that cannot be looked at."""
    if isinstance(real, TokenDataset):
        return lambda data, about: _texts(data)
    if isinstance(real, ImageDataset):
        return lambda data, about: Block(pictures=(image_grid(data, about, num=NUM_IMAGES),))
    if isinstance(real, MoleculeDataset):
        return lambda data, about: Block(pictures=molecule_pictures(data, real, about))
    return None


def _texts(data: Any) -> Block:
    first = data.slice(0, min(len(data), TOKENS_READ))
    return Block(texts=tuple(_cut(text) for text in islice(first.texts(), NUM_TEXTS)))


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= TEXT_LENGTH else f"{text[:TEXT_LENGTH].rstrip()} … (cut)"
