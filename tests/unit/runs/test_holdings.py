"""A store is checked, measured and pruned by what runs need; whatever a process has in hand stays."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from toys import experiment

from genloop.errors import UserError
from genloop.leases import leased
from genloop.policies import Accumulate, Replace
from genloop.runs import holdings
from genloop.runs.record import Run
from genloop.runs.runner import run

OTHER = "fit-ffffffffffffffffffff"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Return a folder with two runs of one store, which have some steps in common."""
    root = tmp_path_factory.mktemp("shared")
    for name, policy in (("first", Replace()), ("second", Accumulate())):
        run(replace(experiment(), policies=(policy,)), root / name, store_dir=root / "store")
    return root


@pytest.fixture
def shared(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it that may be changed; records name their store, so it is told where that is now."""
    shutil.copytree(made, tmp_path / "copy")
    for name in ("first", "second"):
        path = tmp_path / "copy" / name / "run.json"
        plain = json.loads(path.read_text())
        plain.pop("digest")
        path.write_text(json.dumps({**plain, "store_dir": str((tmp_path / "copy" / "store").resolve())}))
    return tmp_path / "copy"


def test_every_step_of_a_store_is_needed_by_one_of_its_runs(shared):
    store = holdings.open_store(shared / "store")
    runs = [Run(shared / name) for name in ("first", "second")]
    assert holdings.unneeded(store, frozenset().union(*holdings.needed(runs, store).values())) == []
    assert set(holdings.finished(store)) == {key for each in runs for key in each.record.keys}


@pytest.mark.parametrize("name", ["model.json", "manifest.json"])
def test_verify_names_the_damaged(shared, genloop, name):
    assert genloop("store", shared / "store", "--verify")[0] == 0
    key = Run(shared / "first").record.iterations[0].model
    (shared / "store" / key / name).write_text("[1, 2]")
    code, out, _ = genloop("store", shared / "store", "--verify")
    assert code == 1
    assert f"{key}/{name}" in out.replace("\n", "")
    code, out, _ = genloop("store", shared / "store", "--verify", "--json")
    assert (code, [each["key"] for each in json.loads(out)["damaged"]]) == (1, [key])


def test_a_result_without_a_manifest_is_named(shared, genloop):
    key = Run(shared / "first").record.iterations[0].model
    (shared / "store" / key / "manifest.json").unlink()
    assert genloop("store", shared / "store", "--verify")[0] == 1


def test_sizes_are_those_of_the_files(shared, genloop):
    kept = shared / "store" / "partial" / f"{OTHER}.abc" / "scratch" / "checkpoint"
    kept.parent.mkdir(parents=True)
    kept.write_text("x" * 1000)
    (kept.parent / "link").symlink_to(shared / "store")
    said = json.loads(genloop("store", shared / "store", "--sizes", shared / "first", "--json")[1])
    kinds = {each["kind"]: each for each in said["kinds"]}
    for kind in ("prepare", "fit", "sample", "score"):
        folders = list((shared / "store").glob(f"{kind}-*"))
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        assert kinds[kind] == {
            "kind": kind,
            "num": len(folders),
            "num_bytes": sum(path.stat().st_size for path in files),
        }
    assert kinds["unfinished"] == {"kind": "unfinished", "num": 1, "num_bytes": 1000}
    by_run = {each["run"]: each for each in said["runs"]}
    assert by_run[str(shared / "first")]["num"] == len(set(Run(shared / "first").record.keys))
    for quantity in ("num", "num_bytes"):
        assert sum(each[quantity] for each in by_run.values()) == sum(each[quantity] for each in kinds.values())
    assert "fit" in genloop("store", shared / "store", "--sizes")[1]


def test_prune_removes_what_no_named_run_needs_and_nothing_else(shared, genloop):
    first, second = Run(shared / "first"), Run(shared / "second")
    rows = list(first.rows())
    for name in (first.record.iterations[0].model, OTHER):
        (shared / "store" / "partial" / f"{name}.abc" / "scratch").mkdir(parents=True)
    code, out, _ = genloop("store", shared / "store", "--prune", shared / "first", "--yes", "--json")
    removed = set(json.loads(out)["removed"])
    assert code == 0
    assert removed == {*second.record.keys, OTHER} - set(first.record.keys)
    assert not any((shared / "store" / key).exists() for key in removed)
    assert list(Run(shared / "first").rows()) == rows
    assert [path.name for path in (shared / "store" / "partial").iterdir()] == [
        f"{first.record.iterations[0].model}.abc"
    ]
    assert genloop("store", shared / "store", "--prune", shared / "first")[1] == "Nothing was removed.\n"


@pytest.mark.parametrize(("answer", "is_removed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_prune_asks_first(shared, genloop, monkeypatch, answer, is_removed):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    code, _, err = genloop("store", shared / "store", "--prune", shared / "first")
    assert code == 0
    num = len({*Run(shared / "second").record.keys} - {*Run(shared / "first").record.keys})
    assert f"Remove {num} results" in err.replace("\n", " ")
    assert Run(shared / "second").is_complete() != is_removed


def test_nobody_to_ask_is_no_answer(shared, genloop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = genloop("store", shared / "store", "--prune", shared / "first")
    assert (code, "--yes" in err) == (2, True)
    assert Run(shared / "second").is_complete()


def test_nothing_is_pruned_while_a_process_computes_for_another_run(shared, genloop):
    with leased(shared / "store" / "locks" / f"{OTHER}.lease"):
        code, _, err = genloop("store", shared / "store", "--prune", shared / "first", "--yes")
    assert code == 2
    assert f"computes {OTHER}" in err.replace("\n", "")
    assert Run(shared / "second").is_complete()


def test_a_step_that_a_process_took_in_hand_meanwhile_stays(shared):
    store = holdings.open_store(shared / "store")
    key = Run(shared / "second").record.iterations[-1].model
    with leased(shared / "store" / "locks" / f"{key}.lease"):
        assert holdings.prune(store, [key]) == []
    assert store.holds(key)
    assert holdings.prune(store, [key]) == [key]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "one thing at a time"),
        (["--verify", "--sizes"], "one thing at a time"),
        (["--prune"], "Name them"),
        (["--sizes", "--yes"], "--yes"),
        (["--verify", "first"], "Leave out"),
        (["--prune", "nosuch", "--yes"], "holds no run"),
    ],
)
def test_bad_input_is_one_sentence(shared, genloop, monkeypatch, arguments, says):
    code, _, err = genloop("store", shared / "store", *arguments)
    assert code == 2
    assert says in err.replace("\n", " ")
    assert genloop("store", shared, "--verify")[0] == 2


def test_a_run_of_another_store_is_refused(shared, genloop):
    run(experiment(num_iterations=1), shared / "alone")
    code, _, err = genloop("store", shared / "store", "--prune", shared / "alone", "--yes")
    assert (code, "keeps its results in" in err.replace("\n", " ")) == (2, True)
    with pytest.raises(UserError, match="no genloop store"):
        holdings.open_store(shared / "alone")
