"""Commands about experiments: run them, or say what that takes."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from genloop import catalog
from genloop.cli.app import app, log, out, resumable, tell_notes
from genloop.cli.arguments import Chosen, NameOrFile, Place, parse_seeds, with_options
from genloop.cli.console import PLAIN_WIDTH, SafeConsole
from genloop.errors import UserError, unknown_name
from genloop.files import replacing


@app.command()
@with_options
def demo(
    chosen: Chosen,
    place: Place,
    matched_steps: Annotated[
        bool, typer.Option(help="The control: every model takes as many optimiser steps as the first.")
    ] = False,
) -> None:
    """Run a small language model on real text through replace and accumulate: minutes on two cores."""
    name = "demo-matched-steps" if matched_steps else "demo"
    if matched_steps and chosen.store_dir is None and chosen.out_dir is None:
        # it shares the first iteration, and all of replace, with the demo
        chosen = replace(chosen, store_dir="runs/demo/store")
    _run(name, chosen, place)


@app.command()
@with_options
def run(
    name_or_file: NameOrFile,
    chosen: Chosen,
    place: Place,
    part: Annotated[
        str | None, typer.Option(help="Compute one part of the loops, such as 3/8; other processes compute the others.")
    ] = None,
) -> None:
    """Run or resume an experiment; what is done already is not done again."""
    _run(name_or_file, chosen, place, part)


def _run(name_or_file: str, chosen: Chosen, place: Place, part: str | None = None) -> None:
    from genloop.experiment_file import from_dict
    from genloop.report.live.progress import RunProgress
    from genloop.runs.portion import Portion
    from genloop.runs.runner import run as run_experiment

    portion = Portion.parse(part) if part else None
    experiment = from_dict(_settings(name_or_file, chosen))
    directory = chosen.out_dir or Path("runs") / experiment.name
    before = _loops_before(directory)
    with resumable(), RunProgress(log) as progress:
        finished = run_experiment(
            experiment, directory, store_dir=chosen.store_dir, executor=place.executor(), listener=progress,
            portion=portion,
        )  # fmt: skip
    if portion and not finished.is_complete():
        out.print(f"Part {part} is done, other parts are not. The same command without --part shows all.")
        return
    _present(finished)
    shown = _loops(finished)
    if left_out := [loop for loop in before if loop not in shown]:
        told = f"{directory} held {', '.join(left_out)} before. Those results are kept: name them, too, to see all."
        out.print(told, highlight=False, soft_wrap=True)


@app.command()
@with_options
def plan(
    name_or_file: NameOrFile,
    chosen: Chosen,
) -> None:
    """Say what a run would compute, what is done, and what the rest will take; only the real data are prepared."""
    from genloop.cli.warnings import Warnings
    from genloop.executors.local import LocalExecutor
    from genloop.executors.preparing import manifest_of, prepare
    from genloop.executors.preparing import plan as plan_run
    from genloop.experiment_file import from_dict, to_dict
    from genloop.report.tables import plan_summary, plan_table
    from genloop.runs.other_estimators import other_estimators
    from genloop.runs.stores import store_at

    experiment = from_dict(_settings(name_or_file, chosen))
    directory = chosen.out_dir or Path("runs") / experiment.name
    store, tell = store_at(chosen.store_dir, directory).open(), Warnings()
    rounds = prepare(experiment, store, LocalExecutor(), tell)
    prepared = manifest_of(rounds[0].train.real, store)
    unit = prepared.said("unit")
    planned = plan_run(rounds, store, tell)
    out.print(plan_table(planned, unit, other_estimators(to_dict(experiment))))
    out.print(plan_summary(planned, unit), highlight=False)
    tell_notes(prepared.facts)


def _settings(name_or_file: str, chosen: Chosen) -> dict[str, Any]:
    """Return the experiment that the arguments describe, as plain values."""
    from genloop.experiment_file import complete, read, set_value, to_dict

    path = Path(name_or_file)
    if path.suffix in (".yaml", ".yml"):
        written = read(path)
        written.setdefault("name", path.stem)
    elif name_or_file in catalog.RECIPES:
        written = to_dict(catalog.RECIPES.load(name_or_file)())
    else:
        raise unknown_name("recipe or experiment file (.yaml)", name_or_file, catalog.RECIPES)

    overrides = {
        "policies": chosen.policy, "num_iterations": chosen.iterations, "seeds": parse_seeds(chosen.seeds)
    }  # fmt: skip
    written.update({name: value for name, value in overrides.items() if value is not None})
    for assignment in chosen.settings or []:
        written = complete(written)
        set_value(written, assignment)
    return written


def _loops(run: Any) -> list[str]:
    """Return the policies and the seeds in the record of a run."""
    iterations = run.record.iterations
    return list(dict.fromkeys([each.policy for each in iterations] + [f"seed {each.seed}" for each in iterations]))


def _loops_before(directory: Path) -> list[str]:
    """Return the same of the run in a folder; none where there is no record that can be read."""
    from genloop.runs.record import Run

    try:
        return _loops(Run(directory))
    except UserError:
        return []


def _present(finished: Any) -> None:
    """Print the answer, the table and the samples of a run, and write its figures and its page."""
    from genloop.analysis.outcome import TEST_LOSS, main_metric, outcomes
    from genloop.disk_errors import report_disk_errors
    from genloop.report.answer import answer, final_answer, question
    from genloop.report.figures.runs import file_name
    from genloop.report.samples import samples_table
    from genloop.report.tables import results_table

    out.print(results_table(finished, width=out.width))
    metric, samples = main_metric(finished), samples_table(finished)
    found = outcomes(finished, metric)
    figure = finished.directory / f"{file_name(metric)}.png" if found else None
    texts, picture, page = (finished.directory / name for name in ("samples.txt", "samples.png", "report.html"))
    with report_disk_errors(finished.directory):
        if samples:
            out.print(samples)
            with replacing(texts) as working, working.open("w", encoding="utf-8") as file:
                SafeConsole(file=file, width=PLAIN_WIDTH).print(samples)
        if any(_is_older(place, finished.directory / "run.json") for place in (figure or page, page)):
            _draw(finished, metric, figure, picture, page)

    if metric != TEST_LOSS:
        out.print(f"{question(metric)}:", highlight=False)
    out.print(answer(found), style="bold", highlight=False)
    if last := final_answer(finished, metric):
        out.print(last, highlight=False)
    places = (("Page", page), ("Figure", figure), ("Samples", samples and texts), ("Samples", picture))
    written = [f"{what}: {place}" for what, place in places if place and place.exists()]
    out.print("   ".join(written), highlight=False, soft_wrap=True)
    out.print(f"Again as a table: genloop show {finished.directory}", highlight=False, soft_wrap=True)


def _draw(finished: Any, metric: str, figure: Path | None, picture: Path, page: Path) -> None:
    """Write the figure of a metric, where there is one, what the models generated, and the page."""
    from genloop.report.figures.molecules import draw_molecules
    from genloop.report.figures.pictures import draw_images
    from genloop.report.figures.runs import draw_metric
    from genloop.report.html.page import write_page

    if figure:
        draw_metric(finished, metric, figure)
    draw_images(finished, picture)
    draw_molecules(finished, picture)
    write_page([finished], page)


def _is_older(path: Path, than: Path) -> bool:
    return not path.exists() or path.stat().st_mtime < than.stat().st_mtime
