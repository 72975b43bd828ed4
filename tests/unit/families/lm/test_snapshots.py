"""Snapshots of a fit: the weights that training passed through, on whatever path, and the learning curve they give."""

from dataclasses import replace

import pytest
import torch
from lm_fixtures import random_tokens, small_vocabulary
from safetensors.torch import load_file

from genloop.data.text.domain import TextDomain
from genloop.errors import UserError
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.learning_curve import LearningCurve
from genloop.types import Context, Evidence, Progress, Runtime

ESTIMATOR = GPT2(width=16, num_layers=1, num_heads=2, context=8, batch=4, num_steps=10, snapshots=4)
RUNTIME = Runtime(device="cpu", checkpoint_seconds=0)
STEPS = [3, 5, 8]


class Interrupted(Exception):
    pass


@pytest.fixture
def data(tmp_path):
    return random_tokens(small_vocabulary(tmp_path, 30), 205)


def weights(model) -> dict[int, dict[str, torch.Tensor]]:
    return {snapshot.step: dict(snapshot.load()) for snapshot in model.snapshots}


def equal(first, second) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[step][name], second[step][name]) for step in first for name in first[step]
    )


def interrupt(data, scratch, after: int) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == after * 32:
            raise Interrupted

    with pytest.raises(Interrupted):
        ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME, scratch, stop))


def test_snapshots_are_the_weights_that_training_passed_through(data, tmp_path):
    kept = weights(ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME)))
    assert list(kept) == STEPS
    for step in STEPS:
        interrupt(data, tmp_path, step + 1)  # the checkpoint is that before the last update
        passed = load_file(tmp_path / "checkpoint.safetensors")
        assert all(torch.equal(w, passed[name.replace("transformer.", "weight.")]) for name, w in kept[step].items())


@pytest.mark.parametrize("damage", ["gone", "empty", "a flipped bit"])
def test_a_fit_whose_snapshots_are_not_whole_starts_afresh(data, tmp_path, damage):
    interrupt(data, tmp_path, 9)
    path = tmp_path / "snapshot-3.safetensors"
    content = path.read_bytes()
    path.write_bytes(b"" if damage == "empty" else content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])
    if damage == "gone":
        path.unlink()
    resumed = ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME, tmp_path))
    assert equal(weights(resumed), weights(ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME))))


@pytest.mark.parametrize("after", [2, 3, 4, 9])
def test_resumed_fit_has_the_same_snapshots(data, tmp_path, after):
    interrupt(data, tmp_path, after)
    resumed = ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME, tmp_path))
    assert equal(weights(resumed), weights(ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME))))


def test_saved_snapshots_give_the_same_curve(data, tmp_path):
    model = ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME))
    model.save(tmp_path)
    loaded = ESTIMATOR.load(tmp_path, TextDomain(tmp_path), Context())
    assert equal(weights(loaded), weights(model))
    curve = loaded.learning_curve(data, context=Context())
    assert curve == model.learning_curve(data, context=Context())
    assert curve[-1] == model.mean_loss(data, context=Context())
    assert len(set(curve)) == 4


def test_snapshots_change_neither_the_model_nor_the_keys_of_others(data):
    plain = replace(ESTIMATOR, snapshots=0)
    with_and_without = (each.fit(data, seed=1, context=Context(RUNTIME)) for each in (ESTIMATOR, plain))
    first, second = (model.network.export_weights() for model in with_and_without)
    assert all(torch.equal(weight, second[name]) for name, weight in first.items())
    assert "snapshots" not in plain.fit_identity(205)
    assert plain.fit_identity(205) != ESTIMATOR.fit_identity(205)


def test_curve_names_every_fraction(data):
    model = ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME))
    metric = LearningCurve(num_tokens=100, num_points=4)
    values = metric.score(Evidence(data, model=model), seed=0, context=Context())
    assert list(values) == [f"test_loss_at_{part}" for part in (0.25, 0.5, 0.75, 1)]
    assert [value.name for value in metric.values] == list(values)
    assert tuple(values.values()) == model.learning_curve(data.slice(0, 100), context=Context())


def test_curve_of_a_diverged_fit_ends_flat(data):
    model = replace(ESTIMATOR, learning_rate=1e30).fit(data, seed=1, context=Context(RUNTIME))
    values = LearningCurve(num_points=4).score(Evidence(data, model=model), seed=0, context=Context())
    assert list(values.values()) == 4 * [model.mean_loss(data, context=Context())]


def test_what_gives_no_curve_is_refused(data):
    with pytest.raises(UserError, match="snapshots=1 is no curve"):
        replace(ESTIMATOR, snapshots=1)
    with pytest.raises(UserError, match="snapshots=11 is more than the fit's 10 steps"):
        replace(ESTIMATOR, snapshots=11).fit(data, seed=1, context=Context(RUNTIME))
    model = ESTIMATOR.fit(data, seed=1, context=Context(RUNTIME))
    with pytest.raises(UserError, match=r"num_points=8 .* keeps 4\. Use estimator.snapshots=8"):
        LearningCurve().score(Evidence(data, model=model), seed=0, context=Context())
