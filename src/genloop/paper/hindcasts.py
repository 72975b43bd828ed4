"""Forecasts of curves that are known: their last iterations are hidden, and then compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

import numpy as np

from genloop.analysis.change import standard_error
from genloop.analysis.forecast import Forecast, forecast
from genloop.study.grid import Grid


@dataclass(frozen=True)
class KnownCurve:
    """A measured curve from iteration 1 on.

    Attributes:
        family: what kind of loop it comes from.
        policy: its name.
        seed: curves that share it are not independent of each other.
        values: one for each iteration.
    """

    family: str
    policy: str
    seed: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Hindcast:
    """A curve beside the forecast of its end from its beginning.

    Attributes:
        curve: all of it.
        num_shown: iterations that the forecast rests on.
        forecast: of the others.
    """

    curve: KnownCurve
    num_shown: int
    forecast: Forecast

    @property
    def hidden(self) -> tuple[float, ...]:
        """The values that were hidden."""
        return self.curve.values[self.num_shown :]

    @property
    def covered(self) -> list[bool]:
        """Whether each hidden value lies in its interval."""
        pairs = zip(self.forecast.points, self.hidden, strict=True)
        return [point.low <= value <= point.high for point, value in pairs]

    @property
    def width(self) -> float:
        """Half the width of the last interval, over the range of the whole curve."""
        last = self.forecast.points[-1]
        return (last.high - last.low) / 2 / float(np.ptp(self.curve.values) or 1.0)

    @property
    def error(self) -> float:
        """Distance of the last hidden value from its forecast, over the range of the whole curve."""
        return abs(self.hidden[-1] - self.forecast.points[-1].value) / float(np.ptp(self.curve.values) or 1.0)


def hindcast(curve: KnownCurve, num_shown: int, until: int) -> Hindcast:
    """Forecast a curve from its first iterations, up to one that is known."""
    shown = dict(enumerate(curve.values[:num_shown], start=1))
    known = KnownCurve(curve.family, curve.policy, curve.seed, curve.values[:until])
    return Hindcast(known, num_shown, forecast(shown, until))


@dataclass(frozen=True)
class Coverage:
    """How often 90 % intervals held what they are about, averaged over seeds, which are independent.

    Attributes:
        share: of all hidden values that lie in their interval.
        standard_error: over seeds; None for one.
        last_share: of the last hidden values.
    """

    share: float
    standard_error: float | None
    last_share: float

    def __str__(self) -> str:
        error = "" if self.standard_error is None else f" ± {self.standard_error:.2f}"
        return f"{self.share:.2f}{error} ({self.last_share:.2f})"


def coverage(found: Sequence[Hindcast]) -> Coverage:
    """Return how often the intervals of some hindcasts held."""
    by_seed: dict[int, list[Hindcast]] = defaultdict(list)
    for each in found:
        by_seed[each.curve.seed].append(each)
    shares = [mean(mean(each.covered) for each in of_seed) for of_seed in by_seed.values()]
    error = standard_error(shares)
    return Coverage(mean(shares), error, mean(each.covered[-1] for each in found))


def coverage_grid(title: str, found: Mapping[str, Sequence[Sequence[Hindcast]]], spans: Sequence[str]) -> Grid:
    """Return one line for each kind of curve, and one column for each span of iterations.

    Args:
        title: of the table.
        found: kind -> hindcasts for each span.
        spans: which iterations were forecast from which.
    """
    lines = [
        (name, str(len(groups[0])), *(text for group in groups for text in (str(coverage(group)), _sharpness(group))))
        for name, groups in found.items()
    ]
    header = ("curves", "number", *(text for span in spans for text in (f"{span}: coverage", "± interval, error")))
    return Grid(title, header, lines)


def _sharpness(found: Sequence[Hindcast]) -> str:
    return f"{median(each.width for each in found):.2f}, {median(each.error for each in found):.2f}"
