"""Leases: one holder at a time, free when it dies, taken from one that was suspended; nothing blocks one for ever."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import filelock
import pytest

from genloop import leases
from genloop.leases import is_held, leased

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    monkeypatch.setattr(leases, "PATIENT_SECONDS", 0.05)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "step.lease"


@pytest.fixture
def holder(marker: Path) -> Iterator[BaseProcess]:
    """Return a process that holds the lease until it is ended."""

    def hold() -> None:
        with leased(marker):
            (marker.parent / "held").touch()
            time.sleep(60)

    process = FORK.Process(target=hold)
    process.start()
    while not (marker.parent / "held").exists():
        time.sleep(0.005)
    yield process
    process.kill()
    process.join()


def _seconds_to_get(marker: Path) -> float:
    start = time.monotonic()
    with leased(marker):
        return time.monotonic() - start


def test_a_living_holder_keeps_its_lease_and_is_waited_for(marker, holder):
    waited = []

    def end() -> None:
        waited.append(time.monotonic())
        time.sleep(1)  # three times as long as a lease that is not renewed
        assert holder.is_alive()
        assert is_held(marker)
        holder.kill()

    with leased(marker, end):
        assert not holder.is_alive()
    assert len(waited) == 1
    assert not marker.exists()


@pytest.mark.parametrize("exchanges", [True, False], ids=["local", "network file system"])
def test_the_lease_of_a_killed_process_is_free_at_once(marker, holder, exchanges, monkeypatch):
    """The library takes leases by exchanging two names, which NFS refuses."""
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1000.0)
    if not exchanges:
        monkeypatch.setattr(filelock._soft, "exchange_names", lambda *_: False)
    holder.kill()
    holder.join()
    assert not is_held(marker)
    assert _seconds_to_get(marker) < 10


@pytest.mark.parametrize("exchanges", [True, False], ids=["local", "network file system"])
def test_the_lease_of_a_suspended_process_can_be_taken(marker, holder, exchanges, monkeypatch):
    if not exchanges:
        monkeypatch.setattr(filelock._soft, "exchange_names", lambda *_: False)
    os.kill(holder.pid, signal.SIGSTOP)
    assert _seconds_to_get(marker) >= 0.3 - 0.1  # its last renewal was within a third
    os.kill(holder.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "text",
    [
        "",  # its holder died, or the power went, before it wrote who it was
        "filelock/2\npid=1\nhost=elsewhere\nmode=lease\ntoken=a\nduration=7.0\n",  # of another version
        "filelock/2\npid=1\nhost=elsewhere\nmode=exclusive\n",
        "filelock/2\npid=1\nhost=elsewhere\nmode=unheard of\n",
        "anything",
    ],
)
def test_what_nobody_renews_is_taken(marker, text):
    marker.write_text(text)
    _seconds_to_get(marker)
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_lease_gives_way(marker, kind):
    outside = marker.with_name("outside")
    outside.write_text("theirs")
    {"link": lambda: marker.symlink_to(outside), "pipe": lambda: os.mkfifo(marker), "folder": marker.mkdir}[kind]()
    _seconds_to_get(marker)
    assert outside.read_text() == "theirs"


def test_a_lease_of_a_machine_that_is_silent_for_minutes_is_not_held(marker):
    marker.write_text("filelock/2\npid=1\nhost=elsewhere\nmode=lease\ntoken=a\nduration=60.0\n")
    assert is_held(marker)
    os.utime(marker, times=(time.time() - 3600,) * 2)
    assert not is_held(marker)
    marker.unlink()
    assert not is_held(marker)
