"""One model of a run as a folder that other tools load, with its tokenizer and a model card.

Weights and `config.json` are what the family saved. `transformers` and vLLM find the network by the architecture that
`config.json` names, and the tokenizer by `tokenizer_config.json`.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from genloop.data.text.tokens import END_OF_TEXT, TOKENIZER_FILE, Vocabulary
from genloop.errors import UserError
from genloop.report.exports.model_card import estimator_of, model_card
from genloop.runs.lineage import finished
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import recorded_domain

TOKENIZER_SETTINGS = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": END_OF_TEXT,
    "eos_token": END_OF_TEXT,
    "pad_token": END_OF_TEXT,  # of texts in a batch; nothing attends to it
    "padding_side": "left",  # a text that goes on must end where its tokens do
    "clean_up_tokenization_spaces": False,  # which would join " ," to ","
}
SAMPLING_SETTINGS = ("temperature", "top_k", "top_p")  # of an estimator's sampling, as `transformers` calls them
NOT_THE_MODEL = ("snapshot-*.safetensors",)  # vLLM reads all `.safetensors` of a folder as one model


def write_model_folder(run: Run, item: RecordedIteration, folder: Path) -> None:
    """Write a model, what it shares with its data, how it was sampled, its experiment and its card into a new folder.

    A model that is no language model is copied as its family saved it.

    Raises:
        UserError: if the model is not fitted yet, or has changed since.
    """
    _copy_files(run, item.model, folder, finished(run, item.model).files)
    _copy_files(run, run.record.source, folder, _shared_files(run))
    tokenizer = run.store.path(run.record.source) / TOKENIZER_FILE
    is_huggingface = _names_an_architecture(folder / "config.json")
    if is_huggingface:
        length = {"model_max_length": estimator_of(run, item)["context"]}
        _write_over(folder / "tokenizer_config.json", TOKENIZER_SETTINGS | length)
        _write_over(folder / "generation_config.json", _generation(run, item, Vocabulary(tokenizer).end_of_text))
    (folder / "experiment.yaml").write_text(_experiment(run, item), "utf-8")
    (folder / "README.md").write_text(model_card(run, item, is_huggingface=is_huggingface), "utf-8")


def _shared_files(run: Run) -> list[str]:
    """Return the prepared files without which no model of these data can be opened."""
    files = finished(run, run.record.source).files
    try:
        patterns = getattr(recorded_domain(run), "model_files", ())
    except UserError:  # the domain is of the user's own, and not installed
        return []
    return [name for name in files if any(fnmatch(name, pattern) for pattern in patterns)]


def _copy_files(run: Run, key: str, folder: Path, names: Iterable[str]) -> None:
    """Copy files that a manifest lists, and nothing that somebody may have laid beside them."""
    folder.mkdir(exist_ok=True)
    for name in names:
        if not any(fnmatch(name, pattern) for pattern in NOT_THE_MODEL):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(run.store.path(key) / name, folder / name)


def _names_an_architecture(config: Path) -> bool:
    """Whether a file is what `transformers` builds a network from; other families may call theirs the same."""
    return config.exists() and "architectures" in json.loads(config.read_text())


def _generation(run: Run, item: RecordedIteration, end_of_text: int) -> dict[str, Any]:
    """Return how the loop drew documents; without a `top_k`, `transformers` keeps the 50 likeliest tokens only.

    A text ends with the context at the latest, since `transformers` does not go on beyond it as the loop does.
    """
    estimator = estimator_of(run, item)
    ends = {f"{name}_token_id": end_of_text for name in ("bos", "eos", "pad")} | {"max_length": estimator["context"]}
    sampling = estimator.get("sampling") or {}
    if sampling.get("temperature") == 0:
        return {**ends, "do_sample": False}
    drawn = {name: sampling[name] for name in SAMPLING_SETTINGS if sampling.get(name) is not None}
    return {**ends, "do_sample": True, "top_k": 0, **drawn}


def _experiment(run: Run, item: RecordedIteration) -> str:
    """Return the experiment file that computes this model and nothing after it."""
    chosen: dict[str, Any] = {"policies": [item.policy], "seeds": [item.seed], "num_iterations": item.iteration}
    if item.iteration < run.record.experiment["num_iterations"]:
        chosen["final_estimator"] = None  # it is of a later model
    return yaml.safe_dump({**run.record.experiment, **chosen}, sort_keys=False, allow_unicode=True)


def _write_over(path: Path, content: Mapping[str, Any]) -> None:
    """Write settings to a file, which keeps what else the family saved in it."""
    saved = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**saved, **content}, indent=1) + "\n")
