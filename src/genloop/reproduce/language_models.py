"""Computes the loops of a table or figure of language models, at the scale that is asked for."""

from collections.abc import Callable, Iterable

from genloop.reproduce.claims import Reproduction
from genloop.reproduce.compute import compute
from genloop.reproduce.language_loops import LanguageLoop
from genloop.reproduce.language_scales import find_scale
from genloop.reproduce.request import Request
from genloop.reproduce.study import Study


def reproduce(
    target: str, title: str, loops: Iterable[LanguageLoop], request: Request, present: Callable[[Study], Reproduction]
) -> Reproduction:
    """Compute what is missing of all loops, and write and return what they show; arguments as of `compute`.

    Raises:
        UserError: if there is no such scale.
    """
    return compute(target, title, loops, find_scale(request), request, present)
