"""The command line."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from genloop import catalog
from genloop.errors import UserError, unknown_name

app = typer.Typer(
    help="Model-data feedback loops: will my models collapse, and what must I keep to prevent it?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
EXTRAS = {
    "torch": "text",
    "safetensors": "text",
    "tokenizers": "text",
    "datasets": "hub",
    "transformers": "hub",
    "rdkit": "molecules",
}
PLAIN_WIDTH = 150  # of tables where there is no terminal
out = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
log = Console(stderr=True)

Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", "-p", help="A data policy, such as accumulate or window(3); repeat for several."),
]
Iterations = Annotated[int | None, typer.Option("--iterations", "-n", help="Rounds of fit, sample, evaluate.")]
Seeds = Annotated[str | None, typer.Option(help="Seeds of the loops, such as 0 or 0,1,2.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: path=value, such as estimator.epochs=5.")
]
OutDir = Annotated[Path | None, typer.Option("--out", help="Folder of the run; by default runs/NAME.")]
StoreDir = Annotated[Path | None, typer.Option("--store", help="Folder of results to share; by default OUT/store.")]
Device = Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda or mps; changes no key.")]
Threads = Annotated[int | None, typer.Option(help="CPU threads; by default the libraries choose.")]
NameOrFile = Annotated[str, typer.Argument(help="A recipe (see `genloop list`) or an experiment file (.yaml).")]
RunDir = Annotated[Path, typer.Argument(help="Folder of a run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def demo(
    policy: Policies = None,
    iterations: Iterations = None,
    seeds: Seeds = None,
    settings: Settings = None,
    out_dir: OutDir = None,
    store_dir: StoreDir = None,
    device: Device = "auto",
    threads: Threads = None,
    matched_steps: Annotated[
        bool, typer.Option(help="The control: every model takes as many optimiser steps as the first.")
    ] = False,
) -> None:
    """Run a small language model on real text through replace and accumulate: minutes on two cores."""
    name = "demo-matched-steps" if matched_steps else "demo"
    if matched_steps and store_dir is None and out_dir is None:
        store_dir = Path("runs/demo/store")  # shares the first iteration, and all of replace, with the demo
    run(name, policy, iterations, seeds, settings, out_dir, store_dir, device, threads)


@app.command()
def run(
    name_or_file: NameOrFile,
    policy: Policies = None,
    iterations: Iterations = None,
    seeds: Seeds = None,
    settings: Settings = None,
    out_dir: OutDir = None,
    store_dir: StoreDir = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Run or resume an experiment; what is done already is not done again."""
    from genloop.experiment_file import from_dict
    from genloop.report.progress import RunProgress
    from genloop.runner import run as run_experiment

    experiment = from_dict(_settings(name_or_file, policy, iterations, seeds, settings))
    directory = out_dir or Path("runs") / experiment.name
    with _resumable(), RunProgress(log) as progress:
        finished = run_experiment(
            experiment, directory, store_dir=store_dir, runtime=_runtime(device, threads), listener=progress
        )
    _present(finished)


@app.command()
def plan(
    name_or_file: NameOrFile,
    policy: Policies = None,
    iterations: Iterations = None,
    seeds: Seeds = None,
    settings: Settings = None,
    out_dir: OutDir = None,
    store_dir: StoreDir = None,
) -> None:
    """Say what a run would compute, what is done, and what the rest will take; only the real data are prepared."""
    from genloop.executors.local import LocalExecutor
    from genloop.experiment_file import from_dict
    from genloop.report.tables import plan_summary, plan_table
    from genloop.store import Store

    experiment = from_dict(_settings(name_or_file, policy, iterations, seeds, settings))
    directory = store_dir or (out_dir or Path("runs") / experiment.name) / "store"
    executor = LocalExecutor(Store(directory).open())
    rounds = executor.prepare(experiment)
    unit = executor.compute(rounds[0].model.real).facts["unit"]
    planned = executor.plan(rounds)
    out.print(plan_table(planned, unit))
    out.print(plan_summary(planned, unit), highlight=False)


@app.command()
def predict(
    policy: Annotated[list[str], typer.Option("--policy", "-p", help="A data policy; repeat for several.")],
    iterations: Annotated[int, typer.Option("--iterations", "-n", help="Length of the curves.")] = 10,
    examples: Annotated[
        int | None, typer.Option(help="T, the first training set's size; by default the limit.")
    ] = None,
    dimension: Annotated[int | None, typer.Option(help="d: linear regression with new rows in every source.")] = None,
    solve: Annotated[str | None, typer.Option(help="Find the least share instead: real.")] = None,
    max_increase: Annotated[float, typer.Option(help="With --solve: how far the error may rise, 0.1 for 10 %.")] = 0.1,
    figure: Annotated[Path | None, typer.Option(help="Draw the curves into this file (png, pdf, svg).")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the error of any policy from theory alone, before a model is trained."""
    from genloop.policy_text import parse_policy
    from genloop.report import predictions

    if iterations < 1:
        raise UserError(f"--iterations {iterations} predicts nothing. Ask for 1 or more.")
    if solve is not None:
        answers = [predictions.solve_share(name, solve, iterations, max_increase) for name in policy]
        if as_json:
            print(json.dumps([asdict(answer) for answer in answers], indent=1))
        for answer in [] if as_json else answers:
            out.print(answer.text(), highlight=False)
        return
    found = [
        predictions.predict(parse_policy(name), iterations, num_examples=examples, dimension=dimension)
        for name in policy
    ]
    if as_json:
        print(json.dumps(predictions.predictions_json(found), indent=1, ensure_ascii=False))
    else:
        out.print(predictions.predictions_table(found))
        for about in dict.fromkeys(f"{item.curve.basis.assumptions} Exact: {item.curve.basis.exact}" for item in found):
            out.print(about, style="dim", highlight=False)
    if figure is not None:
        predictions.draw_predictions(found, figure)


@app.command()
def show(
    run_dir: RunDir,
    as_json: AsJson = False,
    training_sets: Annotated[
        bool, typer.Option("--training-sets", help="What every training set was made of, instead of the results.")
    ] = False,
) -> None:
    """Print the results of a run, finished or not."""
    from genloop.record import Run
    from genloop.report.tables import results_table, rows_json, training_sets_table

    found = Run(run_dir)
    if as_json:
        print(json.dumps(rows_json(found), indent=1, ensure_ascii=False))
    elif training_sets:
        out.print(training_sets_table(found))
    else:
        out.print(results_table(found, width=out.width))


@app.command()
def reproduce(
    target: Annotated[str, typer.Argument(help=f"What to reproduce: {', '.join(catalog.REPRODUCTIONS)}.")],
    scale: Annotated[
        str | None, typer.Option(help="How large models and data are: laptop (default), gpu or paper.")
    ] = None,
    train: Annotated[
        str | None, typer.Option(help="Training data of your own instead: text, images, or CelebA's img_align_celeba.")
    ] = None,
    test: Annotated[str | None, typer.Option(help="Test data beside --train; by default a tenth of it.")] = None,
    seeds: Seeds = None,
    only_plan: Annotated[bool, typer.Option("--plan", help="Say what it takes, and train nothing.")] = False,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Folder; by default runs/SCALE or runs/TARGET.")] = None,
    store_dir: StoreDir = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Reproduce a figure or table of the paper and judge each claim; exit code 1 if one fails."""
    from genloop.report.progress import RunProgress
    from genloop.report.verdicts import print_reproduction
    from genloop.reproduce.request import Request
    from genloop.store import report_disk_errors

    function = catalog.load("target", target, catalog.REPRODUCTIONS)
    with _resumable(), report_disk_errors(out_dir or Path("runs")), RunProgress(log) as progress:
        found = function(
            Request(
                out_dir, scale, train, test, tuple(_seeds(seeds) or ()) or None, store_dir, only_plan,
                _runtime(device, threads), progress, progress.announced,
            )
        )  # fmt: skip
    print_reproduction(found, out)
    raise typer.Exit(0 if found.holds else 1)


@app.command("list")
def list_names() -> None:
    """List recipes, policies, sources, estimators and metrics."""
    from genloop.policy_text import POLICIES

    policies = {name: f"{kind.__module__}:{kind.__name__}" for name, kind in POLICIES.items()}
    groups: Mapping[str, Mapping[str, str]] = {
        "recipe": catalog.RECIPES,
        "policy": policies,
        "source": catalog.SOURCES,
        "estimator": catalog.ESTIMATORS,
        "metric": catalog.METRICS,
    }
    table = Table("kind", "name", "what it is")
    for kind, names in groups.items():
        for name in names:
            about = (catalog.load(kind, name, names).__doc__ or "").strip().split("\n")[0]
            table.add_row(kind, name, escape(about), end_section=name == list(names)[-1])
    out.print(table)


@app.command()
def export(
    run_dir: RunDir,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy of the model.")],
    iteration: Annotated[int, typer.Option("--iteration", "-i", help="Iteration of the model.")],
    seed: Annotated[int | None, typer.Option(help="Seed of the loop; by default the first.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="New folder for the model, its tokenizer and a model card: transformers, vLLM.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="New file for what was made and by whom: .parquet for texts or images, .sdf for molecules."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            help="What --data writes: train, what the model was fitted on (default), or samples, what it generated."
        ),
    ] = None,
) -> None:
    """Write a model, or the texts or images that it was fitted on or generated, for other tools."""
    from genloop.record import Run
    from genloop.report.export import export as export_results

    export_results(Run(run_dir), policy=policy, iteration=iteration, seed=seed, model=model, data=data, part=part)
    for place in filter(None, (data, model)):
        out.print(f"Wrote {place}.", highlight=False)


def main() -> None:
    """Run the command line; what a user can fix is one sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        log.print(f"[red]Error:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        extra = EXTRAS[error.name]
        log.print(
            f"[red]Error:[/red] {error.name} is not installed. Run: pip install 'genloop\\[{extra}]'", highlight=False
        )
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()


@contextmanager
def _resumable() -> Iterator[None]:
    """Turn an interruption into one sentence and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        log.print("Interrupted. The same command continues where it stopped.")
        raise typer.Exit(130) from None


def _settings(
    name_or_file: str,
    policies: list[str] | None,
    iterations: int | None,
    seeds: str | None,
    settings: list[str] | None,
) -> dict[str, Any]:
    """Return the experiment that the arguments describe, as plain values."""
    from genloop.experiment_file import complete, read, set_value, to_dict

    path = Path(name_or_file)
    if path.suffix in (".yaml", ".yml"):
        written = read(path)
        written.setdefault("name", path.stem)
    elif name_or_file in catalog.RECIPES:
        written = to_dict(catalog.load("recipe", name_or_file, catalog.RECIPES)())
    else:
        raise unknown_name("recipe or experiment file (.yaml)", name_or_file, catalog.RECIPES)

    overrides = {"policies": policies, "num_iterations": iterations, "seeds": _seeds(seeds)}
    written.update({name: value for name, value in overrides.items() if value is not None})
    for assignment in settings or []:
        written = complete(written)
        set_value(written, assignment)
    return written


def _seeds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(seed) for seed in text.replace(",", " ").split()]
    except ValueError as error:
        raise UserError(f"--seeds {text!r} is no list of whole numbers. Write for example 0,1,2.") from error


def _runtime(device: str, threads: int | None) -> Any:
    from genloop.types import Runtime

    devices = ("auto", "cpu", "cuda", "mps")
    if device not in devices:
        raise unknown_name("device", device, devices)
    if threads is not None and threads < 1:
        raise UserError(f"--threads {threads} computes nothing. Give 1 or more.")
    return Runtime(device, threads)


def _present(finished: Any) -> None:
    """Print table and samples of a run and write its figures."""
    from genloop.report.samples import samples_table
    from genloop.report.tables import results_table
    from genloop.store import report_disk_errors

    out.print(results_table(finished, width=out.width))
    samples = samples_table(finished)
    figure, texts, picture = (finished.directory / name for name in ("test_loss.png", "samples.txt", "samples.png"))
    with report_disk_errors(finished.directory):
        if samples:
            out.print(samples)
            with texts.open("w", encoding="utf-8") as file:
                Console(file=file, width=PLAIN_WIDTH).print(samples)
        if _is_older(figure, finished.directory / "run.json"):
            from genloop.report.figures import draw_metric
            from genloop.report.molecules import draw_molecules
            from genloop.report.pictures import draw_images

            draw_metric(finished, "test_loss", figure)
            draw_images(finished, picture)
            draw_molecules(finished, picture)
    written = [place for place, exists in ((texts, samples), (picture, picture.exists())) if exists]
    out.print(f"Figure: {figure}" + "".join(f"   Samples: {place}" for place in written), highlight=False)
    out.print(f"Again as a table: genloop show {finished.directory}", highlight=False)


def _is_older(path: Path, than: Path) -> bool:
    return not path.exists() or path.stat().st_mtime < than.stat().st_mtime
