"""Figures of runs, as files: what was measured at every iteration, on what, and what the models generated."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes

from genloop.analysis.arms import Arm, arms_of
from genloop.analysis.floors import floors_of
from genloop.analysis.learning_curves import learning_curves
from genloop.analysis.predicted import predicted
from genloop.analysis.series import is_shown
from genloop.disk_errors import report_disk_errors
from genloop.report.figures.learning_curves import draw_learning_curves
from genloop.report.figures.look import FORMATS, count_iterations, drawing, legend_below, panels
from genloop.report.figures.metric_curve import draw_curve
from genloop.report.figures.molecules import sampled_shapes
from genloop.report.figures.pictures import draw_grids, sampled_grids
from genloop.report.figures.shapes import draw_shapes
from genloop.report.figures.training_sets import draw_training_sets
from genloop.report.palette import REAL, THEORY_DASH, Style, floor_dash, styles
from genloop.runs.record import Run

NUM_IMAGES = 16  # of a model
NUM_MOLECULES = 4
NO_BREAK = "\N{NO-BREAK SPACE}"


def save_figures(runs: Sequence[Run], directory: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write figures for a paper into a folder and return their paths: they fit its columns and have no titles.

    There is one of every metric, named by it; of the learning curves where they were measured; of what the training
    sets were made of; and of images or molecules that the models generated.

    Args:
        runs: finished or not; the policies of several runs stand beside one another.
        directory: the folder, which may be new.
        formats: kinds of files, of pdf, svg and png.

    Raises:
        UserError: if the folder cannot be written, a format is another one, or a result has changed on disk.
    """
    found: list[Path] = []
    with report_disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for name, draw in _drawings(arms_of(runs)).items():
            paths = [directory / f"{name}.{kind}" for kind in formats]
            draw(*paths)
            found += paths
    return found


def _drawings(arms: Sequence[Arm]) -> dict[str, Callable[..., None]]:
    """Return what there is to draw, by name; each is called with the paths of its files."""
    found: dict[str, Callable[..., None]] = {
        _file_name(metric, unit, arms): partial(draw_lines, arms, metric, unit) for metric, unit in _metrics(arms)
    }
    if any(map(learning_curves, arms)):
        found["learning-curves"] = partial(draw_learning_curves, arms)
    found["training-sets"] = partial(draw_training_sets, arms)
    if grids := sampled_grids(arms, NUM_IMAGES):
        found["sampled-images"] = partial(draw_grids, grids)
    for number, group in enumerate(_by_source(arms), start=1):
        if rows := sampled_shapes(group, NUM_MOLECULES).rows:
            found[f"sampled-molecules{f'-{number}' if number > 1 else ''}"] = partial(draw_shapes, rows)
    return found


def _by_source(arms: Sequence[Arm]) -> list[list[Arm]]:
    """Return the arms of every source together: only models of the same molecules stand beside one another."""
    sources = dict.fromkeys(arm.run.record.source for arm in arms)
    return [[arm for arm in arms if arm.run.record.source == source] for source in sources]


def draw_metric(run: Run, metric: str, path: Path) -> None:
    """Draw a metric of a run; the title says which scorer judges which data."""
    arms = arms_of([run])
    unit = next((unit for name, unit in _metrics(arms) if name == metric), "")
    about = next((about for about, metrics in run.values().items() if metric in metrics), "")
    draw_lines(arms, metric, unit, path, title=f"{run.record.name}: {about}")


def draw_lines(arms: Sequence[Arm], metric: str, unit: str, *paths: Path, title: str = "") -> None:
    """Draw a metric against the iteration, with standard errors, theory where it applies, and the noise floor."""
    looks = styles(arm.label for arm in arms)
    with drawing(*paths) as figure:
        (axes,) = panels(figure, [title], x="iteration", y=_axis_label(metric, unit))
        count_iterations(axes)
        for arm in arms:
            if (metric, unit) in _metrics([arm]):
                draw_curve(axes, arm.label, arm.curve(metric), arm.errors(metric), looks[arm.label])
                _draw_final(axes, arm, metric, looks[arm.label])
                _draw_theory(axes, arm, metric, looks[arm.label])
        _draw_floors(axes, arms, metric, unit)
        legend_below(figure)


def _draw_final(axes: Axes, arm: Arm, metric: str, style: Style) -> None:
    """Draw what was measured of a last model that another estimator fitted: an empty mark of its own."""
    curve, errors = arm.curve(metric, final=True), arm.errors(metric, final=True)
    if curve:
        label = f"{arm.label}, {arm.run.final_estimator}"
        draw_curve(axes, label, curve, errors, style, markerfacecolor="white")


def _draw_theory(axes: Axes, arm: Arm, metric: str, style: Style) -> None:
    values = predicted(arm.run, metric).get(arm.policy)
    if values is not None:
        iterations = range(1, len(values) + 1)
        axes.plot(
            iterations, values, color=style.colour, linestyle=(0, THEORY_DASH), label=f"{arm.label}, theory", zorder=3
        )


def _draw_floors(axes: Axes, arms: Sequence[Arm], metric: str, unit: str) -> None:
    """Draw what real data score in the place of samples."""
    for place, (name, floor) in enumerate(floors_of(arms, metric, unit).items()):
        (iteration,) = floor.iterations
        value = floor.mean(iteration)
        if value is not None:
            axes.axhline(value, color=REAL, linestyle=(0, floor_dash(place)), zorder=1, label=name)


def _axis_label(metric: str, unit: str) -> str:
    """Return name and unit of a metric, to be folded between them."""
    return f"{metric.replace('_', ' ')} ({unit.replace(' ', NO_BREAK)})"


def _metrics(arms: Sequence[Arm]) -> dict[tuple[str, str], None]:
    """Return names and units of what was measured, in its order."""
    measured = {(row.metric, row.unit): None for arm in arms for row in arm.rows}
    return {(metric, unit): None for metric, unit in measured if is_shown(metric)}


def _file_name(metric: str, unit: str, arms: Sequence[Arm]) -> str:
    """Return a metric's name without what a folder could be, and its unit too where other runs have another one."""
    is_alone = sum(name == metric for name, _ in _metrics(arms)) == 1
    return file_name(metric if is_alone else f"{metric}-{unit}")


def file_name(metric: str) -> str:
    """Return the name of a metric without what a folder could be."""
    return re.sub(r"[^\w-]+", "-", metric)
