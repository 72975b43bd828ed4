"""A file of images that is written one chunk after the other."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np


def write_images(path: Path, shape: tuple[int, ...], chunks: Iterable[np.ndarray]) -> None:
    """Write a `.npy` file that never is in memory as a whole.

    A disk that fills up is an error here, where it would kill the process that writes into a memory map.

    Args:
        path: the file.
        shape: of all images together, (image, row, column, channel).
        chunks: the images in their order, uint8.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": tuple(map(int, shape))}
    num_bytes = 0
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for chunk in chunks:
            assert chunk.dtype == np.uint8, "images are bytes"
            num_bytes += file.write(np.ascontiguousarray(chunk).data)
    assert num_bytes == np.prod(shape, dtype=np.int64), f"{path} is not of shape {shape}"
