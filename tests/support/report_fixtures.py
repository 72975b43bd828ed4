"""Runs for pages: cheap ones, and one on text that would do harm if a page believed it."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from toys import NormalLoss, SampleLoss, SampleMean
from toys import experiment as toy

from genloop.data.known import Zipf
from genloop.data.text.files import Texts
from genloop.experiment import Experiment
from genloop.families.statistical.ngram import NGram
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import TestLoss
from genloop.policies import Accumulate, Replace, ReplaceMultiple
from genloop.recipes.statistical import zipf
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.values import Value, to_facts

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


def losses_run(
    folder: Path, losses: Mapping[int, Mapping[int, float | None]], *, metric: str = "test_loss", unit: str = "nats"
) -> Run:
    """Run loops whose losses are these, by seed and iteration; what is left out is not measured yet."""
    num_iterations = max(max(of_seed) for of_seed in losses.values())
    changes: dict[str, Any] = {"policies": (Replace(),), "metrics": (NormalLoss(),), "num_iterations": num_iterations}
    found = toy_run(folder, seeds=tuple(losses), **changes)
    for item in found.record.iterations:
        (key,) = item.scores
        manifest = found.manifest(key)
        assert manifest
        found.store.discard(key)
        if item.iteration in losses[item.seed]:
            values = {metric: losses[item.seed][item.iteration]}
            declared = Value(metric, unit, worse="higher", aspect="loss")
            facts = {**manifest.facts, **to_facts([declared], values)}
            found.store.create(key, manifest.inputs, lambda *_, facts=facts: facts)
    return Run(found.directory)


def two_floors_run(folder: Path) -> Run:
    """Return a run as it was before all policies had one noise floor: of 2 T where a policy samples 2 T at first."""
    source = Zipf(num_replicates=1, num_train=2000, seed=1)
    policies = (Replace(), Accumulate(), ReplaceMultiple())
    loop = replace(zipf(), source=source, policies=policies, num_iterations=2, seeds=(0, 1))
    found = run(loop, folder / "zipf")
    of_two = replace(loop, policies=(Replace(),), num_samples=2000)
    twice = run(of_two, folder / "twice", store_dir=folder / "zipf" / "store")
    floors = {item.seed: list(item.noise_floor) for item in twice.record.iterations if item.noise_floor}
    record = json.loads((folder / "zipf" / "run.json").read_text("utf-8"))
    del record["digest"]  # records of then had none
    for item in record["iterations"]:
        if item["policy"] == "replace-multiple" and item["noise_floor"]:
            item["noise_floor"] = floors[item["seed"]]
    (folder / "zipf" / "run.json").write_text(json.dumps(record), "utf-8")
    return Run(found.directory)
