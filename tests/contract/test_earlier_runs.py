"""Runs that an earlier version wrote: they open, say the same numbers, resume, and cost nothing to run again.

Digests of what is computed anew are compared where the processor computes as the one that made them; elsewhere, only
what does not depend on its last bits is.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from earlier_runs import FAMILIES, computes_as_then, experiment, recorded, unpack

from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.store import Manifest
from genloop.types import Runtime

RUNTIME = Runtime(device="cpu", threads=1)
ERROR = "_standard_error"
NAMES = ("policy", "seed", "iteration", "metric", "unit", "value", "standard_error")
DATA_FILES = {"gpt2": ".parquet", "llama": ".parquet", "causal-lm": ".parquet", "ngram": ".parquet"} | {
    "vae": ".parquet",
    "geodiff": ".sdf",
}
# Metrics whose version was raised since: words by Unicode's rules, and one size for all that depends on size.
RAISED = {
    "Diversity", "SelfBLEU", "TailMass", "RareTypes", "Support", "Tails", "Wasserstein", "Geometry", "EncoderFidelity",
    "PixelFidelity", "Modes",
}  # fmt: skip


class Listener:
    """Notes which steps were computed."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def planned(self, *_: Any) -> None: ...

    def finished(self, *_: Any) -> None: ...

    def warned(self, message: str) -> None:
        raise AssertionError(message)

    def started(self, step: Any, *_: Any) -> None:
        self.keys.append(step.key)

    def progressed(self, *_: Any) -> None: ...


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


def _numbers(found: Run) -> dict[str, list[dict[str, Any]]]:
    told = {"rows": map(asdict, found.rows()), "noise_floor": map(asdict, found.noise_floor())}
    return {part: [{name: row[name] for name in NAMES} for row in rows] for part, rows in told.items()}


def _recorded(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the numbers told then; a standard error was a row of its own, and is a field of its value's row now."""
    return {part: _with_errors(rows) for part, rows in recorded(directory).items()}


def _with_errors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def place(row: dict[str, Any], metric: str) -> tuple[Any, ...]:
        return row["policy"], row["seed"], row["iteration"], metric

    errors = {place(row, row["metric"]): row["value"] for row in rows if row["metric"].endswith(ERROR)}
    values = [row for row in rows if not row["metric"].endswith(ERROR)]
    return [{**row, "standard_error": errors.get(place(row, row["metric"] + ERROR))} for row in values]


def _manifests(directory: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in directory.rglob("manifest.json")}


def _name(key: str, manifest: Manifest | None) -> str:
    """Return what a step computes: `fit`, or `score` and `floor` with the metric."""
    assert manifest
    kind = key.partition("-")[0]
    if kind != "score":
        return kind
    is_floor = isinstance(manifest.inputs.get("samples"), Mapping)
    return f"{'floor' if is_floor else 'score'} {manifest.inputs['metric']['type']}"


def test_an_earlier_run_says_the_same_numbers(family, tmp_path):
    directory = unpack(family, tmp_path)
    assert _numbers(Run(directory)) == _recorded(directory)


def test_running_it_again_computes_nothing_and_leaves_every_manifest_as_it_was(family, tmp_path):
    directory = unpack(family, tmp_path)
    before, listener = _manifests(directory), Listener()
    again = run(experiment(family), directory, runtime=RUNTIME, listener=listener)
    raised = {type(metric).__name__ for metric in experiment(family).metrics} & RAISED
    assert {_name(again, key) for key in listener.keys} == {f"score {metric}" for metric in raised}
    assert _manifests(directory).items() >= before.items()
    if not listener.keys:
        assert _numbers(again) == _recorded(directory)


def _cut(directory: Path) -> dict[str, Manifest]:
    """Remove all but the real data and the first model; return what was removed."""
    found = Run(directory)
    kept = {found.record.source, found.record.iterations[0].model}
    removed = {key: found.manifest(key) for key in _manifests(directory) if key not in kept}
    for key in removed:
        shutil.rmtree(found.store.path(key))
    return {key: manifest for key, manifest in removed.items() if manifest}


def test_an_interrupted_one_ends_as_it_would_have(family, tmp_path):
    directory = unpack(family, tmp_path)
    removed = _cut(directory)
    resumed = run(experiment(family), directory, runtime=RUNTIME)
    _check_ends_alike(resumed, {key: then for key, then in removed.items() if _key_is_as_then(then)})


def _key_is_as_then(then: Manifest) -> bool:
    return then.inputs.get("metric", {}).get("type") not in RAISED


def _check_ends_alike(resumed: Run, expected: Mapping[str, Manifest]) -> None:
    for key, then in expected.items():
        if {"prepare", _name(key, then)} & computed_anew:
            continue
        now = resumed.manifest(key)
        assert now, f"{key} was not computed"
        assert now.files.keys() == then.files.keys()
        assert now.facts.keys() >= then.facts.keys() - {"units"}  # which are among what values declare now
        if computes_as_then():
            assert now.files == then.files
            then_values = {name: value for name, value in then.facts.get("values", {}).items() if ERROR not in name}
            assert now.facts.get("values", {}) == then_values


def test_a_fit_that_was_killed_ends_as_it_would_have(tmp_path):
    """Its checkpoint has no digest, as those of later versions have, so it is not trusted: the fit begins anew."""
    directory, whole = unpack("gpt2-killed", tmp_path / "killed"), Run(unpack("gpt2", tmp_path / "whole"))
    assert list(directory.rglob("checkpoint.safetensors"))
    resumed = run(experiment("gpt2"), directory, runtime=RUNTIME)
    assert not list(directory.rglob("checkpoint.safetensors"))
    expected = {key: then for key in _manifests(whole.directory) if (then := whole.manifest(key))}
    _check_ends_alike(resumed, {key: then for key, then in expected.items() if _key_is_as_then(then)})


def test_the_commands_read_it(family, genloop, tmp_path):
    directory = unpack(family, tmp_path)
    code, out, _ = genloop("show", directory, "--json")
    assert code == 0
    shown = json.loads(out)
    assert {part: shown[part] for part in ("rows", "noise_floor")} == _recorded(directory)

    code, _, err = genloop("report", directory)
    assert (code, err) == (0, "")
    assert family in (directory / "report.html").read_text("utf-8")

    of_last = (directory, "--policy", "accumulate", "--iteration", 2)
    code, _, err = genloop("export", *of_last, "--model", tmp_path / "model")
    assert (code, err) == (0, "")
    assert any((tmp_path / "model").iterdir())
    if suffix := DATA_FILES.get(family):
        code, _, err = genloop("export", *of_last, "--data", tmp_path / f"data{suffix}")
        assert (code, err) == (0, "")
        assert (tmp_path / f"data{suffix}").stat().st_size > 0
