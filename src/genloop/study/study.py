"""Loops that belong together, and what was measured of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from genloop.analysis.series import series
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict
from genloop.runs.record import Run
from genloop.runs.stores import store_at
from genloop.store import Store
from genloop.study.claims import Claim, Reproduction
from genloop.study.curves import Curves
from genloop.study.differences import RULE
from genloop.study.grid import Grid
from genloop.study.loops import Loop, Scale
from genloop.study.request import Request


@dataclass(frozen=True)
class Study:
    """The loops of one table or figure at a scale.

    Attributes:
        target: names its files.
        title: what is reproduced.
        loops: what is computed.
        scale: how large models and data are.
        request: what was asked for.
        directory: where all of it is written.
    """

    target: str
    title: str
    loops: tuple[Loop, ...]
    scale: Scale
    request: Request
    directory: Path

    @property
    def store(self) -> Store:
        return store_at(self.request.store_dir, self.directory)

    def run_dir(self, loop: Loop) -> Path:
        return self.directory / "runs" / self.target / loop.folder

    def run(self, loop: Loop) -> Run:
        """Return the results of a loop, which must be computed."""
        return self._runs[loop]

    @cached_property
    def _runs(self) -> Mapping[Loop, Run]:
        return {loop: Run(self.run_dir(loop)) for loop in self.loops}  # each checks its files once

    def experiment(self, loop: Loop) -> Experiment:
        """Return what was computed of a loop."""
        return from_dict(self.run(loop).record.experiment)

    def curves(self, metric: str) -> Curves:
        """Return one metric of all loops."""
        found, unit = {}, ""
        for loop in self.loops:
            (measured,) = series(self.run(loop).rows(), metric)
            found[loop.name, measured.policy] = measured.curve
            unit = measured.unit
        return Curves(found, unit)

    def figure(self) -> Path:
        """Return where the figure belongs."""
        return self.directory / f"{self.target}.png"

    def found(
        self, claims: Sequence[Claim], *, grids: Sequence[Grid] = (), figures: Sequence[Path] = (), rule: str = RULE
    ) -> Reproduction:
        """Return what the loops show; `rule` says what the verdicts mean."""
        title = f"{self.title}, scale {self.scale.name}"
        return Reproduction(title, tuple(claims), tuple(figures), tuple(grids), notes=(rule,) if claims else ())
