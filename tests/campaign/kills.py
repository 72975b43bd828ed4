"""`kill -9` at random moments, then the same run again: it ends with the same bits."""

import signal
import time

from command import complaints
from kind import Case, Kind
from runs import differences, leftovers, start_run


def attempt(case: Case) -> list[str]:
    family = case.family()
    experiment = case.base.experiment(family)
    for _ in range(case.random.randint(1, 3)):
        child = start_run(experiment, case.run_dir, case.place)
        time.sleep(case.random.random() * case.base.seconds(family))
        child.signal(signal.SIGKILL)
        child.wait()
    done = start_run(experiment, case.run_dir, case.place).wait()
    return complaints(done, [0]) + differences(case.run_dir, case.base.expected(family)) + leftovers(case.run_dir)


KIND = Kind("kill", "`kill -9` at 1 to 3 random moments, then the same run", 2.0, 5, attempt)
