"""Images as people keep them: endings, layouts, leftovers, depths; what is read, what is counted, what is refused."""

import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genloop.data.images.celeba import CelebA
from genloop.data.images.dataset import ImageDataset
from genloop.data.images.files import Images
from genloop.data.images.pixels import Framing, to_pixels
from genloop.data.images.source import ImageSource
from genloop.errors import UserError
from genloop.types import Context, Runtime

SIDE = 8
CPU = Context(Runtime(device="cpu", threads=1))


def pictures(num: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (num, SIDE, SIDE, 3), dtype=np.uint8)


def encoded(picture: np.ndarray, kind: str = "PNG", **settings: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **settings)
    return file.getvalue()


def prepared(source: ImageSource, directory: Path) -> tuple[ImageDataset, ImageDataset, dict[str, Any]]:
    """Return train, test and what was left out."""
    directory.mkdir()
    source.identity()
    source.prepare(directory, CPU)
    left_out = json.loads((directory / "left_out.json").read_text())
    domain = source.open(directory)
    return domain.prepared("train"), domain.prepared("test"), left_out


# --- endings and leftovers ---


def test_known_endings_are_read_and_all_else_is_counted(tmp_path: Path):
    kinds = {".jpg": "JPEG", ".JPEG": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".apng": "PNG", ".dib": "DIB"}
    kinds |= {".pnm": "PPM", ".avif": "AVIF", ".webp": "WEBP", ".TIF": "TIFF"}
    place = tmp_path / "photos"
    (place / "deep" / ".thumbnails").mkdir(parents=True)
    for number, (ending, kind) in enumerate(kinds.items()):
        (place / f"{number}{ending}").write_bytes(encoded(pictures(1, seed=number)[0], kind))
    (place / "again.jpg").write_bytes((place / "0.jpg").read_bytes())
    for name in ("a.heic", "b.HEIC", "readme.txt", "LICENSE", ".DS_Store", "deep/.thumbnails/x.png"):
        (place / name).write_bytes(b"x")
    (tmp_path / "elsewhere").mkdir()
    (place / "linked").symlink_to(tmp_path / "elsewhere")
    (place / "loop").symlink_to(place)
    os.mkfifo(place / "pipe.png")
    train, test, left_out = prepared(Images(str(place), resolution=SIDE), tmp_path / "out")
    assert len(train) + len(test) == len(kinds)
    assert left_out == {
        "train": {
            "files ending in .heic": 2, "files ending in .txt": 1, "files without an ending": 1, "hidden images": 1,
            "links to folders, which are not followed": 2, "neither files nor folders": 1, "duplicates": 1,
        }
    }  # fmt: skip
    names = json.loads((tmp_path / "out" / "info.json").read_text())["not_used"]["train"]
    assert names["files ending in .heic"] == ["a.heic", "b.HEIC"]


def test_what_is_skipped_or_also_tested_is_counted(tmp_path: Path):
    train, test = pictures(6), pictures(4, seed=1)
    for part, images in (("train", [*train, test[0]]), ("test", test)):
        (tmp_path / part).mkdir()
        for number, image in enumerate(images):
            (tmp_path / part / f"{number}.png").write_bytes(encoded(image))
    (tmp_path / "train" / "broken.png").write_bytes(b"x")
    source = Images(str(tmp_path / "train"), str(tmp_path / "test"), resolution=SIDE, broken="skip")
    _, _, left_out = prepared(source, tmp_path / "out")
    assert left_out == {"train": {"cannot be decoded": 1, "also in the test data": 1}}


@pytest.mark.parametrize("hidden", [".thumbnails", "deep/.ipynb_checkpoints/deeper"])
def test_hidden_folders_are_no_data(hidden: str, tmp_path: Path):
    """Copies of test images in a hidden folder do not leak into training; a hidden folder that is named is read."""
    place = tmp_path / ".cache" / "train"
    (place / hidden).mkdir(parents=True)
    for number, image in enumerate(pictures(10)):
        (place / f"{number}.png").write_bytes(encoded(image))
        (place / hidden / f"{number}.png").write_bytes(encoded(image[:4, :4]))
    train, test, left_out = prepared(Images(str(place), resolution=SIDE), tmp_path / "out")
    assert (len(train) + len(test), left_out) == (10, {"train": {"hidden images": 10}})
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in place.rglob("*.png"):
            archive.write(path, str(path.relative_to(place)))
    train, test, left_out = prepared(Images(str(tmp_path / "a.zip"), resolution=SIDE), tmp_path / "zip")
    assert (len(train) + len(test), left_out) == (10, {"train": {"hidden images": 10}})


@pytest.mark.parametrize("name", ["a.7z", "a.tar", "a.rar", "a"])
def test_files_that_are_not_read_are_refused_by_what_is(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(b"7z\xbc\xaf\x27\x1c")
    with pytest.raises(UserError, match=r"no format that is read here\. Give a folder of images, or a \.zip, \.npz"):
        Images(str(tmp_path / name)).read()


def test_a_folder_of_other_images_says_which(tmp_path: Path):
    for number in range(3):
        (tmp_path / f"{number}.heic").write_bytes(b"x")
    with pytest.raises(UserError, match=r"but 3 files ending in \.heic"):
        Images(str(tmp_path)).identity()


# --- arrays and shards ---


@pytest.mark.parametrize("name", ["a.npy", "A.NPY", "a.NPZ"])
def test_arrays_are_read_whatever_their_ending_looks_like(name: str, tmp_path: Path):
    with (tmp_path / name).open("wb") as file:
        np.savez(file, images=pictures(20)) if name.endswith("Z") else np.save(file, pictures(20))
    train, test, _ = prepared(Images(str(tmp_path / name), resolution=SIDE), tmp_path / "out")
    found = {image.tobytes() for part in (train, test) for image in part.read(np.arange(len(part)))}
    assert found == {image.tobytes() for image in pictures(20)}


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 8, 8)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-3, 8, 8)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3, -8, -8)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3, 8, 8)}",
        "{'descr': '|S0', 'fortran_order': False, 'shape': (3, 8, 8)}",
        "((((((((((((",
        "{'descr': '|u1', 'shape': (3, 8, 8)",
        "x" * 9000,
    ],
)
def test_hostile_headers_are_refused(header: str, tmp_path: Path):
    text = header.encode() + b"\n"
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(192))
    with pytest.raises(UserError) as refusal:
        prepared(Images(str(path), resolution=SIDE), tmp_path / "out")
    assert len(str(refusal.value)) < 1000


def test_labels_without_end_are_refused(tmp_path: Path):
    """An array of elements of no bytes has any length: 10^15 labels in a file of some bytes."""
    header = b"{'descr': '|S0', 'fortran_order': False, 'shape': (1000000000000000,)}\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        file = io.BytesIO()
        np.save(file, pictures(10))
        archive.writestr("images.npy", file.getvalue())
        archive.writestr("labels.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    with pytest.raises(UserError, match="'labels'"):
        prepared(Images(str(tmp_path / "a.npz"), resolution=SIDE), tmp_path / "out")


def test_a_copy_of_a_data_set_of_the_hub_is_read_by_its_splits(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    place = tmp_path / "set" / "data"
    place.mkdir(parents=True)
    images = pictures(12)
    parts = {"train-00000-of-00002": images[:5], "train-00001-of-00002": images[5:9], "test-00000-of-00001": images[9:]}
    for name, part in parts.items():
        cells = [{"bytes": encoded(image), "path": None} for image in part]
        parquet.write_table(pyarrow.table({"image": cells}), place / f"{name}.parquet")
    (tmp_path / "set" / "README.md").write_text("A data set.")
    folder = str(tmp_path / "set")
    train, test, left_out = prepared(Images(folder, folder, resolution=SIDE), tmp_path / "out")
    assert {image.tobytes() for image in train.read(np.arange(len(train)))} == {image.tobytes() for image in images[:9]}
    assert (len(train), len(test)) == (9, 3)
    assert left_out == {
        "train": {"Parquet files of other splits": 1}, "test": {"Parquet files of other splits": 2},
    }  # fmt: skip
    assert Images(folder).identity() != Images(folder, folder).identity()


# --- depth ---


def png_of_16_bits(values: np.ndarray) -> bytes:
    """Write a PNG by hand, values of shape (row, column, channel)."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    kind = {1: 0, 3: 2}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("channels", [1, 3])
def test_12_bits_in_16_are_not_taken_for_near_black(channels: int, tmp_path: Path):
    values = np.random.default_rng(0).integers(0, 4096, (20, SIDE, SIDE, channels))
    for number, each in enumerate(values):
        (tmp_path / f"{number}.png").write_bytes(png_of_16_bits(each))
    with pytest.raises(UserError, match=r"no value is above [34],\d{3}, so white may be 4,095 \(12 bits\)"):
        prepared(Images(str(tmp_path), resolution=SIDE, channels="grey"), tmp_path / "dark")
    known = Images(str(tmp_path), resolution=SIDE, channels="grey", white=4095)
    if channels == 3:
        with pytest.raises(UserError, match="16 bits a channel in colour"):
            prepared(known, tmp_path / "out")
        return
    train, test, _ = prepared(known, tmp_path / "out")
    found = {image.tobytes() for part in (train, test) for image in part.read(np.arange(len(part)))}
    assert found == {np.rint(each * (255 / 4095)).astype(np.uint8).tobytes() for each in values}
    assert "white" not in Images(str(tmp_path)).identity()


def test_one_bright_image_does_not_hide_that_the_others_are_dark(tmp_path: Path):
    values = np.random.default_rng(0).integers(0, 1024, (20, SIDE, SIDE, 1))
    values[0] *= 64
    for number, each in enumerate(values):
        (tmp_path / f"{number}.png").write_bytes(png_of_16_bits(each))
    with pytest.raises(UserError, match=r"19 of 20 images have 16 bits .* white may be 1,023 \(10 bits\)"):
        prepared(Images(str(tmp_path), resolution=SIDE, channels="grey"), tmp_path / "dark")


@pytest.mark.parametrize(("lightest", "is_refused"), [(1, True), (15, True), (16, False), (255, False)])
def test_masks_of_0_and_1_are_not_taken_for_near_black(lightest: int, is_refused: bool, tmp_path: Path):
    images = np.random.default_rng(0).integers(0, 2, (20, SIDE, SIDE), np.uint8) * np.uint8(lightest)
    np.save(tmp_path / "masks.npy", images)
    source = Images(str(tmp_path / "masks.npy"), resolution=SIDE, channels="grey")
    if is_refused:
        with pytest.raises(UserError, match=f"is above {lightest} of 255.*multiply their values by {255 // lightest}"):
            prepared(source, tmp_path / "out")
    else:
        prepared(source, tmp_path / "out")


def test_images_that_use_all_16_bits_are_read_as_before(tmp_path: Path):
    values = np.random.default_rng(0).integers(0, 65536, (20, SIDE, SIDE, 1))
    for number, each in enumerate(values):
        (tmp_path / f"{number}.png").write_bytes(png_of_16_bits(each))
    train, test, _ = prepared(Images(str(tmp_path), resolution=SIDE, channels="grey"), tmp_path / "out")
    found = {image.tobytes() for part in (train, test) for image in part.read(np.arange(len(part)))}
    assert found == {(each >> 8).astype(np.uint8).tobytes() for each in values}


def test_32_bits_are_read_where_white_is_known():
    file = io.BytesIO()
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)).save(file, "TIFF")
    found = to_pixels(file.getvalue(), Framing(8, "grey", white=1.0)).values
    assert np.array_equal(found[..., 0], np.rint(np.linspace(0, 255, 64).reshape(8, 8)).astype(np.uint8))


# --- CelebA as it is handed out ---


def write_faces(folder: Path, *, ending: str = ".jpg") -> list[str]:
    folder.mkdir(parents=True)
    names = [f"{number:06d}" for number in range(1, 5)]
    for number, name in enumerate(names, start=1):
        Image.new("RGB", (178, 218), (40 * number, 0, 0)).save(folder / f"{name}{ending}")
    return names


def write_partition(path: Path, names: list[str], *, before: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    comma = "," if path.suffix == ".csv" else " "
    head = "image_id,partition\n" if path.suffix == ".csv" else ""
    path.write_text(before + head + "".join(f"{n}.jpg{comma}{p}\n" for n, p in zip(names, "0012", strict=True)))


def kaggle(root: Path) -> list[str]:
    write_partition(root / "list_eval_partition.csv", write_faces(root / "img_align_celeba" / "img_align_celeba"))
    return ["", "img_align_celeba", "img_align_celeba/img_align_celeba"]


def authors(root: Path) -> list[str]:
    names = write_faces(root / "Img" / "img_align_celeba")
    write_faces(root / "Img" / "img_celeba")  # in the wild, under the same names
    write_partition(root / "Eval" / "list_eval_partition.txt", names)
    return ["", "Img", "Img/img_align_celeba"]


def as_png(root: Path) -> list[str]:
    names = write_faces(root / "img_align_celeba_png", ending=".png")
    write_partition(root / "list_eval_partition.txt", names, before="\ufeff")
    return ["", "img_align_celeba_png"]


def zipped(root: Path) -> list[str]:
    kaggle(root / "unpacked")
    with zipfile.ZipFile(root / "archive.zip", "w") as archive:
        for path in (root / "unpacked").rglob("*.*"):
            archive.write(path, str(path.relative_to(root / "unpacked")))
    (root / "unpacked").rename(root.parent / "away")
    return ["", "archive.zip"]


def zip_of_the_authors(root: Path) -> list[str]:
    names = write_faces(root / "faces" / "img_align_celeba")
    write_partition(root / "Eval" / "list_eval_partition.txt", names)
    (root / "Img").mkdir()
    with zipfile.ZipFile(root / "Img" / "img_align_celeba.zip", "w") as archive:
        for path in (root / "faces").rglob("*.jpg"):
            archive.write(path, str(path.relative_to(root / "faces")))
    (root / "faces").rename(root.parent / "away")
    return ["", "Img/img_align_celeba.zip"]


@pytest.mark.parametrize("layout", [kaggle, authors, as_png, zipped, zip_of_the_authors])
def test_celeba_is_found_as_it_is_handed_out(layout: Any, tmp_path: Path):
    for number, written in enumerate(layout(tmp_path / "root")):
        source = CelebA(str(tmp_path / "root" / written), resolution=4)
        train, test, left_out = prepared(source, tmp_path / f"out{number}")
        red = sorted(int(image[0, 0, 0]) for image in train.read(np.arange(len(train))))
        assert np.allclose(red, [40, 80], atol=2), written
        assert np.allclose(test.read(np.arange(1))[0, 0, 0, 0], 160, atol=2)
        assert left_out["train"]["images of the validation partition"] == 1
