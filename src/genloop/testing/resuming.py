"""Whether a run that is interrupted again and again ends as one that is not."""

import shutil
from pathlib import Path

from genloop.executors.executor import Silence
from genloop.experiment import Experiment
from genloop.policies import Accumulate, Replace
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.steps import Prepare, Step
from genloop.testing.expecting import RUNTIME, expect, new_folder, title
from genloop.types import Estimator, Progress, Source

MOMENTS = (1, 2, 3, 5, 7, 11, 13)  # how many starts and reports of progress each attempt lives to see
ATTEMPTS = 20


class _Interrupted(Exception):
    pass


class _Interrupting(Silence):
    """Hears so many events and then ends the process, so to speak."""

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining

    def started(self, step: Step) -> None:
        self._tick()

    def progressed(self, step: Step, progress: Progress) -> None:
        expect(
            0 <= progress.done <= progress.total,
            f"A step reports {progress.done} of {progress.total} examples done. Report no more than there are.",
        )
        self._tick()

    def _tick(self) -> None:
        self.remaining -= 1
        if self.remaining == 0:
            raise _Interrupted


def check_resumption(estimator: Estimator, source: Source, folder: Path, num_examples: int) -> int:
    """Compare two iterations under two policies with the same that were interrupted; return how often they were.

    Raises:
        AssertionError: if a file of a result is another one.
    """
    experiment = Experiment("resumed", source, estimator, (Replace(), Accumulate()), (), 2, num_samples=num_examples)
    whole, again = run(experiment, new_folder(folder), runtime=RUNTIME), new_folder(folder)
    real = whole.store.path(Prepare(source).key)
    shutil.copytree(real, again / "store" / real.name)  # so that what is interrupted are fits and samples
    cut, interruptions = _in_pieces(experiment, again)
    for item in whole.record.iterations:
        for key in (item.model, item.samples):
            files = [found.files if (found := each.store.find(key)) else None for each in (whole, cut)]
            expect(
                files[0] == files[1],
                f"{title(estimator)}: iteration {item.iteration} ends otherwise after {interruptions} interruptions. "
                "Keep all that the rest depends on in the scratch folder, the state of random numbers included.",
            )
    return interruptions


def _in_pieces(experiment: Experiment, directory: Path) -> tuple[Run, int]:
    for attempt in range(ATTEMPTS):
        remaining = MOMENTS[attempt] if attempt < len(MOMENTS) else 0
        try:
            return run(experiment, directory, runtime=RUNTIME, listener=_Interrupting(remaining)), attempt
        except _Interrupted:
            continue
    raise AssertionError(f"The run did not end within {ATTEMPTS} attempts. Let each go on where the last one stopped.")
