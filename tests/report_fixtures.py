"""Runs for pages: cheap ones, and one on text that would do harm if a page believed it."""

import random
from pathlib import Path
from typing import Any

from toys import NormalLoss, SampleLoss, SampleMean
from toys import experiment as toy

from genloop.data.text.files import Texts
from genloop.experiment import Experiment
from genloop.families.statistical.ngram import NGram
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import TestLoss
from genloop.policies import Accumulate, Replace
from genloop.record import Run
from genloop.runner import run

HARM = "window.harmed = (window.harmed || 0) + 1"
HOSTILE = (
    f"<script>{HARM}</script>",
    f"</script><script>{HARM}</script>",
    f'<img src="x" onerror="{HARM}">',
    f"</template></blockquote><svg onload='{HARM}'>",
    "a & b &amp; \"c\" 'd' \u2028 e \u2029 f",
    "{{ 7 * 7 }} {% raw %} light-dark(#000, #fff)",
)


def hostile_run(folder: Path, **changes: Any) -> Run:
    """Run a model that counts letters on hostile text, so that it writes the same."""
    random.seed(0)
    documents = [f"{random.choice(HOSTILE)} {number}" for number in range(300)]
    (folder / "hostile.txt").write_text("<|endoftext|>".join(documents), "utf-8")
    settings: dict[str, Any] = {
        "name": "hostile",
        "source": Texts(train=str(folder / "hostile.txt"), vocabulary=300),
        "estimator": NGram(order=6),
        "policies": (Replace(), Accumulate()),
        "metrics": (TestLoss(num_tokens=500), Diversity(num_tokens=500)),
        "num_iterations": 3,
        "num_samples": 3000,
    }
    return run(Experiment(**settings | changes), folder / "hostile")


def toy_run(folder: Path, **changes: Any) -> Run:
    """Run loops of numbers; the classes are in no catalog, as those of a reader's own."""
    settings: dict[str, Any] = {"metrics": (NormalLoss(), SampleMean(), SampleLoss()), "seeds": (0, 1, 2)}
    return run(toy(**settings | changes), folder / "toy")
