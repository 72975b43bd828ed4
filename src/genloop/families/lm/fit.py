"""Fitting a language model to a token stream."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from torch import Tensor

from genloop.data.text.tokens import TokenDataset
from genloop.families.fitting import Fitting
from genloop.families.lm.blocks import Batch, Blocks
from genloop.families.lm.language_network import LanguageNetwork, blocks_at_once
from genloop.families.lm.model import LanguageModel
from genloop.families.lm.sampling import Sampling
from genloop.families.lm.snapshots import Keeper
from genloop.identity import derive_seed

MOST_ACTIVATIONS = 1 << 27  # numbers in a GPU's micro-batch; a gradient needs 25 times as many


def fit_network(
    fitting: Fitting[LanguageNetwork], data: TokenDataset, *, sampling: Sampling, snapshot_steps: Sequence[int]
) -> LanguageModel:
    """Return the model that fits `data` and draws by `sampling`; it keeps its weights after `snapshot_steps` too."""
    network, batch = fitting.network, fitting.estimator.batch
    keeper = Keeper(network, snapshot_steps, fitting.context.scratch_dir, fitting.owner)
    blocks = Blocks(data, network.context)

    def loss_of(micro_batch: Batch, batch_seed: int) -> Tensor:
        with fitting.autocast():
            return network.loss(micro_batch, seed=batch_seed)

    with network.workers() as workers:
        at_once = min(_blocks_at_once(network), math.ceil(batch / workers.num))

        def micro_losses(step: int, rows: np.ndarray) -> list[Callable[[], Tensor]]:
            batches = blocks.micro_batches(rows, at_once, fitting.device)
            return [
                partial(loss_of, part, derive_seed(fitting.seed, step, place)) for place, part in enumerate(batches)
            ]

        record = fitting.train(
            micro_losses, workers, examples_per_row=network.context, keep=keeper.keep, is_kept=keeper.is_kept
        )
    return LanguageModel(network, data.vocabulary, sampling, record, keeper.snapshots(len(record.losses)))


def _blocks_at_once(network: LanguageNetwork) -> int:
    if network.device.type != "cuda":
        return blocks_at_once(network.context)
    return max(1, MOST_ACTIVATIONS // (network.context * network.num_activations))
