"""What it costs to have trivial steps computed by each executor, beside the plain tools doing the same.

    python benchmarks/executors.py [--steps 1000] [--jobs 2] [--ray]

A trivial step writes one small file; the plain tools write as many, without keys, digests or manifests. Seconds are of
the whole, what starts workers included, which stands apart where it can be told.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from genloop.executors.executor import Executor, Silence
from genloop.executors.local import LocalExecutor
from genloop.steps.step import KeyedStep, Opened
from genloop.store import Store
from genloop.types import Context, Runtime


@dataclass(frozen=True, eq=False, repr=False)
class Trivial(KeyedStep):
    """A step that writes its number."""

    kind: ClassVar[str] = "trivial"

    number: int

    @property
    def inputs(self) -> Any:
        return {"number": self.number}

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def make(self, opened: Opened, context: Context) -> int:
        return self.number

    def compute(self, opened: Opened, out: Path, context: Context) -> dict[str, Any]:
        write(str(out / "number"), self.number)
        return {}


def write(path: str, number: int) -> None:
    Path(path).write_text(str(number))


def executed(executor: Executor, num: int) -> Callable[[Path], None]:
    return lambda folder: executor.run(
        [Trivial(number) for number in range(num)], Store(folder / "store").open(), Silence()
    )


def futures(num: int, jobs: int) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            for waited in [pool.submit(write, str(folder / str(number)), number) for number in range(num)]:
                waited.result()

    return work


def plain_ray(num: int) -> Callable[[Path], None]:
    import ray

    task = ray.remote(write)
    return lambda folder: ray.get([task.remote(str(folder / str(number)), number) for number in range(num)])


def seconds(work: Callable[[Path], None]) -> float:
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        work(Path(folder))
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ray", action="store_true", help="also on a Ray cluster on this machine")
    asked = parser.parse_args()
    one, num = Runtime(device="cpu", threads=1), asked.steps
    works = {
        "local": executed(LocalExecutor(one), num),
        f"local, {asked.jobs} jobs": executed(LocalExecutor(one, asked.jobs), num),
        f"concurrent.futures, {asked.jobs} processes": futures(num, asked.jobs),
    }
    if asked.ray:
        from genloop.executors.on_ray import RayExecutor

        cluster = RayExecutor(one)
        print(f"Ray started, and two steps: {seconds(executed(cluster, 2)):.1f} s")
        works |= {"ray": executed(cluster, num), "plain Ray tasks": plain_ray(num)}
    for name, work in works.items():
        taken = seconds(work)
        print(f"{name:40} {taken:7.2f} s {1e3 * taken / num:8.2f} ms a step")


if __name__ == "__main__":
    main()
