"""How documents are drawn from a language model."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from genloop.errors import UserError

SMALLEST = 1e-6  # temperature; single precision has no logits to divide by less, and no two tokens are drawn by then


@dataclass(frozen=True)
class Sampling:
    """How documents are drawn from a language model: from the whole distribution, unless asked otherwise.

    Attributes:
        temperature: divides the logits; 0 always takes the likeliest token, and less than 1e-6 is refused.
        top_k: draw among this many likeliest tokens only; None for all.
        max_length: tokens after which a document is ended; None for 8 contexts.
        cache: how a CPU keeps keys and values; int8 is faster, and its predictions are within 1e-4 nats (KL) of those
            of float32. A GPU keeps the precision of the network, and `CausalLM` has the caches of `transformers`.
        weights: what a CPU multiplies by: int8 is faster, and its predictions are within 1e-3 nats (KL) of those of
            float32. Used only by CPUs with instructions for it, and not by `CausalLM`.
    """

    version: ClassVar[int] = 3  # bump when the same model, settings and seed would give other samples

    temperature: float = 1.0
    top_k: int | None = None
    max_length: int | None = None
    cache: Literal["int8", "float32"] = "int8"
    weights: Literal["int8", "float32"] = "int8"

    def __post_init__(self) -> None:
        problems = []
        for name in ("cache", "weights"):
            if (precision := getattr(self, name)) not in ("int8", "float32"):
                problems.append(f"{name}={precision!r} is unknown; use 'int8' or 'float32'")
        if not (self.temperature == 0 or SMALLEST <= self.temperature < math.inf):
            problems.append(f"temperature={self.temperature} is none; use 0 for greedy text, or {SMALLEST:g} or more")
        for name in ("top_k", "max_length"):
            value = getattr(self, name)
            if value is not None and value < 1:
                problems.append(f"{name}={value} leaves no token; use 1 or more, or None for no limit of your own")
        if problems:
            raise UserError("Sampling: " + ". ".join(problems) + ".")
