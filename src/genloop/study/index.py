"""One page for all targets: their verdicts, what did not hold, their figures."""

from collections.abc import Iterator, Mapping

from genloop.report.markdown import markdown_table
from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import ELSEWHERE, Computation
from genloop.study.grid import escaped
from genloop.study.page import CLAIMS, claims_grid, figures_markdown
from genloop.study.verdicts import summary
from genloop.version import __version__

MOST_CLAIMS = 8  # of a target on this page; its own page has all
READING = (
    "Ours is the mean over seeds (or over simulated loops) with its standard error; of one seed there is none, and the "
    "number says so. Every page says what its verdicts mean. Steps that targets share are counted in the time of each, "
    "and once in the time of all."
)
NOT_HELD = "What did not hold"


def index_text(found: Reproduction, remarks: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        found: all targets as one, with its parts.
        remarks: what people have written about each target, and about `all`.
    """
    assert found.computation is not None
    about = found.computation
    open_claims = _open_claims(found)
    parts = [
        f"# {found.title}\n",
        f"`{about.command}`, genloop {__version__}, on {about.about}. Computed in {about.time}.\n",
        f"{summary(found)} {READING} {ELSEWHERE}\n",
        *_remark(about.target, remarks),
        _overview(found),
        *_problems(found),
        *_not_held(found, open_claims, remarks),
        *(text for part in found.parts for text in _section(part, remarks, is_open=part.title in open_claims)),
    ]
    return "\n".join(parts)


def _overview(found: Reproduction) -> str:
    """Return one line for each target, with a link to its page."""
    lines = [
        (f"[{escaped(part.title)}]({computation.target}.md)", summary(part), computation.time)
        for part, computation in _computed(found)
    ]
    return markdown_table([("result", "claims", "computed in"), *lines])


def _computed(found: Reproduction) -> Iterator[tuple[Reproduction, Computation]]:
    for part in found.parts:
        if part.computation:
            yield part, part.computation


def _problems(found: Reproduction) -> Iterator[str]:
    """Iterate over what could not be computed, if anything."""
    missing = [f"- {part.title}: {part.problem}" for part in found.parts if part.problem]
    if missing:
        yield "\n".join(["## What could not be computed\n", *missing, ""])


def _open_claims(found: Reproduction) -> Mapping[str, list[Claim]]:
    """Return by title the measured claims that do not hold; a claim that targets share stands with the first."""
    seen: set[Claim] = set()
    open_claims: dict[str, list[Claim]] = {}
    for part in found.parts:
        for claim in part.claims:
            if claim.holds is not True and claim.measured is not None and claim not in seen:
                open_claims.setdefault(part.title, []).append(claim)
                seen.add(claim)
    return open_claims


def _not_held(found: Reproduction, open_claims: Mapping[str, list[Claim]], remarks: Mapping[str, str]) -> Iterator[str]:
    """Iterate over the claims that fail or are undecided, each target's with what people wrote about it."""
    yield f"## {NOT_HELD}\n"
    if not open_claims:
        yield "Nothing: all claims that were measured hold.\n"
    for part, computation in _computed(found):
        if part.title in open_claims:
            yield claims_grid(part.title, open_claims[part.title]).markdown()
            yield from _remark(computation.target, remarks)


def _section(part: Reproduction, remarks: Mapping[str, str], *, is_open: bool) -> Iterator[str]:
    """Iterate over one target: command, settings, figures or its first table, and its first claims."""
    if part.computation is None:
        return
    computation = part.computation
    yield f"## {part.title}\n"
    yield f"`{computation.command}`, computed in {computation.time}. {computation.about} {computation.settings_line}\n"
    yield from figures_markdown(part) or [grid.markdown() for grid in part.grids[:1]]
    if part.claims:
        yield claims_grid(CLAIMS, part.claims[:MOST_CLAIMS]).untitled()
    if not is_open:
        yield from _remark(computation.target, remarks)
    rest = f"All {len(part.claims)} claims" if len(part.claims) > MOST_CLAIMS else "More"
    yield f"{rest}: [{computation.target}.md]({computation.target}.md).\n"


def _remark(target: str, remarks: Mapping[str, str]) -> list[str]:
    return [f"{remarks[target]}\n"] if target in remarks else []
