"""What a run cites: against what it uses, the catalog, the citation file, and the grammar of BibTeX."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from report_fixtures import toy_run
from scoring import every_metric
from toys import SampleMean

import genloop
from genloop import catalog
from genloop.data.text.hub import CITED
from genloop.policies import Replace
from genloop.report import references as table
from genloop.report.citation import bibtex
from genloop.runs.record import RecordedIteration, Run, RunRecord, write_record
from genloop.values import Value


def shipped() -> Iterator[str]:
    """Iterate over the citations of every part of this package; a metric of arguments declares as without."""
    yield from chain.from_iterable(
        getattr(kind, "citations", ()) for kind in map(catalog.POLICIES.load, catalog.POLICIES)
    )
    for names in (catalog.SOURCES, catalog.ESTIMATORS):
        kinds = [names.load(name) for name in names]
        yield from chain.from_iterable(
            kind.citations for kind in kinds if isinstance(getattr(kind, "citations", 0), tuple)
        )
    yield from chain.from_iterable(CITED.values())
    for value in chain.from_iterable(metric.values for metric in every_metric()):
        yield from value.citations


USED = {*table.ALWAYS, *shipped()}
BIB = files("genloop.report").joinpath("references.bib").read_text("utf-8")
FIELDS = re.compile(r"^  (?P<name>[a-z]+) = \{(?P<value>.+)\},$")
REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "book": {"author", "title", "publisher", "year"},
    "techreport": {"author", "title", "institution", "year"},
    "misc": {"title"},
    "software": {"author", "title"},
}
DEMO = {
    "policies": ["replace", "accumulate"],
    "source": {"type": "bible"},
    "estimator": {"type": "gpt2"},
    "first_estimator": None,
    "metrics": [{"type": "test-loss"}, {"type": "diversity"}, {"type": "tail-mass"}, {"type": "copying"}],
}


def fields(entry: str) -> dict[str, str]:
    """Return the fields of one entry, each of which must be a line of its own."""
    found = [FIELDS.match(line) for line in entry.splitlines()[1:-1]]
    assert all(found), entry
    return {each["name"]: each["value"] for each in found if each}


ENTRY = "@article{mine2026metric,\n  title = {A Metric of My Own},\n}"


@dataclass(frozen=True)
class Cited(SampleMean):
    """The mean of the samples, with citations."""

    values: ClassVar = (Value("sample_mean", "number", citations=("li2016diversity", ENTRY)),)


@dataclass(frozen=True)
class CitedPolicy(Replace):
    """Replace, which cites what nobody has written."""

    citations: ClassVar = (ENTRY, "nobody2000")


KEY = "0" * 20
ROUND = RecordedIteration("replace", 0, 1, f"fit-{KEY}", f"sample-{KEY}", (f"score-{KEY}",), (), None)


@pytest.fixture
def run(tmp_path):
    """Return a function that records a run of an experiment, given as plain values, of which nothing is computed."""

    def record(**changed) -> Run:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "store").mkdir(parents=True)
        (folder / "store" / "format.json").write_text('{"format": 1}')
        plain = {**DEMO, **changed}
        write_record(folder, RunRecord("run", plain, "store", f"prepare-{'0' * 20}", "token", 10, (ROUND,)))
        return Run(folder)

    return record


def cited(*runs: Run) -> list[str]:
    return re.findall(r"^@\w+\{(.+),$", bibtex(*runs), flags=re.MULTILINE)


def test_the_demo_cites_what_it_uses_and_nothing_else(run):
    assert sorted(cited(run())) == sorted(
        [
            "genloop", "gerstgrasser2024inevitable", "shumailov2023curse", "alemohammad2023mad",
            "dohmatob2024regression", "dey2024universality", "worldenglishbible", "radford2019language",
            "li2016diversity",
        ]
    )  # fmt: skip


def test_what_two_runs_share_is_cited_once(run):
    images = {"source": {"type": "digits"}, "estimator": {"type": "vae"}, "metrics": [{"type": "image-loss"}]}
    keys = cited(run(), run(**images))
    assert set(Counter(keys).values()) == {1}
    assert {"radford2019language", "kingma2013auto", "lecun1998gradient"} <= set(keys)
    assert "% for estimator vae, metric image-loss\n@misc{kingma2013auto," in bibtex(run(**images))


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"policies": ["fresh(real=0.5)"]}, "he2025golden"),
        ({"source": {"type": "hub", "name": "roneneldan/TinyStories"}}, "eldan2023tinystories"),
        ({"first_estimator": {"type": "llama"}}, "touvron2023llama2"),
        ({"source": {"type": "zipf"}, "estimator": {"type": "discrete"}}, "dohmatob2024tails"),
        ({"metrics": [{"type": "coverage"}]}, "xu2021learning"),
    ],
)
def test_each_part_of_an_experiment_is_cited(run, changed, key):
    assert key in cited(run(**changed))
    assert key not in cited(run())


def test_an_extension_and_an_unknown_data_set_have_no_reference(run):
    mine = {"type": "mine:Mine"}
    keys = cited(run(policies=["window(3)"], source={"type": "hub", "name": "x/y"}, estimator=mine, metrics=[mine]))
    assert keys == ["genloop", "gerstgrasser2024inevitable"]


def test_what_a_class_of_the_users_own_declares_is_cited_by_key_or_as_an_entry(tmp_path):
    """The record has it, so that neither the class nor the entry is needed to read the run."""
    found = toy_run(tmp_path, metrics=(Cited(),), policies=(CitedPolicy(),), seeds=(0,), num_iterations=1)
    assert sorted(cited(Run(found.directory))) == sorted(
        ["genloop", "gerstgrasser2024inevitable", "li2016diversity", "mine2026metric"]
    )
    text = bibtex(found)
    assert re.search(r"% for policy \S*CitedPolicy\S*, metric \S+:Cited\n@article{mine2026metric,", text)
    assert text.count(ENTRY) == 1
    assert "% nobody2000 is no key of genloop's references." in text


def test_every_key_stands_once_and_is_used():
    keys = re.findall(r"^@\w+\{([^,\s]+),", BIB, flags=re.MULTILINE)
    assert keys == sorted(set(keys))
    assert list(table.references()) == keys
    assert set(keys) == USED


@pytest.mark.parametrize("key", sorted(USED))
def test_an_entry_is_whole(key):
    entry = table.references()[key]
    kind = re.match(r"@(\w+)\{", entry)
    assert kind is not None
    found = fields(entry)
    assert found.keys() >= REQUIRED[kind[1]]
    assert found.get("year", "2000").isdigit()
    assert re.fullmatch(r"\d{4}\.\d{4,5}", found.get("eprint", "2404.01413"))
    assert ("eprint" in found) == ("archiveprefix" in found)
    assert entry.isascii()
    assert entry.count("{") == entry.count("}")
    for author in found.get("author", "others").strip("{}").split(" and "):
        assert "," in author or author in ("others", "The genloop authors"), author


def test_a_key_says_first_author_year_and_first_arxiv_year():
    for key, entry in table.references().items():
        found, parts = fields(entry), re.fullmatch(r"([a-z]+?)(\d{4})\w+", key)
        if parts:
            plain = re.sub(r'\{\\["\'c] ?(\w)\}', r"\1", found["author"]).split(",")[0]
            assert (plain.lower(), found["year"]) == parts.groups()


def test_the_citation_file_says_the_same():
    written = yaml.safe_load((Path(__file__).parents[3] / "CITATION.cff").read_text("utf-8"))
    own, study = (fields(table.references()[key]) for key in table.ALWAYS)
    (article,) = written["references"]
    names = [f"{each['family-names']}, {each['given-names']}" for each in article["authors"]]
    assert (own["title"], own["version"], own["license"]) == (written["title"], written["version"], written["license"])
    assert own["version"] == genloop.__version__
    assert (study["title"], study["year"]) == (article["title"], str(article["year"]))
    assert study["author"] == " and ".join(names)
    assert article["url"].endswith(study["eprint"])


def test_the_command_prints_bibtex_of_all_runs(genloop, run):
    first, second = run(), run(estimator={"type": "llama"})
    code, out, err = genloop("cite", first.directory, second.directory)
    assert (code, err) == (0, "")
    assert out == bibtex(first, second)
    assert out.count("@misc{touvron2023llama2,") == 1
    code, _, err = genloop("cite", "nowhere")
    assert code == 2
    assert "holds no run" in " ".join(err.split())
