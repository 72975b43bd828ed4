"""Pickles of molecules read as data: nothing that a pickle names is ever imported or called.

A pickle is a program that may run whatever it names. Here each name that files of conformations are known to use
stands for an inert record of its arguments, and any other name is refused. The bytes inside are read by what wrote
them: RDKit's parser of molecules, and torch's of storages, restricted to weights.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.chemistry import Unusable
from genloop.errors import UserError

with needs_extra("molecules"):
    from rdkit import Chem


class Record:
    """An object of a pickle that was not made: the arguments of its constructor, and its state."""

    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Self:
        record = super().__new__(cls)
        record.arguments, record.state = arguments, None
        return record

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Molecule(Record): ...


class Data(Record): ...


class Tensor(Record): ...


class Storage(Record): ...


class Number(Record): ...


def _latin1(text: str, encoding: str) -> bytes:
    """Return bytes as protocol 2 spells them."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in {encoding!r}")
    return text.encode(encoding)


PYG = "torch_geometric.data"
ADMITTED: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("rdkit.Chem.rdchem", "Mol"): Molecule,
    (f"{PYG}.data", "Data"): Data,
    (f"{PYG}.data", "DataEdgeAttr"): Record,
    (f"{PYG}.data", "DataTensorAttr"): Record,
    (f"{PYG}.storage", "GlobalStorage"): Record,
    ("torch._utils", "_rebuild_tensor_v2"): Tensor,
    ("torch.storage", "_load_from_bytes"): Storage,
    ("numpy.core.multiarray", "scalar"): Number,
    ("numpy._core.multiarray", "scalar"): Number,
    ("numpy", "dtype"): Record,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _latin1,
}


class Refused(UserError):
    """A pickle that asks for something that no file of conformations needs."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, path: Path, file: Any) -> None:
        super().__init__(file)
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ADMITTED:
            raise Refused(
                f"{self._path} asks for {module}.{name}, which conformations do not need and which could run anything, "
                f"so the file is refused. Get it from its publisher, or convert it to SDF."
            )
        return ADMITTED[module, name]


def load_records(path: Path) -> Any:
    """Return what a pickle holds: plain values, and records in the place of objects.

    Raises:
        Refused: if it names anything else than molecules, tensors and their containers.
        Unusable: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _Unpickler(path, file).load()
    except Refused:
        raise
    except Exception as problem:  # a damaged pickle may fail in any way
        raise Unusable("its pickle cannot be read") from problem


def fields_of(data: Data) -> Mapping[str, Any]:
    """Return the attributes of a `torch_geometric` data object, whichever version wrote it."""
    state = data.state
    if isinstance(state, dict) and isinstance(store := state.get("_store"), Record):
        state = store.state.get("_mapping") if isinstance(store.state, dict) else None
    return state if isinstance(state, dict) else {}


def to_molecule(record: Any) -> Chem.Mol:
    """Return a pickled molecule.

    Raises:
        Unusable: if it is none.
    """
    if not isinstance(record, Molecule):
        raise Unusable("its molecule is missing")
    try:
        return Chem.Mol(*record.arguments)
    except Exception as problem:  # of Boost or of RDKit, which names no common base
        raise Unusable("RDKit cannot read its molecule") from problem


def to_array(record: Any) -> np.ndarray:
    """Return a pickled tensor.

    Raises:
        Unusable: if it is none.
    """
    with needs_extra("molecules"):
        import torch
    try:
        (content,), offset, size, stride = record.arguments[0].arguments, *record.arguments[1:4]
        storage = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
        values = torch.empty(0, dtype=storage.dtype).set_(storage)
        return values.as_strided(size, stride, offset).numpy().copy()
    except Exception as problem:  # whatever a damaged storage leads to
        raise Unusable("a tensor cannot be read") from problem


def to_number(record: Any) -> float:
    """Return a number that Python or numpy wrote; 0 for anything else."""
    if isinstance(record, int | float):
        return float(record)
    if isinstance(record, Number) and len(record.arguments) == 2:
        kind, content = record.arguments
        name = kind.arguments[0] if isinstance(kind, Record) and kind.arguments else None
        if name in ("f4", "f8", "i4", "i8") and isinstance(content, bytes) and len(content) == int(name[1]):
            return float(np.frombuffer(content, f"<{name}")[0])
    return 0.0
