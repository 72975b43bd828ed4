"""Labels as attributes that an image has or has not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from genloop.data.images.raw import RawImages, RawPart
from genloop.errors import UserError


def with_attributes(train: RawPart, test: RawPart | None, names: Sequence[str] | None) -> RawImages:
    """Return images whose labels, as a file has them, have become attributes.

    Args:
        train: training images, labelled or not: with a class for every image, shape (image,), whole numbers; or with
            attributes, shape (image, attribute), 0 or 1.
        test: test images likewise.
        names: of the attributes, where the file tells them; classes are named by their number.

    Raises:
        UserError: if the labels are neither, or differ between the parts.
    """
    parts = [train] if test is None else [train, test]
    labels = [part.labels for part in parts if part.labels is not None]
    if not labels:
        return RawImages(train, test)
    if len(labels) < len(parts):
        with_labels, without = ("training", "test") if train.labels is not None else ("test", "training")
        raise UserError(
            f"The {with_labels} images have labels and the {without} images have none. Write both as .npz with labels, "
            "or the former without the array 'labels'."
        )
    for part, found in zip(parts, labels, strict=True):
        if found.shape[:1] != (part.num,):
            raise UserError(
                f"Labels of shape {found.shape} do not fit {part.num:,} images. Give one for each, or none."
            )

    attributes, columns = _classes(labels) if _are_classes(labels) else _attributes(labels, names)
    labelled = [replace(part, labels=found) for part, found in zip(parts, columns, strict=True)]
    return RawImages(labelled[0], None if test is None else labelled[1], attributes)


def one_hot(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return which class every image has, shape (image, class), 0 or 1."""
    return (labels[:, None] == classes).astype(np.uint8)


def _are_classes(labels: Sequence[np.ndarray]) -> bool:
    return all(found.ndim == 1 and found.dtype.kind in "iu" for found in labels)


def _classes(labels: Sequence[np.ndarray]) -> tuple[tuple[str, ...], list[np.ndarray]]:
    classes = np.unique(np.concatenate(labels))
    return tuple(f"label {number}" for number in classes), [one_hot(found, classes) for found in labels]


def _attributes(labels: Sequence[np.ndarray], names: Sequence[str] | None) -> tuple[tuple[str, ...], list[np.ndarray]]:
    num = labels[0].shape[-1]
    if any(found.ndim != 2 or found.shape[1] != num or not np.isin(found, (0, 1)).all() for found in labels):
        raise UserError(
            f"The labels, of shape {' and '.join(str(found.shape) for found in labels)}, are neither a whole number "
            "for each image nor 0 or 1 for each image and attribute. Correct them, or leave them out."
        )
    names = [f"attribute {number}" for number in range(num)] if names is None else names
    if len(names) != num:
        raise UserError(f"There are {len(names)} names for {num} attributes. Name each of them.")
    return tuple(map(str, names)), [found.astype(np.uint8) for found in labels]
