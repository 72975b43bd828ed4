"""Numbers of other people's papers, code and released runs, beside the same loops in genloop.

`peers.yaml` has the numbers with their sources, each with an experiment that computes it, and what genloop cannot set
up, with the reason.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from genloop.executors.memory import simulate
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict
from genloop.numerals import fixed, plain, signed
from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import simulated
from genloop.study.grid import Grid
from genloop.study.page import write_pages
from genloop.study.request import Request
from genloop.theory.propagate import error_curve, fitted_moments
from genloop.theory.tails import survival_replace
from genloop.values import Reading

TITLE = "Numbers of others, computed by genloop"
MOST_STANDARD_ERRORS = 4.0
RULE = (
    "z is the difference over the standard errors of both together. A number holds if it is within 4, which a true one "
    "misses once in 16,000 times. Theory is genloop's closed form, where there is one."
)
Theory = Literal["variance", "mean error", "growth", "survival"]


@dataclass(frozen=True)
class Peer:
    """A number of others.

    Attributes:
        source: whose it is.
        setting: of which loop, and when.
        quantity: of what.
        value: the number.
        error: its standard error; 0 for a closed form.
        experiment: computes the same, as plain values.
        iteration: at which.
        metric: name of genloop's value.
        scale: times genloop's value,
        offset: plus this, is the number.
        theory: which of genloop's closed forms gives the number, too; None for none.
    """

    source: str
    setting: str
    quantity: str
    value: float
    error: float
    experiment: Mapping[str, Any]
    iteration: int
    metric: str
    scale: float = 1.0
    offset: float = 0.0
    theory: Theory | None = None


@dataclass(frozen=True)
class Compared:
    """A number of others beside genloop's.

    Attributes:
        peer: the number.
        measured: genloop's.
        standard_error: of genloop's, over independent loops.
    """

    peer: Peer
    measured: float
    standard_error: float

    @property
    def z(self) -> float:
        """The difference in standard errors of both together."""
        return (self.measured - self.peer.value) / math.hypot(self.standard_error, self.peer.error)

    def claim(self) -> Claim:
        """Return the number of others with the verdict."""
        peer = self.peer
        text = f"{peer.source}: {peer.setting}: {peer.quantity}"
        return Claim(text, peer.value, self.measured, self.standard_error, abs(self.z) <= MOST_STANDARD_ERRORS)


def reproduce_peers(request: Request) -> Reproduction:
    """Simulate every loop of others that genloop can set up, with fixed seeds, and compare their numbers."""
    request.refuse_scale("peers")
    directory, started = request.directory("peers"), time.perf_counter()
    found = compare(peers())
    claims = tuple(each.claim() for each in found)
    grids = (_compared_grid(found), _not_compared_grid())
    computation = simulated("peers", started)
    return write_pages(Reproduction(TITLE, claims, grids=grids, notes=(RULE,), computation=computation), directory)


def peers() -> list[Peer]:
    """Return the numbers of others that genloop can compute."""
    return [Peer(**written) for written in _facts()["compared"]]


def compare(found: Sequence[Peer]) -> list[Compared]:
    """Return numbers of others beside genloop's; of an experiment that several share, loops run once."""
    known: dict[str, list[Mapping[str, Reading]]] = {}
    compared = []
    for peer in found:
        name = peer.experiment["name"]
        if name not in known:
            known[name] = [values for _, values in simulate(from_dict(peer.experiment))]
        reading = known[name][peer.iteration - 1][peer.metric]
        assert reading.value is not None
        assert reading.standard_error is not None
        compared.append(
            Compared(peer, peer.offset + peer.scale * reading.value, abs(peer.scale) * reading.standard_error)
        )
    return compared


def theory_of(peer: Peer) -> float | None:
    """Return the number by genloop's closed form, where there is one."""
    experiment = from_dict(peer.experiment)
    if peer.theory == "growth":
        return float(error_curve(experiment.policies[0], peer.iteration).values[-1])
    if peer.theory == "survival":
        return float(survival_replace(peer.iteration + 1, count=1.0).values[-1])
    return _moment(peer, experiment) if peer.theory else None


def _moment(peer: Peer, experiment: Experiment) -> float:
    """Return a moment of a Gaussian."""
    assert experiment.num_samples is not None
    curves = fitted_moments(
        experiment.policies[0], peer.iteration, num_examples=experiment.num_samples,
        unbiased=peer.experiment["estimator"].get("unbiased", False),
    )  # fmt: skip
    return float((curves.variance if peer.theory == "variance" else curves.mean_error).values[-1])


def _compared_grid(found: Sequence[Compared]) -> Grid:
    header = ("source", "setting", "quantity", "theirs", "genloop ± standard error", "theory", "z")
    return Grid("Compared", header, list(map(_line, found)))


def _line(found: Compared) -> Sequence[str]:
    peer, theory = found.peer, theory_of(found.peer)
    theirs = signed(peer.value, peer.error).removeprefix("+") if peer.error else plain(peer.value)
    ours = signed(found.measured, found.standard_error).removeprefix("+")
    return (
        peer.source, peer.setting, peer.quantity, theirs, ours, "" if theory is None else plain(theory),
        fixed(found.z, 1, "+"),
    )  # fmt: skip


def _not_compared_grid() -> Grid:
    lines = [(each["source"], each["setting"], each["reason"]) for each in _facts()["not_compared"]]
    return Grid("Not compared", ("source", "setting", "why"), lines)


@cache
def _facts() -> Mapping[str, Any]:
    return yaml.safe_load(files("genloop.paper").joinpath("peers.yaml").read_text("utf-8"))
