"""Weights of networks: what they are called by, and how they pass from one network to another."""

from hashlib import sha256

from torch import nn

from genloop.errors import UserError


def weights_digest(network: nn.Module) -> str:
    """Return the SHA-256 of the weights of a network, as hexadecimal digits."""
    total = sha256()
    for weight in network.parameters():
        total.update(weight.detach().cpu().numpy().data)
    return total.hexdigest()


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Give a network the weights of another one; what else a network consists of is in its `sizes`.

    Raises:
        UserError: if the other is of another kind or has other sizes.
    """
    if type(source) is not type(target) or source.sizes != target.sizes:
        found, wanted = (f"{type(network).__name__} of {network.sizes}" for network in (source, target))
        raise UserError(f"A {wanted} cannot start from a {found}. Give the estimator the sizes of the fitted model.")
    target.load_state_dict(source.state_dict())
