"""What a study found, as a page to read and as JSON for programs."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import genloop
from genloop.report.tables import duration
from genloop.reproduce.claims import Claim, Reproduction
from genloop.reproduce.grid import Grid
from genloop.reproduce.study import Study
from genloop.store import write_atomically


def write_pages(study: Study, found: Reproduction) -> tuple[Path, ...]:
    """Write `TARGET.md` and `TARGET.json` beside the figures."""
    page, numbers = (study.directory / f"{study.target}.{suffix}" for suffix in ("md", "json"))
    write_atomically(page, page_text(study, found))
    write_atomically(numbers, json.dumps(numbers_json(study, found), indent=1, ensure_ascii=False))
    return page, numbers


def page_text(study: Study, found: Reproduction) -> str:
    """Return the page: command, settings, numbers, verdicts."""
    parts = [
        f"# {found.title}\n",
        f"`{command(study)}`, genloop {genloop.__version__}. {_time(study)} {study.scale.about}\n",
        *(grid.markdown() for grid in found.grids),
        *(f"![{path.stem}]({path.name})\n" for path in found.figures),
        _claims(found.claims).markdown() if found.claims else "",
        *(f"{note}\n" for note in found.notes),
        _settings(study).markdown(),
    ]
    return "\n".join(filter(None, parts))


def numbers_json(study: Study, found: Reproduction) -> Mapping[str, Any]:
    """Return settings, all measured numbers and verdicts as plain values."""
    return {
        "target": study.target,
        "title": found.title,
        "command": command(study),
        "genloop": genloop.__version__,
        "scale": study.scale.name,
        "loops": list(_loops(study)),
        "claims": [_finite(asdict(claim)) for claim in found.claims],
    }


def command(study: Study) -> str:
    """Return the command that computes this, without the reader's folders."""
    request = study.request
    words = ["genloop", "reproduce", study.target, "--scale", study.scale.name]
    for name in ("train", "test"):
        if written := getattr(request, name):
            words += [f"--{name}", Path(written).name]
    if request.seeds:
        words += ["--seeds", ",".join(map(str, request.seeds))]
    return " ".join(words)


def _loops(study: Study) -> Iterator[Mapping[str, Any]]:
    for loop in study.loops:
        run = study.run(loop)
        rows = [asdict(row) for row in run.rows()]
        yield {"name": loop.name, "experiment": run.record.experiment, "rows": rows}


def _claims(claims: tuple[Claim, ...]) -> Grid:
    lines = [
        (claim.text, _number(claim.measured, "+.4g"), _number(claim.standard_error, ".3g"), claim.unit, claim.verdict)
        for claim in claims
    ]
    return Grid("Claims", ("claim", "difference", "standard error", "unit", "verdict"), lines)


def _settings(study: Study) -> Grid:
    """Return one line for each loop: model, data and training."""
    settings = {loop.label: loop.settings(study.run(loop)) for loop in study.loops}
    names = next(iter(settings.values()))
    lines = [(label, *(each[name] for name in names)) for label, each in settings.items()]
    return Grid("Settings", ("loop", *names), lines)


def _time(study: Study) -> str:
    """Return how long all different steps took; a step that several loops share counts once."""
    seconds = {}
    for loop in study.loops:
        run = study.run(loop)
        for item in run.record.iterations:
            for key in (item.model, item.samples, *item.scores, *item.noise_floor):
                if manifest := run.store.peek(key):
                    seconds[key] = manifest.elapsed_seconds
    return f"Computed in {duration(sum(seconds.values()))}."


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _finite(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return plain values with None in the place of what is not finite, which JSON cannot say."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in plain.items()
    }
