"""A run that waits for a step of another process says once for whom, and `watch` says that it is suspended."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from toys import experiment

from genloop import leases
from genloop.executors.executor import Silence
from genloop.executors.progress_file import PROGRESS_FILE, StepProgress
from genloop.identity import canonical_json
from genloop.report.live.run_state import Observer
from genloop.report.live.watching import summary
from genloop.runs.record import Run
from genloop.runs.runner import run


class Listening(Silence):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def suspended() -> Iterator[int]:
    """Return the number of a process that has been stopped."""
    process = subprocess.Popen(["sleep", "60"])
    os.kill(process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    yield process.pid
    process.kill()
    process.wait()


def test_who_waits_for_a_suspended_process_says_so_once(tmp_path: Path, suspended: int, monkeypatch):
    monkeypatch.setattr(leases, "PATIENT_SECONDS", 0.05)
    run(experiment(num_iterations=1), tmp_path)
    found = Run(tmp_path)
    key = found.record.iterations[0].samples
    found.store.discard(key)
    found.store.working(key).mkdir(parents=True)
    said = StepProgress(socket.gethostname(), suspended, time.time(), time.time(), 1, 4)
    (found.store.working(key) / PROGRESS_FILE).write_text(canonical_json(asdict(said)))

    told = summary(Observer(tmp_path).look(), None)
    assert f"Waiting for process {suspended}, which is suspended; `kill -CONT {suspended}`" in told
    assert "No step" not in told

    listening = Listening()
    waiting = threading.Thread(
        target=run, args=(experiment(num_iterations=1), tmp_path), kwargs={"listener": listening}
    )
    with leases.leased(tmp_path / "store" / "locks" / f"{key}.lease"):
        waiting.start()
        until = time.monotonic() + 60
        while not listening.warnings and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.2)
    waiting.join()
    assert listening.warnings == [
        f"Waiting for process {suspended} on {socket.gethostname()}, which computes {key}. It is suspended; "
        f"`kill -CONT {suspended}` lets it go on."
    ]
    assert Run(tmp_path).is_complete()
