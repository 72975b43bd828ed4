"""Learning curves: the test loss and the training loss on the way through fits, where they were kept."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genloop.analysis.arms import Arm
from genloop.analysis.learning_curves import learning_curves
from genloop.identity import file_digest
from genloop.report.html.charts import Chart, layout, line_trace
from genloop.report.html.theme import iteration_colours
from genloop.report.palette import thinned
from genloop.runs.record import Run
from genloop.store import DamagedArtefact

RECORD_FILE = "training.json"  # that every neural family writes beside a model
NUM_POINTS = 60  # of a curve of training losses; each is the mean of the steps around it
NUM_MARKED = 12  # points of a curve that are marked, at most
HEIGHT = 280
ROOM = 0.05  # above and below the curves

Steps = Mapping[float, float | None]  # optimiser steps -> loss; None where it is not finite
Fits = Mapping[int, Steps]  # iteration -> loss within its fit


@dataclass(frozen=True)
class Losses:
    """One kind of loss within the fits of all policies.

    Attributes:
        name: of the kind.
        about: what is averaged or thinned.
        fits: of every policy, by its label.
        last: the run's last iteration.
    """

    name: str
    about: str
    fits: Mapping[str, Fits]
    last: int

    def chart(self, label: str) -> Chart:
        """Return the fits of one policy, lighter the later they are, on axes that all policies share."""
        fits = self.fits[label]
        colours = iteration_colours(self.last)
        traces = [
            line_trace(
                f"iteration {number}",
                steps,
                steps.values(),
                mode="lines" if len(steps) > NUM_MARKED else "lines+markers",
                line={"color": colours[number - 1], "width": 2},
            )
            for number, steps in fits.items()
        ]
        drawn = layout(self.name, 1, 0, hovermode="closest", height=HEIGHT)
        drawn["xaxis"] |= {
            "title": {"text": "optimiser steps", "standoff": 8},
            "tickmode": "auto",
            "nticks": 5,
            "rangemode": "tozero",
        }
        del drawn["xaxis"]["range"]
        drawn["yaxis"] |= {"range": self._range()}
        return Chart(f"Chart of the {self.name} within the fits of {label}.", traces, drawn)

    def _range(self) -> list[float]:
        losses = [loss for fits in self.fits.values() for steps in fits.values() for loss in steps.values()]
        finite = [loss for loss in losses if loss is not None]
        low, high = min(finite, default=0.0), max(finite, default=1.0)
        room = ROOM * (high - low)
        return [low - room, high + room]


def losses_within_fits(arms: Sequence[Arm]) -> list[Losses]:
    """Return the test losses and the training losses, each where it was kept, of some iterations if there are many."""
    test = {arm.label: _some(fits) for arm in arms if (fits := learning_curves(arm))}
    training = {arm.label: fits for arm in arms if (fits := _training_losses(arm))}
    about = f"training loss of the first seed, averaged over a {NUM_POINTS}th of the steps at a time"
    last = max(item.iteration for arm in arms for item in arm.iterations)
    kinds = [
        Losses("test loss", "test loss on the way through each fit, averaged over the seeds", test, last),
        Losses("training loss", about, training, last),
    ]
    return [kind for kind in kinds if kind.fits]


def _some(fits: Fits) -> Fits:
    numbers = list(fits)
    return {numbers[place - 1]: fits[numbers[place - 1]] for place in thinned(len(numbers))}


def _training_losses(arm: Arm) -> Fits:
    items = {item.iteration: item.model for item in arm.first_seed}
    done = [number for number in sorted(items) if _has_record(arm.run, items[number])]
    shown = [done[place - 1] for place in thinned(len(done))] if done else []
    return {number: steps for number in shown if (steps := _means(_losses(arm.run, items[number])))}


def _has_record(run: Run, model: str) -> bool:
    manifest = run.store.peek(model)
    return manifest is not None and RECORD_FILE in manifest.files


def _losses(run: Run, model: str) -> np.ndarray:
    """Return the loss of every step of a fit, shape (step,).

    Only the record is compared with the manifest: weights may be large, and nothing else is read here.

    Raises:
        DamagedArtefact: if the record has changed since it was written.
    """
    manifest, path = run.store.peek(model), run.store.path(model) / RECORD_FILE
    assert manifest is not None
    if not path.is_file() or file_digest(path) != manifest.files[RECORD_FILE]["sha256"]:
        raise DamagedArtefact(f"{path} has changed since it was written. Run the experiment again to recompute it.")
    return np.array(json.loads(path.read_text("utf-8"))["losses"], float)


def _means(losses: np.ndarray) -> Steps:
    """Return the mean losses of consecutive pieces at the middle of each; those that are not finite are left out."""
    pieces = np.array_split(losses, min(NUM_POINTS, len(losses))) if len(losses) else []
    ends = np.cumsum([len(piece) for piece in pieces])
    middles = [end - len(piece) / 2 for piece, end in zip(pieces, ends, strict=True)]
    means = [float(piece.mean()) for piece in pieces]
    return {middle: value for middle, value in zip(middles, means, strict=True) if math.isfinite(value)}
