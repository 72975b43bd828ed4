"""Experiments as YAML: they round-trip, are changed by path, and every problem is told at once."""

import json

import numpy as np
import pytest
import yaml
from toys import experiment

from genloop import catalog
from genloop.errors import UserError
from genloop.experiment_file import complete, from_dict, read, set_value, to_dict
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.sampling import Sampling

PLAIN = {
    "name": "mine",
    "source": {"type": "bible", "vocabulary": 512},
    "estimator": {"type": "gpt2", "width": 64, "sampling": {"temperature": 0.3}},
    "policies": ["replace", "window(3)", [[1], [0.5, 0.5]]],
    "metrics": ["test-loss", {"type": "copying", "n": 5}],
    "num_iterations": 2,
}


@pytest.mark.parametrize("name", catalog.RECIPES)
def test_every_recipe_round_trips_through_yaml(name, tmp_path):
    experiment = catalog.RECIPES.load(name)()
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(to_dict(experiment)))
    assert from_dict(read(path)) == experiment


def test_written_values_arrive():
    experiment = from_dict(PLAIN)
    assert experiment.estimator == GPT2(width=64, sampling=Sampling(temperature=0.3))
    assert from_dict(to_dict(experiment)) == experiment


def test_settings_change_by_path():
    plain = complete(PLAIN)
    for assignment in (
        "estimator.epochs=3",
        "estimator.sampling.temperature=0.5",
        "metrics.copying.n=4",
        "metrics.0.num_tokens=100",
        "num_samples=1000",
        "source.vocabulary=300",
    ):
        set_value(plain, assignment)
    experiment = from_dict(plain)
    assert isinstance(experiment.estimator, GPT2)
    assert (experiment.estimator.epochs, experiment.estimator.sampling.temperature) == (3, 0.5)
    assert experiment.estimator.width == 64
    assert [getattr(metric, "n", None) for metric in experiment.metrics] == [None, 4]
    assert experiment.num_samples == 1000


def test_another_type_starts_from_its_own_defaults():
    plain = complete(PLAIN)
    set_value(plain, "source.type=text")
    set_value(plain := complete(plain), "source.train=story.txt")
    assert to_dict(from_dict(plain))["source"]["train"] == "story.txt"


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("estimator.wdth=3", "Did you mean 'width'"),
        ("estimater.width=3", "Did you mean 'estimator'"),
        ("metrics.copyng.n=3", "Did you mean 'copying'"),
        ("estimator.width", "has no value"),
        ("estimator.width.more=3", "is no setting"),
        ("estimator.width=[", "cannot be read"),
    ],
)
def test_unknown_path_suggests_the_nearest(assignment, sentence):
    with pytest.raises(UserError) as raised:
        set_value(complete(PLAIN), assignment)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"num_iterations": 0}, "at least 1 iteration"),
        ({"num_iterations": 1_000_000_000}, "at most 10,000 iterations"),
        ({"num_iterations": 99999999999999999999999}, "at most 10,000 iterations"),
        ({"num_iterations": "many"}, "num_iterations is 'many'"),
        ({"num_samples": 0}, "num_samples (T) is 0"),
        ({"seeds": []}, "No seed"),
        ({"seeds": [1, 1]}, "Name each once"),
        ({"policies": []}, "No policy"),
        ({"policies": ["replace", "replace"]}, "Name each once"),
        ({"policies": "replace"}, "Write a list"),
        ({"policies": ["replac"]}, "Did you mean 'replace'"),
        (
            {"metrics": ["test-loss", {"type": "test-loss", "num_tokens": 9}]},
            "Two metrics measure test_loss, bits_per_byte, which",
        ),
        ({"metrics": ["test-los"]}, "Did you mean 'test-loss'"),
        ({"estimator": "gpt3"}, "Did you mean 'gpt2'"),
        ({"estimator": {"type": "gpt2", "wdth": 3}}, "Did you mean 'width'"),
        ({"estimator": {"type": "gpt2", "width": "wide"}}, "estimator.width is 'wide'"),
        ({"estimator": {"type": "gpt2", "sampling": {"temperature": -1}}}, "temperature"),
        ({"estimator": {"type": "gpt2", "sampling": {"temprature": 1}}}, "Did you mean 'temperature'"),
        ({"estimator": {"type": "os:system"}}, "is no estimator"),
        ({"source": 3}, "The source is 3"),
        ({"name": "../up"}, "cannot name a folder"),
        ({"name": "a" * 201}, "at most 200 bytes"),
        ({"name": "\u00e9" * 101}, "at most 200 bytes"),
        ({"nam": "x"}, "Did you mean 'name'"),
    ],
)
def test_bad_values_are_named(change, sentence):
    with pytest.raises(UserError) as raised:
        from_dict({**PLAIN, **change})
    assert sentence in str(raised.value)


def test_whole_numbers_of_numpy_are_those_of_python():
    counted = experiment(seeds=np.arange(2), num_samples=np.int64(20), num_iterations=np.uint8(3))
    assert json.dumps(to_dict(counted)) == json.dumps(to_dict(experiment(seeds=(0, 1))))


@pytest.mark.parametrize("name", ["num_samples", "num_iterations"])
def test_half_a_number_is_refused(name):
    with pytest.raises(UserError, match=rf"{name}.* is 2\.5. Use a whole number"):
        experiment(**{name: 2.5})


def test_half_a_seed_is_refused():
    with pytest.raises(UserError, match=r"A seed is 0\.5. Use a whole number"):
        experiment(seeds=(0.5,))


def test_all_problems_are_told_at_once():
    with pytest.raises(UserError) as raised:
        from_dict({**PLAIN, "policies": ["replac"], "metrics": ["los"], "estimator": {"type": "gpt2", "width": 0}})
    assert all(part in str(raised.value) for part in ("replac", "los", "width=0"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\xff\xfe\x00", "cannot be read"), (b"a: [", "no valid YAML"), (b"[1, 2]", "holds no experiment")],
)
def test_unreadable_file_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "experiment.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        read(path)


def test_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        read(tmp_path / "none.yaml")
