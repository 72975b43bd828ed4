"""Training and sampling speed of a GPT-2 against Hugging Face's and CTranslate2's, and training memory.

Every measurement is a process of its own. The contenders take turns, so that what else the machine does meets all,
and medians are compared. In the first turn, engines that leave it to their user try several batch sizes, and
CTranslate2 one or two batches side by side; the best goes on. All sample the same trained weights, each document from
end-of-text to end-of-text or the longest length, and the tokens up to the first end-of-text count.
The share of the roofline relates the operations of the model alone, in float32, to the rate of plain matrix products
measured in the same run; weights in int8 may pass it.

    python benchmarks/language_model.py [--sizes 3m,9m] [--rounds N] [--threads N] [--json] [--quick]

3m: 3.1M parameters (width 192, 6 layers, 6 heads, vocabulary 2048). 9m: 9.0M parameters (width 256, 10 layers,
8 heads, vocabulary 4096). Both have a context of 256 and train in batches of 8 blocks.
"""

import argparse
import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contenders.random_text import write_random_text
from contenders.task import SIZES, Measurement, Task
from process import measure

DOCUMENTS = {"short": 0.4, "full": None}  # mean length in contexts; None: no end of text, all reach the longest length
MEMORY_FACTORS = (1, 8)  # of the text


class Setting(NamedTuple):
    """What an engine leaves to its user."""

    batch: int = 0
    workers: int = 1

    def __str__(self) -> str:
        beside = f", {self.workers} side by side" if self.workers > 1 else ""
        return f" ({self.batch}{beside})" if self.batch else ""


HUGGING_FACE = (Setting(32), Setting(128), Setting(256))
CTRANSLATE = (Setting(32), Setting(128), Setting(32, 2), Setting(64, 2), Setting(128, 2))


@dataclass(frozen=True)
class Case:
    """One row of the result.

    Attributes:
        task: what is done; the first case of a task is what the others are compared with.
        contender: who does it.
        function: module and function that measure it.
        documents: which text, a name in `DOCUMENTS`.
        settings: those tried; the best one counts.
    """

    task: str
    contender: str
    function: str
    documents: str = "short"
    settings: tuple[Setting, ...] = (Setting(),)


def _sampling(documents: str) -> tuple[Case, ...]:
    task = f"sample, {documents}"
    return (
        Case(task, "genloop", "ours.sample_ours", documents),
        Case(task, "genloop, float32", "ours.sample_ours_float32", documents),
        Case(task, "HF generate", "huggingface.sample_huggingface", documents, HUGGING_FACE),
        Case(task, "CTranslate2 float32", "ctranslate.sample_ctranslate_float32", documents, CTRANSLATE),
        Case(task, "CTranslate2 int8", "ctranslate.sample_ctranslate_int8", documents, CTRANSLATE),
    )


PRODUCTS = Case("products", "torch", "roofline.matrix_products")
CASES = (
    PRODUCTS,
    Case("train", "genloop", "ours.train_ours"),
    Case("train", "HF Trainer", "huggingface.train_huggingface"),
    Case("train", "HF Trainer, no dropout", "huggingface.train_huggingface_without_dropout"),
    *_sampling("short"),
    *_sampling("full"),
)
Turns = dict[Case, dict[Setting, list[Measurement]]]  # what was measured of every case, by setting


def compare(size: str, arguments: argparse.Namespace, work_dir: Path) -> dict[str, Any]:
    """Run all contenders in turn at one size of model."""
    tasks = {kind: Task(work_dir / kind, size, arguments.threads) for kind in DOCUMENTS}
    for kind, task in tasks.items():
        _write_text(task, DOCUMENTS[kind])
        _measure("ours.write_weights", task)
        _measure("ctranslate.convert_for_ctranslate", task)

    turns: Turns = {case: defaultdict(list) for case in CASES}
    for turn in range(arguments.rounds):
        for case in CASES:
            for setting in [_best(turns[case])] if turn else case.settings:
                turns[case][setting].append(_measure(case.function, tasks[case.documents], setting))

    memory = {f"{factor}x": _training_memory(size, factor, arguments.threads, work_dir) for factor in MEMORY_FACTORS}
    products = _median(turns[PRODUCTS], "rate")
    rows = [_row(case, turns, products, tasks["short"]) for case in CASES if case is not PRODUCTS]
    parameters = tasks["short"].estimator.num_parameters(SIZES[size].vocabulary)
    return {"num_parameters": parameters, "products": products, "rows": rows, "peak_training_megabytes": memory}


def _write_text(task: Task, mean_length: float | None, factor: int = 1) -> None:
    length = None if mean_length is None else round(mean_length * task.estimator.context)
    write_random_text(task.directory, task.vocabulary, factor * SIZES[task.size].num_tokens, length)


def _training_memory(size: str, factor: int, threads: int, work_dir: Path) -> float:
    task = Task(work_dir / f"{factor}x", size, threads)
    _write_text(task, DOCUMENTS["short"], factor)
    return _measure("ours.training_memory", task)["megabytes"]


def _measure(function: str, task: Task, setting: Setting = Setting()) -> Measurement:  # noqa: B008, it is immutable
    given = Task(task.directory, task.size, task.threads, *setting)
    label = f"{task.size} {task.directory.name} {function}{setting}"
    return measure(label, "-m", "contenders", function, given.to_json())


def _best(turns: Mapping[Setting, list[Measurement]]) -> Setting:
    """Return the setting of the highest rate: from the second turn on, the only one that is still measured."""
    return max(turns, key=lambda setting: (len(turns[setting]), turns[setting][0]["rate"]))


def _median(turns: Mapping[Setting, list[Measurement]], name: str) -> float:
    return statistics.median(measurement[name] for measurement in turns[_best(turns)])


def _row(case: Case, turns: Turns, products: float, task: Task) -> dict[str, Any]:
    rate = _median(turns[case], "rate")
    baseline = next(other for other in CASES if other.task == case.task)
    passes = 3 if case.task == "train" else 1  # forward, and twice as much backward
    return {
        "task": case.task,
        "contender": f"{case.contender}{_best(turns[case])}",
        "tokens_per_second": rate,
        "genloop_over_it": _median(turns[baseline], "rate") / rate,
        "roofline": rate * passes * task.estimator.forward_flops(task.vocabulary) / products,
        "mean_length": None if case.task == "train" else _median(turns[case], "length"),
    }


def print_table(size: str, result: dict[str, Any]) -> None:
    print(f"\n{size}: {result['num_parameters']:,} parameters, products {result['products'] / 1e9:.0f} GFLOP/s")
    print(f"{'task':<14}{'contender (batch)':<42}{'tokens/s':>9}{'genloop / it':>14}{'roofline':>10}{'length':>8}")
    for row in result["rows"]:
        length = "" if row["mean_length"] is None else f"{row['mean_length']:.0f}"
        numbers = f"{row['tokens_per_second']:>9,.0f}{row['genloop_over_it']:>14.2f}{row['roofline']:>10.0%}"
        print(f"{row['task']:<14}{row['contender']:<42}{numbers}{length:>8}")
    memory = ", ".join(f"{data} data {value:.0f} MB" for data, value in result["peak_training_megabytes"].items())
    print(f"peak memory of our training: {memory}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--sizes", default="3m,9m", help=f"models, separated by commas: {', '.join(SIZES)}")
    parser.add_argument("--rounds", type=int, default=2, help="turns of every contender")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="try the benchmark itself: one turn of a tiny model")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.sizes, arguments.rounds = "tiny", 1
    sizes = arguments.sizes.split(",")
    if unknown := set(sizes) - set(SIZES):
        parser.error(f"--sizes {arguments.sizes}: {', '.join(unknown)} is unknown. Use some of {', '.join(SIZES)}.")

    results = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as work_dir:
            results[size] = compare(size, arguments, Path(work_dir))
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    for size, result in results.items():
        print_table(size, result)


if __name__ == "__main__":
    main()
