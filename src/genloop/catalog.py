"""What can be named on the command line and in experiment files: the entry points of genloop and of what is installed.

A package offers sources, estimators, metrics and more under names, in groups such as `genloop.estimators` of its
`pyproject.toml`; genloop's own stand in its own. A file from outside can name nothing else, so it cannot make genloop
import anything else. Nothing is imported before it is asked for, and a package that is broken breaks only itself.
"""

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

from genloop.errors import UserError, unknown_name

OWN = "genloop"
NUMBERED = re.compile(r"(\D+)(\d*)")


@dataclass(frozen=True)
class Entry:
    """A name, and what it stands for.

    Attributes:
        name: as people write it.
        place: module and attribute, such as `genloop.families.linear:Ridge`.
        distribution: the installed package that offers it.
        version: of that package.
    """

    name: str
    place: str
    distribution: str
    version: str

    @property
    def origin(self) -> str:
        return f"{self.distribution} {self.version}"

    def load(self) -> Any:
        """Import what the name stands for.

        Raises:
            UserError: if a package other than genloop cannot be imported, naming it.
        """
        module, _, attribute = self.place.partition(":")
        try:
            with redirect_stdout(sys.stderr):  # where --json promises one document
                return getattr(import_module(module), attribute)
        except (Exception, SystemExit) as error:  # whatever a package of others does
            if self.distribution == OWN:
                raise
            problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise UserError(
                f"{self.name!r} is offered by {self.origin}, which cannot be imported ({problem}). "
                f"Repair or uninstall {self.distribution}."
            ) from error


class Names(Mapping[str, Sequence[Entry]]):
    """All names of one kind, each with what claims it: one entry, or several that stand in each other's way.

    Attributes:
        kind: what is named, in a word.
        group: the entry points that name it.
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group

    def __getitem__(self, name: str) -> Sequence[Entry]:
        return _installed()[self.group][name.replace("_", "-")]

    def __iter__(self) -> Iterator[str]:
        return iter(_installed()[self.group])

    def __len__(self) -> int:
        return len(_installed()[self.group])

    def shipped(self) -> list[Entry]:
        """Return genloop's own entries, whatever else claims their names."""
        return [entry for entries in self.values() for entry in entries if entry.distribution == OWN]

    def find(self, name: str) -> Entry:
        """Return the one entry of a name.

        Raises:
            UserError: if there is none, and the nearest name is suggested; or if two packages claim it.
        """
        if name not in self:
            raise unknown_name(self.kind, name, self)
        entry, *others = self[name]
        if others:
            origins = " and ".join(each.origin for each in self[name])
            raise UserError(f"The {self.kind} {name!r} is claimed by {origins}. Uninstall all but one.")
        return entry

    def load(self, name: str) -> Any:
        """Import what a name stands for.

        Raises:
            UserError: as `find`, or if its package cannot be imported.
        """
        return self.find(name).load()

    def entry_of(self, kind: type) -> Entry | None:
        """Return the entry of a class; None if it has no name, or its name is not its alone."""
        return _by_place(self.group).get(_place(kind))

    def name_of(self, thing: object) -> str:
        """Return the name of an object's class; of one that has none, its place, which no file reads back."""
        entry = self.entry_of(type(thing))
        return entry.name if entry else _place(type(thing))


SOURCES = Names("source", "genloop.sources")
ESTIMATORS = Names("estimator", "genloop.estimators")
METRICS = Names("metric", "genloop.metrics")
POLICIES = Names("policy", "genloop.policies")
DOMAINS = Names("domain", "genloop.domains")
EXECUTORS = Names("executor", "genloop.executors")
RECIPES = Names("recipe", "genloop.recipes")
STUDIES = Names("target", "genloop.studies")
ALL = (RECIPES, POLICIES, SOURCES, ESTIMATORS, METRICS, DOMAINS, EXECUTORS, STUDIES)


def look_again() -> None:
    """Forget what is installed, as after installing a package in a running session."""
    for remembered in (_installed, _by_place, _title):
        remembered.cache_clear()
    invalidate_caches()


def plugin_of(kind: type) -> Entry | None:
    """Return the entry under which a package other than genloop offers a class; None if there is none."""
    entries = (names.entry_of(kind) for names in (SOURCES, ESTIMATORS, METRICS, POLICIES))
    return next((entry for entry in entries if entry and entry.distribution != OWN), None)


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


@lru_cache
def _installed() -> Mapping[str, Mapping[str, Sequence[Entry]]]:
    """Return all entries by group and name, genloop's own first.

    Raises:
        UserError: if genloop is neither installed nor in its source tree.
    """
    own = list(_of_source_tree())
    offers = own + [offer for offer in _of_installed_packages() if not own or offer[1].distribution != OWN]
    found: dict[str, dict[str, list[Entry]]] = {names.group: defaultdict(list) for names in ALL}
    for group, entry in sorted(offers, key=_order):
        found[group][entry.name].append(entry)
    if not found[SOURCES.group]:
        raise UserError(
            "genloop was copied without being installed, so that its sources, estimators and metrics have no names. "
            "Install it, as with pip install FOLDER."
        )
    return {group: dict(entries) for group, entries in found.items()}


@lru_cache
def _by_place(group: str) -> Mapping[str, Entry]:
    return {entries[0].place: entries[0] for entries in _installed()[group].values() if len(entries) == 1}


def _order(offer: tuple[str, Entry]) -> tuple[bool, list[tuple[str, int]]]:
    """Sort genloop's own first, and figure2 before figure10."""
    entry = offer[1]
    return entry.distribution != OWN, [(text, int(digits or 0)) for text, digits in NUMBERED.findall(entry.name)]


def _of_source_tree() -> Iterator[tuple[str, Entry]]:
    """Iterate over groups and entries of the `pyproject.toml` beside this code, as metadata may be older than that."""
    path = Path(__file__).parents[2] / "pyproject.toml"
    if not path.is_file():
        return
    project = tomllib.loads(path.read_text("utf-8")).get("project", {})
    if project.get("name") == OWN:
        for names in ALL:
            for name, place in project["entry-points"].get(names.group, {}).items():
                yield names.group, _entry(name, place, OWN, project["version"])


def _of_installed_packages() -> Iterator[tuple[str, Entry]]:
    from importlib.metadata import entry_points  # late: it takes longer than the rest of `import genloop`

    points = entry_points()
    for names in ALL:
        for point in points.select(group=names.group):
            yield names.group, _entry(point.name, point.value, *_title(point.dist))


@lru_cache
def _title(distribution: Any) -> tuple[str, str]:
    return distribution.name, distribution.version


def _entry(name: str, place: str, distribution: str, version: str) -> Entry:
    return Entry(name.replace("_", "-"), place.partition("[")[0].strip(), distribution, version)


def recipe(name: str) -> Any:
    """Return the experiment of a recipe, such as `linear`, to run as it is or with fields replaced.

    Raises:
        UserError: if no recipe has this name; the nearest is suggested.
    """
    return RECIPES.load(name)()
