"""A manifest that says what no step says counts as damaged, even if its digest fits: anybody may have written it."""

import json
from pathlib import Path

import pytest
from toys import experiment

from genloop.errors import UserError
from genloop.identity import digest
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.store import DamagedArtefact

FORGED = {
    "no values": ("score", "facts", {}),
    "a list of values": ("score", "facts.values", [1]),
    "a text for a number": ("score", "facts.values.test_loss", "low"),
    "too large a number": ("score", "facts.values.test_loss", 10**400),
    "a value that was not measured": ("score", "facts.values", {}),
    "a name that is none": ("score", "facts.declared", [{"name": [[]], "unit": "nats"}]),
    "an aspect that is none": ("score", "facts.declared", [{"name": "test_loss", "unit": "nats", "aspect": "mood"}]),
    "quantiles that are none": ("score", "facts.quantiles", {"test_loss": {"q05": 3.0}}),
    "no sentence": ("score", "facts.about", {"a": 1}),
    "no status": ("fit", "facts", {"num_train": 20}),
    "a place for data": ("fit", "inputs.train.parts", [{"data": "../../x", "start": 0, "stop": 1, "weight": 1}]),
    "no parts": ("fit", "inputs.train", None),
    "a place for a model": ("sample", "inputs.model", "/etc/passwd"),
    "no amount": ("sample", "facts.num", None),
    "notices that are none": ("prepare", "facts.notices", 3),
}


def _forge(directory: Path, kind: str, place: str, value: object) -> str:
    path = min((directory / "store").glob(f"{kind}-*/manifest.json"))
    record = json.loads(path.read_text())
    record.pop("digest")
    *parents, last = place.split(".")
    inside = record
    for name in parents:
        inside = inside[name]
    inside[last] = value
    path.write_text(json.dumps({**record, "digest": digest(record)}))
    return path.parent.name


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sound") / "run"
    run(experiment(num_iterations=1), directory)
    return directory


@pytest.mark.parametrize(("kind", "place", "value"), FORGED.values(), ids=FORGED)
def test_forged_manifests_count_as_damaged(kind, place, value, finished):
    path = min((finished / "store").glob(f"{kind}-*/manifest.json"))
    before = path.read_text()
    try:
        key = _forge(finished, kind, place, value)
        with pytest.raises(DamagedArtefact, match="has changed since it was written"):
            Run(finished).store.peek(key)
    finally:
        path.write_text(before)
    assert Run(finished).store.peek(key)


@pytest.mark.parametrize("place", ["a\0b", "loop", "x" * 300])
def test_a_record_that_names_no_place_for_results_is_refused(place, finished, tmp_path):
    record = json.loads((finished / "run.json").read_text())
    unsigned = {**{name: value for name, value in record.items() if name != "digest"}, "store_dir": place}
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "run.json").write_text(json.dumps({**unsigned, "digest": digest(unsigned)}))
    with pytest.raises(UserError, match=r"names no place for results|is no genloop store"):
        Run(tmp_path)
