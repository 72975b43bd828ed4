"""A whole loop, replace and accumulate, with genloop (`our_loop.py`) and with Hugging Face (`peer_loop.py`).

The same text, T, blocks, epochs, schedule, network and number of sampled tokens; real text is tokenised before for
both. genloop fits the first model once for both policies and keeps all models and samples; the other script shares
and keeps nothing. Each is a process of its own; they take turns, and medians are compared. The rest of the time is
what a user also waits for: starting, loading libraries, writing files.
The losses show that both did the same work. They agree up to noise: the random numbers differ.

    python benchmarks/whole_loop.py [--num-samples T] [--rounds N] [--threads N] [--json] [--quick]

The model has 3.1M parameters (width 192, 6 layers, 6 heads, vocabulary 2048, context 256), trained for one epoch.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from contenders.task import SIZES
from our_loop import experiment
from process import measure

from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import prepare
from genloop.store import Store

PARTS = ("fit", "sample", "score", "rest", "total")
Result = dict[str, Any]


def compare(arguments: argparse.Namespace, work_dir: Path) -> Result:
    """Run both scripts in turn and return seconds, ratios and losses."""
    prepared = prepare_text(arguments, work_dir / "prepared")
    ours, theirs = [], []
    for turn in range(arguments.rounds):
        run_dir = work_dir / f"run-{turn}"
        shutil.copytree(prepared.parent, run_dir / "store")
        ours.append(time_script("our_loop.py", str(run_dir), f"--size={arguments.size}", *common(arguments)))
        theirs.append(time_script("peer_loop.py", str(prepared), *peer_options(arguments, work_dir)))
    seconds = {name: median_seconds(results) for name, results in {"genloop": ours, "huggingface": theirs}.items()}
    return {
        "seconds": seconds,
        "ratio": {part: seconds["huggingface"][part] / seconds["genloop"][part] for part in PARTS},
        "num_fits": {"genloop": ours[0]["num_fits"], "huggingface": theirs[0]["num_fits"]},
        "losses": {"genloop": ours[0]["losses"], "huggingface": theirs[0]["losses"]},
    }


def prepare_text(arguments: argparse.Namespace, store_dir: Path) -> Path:
    """Tokenise the real text into a store, and return its folder there."""
    what = experiment(arguments.size, arguments.num_samples, arguments.num_test, arguments.iterations)
    store = Store(store_dir).open()
    return store.path(prepare(what, store, LocalExecutor(), Silence())[0].train.real.key)


def common(arguments: argparse.Namespace) -> list[str]:
    names = ("num_samples", "num_test", "iterations", "threads")
    return [f"--{name.replace('_', '-')}={getattr(arguments, name)}" for name in names]


def peer_options(arguments: argparse.Namespace, work_dir: Path) -> list[str]:
    size = SIZES[arguments.size]
    estimator = size.estimator
    options = {
        "output": work_dir / "trainer",
        "vocabulary": size.vocabulary,
        "width": estimator.width,
        "layers": estimator.num_layers,
        "heads": estimator.num_heads,
        "context": estimator.context,
        "batch": estimator.batch,
        "learning-rate": estimator.learning_rate,
        "generate-batch": arguments.generate_batch,
    }
    return [*common(arguments), *(f"--{name}={value}" for name, value in options.items())]


def time_script(name: str, *options: str) -> Result:
    """Run a script and return what it printed, with the rest and the total of its seconds."""
    start = time.perf_counter()
    result = measure(name, name, *options)
    total = time.perf_counter() - start
    rest = total - sum(result["seconds"].values())
    return {**result, "seconds": {**result["seconds"], "rest": rest, "total": total}}


def median_seconds(results: list[Result]) -> dict[str, float]:
    return {part: statistics.median(result["seconds"][part] for result in results) for part in PARTS}


def print_tables(result: Result) -> None:
    ours, theirs = result["seconds"]["genloop"], result["seconds"]["huggingface"]
    print(f"{'seconds':<10}{'genloop':>10}{'Hugging Face':>15}{'ratio':>8}")
    for part in PARTS:
        print(f"{part:<10}{ours[part]:>10.1f}{theirs[part]:>15.1f}{result['ratio'][part]:>8.2f}")
    print("fits      {genloop:>10}{huggingface:>15}".format(**result["num_fits"]))
    print("\ntest loss at every iteration, nats per token")
    for name, losses in result["losses"].items():
        for policy, values in losses.items():
            print(f"{name:<12}{policy:<12}" + "".join(f"{value:>8.3f}" for value in values))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--num-samples", type=int, default=32_768, help="T, in tokens")
    parser.add_argument("--num-test", type=int, default=16_384, help="test tokens")
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--generate-batch", type=int, default=128, help="documents that generate is given at once")
    parser.add_argument("--rounds", type=int, default=1, help="turns of both")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="try the benchmark itself: a tiny model and little text")
    arguments = parser.parse_args()
    arguments.size = "3m"
    if arguments.quick:
        arguments.size, arguments.num_samples, arguments.num_test, arguments.iterations = "tiny", 8192, 4096, 2

    with tempfile.TemporaryDirectory() as work_dir:
        result = compare(arguments, Path(work_dir))
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        print_tables(result)


if __name__ == "__main__":
    main()
