"""What a measured value can be at all, by its unit: a forecast outside is none."""

import math
import re

SHARES = r"share of (?!real variance).*|(real )?probability|area under ROC curve|area, 0 to 1"
NOT_NEGATIVE = (
    r"share of real variance|fitted/real|real variances|real standard deviations|squared (error|distance)|angstrom"
    r"|degrees|nats/(word|token)|bits/byte|tokens/document|pairs/conformation|BLEU points"
)
MODES = re.compile(r"modes, (\d+) to (\d+)")


def bounds_of(unit: str) -> tuple[float, float]:
    """Return the least and the greatest value of a unit; infinite where there is none, as of densities' losses."""
    if re.fullmatch(SHARES, unit):
        return 0.0, 1.0
    if found := MODES.fullmatch(unit):
        return float(found[1]), float(found[2])
    return (0.0, math.inf) if re.fullmatch(NOT_NEGATIVE, unit) else (-math.inf, math.inf)
