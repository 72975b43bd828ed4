"""Model cards: what a model is, what it was made from and how well it does, for people and for the Hub."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from genloop.left_out import data_notes
from genloop.policy_text import is_own_policy, parse_policy
from genloop.report.markdown import markdown_table
from genloop.runs.lineage import ancestors, finished
from genloop.runs.other_estimators import assignments, estimator_at
from genloop.runs.record import RecordedIteration, Row, Run
from genloop.version import __version__

PAPER = "https://arxiv.org/abs/2404.01413"
TAGS = ("genloop", "model-collapse", "synthetic-data")
USE_TRANSFORMERS = """from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained(".")
start = tokenizer("<|endoftext|>", return_tensors="pt")  # a document begins after the end of another
print(tokenizer.decode(model.generate(**start, max_new_tokens=30)[0]))"""
USE_GENLOOP = """from pathlib import Path

from genloop.experiment_file import from_dict, read
from genloop.types import Context

experiment = from_dict(read(Path("experiment.yaml")))
estimator = {estimator}
domain = experiment.source.open(Path("."))
model = estimator.load(Path("."), domain, Context())"""


def model_card(run: Run, item: RecordedIteration, *, is_huggingface: bool) -> str:
    """Return the README.md of a model's folder; what comes from outside is escaped.

    Args:
        run: the run.
        item: the model's iteration.
        is_huggingface: whether the folder is one that `transformers` loads.
    """
    unit = f"{run.record.unit}s"
    sections = [
        _front_matter(is_huggingface),
        f"# {_escaped(run.record.name)}: model {item.iteration} of {_escaped(item.policy)}",
        f"A model of a [model-data feedback loop]({PAPER}), fitted by genloop to study what becomes of models that are "
        "trained on the output of others. It is meant for research, not for use in a product.",
        _table(("fact", "value"), _facts(run, item)),
        "## Training set",
        _table(("source", unit, "weight"), _training_set(item)),
        *([] if item.drawn is None else [f"Of their union, {item.drawn:,} {unit} were drawn at random."]),
        "## Lineage",
        _lineage(run, item),
        "## Measured",
        _table(("metric", "value ± standard error", "unit", "measured on"), _measured(run, item)),
        "## Use",
        f"```python\n{_use(run, item, is_huggingface)}\n```",
        "## Reproduce",
        "```sh\ngenloop run experiment.yaml\n```",
    ]
    return "\n\n".join(sections) + "\n"


def estimator_of(run: Run, item: RecordedIteration) -> Mapping[str, Any]:
    """Return the settings of the estimator that fitted a model."""
    experiment = run.record.experiment
    return experiment[estimator_at(experiment, item.iteration)]


def _front_matter(is_huggingface: bool) -> str:
    """Return what the Hub reads."""
    front: dict[str, Any] = {"library_name": "genloop", "tags": list(TAGS)}
    if is_huggingface:
        front |= {"library_name": "transformers", "pipeline_tag": "text-generation"}
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---"


def _facts(run: Run, item: RecordedIteration) -> list[tuple[str, str]]:
    record = run.record
    return [
        ("run", record.name),
        ("policy", _policy(item.policy)),
        ("iteration", f"{item.iteration}"),
        ("seed", f"{item.seed}"),
        ("T, the first training set", f"{record.num_samples:,} {record.unit}s"),
        ("real data", _settings(record.experiment["source"])),
        *(("about the data", sentence) for sentence in data_notes(run.data_facts())),
        ("estimator", _settings(estimator_of(run, item))),
        ("fit", finished(run, item.model).said("status")),
        ("key", item.model),
        ("exported by", f"genloop {__version__}"),
    ]


def _policy(name: str) -> str:
    if is_own_policy(name):
        return f"{name}, the user's own"
    about = (type(parse_policy(name)).__doc__ or "").split("\n")[0]
    return f"{name}: {about}"


def _settings(component: Mapping[str, Any]) -> str:
    settings = (f"{name}={value}" for name, value in assignments(component) if value is not None)
    return ", ".join([component["type"], *settings])


def _training_set(item: RecordedIteration) -> list[tuple[str, str, str]]:
    return [(part.source, f"{part.num_examples:,}", f"{part.weight:g}") for part in item.train]


def _lineage(run: Run, item: RecordedIteration) -> str:
    found = ancestors(run, item.model)
    if not found:
        return "No synthetic data: the model descends from the real data alone."
    table = _table(("iteration", "model"), [(f"{parent.iteration}", f"{parent.model}") for parent in found])
    return f"The model descends from these, by their synthetic data or their parameters:\n\n{table}"


def _measured(run: Run, item: RecordedIteration) -> list[tuple[str, str, str, str]]:
    about = {metric: text for text, metrics in run.values().items() for metric in metrics}
    place = (item.policy, item.seed, item.iteration)
    rows = [row for row in run.rows() if (row.policy, row.seed, row.iteration) == place]
    return [(row.metric, _number(row), row.unit, about[row.metric]) for row in rows]


def _number(row: Row) -> str:
    error = "" if row.standard_error is None else f" ± {row.standard_error:.2g}"
    return "not finite" if row.value is None else f"{row.value:.6g}{error}"


def _use(run: Run, item: RecordedIteration, is_huggingface: bool) -> str:
    if is_huggingface:
        return USE_TRANSFORMERS
    return USE_GENLOOP.format(estimator=f"experiment.{estimator_at(run.record.experiment, item.iteration)}")


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return markdown_table([headers, *(map(_escaped, row) for row in rows)]).rstrip("\n")


def _escaped(text: str) -> str:
    """Return text in which Markdown and HTML find nothing to act on, on one line."""
    return re.sub(r"([\\`*_\[\]<>|~&#$!])", r"\\\1", " ".join(text.split()))
