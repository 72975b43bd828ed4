"""Faults and attacks on runs, for minutes: `make campaign`. What a case does follows from the seed and its number.

`python tests/campaign --seed 3 --only kill --case 17` repeats one; `--quick` is the short form, always the same cases.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from random import Random
from shutil import which
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parent.parent / "examples")]

import faults  # noqa: E402 - which starts this program again, before anything large is imported


class Result(NamedTuple):
    """What became of a case."""

    kind: str
    number: int
    problems: list[str]


def main() -> int:
    wanted = _arguments()
    folder = Path(wanted.folder or tempfile.mkdtemp(prefix="campaign-"))
    folder.mkdir(parents=True, exist_ok=True)
    faults.preload(folder)
    began = time.monotonic()
    _import_everything()
    import campaign_kinds
    from runs import FAMILIES, Base

    chosen = [kind for kind in campaign_kinds.KINDS if wanted.only in (None, kind.name)]
    ready = [kind for kind in chosen if not kind.needs or which(kind.needs)]
    base = Base(folder / "base")
    context = get_context("fork")
    with context.Pool(wanted.workers) as pool:
        pool.map(base.compute, FAMILIES, chunksize=1)
        print(f"{len(FAMILIES)} undisturbed runs in {time.monotonic() - began:.0f} s, in {folder}", flush=True)
        shares = list(_shares(wanted, ready, time.monotonic() - began))
        results = [each for found in pool.imap(_try, [(base, wanted, *share) for share in shares], 1) for each in found]
    _print(results, chosen, wanted, time.monotonic() - began)
    if not wanted.folder and not any(each.problems for each in results):
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if any(each.problems for each in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=20.0, help="of the long form")
    parser.add_argument("--quick", action="store_true", help="a fixed number of cases of every kind")
    parser.add_argument("--only", help="one kind of fault")
    parser.add_argument("--case", type=int, nargs="*", default=[], help="some cases of it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--folder",
        help="that all lies in, with what it has of an earlier call; by default a new one, removed if all held",
    )
    return parser.parse_args()


def _import_everything() -> None:
    """Import all of genloop and what it imports late, so that a forked process begins with its work."""
    import importlib
    import pkgutil

    import genloop

    for module in pkgutil.walk_packages(genloop.__path__, "genloop."):
        importlib.import_module(module.name)
    for name in (
        "torch",
        "tokenizers",
        "safetensors.torch",
        "plotly.offline",
        "pyarrow.parquet",
        "datasets",
        "scipy.stats",
    ):
        importlib.import_module(name)


def _shares(wanted: argparse.Namespace, kinds: list[Any], spent: float) -> Iterator[tuple[str, int, float]]:
    """Iterate over kind, first case, and the seconds for it; every worker takes one share of each kind."""
    left = wanted.minutes * 60 - spent
    whole = sum(kind.share for kind in kinds)
    for kind in kinds:
        for worker in range(wanted.workers):
            yield kind.name, worker, left * kind.share / whole


def _try(share: tuple[Any, argparse.Namespace, str, int, float]) -> list[Result]:
    """Try every second case of a kind, as far as the time or the short form goes."""
    import campaign_kinds

    base, wanted, name, first, seconds = share
    kind = next(kind for kind in campaign_kinds.KINDS if kind.name == name)
    until = time.monotonic() + seconds
    if wanted.case:
        return [_try_one(kind, wanted, number, base) for number in wanted.case[first :: wanted.workers]]
    found: list[Result] = []
    for number in range(first, kind.num_quick if wanted.quick else 1 << 30, wanted.workers):
        if not wanted.quick and time.monotonic() > until:
            break
        found.append(_try_one(kind, wanted, number, base))
        if found[-1].problems:
            print(f"  {name} {number}: {found[-1].problems[0][:400]}", flush=True)
    return found


def _try_one(kind: Any, wanted: argparse.Namespace, number: int, base: Any) -> Result:
    from kind import Case

    place = base.folder.parent / f"{kind.name.replace(' ', '-')}-{number}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    place.chmod(0o755)
    try:
        problems = kind.attempt(Case(number, Random(f"{wanted.seed} {kind.name} {number}"), base, place))
    except Exception:
        problems = [f"the campaign itself failed: {traceback.format_exc()[-600:]}"]
    if not problems and not wanted.case:
        shutil.rmtree(place, ignore_errors=True)
    return Result(kind.name, number, problems)


def _print(results: list[Result], kinds: list[Any], wanted: argparse.Namespace, seconds: float) -> None:
    print("\n| what | tried | held | did not |\n| --- | --- | --- | --- |")
    for kind in kinds:
        mine = [each for each in results if each.kind == kind.name]
        failed = [each for each in mine if each.problems]
        told = str(len(failed) or "-") if mine else f"not tried: no {kind.needs}"
        print(f"| {kind.what} | {len(mine)} | {len(mine) - len(failed)} | {told} |")
    failed = [each for each in results if each.problems]
    print(f"\n{len(results)} cases in {seconds:.0f} s; {len(failed)} did not hold.")
    for each in failed:
        print(f"\npython tests/campaign --seed {wanted.seed} --only {each.kind!r} --case {each.number}")
        print("\n".join(f"  {told}" for told in each.problems[:6]))
    (Path(wanted.folder) / "results.json").write_text(json.dumps(results)) if wanted.folder else None


if __name__ == "__main__":
    sys.exit(main())
