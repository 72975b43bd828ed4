"""Runs: the same command twice does nothing, and an interrupted one ends where an uninterrupted one does."""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from toys import NormalLoss, NormalSource, SampleMean, experiment

import genloop
from genloop.analysis.checks import Limits, check
from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.policies import Accumulate, Replace, Window
from genloop.report.tables import results_table, rows_json
from genloop.runs.lineage import ancestors
from genloop.runs.record import Run, named
from genloop.runs.runner import run
from genloop.steps import Step
from genloop.store import Manifest
from genloop.types import Context, Evidence, Progress
from genloop.values import Value


@dataclass(frozen=True)
class SampleMoment:
    """The mean of a power of the samples; `SampleMean` is about the same."""

    power: int
    needs: ClassVar[frozenset[str]] = SampleMean.needs
    about: ClassVar[str] = SampleMean.about

    @property
    def values(self) -> tuple[Value, ...]:
        return (Value(f"moment_{self.power}", "number"),)

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> dict[str, float]:
        return {f"moment_{self.power}": float(np.mean(np.array(evidence.samples.values) ** self.power))}


class Journal(Silence):
    """Remembers which steps were computed, and can pull the plug before the n-th event."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.computed: list[str] = []
        self.warnings: list[str] = []
        self._events = 0
        self._stop_at = stop_at

    def started(self, step: Step) -> None:
        self._tick()

    def progressed(self, step: Step, progress: Progress) -> None:
        self._tick()

    def finished(self, step: Step, manifest: Manifest) -> None:
        self.computed.append(step.kind)
        self._tick()

    def warned(self, message: str) -> None:
        self.warnings.append(message)

    def _tick(self) -> None:
        self._events += 1
        if self._events == self._stop_at:
            raise KeyboardInterrupt


def _run(directory: Path, **changes: Any) -> tuple[list[Any], Journal]:
    journal = Journal()
    return list(run(experiment(**changes), directory, listener=journal).rows()), journal


def _contents(directory: Path) -> dict[str, Any]:
    """Return what the store holds, without times."""
    return {
        path.parent.name: {**json.loads(path.read_text()), "elapsed_seconds": None, "digest": None}
        for path in sorted((directory / "store").glob("*/manifest.json"))
    }


def test_second_run_computes_nothing(tmp_path):
    rows, first = _run(tmp_path)
    again, second = _run(tmp_path)
    assert again == rows
    assert len(rows) == 2 * 3 * 2
    assert first.computed.count("fit") == 5  # the policies share the first
    assert second.computed == []


def test_only_what_is_new_is_computed(tmp_path):
    _run(tmp_path)
    assert _run(tmp_path, num_iterations=5)[1].computed.count("fit") == 4
    assert _run(tmp_path, policies=(Replace(), Accumulate(), Window(2)))[1].computed.count("fit") == 1
    assert _run(tmp_path, seeds=(0, 1))[1].computed.count("fit") == 5


def test_metrics_about_the_same_stand_beside_one_another(tmp_path):
    """What is drawn, written on the page and into model cards needs to know what every value is about."""
    metrics = (NormalLoss(), SampleMoment(2), SampleMean(), SampleMoment(3))
    found = run(experiment(metrics=metrics, num_iterations=1), tmp_path)
    of_samples = ["moment_2", "sample_mean", "moment_3"]
    assert found.values() == {NormalLoss.about: ["test_loss"], SampleMean.about: of_samples}
    assert {row.metric for row in found.rows()} == {"test_loss", *of_samples}
    shown = [column.header for column in results_table(found, width=150).columns]
    assert [name.replace("\n", "_") for name in map(str, shown[5:])] == of_samples


def test_runs_can_share_a_store(tmp_path):
    run(experiment(), tmp_path / "a", store_dir=tmp_path / "store")
    journal = Journal()
    second = run(experiment(), tmp_path / "b", store_dir=tmp_path / "store", listener=journal)
    assert journal.computed == []
    assert list(second.rows()) == list(Run(tmp_path / "a").rows())


def test_interrupted_anywhere_then_resumed_equals_uninterrupted(tmp_path):
    expected, _ = _run(tmp_path / "whole")
    for stop_at in range(1, 200, 3):
        directory = tmp_path / str(stop_at)
        try:
            run(experiment(), directory, listener=Journal(stop_at))
            break  # the run ended before the plug was pulled
        except KeyboardInterrupt:
            assert _run(directory)[0] == expected
            assert _contents(directory) == _contents(tmp_path / "whole")
    else:
        pytest.fail("no run ended")


@pytest.mark.parametrize("kind", ["prepare", "fit", "sample", "score"])
def test_changed_artefact_is_named_and_recomputed(tmp_path, kind):
    expected, _ = _run(tmp_path)
    whole = _contents(tmp_path)
    for folder in sorted((tmp_path / "store").glob(f"{kind}-*")):
        victim = max(folder.iterdir(), key=lambda path: path.name != "manifest.json")
        content = bytearray(victim.read_bytes())
        content[len(content) // 2] ^= 1
        victim.write_bytes(content)
        rows, journal = _run(tmp_path)
        assert journal.computed == [kind]
        assert str(victim) in journal.warnings[0]
        assert rows == expected
    assert _contents(tmp_path) == whole


def test_changed_score_is_refused_when_shown(tmp_path):
    _run(tmp_path)
    victim = next((tmp_path / "store").glob("score-*")) / "manifest.json"
    victim.write_text(victim.read_text().replace("1", "2", 1))
    with pytest.raises(UserError, match="has changed since it was written"):
        list(Run(tmp_path).rows())


def test_unfinished_run_shows_what_there_is(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(experiment(), tmp_path, listener=Journal(stop_at=20))
    unfinished = Run(tmp_path)
    assert 0 < len(list(unfinished.rows())) < 12
    assert not unfinished.is_complete()


def test_samples_record_where_they_come_from(tmp_path):
    finished = run(experiment(), tmp_path)
    last = finished.record.iterations[-1]
    manifest = finished.manifest(last.samples)
    assert manifest is not None
    assert manifest.inputs["model"] == last.model
    assert manifest.inputs["iteration"] == 3
    assert [parent.iteration for parent in ancestors(finished, last.model)] == [2, 1]
    assert [(part.source, part.num_examples) for part in last.train] == [("real", 20), ("model 1", 20), ("model 2", 20)]


def test_seeds_differ_and_policies_share_their_first_iteration(tmp_path):
    rows, _ = _run(tmp_path, seeds=(0, 1))
    first = {(row.policy, row.seed): row.value for row in rows if row.iteration == 1 and row.metric == "sample_mean"}
    assert first["replace", 0] == first["accumulate", 0] != first["accumulate", 1]


def test_folder_without_a_run_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        Run(tmp_path)


@pytest.mark.parametrize("damage", ["", "[]", '{"format": 1}', '{"format": 9}'])
def test_damaged_record_is_refused_and_a_new_run_mends_it(tmp_path, damage):
    expected, _ = _run(tmp_path)
    (tmp_path / "run.json").write_text(damage)
    with pytest.raises(UserError):
        Run(tmp_path)
    rows, journal = _run(tmp_path)
    assert rows == expected
    assert journal.computed == []


def test_keys_in_a_record_cannot_leave_the_store(tmp_path):
    _run(tmp_path)
    path = tmp_path / "run.json"
    plain = json.loads(path.read_text())
    plain["iterations"][0]["model"] = "../../etc"
    path.write_text(json.dumps(plain))
    with pytest.raises(UserError, match="damaged"):
        Run(tmp_path)


def test_other_data_have_other_keys(tmp_path):
    _run(tmp_path)
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    _, journal = _run(tmp_path, source=NormalSource(seed=1))
    assert journal.computed.count("fit") == 5


def test_every_step_says_which_versions_made_it(tmp_path):
    finished = run(experiment(), tmp_path)
    keys = [key for item in finished.record.iterations for key in (item.model, item.samples, *item.scores)]
    for key in (finished.record.source, *keys):
        made_with = finished.manifest(key).facts["made_with"]
        assert (made_with["genloop"], made_with["numpy"]) == (genloop.__version__, np.__version__)


@pytest.mark.parametrize("loss", ["manifest", "folder", "link to nowhere"])
def test_a_run_that_has_lost_a_result_says_which(tmp_path, loss):
    """As a half-copied folder has: what is not there is named, by policy and iteration, and is no result."""
    finished = run(experiment(), tmp_path)
    assert (finished.missing(), finished.is_complete()) == ([], True)
    item = finished.record.iterations[-1]
    folder = finished.store.path(item.scores[0])
    (folder / "manifest.json").unlink()
    if loss != "manifest":
        folder.rmdir()
    if loss == "link to nowhere":
        folder.symlink_to(tmp_path / "nowhere")
    left = Run(tmp_path)
    assert (left.missing(), left.is_complete()) == ([item], False)
    assert named(left.missing()) == f"{item.policy}, seed 0: 3"
    assert rows_json(left)["run"]["missing"] == [{"policy": item.policy, "seed": 0, "iteration": 3}]
    with pytest.raises(UserError, match=rf"{item.policy}, seed 0: 3"):
        check(left, Limits(max_rise=9.0))


def test_a_record_with_any_flipped_bit_is_refused(tmp_path):
    _run(tmp_path)
    path = tmp_path / "run.json"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        if path.read_text(errors="replace") != content.decode():
            with pytest.raises(UserError):
                Run(tmp_path)


def _places(plain: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Iterate over the places of a record, the first of every list; experiments may hold anything."""
    children: Any = plain.items() if isinstance(plain, dict) else list(enumerate(plain))[:1]
    for name, child in children:
        if name not in ("experiment", "format", "digest", "genloop"):
            yield (*place, name)
            if isinstance(child, dict | list):
                yield from _places(child, (*place, name))


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, 1.5, True, -1, [None], {"a": 1}], ids=str)
def test_a_record_of_other_types_shows_nothing_or_is_refused(tmp_path, value):
    """Written by somebody else: without a digest, as records of before, and with any value in any place."""
    _run(tmp_path)
    path = tmp_path / "run.json"
    plain = json.loads(path.read_text())
    del plain["digest"]
    for place in _places(plain):
        changed = json.loads(json.dumps(plain))
        *above, last = place
        inner = changed
        for name in above:
            inner = inner[name]
        inner[last] = value
        path.write_text(json.dumps(changed))
        with suppress(UserError):
            rows_json(Run(tmp_path))
