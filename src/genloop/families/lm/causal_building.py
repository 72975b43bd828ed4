"""Building a model of `transformers`, and finding out whether it can take part in a loop."""

from dataclasses import dataclass

import psutil
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from genloop.errors import UserError
from genloop.families.lm.causal_config import one_line
from genloop.families.lm.causal_documents import bytes_per_position

LARGEST_ERROR = 1e-3  # of logits, as a share of their spread: far above a rounding, far below an unseen token


@dataclass(frozen=True)
class NumWeights:
    """How many weights a network has: in all, and in the matrix products of a token."""

    all: int
    products: int


def count_weights(config: PreTrainedConfig) -> NumWeights:
    """Count the weights of an architecture without making them."""
    with torch.device("meta"):
        model = build(config)
    head = model.get_output_embeddings()
    tables = {module.weight for module in model.modules() if isinstance(module, nn.Embedding)}
    looked_up = tables - (set() if head is None else {head.weight})  # a tied head is a product, too
    weights = dict(model.named_parameters())
    products = sum(_num_used(config, name, weights[name]) for name in weights if weights[name] not in looked_up)
    return NumWeights(sum(weight.numel() for weight in weights.values()), products)


def _num_used(config: PreTrainedConfig, name: str, weight: Tensor) -> int:
    """Return how many numbers of a weight a token is multiplied by."""
    if weight.ndim < 2:
        return 0
    if weight.ndim == 3 and "experts" in name.split("."):  # (E, O, I), of which a router chooses some
        return weight[0].numel() * _experts_per_token(config, len(weight))
    return weight.numel()


def _experts_per_token(config: PreTrainedConfig, num_experts: int) -> int:
    """Return what architectures call by several names; all experts where none is known."""
    found = (getattr(config, name, None) for name in ("num_experts_per_tok", "moe_topk", "top_k_experts"))
    return next((num for num in found if num), num_experts)


def refuse_too_large(kind: str, num: int) -> None:
    """Raise UserError if not even so many weights of a network of this kind fit into the memory that is free."""
    free = psutil.virtual_memory().available
    if 4 * num > free:
        raise UserError(
            f"{kind} with these settings has {num / 1e9:.1f} billion weights, too many for the "
            f"{free / 1e9:.0f} GB of memory that are free. Set estimator.settings to fewer and narrower layers."
        )


def build(config: PreTrainedConfig) -> PreTrainedModel:
    """Return a model with weights drawn from the global random numbers.

    Raises:
        UserError: if its settings do not go together.
    """
    try:
        return AutoModelForCausalLM.from_config(config, trust_remote_code=False, dtype=torch.float32)
    except Exception as problem:  # every architecture checks its settings in its own way
        raise UserError(f"{config.model_type} with these settings: {one_line(problem)}. Change them.") from problem


@torch.inference_mode()
def check(model: PreTrainedModel) -> None:
    """Check that a network predicts tokens from those before them alone, in the cache or not.

    Raises:
        UserError: if it does not, or if its settings do not go together.
    """
    kind = model.config.model_type
    tokens = torch.tensor([[0, 0, 0, 0], [0, 1, 1, 0]]) % model.config.vocab_size
    try:
        whole, start = (model(input_ids=each, use_cache=False).logits for each in (tokens, tokens[:, :2]))
    except Exception as problem:  # every architecture checks its settings in its own way
        raise UserError(f"{kind} with these settings: {one_line(problem)}. Change them.") from problem
    if _differ(start, whole[:, :2]):
        raise UserError(
            f"{kind} predicts tokens from later ones. Set is_decoder: true if it has that setting, or use another."
        )
    if problem := _problem_of_cache(model, tokens, whole[-1]):
        raise UserError(
            f"{kind} keeps no keys and values that a text can go on from ({problem}). Use another architecture."
        )
    if not all(weight.requires_grad for weight in model.parameters()):
        raise UserError(f"{kind} has weights that are not to be trained. Use another architecture.")


def _problem_of_cache(model: PreTrainedModel, tokens: Tensor, expected: Tensor) -> str | None:
    """Return what is wrong when the last row of `tokens` (B, T) goes on alone after two of them, if anything is."""
    try:
        cache = model(input_ids=tokens[:, :2], use_cache=True).past_key_values
        cache.batch_select_indices(torch.tensor([len(tokens) - 1]))
        rest = [model(input_ids=token[-1:, None], past_key_values=cache).logits[0] for token in tokens.T[2:]]
        bytes_per_position(model)
    except Exception as problem:  # whatever a cache of another kind raises
        return one_line(problem)
    return "its predictions change" if _differ(torch.cat(rest), expected[2:]) else None


def _differ(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).abs().max() > LARGEST_ERROR * expected.std())
