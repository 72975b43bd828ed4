"""Which of the decoded images are training images and which are test images: every image is in one place only."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from genloop.data.images.decoding import DecodedPart
from genloop.errors import UserError

HELD_OUT = 0.1  # share of the images that become test images where none are given
NUM_NAMED = 20  # images that are named for each reason why some are left out


@dataclass(frozen=True, eq=False)
class Choice:
    """The images of one part, in an order that follows from their pixels alone: any prefix is a random subset.

    Attributes:
        found: where they are.
        rows: which of those they are.
        num_duplicates: exact duplicates that are left out.
        overlap: names of the images that are left out because they are test images too.
    """

    found: DecodedPart
    rows: np.ndarray
    num_duplicates: int = 0
    overlap: tuple[str, ...] = ()

    @property
    def labels(self) -> np.ndarray | None:
        """Which attributes the images have, shape (image, attribute), uint8; None where nobody knows."""
        return None if self.found.labels is None else self.found.labels[self.rows].astype(np.uint8)

    def facts(self) -> dict[str, Any]:
        """Return how many images are in and how many are left out, as plain values."""
        return {
            "images": len(self.rows),
            "dropped_duplicates": self.num_duplicates,
            "dropped_test_images": {"number": len(self.overlap), "such_as": self.overlap[:NUM_NAMED]},
        }


def divide(train: DecodedPart, test: DecodedPart | None) -> tuple[Choice, Choice]:
    """Return the training and the test images, which share none.

    An image that occurs several times counts once. One that is in both parts is left out of the training images:
    collections do hold such pairs under different names, and nobody finds them by looking.

    Args:
        train: decoded training images.
        test: decoded test images; None holds out a tenth of the training images.

    Raises:
        UserError: if a part has too few images.
    """
    rows = _distinct(train)
    num_duplicates = len(train.names) - len(rows)
    if test is None:
        return _hold_out(train, rows, num_duplicates)
    test_rows = _distinct(test)
    if not rows or not test_rows:
        raise UserError(f"The {'test' if rows else 'training'} data hold no image that can be used. Give at least one.")
    own = [row for digest, row in rows.items() if digest not in test_rows]
    overlap = tuple(train.names[row] for digest, row in rows.items() if digest in test_rows)
    if not own:
        raise UserError(
            "All training images are also test images, so nothing is left to train on. "
            "Give other test data, or none, and a tenth of the training images is held out."
        )
    chosen_test = Choice(test, np.array(list(test_rows.values())), len(test.names) - len(test_rows))
    return Choice(train, np.array(own), num_duplicates, overlap), chosen_test


def _distinct(part: DecodedPart) -> dict[bytes, int]:
    """Return the first row of every digest, in the order of the digests."""
    first: dict[bytes, int] = {}
    for row, digest in enumerate(part.digests):
        first.setdefault(digest, row)
    return {digest: first[digest] for digest in sorted(first)}


def _hold_out(found: DecodedPart, rows: dict[bytes, int], num_duplicates: int) -> tuple[Choice, Choice]:
    if len(rows) < 2:
        same = f" beside {num_duplicates:,} copies" if num_duplicates else ""
        raise UserError(
            f"The training data hold {len(rows)} image{'s' * (len(rows) != 1)} that can be used{same}, too few to hold "
            "some out. Give more, or test data of their own."
        )
    num_test = max(1, round(HELD_OUT * len(rows)))
    order = np.array(list(rows.values()))
    return Choice(found, order[num_test:], num_duplicates), Choice(found, order[:num_test])
