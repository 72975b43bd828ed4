"""The command that computes figures and tables of the paper again."""

from pathlib import Path
from typing import Annotated

import typer

from genloop import catalog
from genloop.cli.app import app, log, out, resumable
from genloop.cli.arguments import Place, Seeds, StoreDir, a_path, parse_seeds, with_options


@app.command()
@with_options
def reproduce(
    target: Annotated[str, typer.Argument(help="What to reproduce, such as figure2: `genloop list` has all studies.")],
    scale: Annotated[
        str | None, typer.Option(help="How large models and data are: laptop (default), gpu or paper.")
    ] = None,
    train: Annotated[
        str | None, typer.Option(help="Training data of your own instead: text, images, or CelebA's img_align_celeba.")
    ] = None,
    test: Annotated[str | None, typer.Option(help="Test data beside --train; by default a tenth of it.")] = None,
    seeds: Seeds = None,
    only_plan: Annotated[bool, typer.Option("--plan", help="Say what it takes, and train nothing.")] = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", parser=a_path, help="Folder; by default runs/SCALE or runs/TARGET.")
    ] = None,
    store_dir: StoreDir = None,
    *,
    place: Place,
) -> None:
    """Reproduce a figure or table of the paper, or all of them, and judge each claim; exit code 1 if one fails.

    `all` puts every page and figure and an index into one folder; exit code 2 if a target could not be computed.
    """
    from genloop.disk_errors import report_disk_errors
    from genloop.report.live.progress import RunProgress
    from genloop.study.request import Request
    from genloop.study.verdicts import print_reproduction

    function = catalog.STUDIES.load(target)
    with resumable(), report_disk_errors(out_dir or Path("runs")), RunProgress(log) as progress:
        found = function(
            Request(
                out_dir, scale, train, test, tuple(parse_seeds(seeds) or ()) or None, store_dir, only_plan,
                place.runtime(), place.executor(), progress, progress.announced,
            )
        )  # fmt: skip
    print_reproduction(found, out)
    raise typer.Exit(2 if not found.is_complete else 0 if found.holds else 1)
