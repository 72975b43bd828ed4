"""Every exchange format of every domain against other libraries, and back; what is shown against the data."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from molecule_fixtures import embedded, shuffled
from PIL import Image
from pyarrow import parquet
from rdkit import Chem

from genloop.data.arrays import ArrayDataset
from genloop.data.images.dataset import ImageDataset
from genloop.data.images.domain import ImageDomain
from genloop.data.images.files import Images
from genloop.data.known import Normal
from genloop.data.molecules.domain import MoleculeDomain
from genloop.data.molecules.files import ConformerFiles
from genloop.data.numbers import NumberDomain
from genloop.data.regression.domain import RegressionDomain
from genloop.data.regression.source import Regression
from genloop.data.text.domain import TextDomain
from genloop.data.text.files import Texts
from genloop.errors import UserError
from genloop.examples import Origins
from genloop.types import Context, Source

REAL = {"source": "real", "iteration": 0, "model": None}
MADE = {"source": "model 2", "iteration": 2, "model": "fit-2"}
ORIGINS = Origins([REAL, MADE], {"run": "mine", "iteration": 3})
STORIES = [f"{name} had “{num}” bears,\nand a\tbox." for num, name in enumerate(("Lily", "Ümit", "Ben", "李", "Zoë"))]
NUMBERS = np.random.default_rng(0).normal(size=(3, 40, 2)) * [1e-7, 1e9]


def opened(source: Source, directory: Path) -> Any:
    directory.mkdir()
    source.prepare(directory, Context())
    return source.open(directory)


def numbered(data: Any, parts: Sequence[tuple[int, int]]) -> Any:
    """Return parts of a data set one after the other, with 1, 2, ... as weights."""
    views = [data.slice(*part).weighted(number) for number, part in enumerate(parts, start=1)]
    return views[0].concat(views[1:])


@pytest.fixture
def texts(tmp_path: Path) -> TextDomain:
    (tmp_path / "stories.txt").write_text("<|endoftext|>".join(20 * STORIES + [f"Story {n}." for n in range(20)]))
    return opened(Texts(str(tmp_path / "stories.txt"), vocabulary=300), tmp_path / "texts")


@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
def test_texts_are_written_beside_who_made_them_and_read_again(texts, tmp_path, ending):
    train = texts.prepared("train")
    half = 1 + int(np.flatnonzero(train.read(0, len(train)) == texts.vocabulary.end_of_text)[8])
    path, expected = tmp_path / f"a{ending}", list(train.texts())
    texts.formats[ending].write(numbered(train, [(0, half), (half, len(train))]), path, ORIGINS)
    rows = parquet.read_table(path).to_pylist() if ending == ".parquet" else _lines(path)
    assert [row["text"] for row in rows] == expected
    assert [{name: row[name] for name in REAL} for row in rows] == [REAL] * 9 + [MADE] * (len(expected) - 9)
    again = texts.formats[ending].read(path)
    assert list(again.texts()) == expected
    assert again.read(0, len(again))[-1] == texts.vocabulary.end_of_text


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def test_a_text_may_spell_out_its_end(texts, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "One <|endoftext|> more."}) + "\n")
    (text,) = texts.formats[".jsonl"].read(tmp_path / "a.jsonl").texts()
    assert text == "One <|endoftext|> more."


def test_the_first_texts_are_shown(texts):
    train = texts.prepared("train")
    assert list(texts.show(train).texts) == list(train.texts())[:3]
    assert list(texts.show(train, 5).texts) == list(train.texts())[:5]


@pytest.fixture
def numbers(tmp_path: Path) -> NumberDomain:
    domain = opened(Normal(dimension=2, num_replicates=3, num_train=5), tmp_path / "numbers")
    np.save(tmp_path / "numbers" / "train.npy", NUMBERS)
    return domain


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz", ".npy"])
def test_numbers_are_written_beside_who_made_them_and_read_again(numbers, tmp_path, ending):
    """To the last bit, in every format; a replicate keeps its order."""
    path = tmp_path / f"a{ending}"
    numbers.formats[ending].write(numbered(ArrayDataset.of(NUMBERS), [(0, 10), (10, 40)]), path, ORIGINS)
    found, about = _numbers(path)
    assert np.array_equal(found, NUMBERS)
    if about:
        assert about["source"] == 3 * (["real"] * 10 + ["model 2"] * 30)
        assert about["model"] == 3 * ([about["model"][0]] * 10 + ["fit-2"] * 30)
        assert about["model"][0] in (None, "")
    assert np.array_equal(numbers.formats[ending].read(path).read(), NUMBERS)


def _numbers(path: Path) -> tuple[np.ndarray, dict[str, list[Any]]]:
    """Return values of shape (replicate, example, column) and what stands beside them, as other libraries read them."""
    if path.suffix == ".npy":
        return np.load(path), {}
    if path.suffix == ".npz":
        arrays = dict(np.load(path))
        return arrays["examples"], {name: arrays[name].ravel().tolist() for name in ("source", "model")}
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = parquet.read_table(path).to_pylist()
    assert [int(row["replicate"]) for row in rows] == np.repeat(range(3), len(rows) // 3).tolist()
    values = np.array([[float(row["x1"]), float(row["x2"])] for row in rows]).reshape(3, -1, 2)
    return values, {name: [row[name] for row in rows] for name in ("source", "model")}


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_columns_keep_their_names_beside_who_made_them(tmp_path, ending):
    """A table of one replicate is that of its file, also where a column is called weight."""
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "info.json").write_text(json.dumps({"columns": ["height", "weight"]}))
    np.save(tmp_path / "prepared" / "train.npy", NUMBERS[:1])
    domain, data = NumberDomain(tmp_path / "prepared"), ArrayDataset.of(NUMBERS[:1])
    origins = Origins([{**REAL, "weight": 2.0}, {**MADE, "weight": 0.5}])
    domain.formats[ending].write(numbered(data, [(0, 20), (20, 40)]), tmp_path / f"a{ending}", origins)
    if ending == ".csv":
        with (tmp_path / "a.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert list(rows[0]) == ["height", "weight", "source", "iteration", "model", "genloop.weight"]
    assert [float(row["weight"]) for row in rows] == NUMBERS[0, :, 1].tolist()
    assert [float(row["genloop.weight"]) for row in rows] == [2.0] * 20 + [0.5] * 20
    assert np.array_equal(domain.formats[ending].read(tmp_path / f"a{ending}").read(), NUMBERS[:1])
    assert domain.show(data, 2).columns == ("height", "weight")
    assert domain.show(data, 2).rows == NUMBERS[0, :2].tolist()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"replicate,x1,x2\n0,1,2\n0,1,2\n1,1,2\n2,1,2\n", "not as many rows of each replicate from 0 to 2"),
        ("a.csv", b"replicate,x1\n0,1\n1,1\n2,1\n", "'x2' is no column"),
        ("a.parquet", b"PAR1 not", "is no Parquet with the numbers replicate, x1, x2"),
        ("a.npz", b"PK not", "cannot be read as numbers of shape \\(3, examples, 2\\)"),
        ("a.npy", b"\x93NUMPY not", "cannot be read as numbers of shape \\(3, examples, 2\\)"),
    ],
)
def test_files_that_do_not_fit_are_refused(numbers, tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        numbers.formats[Path(name).suffix].read(tmp_path / name)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz", ".npy"])
def test_numbers_that_are_missing_are_refused(numbers, tmp_path, ending):
    """As of a model that diverged, which are written as they are."""
    holes = np.where(NUMBERS > 0, np.nan, NUMBERS)
    numbers.formats[ending].write(ArrayDataset.of(holes), tmp_path / f"a{ending}", Origins())
    with pytest.raises(UserError, match="not finite"):
        numbers.formats[ending].read(tmp_path / f"a{ending}")


def test_arrays_of_another_shape_are_refused(numbers, tmp_path):
    np.save(tmp_path / "a.npy", NUMBERS[:, :, :1])
    with pytest.raises(UserError, match=r"float64 of shape \(3, 40, 1\)"):
        numbers.formats[".npy"].read(tmp_path / "a.npy")


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".npz", ".npy"])
@pytest.mark.parametrize("is_drawn", [False, True])
def test_rows_of_a_regression_are_written_and_read_as_numbers(tmp_path, ending, is_drawn):
    """Of noiseless rows, y is the sum of x over the square root of d; every replicate has those that it drew."""
    source = Regression(dimension=4, num_train=12, num_replicates=3, noise_deviation=0.0)
    domain: RegressionDomain = opened(source, tmp_path / "rows")
    data = domain.prepared("train").weighted(1)
    if is_drawn:
        data = data.concat([data.weighted(2)]).draw(7, seed=1)
    domain.formats[ending].write(data, tmp_path / f"a{ending}", ORIGINS)
    found = domain.formats[ending].read(tmp_path / f"a{ending}").read()
    assert found.shape == (3, 7 if is_drawn else 12, 5)
    np.testing.assert_allclose(found[..., 4], found[..., :4].sum(axis=2) / 2, rtol=1e-12, atol=1e-12)
    every = next(domain.prepared("train").rows()).design
    for mine, all_rows in zip(found, every, strict=True):
        assert {tuple(row) for row in mine[:, :4].tolist()} <= {tuple(row) for row in all_rows.tolist()}
    if not is_drawn:
        assert np.array_equal(found[..., :4], every)
        assert domain.show(data, 2).rows == found[0, :2].tolist()
        assert domain.show(data, 2).columns == ("x1", "x2", "x3", "x4", "y")


@pytest.fixture(params=["grey", "rgb"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> ImageDomain:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    labels = np.arange(30) % 2
    np.savez(tmp_path / "a.npz", images=pixels if request.param == "rgb" else pixels[..., 0], labels=labels)
    return opened(Images(str(tmp_path / "a.npz"), resolution=8, channels=request.param), tmp_path / "images")


@pytest.mark.parametrize("name", ["b.parquet", "b.npz", "b"])
def test_images_are_written_beside_who_made_them_and_read_again(images, tmp_path, name):
    """Pixel by pixel, as Pillow and NumPy open them."""
    data = images.prepared("train")
    expected, form = data.read(np.arange(len(data))), images.formats[Path(name).suffix or "/"]
    form.write(numbered(data, [(0, 5), (5, len(data))]), tmp_path / name, ORIGINS)
    pixels, sources = _images(tmp_path / name)
    assert np.array_equal(pixels, expected)
    assert sources == ["real"] * 5 + ["model 2"] * (len(data) - 5)
    again = form.read(tmp_path / name)
    assert np.array_equal(again.read(np.arange(len(again))), expected)


def _images(path: Path) -> tuple[np.ndarray, list[str]]:
    """Return pixels, shape (image, row, column, channel), and sources, as other libraries read them."""
    if path.suffix == ".npz":
        arrays = dict(np.load(path))
        return arrays["images"], arrays["source"].tolist()
    if path.suffix == ".parquet":
        rows = parquet.read_table(path).to_pylist()
        (path.parent / "files").mkdir()
        for number, row in enumerate(rows):
            (path.parent / "files" / f"{number:04}.png").write_bytes(row["image"]["bytes"])
        return _opened(sorted((path.parent / "files").iterdir())), [row["source"] for row in rows]
    with (path / "metadata.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(list(path.iterdir())) == len(rows) + 1
    return _opened([path / row["file_name"] for row in rows]), [row["source"] for row in rows]


def _opened(paths: Sequence[Path]) -> np.ndarray:
    pixels = np.stack([np.asarray(Image.open(path)) for path in paths])
    return pixels if pixels.ndim == 4 else pixels[..., None]


def test_datasets_reads_a_folder_of_images(images, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    data = images.prepared("train")
    images.formats["/"].write(numbered(data, [(0, 5), (5, len(data))]), tmp_path / "folder", ORIGINS)
    found = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "folder"), cache_dir=str(tmp_path / "cache"))
    assert found["train"]["source"] == ["real"] * 5 + ["model 2"] * (len(data) - 5)


def test_an_array_of_images_is_a_source_with_its_labels(images, tmp_path):
    data = images.prepared("train")
    images.formats[".npz"].write(data, tmp_path / "b.npz", Origins())
    channels = "rgb" if images.shape[2] == 3 else "grey"
    again = opened(Images(str(tmp_path / "b.npz"), resolution=8, channels=channels), tmp_path / "again")
    found = again.prepared("train").concat([again.prepared("test")])
    assert found.attributes == data.attributes
    known = {pixels.tobytes(): label.tolist() for pixels, label in zip(_read(data), data.read_labels(), strict=True)}
    assert [known[pixels.tobytes()] for pixels in _read(found)] == found.read_labels().tolist()


def _read(data: ImageDataset) -> np.ndarray:
    return data.read(np.arange(len(data)))


def test_images_that_cannot_be_read_are_named(images, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"a\.png is no image in a known format"):
        images.formats["/"].read(tmp_path / "folder")


def test_files_without_images_are_refused(images, tmp_path):
    np.savez(tmp_path / "b.npz", images=np.zeros((0, 8, 8), np.uint8))
    with pytest.raises(UserError, match=r"b\.npz holds no images"):
        images.formats[".npz"].read(tmp_path / "b.npz")


def test_only_squares_are_read_of_images(tmp_path):
    np.save(tmp_path / "train.npy", np.zeros((2, 4, 8, 1), np.uint8))
    domain = ImageDomain(tmp_path)
    domain.formats[".npz"].write(ImageDataset.open(tmp_path / "train.npy"), tmp_path / "a.npz", Origins())
    with pytest.raises(UserError, match="4 x 8 pixels"):
        domain.formats[".npz"].read(tmp_path / "a.npz")


SMILES = ("CC(O)F", "c1ccccc1CO", "CC(=O)NC", "C[C@H](O)CCl")


@pytest.fixture
def molecules(tmp_path: Path) -> MoleculeDomain:
    paths = [tmp_path / "train.sdf", tmp_path / "test.sdf"]
    for path, smiles in zip(paths, (SMILES, ("CCCC", "CCN")), strict=True):
        with Chem.SDWriter(str(path)) as writer:
            for each in smiles:
                molecule = embedded(each, 3)
                for conformer in molecule.GetConformers():
                    writer.write(molecule, confId=conformer.GetId())
    return opened(ConformerFiles(*map(str, paths), geometry="distance geometry"), tmp_path / "molecules")


def test_conformations_are_written_beside_who_made_them_and_read_again(molecules, tmp_path):
    """Atom by atom, also where a mirror image has another stereochemistry than its molecule's name."""
    train = molecules.prepared("train")
    mirrored = type(train).of(train.graphs, train.graph_ids(np.arange(12)), _all(train) * [-1, 1, 1])
    data = train.weighted(1).concat([mirrored.weighted(2)])
    molecules.formats[".sdf"].write(data, tmp_path / "a.sdf", ORIGINS)
    records = list(Chem.SDMolSupplier(str(tmp_path / "a.sdf"), removeHs=False))
    assert [record.GetProp("source") for record in records] == ["real"] * 12 + ["model 2"] * 12
    assert [record.HasProp("model") for record in records] == [0] * 12 + [1] * 12
    assert [record.GetProp("run") for record in records] == ["mine"] * 24
    assert [record.GetIntProp("iteration") for record in records] == [0] * 12 + [2] * 12
    again = molecules.formats[".sdf"].read(tmp_path / "a.sdf")
    assert again.graph_ids(np.arange(24)).tolist() == data.graph_ids(np.arange(24)).tolist()
    assert np.abs(_all(again) - _all(data)).max() < 1e-4  # four decimals
    assert len(again.concat([train])) == 36  # of the same molecules


def _all(data: Any) -> np.ndarray:
    return data.read(np.arange(len(data))).coordinates


def test_conformations_of_others_are_read_in_the_order_of_the_molecule(molecules, tmp_path):
    """Another program titles and numbers a molecule as it likes: distances between bonded atoms tell it is the same."""
    theirs = shuffled(embedded(SMILES[1], 1), seed=3)
    theirs.SetProp("_Name", "anything")
    with Chem.SDWriter(str(tmp_path / "a.sdf")) as writer:
        writer.write(theirs)
    (graph,) = molecules.formats[".sdf"].read(tmp_path / "a.sdf").graph_ids(np.arange(1))
    found = _all(molecules.formats[".sdf"].read(tmp_path / "a.sdf"))
    first, second = molecules.graphs.bonds_of(int(graph))[0].T
    positions = theirs.GetConformer().GetPositions()
    lengths = [np.linalg.norm(positions[b.GetBeginAtomIdx()] - positions[b.GetEndAtomIdx()]) for b in theirs.GetBonds()]
    assert np.sort(np.linalg.norm(found[first] - found[second], axis=1)) == pytest.approx(np.sort(lengths), abs=1e-3)


def test_other_molecules_are_named(molecules, tmp_path):
    with Chem.SDWriter(str(tmp_path / "a.sdf")) as writer:
        writer.write(embedded("CCOC", 1))
    with pytest.raises(UserError, match=r"record 1 of a\.sdf is CCOC, none of the 4 training molecules"):
        molecules.formats[".sdf"].read(tmp_path / "a.sdf")


def test_conformations_of_the_same_molecules_are_shown(molecules):
    """Those that all data have, in the order of the training data, each with a real conformation."""
    train = molecules.prepared("train")
    first = list(dict.fromkeys(train.graph_ids(np.arange(12)).tolist()))
    without = train.take(np.flatnonzero(train.graph_ids(np.arange(12)) != first[0]))
    assert [each.molecule for each in molecules.show(train).conformations] == first
    assert [each.molecule for each in molecules.show(train, 2, beside=[without]).conformations] == first[1:3]
    for each in molecules.show(without).conformations:
        place = without.graph_ids(np.arange(len(without))).tolist().index(each.molecule)
        assert np.array_equal(each.coordinates, without.coordinates(place))
        assert each.real.shape == each.coordinates.shape
        assert each.name == train.graphs.names[each.molecule]
    assert molecules.show(train).about == "distance geometry"
