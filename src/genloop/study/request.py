"""What was asked of a reproduction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError
from genloop.executors.executor import Executor, Listener, Silence
from genloop.types import Runtime


@dataclass(frozen=True)
class Request:
    """Where a reproduction writes and, for those that train models, at what scale and how.

    Attributes:
        out_dir: folder of figures, pages and runs; None for one in `runs` of the scale's or the target's name.
        scale: laptop, gpu or paper; None for laptop.
        train: training data of the user's own, in the place of the scale's.
        test: test data beside it; None holds out a tenth of `train`.
        seeds: one loop for each; None takes the scale's.
        store_dir: where results are kept; None for a folder in the folder.
        only_plan: say what it takes, and train nothing.
        runtime: where to compute.
        executor: computes the steps; None for this process, with `runtime`.
        listener: is told what happens.
        announce: is told which run begins.
    """

    out_dir: Path | None = None
    scale: str | None = None
    train: str | None = None
    test: str | None = None
    seeds: tuple[int, ...] | None = None
    store_dir: Path | str | None = None
    only_plan: bool = False
    runtime: Runtime = field(default_factory=Runtime)
    executor: Executor | None = None
    listener: Listener = field(default_factory=Silence)
    announce: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        if self.test is not None and self.train is None:
            raise UserError(f"--test {self.test} has no --train beside it. Give both, or leave --test out.")

    def directory(self, default: str) -> Path:
        """Return the folder to write to, after making it."""
        directory = self.out_dir or Path("runs") / default
        with report_disk_errors(directory):
            directory.mkdir(parents=True, exist_ok=True)
        return directory

    def refuse_scale(self, target: str) -> None:
        """Raise UserError if something is asked for that means nothing to a simulation with fixed seeds."""
        options = ("scale", "train", "seeds", "only_plan", "store_dir")
        names = {"only_plan": "plan", "store_dir": "store"}
        given = [names.get(option, option) for option in options if getattr(self, option)]
        if given:
            raise UserError(f"{target} has no {given[0]}; leave {' and '.join(f'--{name}' for name in given)} out.")
