"""Results of a run as files for other tools."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast, get_args

from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError, unknown_name
from genloop.files import replacing
from genloop.policy_text import parse_policy, policy_name
from genloop.report.exports.data_file import check_ending, write_data
from genloop.report.exports.model_folder import write_model_folder
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import Part


def export(
    run: Run,
    *,
    policy: str,
    iteration: int,
    seed: int | None = None,
    model: Path | None = None,
    data: Path | None = None,
    part: str | None = None,
) -> None:
    """Write the model of an iteration, its data, or both, each of them whole or not at all.

    Args:
        run: the run, which may be unfinished.
        policy: the data policy, as people write it.
        iteration: which one.
        seed: of the loop; None takes the first.
        model: new folder for the model.
        data: new file, or folder, in a format of the run's domain, which its ending says.
        part: what `data` holds, `train` or `samples`; None means `train`.

    Raises:
        UserError: if the run has no such result, or not yet, or a place is taken.
    """
    _check(run, model, data, part)
    item = find_iteration(run, policy, iteration, seed)
    if data:
        with _published(data) as path:
            write_data(run, item, cast(Part, part or "train"), path, data.suffix)
    if model:
        with _published(model) as path:
            write_model_folder(run, item, path)


def find_iteration(run: Run, policy: str, iteration: int, seed: int | None) -> RecordedIteration:
    """Return one iteration of a run.

    Raises:
        UserError: if the run has no such iteration.
    """
    items = run.record.iterations
    name = policy if policy in {item.policy for item in items} else policy_name(parse_policy(policy))
    for item in items:
        if item.policy == name and item.iteration == iteration and seed in (None, item.seed):
            return item
    policies = ", ".join(dict.fromkeys(item.policy for item in items))
    seeds = ", ".join(dict.fromkeys(str(item.seed) for item in items))
    raise UserError(
        f"The run has no model of {policy!r}, iteration {iteration}{'' if seed is None else f', seed {seed}'}. "
        f"It has {policies}, iterations 1 to {max(item.iteration for item in items)}, seeds {seeds}."
    )


def _check(run: Run, model: Path | None, data: Path | None, part: str | None) -> None:
    """Raise UserError before anything is written."""
    if model is None and data is None:
        raise UserError("Nothing is to be exported. Give --model FOLDER, --data FILE, or both.")
    if part is not None and part not in get_args(Part):
        raise unknown_name("part", part, get_args(Part))
    if part is not None and data is None:
        raise UserError(f"--part {part} says what --data writes. Give --data FILE too.")
    if data is not None:
        check_ending(run, data)
    for place in filter(None, (model, data)):
        if place.exists():
            raise UserError(f"{place} exists. Name a new place.")


@contextmanager
def _published(place: Path) -> Iterator[Path]:
    """Give a place to write to, which takes its name when the block ends well and vanishes when it does not."""
    with report_disk_errors(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as working:
            yield working
