"""The GPT-2 family: learned positions, LayerNorm, an MLP four times as wide, the head tied to the embedding."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from genloop.families.lm.estimator import TransformerEstimator

if TYPE_CHECKING:
    from genloop.families.lm.network import Network


@dataclass(frozen=True)
class GPT2(TransformerEstimator):
    """A pre-LN GPT-2 (Radford et al., 2019); the settings are those of `TransformerEstimator`."""

    version: ClassVar[int] = 1  # bump when the same data and seed would give another model
    citations: ClassVar[tuple[str, ...]] = ("radford2019language",)

    def network(self, vocabulary: int, *, seed: int) -> "Network":
        from genloop.families.lm.gpt2_network import GPT2Network
        from genloop.families.lm.network import Sizes

        return GPT2Network(Sizes(vocabulary, self.width, self.num_layers, self.num_heads, self.context), seed=seed)

    @property
    def block_products(self) -> int:
        return 12 * self.width**2

    def num_parameters(self, vocabulary: int) -> int:
        block = self.block_products + 13 * self.width
        return (vocabulary + self.context + 2) * self.width + self.num_layers * block
