"""The errors of a policy by dense linear algebra: all iterations at once, one matrix inverse, no running sums."""

import numpy as np

from genloop.policies import Mixture


def dense_errors(mixtures: list[Mixture], num_examples: float = np.inf) -> np.ndarray:
    """Return the error of the mean of each model, in units of s^2 / T, shape (iteration,)."""
    num = len(mixtures)
    edges = sorted({(s.source, e) for m in mixtures for s in m.shares for e in (s.start, s.start + s.amount)})
    source, start = (np.array(each) for each in zip(*edges, strict=True))
    length = np.append(np.where(np.diff(source) == 0, np.diff(start), 0.0), 0.0)
    density = np.zeros((num, len(edges)))
    for row, mixture in zip(density, mixtures, strict=True):
        for share in mixture.shares:
            inside = (source == share.source) & (start >= share.start) & (start < share.start + share.amount)
            row[inside] += share.weight
        row /= row @ length
    of_models = (density * length) @ (source[:, None] == np.arange(1, num + 1))
    response = np.linalg.inv(np.eye(num) - of_models)
    coefficients, error, draws = response @ density, np.zeros(num + 1), np.zeros(num)
    for t, mixture in enumerate(mixtures):
        error[t + 1] = coefficients[t] ** 2 @ length + response[t] ** 2 @ draws
        amount, weight = (np.array([getattr(s, name) for s in mixture.shares]) for name in ("amount", "weight"))
        union = amount.sum()
        if mixture.draw is not None and mixture.draw < union:
            moment = 1 + error[[share.source for share in mixture.shares]] / num_examples
            spread = amount @ (weight**2 * moment) * union / (amount @ weight) ** 2 - error[t + 1] / num_examples
            draws[t] = (1 / mixture.draw - 1 / union) * spread * union / (union - 1 / num_examples)
        error[t + 1] += draws[t]
    return error[1:]
