"""What arXiv 2404.01413 says of VAEs on images (section 3.3 and appendix 9), judged by measured values.

"The test error rises swiftly with each additional iteration, and each iteration yields lower quality and less diverse
generated faces [...]. In contrast, accumulating data at each iteration significantly slows model collapse." "Much
slower" is read as less than half as much by the last iteration.
"""

from itertools import pairwise

import numpy as np

from genloop.policies import Accumulate, Policy, Replace
from genloop.study.claims import Claim
from genloop.study.curves import Curves
from genloop.study.differences import Difference

NAME = "VAE"
MATCHED = "VAE at matched optimiser steps"  # the control


def loss_claims(losses: Curves) -> list[Claim]:
    """Return what the paper says of the test loss, of accumulating also where all fits take equally many steps."""
    last = losses.last
    found = [
        smallest_step(losses, Replace()).rises(
            "Replace: the test loss rises at every iteration (smallest rise)",
            "the test error rises swiftly with each additional iteration",
        )
    ]
    for name, what, rises, slowly in (
        (NAME, "Accumulate", "does increase with the number of iterations", "significantly slower"),
        (MATCHED, "Accumulate at matched optimiser steps", None, None),
    ):
        rise = losses.change(name, Accumulate(), last)
        found += [
            rise.rises(f"{what}: the test loss rises, too, from iteration 1 to {last}", rises),
            _slower(losses, name, f"{what}: the test loss", slowly),
        ]
    return found


def diversity_claims(metric: str, values: Curves) -> list[Claim]:
    """Return what the paper says of the diversity of samples, by one measure."""
    last = values.last
    first, end = (NAME, Replace(), 1), (NAME, Replace(), last)
    above = values.difference((NAME, Accumulate(), last), end)
    return [
        values.difference(first, end).rises(
            f"Replace: {metric} falls from iteration 1 to {last}", "less diverse generated faces"
        ),
        above.rises(
            f"Accumulate: {metric} is above that of replace at iteration {last}",
            "preserves the quality and diversity of generated data",
        ),
    ]


def reconstruction_claims(errors: Curves) -> list[Claim]:
    """Return what the paper says of reconstructions of test images."""
    last = errors.last
    what = "the error of reconstructions"
    rise = errors.change(NAME, Replace(), last)
    found = rise.rises(f"Replace: {what} rises from iteration 1 to {last}", "it can only represent a single mode")
    slower = _slower(errors, NAME, f"Accumulate: {what}", "little to no degradation in the reconstructed images")
    return [found, slower]


def smallest_step(values: Curves, policy: Policy) -> Difference:
    """Return the smallest change from one iteration to the next, of each seed."""
    steps = [
        values.difference((NAME, policy, later), (NAME, policy, earlier)).differences
        for earlier, later in pairwise(range(1, values.last + 1))
    ]
    return Difference(tuple(map(float, np.min(steps, axis=0))), values.unit)


def _slower(values: Curves, name: str, what: str, paper: str | None) -> Claim:
    """Return the claim that half of what replace has risen is more than what accumulate of some name has."""
    last = values.last
    margin = values.change(NAME, Replace(), last).above(values.change(name, Accumulate(), last), 0.5)
    return margin.rises(f"{what} rises less than half as much as for replace by iteration {last} (margin)", paper)
