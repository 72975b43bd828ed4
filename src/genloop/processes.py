"""Whether a process of this machine is still there."""

import psutil

CLOCK_SECONDS = 1.0  # by which clocks of files and processes may differ


def is_running(process: int, at: float) -> bool:
    """Whether the process that had a number at a time, in seconds since 1970, still runs, and is not another one."""
    try:
        found = psutil.Process(process)
        return found.create_time() < at + CLOCK_SECONDS and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
