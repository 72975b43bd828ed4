"""What a step takes, and what it computes with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Resources:
    """What a step computes with. Never part of a key.

    Attributes:
        cpus: processors that it keeps busy.
        gpus: accelerators that it makes use of where there are any.
        memory_bytes: that it needs at the most; 0 where that is not known.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True)
class Cost:
    """What a step takes.

    Attributes:
        examples: examples processed, repeats included.
        flops: floating-point operations.
        disk_bytes: size of the result.
    """

    examples: int = 0
    flops: float = 0.0
    disk_bytes: int = 0
