"""Computes independent steps side by side, each in a process of its own on this machine.

A worker process takes one step at a time through a pipe, tells of it through the same pipe, and writes its result to
the store. It holds nothing else: it may be killed at any moment. A worker whose master is gone ends with its step.
"""

import multiprocessing
import signal
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from traceback import format_exc
from typing import cast

from genloop.errors import UserError
from genloop.executors.executor import Listener
from genloop.executors.graph import Graph
from genloop.executors.mail import Mail, Sender
from genloop.executors.results import compute, find
from genloop.steps import Step
from genloop.store import Store
from genloop.threads import limit_threads, threads_each
from genloop.types import Runtime


def run_side_by_side(
    steps: Iterable[Step], store: Store, runtime: Runtime, tell: Listener, *, jobs: int, seconds: Mapping[str, float]
) -> None:
    """Compute steps with at most `jobs` at once, those that the longest chains wait for first.

    Raises:
        UserError: if a step cannot be computed, or a worker died; finished steps are kept.
    """
    graph = Graph([step for step in steps if find(step, store, tell) is None], seconds)
    runtime = replace(runtime, threads=runtime.threads or threads_each(jobs))
    with _workers(min(jobs, graph.num_unfinished), store, runtime) as workers:
        while graph.num_unfinished:
            for worker in workers:
                if worker.step is None and (step := graph.next()):
                    worker.begin(step)
            for connection in wait([worker.connection for worker in workers if worker.step]):
                worker = next(worker for worker in workers if worker.connection is connection)
                if finished := worker.hear(tell):
                    graph.finish(finished.key)


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    step: Step | None = None

    def begin(self, step: Step) -> None:
        self.step = step
        with suppress(BrokenPipeError):  # it died, which is heard next
            self.connection.send(step)

    def hear(self, tell: Listener) -> Step | None:
        """Pass on what the process says of its step; return the step if it is done."""
        step = self.step
        assert step
        try:
            said = self.connection.recv()
        except (EOFError, ConnectionResetError):
            raise self._death(step) from None
        if isinstance(said, BaseException):
            raise said
        if isinstance(said, Mail):
            said.tell(tell, step)
            return None
        self.step = None
        return step

    def _death(self, step: Step) -> UserError:
        self.process.join()
        code = self.process.exitcode
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
        memory = " It may have been too large for the memory: try fewer --jobs." if code == -signal.SIGKILL else ""
        return UserError(
            f"The process that computed {step.key} {how}.{memory} "
            "Finished steps are kept; the same command continues where it stopped."
        )


@contextmanager
def _workers(num: int, store: Store, runtime: Runtime) -> Generator[list[_Worker], None, None]:
    context = multiprocessing.get_context("spawn")  # a fork of a process that has computed may wait for ever
    workers: list[_Worker] = []
    try:
        for _ in range(num):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, store, runtime), daemon=True)
            process.start()
            theirs.close()  # else its end would be missed
            workers.append(_Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join()


def _work(connection: Connection, store: Store, runtime: Runtime) -> None:
    """Compute the steps that come through a pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the master hears it, and ends this process
    limit_threads(cast(int, runtime.threads))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            step: Step = connection.recv()
            try:
                compute(step, store, runtime, Sender(step.key, connection.send))
                connection.send(None)
            except Exception as error:
                if not isinstance(error, UserError | ModuleNotFoundError):
                    error.add_note(format_exc())
                connection.send(error)
