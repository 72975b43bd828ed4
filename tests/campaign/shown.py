"""Pages and terminals: names and samples that would be scripts or commands of a terminal are text."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from command import call, complaints
from kind import Case, Kind
from records import sign

NAMES = (
    "__proto__", "constructor", "toString", "hasOwnProperty", "", " ", "0",
    "</script><script>window.harmed=1</script>", "<!--",
    "<img src=x onerror=window.harmed=1>", "a'b\"c`d", "\u2028\u2029", "\x1b[31mred\x1b]0;title\x07", "\x9b2J",
    "a\x00b", "é" * 400,
    "light-dark(#000, #fff)", "${1}", "{{ 7 * 7 }}", "]]>", "&lt;b&gt;", "\\u003c", "javascript:alert(1)",
    "\u202eevil", "a\nb",
)  # fmt: skip
COMMANDS = (
    ("show", "run"), ("forecast", "run"), ("check", "run", "--max-increase", "0.0001"), ("watch", "run", "--once"),
    ("cite", "run"),
    ("show", "run", "--training-sets"), ("report", "nosuch\x1b[31m"), ("export", "run", "-p", "\x1b[31m", "-i", "1",
    "--data", "a.csv"),
)  # fmt: skip
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def attempt(case: Case) -> list[str]:
    case.base.copy(case.one_of(["text", "linear", "gaussian", "zipf"]), case.run_dir)
    name = case.one_of(NAMES)
    where = _rename(case, name)
    page = case.run_dir / "page.html"
    found = []
    for line in (("report", "run", "--out", str(page)), case.one_of(COMMANDS), case.one_of(COMMANDS)):
        done = call(case.place, *line)
        found += complaints(done)
        if CONTROL.search(done.out + done.err):
            found.append(f"{line[0]}: a control character reaches the terminal")
    if page.exists():
        found += _problems(page, case)
    return [f"{where} {name[:40]!r}: {told}" for told in found]


def _rename(case: Case, name: str) -> str:
    """Give a metric, a policy or the run another name, in all files that say it."""
    record = json.loads((case.run_dir / "run.json").read_text())
    where = case.one_of(["metric", "policy", "run", "citation"])
    paths = [case.run_dir / "run.json", *(case.run_dir / "store").glob("score-*/manifest.json")]
    old = record["iterations"][-1]["policy"]
    for path in paths:
        document = json.loads(path.read_text())
        if where == "run" and "name" in document:
            document["name"] = name
        elif where == "citation" and "citations" in document:
            document["citations"] = {name: [name]}
        elif where == "policy":
            document = _replaced(document, old, name)
        elif where == "metric" and "facts" in document:
            _rename_metric(document["facts"], name)
        sign(document)
        path.write_text(json.dumps(document))
    return where


def _rename_metric(facts: dict[str, Any], name: str) -> None:
    for key in ("values", "declared", "standard_errors"):
        inside = facts.get(key)
        if isinstance(inside, dict) and inside:
            old = next(iter(inside))
            facts[key] = {name if each == old else each: value for each, value in inside.items()}
        elif isinstance(inside, list) and inside and isinstance(inside[0], dict):
            inside[0]["name"] = name


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(each, old, new) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, old, new) for each in value]
    return new if value == old else value


def _problems(page: Path, case: Case) -> list[str]:
    """Return what a browser says of a page: its own script ran to its end, and no other did."""
    text = page.read_text("utf-8")
    found = ["the page holds a script of a name"] if "<script>window.harmed" in text else []
    browser = shutil.which("chromium")
    if not browser or case.number % 4:
        return found
    line = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=20000",
        "--dump-dom",
        page.as_uri(),
    ]
    drawn = subprocess.run(line, capture_output=True, text=True, errors="replace", timeout=120).stdout
    if 'data-ready="yes"' not in drawn:
        found.append("the page's script did not end")
    return found


KIND = Kind("pages", "names that are scripts or commands of a terminal, in pages and on terminals", 1.5, 8, attempt)
