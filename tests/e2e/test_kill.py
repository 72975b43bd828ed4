"""A run killed again and again, at random moments, ends with the same bits as one left alone."""

import json
import multiprocessing
import random
from pathlib import Path

from genloop.data.text.grammar import StoryGrammar
from genloop.experiment import Experiment
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import TestLoss
from genloop.policies import Accumulate, Replace
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Runtime

EXPERIMENT = Experiment(
    name="killed",
    source=StoryGrammar(num_train=400, num_test=100, vocabulary=300),
    estimator=GPT2(width=32, num_layers=2, num_heads=2, context=32, epochs=4),
    policies=(Replace(), Accumulate()),
    metrics=(TestLoss(num_tokens=2000), Diversity()),
    num_iterations=3,
    num_samples=4_000,
)
RUNTIME = Runtime(device="cpu", threads=1, checkpoint_seconds=0.1)


def _start(directory: Path) -> multiprocessing.Process:
    """Run the experiment in a process of its own, which need not import anything again."""
    process = multiprocessing.get_context("fork").Process(
        target=run, args=(EXPERIMENT, directory), kwargs={"runtime": RUNTIME}
    )
    process.start()
    return process


def _finish(directory: Path) -> int | None:
    process = _start(directory)
    process.join()
    return process.exitcode


def _digests(directory: Path) -> dict[str, object]:
    """Return what every step recorded, without its time."""
    manifests = sorted((directory / "store").glob("*/manifest.json"))
    plain = {path.parent.name: json.loads(path.read_text()) for path in manifests}
    return {key: (manifest["facts"], manifest["files"]) for key, manifest in plain.items()}


def test_killed_at_random_moments_equals_uninterrupted(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert _finish(whole) == 0

    moments = random.Random(0)
    num_kills = 0
    for _ in range(6):
        process = _start(killed)
        process.join(moments.uniform(0.1, 1.5))
        if process.is_alive():
            process.kill()
            num_kills += 1
        process.join()
    assert num_kills >= 3, "the run is too short to be killed; make it longer"

    assert _finish(killed) == 0
    assert list(Run(killed).rows()) == list(Run(whole).rows())
    assert _digests(killed) == _digests(whole)
    assert not list((killed / "store" / "partial").iterdir())
