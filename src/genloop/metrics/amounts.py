"""How much a metric looks at."""

from genloop.errors import UserError


def check_positive(**values: int) -> None:
    """Raise a `UserError` for the first value that leaves nothing to look at."""
    for name, value in values.items():
        if value < 1:
            raise UserError(f"{name}={value} leaves nothing to look at. Use a positive number.")
