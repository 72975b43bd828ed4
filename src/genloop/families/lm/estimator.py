"""What the estimators of language models share: how they are trained and sampled, and what that costs.

Importing this file loads no torch, so that keys and cached results are there at once.
"""

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from genloop.data.text.domain import TextDomain
from genloop.data.text.tokens import TokenDataset
from genloop.errors import UserError
from genloop.families.lm.sampling import Sampling
from genloop.families.neural import NeuralEstimator
from genloop.identity import describe
from genloop.types import Context, Cost

if TYPE_CHECKING:
    from genloop.families.lm.language_network import LanguageNetwork
    from genloop.families.lm.model import LanguageModel

ASSUMED_VOCABULARY = 2048  # until the source is prepared


@dataclass(frozen=True)
class LanguageEstimator(NeuralEstimator):
    """A decoder-only network, trained from scratch on blocks of tokens; how is said by `NeuralEstimator`.

    Attributes:
        context: tokens that a prediction can look back on, and tokens per training block, the row of a batch.
        snapshots: sets of weights that a fit keeps, evenly spaced over its steps, for learning curves on test data; the
            last is the model itself. 0 keeps only that.
        sampling: how documents are drawn; no part of the fit.
    """

    examples: ClassVar[str] = "token"
    offers: ClassVar[frozenset[str]] = frozenset({"mean_loss", "learning_curve", "network"})

    context: int = 128
    snapshots: int = 0
    sampling: Sampling = field(default_factory=Sampling)

    def _problems(self) -> list[str]:
        problems = self._not_positive("context") + super()._problems()
        if self.snapshots < 0 or self.snapshots == 1:
            problems.append(f"snapshots={self.snapshots} is no curve; use 2 or more, or 0 for the model alone")
        return problems

    def num_rows(self, num_examples: int) -> int:
        return num_examples // self.context

    @abstractmethod
    def network(self, vocabulary: int, *, seed: int) -> "LanguageNetwork":
        """Return a network with initial weights."""

    @abstractmethod
    def num_parameters(self, vocabulary: int) -> int:
        """Return the number of weights, those of a tied head counted once."""

    @abstractmethod
    def forward_flops(self, vocabulary: int) -> float:
        """Return the floating-point operations per token; training takes three times as many."""

    def fit_identity(self, num_examples: int) -> dict[str, Any]:
        identity = super().fit_identity(num_examples)
        del identity["sampling"]
        if self.snapshots == 0:
            del identity["snapshots"]  # keys from before there were any
        return identity

    def sample_identity(self) -> dict[str, Any]:
        return describe(self.sampling)

    def snapshot_steps(self, num_examples: int) -> tuple[int, ...]:
        """Return after how many optimiser steps weights are kept, besides those of the model itself."""
        num_steps = self.resolved_steps(num_examples)
        return tuple(math.ceil(num_steps * number / self.snapshots) for number in range(1, self.snapshots))

    def requires(self, train: TokenDataset, num_examples: int) -> Iterator[str]:
        if num_examples < self.context:
            yield (
                f"context={self.context} is longer than the training set of {num_examples} tokens. "
                "Use a shorter context or more data."
            )
        elif (num_steps := self.resolved_steps(num_examples)) < self.snapshots:
            yield f"snapshots={self.snapshots} is more than the fit's {num_steps} steps. Use fewer."

    def fit(self, train: TokenDataset, *, seed: int, context: Context) -> "LanguageModel":
        """Fit a new network to blocks of `train`.

        Raises:
            UserError: if the data are too few for a block or for the snapshots, or the device is absent.
        """
        return self._fit(train, None, seed, context)

    def refit(self, model: "LanguageModel", train: TokenDataset, *, seed: int, context: Context) -> "LanguageModel":
        """Fit like `fit`, but start from the weights of `model`, with a fresh optimiser and the whole schedule.

        Raises:
            UserError: if `model` has other sizes, and in the cases of `fit`.
        """
        return self._fit(train, model.network, seed, context)

    def _fit(
        self, train: TokenDataset, start: "LanguageNetwork | None", seed: int, context: Context
    ) -> "LanguageModel":
        from genloop.families.fitting import begin
        from genloop.families.lm.fit import fit_network

        for problem in self.requires(train, len(train)):
            raise UserError(problem)
        network = self.network(train.vocabulary.size, seed=seed)
        fitting = begin(network, self, len(train), start=start, seed=seed, context=context)
        return fit_network(fitting, train, sampling=self.sampling, snapshot_steps=self.snapshot_steps(len(train)))

    def load(self, directory: Path, domain: TextDomain, context: Context) -> "LanguageModel":
        from genloop.families.lm.model import load_model

        return load_model(directory, domain.vocabulary, self.sampling, context)

    def fit_cost(self, num_examples: int, domain: TextDomain | None) -> Cost:
        vocabulary = _vocabulary_size(domain)
        num_tokens = self.resolved_steps(num_examples) * self.batch * self.context
        disk_bytes = 4 * self.num_parameters(vocabulary) * max(1, self.snapshots)
        return Cost(num_tokens, num_tokens * 3 * self.forward_flops(vocabulary), disk_bytes)

    def sample_cost(self, num_examples: int, domain: TextDomain | None) -> Cost:
        vocabulary = _vocabulary_size(domain)
        token_bytes = 2 if vocabulary <= 1 << 16 else 4
        return Cost(num_examples, num_examples * self.forward_flops(vocabulary), num_examples * token_bytes)


@dataclass(frozen=True)
class TransformerEstimator(LanguageEstimator):
    """A transformer that is written here; the other settings are those of `LanguageEstimator`.

    Attributes:
        width: of the residual stream; a multiple of `num_heads`.
        num_layers: transformer blocks.
        num_heads: attention heads per block.
    """

    width: int = 128
    num_layers: int = 4
    num_heads: int = 4

    def _problems(self) -> list[str]:
        problems = self._not_positive("width", "num_layers", "num_heads") + super()._problems()
        if self.num_heads > 0 and self.width % self.num_heads:
            problems.append(f"width={self.width} is no multiple of num_heads={self.num_heads}; change one of them")
        return problems

    @property
    @abstractmethod
    def block_products(self) -> int:
        """The number of weights in the matrix products of a block."""

    def forward_flops(self, vocabulary: int) -> float:
        """Return two operations per weight of a matrix product, and those of attention to half a context."""
        products = vocabulary * self.width + self.num_layers * self.block_products
        attention = self.num_layers * self.width * self.context
        return 2.0 * (products + attention)


def _vocabulary_size(domain: TextDomain | None) -> int:
    return domain.vocabulary.size if domain else ASSUMED_VOCABULARY
