"""Processes that share a store: killed, suspended past their lease, with leases that work and with none at all.

A step here is a chain of digests that keeps its state at every link, and goes on from what it finds; one file of
another attempt, or one that is older than its neighbour, and its numbers differ from those of an undisturbed run.
"""

import hashlib
import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from toys import experiment

from genloop import leases, store
from genloop.files import replacing
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.store import Manifest, Store

FORK = multiprocessing.get_context("fork")
KEYS = [f"fit-{number:020x}" for number in range(3)]
KEY = KEYS[0]
LINKS = 40


def _chain(start: str, link_seconds: float, result: Path, scratch: Path) -> dict[str, object]:
    kept = scratch / "states.json"
    states: list[str] = json.loads(kept.read_text()) if kept.exists() else [start]
    while len(states) <= LINKS:
        time.sleep(link_seconds)
        states.append(hashlib.sha256(states[-1].encode()).hexdigest())
        with replacing(kept) as working:
            working.write_text(json.dumps(states))
        (result / f"{len(states)}.txt").write_text(states[-1])
    for number, state in enumerate(states[1:], 2):
        (result / f"{number}.txt").write_text(state)
    return {"last": states[-1]}


def _compute_all(root: Path, link_seconds: float = 0.0) -> dict[str, Manifest]:
    """Compute steps of which each begins with the last number of the one before."""
    found, last = {}, "start"
    for key in KEYS:
        found[key] = Store(root).create(key, {}, partial(_chain, last, link_seconds))
        last = str(found[key].facts["last"])
    return found


def _start(target: Callable[..., object], *arguments: object) -> BaseProcess:
    process = FORK.Process(target=target, args=arguments)
    process.start()
    return process


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    monkeypatch.setattr(leases, "PATIENT_SECONDS", 0.05)


@pytest.mark.parametrize("locks", [True, False], ids=["with leases", "with no lock at all"])
def test_four_processes_that_are_suspended_past_their_lease_damage_nothing(tmp_path, locks, monkeypatch):
    expected = _compute_all(Store(tmp_path / "undisturbed").open().root)
    if not locks:
        monkeypatch.setattr(store, "leased", lambda *_: nullcontext())
    shared = Store(tmp_path / "shared").open()
    processes = [_start(_compute_all, shared.root, 0.004) for _ in range(4)]
    moments = random.Random(0)
    while any(process.is_alive() for process in processes):
        suspended = moments.sample([each for each in processes if each.is_alive()] or processes, 1)[0]
        _signal(suspended, signal.SIGSTOP)
        time.sleep(moments.choice([0.02, 0.4]))
        _signal(suspended, signal.SIGCONT)
        time.sleep(moments.uniform(0, 0.1))
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    for key in KEYS:
        found = Store(shared.root).verified(key)
        assert (found.facts, found.files) == (expected[key].facts, expected[key].files)
    assert not list((shared.root / "partial").iterdir())


def _signal(process: BaseProcess, number: int) -> None:
    if process.is_alive():
        os.kill(process.pid or 0, number)


def test_the_result_that_is_published_first_stays(tmp_path, monkeypatch):
    """Both succeed; the second gets what the first recorded, and not one file of its own is there."""
    monkeypatch.setattr(store, "leased", lambda *_: nullcontext())
    first: list[Manifest] = []

    def slower(result: Path, scratch: Path) -> dict[str, object]:
        first.append(Store(tmp_path).create(KEY, {}, lambda out, _: _write(out, "first")))
        result.mkdir(parents=True)  # which a step may do, though nobody waits for it any more
        return _write(result, "second")

    assert Store(tmp_path).open().create(KEY, {}, slower) == first[0]
    assert [path.read_text() for path in (tmp_path / KEY).glob("*.txt")] == ["first"]
    assert not list((tmp_path / "partial").iterdir())


def _write(result: Path, text: str) -> dict[str, object]:
    (result / f"{text}.txt").write_text(text)
    return {"by": text}


@pytest.mark.parametrize("place", ["damaged", "no manifest", "a file", "a link"])
def test_what_is_no_sound_result_gives_way_when_one_is_published(tmp_path, place):
    outside = tmp_path / "outside"
    outside.mkdir()

    def meanwhile(result: Path, scratch: Path) -> dict[str, object]:
        there = Store(tmp_path).path(KEY)
        if place == "a file":
            there.write_text("")
        elif place == "a link":
            there.symlink_to(outside)
        else:
            there.mkdir()
            (there / ("manifest.json" if place == "damaged" else "data.txt")).write_text("{}")
        return _write(result, "ours")

    Store(tmp_path).open().create(KEY, {}, meanwhile)
    assert Store(tmp_path).verified(KEY).facts["by"] == "ours"
    assert outside.is_dir()


def test_whoever_finds_damage_does_not_discard_what_was_mended_since(tmp_path, monkeypatch):
    shared = Store(tmp_path).open()
    shared.create(KEY, {}, lambda result, _: _write(result, "damaged"))
    (tmp_path / KEY / "damaged.txt").write_text("")
    place = store.new_place

    def after_it_was_mended(*where: object) -> Path:
        monkeypatch.setattr(store, "new_place", place)
        Store(tmp_path).discard(KEY)
        Store(tmp_path).create(KEY, {}, lambda result, _: _write(result, "mended"))
        return place(*where)

    monkeypatch.setattr(store, "leased", lambda *_: nullcontext())
    monkeypatch.setattr(store, "new_place", after_it_was_mended)
    Store(tmp_path).discard_damaged(KEY)
    assert Store(tmp_path).verified(KEY).facts["by"] == "mended"


def test_a_process_that_lost_its_lease_stops_and_goes_on_with_the_others_result(tmp_path):
    """It is suspended at its tenth link; another takes up its state, and it writes no link after it goes on."""
    began = tmp_path / "began"

    def slow(result: Path, scratch: Path) -> dict[str, object]:
        began.write_text(str(scratch))
        return _chain("start", 0.03, result, scratch)

    def first() -> None:
        assert Store(tmp_path / "store").create(KEY, {}, slow).facts["by"] == "second"

    def take_over(result: Path, scratch: Path) -> dict[str, object]:
        kept = json.loads((scratch / "states.json").read_text())
        os.kill(suspended.pid or 0, signal.SIGCONT)
        time.sleep(0.3)
        assert json.loads((scratch / "states.json").read_text()) == kept
        return {"by": "second", "links": len(kept)}

    Store(tmp_path / "store").open()
    suspended = _start(first)
    while not list((tmp_path / "store").glob("partial/*/scratch/states.json")):
        time.sleep(0.005)
    os.kill(suspended.pid or 0, signal.SIGSTOP)
    found = Store(tmp_path / "store").create(KEY, {}, take_over)
    suspended.join()
    assert suspended.exitcode == 0
    assert int(str(found.facts["links"])) >= 2


def test_a_store_that_vanishes_is_no_lost_lease(tmp_path):
    def lose(result: Path, scratch: Path) -> dict[str, object]:
        (tmp_path / "store").rename(tmp_path / "elsewhere")
        return _write(result, "gone")

    with pytest.raises(store.UserError, match=r"cannot be written \(No such file or directory\)"):
        Store(tmp_path / "store").open().create(KEY, {}, lose)


def test_two_folders_of_runs_share_a_store_and_every_step_is_computed_once(tmp_path, monkeypatch):
    """Four processes, two to a run's folder, which lie elsewhere than their store."""
    counted = tmp_path / "counted"
    create = Store.create

    def count(self, key, inputs, write, waits=lambda: None):
        def counting(result: Path, scratch: Path):
            with counted.open("a") as file:
                file.write(f"{key}\n")
            return write(result, scratch)

        return create(self, key, inputs, counting, waits)

    monkeypatch.setattr(leases, "LEASE_SECONDS", 60.0)
    monkeypatch.setattr(Store, "create", count)
    folders = [tmp_path / name / "run" for name in ("first", "second")]
    shared = tmp_path / "disk" / "store"
    processes = [_start(partial(run, experiment(), folder, store_dir=shared)) for folder in folders * 2]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    keys = counted.read_text().split()
    assert len(keys) == len(set(keys)) == len(list(shared.glob("*/manifest.json")))
    assert list(Run(folders[0]).rows()) == list(Run(folders[1]).rows()) != []
