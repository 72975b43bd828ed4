"""Publications by key, as BibTeX: what a part of an experiment cites is a key of these, or an entry of its own."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ALWAYS = ("genloop", "gerstgrasser2024inevitable")


@cache
def references() -> Mapping[str, str]:
    """Return all BibTeX entries by key."""
    text = files("genloop.report").joinpath("references.bib").read_text("utf-8")
    return {key_of(found[0]): found[0] for found in re.finditer(r"^@\w+\{[^,]+,\n(?:  .*\n)+\}", text, re.MULTILINE)}


def key_of(citation: str) -> str:
    """Return the key of a BibTeX entry; what is none is a key itself."""
    entry = re.match(r"\s*@\w+\{\s*([^,\s]+)\s*,", citation)
    return entry[1] if entry else citation
