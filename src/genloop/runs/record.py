"""The record of a run: which steps it is made of, so that results can be read without the code that made them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from genloop.errors import UserError, quoted
from genloop.files import write_atomically
from genloop.identity import digest
from genloop.runs.measurements import readings
from genloop.runs.other_estimators import other_estimators
from genloop.runs.soundness import KEY, is_sound
from genloop.store import Manifest, Store
from genloop.values import Quantiles, Value
from genloop.version import __version__

FORMAT = 1
RECORD_FILE = "run.json"


@dataclass(frozen=True)
class Row:
    """One measured number.

    Attributes:
        policy: of the model that was measured.
        seed: of its loop.
        iteration: of the model.
        metric: name of the value.
        unit: of the value.
        value: None where the measurement was not finite.
        standard_error: of the value; None where its metric tells none.
        quantiles: over the replicates of a loop, where there are some and results were recorded with them.
        estimator: that fitted the model, where it is the experiment's `final_estimator`; None for that of the others.
    """

    policy: str
    seed: int
    iteration: int
    metric: str
    unit: str
    value: float | None
    standard_error: float | None = None
    quantiles: Quantiles | None = None
    estimator: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return plain values by name; what rows did not always have is left out where it is not known."""
        is_new = {"quantiles", "estimator"}
        return {name: each for name, each in asdict(self).items() if each is not None or name not in is_new}


@dataclass(frozen=True)
class Ingredient:
    """One part of a training set.

    Attributes:
        source: `real`, or which model generated it.
        key: of the step that made the data.
        num_examples: how many of them.
        weight: of each in the training loss, relative to the other parts.
    """

    source: str
    key: str
    num_examples: int
    weight: float


@dataclass(frozen=True)
class RecordedIteration:
    """The steps of one round, by key.

    Attributes:
        policy: of the loop.
        seed: of the loop.
        iteration: counted from 1.
        model: of the fit.
        samples: of what the model generated.
        scores: of what was measured.
        train: what the model was fitted on.
        drawn: examples that were drawn from the union of `train`; None for all of it.
        noise_floor: scores of real data in the place of samples, at iteration 1 only.
        steps: all of these and what else was computed, in their order.
    """

    policy: str
    seed: int
    iteration: int
    model: str
    samples: str
    scores: tuple[str, ...]
    train: tuple[Ingredient, ...]
    drawn: int | None
    noise_floor: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.steps:  # as in records of before they were named
            object.__setattr__(self, "steps", (self.model, self.samples, *self.measurements))

    @property
    def measurements(self) -> tuple[str, ...]:
        """All scores, those of real data included."""
        return (*self.scores, *self.noise_floor)


@dataclass(frozen=True)
class RunRecord:
    """What a run computes and where its results are.

    Attributes:
        name: the experiment's name.
        experiment: the experiment as plain values.
        store_dir: where results are kept, relative to the run's folder where it lies inside.
        source: key of the prepared real data.
        unit: what one example is.
        num_samples: T, the number of examples in the first training set.
        iterations: the rounds of all policies and seeds.
        citations: what its parts cite, by what for; None in records of before they were in it.
    """

    name: str
    experiment: Mapping[str, Any]
    store_dir: str
    source: str
    unit: str
    num_samples: int
    iterations: tuple[RecordedIteration, ...]
    citations: Mapping[str, Sequence[str]] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all steps, some of them several times: rounds share steps."""
        return (self.source, *_keys(self.iterations))


class Run:
    """A run on disk, finished or not.

    Attributes:
        directory: the run's folder.
        record: what it computes.
        store: where its results are.

    Raises:
        UserError: if the folder holds no run, or a damaged one.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.record = _read(directory / RECORD_FILE)
        self.store = Store(_store_place(directory, self.record.store_dir), is_sound)
        self.store.check_format()

    @property
    def other_estimators(self) -> dict[int, str]:
        """Iterations whose model another estimator fitted than the rest, and which."""
        return other_estimators(self.record.experiment)

    @property
    def final_estimator(self) -> str | None:
        """The estimator of the last model, where it is none of the loop's: what it measures is not compared."""
        experiment = self.record.experiment
        return self.other_estimators[experiment["num_iterations"]] if experiment.get("final_estimator") else None

    @property
    def num_compared(self) -> int:
        """How many iterations have models that are compared: not the last, if another estimator fitted that."""
        return self.record.experiment["num_iterations"] - (self.final_estimator is not None)

    @property
    def final_note(self) -> str:
        """What is to be said wherever models are compared; empty where all are."""
        last = self.record.experiment["num_iterations"]
        return f"Iteration {last} is of {self.final_estimator} and left out." if self.final_estimator else ""

    def rows(self) -> Iterator[Row]:
        """Iterate over all numbers measured so far.

        Raises:
            DamagedArtefact: if a result has changed since it was written.
        """
        for item in self.record.iterations:
            yield from self._rows(item, item.scores)

    def noise_floor(self) -> Iterator[Row]:
        """Iterate over the numbers that real data score in the place of the first model's samples."""
        for item in self.record.iterations:
            yield from self._rows(item, item.noise_floor)

    def _rows(self, item: RecordedIteration, scores: Iterable[str]) -> Iterator[Row]:
        final = self.final_estimator if item.iteration == self.record.experiment["num_iterations"] else None
        for manifest in filter(None, map(self.store.find, scores)):
            for found in readings(manifest):
                name, unit = found.of.name, found.of.unit
                yield Row(
                    item.policy, item.seed, item.iteration, name, unit, found.value, found.standard_error,
                    found.quantiles, final,
                )  # fmt: skip

    def manifest(self, key: str) -> Manifest | None:
        """Return the manifest of a finished step."""
        return self.store.find(key)

    def values(self) -> dict[str, list[str]]:
        """Return the metrics measured so far: which scorer judged which text, and what it measured."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for manifest in self._measured():
            found[manifest.said("about")] |= {each.of.name: None for each in readings(manifest)}
        return {about: list(metrics) for about, metrics in found.items()}

    def declared(self) -> list[Value]:
        """Return what is declared of the values measured so far."""
        found = (each.of for manifest in self._measured() for each in readings(manifest))
        return list({value.name: value for value in found}.values())

    def looked_at(self) -> dict[str, int]:
        """Return how many samples the values measured so far are of, where that matters and is known."""
        found: dict[str, int] = {}
        for manifest in self._measured():
            facts: Any = manifest.facts
            if num := facts.get("looked_at"):
                found |= {name: min(num, found.get(name, num)) for name in facts["values"]}
        return found

    def _measured(self) -> Iterator[Manifest]:
        for item in self.record.iterations:
            yield from filter(None, map(self.store.find, item.scores))

    def diverged(self) -> list[RecordedIteration]:
        """Return the rounds whose fit left the finite numbers; their model is the last finite state."""
        return [item for item in self.record.iterations if self._status(item) == "diverged"]

    def _status(self, item: RecordedIteration) -> str | None:
        manifest = self.store.peek(item.model)
        return manifest.said("status") if manifest else None

    def missing(self) -> list[RecordedIteration]:
        """Return the rounds of which something is not measured, or no longer there."""
        return [item for item in self.record.iterations if not all(map(self.store.holds, item.measurements))]

    def data_facts(self) -> Mapping[str, Any]:
        """Return what preparation says of the real data; nothing where they are not prepared."""
        manifest = self.store.peek(self.record.source)
        return manifest.facts if manifest else {}

    def is_complete(self) -> bool:
        """Whether every number of the run has been measured, and is there."""
        return not self.missing()


def named(rounds: Iterable[RecordedIteration]) -> str:
    """Return what to call some rounds: their policies, each with its seed and iterations."""
    loops: dict[tuple[str, int], list[str]] = defaultdict(list)
    for item in rounds:
        loops[item.policy, item.seed].append(str(item.iteration))
    return "; ".join(f"{policy}, seed {seed}: {', '.join(numbers)}" for (policy, seed), numbers in loops.items())


def write_record(directory: Path, record: RunRecord) -> None:
    """Write the record of a run into its folder; one that says the same is left as it is."""
    plain = {"format": FORMAT, "genloop": __version__, **asdict(record)}
    text = json.dumps({**plain, "digest": digest(plain)}, indent=1, ensure_ascii=False)
    path = directory / RECORD_FILE
    if not path.is_file() or path.is_symlink() or path.read_text("utf-8", errors="replace") != text:
        write_atomically(path, text)


def _read(path: Path) -> RunRecord:
    if not path.is_file():
        raise UserError(f"{path.parent} holds no run: there is no {path.name}. Name the folder given to --out.")
    try:
        plain = json.loads(path.read_text("utf-8"))
        if plain["format"] != FORMAT:
            raise UserError(
                f"{path} has format {plain['format']}, this version reads format {FORMAT}. Upgrade genloop."
            )
        if plain.pop("digest", None) not in (None, digest(plain)):  # those of before had none
            raise ValueError("changed")
        record = _validated({name: value for name, value in plain.items() if name not in ("format", "genloop")})
        _check_keys(record)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path} is damaged. Run the same command again to rewrite it; results are kept.") from error
    return record


def _store_place(directory: Path, written: str) -> Path:
    """Return where a record says that results are; somebody else may have written what is no place."""
    try:
        return (directory / written).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # such as a zero byte, or links in a circle
        raise UserError(f"{directory / RECORD_FILE} names no place for results ({quoted(written)}).") from error


def _validated(plain: Mapping[str, Any]) -> RunRecord:
    """Return a record whose every value has the type that is written; a file from outside may hold anything.

    Raises:
        ValueError: if one has not.
    """
    return TypeAdapter(RunRecord).validate_json(json.dumps(plain), strict=True, extra="forbid")


def _check_keys(record: RunRecord) -> None:
    """Keys become paths, so nothing but a key may pass."""
    for key in record.keys:
        if not re.fullmatch(KEY, key):
            raise ValueError(key)
    if not record.iterations or any(item.iteration < 1 for item in record.iterations):
        raise ValueError("no iteration")


def _keys(iterations: Iterable[RecordedIteration]) -> Iterator[str]:
    for item in iterations:
        yield from (item.model, item.samples, *item.measurements, *item.steps)
