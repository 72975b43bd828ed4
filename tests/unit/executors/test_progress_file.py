"""What a computing process says of its step: written now and then, never in the way, and not believed for ever."""

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from toys import Normal, experiment

from genloop.executors import progress_file
from genloop.executors.progress_file import PROGRESS_FILE, ProgressFile, StepProgress, read_progress
from genloop.runs.runner import run
from genloop.types import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Return a function that sets the time; it stands still otherwise."""
    now = [time.time()]
    monkeypatch.setattr(progress_file.time, "time", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def test_progress_is_written_once_a_second_and_always_passed_on(tmp_path: Path, clock):
    passed: list[Progress] = []
    say = ProgressFile(tmp_path / PROGRESS_FILE, passed.append)
    begun = read_progress(tmp_path / PROGRESS_FILE)
    assert begun
    assert (begun.process, begun.done, begun.total, begun.rate) == (os.getpid(), 0, 0, None)
    for number in range(1, 33):
        clock(0.125)  # which is exact, so that seconds are whole
        say(Progress(1000 + 10 * number, 2000, loss=1 / number))
        said = read_progress(tmp_path / PROGRESS_FILE)
        assert said
        assert said.done == (0 if number < 8 else 1000 + 10 * (number // 8 * 8))
    assert [each.done for each in passed] == [1000 + 10 * number for number in range(1, 33)]
    assert said.loss == 1 / 32
    assert said.rate == 80  # 10 in 0.125 s; the 1000 from before an interruption do not count
    assert said.seconds_left == (2000 - 1320) / 80
    clock(4)
    assert said.seconds_left == (2000 - 1320) / 80 - 4
    assert [path.name for path in tmp_path.iterdir()] == [PROGRESS_FILE]


def test_a_clock_that_is_set_back_does_not_silence_it(tmp_path: Path, clock):
    say = ProgressFile(tmp_path / PROGRESS_FILE, lambda _: None)
    clock(-3600)
    say(Progress(1, 2))
    said = read_progress(tmp_path / PROGRESS_FILE)
    assert said
    assert said.done == 1
    assert said.rate is None


def test_what_is_not_finite_is_left_out(tmp_path: Path, clock):
    say = ProgressFile(tmp_path / PROGRESS_FILE, lambda _: None)
    clock(2)
    say(Progress(1, 2, loss=math.inf))
    said = read_progress(tmp_path / PROGRESS_FILE)
    assert said
    assert said.loss is None


def test_a_folder_that_is_gone_does_not_stop_the_work(tmp_path: Path, clock):
    passed: list[Progress] = []
    say = ProgressFile(tmp_path / "gone" / PROGRESS_FILE, passed.append)
    clock(2)
    say(Progress(1, 2))
    assert passed == [Progress(1, 2)]


def said_now(**changes) -> StepProgress:
    now = time.time()
    return replace(StepProgress(progress_file.socket.gethostname(), os.getpid(), now, now), **changes)


NO_PROGRESS = ({"process": -1}, {"process": 10**30}, {"process": "1"}, {"host": 3}, {"rate": math.nan}, {"total": "9"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "3", "{}", '{"host": "a"}', '{"unknown": 1}'),
        *(json.dumps({**vars(said_now()), **wrong}) for wrong in (*NO_PROGRESS, {"done": 10**400}, {"loss": math.inf})),
    ],
)
def test_what_cannot_be_read_says_nothing(text: str, tmp_path: Path):
    (tmp_path / PROGRESS_FILE).write_text(text)
    assert read_progress(tmp_path / PROGRESS_FILE) is None
    assert read_progress(tmp_path / "nowhere") is None


def test_a_process_is_alive_while_it_runs():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    said = said_now(process=process.pid)
    assert said.is_alive()
    process.kill()
    deadline = time.monotonic() + 10
    while said.is_alive() and time.monotonic() < deadline:  # a process that nobody waited for is a zombie
        time.sleep(0.01)
    assert not said.is_alive()
    process.communicate()
    assert not said.is_alive()


def test_another_process_of_the_same_number_is_not_taken_for_it():
    assert said_now().is_alive()
    assert not said_now(updated=time.time() - 365 * 86_400).is_alive()  # this test is younger


def test_a_process_on_another_machine_is_believed_for_some_minutes():
    assert said_now(host="elsewhere", process=1).is_alive()
    assert not said_now(host="elsewhere", process=1, updated=time.time() - 3600).is_alive()


def test_it_is_there_during_a_step_and_gone_after(tmp_path: Path, monkeypatch):
    seen: list[StepProgress | None] = []
    fit = Normal.fit

    def look(self, train, *, seed, context):
        seen.append(read_progress(context.scratch_dir.with_name(PROGRESS_FILE)))
        return fit(self, train, seed=seed, context=context)

    monkeypatch.setattr(Normal, "fit", look)
    run(experiment(), tmp_path)
    assert len(seen) == 5  # the first fit is shared
    assert all(said and said.is_alive() for said in seen)
    assert not list((tmp_path / "store" / "partial").iterdir())
