"""The store: a result is there whole or not at all, and is never used after it changed."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from toys import experiment

from genloop import attempts
from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import manifest_of, prepare
from genloop.executors.results import find
from genloop.leases import leased
from genloop.store import DamagedArtefact, Store

KEY = "fit-0123456789abcdef0123"
CLOCK_SECONDS = 0.01  # by which a file's time may lag: the longest tick of a kernel's clock


def _write(result: Path, scratch: Path) -> dict[str, object]:
    (result / "data.txt").write_text("content")
    return {"status": "fitted", "loss": 0.1}


def test_result_is_found_again_with_its_facts(tmp_path):
    Store(tmp_path).open().create(KEY, {"seed": 1}, _write)
    manifest = Store(tmp_path).open().find(KEY)
    assert manifest is not None
    assert manifest.facts == {"status": "fitted", "loss": 0.1}
    assert manifest.inputs == {"seed": 1}
    assert manifest.files["data.txt"]["bytes"] == 7


def test_whoever_may_read_a_store_may_read_all_of_it(tmp_path):
    def write(result: Path, scratch: Path) -> dict[str, object]:
        (result / "weights").touch(mode=0o600)
        return {}

    store = Store(tmp_path).open()
    store.create(KEY, {}, write)
    assert (store.path(KEY) / "weights").stat().st_mode == (store.path(KEY) / "manifest.json").stat().st_mode


def test_failed_step_leaves_no_result_and_keeps_its_scratch(tmp_path):
    store = Store(tmp_path).open()

    def fail(result: Path, scratch: Path) -> dict[str, object]:
        _write(result, scratch)
        (scratch / "checkpoint").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.create(KEY, {}, fail)
    assert store.find(KEY) is None

    def resume(result: Path, scratch: Path) -> dict[str, object]:
        assert not list(result.iterdir())
        return {"found": (scratch / "checkpoint").read_text()}

    assert store.create(KEY, {}, resume).facts == {"found": "half"}
    assert not (tmp_path / "partial" / KEY).exists()


@pytest.mark.parametrize("name", ["data.txt", "manifest.json"])
def test_one_flipped_byte_is_detected_and_named(tmp_path, name):
    store = Store(tmp_path).open()
    store.create(KEY, {"seed": 1}, _write)
    path = tmp_path / KEY / name
    content = bytearray(path.read_bytes())
    for position in range(len(content)):
        flipped = content.copy()
        flipped[position] ^= 1
        path.write_bytes(flipped)
        with pytest.raises(DamagedArtefact, match=name):
            Store(tmp_path).find(KEY)
    path.write_bytes(content)
    assert Store(tmp_path).find(KEY) is not None


def test_missing_file_is_detected(tmp_path):
    Store(tmp_path).open().create(KEY, {}, _write)
    (tmp_path / KEY / "data.txt").unlink()
    with pytest.raises(DamagedArtefact):
        Store(tmp_path).find(KEY)


def test_discarded_result_is_computed_again(tmp_path):
    store = Store(tmp_path).open()
    store.create(KEY, {}, _write)
    store.discard(KEY)
    assert store.find(KEY) is None
    assert store.create(KEY, {}, _write).facts["status"] == "fitted"


def _damage(store: Store) -> None:
    store.create(KEY, {}, _write)
    (store.path(KEY) / "data.txt").write_text("changed")


def test_only_damaged_results_are_discarded(tmp_path):
    _damage(Store(tmp_path).open())
    Store(tmp_path).discard_damaged(KEY)
    assert not (tmp_path / KEY).exists()
    Store(tmp_path).create(KEY, {}, _write)
    Store(tmp_path).discard_damaged(KEY)
    assert Store(tmp_path).find(KEY) is not None


def test_nothing_is_discarded_while_another_computes_it(tmp_path):
    store = Store(tmp_path).open()
    _damage(store)
    discarding = threading.Thread(target=Store(tmp_path).discard_damaged, args=(KEY,))
    with leased(tmp_path / "locks" / f"{KEY}.lease"):
        discarding.start()
        discarding.join(timeout=0.2)
        assert (tmp_path / KEY).exists()
    discarding.join()
    assert not (tmp_path / KEY).exists()


def test_what_another_process_has_mended_meanwhile_is_used(tmp_path):
    """Two executors find the same damage; while the first still says so, the second computes the result anew."""
    second = Store(tmp_path).open()
    rounds = prepare(experiment(), second, LocalExecutor(), Silence())
    fit, samples = rounds[0].model, rounds[0].samples
    LocalExecutor().run([fit], second, Silence())
    (tmp_path / fit.key / "model.json").write_text("")

    class Meanwhile(Silence):
        def warned(self, message: str) -> None:
            LocalExecutor().run([fit], Store(tmp_path), Silence())

    assert find(fit, Store(tmp_path), Meanwhile()) is not None
    LocalExecutor().run([samples], second, Silence())
    assert manifest_of(samples, second).facts["num"] == 20


def test_damaged_result_on_another_disk_is_computed_again(tmp_path):
    """A folder that was moved, with a link in its place: the link goes, what it leads to is the user's."""
    store = Store(tmp_path / "store").open()
    _damage(store)
    shutil.move(store.path(KEY), tmp_path / "moved")
    store.path(KEY).symlink_to(tmp_path / "moved")
    again = Store(tmp_path / "store")
    again.discard_damaged(KEY)
    assert again.create(KEY, {}, _write).facts["status"] == "fitted"
    assert Store(tmp_path / "store").find(KEY) is not None
    assert (tmp_path / "moved" / "data.txt").read_text() == "changed"


@pytest.mark.parametrize("kind", ["file", "link to nothing", "link to a file"])
def test_what_stands_in_place_of_a_result_gives_way(tmp_path, kind):
    store = Store(tmp_path / "store").open()
    (tmp_path / "file").write_text("mine")
    if kind == "file":
        store.path(KEY).write_text("")
    else:
        store.path(KEY).symlink_to(tmp_path / ("file" if kind == "link to a file" else "nothing"))
    assert store.create(KEY, {}, _write).facts["status"] == "fitted"
    assert Store(tmp_path / "store").find(KEY) is not None
    assert (tmp_path / "file").read_text() == "mine"


def _work_and_be_killed(root: Path, seconds: float) -> None:
    def write(result: Path, scratch: Path) -> dict[str, object]:
        time.sleep(seconds)
        (scratch / "checkpoint").write_text(str(seconds))
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    Store(root).create(KEY, {}, write)


def test_time_before_interruptions_counts_and_time_between_them_does_not(tmp_path):
    store = Store(tmp_path).open()
    context = multiprocessing.get_context("fork")
    start = time.perf_counter()
    for seconds in (0.1, 0.2):
        worker = context.Process(target=_work_and_be_killed, args=(tmp_path, seconds))
        worker.start()
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
        time.sleep(0.2)
    elapsed = store.create(KEY, {}, _write).elapsed_seconds
    assert elapsed > 0.1 + 0.2 - 2 * CLOCK_SECONDS
    assert elapsed < time.perf_counter() - start - 2 * 0.2 + 2 * CLOCK_SECONDS


def test_store_of_a_newer_version_is_refused(tmp_path):
    Store(tmp_path).open()
    (tmp_path / "format.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(UserError, match=r"store format 99.*Upgrade"):
        Store(tmp_path).open()


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        Store(tmp_path / "file" / "store").open()


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(Path, "mkdir", refuse)  # as it does under /proc
    with pytest.raises(UserError, match="cannot be written"):
        Store(tmp_path / "store").open()


def test_full_disk_is_one_sentence_and_costs_nothing_finished(tmp_path):
    store = Store(tmp_path).open()
    store.create(KEY, {}, _write)

    def fill(result: Path, scratch: Path) -> dict[str, object]:
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"full.*Finished steps are kept"):
        store.create("fit-ffffffffffffffffffff", {}, fill)
    assert Store(tmp_path).find(KEY) is not None


def _count(root: Path, counter: Path) -> None:
    def slow(result: Path, scratch: Path) -> dict[str, object]:
        with counter.open("a") as file:
            file.write("x")
        time.sleep(0.2)
        return {}

    Store(root).open().create(KEY, {}, slow)


def test_two_processes_compute_a_step_once(tmp_path):
    counter = tmp_path / "counter"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_count, args=(tmp_path / "store", counter)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counter.read_text() == "x"


def test_lock_of_a_killed_process_is_free(tmp_path):
    script = (
        "import os, signal, sys; from pathlib import Path; from genloop.store import Store\n"
        f"Store(Path(sys.argv[1])).open().create({KEY!r}, {{}}, lambda r, s: os.kill(os.getpid(), signal.SIGKILL))"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)]).returncode == -9
    assert Store(tmp_path).open().create(KEY, {}, _write).facts["status"] == "fitted"


def test_a_working_folder_that_is_a_link_is_left_alone(tmp_path):
    """A store that somebody else made is data: nothing is written or deleted where its links lead."""
    outside = tmp_path / "outside"
    for name in ("scratch", "result", "partial", "locks"):
        (outside / name).mkdir(parents=True)
        (outside / name / "file").write_text("theirs")
    (outside / "spent").write_text("theirs")
    store = Store(tmp_path / "store").open()
    working = store.root / "partial" / KEY
    working.mkdir(parents=True)
    (working / "scratch").symlink_to(outside / "scratch")
    (working / "result").symlink_to(outside / "result")
    (working / "seconds_spent").symlink_to(outside / "spent")
    (store.root / "locks").symlink_to(outside / "locks")
    store.create(KEY, {}, _write)
    other = KEY.replace("0", "1")
    (store.root / "partial" / other).symlink_to(outside / "partial")
    (store.root / "locks" / f"{other}.lock").symlink_to(outside / "spent")
    store.create(other, {}, _write)
    assert all((outside / name / "file").read_text() == "theirs" for name in ("scratch", "result", "partial", "locks"))
    assert (outside / "spent").read_text() == "theirs"
    assert len([path for path in outside.rglob("*") if path.is_file()]) == 5
    assert all(Store(store.root).find(key) for key in (KEY, other))


def test_a_pipe_in_the_place_of_a_manifest_is_no_result(tmp_path):
    store = Store(tmp_path).open()
    (tmp_path / KEY).mkdir()
    os.mkfifo(tmp_path / KEY / "manifest.json")
    assert store.find(KEY) is None
    assert store.peek(KEY) is None
    assert store.create(KEY, {}, _write).key == KEY


@pytest.mark.parametrize(
    "lie",
    [
        {"files": {"../outside": {"sha256": "0", "bytes": 1}}},
        {"files": {"/etc/hostname": {"sha256": "0", "bytes": 1}}},
        {"files": {"a": {}}},
        {"files": []},
        {"facts": []},
        {"elapsed_seconds": "1"},
        {"elapsed_seconds": float("inf")},
        {"key": "fit-00000000000000000000"},
    ],
    ids=str,
)
def test_a_manifest_that_says_what_none_says_is_damaged(tmp_path, lie):
    store = Store(tmp_path).open()
    manifest = store.create(KEY, {}, _write)
    try:
        text = replace(manifest, **lie).text()
    except (UserError, ValueError):
        text = "{}"
    (tmp_path / KEY / "manifest.json").write_text(text)
    with pytest.raises(DamagedArtefact):
        Store(tmp_path).peek(KEY)


def test_working_folders_of_finished_steps_vanish(tmp_path):
    store = Store(tmp_path).open()
    store.create(KEY, {}, _write)
    for key in (KEY, KEY.replace("0", "1")):
        (tmp_path / "partial" / key).mkdir(parents=True)
    Store(tmp_path).open()
    assert [path.name for path in (tmp_path / "partial").iterdir()] == [KEY.replace("0", "1")]


def test_a_sound_result_is_never_replaced(tmp_path, monkeypatch):
    """Not even by a process that holds no lease, and whose attempt nobody has taken or thrown away."""
    monkeypatch.setattr(Store, "_lease", lambda *_: nullcontext())
    monkeypatch.setattr(Store, "_tidy_attempts", lambda *_: None)
    begin = attempts.begin
    monkeypatch.setattr("genloop.store.begin", lambda partial, key, **_: begin(partial, key, takes_up=False))
    first, second = Store(tmp_path).open(), Store(tmp_path)

    def write(text: str) -> Callable[[Path, Path], dict[str, str]]:
        def to(out: Path, scratch: Path) -> dict[str, str]:
            if text == "second":
                first.create("fit-1", {}, write("first"))
            (out / "said").write_text(text)
            return {"by": text}

        return to

    assert second.create("fit-1", {}, write("second")).facts == {"by": "first"}
    assert (tmp_path / "fit-1" / "said").read_text() == "first"
    assert Store(tmp_path).find("fit-1") == second.find("fit-1")
