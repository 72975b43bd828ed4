"""Steps that processes are computing right now, or were when they died."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from genloop.attempts import step_of
from genloop.executors.progress_file import PROGRESS_FILE, StepProgress, read_progress
from genloop.runs.record import RecordedIteration, RunRecord


@dataclass(frozen=True)
class Work:
    """A step that a process is at, or was when it died.

    Attributes:
        key: of the step.
        label: which step it is.
        said: what the process says.
        is_alive: whether it is still there.
        is_suspended: whether it is there, but has been stopped.
    """

    key: str
    label: str
    said: StepProgress
    is_alive: bool
    is_suspended: bool = False


def works_in(store_dir: Path, labels: Mapping[str, str]) -> list[Work]:
    """Return the steps that were taken up and not finished; those without a label are called by their kind."""
    try:
        attempts = sorted((store_dir / "partial").iterdir())
    except OSError:  # nothing was ever computed here
        return []
    works: dict[str, Work] = {}
    for attempt in attempts:
        if said := read_progress(attempt / PROGRESS_FILE):
            key = step_of(attempt)
            label = labels.get(key, key.partition("-")[0])
            work = Work(key, label, said, said.is_alive(), said.is_suspended())
            works[key] = max(work, works.get(key, work), key=_importance)
    return list(works.values())


def _importance(work: Work) -> tuple[bool, float]:
    """Of several attempts at a step, that of a living process tells how far it is, and of these the latest."""
    return work.is_alive and not work.is_suspended, work.said.updated


def step_labels(record: RunRecord) -> dict[str, str]:
    """Return what every step of a run is, by key in their order, with all policies that ask for it."""
    asking: dict[str, dict[str, RecordedIteration]] = defaultdict(dict)
    kinds: dict[str, str] = {}
    for item in record.iterations:
        for key, kind in _steps(item):
            asking[key].setdefault(item.policy, item)
            kinds[key] = kind
    is_one_seed = len({item.seed for item in record.iterations}) == 1
    labels = {record.source: "real data · prepare"}
    for key, items in asking.items():
        item = next(iter(items.values()))
        seed = "" if is_one_seed else f", seed {item.seed}"
        labels[key] = f"{', '.join(items)} {item.iteration}{seed} · {kinds[key]}"
    return labels


def _steps(item: RecordedIteration) -> Iterator[tuple[str, str]]:
    """Iterate over the steps of a round, in their order, and what each does; of several of a kind, which it is."""
    kinds = {key: "noise floor" if key in item.noise_floor else key.partition("-")[0] for key in item.steps}
    numbers, seen = Counter(kinds.values()), Counter[str]()
    for key, kind in kinds.items():
        seen[kind] += 1
        yield key, kind if numbers[kind] == 1 else f"{kind} {seen[kind]} of {numbers[kind]}"
