"""Several processes on one store: together, killed, with readers beside them, and one that is stopped meanwhile."""

import signal
import time

from command import Child, command, complaints, start
from kind import Case, Kind
from refusals import READERS
from runs import differences, leftovers, start_run


def attempt(case: Case) -> list[str]:
    family = case.family()
    experiment, seconds = case.base.experiment(family), case.base.seconds(family)
    together = [
        start(command("run", experiment, "--out", "run"), case.place / str(number), work=case.place / "work")
        for number in range(case.random.randint(2, 3))
    ]
    time.sleep(case.random.random() * seconds)
    disturbed = together.pop()
    if case.number % 3 == 0:
        disturbed.signal(signal.SIGKILL)
    elif case.number % 3 == 1:
        disturbed.signal(signal.SIGSTOP)
    readers = [_reader(case, number) for number in range(2)]
    time.sleep(0.5 + case.random.random() * seconds / 2)
    disturbed.signal(signal.SIGCONT)
    found = [told for child in together for told in complaints(child.wait(), [0])]
    found += [f"reader: {told}" for child in readers for told in complaints(child.wait())]
    found += complaints(disturbed.wait(), [0, -signal.SIGKILL])
    again = start_run(experiment, case.run_dir, case.place).wait()
    return (
        found + complaints(again, [0]) + differences(case.run_dir, case.base.expected(family)) + leftovers(case.run_dir)
    )


def _reader(case: Case, number: int) -> Child:
    return start(command(*case.one_of(READERS)), case.place / f"reader{number}", work=case.place / "work")


KIND = Kind("races", "two or three runs of one store, one killed or stopped, and readers beside them", 1.5, 4, attempt)
