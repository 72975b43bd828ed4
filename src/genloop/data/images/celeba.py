"""CelebA (Liu, Luo, Wang and Tang 2015) in its official partitions, from the user's own copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from genloop.data.images.celeba_tables import FaceTable, find_table, read_attributes, stem
from genloop.data.images.collections import ImageCollection, open_collection
from genloop.data.images.pixels import Box, Framing, Unusable
from genloop.data.images.raw import RawImages, RawPart
from genloop.data.images.source import ImageSource
from genloop.data.reading import named_path
from genloop.errors import UserError
from genloop.identity import digest, type_name

ALIGNED = (178, 218)  # width and height of the images in img_align_celeba
SIDE = 148  # of the usual crop: the face, with little background
IMAGES, PARTITION, ATTRIBUTES = "img_align_celeba", "list_eval_partition", "list_attr_celeba"
ZIPS = (f"{IMAGES}.zip", f"Img/{IMAGES}.zip", "archive.zip")  # in a folder where nothing is unpacked
TRAIN, VALIDATION, TEST = "0", "1", "2"


@dataclass(frozen=True)
class Faces:
    """The images of a copy of CelebA.

    Attributes:
        collection: where they are.
        partition: which part each belongs to.
        attributes: what each shows; None where nobody knows.
        train: paths of the training images.
        test: paths of the test images.
        not_used: paths of the others, by the reason why they are not used.
    """

    collection: ImageCollection
    partition: FaceTable
    attributes: FaceTable | None
    train: Sequence[str]
    test: Sequence[str]
    not_used: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class CelebA(ImageSource):
    """Faces: the middle 148 x 148 pixels of each aligned image, in the official training and test partitions.

    Attributes:
        path: the folder `img_align_celeba`, one above it, or a zip, as the authors or Kaggle hand them out.
        partition: the file `list_eval_partition.txt`; None looks beside the images and in the zip.
        attributes: the file `list_attr_celeba.txt`, whose attributes become labels; None looks beside the images, and
            does without where there is none.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("liu2015deep",)

    path: str
    partition: str | None = None
    attributes: str | None = None

    @property
    def framing(self) -> Framing:
        return replace(super().framing, box=face)

    def images_identity(self) -> dict[str, Any]:
        faces = self._open()
        return {
            "type": type_name(self),
            "version": self.version,
            "images": digest(faces.collection.digests([*faces.train, *faces.test])),
            "partition": faces.partition.digest,
            "attributes": faces.attributes and faces.attributes.digest,
        }

    def read(self) -> RawImages:
        faces = self._open()
        parts = (faces.train, faces.test)
        names, labels = read_attributes(faces.attributes, parts) if faces.attributes else ((), (None, None))
        train, test = (
            RawPart(faces.collection.images(paths), len(paths), known)
            for paths, known in zip(parts, labels, strict=True)
        )
        about = {"about": "CelebA, official partitions 0 (training) and 2 (test)"}
        return RawImages(replace(train, not_used=faces.not_used), test, names, about)

    def _open(self) -> Faces:
        place = _locate(self.path)
        collection, folder = open_collection("path", str(place)), place if place.is_dir() else place.parent
        partition = find_table("partition", self.partition, collection, folder, PARTITION)
        if partition is None:
            raise UserError(
                f"There is no {PARTITION}.txt beside {self.path}, so nobody knows which images are for testing. "
                "Put it there, or give its path as partition."
            )
        attributes = find_table("attributes", self.attributes, collection, folder, ATTRIBUTES)
        return _divide(collection, partition, attributes, self.path)


def face(width: int, height: int) -> Box:
    """Return the middle of an aligned image."""
    if (width, height) != ALIGNED:
        raise Unusable(f"has {width} x {height} pixels, where aligned images of CelebA have 178 x 218")
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    return left, top, left + SIDE, top + SIDE


def _locate(written: str) -> Path:
    """Return the folder or the zip of the images: what is written or, of a folder with a zip to unpack, that."""
    path = named_path("path", written)
    if path.is_dir() and not any(path.rglob(f"{IMAGES}*/")):
        return next((path / name for name in ZIPS if (path / name).is_file()), path)
    return path


def _divide(collection: ImageCollection, partition: FaceTable, attributes: FaceTable | None, written: str) -> Faces:
    aligned = [name for name in collection.names if f"/{IMAGES}" in f"/{name}"]  # beside those in the wild
    paths = {stem(name): name for name in aligned or collection.names}
    listed = {name: cells[0] for name, cells in partition.rows.items() if cells in ([TRAIN], [TEST])}
    if not listed:
        raise UserError(f"{partition.name} puts no image into partition 0 or 2. Give CelebA's own {PARTITION}.txt.")
    if missing := [name for name in listed if name not in paths]:
        raise UserError(
            f"{len(missing):,} of the {len(listed):,} images that {partition.name} lists are not in {written}, such as "
            f"{missing[0]!r}. Give all of CelebA, or a partition file that lists the images you have."
        )
    train, test = ([paths[name] for name, number in listed.items() if number == part] for part in (TRAIN, TEST))
    validation = [paths[name] for name, cells in partition.rows.items() if cells == [VALIDATION] and name in paths]
    not_used = {
        **collection.not_used,
        "images of the validation partition": validation,
        "images that are not listed": sorted({*collection.names} - {*train, *test, *validation}),
    }
    return Faces(collection, partition, attributes, train, test, not_used)
