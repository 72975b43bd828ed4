"""All figures and tables of the paper, and what goes beyond them, in one folder with one index."""

from collections.abc import Sequence
from dataclasses import replace

from genloop import catalog
from genloop.data.extras import user_error
from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError, unknown_name
from genloop.files import write_atomically
from genloop.plan import Plan
from genloop.report.tables import plan_summary
from genloop.study.claims import Reproduction
from genloop.study.computation import Computation, command_line
from genloop.study.grid import Grid
from genloop.study.index import index_text
from genloop.study.machine import describe_machine
from genloop.study.remarks import read_remarks
from genloop.study.request import Request
from genloop.study.verdicts import summary

ALL = "all"
INDEX_FILE = "README.md"
SCALES = ("laptop", "gpu", "paper")
ORDER = ("figure", "table", "controls", "theory")  # of the index; others follow
SIMULATIONS = ("figure2", "figure9", "theory", "forecast", "peers")  # without scale, seeds or store


def reproduce_all(request: Request) -> Reproduction:
    """Compute all targets, each with its page and its figures, and write the index `README.md` beside them.

    A target that cannot be computed, for want of an extra or of data, says so, and the others go on.

    Raises:
        UserError: if there is no such scale, or if training data are given.
    """
    scale = _check(request)
    directory = request.directory(scale)
    remarks = read_remarks(directory)
    targets = _targets()
    parts = []
    for number, target in enumerate(targets, start=1):
        request.announce(f"Target {number} of {len(targets)}: {target}")
        parts.append(_attempt(target, replace(request, out_dir=directory)))
    if request.only_plan:
        return _planned(targets, parts)

    found = _together(targets, parts, request, scale)
    page = directory / INDEX_FILE
    with report_disk_errors(directory):
        write_atomically(page, index_text(found, remarks))
    return replace(found, pages=(page,))


def _targets() -> list[str]:
    """Return genloop's own studies but this one, as the index lists them."""
    own = [entry.name for entry in catalog.STUDIES.shipped() if entry.name != ALL]
    return sorted(
        own, key=lambda name: next((n for n, begin in enumerate(ORDER) if name.startswith(begin)), len(ORDER))
    )


def _check(request: Request) -> str:
    """Return the name of the scale."""
    scale = request.scale or "laptop"
    if scale not in SCALES:
        raise unknown_name("scale", scale, SCALES)
    if request.train:
        raise UserError(
            f"--train {request.train} cannot serve all targets, which take text, images or molecules. Reproduce them "
            "one by one with your own data."
        )
    return scale


def _attempt(target: str, request: Request) -> Reproduction:
    """Compute one target, with what it takes of a request; or say why that is not possible."""
    try:
        return _compute(target, request)
    except (UserError, ModuleNotFoundError) as error:
        problem = str(user_error(error))
    request.announce(f"{target} cannot be computed. {problem}")
    return Reproduction(target, (), problem=problem)


def _compute(target: str, request: Request) -> Reproduction:
    function = catalog.STUDIES.load(target)
    if target not in SIMULATIONS:
        return function(request)
    if request.only_plan:
        return Reproduction(target, (), notes=("Simulated anew each time, in a minute or two.",))
    return function(Request(request.out_dir, runtime=request.runtime))


def _planned(targets: Sequence[str], parts: Sequence[Reproduction]) -> Reproduction:
    """Return what every target takes, and all of them, where what they share counts once."""
    lines = [(target, part.problem or part.notes[0]) for target, part in zip(targets, parts, strict=True)]
    planned = (planned for part in parts if part.plan for planned in part.plan.steps)
    plan = Plan(tuple({each.step.key: each for each in planned}.values()))
    total = f"Together, where what they share counts once: {plan_summary(plan, 'example')}"
    return Reproduction(
        "Plan", (), grids=(Grid("Plan", ("target", "plan"), lines),), notes=(total,), parts=tuple(parts)
    )


def _together(targets: Sequence[str], parts: Sequence[Reproduction], request: Request, scale: str) -> Reproduction:
    """Return all targets as one."""
    done = [part.computation for part in parts if part.computation]
    lines = [(target, *_verdicts_and_time(part)) for target, part in zip(targets, parts, strict=True)]
    return Reproduction(
        title=f"Results at scale {scale}",
        claims=tuple(dict.fromkeys(claim for part in parts for claim in part.claims)),  # those they share count once
        grids=(Grid("Targets", ("target", "claims", "time"), lines),),
        computation=Computation(
            target=ALL,
            command=command_line(ALL, request, scale),
            about=describe_machine(request.runtime),
            seconds={key: seconds for each in done for key, seconds in each.seconds.items()},
        ),
        parts=tuple(parts),
    )


def _verdicts_and_time(part: Reproduction) -> tuple[str, str]:
    if part.computation is None:
        return f"Not computed. {part.problem}", ""
    return summary(part), part.computation.time
