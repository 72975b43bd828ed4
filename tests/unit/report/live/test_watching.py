"""`genloop watch`: what it says of a run, against what the store holds; nothing is written, and files may vanish."""

import json
import os
import shutil
import socket
import time
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path

import pytest
from cases import CASES
from report_fixtures import losses_run
from rich.console import Console
from toys import experiment as toy

from genloop import store
from genloop.cli import watching as command
from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import plan, prepare
from genloop.executors.progress_file import PROGRESS_FILE, StepProgress
from genloop.numerals import MINUS
from genloop.report.live.run_state import Observer, RunState
from genloop.report.live.time_left import TimeLeft
from genloop.report.live.watching import changes, ranges, run_view, summary
from genloop.report.live.works import works_in
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.runner import run
from genloop.store import Store

GAUSSIAN = replace(CASES["gaussian"](), seeds=(0, 1))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two policies, two seeds and three iterations."""
    directory = tmp_path_factory.mktemp("finished") / "run"
    run(GAUSSIAN, directory)
    return directory


@pytest.fixture
def directory(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def item_of(directory: Path, policy: str, iteration: int, seed: int = 0) -> RecordedIteration:
    items = Run(directory).record.iterations
    return next(item for item in items if (item.policy, item.iteration, item.seed) == (policy, iteration, seed))


def undo(directory: Path, *keys: str) -> None:
    for key in keys:
        Run(directory).store.discard(key)


def say(directory: Path, key: str, **said: object) -> Path:
    """Put down what a process says of a step."""
    now = time.time()
    plain = {**asdict(StepProgress(socket.gethostname(), os.getpid(), now, now)), **said}
    path = directory / "store" / "partial" / key / PROGRESS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain))
    return path


def printed(state: RunState, left: float | None = None) -> str:
    console = Console(file=StringIO(), width=150)
    console.print(run_view(state, left))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_finished_run_is_complete(directory: Path):
    state = Observer(directory).look()
    assert state.is_complete
    assert [(loop.policy, loop.seed) for loop in state.loops] == [
        ("replace", 0), ("accumulate", 0), ("replace", 1), ("accumulate", 1)
    ]  # fmt: skip
    losses = {
        (row.policy, row.seed, row.iteration): row.value for row in Run(directory).rows() if row.metric == "test_loss"
    }
    for loop in state.loops:
        assert loop.fitted == loop.sampled == loop.scored == (1, 2, 3)
        assert loop.losses == {number: losses[loop.policy, loop.seed, number] for number in (1, 2, 3)}
        assert loop.latest == 3
    assert "The run is complete" in printed(state)


def test_each_phase_of_each_loop_is_told_apart(directory: Path):
    fit, sample, score = (item_of(directory, "accumulate", number, seed=1) for number in (3, 2, 2))
    undo(directory, fit.model, sample.samples, score.scores[1])
    state = Observer(directory).look()
    loop = state.loops[3]
    assert (loop.fitted, loop.sampled, loop.scored) == ((1, 2), (1, 3), (1, 3))
    assert set(state.missing) == {fit.model, sample.samples, score.scores[1]}
    assert all(other.scored == (1, 2, 3) for other in state.loops[:3])
    assert f"{state.num_steps - 3} of {state.num_steps} steps done. No step is being computed" in summary(state, None)


def test_a_shared_step_is_shown_in_all_loops_and_computed_once(directory: Path):
    item = item_of(directory, "replace", 1)
    undo(directory, item.model)
    say(directory, item.model, done=30, total=120, rate=9.0, loss=1.25)
    state = Observer(directory).look()
    assert state.loops[0].fitted == state.loops[1].fitted == (2, 3)
    (work,) = state.alive
    assert work.label == "replace, accumulate 1, seed 0 · fit"
    text = printed(state, 90.0)
    assert "25%" in text
    assert "9/s" in text
    assert "loss 1.250" in text
    assert f"process {os.getpid()}" in text
    assert "about 90 s left" in text


def test_a_process_that_is_gone_does_not_look_alive(directory: Path):
    item = item_of(directory, "replace", 3)
    undo(directory, item.model)
    say(directory, item.model, done=1, total=2, updated=time.time() - 365 * 86_400)  # the process is younger
    state = Observer(directory).look()
    assert not state.alive
    text = printed(state)
    assert "stopped" in text
    assert "is gone" in text
    assert "No step is being computed" in text


def test_several_processes_and_other_runs_of_the_store_are_told_apart(directory: Path):
    first, second = (item_of(directory, "replace", 3, seed) for seed in (0, 1))
    undo(directory, first.model, second.model)
    for item in (first, second):
        say(directory, item.model)
    say(directory, "fit-00000000000000000000")
    state = Observer(directory).look()
    assert {work.label for work in state.alive} == {"replace 3, seed 0 · fit", "replace 3, seed 1 · fit"}
    assert "1 step of another run in the same store" in printed(state)


def test_time_left_is_that_of_the_plan_shared_by_the_processes(directory: Path):
    items = [item_of(directory, "replace", 3, seed) for seed in (0, 1)]
    undo(directory, *(item.model for item in items), *(key for item in items for key in item.scores))
    store = Store(directory / "store")
    planned = plan(prepare(GAUSSIAN, store, LocalExecutor(), Silence()), store, Silence()).seconds_left
    observer = Observer(directory)
    assert TimeLeft(observer).of(observer.look()) == pytest.approx(planned)

    for item in items:
        say(directory, item.model)
    assert TimeLeft(observer).of(observer.look()) == pytest.approx(planned / 2)
    say(directory, items[0].model, total=100, rate=0.1)  # tells that it needs 1000 s
    left = TimeLeft(observer).of(observer.look())
    assert left == pytest.approx(1000, abs=60)  # the clock goes on while the test runs


def test_a_run_of_the_users_own_classes_has_no_estimate(tmp_path: Path):
    run(toy(), tmp_path)
    item = item_of(tmp_path, "replace", 3)
    undo(tmp_path, item.model)
    observer = Observer(tmp_path)
    state = observer.look()
    assert TimeLeft(observer).of(state) is None
    assert summary(state, None).endswith(
        "steps done. No step is being computed; if its process is gone, the same command goes on."
    )


def _files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def test_nothing_is_written_locked_or_discarded(directory: Path):
    item = item_of(directory, "accumulate", 3)
    (directory / "store" / item.model / "manifest.json").write_text("{}")
    say(directory, item_of(directory, "replace", 3).model)
    before = _files(directory)
    observer = Observer(directory)
    for _ in range(3):
        state = observer.look()
        TimeLeft(observer).of(state)
    assert _files(directory) == before
    assert state.damaged == (item.model,)
    assert "1 result has changed" in printed(state)


def test_a_result_is_read_once_and_seen_to_go_and_come(directory: Path, monkeypatch):
    item, reads = item_of(directory, "replace", 3), []
    peek = Store.peek
    monkeypatch.setattr(Store, "peek", lambda self, key: (reads.append(key), peek(self, key))[1])
    observer = Observer(directory)
    first, num_reads = observer.look(), len(reads)
    observer.look()
    assert len(reads) == num_reads == first.num_steps
    undo(directory, item.model)
    assert observer.look().missing == (item.model,)
    run(GAUSSIAN, directory)
    assert observer.look().is_complete


def test_a_run_that_gets_more_iterations_is_seen_to(directory: Path):
    observer = Observer(directory)
    observer.look()
    run(replace(GAUSSIAN, num_iterations=4), directory)
    state = observer.look()
    assert state.is_complete
    assert state.num_iterations == 4


def vanishing(monkeypatch: pytest.MonkeyPatch, module: object, function: str, path: Path) -> None:
    """Let a file and its folder vanish right before a function reads it."""
    real = getattr(module, function)

    def late(place: Path, *arguments: object) -> object:
        if place == path:
            shutil.rmtree(path.parent)
        return real(place, *arguments)

    monkeypatch.setattr(module, function, late)


def test_a_result_that_vanishes_while_it_is_read_is_not_done(directory: Path, monkeypatch):
    item = item_of(directory, "replace", 3)
    vanishing(monkeypatch, store, "read_manifest", directory / "store" / item.model / "manifest.json")
    state = Observer(directory).look()
    assert state.missing == (item.model,)
    assert state.damaged == ()


def test_a_working_folder_that_vanishes_while_it_is_listed_is_no_work(directory: Path, monkeypatch):
    vanishing(monkeypatch, Path, "read_text", say(directory, "fit-00000000000000000000"))
    assert works_in(directory / "store", {}) == []
    shutil.rmtree(directory / "store" / "partial")
    assert works_in(directory / "store", {}) == []


def test_changes_are_told_once(directory: Path):
    after = Observer(directory).look()
    item = item_of(directory, "replace", 3, seed=1)
    undo(directory, item.model, item.samples, *item.scores)
    before = Observer(directory).look()
    first, loss = (after.loops[2].losses[number] for number in (1, 3))
    assert loss is not None
    assert first is not None
    change = f"{loss - first:+.3f}".replace("-", MINUS)
    assert list(changes(before, after)) == [
        "replace, seed 1: iteration 3 fitted",
        "replace, seed 1: iteration 3 sampled",
        f"replace, seed 1: iteration 3 scored · test loss {loss:.3f} {change}",
    ]
    assert list(changes(after, after)) == []


def test_small_losses_are_told_apart(tmp_path: Path):
    path = losses_run(tmp_path, {0: {1: 9.7e-6, 2: 1.594e-5}}).directory
    text = printed(Observer(path).look())
    assert "0.0000159" in text
    assert "+0.0000062" in text


@pytest.mark.parametrize(
    ("numbers", "text"), [((), ""), ((3,), "3"), ((1, 2, 3), "1-3"), ((1, 3, 4, 7), "1, 3-4, 7"), ((1, 3), "1, 3")]
)
def test_ranges(numbers: tuple[int, ...], text: str):
    assert ranges(numbers) == text


def test_the_command_ends_with_the_run(genloop, directory: Path, monkeypatch):
    """It waits for a run that has not begun, tells what is done, and ends when all is."""
    late = directory.with_name("late")
    naps = iter([lambda: shutil.copytree(directory, late), lambda: run(GAUSSIAN, late)])

    def nap(_: float) -> None:
        next(naps)()
        if (late / "store" / item.model).exists() and not undone:
            undone.append(undo(late, item.model))

    item, undone = item_of(directory, "accumulate", 3), []
    monkeypatch.setattr(command.time, "sleep", nap)
    code, out, err = genloop("watch", late)
    assert (code, err) == (0, "")
    first, *lines, last = out.splitlines()
    assert "late holds no run yet" in first
    assert "accumulate, seed 0: iteration 3 fitted" in lines
    assert last.endswith("steps done. The run is complete.")


def test_on_a_terminal_the_last_picture_stays(directory: Path, monkeypatch):
    screen = Console(file=StringIO(), force_terminal=True, width=120, height=40)
    monkeypatch.setattr(command, "out", screen)
    command.watch(directory)
    assert isinstance(screen.file, StringIO)
    assert "The run is complete" in screen.file.getvalue()
    assert screen.file.getvalue().rstrip().endswith("\x1b[?25h")  # the cursor is shown again


def test_interrupted_it_ends_quietly(genloop, directory: Path, monkeypatch):
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    undo(directory, item_of(directory, "replace", 3).model)
    monkeypatch.setattr(command.time, "sleep", interrupt)
    code, out, err = genloop("watch", directory)
    assert (code, err) == (130, "")
    assert "No step is being computed" in out


def test_once_is_one_table(genloop, directory: Path):
    undo(directory, item_of(directory, "replace", 3).model)
    code, out, _ = genloop("watch", directory, "--once")
    assert code == 0
    assert out.count("policy") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere", "--once"), "nowhere holds no run"),
        (("nowhere", "--every", 0), "--every 0 is no time between two looks"),
        (("nowhere", "--every", "nan"), "--every nan is no time"),
        (("nowhere", "--every", "inf"), "--every inf is no time"),
    ],
)
def test_bad_input_is_one_sentence(genloop, arguments, sentence):
    code, _, err = genloop("watch", *arguments)
    assert code == 2
    assert sentence in err


def test_a_damaged_record_is_one_sentence(directory: Path):
    (directory / "run.json").write_text("{}")
    with pytest.raises(UserError, match="is damaged"):
        Observer(directory).look()
