"""What computes: versions of the packages that a result may depend on."""

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from genloop.version import __version__

PACKAGES = ("numpy", "torch", "tokenizers", "transformers", "scikit-learn", "rdkit")


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of genloop, Python and what is installed of `PACKAGES`, by name."""
    found = {"genloop": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
