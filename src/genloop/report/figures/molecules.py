"""Molecules that the models of a run sampled: the same ones at iteration 1 and at the last, beside the real ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genloop.analysis.arms import Arm, arms_of
from genloop.errors import UserError
from genloop.examples import Conformation
from genloop.report.figures.shapes import draw_shapes
from genloop.runs.record import Run
from genloop.runs.recorded_data import open_data, recorded_domain


@dataclass(frozen=True)
class Shapes:
    """Conformations of some molecules.

    Attributes:
        rows: for each molecule, heading of a column -> conformation; the real one is the first.
        about: what the real ones are.
    """

    rows: Sequence[dict[str, Conformation]] = ()
    about: str = ""


def draw_molecules(run: Run, path: Path, *, num: int = 4, beside: Sequence[Run] = ()) -> None:
    """Draw some training molecules as they are and as the models of a run's first seed sampled them.

    Nothing is drawn where the models generate no molecules, or have not yet.

    Args:
        run: the run.
        path: the file.
        num: molecules, the first of the training set that every model sampled.
        beside: runs of other policies on the same data, whose samples stand beside those of the run.
    """
    shapes = sampled_shapes(arms_of([run, *beside]), num)
    if shapes.rows:
        draw_shapes(shapes.rows, path, title=f"{run.record.name}: training molecules\nreal: {shapes.about}")


def sampled_shapes(arms: Sequence[Arm], num: int) -> Shapes:
    """Return, for each molecule, the real conformation and those of iteration 1 and of every policy's last iteration.

    Args:
        arms: policies on the same real data.
        num: molecules.

    Returns:
        No rows where the models generate no molecules, or have not yet.
    """
    run = arms[0].run
    keys = {heading: key for heading, key in _headings(arms).items() if run.manifest(key)}
    if not keys or run.manifest(run.record.source) is None:
        return Shapes()
    try:
        domain = recorded_domain(run)
    except UserError:
        return Shapes()
    sets = {heading: open_data(run, domain, key) for heading, key in {"real": run.record.source, **keys}.items()}
    shown = {heading: domain.show(data, num, beside=tuple(sets.values())) for heading, data in sets.items()}
    columns = zip(*(examples.conformations for examples in shown.values()), strict=True)
    return Shapes([dict(zip(shown, row, strict=True)) for row in columns], shown["real"].about)


def _headings(arms: Sequence[Arm]) -> dict[str, str]:
    """Return the samples of every policy's first iteration and of its last, by heading; the same ones once."""
    headings: dict[str, str] = {}
    for arm in arms:
        for item in (arm.first_seed[0], arm.first_seed[-1]):
            if item.samples not in headings.values():
                heading = f"{arm.label}\niteration {item.iteration}" if headings else "iteration 1"
                headings[heading] = item.samples
    return headings
