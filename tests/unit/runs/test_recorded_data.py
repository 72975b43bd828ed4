"""The data of a recorded run are opened by its domain, which its prepared data name, or their unit in older runs."""

import json
from dataclasses import replace
from pathlib import Path

import own_model
import pytest
from cases import CASES
from plugins import installed
from toys import ToyDomain
from toys import experiment as toy

from genloop import catalog
from genloop.analysis.arms import arms_of
from genloop.data.images.dataset import ImageDataset
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.errors import UserError
from genloop.identity import digest
from genloop.report.exports.export import export
from genloop.report.html.samples import samples_of
from genloop.runs.record import Run
from genloop.runs.recorded_data import NAMED_BY_UNIT, open_data, recorded_domain
from genloop.runs.runner import run


def facts_of(found: Run) -> Path:
    """Return the manifest of the prepared data."""
    return found.store.path(found.record.source) / "manifest.json"


def as_before(found: Run, without: str = "") -> Run:
    """Return a run whose prepared data name no domain, and lack a file."""
    manifest = json.loads(facts_of(found).read_text())
    del manifest["facts"]["domain"], manifest["digest"]
    if without:
        del manifest["files"][without]
        (facts_of(found).parent / without).unlink()
    facts_of(found).write_text(json.dumps({**manifest, "digest": digest(manifest)}))
    return Run(found.directory)


@pytest.mark.parametrize(
    ("name", "domain"), [("ngram", "text"), ("gaussian", "numbers"), ("linear-regression", "regression")]
)
def test_older_runs_are_opened_by_their_unit(name, domain, tmp_path):
    found = run(replace(CASES[name](), num_iterations=1), tmp_path)
    assert json.loads(facts_of(found).read_text())["facts"]["domain"] == domain
    before = as_before(found)
    opened = recorded_domain(before)
    assert opened.name == domain
    (item, *_) = before.record.iterations
    assert len(open_data(before, opened, item.samples)) == found.record.num_samples
    assert run(replace(CASES[name](), num_iterations=1), tmp_path).record == found.record
    assert "domain" not in json.loads(facts_of(found).read_text())["facts"]  # nothing was prepared anew


def test_every_kind_of_data_names_its_domain():
    units = {ImageDataset.unit: "images", MoleculeDataset.unit: "molecules"}
    assert {**NAMED_BY_UNIT, **units} == NAMED_BY_UNIT
    assert set(NAMED_BY_UNIT.values()) == set(catalog.DOMAINS)
    assert all(catalog.DOMAINS.load(name).name == name for name in catalog.DOMAINS)


def test_a_domain_of_ones_own_is_read_once_it_is_installed(tmp_path):
    found = run(toy(num_iterations=1), tmp_path)
    with pytest.raises(
        UserError, match=r"numbers of the domain 'toys', which is not installed\. Install what brings it"
    ):
        recorded_domain(found)
    with installed(tmp_path / "site", {"genloop.domains": {"toys": "toys:ToyDomain"}}):
        assert isinstance(recorded_domain(found), ToyDomain)
        note = samples_of(found, arms_of([found]), most_bytes=1000).note
        assert note == "The samples are numbers, which cannot be looked at; the metrics tell of them."
        with pytest.raises(UserError, match=r"a\.csv: the numbers of toy cannot be written as that\. Export the model"):
            export(found, policy="replace", iteration=1, data=tmp_path / "a.csv")


def test_older_data_of_ones_own_that_lie_elsewhere_are_refused_in_a_sentence(tmp_path):
    found = as_before(run(replace(own_model.EXPERIMENT, num_iterations=1), tmp_path / "run"), without="train.npy")
    for place in ({"data": tmp_path / "a.csv"}, {"data": tmp_path / "a.npz", "part": "samples"}):
        with pytest.raises(UserError, match=r"not laid out as the domain 'numbers' has them: there is no .*train\.npy"):
            export(found, policy="replace", iteration=1, **place)
    note = samples_of(found, arms_of([found]), most_bytes=1000).note
    assert note.startswith("Samples cannot be shown: The real data are not laid out as")
