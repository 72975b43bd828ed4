"""Runs that an earlier version wrote, in `tests/fixtures/runs_0`, whose README says how they were made."""

import json
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from genloop.experiment import Experiment
from genloop.experiment_file import from_dict, read

FOLDER = Path(__file__).parents[1] / "fixtures" / "runs_0"
FAMILIES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ERROR = "_standard_error"
ARITHMETIC = "548a11e0ffb9c79665f7c4e2"  # first digits of the digest below on the machine that made the runs


def unpack(archive: str, folder: Path) -> Path:
    """Return the folder of a run, unpacked into `folder`."""
    with tarfile.open(FOLDER / f"{archive}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
        return folder / packed.getnames()[0]


def recorded(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows and the noise floor that the earlier version told of a run, with standard errors as fields.

    It had them in rows of their own, whose metrics end in a suffix.
    """
    told = json.loads((directory / "rows.json").read_text("utf-8"))
    return {part: _with_errors(rows) for part, rows in told.items()}


def _with_errors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    errors = {_place(row): row["value"] for row in rows if row["metric"].endswith(ERROR)}
    return [{**row, "standard_error": errors.get(_place(row))} for row in rows if not row["metric"].endswith(ERROR)]


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["policy"], row["seed"], row["iteration"], row["metric"].removesuffix(ERROR)


def experiment(family: str) -> Experiment:
    """Return what a run was made from; files of the user's own lie elsewhere now, with the same content."""
    written = read(FOLDER / f"{family}.yaml")
    if "train" in written["source"]:
        written["source"]["train"] = str(FOLDER / written["source"]["train"])
    return from_dict(written)


def computes_as_then() -> bool:
    """Whether sums, products and exponentials come to the same bits here; they depend on the kind of processor."""
    import torch

    random = np.random.default_rng(0)
    left, right = random.normal(size=(33, 65)), random.normal(size=(65, 17))
    image, kernel = random.normal(size=(4, 3, 9, 9)), random.normal(size=(5, 3, 3, 3))
    product = torch.tensor(left @ right, dtype=torch.float32)
    results = [
        left @ right,
        np.exp(left) + np.log1p(left**2),
        np.linalg.solve(left[:, :33], left[:, 33:]),
        np.linalg.eigh(left @ left.T)[1],
        torch.tensor(left, dtype=torch.float32) @ torch.tensor(right, dtype=torch.float32),
        torch.softmax(product, 1) + torch.nn.functional.gelu(product) + torch.tanh(product),
        torch.conv2d(torch.tensor(image, dtype=torch.float32), torch.tensor(kernel, dtype=torch.float32)),
    ]
    return sha256(b"".join(np.asarray(result).tobytes() for result in results)).hexdigest().startswith(ARITHMETIC)
