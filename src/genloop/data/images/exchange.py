"""Images as files that other tools read and write: a column of PNG files in Parquet, an `.npz`, a folder of PNG files.

The folder is one that the `datasets` library calls an image folder: `metadata.csv` says who made each image.
"""

import csv
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from genloop.data.images.arrays import IMAGES_KEY
from genloop.data.images.dataset import ImageDataset
from genloop.data.images.writing import write_array
from genloop.data.parquet import Cell, write_column
from genloop.examples import Origins

COLUMN = "image"
METADATA_FILE = "metadata.csv"
CHUNK = 256  # images read at a time
FEWEST_DIGITS = 6  # of an image's number, so that names sort


def write_parquet(data: ImageDataset, path: Path, origins: Origins) -> None:
    """Write every image as a PNG file, in the record of bytes and path by which `datasets` knows images."""
    import pyarrow

    kind = pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})
    write_column(path, COLUMN, _cells(data), origins, kind=kind, feature={"_type": "Image"})


def write_npz(data: ImageDataset, path: Path, origins: Origins) -> None:
    """Write the pixels as one array, with the attributes that are known, as `Images` reads them."""
    with ZipFile(path, "w") as archive:
        with archive.open(f"{IMAGES_KEY}.npy", "w", force_zip64=True) as entry:
            write_array(entry, (len(data), *data.shape), (images for _, images in data.chunks(CHUNK)))
        for name, array in _beside(data, origins).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def write_folder(data: ImageDataset, path: Path, origins: Origins) -> None:
    """Write every image as a PNG file, named by its number."""
    path.mkdir()
    digits = max(FEWEST_DIGITS, len(str(len(data))))
    with (path / METADATA_FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", *origins.columns])
        for number, cell in enumerate(_cells(data)):
            name = f"{number:0{digits}}.png"
            (path / name).write_bytes(cell.value["bytes"])
            writer.writerow([name, *origins.of(cell.weight).values()])


def png(image: np.ndarray) -> bytes:
    """Return an image, shape (row, column, channel), as a PNG file."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image).save(file, "PNG")
    return file.getvalue()


def _cells(data: ImageDataset) -> Iterator[Cell]:
    for start, images in data.chunks(CHUNK):
        for number, image in enumerate(images, start):
            content = png(image)
            yield Cell({"bytes": content, "path": None}, len(content), float(data.weights[number]))


def _beside(data: ImageDataset, origins: Origins) -> dict[str, np.ndarray]:
    """Return the other arrays of an `.npz`: labels, where all are known, and who made the images."""
    labels = data.read_labels() if data.attributes else None
    known = {} if labels is None else {"labels": labels, "attributes": np.array(data.attributes)}
    return {**known, **{name: np.array(_texts(data, origins, name)) for name in origins.columns}}


def _texts(data: ImageDataset, origins: Origins, name: str) -> Iterable:
    found = [origins.of(weight)[name] for weight in data.weights.tolist()]
    return ["" if value is None else value for value in found]
