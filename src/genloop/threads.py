"""How many threads the libraries below this package compute with."""

import os

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


def limit_threads(num: int) -> None:
    """Let every library of this process compute with so many threads, whether it is loaded already or will be.

    Torch has a number of its own, which `prepare_device` sets from the same `Runtime`.
    """
    from threadpoolctl import threadpool_limits  # late, as it looks at all libraries that are loaded

    os.environ.update(dict.fromkeys(VARIABLES, str(num)))  # read when a library is loaded
    threadpool_limits(num)


def threads_each(num_processes: int) -> int:
    """Return how many threads each of so many processes has, if they share those that this process may use."""
    return max(1, usable_processors() // num_processes)


def usable_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
