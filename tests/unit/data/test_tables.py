"""Tables as people have them: row numbers, ids, gaps, copies; what is refused, and what is pointed out."""

import json
from pathlib import Path

import numpy as np
import pytest

from genloop.data.array_file import ArrayFile
from genloop.errors import UserError
from genloop.types import Context

VALUES = np.random.default_rng(0).normal(170, 10, size=(60, 2)).round(2)


def written(path: Path, header: str, rows: list[str]) -> str:
    path.write_text("\n".join([*([header] if header else []), *rows]) + "\n")
    return str(path)


def cells(values: np.ndarray) -> list[str]:
    return [",".join(f"{value:g}" for value in row) for row in values]


def prepared(source: ArrayFile, directory: Path) -> tuple[np.ndarray, dict[str, dict[str, int]], list[str]]:
    """Return all rows, what was left out and what was noticed."""
    directory.mkdir()
    source.prepare(directory, Context())
    rows = np.concatenate([source.open(directory).prepared(part).read()[0] for part in ("train", "test")])  # type: ignore[arg-type]
    told = [json.loads((directory / name).read_text()) for name in ("left_out.json", "notices.json")]
    return rows, *told


def test_the_index_that_pandas_writes_is_refused(tmp_path: Path):
    rows = [f"{number},{row}" for number, row in enumerate(cells(VALUES))]
    path = written(tmp_path / "own.csv", ",height,weight", rows)
    with pytest.raises(UserError, match=r"column 1 has no name, .* pandas .* columns=\[height,weight\]"):
        prepared(ArrayFile(path), tmp_path / "a")
    found, _, notices = prepared(ArrayFile(path, columns=("height", "weight")), tmp_path / "b")
    assert np.array_equal(np.sort(found, axis=0), np.sort(VALUES, axis=0))
    assert notices == []


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (np.arange(60), "column 1 (id) counts the rows from 0, as an index does"),
        (np.arange(60) + 1, "column 1 (id) counts the rows from 1, as an index does"),
        (np.random.default_rng(1).permutation(60) * 7 + 1000, "column 1 (id) is another whole number in every row"),
        (np.arange(60) // 2, None),
        (np.arange(60) + 0.5, None),
    ],
)
def test_columns_that_name_their_rows_are_pointed_out(numbers: np.ndarray, told: str | None, tmp_path: Path):
    rows = [f"{number},{row}" for number, row in zip(numbers, cells(VALUES), strict=True)]
    _, _, notices = prepared(ArrayFile(written(tmp_path / "own.csv", "id,height,weight", rows)), tmp_path / "out")
    assert len(notices) == (told is not None)
    assert told is None or told in notices[0]


def test_broken_rows_are_refused_by_line_or_counted(tmp_path: Path):
    rows = cells(VALUES)
    rows[10:10] = ["1", "1,", ",", "1_000,2", "nan,2", "two,3"]
    path = written(tmp_path / "own.csv", "a,b", rows)
    with pytest.raises(UserError, match="line 12, has 1 cells where the first has 2"):
        prepared(ArrayFile(path), tmp_path / "a")
    found, left_out, _ = prepared(ArrayFile(path, broken="skip"), tmp_path / "b")
    assert len(found) == 60
    assert left_out["train"] == {
        "another number of cells": 1, "an empty cell": 2, "a cell is no number": 2, "a number is not finite": 1,
    }  # fmt: skip
    known = ArrayFile(path).identity()
    assert "broken" not in known
    assert known != ArrayFile(path, broken="skip").identity()


def test_empty_cells_of_one_column_do_not_vanish(tmp_path: Path):
    """Of a table of one column, a blank line is a missing number, but those at the end of a file."""
    rows = [cell for value in VALUES[:, 0] for cell in (f"{value:g}", "")]
    path = written(tmp_path / "own.csv", "height", [*rows[:-1], "", ""])
    with pytest.raises(UserError, match=r"line 3, has nothing in column 1\. .* broken to skip"):
        prepared(ArrayFile(path), tmp_path / "a")
    found, left_out, _ = prepared(ArrayFile(path, broken="skip"), tmp_path / "b")
    assert (len(found), left_out) == (60, {"train": {"an empty cell": 59}})


def test_blank_lines_between_rows_are_counted(tmp_path: Path):
    rows = cells(VALUES)
    path = written(tmp_path / "own.csv", "a,b", [*rows[:20], "", "", *rows[20:]])
    found, left_out, _ = prepared(ArrayFile(path), tmp_path / "a")
    assert (len(found), left_out) == (60, {"train": {"blank lines": 2}})


def test_test_rows_are_counted_apart_and_arrays_have_gaps_too(tmp_path: Path):
    train, test = VALUES.copy(), VALUES[:20] + 0.005
    train[3] = np.nan
    test[[4, 5], 1] = np.inf
    np.save(tmp_path / "train.NPY", train)
    np.save(tmp_path / "test.npy", test)
    (tmp_path / "train.NPY.npy").rename(tmp_path / "train.NPY")
    source = ArrayFile(str(tmp_path / "train.NPY"), str(tmp_path / "test.npy"), broken="skip")
    found, left_out, _ = prepared(source, tmp_path / "out")
    assert len(found) == 59 + 18
    assert left_out == {"train": {"a number is not finite": 1}, "test": {"a number is not finite": 2}}


def test_endings_are_read_in_capitals(tmp_path: Path):
    found, _, _ = prepared(ArrayFile(written(tmp_path / "OWN.CSV", "a,b", cells(VALUES))), tmp_path / "out")
    assert len(found) == 60


def test_copied_rows_are_pointed_out(tmp_path: Path):
    """Every row twice: of 12 rows held out, those whose copy is a training row, counted here."""
    path = written(tmp_path / "own.csv", "a,b", cells(np.repeat(VALUES, 2, axis=0)))
    directory = tmp_path / "out"
    _, _, notices = prepared(ArrayFile(path), directory)
    train, test = (set(map(tuple, np.load(directory / f"{part}.npy")[0].tolist())) for part in ("train", "test"))
    num = sum(row in train for row in map(tuple, np.load(directory / "test.npy")[0].tolist()))
    assert num > 0
    assert test & train
    assert notices[0].startswith(f"{num} of 12 rows held out for testing equal a training row.")


def test_messages_list_few_of_many_columns(tmp_path: Path):
    names = [f"column{number}" for number in range(20_000)]
    path = written(tmp_path / "own.csv", ",".join(names), [",".join(["1"] * 20_000)])
    with pytest.raises(UserError, match=r"'colum' is no column of .* and 19,600 others") as refusal:
        prepared(ArrayFile(path, columns=("colum",)), tmp_path / "out")
    assert len(str(refusal.value)) < 10_000


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_columns_whose_squares_are_no_numbers_are_refused_by_name(scale: float, tmp_path: Path):
    rows = [f"{scale * first!r},{second}" for first, second in VALUES.tolist()]
    with pytest.raises(UserError, match=r"column 1 \(far\) goes from .* squares .* another unit"):
        prepared(ArrayFile(written(tmp_path / "own.csv", "far,near", rows)), tmp_path / "out")


def test_a_column_is_constant_if_all_test_rows_are_alike(tmp_path: Path):
    """Six rows are held out: which halves of them are alike says nothing."""
    test = [[1.0, 5.0], [2.0, 6.0], [3.0, 7.0], [4.0, 7.0], [5.0, 7.0], [6.0, 7.0]]
    train = written(tmp_path / "train.csv", "a,b", cells(VALUES))
    for seed in range(5):
        given = written(tmp_path / "test.csv", "a,b", cells(np.array(test)))
        prepared(ArrayFile(train, given, seed=seed), tmp_path / f"{seed}")
    alike = written(tmp_path / "alike.csv", "a,b", cells(np.array(test) * [1, 0]))
    with pytest.raises(UserError, match=r"column 2 \(b\) is 0 in all 6 test rows"):
        prepared(ArrayFile(train, alike), tmp_path / "refused")


@pytest.mark.parametrize("cell", ["'1,234'", '"1,234"', '"1.234,5"', "1'234", '"3,14"'])
def test_separators_within_numbers_are_told(cell: str, tmp_path: Path):
    path = written(tmp_path / "own.csv", "a,b", [*cells(VALUES), f"{cell},1"])
    with pytest.raises(UserError, match=r"decimals with points|has 3 cells"):
        prepared(ArrayFile(path), tmp_path / "out")
