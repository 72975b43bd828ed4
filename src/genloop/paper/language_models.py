"""Computes the loops of a table or figure of language models, at the scale that is asked for."""

from collections.abc import Callable, Iterable

from genloop.paper.language_loops import LanguageLoop
from genloop.paper.language_scales import find_scale
from genloop.study.claims import Reproduction
from genloop.study.compute import compute
from genloop.study.request import Request
from genloop.study.study import Study


def reproduce(
    target: str, title: str, loops: Iterable[LanguageLoop], request: Request, present: Callable[[Study], Reproduction]
) -> Reproduction:
    """Compute what is missing of all loops, and write and return what they show; arguments as of `compute`.

    Raises:
        UserError: if there is no such scale.
    """
    return compute(target, title, loops, find_scale(request), request, present)
