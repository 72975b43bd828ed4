"""What was found of a figure or table, as a page to read and as JSON for programs."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from genloop.disk_errors import report_disk_errors
from genloop.files import write_atomically
from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import ELSEWHERE, Computation
from genloop.study.grid import Grid
from genloop.study.remarks import read_remarks
from genloop.version import __version__

CLAIMS = "Claims"  # the title of their table
HEADER = ("claim", "paper or theory", "ours ± standard error", "verdict")


def write_pages(found: Reproduction, directory: Path, details: Mapping[str, Any] | None = None) -> Reproduction:
    """Write `TARGET.md` and `TARGET.json` beside the figures, and return what was found with their places.

    Args:
        found: what was found; it says what computed it.
        directory: where the figures are, and perhaps `remarks.md`.
        details: what the JSON says besides, as plain values.
    """
    computation = found.computation
    assert computation is not None
    page, numbers = (directory / f"{computation.target}.{suffix}" for suffix in ("md", "json"))
    remark = read_remarks(directory).get(computation.target, "")
    with report_disk_errors(directory):
        write_atomically(page, page_text(found, computation, remark))
        plain = {**numbers_json(found, computation), **(details or {})}
        write_atomically(numbers, json.dumps(plain, indent=1, ensure_ascii=False))
    return replace(found, pages=(page, numbers))


def page_text(found: Reproduction, computation: Computation, remark: str = "") -> str:
    """Return the page: command, numbers, figures, verdicts, settings."""
    parts = [
        f"# {found.title}\n",
        f"`{computation.command}`, genloop {__version__}. Computed in {computation.time}.",
        f"{computation.about} {ELSEWHERE}\n",
        *(grid.markdown() for grid in found.grids),
        *figures_markdown(found),
        claims_grid(CLAIMS, found.claims).markdown() if found.claims else "",
        *(f"{note}\n" for note in found.notes),
        f"{remark}\n" if remark else "",
        computation.settings.markdown() if computation.settings else "",
    ]
    return "\n".join(filter(None, parts))


def claims_grid(title: str, claims: Iterable[Claim]) -> Grid:
    """Return one line for each claim."""
    lines = [(claim.text, claim.expected_text, claim.measured_text, claim.verdict) for claim in claims]
    return Grid(title, HEADER, lines)


def figures_markdown(found: Reproduction) -> list[str]:
    """Return the figures, which lie beside the page; their title is what they say to who cannot see them."""
    return [f"![{found.title}]({path.name})\n" for path in found.figures]


def numbers_json(found: Reproduction, computation: Computation) -> Mapping[str, Any]:
    """Return settings and verdicts as plain values."""
    return {
        "target": computation.target,
        "title": found.title,
        "command": computation.command,
        "genloop": __version__,
        "seconds": round(sum(computation.seconds.values()), 3),
        "claims": [_finite(asdict(claim)) for claim in found.claims],
    }


def _finite(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return plain values with None in the place of what is not finite, which JSON cannot say."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in plain.items()
    }
