"""Records and manifests in which a value is another: with a digest that fits, as whoever forges one would write it."""

import json
from collections.abc import Iterator
from typing import Any

from command import call, complaints
from kind import Case, Kind
from refusals import READERS

from genloop.identity import digest

ODD = (
    None, True, -1, 0, 10**400, float("nan"), 1e308, "", "x" * 50_000, "\x1b[31m\x00", "\ud800", [], {}, [[]],
        {"": {}}, "../../outside",
    "/etc/passwd", "__proto__", "</script><script>", ["__proto__"] * 3, "replace", 2**63, -0.0, "fit-" + "0" * 20,
)  # fmt: skip


def attempt(case: Case) -> list[str]:
    case.base.copy(case.family(), case.run_dir)
    paths = [case.run_dir / "run.json", *sorted((case.run_dir / "store").glob("*/manifest.json"))]
    path = paths[0] if case.random.random() < 0.5 else case.one_of(paths)
    document = json.loads(path.read_text("utf-8"))
    where = [_change(case, document) for _ in range(case.random.randint(1, 2))]
    if case.random.random() < 0.8:
        sign(document)
    path.write_text(json.dumps(document), "utf-8")
    found = []
    for line in (("show", "run", "--json"), case.one_of(READERS), case.one_of(READERS)):
        done = call(case.place, *line)
        found += [f"{' '.join(line)}: {told}" for told in complaints(done) + _no_json(line, done.code, done.out)]
    return [f"{path.relative_to(case.run_dir)}: {where}: {told}" for told in found]


def _change(case: Case, document: Any) -> str:
    """Change one value, or leave it out; return which."""
    place, name = case.one_of(list(_places(document)))
    if case.random.random() < 0.15:
        del place[name]
        return f"without {str(name)[:40]!r}"
    place[name] = case.one_of(ODD)
    return f"{str(name)[:40]!r} is {place[name]!r:.60}"


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield value, name
        yield from _places(each)


def sign(document: Any) -> None:
    try:
        unsigned = {name: value for name, value in document.items() if name != "digest"}
        document["digest"] = digest(unsigned)
    except (TypeError, ValueError, OverflowError):
        pass  # nothing can sign this


def _no_json(line: tuple[str, ...], code: int, printed: str) -> list[str]:
    if "--json" not in line or code != 0:
        return []
    try:
        json.loads(printed, parse_constant=_refuse)
    except ValueError as problem:
        return [f"no JSON: {str(problem)[:100]}"]
    return []


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


KIND = Kind("records", "run.json and manifests with other values, signed anew", 1.5, 12, attempt)
