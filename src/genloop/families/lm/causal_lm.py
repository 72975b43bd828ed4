"""Any decoder-only architecture of `transformers`, trained from scratch in the loop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from genloop.data.text.domain import TextDomain
from genloop.families.lm.estimator import LanguageEstimator
from genloop.identity import describe
from genloop.types import Context

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from genloop.families.lm.causal_building import NumWeights
    from genloop.families.lm.causal_network import CausalNetwork
    from genloop.families.lm.model import LanguageModel


@dataclass(frozen=True)
class CausalLM(LanguageEstimator):
    """A causal language model of `transformers` with new weights; the other settings are those of `LanguageEstimator`.

    The architecture has its own initial weights and its own dropout; the vocabulary is that of the data, and as many
    positions as `context` asks for. Losses that an architecture adds of its own, such as those that balance experts,
    are left out. Keys and values of documents in progress are kept by its own cache, whatever `sampling.cache` says,
    and its weights stay as they are.

    Attributes:
        config: a model type of `transformers` such as `gpt_neox`, a `config.json`, or a folder that holds one. A file
            counts by what it says. Weights beside it are not read; of a folder with some, a run says so.
        settings: override those of the architecture, or of the file.
    """

    version: ClassVar[int] = 1  # bump when the same data and seed would give another model
    citations: ClassVar[tuple[str, ...]] = ("wolf2019transformers",)

    config: str = field(kw_only=True)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self._config  # refused now rather than at the first fit

    @property
    def remarks(self) -> tuple[str, ...]:
        """What should be known before a run."""
        from genloop.families.lm.causal_config import weights_beside

        if not (weights := weights_beside(self.config)):
            return ()
        return (
            f"config={self.config!r} holds weights ({weights[0]}) that are not used: every loop begins with new ones.",
        )

    @cached_property
    def _config(self) -> "PreTrainedConfig":
        from genloop.families.lm.causal_config import read_config

        return read_config(self.config, self.settings, context=self.context)

    def fit_identity(self, num_examples: int) -> dict[str, Any]:
        from genloop.families.lm.causal_config import describe_config

        identity = super().fit_identity(num_examples)
        del identity["settings"]
        return identity | {"config": describe(describe_config(self._config))}

    def sample_identity(self) -> dict[str, Any]:
        identity = super().sample_identity()
        del identity["cache"], identity["weights"]
        return identity

    def network(self, vocabulary: int, *, seed: int) -> "CausalNetwork":
        from genloop.families.lm.causal_building import refuse_too_large
        from genloop.families.lm.causal_config import with_vocabulary
        from genloop.families.lm.causal_network import CausalNetwork

        refuse_too_large(self._config.model_type, self.num_parameters(vocabulary))
        return CausalNetwork.initial(with_vocabulary(self._config, vocabulary), context=self.context, seed=seed)

    def load(self, directory: Path, domain: TextDomain, context: Context) -> "LanguageModel":
        from genloop.families.lm.causal_network import CausalNetwork
        from genloop.families.lm.model import restore_model

        network = CausalNetwork.load(directory, context=self.context)
        return restore_model(network, directory, domain.vocabulary, self.sampling, context)

    def num_parameters(self, vocabulary: int) -> int:
        return self._count(vocabulary).all

    def forward_flops(self, vocabulary: int) -> float:
        """Return two operations per weight of a matrix product, and those of attention to half a context."""
        attention = self._config.num_hidden_layers * self._config.hidden_size * self.context
        return 2.0 * (self._count(vocabulary).products + attention)

    def _count(self, vocabulary: int) -> "NumWeights":
        from genloop.families.lm.causal_building import count_weights
        from genloop.families.lm.causal_config import with_vocabulary

        if vocabulary not in self._counts:
            self._counts[vocabulary] = count_weights(with_vocabulary(self._config, vocabulary))
        return self._counts[vocabulary]

    @cached_property
    def _counts(self) -> dict[int, "NumWeights"]:
        return {}
