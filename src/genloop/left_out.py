"""What preparation says of the real data: what it left out, by part and reason, and what it noticed.

A source writes both into the prepared folder; from there they go to all that show results.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LEFT_OUT_FILE = "left_out.json"
NOTICES_FILE = "notices.json"

LeftOut = Mapping[str, Mapping[str, int]]  # part of the data -> reason -> number


def read_notes(prepared_dir: Path) -> dict[str, Any]:
    """Return `left_out` and `notices` as facts of a step; without what a source does not say."""
    paths = {"left_out": prepared_dir / LEFT_OUT_FILE, "notices": prepared_dir / NOTICES_FILE}
    return {name: json.loads(path.read_text("utf-8")) for name, path in paths.items() if path.is_file()}


def data_notes(facts: Mapping[str, Any]) -> list[str]:
    """Return in sentences what the facts of prepared data say was left out and noticed."""
    return list(filter(None, (_left_out_sentence(facts.get("left_out", {})), *facts.get("notices", ()))))


def _left_out_sentence(left_out: LeftOut) -> str:
    """Return such as `Left out of the real data: train: 30 (hydrogens are missing).`; empty for nothing."""
    parts = [f"{part}: {_reasons(reasons)}" for part, reasons in left_out.items() if reasons]
    return f"Left out of the real data: {'; '.join(parts)}." if parts else ""


def _reasons(reasons: Mapping[str, int]) -> str:
    most_first = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{num:,} ({reason})" for reason, num in most_first)
