"""Your own text in a loop: what becomes of a small GPT-2 that replaces its training text, and of one that keeps it.

`python examples/own_text.py [FILE] [FOLDER]` takes less than a minute. FILE is a text with `<|endoftext|>` between
documents; without one the script writes a diary. FOLDER keeps the results; the same call again computes nothing.
"""

import sys
from pathlib import Path
from random import Random

from rich import print

from genloop import Accumulate, Experiment, Replace, answer, outcomes, results_table, run
from genloop.text import GPT2, Diversity, TestLoss, Texts

WHO = ("I", "We", "My sister", "My brother", "Grandmother", "The twins", "An old friend", "The dog")
DID = ("walked", "ran", "drove", "cycled", "swam", "came home", "got lost", "slept", "sang", "waited")
WHERE = ("by the sea", "in the woods", "at the market", "on the hill", "near the station", "under a tree")
THEN = ("Later", "In the evening", "After lunch", "At night", "Before dawn", "On Sunday", "When the sun came out")


def write_diary(path: Path, num_days: int = 1500) -> None:
    """Write entries of three sentences each."""
    random = Random(0)

    def sentence() -> str:
        return f"{random.choice(WHO)} {random.choice(DID)} {random.choice(WHERE)}."

    path.parent.mkdir(parents=True, exist_ok=True)
    entries = (f"{sentence()} {sentence()} {random.choice(THEN)}: {sentence()}" for _ in range(num_days))
    path.write_text("<|endoftext|>".join(entries), "utf-8")


def experiment(text: str) -> Experiment:
    """Return five iterations on 10,000 tokens of a text."""
    return Experiment(
        name="own-text",
        source=Texts(train=text, vocabulary=512),
        estimator=GPT2(width=64, num_layers=2, num_heads=2, context=64, epochs=3, batch=4, learning_rate=3e-3),
        policies=(Replace(), Accumulate()),
        metrics=(TestLoss(num_tokens=10_000), Diversity()),
        num_iterations=5,
        num_samples=10_000,
    )


def main(text: str | None = None, folder: str = "runs/own-text") -> None:
    """Print what became of the test loss: as a table, and in a sentence."""
    if text is None:
        text = f"{folder}/diary.txt"
        write_diary(Path(text))
    finished = run(experiment(text), folder)
    print(results_table(finished, width=80))
    print(answer(outcomes(finished)))


if __name__ == "__main__":
    main(*sys.argv[1:])
