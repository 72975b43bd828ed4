"""The Llama family: rotary positions, RMSNorm, SwiGLU, no biases, a head of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from genloop.families.lm.estimator import TransformerEstimator

if TYPE_CHECKING:
    from genloop.families.lm.network import Network

INNER_MULTIPLE = 256


@dataclass(frozen=True)
class Llama(TransformerEstimator):
    """A Llama-2 (Touvron et al., 2023); the other settings are those of `TransformerEstimator`.

    Attributes:
        inner: width inside the MLP; None for the rule of Llama-2: two thirds of four widths, rounded up to a multiple
            of 256.
        tied: whether the head is the token embedding; Llama-2's is not.
    """

    version: ClassVar[int] = 1  # bump when the same data and seed would give another model
    citations: ClassVar[tuple[str, ...]] = ("touvron2023llama2",)

    inner: int | None = None
    tied: bool = False

    def _problems(self) -> list[str]:
        problems = super()._problems()
        if self.inner is not None and self.inner < 1:
            problems.append(f"inner={self.inner} leaves the MLP no width; use 1 or more, or None for Llama-2's rule")
        if self.num_heads > 0 and self.width % self.num_heads == 0 and self.width // self.num_heads % 2:
            problems.append(
                f"width={self.width} gives {self.num_heads} heads an odd width, which cannot be rotated in pairs; "
                "change one of them"
            )
        return problems

    @property
    def resolved_inner(self) -> int:
        """The width inside the MLP."""
        if self.inner is not None:
            return self.inner
        return -(-(8 * self.width // 3) // INNER_MULTIPLE) * INNER_MULTIPLE

    def network(self, vocabulary: int, *, seed: int) -> "Network":
        from genloop.families.lm.llama_network import LlamaNetwork, LlamaSizes

        sizes = (vocabulary, self.width, self.num_layers, self.num_heads, self.context)
        return LlamaNetwork(LlamaSizes(*sizes, self.resolved_inner, self.tied), seed=seed)

    def fit_identity(self, num_examples: int) -> dict[str, Any]:
        return super().fit_identity(num_examples) | {"inner": self.resolved_inner}

    @property
    def block_products(self) -> int:
        return 4 * self.width**2 + 3 * self.width * self.resolved_inner

    def num_parameters(self, vocabulary: int) -> int:
        tables = vocabulary * self.width * (1 if self.tied else 2)
        return tables + self.num_layers * (self.block_products + 2 * self.width) + self.width
