"""Figures of runs, as files: what was measured at every iteration, on what, and what the models generated."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes

from genloop.analysis.lines import Line, draw_curve, lines_of
from genloop.analysis.series import is_shown
from genloop.report.figures.floors import floors_of
from genloop.report.figures.learning_curves import draw_learning_curves, learning_curves
from genloop.report.figures.look import FORMATS, count_iterations, drawing, legend_below, panels
from genloop.report.figures.molecules import sampled_shapes
from genloop.report.figures.names import file_name
from genloop.report.figures.overlay import predicted_test_loss
from genloop.report.figures.palette import REAL, THEORY_DASH, Style, floor_dash, styles
from genloop.report.figures.pictures import draw_grids, sampled_grids
from genloop.report.figures.shapes import draw_shapes
from genloop.report.figures.training_sets import draw_training_sets
from genloop.runs.record import Run
from genloop.store import report_disk_errors
from genloop.types import STANDARD_ERROR

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
        for name, draw in _drawings(lines_of(runs)).items():
            paths = [directory / f"{name}.{kind}" for kind in formats]
            draw(*paths)
            found += paths
    return found


def _drawings(lines: Sequence[Line]) -> dict[str, Callable[..., None]]:
    """Return what there is to draw, by name; each is called with the paths of its files."""
    found: dict[str, Callable[..., None]] = {
        _file_name(metric, unit, lines): partial(draw_lines, lines, metric, unit) for metric, unit in _metrics(lines)
    }
    if any(map(learning_curves, lines)):
        found["learning-curves"] = partial(draw_learning_curves, lines)
    found["training-sets"] = partial(draw_training_sets, lines)
    if grids := sampled_grids(lines, NUM_IMAGES):
        found["sampled-images"] = partial(draw_grids, grids)
    for number, group in enumerate(_by_source(lines), start=1):
        if rows := sampled_shapes(group, NUM_MOLECULES):
            found[f"sampled-molecules{f'-{number}' if number > 1 else ''}"] = partial(draw_shapes, rows)
    return found


def _by_source(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines of every source together: only models of the same molecules stand beside one another."""
    sources = dict.fromkeys(line.run.record.source for line in lines)
    return [[line for line in lines if line.run.record.source == source] for source in sources]


def draw_metric(run: Run, metric: str, path: Path) -> None:
    """Draw a metric of a run; the title says which scorer judges which data."""
    lines = lines_of([run])
    unit = next((unit for name, unit in _metrics(lines) if name == metric), "")
    about = next((about for about, metrics in run.values().items() if metric in metrics), "")
    draw_lines(lines, metric, unit, path, title=f"{run.record.name}: {about}")


def draw_lines(lines: Sequence[Line], metric: str, unit: str, *paths: Path, title: str = "") -> None:
    """Draw a metric against the iteration, with standard errors, theory where it applies, and the noise floor."""
    looks = styles(line.label for line in lines)
    with drawing(*paths) as figure:
        (axes,) = panels(figure, [title], x="iteration", y=_axis_label(metric, unit))
        count_iterations(axes)
        for line in lines:
            if (metric, unit) in _metrics([line]):
                draw_curve(axes, line.label, line.curve(metric), line.curve(metric + STANDARD_ERROR), looks[line.label])
                _draw_theory(axes, line, metric, looks[line.label])
        _draw_floors(axes, lines, metric, unit)
        legend_below(figure)


def _draw_theory(axes: Axes, line: Line, metric: str, style: Style) -> None:
    values = predicted_test_loss(line.run).get(line.policy)
    if metric == "test_loss" and values is not None:
        iterations = range(1, len(values) + 1)
        axes.plot(
            iterations, values, color=style.colour, linestyle=(0, THEORY_DASH), label=f"{line.label}, theory", zorder=3
        )


def _draw_floors(axes: Axes, lines: Sequence[Line], metric: str, unit: str) -> None:
    """Draw what real data score in the place of samples."""
    for place, (name, floor) in enumerate(floors_of(lines, metric, unit).items()):
        (iteration,) = floor.iterations
        value = floor.mean(iteration)
        if value is not None:
            axes.axhline(value, color=REAL, linestyle=(0, floor_dash(place)), zorder=1, label=name)


def _axis_label(metric: str, unit: str) -> str:
    """Return name and unit of a metric, to be folded between them."""
    return f"{metric.replace('_', ' ')} ({unit.replace(' ', NO_BREAK)})"


def _metrics(lines: Sequence[Line]) -> dict[tuple[str, str], None]:
    """Return names and units of what was measured, in its order; errors stand beside values."""
    measured = {(row.metric, row.unit): None for line in lines for row in line.rows}
    return {(metric, unit): None for metric, unit in measured if is_shown(metric)}


def _file_name(metric: str, unit: str, lines: Sequence[Line]) -> str:
    """Return a metric's name without what a folder could be, and its unit too where other runs have another one."""
    is_alone = sum(name == metric for name, _ in _metrics(lines)) == 1
    return file_name(metric if is_alone else f"{metric}-{unit}")
