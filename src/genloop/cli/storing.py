"""The command that looks after a store."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from genloop.cli.app import app, log, out
from genloop.cli.arguments import AsJson, a_path
from genloop.cli.console import print_json
from genloop.errors import UserError
from genloop.numerals import size
from genloop.store import Store

if TYPE_CHECKING:
    from genloop.runs.record import Run


@app.command()
def store(
    store_dir: Annotated[Path, typer.Argument(parser=a_path, metavar="STORE", help="Folder of a store.")],
    run_dirs: Annotated[
        list[Path] | None,
        typer.Argument(parser=a_path, metavar="[RUN...]", help="Folders of runs, for --sizes and --prune."),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file; exit code 1 if one is not as it was written.")
    ] = False,
    sizes: Annotated[bool, typer.Option("--sizes", help="Number and size of results, by kind and by run.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what none of these runs needs; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --prune removes anything.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check, measure or prune the results that runs keep in a store."""
    from genloop.runs.holdings import open_store
    from genloop.runs.record import Run

    _check_options(verify, sizes, prune, yes, run_dirs or [])
    found = open_store(store_dir)
    runs = [Run(run_dir) for run_dir in run_dirs or []]
    if verify:
        _verify(found, as_json)
    elif sizes:
        _measure(found, runs, as_json)
    else:
        _prune(found, runs, yes, as_json)


def _check_options(verify: bool, sizes: bool, prune: bool, yes: bool, run_dirs: Sequence[Path]) -> None:
    if verify + sizes + prune != 1:
        raise UserError("`genloop store` does one thing at a time. Give --verify, --sizes or --prune.")
    if yes and not prune:
        raise UserError("--yes answers what only --prune asks. Leave it out.")
    if verify and run_dirs:
        raise UserError(f"--verify checks all results, of whatever run. Leave out {run_dirs[0]}.")
    if prune and not run_dirs:
        raise UserError("--prune keeps what runs need. Name them; to remove all results, delete the folder.")


def _verify(found: Store, as_json: bool) -> None:
    from genloop.runs.holdings import damages, finished

    damaged, num = damages(found), len(finished(found))
    if as_json:
        rows = [{"key": key, "problem": problem} for key, problem in damaged.items()]
        print_json({"passes": not damaged, "num": num, "damaged": rows})
    else:
        for problem in damaged.values():
            out.print(problem, highlight=False, soft_wrap=True)
        said = f"{len(damaged)} of {num} results are DAMAGED." if damaged else f"All {num} results are as written."
        out.print(said, highlight=False)
    raise typer.Exit(1 if damaged else 0)


def _measure(found: Store, runs: "Sequence[Run]", as_json: bool) -> None:
    from genloop.runs.holdings import by_kind, finished, holding, needed, unfinished

    kinds, of_runs = by_kind(found), needed(runs, found)
    held = {*finished(found), *unfinished(found)}
    shares = {str(folder): holding(found, held & keys) for folder, keys in of_runs.items()}
    if runs:
        shares["none of these"] = holding(found, held.difference(*of_runs.values()))
    if as_json:
        kinds_said = [{"kind": kind, **asdict(each)} for kind, each in kinds.items()]
        print_json({"kinds": kinds_said, "runs": [{"run": name, **asdict(each)} for name, each in shares.items()]})
        return
    for title, rows in (("kind", kinds), ("needed by", shares)):
        if rows:
            table = Table(title, "results", "size")
            for name, each in rows.items():
                table.add_row(name, f"{each.num:,}", size(each.num_bytes))
            out.print(table)


def _prune(found: Store, runs: "Sequence[Run]", yes: bool, as_json: bool) -> None:
    from genloop.runs.holdings import holding, needed, prune, unneeded

    keys = unneeded(found, frozenset[str]().union(*needed(runs, found).values()))
    going = holding(found, keys)
    if keys and not yes and not _is_agreed(f"Remove {going.num:,} results, {size(going.num_bytes)}, of {found.root}?"):
        keys, going = [], holding(found, [])
    removed = prune(found, keys)
    if as_json:
        print_json({"removed": removed, "num_bytes": going.num_bytes})
    elif removed:
        out.print(f"Removed {len(removed):,} results, {size(going.num_bytes)}.", highlight=False)
    else:
        out.print("Nothing was removed.")


def _is_agreed(question: str) -> bool:
    """Ask a question where errors are told, so that it is in no document; no answer is none.

    Raises:
        UserError: if nobody is there to answer.
    """
    log.print(f"{question} [y/N] ", end="", highlight=False, soft_wrap=True)
    answer = sys.stdin.readline() if sys.stdin else ""
    if not answer:
        raise UserError("Nobody answered, so nothing was removed. Give --yes to do it unasked.")
    return answer.strip().lower() in ("y", "yes")
