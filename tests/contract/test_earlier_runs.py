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

from genloop.runs.measurements import readings
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.store import Manifest
from genloop.types import Runtime

RUNTIME = Runtime(device="cpu", threads=1)
NAMES = ("policy", "seed", "iteration", "metric", "unit", "value", "standard_error")
TEXTS = ("gpt2", "texts", "llama", "causal-lm", "ngram")
DATA_FILES = dict.fromkeys((*TEXTS, "vae"), ".parquet") | {"geodiff": ".sdf"}
# What has other keys since, such as "score Diversity" or "fit", because its version was raised or its size is another.
WORDS = frozenset({"score Diversity", "score SelfBLEU", "score TailMass", "score RareTypes"})  # by Unicode's rules now
COMPUTED_ANEW: Mapping[str, frozenset[str]] = {
    "gpt2": WORDS | {"floor Diversity", "floor SelfBLEU", "floor TailMass", "floor RareTypes"},
    "ngram": frozenset({"score Diversity", "score TailMass", "floor Diversity", "floor TailMass"}),
    "vae": frozenset({"score EncoderFidelity", "floor Modes", "floor PixelFidelity"}),
    "geodiff": frozenset({"floor Geometry", "score Coverage"}),
    "discrete": frozenset({"floor Support"}),
    "gaussian": frozenset({"score Wasserstein", "floor Wasserstein", "floor Tails"}),  # one policy samples T / 2
    "gaussian-mixture": frozenset(  # mixtures are fitted as well as scikit-learn's
        {"fit", "sample", "floor Wasserstein"}
        | {f"score {metric}" for metric in ("NegativeLogLikelihood", "KLDivergence", "Moments", "Wasserstein")}
    ),
    "kde": frozenset({"floor Wasserstein", "floor Tails"}),
    "texts": frozenset({"prepare", "fit", "sample", "score TestLoss", "score Diversity", "floor Diversity"}),
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
    """Return what a step computes: `fit`, or `score` and `floor` with the metric."""
    assert manifest
    kind = key.partition("-")[0]
    if kind != "score":
        return kind
    is_floor = isinstance(manifest.inputs.get("samples"), Mapping)
    return f"{'floor' if is_floor else 'score'} {manifest.inputs['metric']['type']}"


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
    anew = COMPUTED_ANEW.get(family, frozenset())
    _check_ends_alike(resumed, {key: then for key, then in removed.items() if _key_is_as_then(key, then, anew)})


def _key_is_as_then(key: str, then: Manifest, anew: frozenset[str]) -> bool:
    return not {"fit", _name(key, then)} & anew


def _check_ends_alike(resumed: Run, expected: Mapping[str, Manifest]) -> None:
    for key, then in expected.items():
        now = resumed.manifest(key)
        assert now, f"{key} was not computed"
        assert now.files.keys() == then.files.keys()
        assert now.facts.keys() >= then.facts.keys() - {"units"}  # which are among what is declared
        if computes_as_then():
            assert now.files == then.files
            assert _measured(now) == _measured(then)


def _measured(manifest: Manifest) -> list[tuple[str, float | None, float | None]]:
    if "values" not in manifest.facts:
        return []
    return [(found.of.name, found.value, found.standard_error) for found in readings(manifest)]


def test_a_fit_that_was_killed_ends_as_it_would_have(tmp_path):
    """Its checkpoint has no digest, as those of later versions have, so it is not trusted: the fit begins anew."""
    directory, whole = unpack("gpt2-killed", tmp_path / "killed"), Run(unpack("gpt2", tmp_path / "whole"))
    assert list(directory.rglob("checkpoint.safetensors"))
    resumed = run(experiment("gpt2"), directory, runtime=RUNTIME)
    assert not list(directory.rglob("checkpoint.safetensors"))
    expected = {key: then for key in _manifests(whole.directory) if (then := whole.manifest(key))}
    anew = COMPUTED_ANEW["gpt2"]
    _check_ends_alike(resumed, {key: then for key, then in expected.items() if _key_is_as_then(key, then, anew)})


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
