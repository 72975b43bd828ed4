"""Models of a run as folders that other tools load."""

import json
import shutil
from pathlib import Path

from genloop.errors import UserError
from genloop.record import RecordedIteration, Run


def export_model(run: Run, *, policy: str, iteration: int, seed: int | None, to: Path) -> None:
    """Copy one model, and the tokenizer beside it, into a new folder in the layout of `transformers`.

    Raises:
        UserError: if the run has no such model, it is not fitted yet, or the folder exists.
    """
    item = _find(run, policy, iteration, seed)
    if run.manifest(item.model) is None:
        raise UserError(f"Model {iteration} of {policy} is not fitted yet. Finish the run first.")
    if to.exists():
        raise UserError(f"{to} exists. Name a new folder.")
    shutil.copytree(run.store.path(item.model), to, ignore=shutil.ignore_patterns("manifest.json"))
    prepared = run.store.path(run.record.source)
    if run.manifest(run.record.source) is not None and (prepared / "tokenizer.json").exists():
        shutil.copy(prepared / "tokenizer.json", to)
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": "<|endoftext|>",
            "bos_token": "<|endoftext|>",
        }
        (to / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))


def _find(run: Run, policy: str, iteration: int, seed: int | None) -> RecordedIteration:
    for item in run.record.iterations:
        if item.policy == policy and item.iteration == iteration and seed in (None, item.seed):
            return item
    policies = ", ".join(dict.fromkeys(item.policy for item in run.record.iterations))
    last = max(item.iteration for item in run.record.iterations)
    raise UserError(
        f"The run has no model of {policy!r}, iteration {iteration}. It has {policies}, iterations 1 to {last}."
    )
