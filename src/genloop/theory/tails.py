"""Rare items: an item that no training set holds is never generated again.

Items have probabilities p; n is the size of the training set. The survival factor g_t is the chance that one copy in
the first training set has descendants in training set t: g_1 = 1, g_{t+1} = 1 - exp(-g_t), which falls like 2 / t.
"""

import numpy as np

from genloop.theory.curve import Array, Basis, curve_result, result

SURESH = "Suresh et al., arXiv 2412.17646"
TAILS = "Dohmatob et al., arXiv 2402.07043"
RARE = "The share of the item stays small (copies have Poisson(1) descendants)."


def zipf(num_items: int, exponent: float) -> Array:
    """Return probabilities proportional to k^-b for items 1 to `num_items`."""
    weight = np.arange(1.0, num_items + 1) ** -exponent
    return weight / weight.sum()


@curve_result("probability that the item is still there", Basis(RARE, "as n grows", SURESH, "quoted"))
def survival_replace(num_iterations: int, *, count: float) -> Array:
    """Replace: 1 - exp(-c g_t) for an item expected c = n p times: it is forgotten after about c iterations."""
    return 1 - np.exp(-count * _survival_factors(num_iterations))


@curve_result(
    "probability mass of the items that are lost",
    Basis(RARE, "as n grows; exact Poisson counts at t = 1", f"{SURESH} with {TAILS}", "derived here"),
)
def missing_mass_replace(num_iterations: int, *, probabilities: Array, num_examples: int) -> Array:
    """Replace: sum_k p_k exp(-n g_t p_k), the loss of n g_t real examples. `probabilities` has shape (item,)."""
    effective = num_examples * _survival_factors(num_iterations)
    return np.exp(-effective[:, None] * probabilities) @ probabilities


@result(Basis("Any discrete table, sampled without error.", "every n and t", "docs/theory.md", "derived here"))
def survival_accumulate(probability: float, num_examples: int) -> float:
    """Accumulate: 1 - (1 - p)^n at every iteration: what iteration 1 saw is kept, what it missed never returns."""
    return 1 - (1 - probability) ** num_examples


@result(Basis("Zipf items, memorising learner.", "as n grows", f"Hutter; {TAILS}", "quoted"))
def zipf_learning_exponent(exponent: float) -> float:
    """Zipf exponent b: the missing mass falls like n^-(1 - 1/b)."""
    return 1 - 1 / exponent


@result(Basis("Items beyond the k most frequent are never generated.", "every table", TAILS, "quoted"))
def cut_tail_floor(probabilities: Array, kept: int) -> float:
    """Cut tail: the mass beyond item k is lost for any n; k^-(b-1) for Zipf. `probabilities` in falling order."""
    return float(probabilities[kept:].sum())


def _survival_factors(num_iterations: int) -> Array:
    factors = np.ones(num_iterations)
    for t in range(1, num_iterations):
        factors[t] = 1 - np.exp(-factors[t - 1])
    return factors
