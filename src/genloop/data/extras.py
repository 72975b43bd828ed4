"""Help for optional packages that are not installed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from genloop.errors import UserError

EXTRAS: Mapping[str, str] = {  # what brings a package that is imported without further words
    "torch": "text",
    "safetensors": "text",
    "tokenizers": "text",
    "datasets": "hub",
    "transformers": "hub",
    "rdkit": "molecules",
    "ray": "ray",
    "obstore": "cloud",
}


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turn a failed import inside the block into the command that installs what is missing."""
    try:
        yield
    except ImportError as problem:
        raise _help(problem.name or "a package", extra) from problem


def user_error(problem: UserError | ModuleNotFoundError) -> UserError:
    """Return what to tell the user: the error itself or, of a missing package, which command installs it.

    Raises:
        ModuleNotFoundError: as `missing_extra` does.
    """
    return problem if isinstance(problem, UserError) else missing_extra(problem)


def missing_extra(problem: ModuleNotFoundError) -> UserError:
    """Return the error that says which command installs what is missing.

    Raises:
        ModuleNotFoundError: the problem itself, if no extra brings the package.
    """
    if problem.name is None or problem.name not in EXTRAS:
        raise problem
    return _help(problem.name, EXTRAS[problem.name])


def _help(package: str, extra: str) -> UserError:
    return UserError(f"{package.replace('_', '-')} is not installed. Run: pip install 'genloop[{extra}]'")
