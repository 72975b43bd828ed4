"""Weights of networks: what they are called by, and how they pass from one network to another."""

from hashlib import sha256
from typing import Any, Protocol

from torch import nn

from genloop.errors import UserError


class SizedNetwork(Protocol):
    """A network that says what, besides the weights, it consists of."""

    @property
    def sizes(self) -> Any: ...

    def state_dict(self) -> Any: ...

    def load_state_dict(self, state_dict: Any) -> Any: ...


def weights_digest(network: nn.Module) -> str:
    """Return the SHA-256 of the weights of a network, as hexadecimal digits."""
    total = sha256()
    for weight in network.parameters():
        total.update(weight.detach().cpu().numpy().data)
    return total.hexdigest()


def copy_weights(source: SizedNetwork, target: SizedNetwork, family: str) -> None:
    """Give a network the weights of another one of its family.

    Raises:
        UserError: if they have other sizes.
    """
    if source.sizes != target.sizes:
        raise UserError(
            f"A {family} of {target.sizes} cannot start from one of {source.sizes}. Give the estimator the same sizes."
        )
    target.load_state_dict(source.state_dict())
