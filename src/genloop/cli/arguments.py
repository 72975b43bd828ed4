"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from genloop.errors import UserError, unknown_name
from genloop.types import Runtime

Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", "-p", help="A data policy, such as accumulate or window(3); repeat for several."),
]
Iterations = Annotated[
    int | None, typer.Option("--iterations", "-n", help="Times that a model is fitted, evaluated and sampled.")
]
Seeds = Annotated[str | None, typer.Option(help="Seeds of the loops, such as 0 or 0,1,2.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: path=value, such as estimator.epochs=5.")
]
OutDir = Annotated[Path | None, typer.Option("--out", help="Folder of the run; by default runs/NAME.")]
StoreDir = Annotated[Path | None, typer.Option("--store", help="Folder of results to share; by default OUT/store.")]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda or mps; changes no key.")]
Threads = Annotated[int | None, typer.Option(help="CPU threads; by default the libraries choose.")]
NameOrFile = Annotated[str, typer.Argument(help="A recipe (see `genloop list`) or an experiment file (.yaml).")]
RunDir = Annotated[Path, typer.Argument(help="Folder of a run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def parse_seeds(text: str | None) -> list[int] | None:
    """Return the seeds written as `0,1,2`; None for None.

    Raises:
        UserError: if something else is written.
    """
    if text is None:
        return None
    try:
        return [int(seed) for seed in text.replace(",", " ").split()]
    except ValueError as error:
        raise UserError(f"--seeds {text!r} is no list of whole numbers. Write for example 0,1,2.") from error


def make_runtime(device: str, threads: int | None) -> Runtime:
    """Return where to compute.

    Raises:
        UserError: if there is no such device, or no thread.
    """
    devices = ("auto", "cpu", "cuda", "mps")
    if device not in devices:
        raise unknown_name("device", device, devices)
    if threads is not None and threads < 1:
        raise UserError(f"--threads {threads} computes nothing. Give 1 or more.")
    return Runtime(device, threads)
