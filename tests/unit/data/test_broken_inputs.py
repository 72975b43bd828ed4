"""Broken and odd files of every kind of data: each is refused in one sentence that says where, and never a traceback.

A case makes its files in an empty folder and returns the source of them.
"""

import gzip
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genloop.data.array_file import ArrayFile
from genloop.data.images.celeba import CelebA
from genloop.data.images.files import Images
from genloop.data.images.hub import HubImages
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.geom_drugs import GeomDrugs
from genloop.data.text.files import Texts
from genloop.data.text.hub import HubTexts
from genloop.errors import UserError
from genloop.types import Context, Runtime, Source

Case = Callable[[Path], Source]
LINES = "\n".join(json.dumps({"text": f"The {number}th of many foxes."}) for number in range(300)).encode()


def refused(make: Case, message: str, directory: Path) -> None:
    """Make the files of a case, and see its source refuse them, at the latest when it is prepared."""
    with pytest.raises(UserError, match=message) as refusal:
        prepare(make, directory)
    assert "\n" not in str(refusal.value)


def prepare(make: Case, directory: Path) -> None:
    files, prepared = directory / "files", directory / "prepared"
    for place in (files, prepared):
        place.mkdir()
    source = make(files)
    source.identity()
    source.prepare(prepared, Context(Runtime(device="cpu", threads=1)))


def picture(number: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def damaged(content: bytes, start: int, num: int = 20) -> bytes:
    return content[:start] + b"\xff" * num + content[start + num :]


def folder(place: Path, name: str, contents: list[bytes]) -> str:
    """Write a folder of good files, whose names end as `name` does."""
    for number, content in enumerate(contents):
        (place / f"{number}{Path(name).suffix}").write_bytes(content)
    return str(place)


def table(place: Path, columns: dict[str, Any], *, names: list[str] | None = None) -> str:
    import pyarrow
    from pyarrow import parquet

    arrays = [pyarrow.array(column) for column in columns.values()]
    path = place / "a.parquet"
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=names or list(columns)), path)
    return str(path)


# --- where nothing can be, for every source that names a path ---


@pytest.mark.parametrize("written", ["x" * 300, "~nobody-of-this-name/x", "folder/../" * 500])
@pytest.mark.parametrize(
    "make",
    [
        ArrayFile,
        Texts,
        Images,
        CelebA,
        ConformerFiles,
        GeomDrugs,
        HubTexts,
        HubImages,
        lambda written: Texts(__file__, tokenizer=written),
    ],
)
def test_what_is_no_path_is_refused(make: Callable[[str], Source], written: str, tmp_path: Path):
    refused(
        lambda _: make(written), r"='.*' is no usable path: (File name too long|Could not determine home)", tmp_path
    )


# --- text ---


def text_file(name: str, content: bytes) -> Case:
    def make(place: Path) -> Texts:
        (place / name).write_bytes(content)
        return Texts(str(place / name))

    return make


def text_folder(spoil: Callable[[Path], object]) -> Case:
    def make(place: Path) -> Texts:
        written = folder(place, "a.txt", [b"one", b"two"])
        spoil(place)
        return Texts(written)

    return make


TEXTS: dict[str, tuple[Case, str]] = {
    "damaged gzip": (text_file("a.jsonl.gz", damaged(gzip.compress(LINES), 60)), "cannot be read as JSON lines: Error"),
    "cut gzip": (text_file("a.jsonl.gz", gzip.compress(LINES[:200])[:-9]), "cannot be read as JSON lines|is no JSON"),
    "long number": (text_file("a.jsonl", b'{"n": ' + b"9" * 5000 + b"}"), "line 1, is more than can be read: Exceeds"),
    "deep lists": (text_file("a.jsonl", b'{"n": ' + b"[" * 200_000), "line 1, is more than can be read: maximum recur"),
    "null in JSON": (text_file("a.jsonl", b'{"text": "x"}\n{"text": null}'), r"line 2, has nothing \(null\) in column"),
    "null in Parquet": (
        lambda place: Texts(table(place, {"text": ["x", None, "z"]})),
        r"a\.parquet, row 1, has nothing \(null\) in column 'text'\. Remove it",
    ),
    "dates in Parquet": (
        lambda place: Texts(table(place, {"text": np.array([2**50], "datetime64[s]")})),
        "is no readable Parquet",
    ),
    "link to nowhere": (
        text_folder(lambda place: (place / "x.txt").symlink_to("gone")),
        r"x\.txt cannot be read: No such file",
    ),
    "link to itself": (text_folder(lambda place: (place / "x.txt").symlink_to("x.txt")), r"x\.txt cannot be read: Too"),
    "one link to itself": (
        lambda place: ((place / "x.txt").symlink_to("x.txt"), Texts(str(place / "x.txt")))[1],
        "there is no such file or folder",
    ),
    "name in no encoding": (
        text_folder(lambda place: Path(os.fsdecode(bytes(place) + b"/\xff.txt")).write_bytes(b"\xff")),
        r"\.txt is no UTF-8",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_broken_text_is_refused(case: str, tmp_path: Path):
    refused(*TEXTS[case], tmp_path)


def test_text_in_parquet_that_is_no_utf8_is_refused(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    offsets, content = pyarrow.array([0, 1, 2], pyarrow.int32()).buffers()[1], pyarrow.py_buffer(b"\xff\xfe")
    column = pyarrow.StringArray.from_buffers(2, offsets, content)
    refused(lambda place: Texts(table(place, {"text": column})), "is no readable Parquet: 'utf-8' codec", tmp_path)


def test_a_folder_called_like_a_text_is_looked_into(tmp_path: Path):
    (tmp_path / "x.txt").mkdir()
    source = Texts(folder(tmp_path / "x.txt", "a.txt", [b"one", b"two", b"three"]))
    whole = Texts(str(tmp_path))
    assert whole.identity() == source.identity()
    assert sorted(whole.read().train) == ["one", "three", "two"]


# --- images ---


def image_folder(spoil: Callable[[Path], object], **settings: Any) -> Case:
    def make(place: Path) -> Images:
        written = folder(place, "a.png", [picture(1), picture(2), picture(3)])
        spoil(place)
        return Images(written, resolution=8, **settings)

    return make


def image_array(entries: dict[str, bytes], *, damage: str | None = None, kind: int = zipfile.ZIP_STORED) -> Case:
    """Write an `.npz` of entries as they are, and spoil the compressed bytes of one."""

    def make(place: Path) -> Images:
        path = place / "a.npz"
        with zipfile.ZipFile(path, "w", kind) as archive:
            for name, content in entries.items():
                archive.writestr(f"{name}.npy", content)
        if damage:
            start = path.read_bytes().index(f"{damage}.npy".encode())
            path.write_bytes(damaged(path.read_bytes(), start + 40))
        return Images(str(path), resolution=8)

    return make


def array(values: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(values))
    return file.getvalue()


PIXELS = array(np.random.default_rng(0).integers(0, 256, (9, 8, 8), dtype=np.uint8))
CLASSES = array(np.random.default_rng(0).integers(0, 2, 9))
IMAGES: dict[str, tuple[Case, str]] = {
    **{
        f"{damage} of kind {kind}": (
            image_array({"images": PIXELS, "labels": CLASSES}, damage=damage, kind=kind),
            rf"a\.npz(: '{damage}' cannot be read| is damaged| is no readable \.npz): .*\.",
        )
        for damage in ("images", "labels")
        for kind in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    },
    "half a header": (image_array({"images": PIXELS.replace(b"}", b" ")}), r"a\.npz is no readable \.npz: .*EOF"),
    "half a header of labels": (
        image_array({"images": PIXELS, "labels": CLASSES.replace(b"}", b" ")}),
        "'labels' cannot be read: .*EOF",
    ),
    "labels too many for memory": (
        image_array(
            {"images": PIXELS, "labels": CLASSES.replace(b"(9,), }" + b" " * 15, b"(9" + b"0" * 15 + b",), }")}
        ),
        "'labels' cannot be read: Unable to allocate",
    ),
    "labels that are no array": (image_array({"images": PIXELS, "labels": b"cats"}), "'labels' is no array"),
    "link to nowhere": (
        image_folder(lambda place: (place / "x.png").symlink_to("gone")),
        r"x\.png cannot be read \(.*No such file.*set broken to skip",
    ),
    "link to itself": (image_folder(lambda place: (place / "x.png").symlink_to("x.png")), r"x\.png cannot be read \("),
    "empty file": (image_folder(lambda place: (place / "x.png").touch()), r"x\.png is no image"),
    "nothing but broken": (
        lambda place: Images(folder(place, "a.png", [b"", b"x"]), broken="skip"),
        "hold 0 images that can be used",
    ),
    "two columns of one name": (
        lambda place: Images(table(place, {"a": [picture()], "b": [picture()]}, names=["image", "image"])),
        "has several columns 'image'",
    ),
    "folder in the place of a zip": (lambda place: Images(str(place)), "holds no image files"),
}


@pytest.mark.parametrize("case", IMAGES)
def test_broken_images_are_refused(case: str, tmp_path: Path):
    refused(*IMAGES[case], tmp_path)


@pytest.mark.parametrize("target", ["gone", "x.png"])
def test_links_to_nowhere_are_broken_images_that_can_be_skipped(target: str, tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    source = image_folder(lambda place: (place / "x.png").symlink_to(target), broken="skip")(tmp_path / "in")
    source.prepare(tmp_path / "out", Context(Runtime(threads=1)))
    info = json.loads((tmp_path / "out" / "info.json").read_text())
    assert (info["train"]["images"], info["test"]["images"], info["broken"]["number"]) == (2, 1, 1)
    before = source.identity()
    (tmp_path / "in" / "x.png").unlink()
    (tmp_path / "in" / "x.png").write_bytes(picture(4))
    assert source.identity() != before


def celeba(attributes: str) -> Case:
    """Write a CelebA of two images, the first of which is a link to nowhere."""

    def make(place: Path) -> CelebA:
        images = place / "img_align_celeba"
        images.mkdir()
        (images / "000001.jpg").symlink_to("gone")
        Image.new("RGB", (178, 218)).save(images / "000002.jpg")
        (place / "list_eval_partition.txt").write_text("000001.jpg 0\n000002.jpg 2\n")
        (place / "list_attr_celeba.txt").write_text(attributes)
        return CelebA(str(images))

    return make


@pytest.mark.parametrize(
    ("attributes", "message"),
    [("", "names no attributes"), ("2\nHat\n000001.jpg 1\n000002.jpg 1\n", r"000001\.jpg cannot be read \(")],
)
def test_broken_celeba_is_refused(attributes: str, message: str, tmp_path: Path):
    refused(celeba(attributes), message, tmp_path)


# --- molecules ---


def molecules(name: str, content: bytes) -> Case:
    def make(place: Path) -> ConformerFiles | GeomDrugs:
        (place / name).write_bytes(content)
        return ConformerFiles(str(place / name)) if ".sdf" in name else GeomDrugs(str(place / name))

    return make


EMPTY_RECORD = b"\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n$$$$\n"
MOLECULES: dict[str, tuple[Case, str]] = {
    "damaged gzip": (molecules("a.sdf.gz", damaged(gzip.compress(EMPTY_RECORD * 99), 30)), "cannot be read: Error"),
    "no record": (molecules("a.sdf", b" \n\n"), "holds no molecule"),
    "no atoms": (molecules("a.sdf", EMPTY_RECORD), r"0 usable molecules \(record 1 of a\.sdf: it "),
    "no text": (molecules("a.sdf", bytes(range(256))), "0 usable molecules"),
    "name in no encoding": (molecules("\udcff.sdf", b"no molecule"), r"0 usable molecules \(record 1 of "),
    "folder called .sdf": (
        lambda place: ((place / "a.sdf").mkdir(), ConformerFiles(str(place / "a.sdf")))[1],
        "is a folder without .sdf or .sdf.gz files",
    ),
    "empty pickle": (molecules("a.pkl", b""), "its pickle cannot be read"),
    "list of other things": (molecules("a.pkl", pickle.dumps([1])), "is no list of torch_geometric"),
    "path that is none": (molecules("a.json", b'{"CCO": {"pickle_path": null}}'), "is no summary of GEOM"),
    "path that is too long": (
        molecules("a.json", json.dumps({"CCO": {"pickle_path": "x" * 300}}).encode()),
        r"0 usable molecules \(CCO: its pickle cannot be found\)",
    ),
    "path with a zero": (
        molecules("a.json", json.dumps({"CCO": {"pickle_path": "x\0"}}).encode()),
        r"0 usable molecules \(CCO: its pickle cannot be found\)",
    ),
    "deep summary": (molecules("a.json", b"[" * 200_000), "is no summary of GEOM: maximum recursion"),
}


@pytest.mark.parametrize("case", MOLECULES)
def test_broken_molecules_are_refused(case: str, tmp_path: Path):
    refused(*MOLECULES[case], tmp_path)


def test_records_of_a_file_whose_name_is_in_no_encoding_are_named(tmp_path: Path):
    from molecule_fixtures import embedded, write

    path = write(tmp_path / "\udcff.sdf", [embedded(smiles) for smiles in ("CCO", "CCN")])
    path.write_text(path.read_text() + "no molecule\n$$$$\n")
    (tmp_path / "out").mkdir()
    ConformerFiles(str(path)).prepare(tmp_path / "out", Context())
    info = json.loads((tmp_path / "out" / "info.json").read_text())
    assert info["dropped"]["RDKit cannot read it"]["first"] == ["record 5 of \udcff.sdf"]


# --- the Hub ---


@pytest.mark.parametrize("state", [b"", b"[]", b"{}", b"\xff"])
def test_a_saved_data_set_without_its_fingerprint_is_refused(state: bytes, tmp_path: Path):
    def make(place: Path) -> HubTexts:
        (place / "state.json").write_bytes(state)
        return HubTexts(str(place))

    refused(make, r"state\.json has no fingerprint \(.*\)\. Save the data set again", tmp_path)


def test_a_null_in_a_saved_data_set_is_refused_by_its_row(tmp_path: Path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()

    def make(place: Path) -> HubTexts:
        datasets.Dataset.from_dict({"text": ["x", None]}).save_to_disk(str(place))
        return HubTexts(str(place))

    refused(make, r"train, row 1, has nothing \(null\) in column 'text'", tmp_path)


# --- what may not be read ---


LOCKED: dict[str, tuple[str, Callable[[str], Source]]] = {
    "a text": ("a.txt", Texts),
    "a text in a folder": ("texts/0.txt", lambda _: Texts("texts")),
    "a folder in a folder": ("texts/deeper", lambda _: Texts("texts")),
    "a tokenizer": ("tokenizer.json", lambda written: Texts("texts", tokenizer=written)),
    "a folder with a tokenizer": ("tokens", lambda written: Texts("texts", tokenizer=written)),
    "a zip": ("a.zip", Images),
    "an array": ("a.npz", Images),
    "images of a table": ("a.parquet", Images),
    "a folder in a folder of images": ("images/deeper", lambda _: Images("images", broken="skip")),
    "conformers": ("a.sdf", ConformerFiles),
    "pickles": ("geom", GeomDrugs),
}


@pytest.mark.parametrize("case", LOCKED)
def test_what_may_not_be_read_is_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    name, make = LOCKED[case]
    monkeypatch.chdir(tmp_path)
    for place in ("texts", "images", "geom", "tokens"):
        Path(place).mkdir()
    Path("texts/other.txt").write_text("a fox")
    Path("images/a.png").write_bytes(picture())
    locked = Path(name)
    if locked.suffix:
        locked.touch()
    else:
        locked.mkdir(exist_ok=True)
    locked.chmod(0)
    try:
        if os.access(locked, os.R_OK):
            pytest.skip("this user may read everything")
        refused(lambda _: make(name), "(cannot be read|is no usable path): Permission denied", tmp_path)
    finally:
        locked.chmod(0o700)
