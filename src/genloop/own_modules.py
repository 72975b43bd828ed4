"""Which modules are the user's own, and what they are called."""

import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

SCRIPTS = ("__main__", "__mp_main__")
INSTALLED = {"site-packages", "dist-packages"}


def is_own(module: str) -> bool:
    """Whether a module is the user's own: no part of genloop, of Python, or of an installed package."""
    top = module.partition(".")[0]
    place = _place(module if module in sys.modules else top)
    return top != "genloop" and (place is None or _is_own_place(place))


def module_name(module: str) -> str:
    """Return the name under which a module is imported, also where it runs as a script."""
    script = sys.modules.get(module)
    if module not in SCRIPTS or script is None:
        return module
    if spec := getattr(script, "__spec__", None):
        return spec.name  # python -m
    path = Path(getattr(script, "__file__", None) or module)
    names = [path.stem, *(folder.name for folder in _packages(path))]
    return ".".join(reversed(names))


def _packages(path: Path) -> Iterator[Path]:
    """Iterate over the packages that a file lies in, innermost first."""
    for folder in path.absolute().parents:
        if not (folder / "__init__.py").is_file():
            return
        yield folder


def _place(name: str) -> str | None:
    """Return where a module comes from: a file, a folder or `built-in`; None if that is unknown, as in a console."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None) if module or not name else find_spec(name)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return getattr(module, "__file__", None) or (spec and spec.origin) or (folders[0] if folders else None)


@lru_cache
def _is_own_place(place: str) -> bool:
    standard = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    path = Path(place)
    built_in = place in ("built-in", "frozen")
    return not (built_in or INSTALLED & set(path.parts) or any(path.is_relative_to(folder) for folder in standard))
