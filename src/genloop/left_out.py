"""What preparation left out of the real data: by part and reason, from the prepared folder to all that show results."""

import json
from collections.abc import Mapping
from pathlib import Path

LEFT_OUT_FILE = "left_out.json"

LeftOut = Mapping[str, Mapping[str, int]]  # part of the data -> reason -> number


def read_left_out(prepared_dir: Path) -> LeftOut | None:
    """Return what a source says that it left out; None of a source that says nothing."""
    path = prepared_dir / LEFT_OUT_FILE
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def left_out_sentence(left_out: LeftOut | None) -> str:
    """Return one sentence, such as `Left out of the real data: train: 30 (hydrogens are missing).`; empty for none."""
    parts = [f"{part}: {_reasons(reasons)}" for part, reasons in (left_out or {}).items() if reasons]
    return f"Left out of the real data: {'; '.join(parts)}." if parts else ""


def _reasons(reasons: Mapping[str, int]) -> str:
    most_first = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{num:,} ({reason})" for reason, num in most_first)
