"""What files of figures are called."""

import re


def file_name(metric: str) -> str:
    """Return the name of a metric without what a folder could be."""
    return re.sub(r"[^\w-]+", "-", metric)
