"""What the training sets of a run were made of: how much of each came from where."""

from collections import defaultdict

from genloop.runs.record import RecordedIteration


def shares(item: RecordedIteration) -> dict[str, float]:
    """Return how many examples of each source a model was fitted on, times their weights; of a draw, the expected."""
    kept = 1.0 if item.drawn is None else item.drawn / sum(part.num_examples for part in item.train)
    amounts: dict[str, float] = defaultdict(float)
    for part in item.train:
        amounts[part.source] += kept * part.num_examples * part.weight
    return amounts
