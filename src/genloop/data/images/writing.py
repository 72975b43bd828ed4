"""A file of images that is written one chunk after the other."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np


def write_images(path: Path, shape: tuple[int, ...], chunks: Iterable[np.ndarray]) -> None:
    """Write a `.npy` file that never is in memory as a whole; arguments as below.

    A disk that fills up is an error here, where it would kill the process that writes into a memory map.
    """
    with path.open("wb") as file:
        write_array(file, shape, chunks)


def write_array(file: IO[bytes], shape: tuple[int, ...], chunks: Iterable[np.ndarray]) -> None:
    """Write images as NumPy saves an array.

    Args:
        file: where they go.
        shape: of all images together, (image, row, column, channel).
        chunks: the images in their order, uint8.
    """
    np.lib.format.write_array_header_1_0(
        file, {"descr": "|u1", "fortran_order": False, "shape": tuple(map(int, shape))}
    )
    num_bytes = 0
    for chunk in chunks:
        assert chunk.dtype == np.uint8, "images are bytes"
        num_bytes += file.write(np.ascontiguousarray(chunk).data)
    assert num_bytes == np.prod(shape, dtype=np.int64), f"the images are not of shape {shape}"
