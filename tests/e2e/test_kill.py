"""A run killed again and again, at random moments, ends with the same bits as one left alone."""

import json
import random
import subprocess
import sys
from pathlib import Path

from genloop.runs.record import Run

SCRIPT = """
import sys
from genloop.data.text.bible import Bible
from genloop.experiment import Experiment
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import TestLoss
from genloop.policies import Accumulate, Replace
from genloop.runs.runner import run
from genloop.types import Runtime

run(
    Experiment(
        name="killed",
        source=Bible(vocabulary=300),
        estimator=GPT2(width=32, num_layers=2, num_heads=2, context=32, epochs=4),
        policies=(Replace(), Accumulate()),
        metrics=(TestLoss(num_tokens=2000), Diversity()),
        num_iterations=3,
        num_samples=12_000,
    ),
    sys.argv[1],
    runtime=Runtime(device="cpu", threads=1, checkpoint_seconds=0.1),
)
"""


def _start(directory: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(directory)])


def _digests(directory: Path) -> dict[str, object]:
    """Return what every step recorded, without its time."""
    manifests = sorted((directory / "store").glob("*/manifest.json"))
    plain = {path.parent.name: json.loads(path.read_text()) for path in manifests}
    return {key: (manifest["facts"], manifest["files"]) for key, manifest in plain.items()}


def test_killed_at_random_moments_equals_uninterrupted(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert _start(whole).wait() == 0

    moments = random.Random(0)
    num_kills = 0
    for _ in range(6):
        process = _start(killed)
        try:
            process.wait(timeout=moments.uniform(1.0, 5.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            num_kills += 1
    assert num_kills >= 3, "the run is too short to be killed; make it longer"

    assert _start(killed).wait() == 0
    assert list(Run(killed).rows()) == list(Run(whole).rows())
    assert _digests(killed) == _digests(whole)
    assert not list((killed / "store" / "partial").iterdir())
