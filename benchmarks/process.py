"""Runs a measurement in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def measure(label: str, *arguments: str) -> dict[str, Any]:
    """Run Python with these arguments and return the JSON of its last line; `label` tells of it on standard error."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent)
    if done.returncode:
        raise SystemExit(f"{label} failed:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    print(f"{label}: {result}", file=sys.stderr, flush=True)
    return result
