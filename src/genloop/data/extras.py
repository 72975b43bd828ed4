"""Help for optional packages that are not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from genloop.errors import UserError


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turn a failed import inside the block into the command that installs what is missing."""
    try:
        yield
    except ImportError as problem:
        package = (problem.name or "a package").replace("_", "-")
        raise UserError(f"{package} is not installed. Run: pip install 'genloop[{extra}]'") from problem
