"""What the models of a run generated, and the real data beside it, made small enough for a page.

A page shows the first examples of some iterations, of the first seed; it says which, and what is left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from genloop.analysis.arms import Arm
from genloop.data.extras import user_error
from genloop.errors import UserError
from genloop.report.html.blocks import Block, block_of, described
from genloop.report.html.pictures import element_colours
from genloop.runs.record import Run
from genloop.runs.recorded_data import open_data, recorded_domain

REAL = "real data"
NUM_POLICIES = 3  # beside the real data at first


@dataclass(frozen=True)
class Samples:
    """What a page shows of a run's samples.

    Attributes:
        blocks: by the key of the step that made them, since policies share steps; real data under `REAL`.
        choices: who wrote it -> iteration -> key of a block; that of real data is 0.
        note: what is shown and what is left out, or why nothing is shown.
        elements: colours of chemical elements, by symbol.
    """

    blocks: Mapping[str, Block] = field(default_factory=dict)
    choices: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    note: str = ""
    elements: Mapping[str, str] = field(default_factory=dict)

    @property
    def panels(self) -> list[tuple[str, int]]:
        """What is shown side by side at first: the real data, and the last iteration of some policies."""
        return [(who, max(keys, default=0)) for who, keys in self.choices.items()][: 1 + NUM_POLICIES]


def samples_of(run: Run, arms: Sequence[Arm], *, most_bytes: int) -> Samples:
    """Return the samples of a run that fit into so many bytes: of the first iteration, the last, and some between.

    Raises:
        DamagedArtefact: if samples have changed since they were written.
    """
    if run.manifest(run.record.source) is None:
        return Samples(note="Nothing has been generated yet.")
    try:
        domain = recorded_domain(run)
        real = domain.show(open_data(run, domain, run.record.source))
    except (UserError, ModuleNotFoundError) as error:
        return Samples(note=f"Samples cannot be shown: {user_error(error)}")
    if not (what := described(real)):
        return Samples(note=f"The samples are {run.record.unit}s, which cannot be looked at; the metrics tell of them.")

    def block(key: str, about: str) -> Block:
        return block_of(domain.show(open_data(run, domain, key)), about)

    done = {arm.label: _done(run, arm) for arm in arms}
    blocks, shown = _fitting(done, block, most_bytes)
    choices = {label: {n: keys[n] for n in sorted(keys) if n in shown} for label, keys in done.items()}
    colours = element_colours(real.conformations)
    note = _note(what, done, shown)
    return Samples({REAL: block_of(real, REAL)} | blocks, {REAL: {0: REAL}} | choices, note, colours)


def _fitting(
    done: Mapping[str, Mapping[int, str]], block: Callable[[str, str], Block], most_bytes: int
) -> tuple[dict[str, Block], set[int]]:
    """Return the blocks of as many iterations as fit, and which these are; steps that policies share are made once."""
    blocks: dict[str, Block] = {}
    shown: set[int] = set()
    for number in outer_first(max((number for keys in done.values() for number in keys), default=0)):
        labels: dict[str, list[str]] = {}
        for label, keys in done.items():
            if number in keys:
                labels.setdefault(keys[number], []).append(label)
        blocks |= {key: block(key, f"{', '.join(names)}, iteration {number}") for key, names in labels.items()}
        if sum(each.size for each in blocks.values()) > most_bytes:
            return {key: each for key, each in blocks.items() if key not in labels}, shown
        shown.add(number)
    return blocks, shown


def outer_first(num: int) -> Iterator[int]:
    """Iterate over 1 to `num`: the ends first, then always the middle of the widest gap: any beginning is spread."""
    ends = list(dict.fromkeys([1, num] if num else []))
    yield from ends
    told = ends
    while len(told) < num:
        gaps = np.diff(told)
        widest = int(np.argmax(gaps))
        told.insert(widest + 1, told[widest] + int(gaps[widest]) // 2)
        yield told[widest + 1]


def _done(run: Run, arm: Arm) -> dict[int, str]:
    return {item.iteration: item.samples for item in arm.first_seed if run.store.peek(item.samples)}


def _note(what: str, done: Mapping[str, Mapping[int, str]], shown: set[int]) -> str:
    made = {number for keys in done.values() for number in keys}
    left_out = f" Of {len(made)} iterations, {len(shown)} are shown, to keep the page small." if made - shown else ""
    return f"The first {what}, of the first seed; nothing is chosen by hand.{left_out}"
