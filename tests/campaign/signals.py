"""Signals: Ctrl-C once, twice, and while Python is still importing; TERM, HUP, USR1; STOP and CONT."""

import signal
import subprocess
import sys
import time

from command import SECONDS, command, complaints, start
from kind import Case, Kind
from runs import differences, start_run

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT)


def attempt(case: Case) -> list[str]:
    if case.number % 4 == 3:
        return _while_importing(case)
    family = case.family()
    experiment = case.base.experiment(family)
    child = start(command("run", experiment, "--out", "run"), case.place)
    time.sleep(case.random.random() * case.base.seconds(family))
    sent = [signal.SIGSTOP, signal.SIGCONT] if case.number % 4 == 0 else [case.one_of(ENDING)]
    if case.number % 4 == 2:
        sent = [signal.SIGINT, signal.SIGINT]
    for number in sent:
        child.signal(number)
        time.sleep(case.random.random() * 0.3)
    done = child.wait()
    found = [f"after {sent}: {told}" for told in complaints(done, [0, 130, *(-number for number in ENDING)])]
    again = start_run(experiment, case.run_dir, case.place).wait()
    return found + complaints(again, [0]) + differences(case.run_dir, case.base.expected(family))


def _while_importing(case: Case) -> list[str]:
    """Interrupt a command of an interpreter of its own, which mostly imports."""
    line = case.one_of([["list"], ["show", str(case.base.run("linear"))], ["predict", "-p", "replace"], ["--help"]])
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from genloop.cli import main; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", program, *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.15 + case.random.random() * 2)  # before that, the interpreter itself starts
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    if b"Traceback" in said and b"genloop" in said:
        return [f"Ctrl-C during {line[0]}: {said.decode(errors='replace').strip().splitlines()[-1][:200]}"]
    return [] if process.returncode in (0, 130, -2) else [f"Ctrl-C during {line[0]}: exit code {process.returncode}"]


KIND = Kind("signal", "INT once and twice, TERM, HUP, USR1, STOP and CONT, Ctrl-C during imports", 1.5, 6, attempt)
