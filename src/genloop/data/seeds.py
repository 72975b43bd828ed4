"""What a seed of real data may be."""

from genloop.errors import UserError


def check_seed(seed: int) -> None:
    """Raise UserError if NumPy's random numbers cannot start from this seed."""
    if seed < 0:
        raise UserError(f"seed={seed} is negative, from which no random numbers start. Use 0 or more.")
