"""Arguments that several commands share."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from genloop import catalog
from genloop.errors import UserError, unknown_name
from genloop.executors.executor import Executor
from genloop.mirror import is_url
from genloop.plain_numbers import number, whole_number
from genloop.types import Runtime

LONGEST_NAME = 255  # bytes; of file systems in use


def a_path(text: str) -> Path:
    """Return a path that was typed; `~` is a home, and a link to a file is that file.

    Raises:
        UserError: if no file system takes it.
    """
    if "\0" in text or any(len(os.fsencode(part)) > LONGEST_NAME for part in Path(text).parts):
        shown = text[:40] + "..." if len(text) > 40 else text
        raise UserError(f"{shown!r} cannot name a file: it has a name of over {LONGEST_NAME} bytes, or a zero byte.")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise UserError(f"{text!r} names the home of nobody here. Write the folder out.") from error
    return Path(os.path.realpath(path)) if path.is_symlink() and path.is_file() else path


def whole(*names: str, help: str) -> Any:
    """Return an option that takes a whole number."""
    return typer.Option(*names, parser=lambda typed: whole_number(str(typed)), help=help)  # its default is parsed, too


def decimal(*names: str, help: str) -> Any:
    """Return an option that takes a number."""
    return typer.Option(*names, parser=lambda typed: number(str(typed)), help=help)


def a_store(text: str) -> str:
    """Return a folder that was typed, as `a_path` does, or the address of an object store.

    Raises:
        UserError: if it is neither.
    """
    return text if is_url(text) else str(a_path(text))


Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", "-p", help="A data policy, such as accumulate or window(3); repeat for several."),
]
Iterations = Annotated[
    int | None,
    whole("--iterations", "-n", help="Times that a model is fitted, evaluated and sampled."),
]
Seeds = Annotated[str | None, typer.Option(help="Seeds of the loops, such as 0 or 0,1,2.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: path=value, such as estimator.epochs=5.")
]
OutDir = Annotated[Path | None, typer.Option("--out", parser=a_path, help="Folder of the run; by default runs/NAME.")]
StoreDir = Annotated[
    str | None,
    typer.Option(
        "--store", parser=a_store, help="Folder of results to share, or s3://, gs://, az://; by default OUT/store."
    ),
]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda or mps; changes no key.")]
Threads = Annotated[int | None, whole(help="CPU threads; by default the libraries choose.")]
Jobs = Annotated[int | None, whole(help="Steps at once, each in a process of its own; by default 1.")]
On = Annotated[str, typer.Option("--on", help="What computes the steps: see executors in `genloop list`.")]
Address = Annotated[
    str | None, typer.Option(help="Of the cluster, with --on ray; by default this machine's own, or a new one.")
]
NameOrFile = Annotated[str, typer.Argument(help="A recipe (see `genloop list`) or an experiment file (.yaml).")]
RunDir = Annotated[Path, typer.Argument(parser=a_path, help="Folder of a run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(frozen=True)
class Chosen:
    """What the options of a command change in an experiment, and where its results are."""

    policy: Policies = None
    iterations: Iterations = None
    seeds: Seeds = None
    settings: Settings = None
    out_dir: OutDir = None
    store_dir: StoreDir = None


@dataclass(frozen=True)
class Place:
    """Where the options of a command say that it computes."""

    device: Device = "auto"
    threads: Threads = None
    jobs: Jobs = None
    on: On = "local"
    address: Address = None

    def runtime(self) -> Runtime:
        """Return it.

        Raises:
            UserError: if there is no such device, or no thread.
        """
        devices = ("auto", "cpu", "cuda", "mps")
        if self.device not in devices:
            raise unknown_name("device", self.device, devices)
        if self.threads is not None and self.threads < 1:
            raise UserError(f"--threads {self.threads} computes nothing. Give 1 or more.")
        return Runtime(self.device, self.threads)

    def executor(self) -> Executor:
        """Return what computes the steps.

        Raises:
            UserError: if there is none of that name, or it takes no such option.
        """
        kind = catalog.EXECUTORS.load(self.on)
        given = {"jobs": self.jobs, "address": self.address}
        options = {name: value for name, value in given.items() if value is not None}
        for name in options.keys() - inspect.signature(kind).parameters.keys():
            raise UserError(f"--on {self.on} takes no --{name}. Leave it out, or use another executor.")
        return kind(runtime=self.runtime(), **options)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the fields of `Chosen` and `Place` as options, where it takes one of these as a whole."""
    parameters = list(inspect.signature(command).parameters.values())
    whole = {each.name: each.annotation for each in parameters if each.annotation in (Chosen, Place)}

    @functools.wraps(command)
    def with_parts(**given: Any) -> None:
        for name, kind in whole.items():
            given[name] = kind(**{part.name: given.pop(part.name) for part in fields(kind)})
        command(**given)

    parts = [part for each in parameters for part in _parts(each)]
    with_parts.__signature__ = inspect.Signature(parts)  # type: ignore[attr-defined] - what Typer makes options of
    with_parts.__annotations__ = {part.name: part.annotation for part in parts}
    return with_parts


def _parts(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    kind = parameter.annotation
    return list(inspect.signature(kind).parameters.values()) if kind in (Chosen, Place) else [parameter]


def parse_seeds(text: str | None) -> list[int] | None:
    """Return the seeds written as `0,1,2`; None for None.

    Raises:
        UserError: if something else is written.
    """
    if text is None:
        return None
    try:
        return [whole_number(seed) for seed in text.replace(",", " ").split()]
    except UserError as error:
        raise UserError(f"--seeds {text!r} is no list of whole numbers. Write for example 0,1,2.") from error
