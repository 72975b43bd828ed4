"""What computed a figure or table: the command, how large, how long, with which settings."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from genloop.numerals import duration
from genloop.study.grid import Grid
from genloop.study.request import Request

ELSEWHERE = "Other kinds of processors round otherwise: there, last digits differ, and of trained networks the third."


@dataclass(frozen=True)
class Computation:
    """What computed a figure or table.

    Attributes:
        target: names its files.
        command: computes it again.
        about: how large models and data are, in a sentence.
        seconds: of every step by its key, as targets share steps; of a simulation by the target.
        settings: one line for each loop or simulation; None where the claims say them.
    """

    target: str
    command: str
    about: str
    seconds: Mapping[str, float]
    settings: Grid | None = None

    @property
    def time(self) -> str:
        """How long all steps took together."""
        return duration(sum(self.seconds.values()))

    @property
    def settings_line(self) -> str:
        """The settings in a line: of each its different values."""
        if self.settings is None:
            return ""
        columns = zip(self.settings.header, *self.settings.lines, strict=True)
        different = {name: list(dict.fromkeys(filter(None, values))) for name, *values in columns}
        return "; ".join(f"{name} {' / '.join(values)}" for name, values in list(different.items())[1:] if values)


def simulated(target: str, started: float, settings: Grid | None = None) -> Computation:
    """Return what computed a target that is simulated anew each time.

    Args:
        target: names its files.
        started: `time.perf_counter()` when it began.
        settings: one line for each simulation.
    """
    seconds = {target: time.perf_counter() - started}
    about = "Simulated with fixed seeds, so the numbers are the same each time."
    return Computation(target, f"genloop reproduce {target}", about, seconds, settings)


def command_line(target: str, request: Request, scale: str | None) -> str:
    """Return the command that computes a target, without the reader's folders."""
    return " ".join(["genloop", "reproduce", target, *_options(request, scale)])


def _options(request: Request, scale: str | None) -> Iterator[str]:
    if scale:
        yield f"--scale {scale}"
    for name in ("train", "test"):
        if written := getattr(request, name):
            yield f"--{name} {Path(written).name}"
    if request.seeds:
        yield f"--seeds {','.join(map(str, request.seeds))}"
