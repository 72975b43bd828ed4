"""A run that is watched from a second process while it goes, is killed, and goes on."""

import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1] / "support"
SLOW_RUN = """
import sys, time
from pathlib import Path
import toys
from genloop.runs.runner import run
from genloop.types import Progress

class Slow(toys.Normal):
    version = 1  # the source of what is typed here cannot be read
    def fit(self, train, *, seed, context):
        for number in range(24):
            time.sleep(0.1)
            context.report(Progress(10 * (number + 1), 240, loss=1.5))
        return super().fit(train, seed=seed, context=context)

run(toys.experiment(estimator=Slow(), num_iterations=2), sys.argv[1])
"""


def _start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _genloop(*arguments: object) -> subprocess.Popen[str]:
    return _start("-c", "from genloop.cli import main; main()", *arguments)


def _look(directory: Path, what: str) -> str:
    """Return the first table that says something, within half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        out, _ = _genloop("watch", directory, "--once").communicate()
        if what in out:
            return out
    raise AssertionError(f"{what!r} was never said; last: {out}")


def test_a_run_is_watched_killed_and_resumed(tmp_path: Path):
    """Toy fits of 2.4 seconds, which tell their progress once a second."""
    watching = _genloop("watch", tmp_path / "run", "--every", 0.05)
    assert watching.stdout
    assert "holds no run yet" in watching.stdout.readline()
    running = _start("-c", SLOW_RUN, tmp_path / "run")
    seen = _look(tmp_path / "run", "loss 1.500")
    assert f"process {running.pid}" in seen
    assert "/s" in seen

    _look(tmp_path / "run", "2 · fit")  # the first iteration is done
    running.kill()
    running.communicate()
    stopped = _look(tmp_path / "run", "stopped")
    assert f"process {running.pid} is gone" in stopped
    assert "No step is being computed" in stopped

    resumed = _start("-c", SLOW_RUN, tmp_path / "run")
    assert resumed.communicate()[1] == ""
    out, errors = watching.communicate(timeout=30)
    assert (watching.returncode, errors) == (0, "")
    lines = out.splitlines()
    assert "The run is complete" in lines[-1]
    for policy in ("replace", "accumulate"):
        for number in (1, 2):
            told = [line for line in lines if line.startswith(f"{policy}, seed 0: iteration {number} scored")]
            assert len(told) == 1
