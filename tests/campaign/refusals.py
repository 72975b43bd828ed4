"""An operation on files fails: EIO, EDQUOT, EACCES and others, once or from then on, in a run or while one is read."""

import errno
from functools import partial

import faults
from command import command, complaints, start
from kind import Case, Kind
from runs import differences, start_run

ERRORS = (errno.EIO, errno.EDQUOT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.EPERM, errno.ESTALE)
READERS = (
    ("show", "run"), ("show", "run", "--json"), ("check", "run", "--max-increase", "9"), ("report", "run"),
    ("watch", "run", "--once"), ("cite", "run"), ("forecast", "run"), ("show", "run", "--training-sets"),
    ("export", "run", "-p", "replace", "-i", "1", "--data", "data.parquet"),
)  # fmt: skip


def attempt(case: Case) -> list[str]:
    family, error, stays = case.family(), case.one_of(ERRORS), case.random.random() < 0.5
    experiment = case.base.experiment(family)
    if case.number % 2:
        case.base.copy(family, case.run_dir)
        line, most = case.one_of(READERS), 60
    else:
        line, most = ("run", experiment, "--out", "run"), case.base.operations(family)
    operation = case.random.randrange(most)
    done = start(partial(_refuse, case, operation, error, stays, line), case.place).wait()
    found = [f"{errno.errorcode[error]} at {operation} of {line[0]}: {told}" for told in complaints(done, [0, 1, 2])]
    again = start_run(experiment, case.run_dir, case.place).wait()
    return found + complaints(again, [0]) + differences(case.run_dir, case.base.expected(family))


def _refuse(case: Case, operation: int, error: int, stays: bool, line: tuple[object, ...]) -> None:
    faults.arm(case.run_dir, operation, error, stays=stays)
    command(*line)()


KIND = Kind("refuse", "EIO, EDQUOT, EACCES, EMFILE ... at a chosen operation", 2.0, 6, attempt, faults.COMPILER)
