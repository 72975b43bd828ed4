"""The aspects of a collapse, and which measured value tells of which.

Loss alone hides collapse: a model may keep its loss while it forgets the tails. The table says for every value of
every metric which aspect it belongs to and which direction is worse; the first one that a run has measured stands for
its aspect. A test keeps it complete.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LOSS, DIVERSITY, TAILS, SUPPORT, COPYING = "loss", "diversity", "tails", "variance and support", "copying"


@dataclass(frozen=True)
class Sign:
    """A value that tells of an aspect.

    Attributes:
        metric: its name, as a regular expression.
        worse: 1 if a higher value is worse, -1 if a lower one is.
        unit: where two metrics of one name mean opposite things, that of the one meant.
    """

    metric: str
    worse: int
    unit: str | None = None

    def matches(self, metric: str, unit: str) -> bool:
        """Whether a value of this name and unit is meant."""
        return re.fullmatch(self.metric, metric) is not None and self.unit in (None, unit)


ASPECTS: Mapping[str, tuple[Sign, ...]] = {
    LOSS: (
        Sign("test_loss", 1),
        Sign("kl_divergence", 1),
        Sign("reverse_kl", 1),
        Sign("total_variation", 1),
        Sign("parameter_error", 1),
        Sign("bits_per_byte", 1),
        Sign("bits_per_dimension", 1),
        Sign("reconstruction_loss", 1),
        Sign("pixel_error", 1),
        Sign("mean_error", 1),
        Sign("wasserstein", 1),
        Sign("mauve", -1),
        Sign("frechet_(pixels|encoder)", 1),
        Sign("fid", 1),
        Sign("(bond|angle)_wasserstein", 1),
        Sign("broken|bad_bonds|clashes", 1),
        Sign("matching_precision", 1),
        Sign("coverage_precision", -1),
    ),
    DIVERSITY: (
        Sign("distinct_2", -1),
        Sign("distinct_[13]", -1),
        Sign("unigram_entropy", -1),
        Sign("self_bleu", 1),
        Sign("vendi_encoder", -1),
        Sign("vendi_pixels", -1),
        Sign("effective_modes", -1),
        Sign("coverage_recall", -1),
        Sign("matching_recall", 1),
    ),
    TAILS: (
        Sign("survival_tail", -1),
        Sign("survival_middle|survival_head", -1),
        Sign("tail_mass", 1, "share of test words"),
        Sign("tail_mass", -1, "share of samples"),
        Sign("missing_mass", 1),
    ),
    SUPPORT: (
        Sign("variance_ratio", -1),
        Sign("surviving_support", -1),
        Sign("pixel_variance", -1),
        Sign("recall_(encoder|pixels)", -1),
        Sign("coverage_(encoder|pixels)", -1),
    ),
    COPYING: (Sign(r"copied_\d+grams", 1),),
}

# Values that tell of no aspect, and why.
LEFT_OUT: Mapping[str, str] = {
    r".*_standard_error": "belongs to another value",
    r"test_loss_at_.*": "of models whose fit is not finished",
    r"sample_loss": "a collapsing model's samples may be more or less likely under the first model",
    r"kl": "one term of the loss, of which less may be better or worse",
    r"mean_length": "neither longer nor shorter is worse",
    r"(precision|density)_(encoder|pixels)": "rises when samples collapse to typical images",
    r"(share|judge)_.*": "an attribute may be worth more or less",
    r".*_real|wasserstein_floor": "a noise floor",
}


def signs_of(aspect: str, units: Mapping[str, str]) -> list[tuple[str, Sign]]:
    """Return the measured values that tell of an aspect, the one that stands for it first.

    Args:
        aspect: one of `ASPECTS`.
        units: name -> unit of all measured values.
    """
    return [(metric, sign) for sign in ASPECTS[aspect] for metric, unit in units.items() if sign.matches(metric, unit)]


def aspect_of(metric: str, unit: str) -> str | None:
    """Return the aspect that a value tells of; None for none."""
    return next((aspect for aspect, signs in ASPECTS.items() if _any_match(signs, metric, unit)), None)


def _any_match(signs: Iterable[Sign], metric: str, unit: str) -> bool:
    return any(sign.matches(metric, unit) for sign in signs)
