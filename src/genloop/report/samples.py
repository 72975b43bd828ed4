"""Synthetic data of several policies, side by side."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from rich.table import Table

from genloop.data.images.dataset import ImageDataset
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import recorded_source
from genloop.types import Dataset


def sample_texts(run: Run, item: RecordedIteration, num: int) -> list[str]:
    """Return the first `num` documents that a model generated; none if it has not yet, or generates no text."""
    texts = getattr(_samples(run, item), "texts", None)
    return [] if texts is None else list(islice(texts(), num))


def sample_images(run: Run, item: RecordedIteration, num: int) -> np.ndarray | None:
    """Return the first `num` images that a model generated, shape (image, row, column, channel); None as above."""
    samples = _samples(run, item)
    return samples.read(np.arange(min(num, len(samples)))) if isinstance(samples, ImageDataset) else None


def _samples(run: Run, item: RecordedIteration) -> Dataset | None:
    """Return what a model generated; None if it has not yet, or of a source of the user's own."""
    source = recorded_source(run)
    if source is None or run.manifest(item.samples) is None:
        return None
    return source.load_samples(run.store.path(item.samples), run.store.path(run.record.source))


def samples_table(run: Run, *, num: int = 2, width: int = 320) -> Table | None:
    """Return documents of the first and the last iteration, one column for each policy; None without any text."""
    first_seed = [item for item in run.record.iterations if item.seed == run.record.iterations[0].seed]
    policies = list(dict.fromkeys(item.policy for item in first_seed))
    last = max(item.iteration for item in first_seed)
    table = Table("iteration", *policies, title="The first documents that the models wrote", show_lines=True)
    for number in sorted({1, last}):
        columns = [_column(run, first_seed, policy, number, num) for policy in policies]
        for texts in filter(any, zip(*columns, strict=True)):
            table.add_row(str(number), *(shortened(text, width) for text in texts))
    return table if table.row_count else None


def _column(run: Run, items: Sequence[RecordedIteration], policy: str, number: int, num: int) -> list[str]:
    item = next(item for item in items if item.policy == policy and item.iteration == number)
    texts = sample_texts(run, item, num)
    return texts + [""] * (num - len(texts))


def shortened(text: str, width: int) -> str:
    """Return a text on one line, cut between words where it is longer than `width`."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1].rsplit(" ", 1)[0] + " …"
