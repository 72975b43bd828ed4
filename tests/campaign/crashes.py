"""The process ends at a chosen operation on files: between any two of them."""

import faults
from command import complaints, start
from kind import Case, Kind
from runs import differences, leftovers, run_here, start_run


def attempt(case: Case) -> list[str]:
    family = case.family()
    experiment = case.base.experiment(family)
    for _ in range(case.random.randint(1, 2)):
        operation = case.random.randrange(case.base.operations(family))
        start(lambda at=operation: _crash(case, at), case.place).wait()
    done = start_run(experiment, case.run_dir, case.place).wait()
    return complaints(done, [0]) + differences(case.run_dir, case.base.expected(family)) + leftovers(case.run_dir)


def _crash(case: Case, operation: int) -> None:
    faults.arm(case.run_dir, operation)
    run_here(case.base.experiment(case.family()), case.run_dir)


KIND = Kind("crash", "the process ends at a chosen operation on files, once or twice", 2.0, 5, attempt, faults.COMPILER)
