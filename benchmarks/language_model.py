"""Training and sampling speed of a GPT-2 against Hugging Face's, and training memory as the data grow.

Every measurement is a process of its own. The contenders take turns, so that what else the machine does meets both,
and medians are compared. The share of the roofline relates the operations of the model alone to the rate of plain
matrix products measured in the same run.

    python benchmarks/language_model.py [--quick] [--json] [--rounds N] [--threads N]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.tokens import END_OF_TEXT, TOKENIZER_FILE, TokenDataset, Vocabulary
from genloop.families.lm.gpt2 import GPT2, Sampling
from genloop.types import Context, Progress, Runtime

VOCABULARY = 2048
ESTIMATOR = GPT2(width=192, num_layers=6, num_heads=6, context=256, batch=8, num_steps=24)
NUM_STEPS_HUGGINGFACE = 12
WARM_UP_STEPS = 3
FLOPS_PER_TOKEN = ESTIMATOR.forward_flops(VOCABULARY)
MAX_LENGTH = ESTIMATOR.context - 1  # with end-of-text before it, what Hugging Face's positions hold
DOCUMENTS = {"short": 100, "full": None}  # mean tokens; None: end-of-text never occurs, all reach MAX_LENGTH
HUGGINGFACE_BATCHES = (32, 128, 256)
NUM_SAMPLED = 60_000
NUM_TOKENS = 1 << 22

Measurement = dict[str, float]


def write_data(directory: Path, num_tokens: int, mean_length: int | None) -> None:
    """Write random text and its vocabulary to a folder."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    words = {END_OF_TEXT: 0} | {f"w{i}": i for i in range(1, VOCABULARY)}
    Tokenizer(WordLevel(words, unk_token=END_OF_TEXT)).save(str(directory / TOKENIZER_FILE))
    random = np.random.default_rng(0)
    tokens = random.integers(1, VOCABULARY, num_tokens, dtype=np.uint16)
    if mean_length:
        tokens[random.random(num_tokens) < 1 / mean_length] = 0
    np.save(directory / "tokens.npy", tokens)


def open_data(directory: Path) -> TokenDataset:
    return TokenDataset.open(directory / "tokens.npy", Vocabulary(directory / TOKENIZER_FILE))


def context_of(arguments: argparse.Namespace, report: Callable[[Progress], None] = lambda _: None) -> Context:
    return Context(Runtime(device="cpu", threads=arguments.threads), report=report)


def matrix_products(arguments: argparse.Namespace) -> Measurement:
    """The rate of the products of one layer over a micro-batch, in operations per second."""
    import torch

    torch.set_num_threads(arguments.threads)
    rows, width = 2048, ESTIMATOR.width
    shapes = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width), (width, VOCABULARY)]
    factors = [(torch.randn(rows, i), torch.randn(i, o), torch.empty(rows, o)) for i, o in shapes]
    seconds = []
    for _ in range(30):
        start = time.perf_counter()
        for left, right, out in factors:
            torch.mm(left, right, out=out)
        seconds.append(time.perf_counter() - start)
    return {"rate": sum(2 * rows * i * o for i, o in shapes) / statistics.median(seconds)}


def train_ours(arguments: argparse.Namespace) -> Measurement:
    times: list[float] = []
    context = context_of(arguments, lambda _: times.append(time.perf_counter()))
    model = ESTIMATOR.fit(open_data(arguments.directory), seed=0, context=context)
    model.save(arguments.directory)
    return training_speed(times)


def train_huggingface(arguments: argparse.Namespace) -> Measurement:
    """What a user writes: `GPT2Config` as it comes, with its dropout of 0.1."""
    return run_trainer(arguments)


def train_huggingface_without_dropout(arguments: argparse.Namespace) -> Measurement:
    """The same arithmetic as ours, which has no dropout."""
    return run_trainer(arguments, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)


def run_trainer(arguments: argparse.Namespace, **dropout: Any) -> Measurement:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            times.append(time.perf_counter())

    torch.set_num_threads(arguments.threads)
    times: list[float] = []
    length = ESTIMATOR.context
    blocks = torch.from_numpy(open_data(arguments.directory).read(0, 1 << 17).astype(np.int64)).view(-1, length)
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=length,
        n_embd=ESTIMATOR.width,
        n_layer=ESTIMATOR.num_layers,
        n_head=ESTIMATOR.num_heads,
        bos_token_id=0,
        eos_token_id=0,
        **dropout,
    )
    settings = TrainingArguments(
        output_dir=str(arguments.directory / "trainer"),
        per_device_train_batch_size=ESTIMATOR.batch,
        max_steps=NUM_STEPS_HUGGINGFACE,
        learning_rate=ESTIMATOR.learning_rate,
        weight_decay=ESTIMATOR.weight_decay,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    examples: Any = [{"input_ids": block, "labels": block} for block in blocks]
    trainer = Trainer(model=GPT2LMHeadModel(config), args=settings, train_dataset=examples, callbacks=[Clock()])
    trainer.train()
    return training_speed(times)


def training_speed(times: list[float]) -> Measurement:
    seconds = statistics.median(np.diff(times[WARM_UP_STEPS:]).tolist())
    return {"rate": ESTIMATOR.batch * ESTIMATOR.context / seconds}


def sample_ours(arguments: argparse.Namespace) -> Measurement:
    context = context_of(arguments)
    estimator = replace(ESTIMATOR, sampling=Sampling(max_length=MAX_LENGTH))
    model = estimator.load(arguments.directory, arguments.directory, context)
    model.sample(1000, seed=0, context=context)
    start = time.perf_counter()
    samples = model.sample(NUM_SAMPLED, seed=1, context=context)
    seconds = time.perf_counter() - start
    tokens = samples.read(0, len(samples))
    return {"rate": len(samples) / seconds, "length": len(samples) / max(1, np.count_nonzero(tokens == 0))}


def sample_huggingface(arguments: argparse.Namespace) -> Measurement:
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model: Any = AutoModelForCausalLM.from_pretrained(arguments.directory).eval()

    def generate(num: int, length: int) -> np.ndarray:
        start = torch.zeros(num, 1, dtype=torch.long)
        options = {"do_sample": True, "top_k": 0, "temperature": 1.0, "eos_token_id": 0, "pad_token_id": 0}
        tokens = model.generate(start, attention_mask=torch.ones_like(start), max_new_tokens=length, **options)
        return tokens[:, 1:].numpy()

    generate(arguments.batch, 4)
    start = time.perf_counter()
    tokens = generate(arguments.batch, MAX_LENGTH)
    seconds = time.perf_counter() - start
    ended = np.cumsum(tokens == 0, axis=1)
    num_tokens = np.count_nonzero((ended == 0) | ((ended == 1) & (tokens == 0)))  # up to the first end-of-text
    return {"rate": num_tokens / seconds, "length": num_tokens / len(tokens)}


def training_memory(arguments: argparse.Namespace) -> Measurement:
    """The most memory in use after any step, without the pages of data files, which the system takes back at will."""
    import psutil

    peaks = []

    def note(_: Progress) -> None:
        memory = psutil.Process().memory_info()
        peaks.append((memory.rss - memory.shared) / 2**20)

    replace(ESTIMATOR, num_steps=6).fit(open_data(arguments.directory), seed=0, context=context_of(arguments, note))
    return {"megabytes": max(peaks)}


CONTENDERS = {
    function.__name__: function
    for function in (
        matrix_products,
        train_ours,
        train_huggingface,
        train_huggingface_without_dropout,
        sample_ours,
        sample_huggingface,
        training_memory,
    )
}


def measure(name: str, directory: Path, threads: int, batch: int = 0) -> Measurement:
    """Run one contender in a process of its own."""
    options = {"--contender": name, "--directory": directory, "--threads": threads, "--batch": batch}
    command = [sys.executable, __file__, *(str(part) for option in options.items() for part in option)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    print(f"{name} {directory.name} {batch or ''}: {result}", file=sys.stderr, flush=True)
    return result


def compare(arguments: argparse.Namespace, work_dir: Path) -> dict[str, Any]:
    """Run all contenders in turn and return the medians, their ratios and the shares of the roofline."""
    rates: dict[str, list[float]] = {}
    directories = {kind: work_dir / kind for kind in DOCUMENTS}
    for kind, directory in directories.items():
        directory.mkdir()
        write_data(directory, NUM_TOKENS, DOCUMENTS[kind])
    best_batch: dict[str, int] = {}

    def run(label: str, name: str, kind: str, batch: int = 0) -> float:
        rate = measure(name, directories[kind], arguments.threads, batch)["rate"]
        rates.setdefault(label, []).append(rate)
        return rate

    for _ in range(arguments.rounds):
        run("products", "matrix_products", "short")
        for kind in DOCUMENTS:  # trains the models that are sampled from
            run("train ours", "train_ours", kind)
            run("train theirs", "train_huggingface", kind)
            run("train, no dropout theirs", "train_huggingface_without_dropout", kind)
        for kind in DOCUMENTS:
            run(f"sample {kind} ours", "sample_ours", kind)
            batches = [best_batch[kind]] if kind in best_batch else arguments.batches
            tried = {
                batch: run(f"sample {kind} theirs {batch}", "sample_huggingface", kind, batch) for batch in batches
            }
            best_batch.setdefault(kind, max(tried, key=lambda batch: tried[batch]))

    for kind, batch in best_batch.items():
        rates[f"sample {kind} theirs"] = rates[f"sample {kind} theirs {batch}"]
    memory = {}
    for factor in (1, 8):
        (directory := work_dir / f"{factor}x").mkdir()
        write_data(directory, factor * NUM_TOKENS, DOCUMENTS["short"])
        memory[f"{factor}x"] = measure("training_memory", directory, arguments.threads)["megabytes"]
    return summary({label: statistics.median(values) for label, values in rates.items()}, best_batch, memory)


def summary(rates: dict[str, float], best_batch: dict[str, int], memory: Measurement) -> dict[str, Any]:
    rows = {}
    rates["train, no dropout ours"] = rates["train ours"]
    for task, factor in {"train": 3, "train, no dropout": 3, **{f"sample {kind}": 1 for kind in DOCUMENTS}}.items():
        ours, theirs = rates[f"{task} ours"], rates[f"{task} theirs"]
        rows[task] = {
            "ours": ours,
            "huggingface": theirs,
            "ratio": ours / theirs,
            "roofline": ours * factor * FLOPS_PER_TOKEN / rates["products"],
        }
    return {
        "tokens_per_second": rows,
        "best_batch_huggingface": best_batch,
        "matrix_products_flops_per_second": rates["products"],
        "peak_training_megabytes": memory,
    }


def print_table(result: dict[str, Any]) -> None:
    print(f"{'tokens per second':<20}{'ours':>10}{'Hugging Face':>15}{'ratio':>8}{'roofline':>10}")
    for task, row in result["tokens_per_second"].items():
        print(f"{task:<20}{row['ours']:>10.0f}{row['huggingface']:>15.0f}{row['ratio']:>8.2f}{row['roofline']:>10.0%}")
    rate = result["matrix_products_flops_per_second"] / 1e9
    print(f"\nmatrix products: {rate:.0f} GFLOP/s; Hugging Face's best batches: {result['best_batch_huggingface']}")
    memory = ", ".join(f"{size} data {value:.0f} MB" for size, value in result["peak_training_megabytes"].items())
    print(f"peak memory of our training: {memory}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, and fewer batch sizes of Hugging Face")
    parser.add_argument("--rounds", type=int, default=2, help="turns of every contender")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()

    if arguments.contender:
        print(json.dumps(CONTENDERS[arguments.contender](arguments)))
        return
    arguments.batches = HUGGINGFACE_BATCHES[:2] if arguments.quick else HUGGINGFACE_BATCHES
    arguments.rounds = 1 if arguments.quick else arguments.rounds
    with tempfile.TemporaryDirectory() as work_dir:
        result = compare(arguments, Path(work_dir))
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        print_table(result)


if __name__ == "__main__":
    main()
