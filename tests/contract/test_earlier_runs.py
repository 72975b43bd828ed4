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
NAMES = ("policy", "seed", "iteration", "metric", "unit", "value")
DATA_FILES = dict.fromkeys(("gpt2", "texts", "llama", "causal-lm", "ngram", "vae"), ".parquet") | {"geodiff": ".sdf"}
# What has other keys since, because its `version` was raised.
COUNTED_WORDS = frozenset({"score Diversity", "score TailMass"})
COMPUTED_ANEW: Mapping[str, frozenset[str]] = {
    "gpt2": COUNTED_WORDS | {"score SelfBLEU", "score RareTypes"},
    "ngram": COUNTED_WORDS,
    "texts": frozenset({"prepare", "fit", "sample", "score TestLoss", "score Diversity"}),
}


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


def _manifests(directory: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in directory.rglob("manifest.json")}


def _name(key: str, manifest: Manifest | None) -> str:
    assert manifest
    kind = key.partition("-")[0]
    return f"score {manifest.inputs['metric']['type']}" if kind == "score" else kind


def test_an_earlier_run_says_the_same_numbers(family, tmp_path):
    directory = unpack(family, tmp_path)
    assert _numbers(Run(directory)) == recorded(directory)


def test_running_it_again_computes_nothing_and_leaves_every_manifest_as_it_was(family, tmp_path):
    directory = unpack(family, tmp_path)
    before, listener = _manifests(directory), Listener()
    again = run(experiment(family), directory, runtime=RUNTIME, listener=listener)
    assert {_name(key, again.manifest(key)) for key in listener.keys} == COMPUTED_ANEW.get(family, frozenset())
    assert _manifests(directory).items() >= before.items()
    if not listener.keys:
        assert _numbers(again) == recorded(directory)


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
    _check_ends_alike(resumed, removed, COMPUTED_ANEW.get(family, frozenset()))


def _check_ends_alike(resumed: Run, expected: Mapping[str, Manifest], computed_anew: frozenset[str]) -> None:
    for key, then in expected.items():
        if {"prepare", _name(key, then)} & computed_anew:
            continue
        now = resumed.manifest(key)
        assert now, f"{key} was not computed"
        assert now.files.keys() == then.files.keys()
        assert now.facts.keys() >= then.facts.keys()
        if computes_as_then():
            assert now.files == then.files
            assert now.facts.get("values") == then.facts.get("values")


def test_a_fit_that_was_killed_ends_as_it_would_have(tmp_path):
    """Its checkpoint has no digest, as those of later versions have, so it is not trusted: the fit begins anew."""
    directory, whole = unpack("gpt2-killed", tmp_path / "killed"), Run(unpack("gpt2", tmp_path / "whole"))
    assert list(directory.rglob("checkpoint.safetensors"))
    resumed = run(experiment("gpt2"), directory, runtime=RUNTIME)
    assert not list(directory.rglob("checkpoint.safetensors"))
    expected = {key: whole.manifest(key) for key in _manifests(whole.directory)}
    _check_ends_alike(resumed, {key: then for key, then in expected.items() if then}, COMPUTED_ANEW["gpt2"])


def test_the_commands_read_it(family, genloop, tmp_path):
    directory = unpack(family, tmp_path)
    code, out, _ = genloop("show", directory, "--json")
    assert code == 0
    shown = json.loads(out)
    assert {part: shown[part] for part in ("rows", "noise_floor")} == recorded(directory)

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
