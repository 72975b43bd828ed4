"""What `transformers` calls an architecture: its configuration, read from a name or a file, checked and completed.

Only architectures in the library's own list are known, and none of their code is fetched.
"""

import inspect
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from genloop.data.extras import needs_extra
from genloop.data.reading import named_path
from genloop.errors import UserError, unknown_name

with needs_extra("hub"):
    from transformers import PreTrainedConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

CONFIG_FILE = "config.json"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
FROM_THE_DATA = frozenset({"vocab_size", "bos_token_id", "eos_token_id", "pad_token_id"})
WITHOUT_EFFECT = FROM_THE_DATA | {"use_cache"} | (PreTrainedConfig().to_dict().keys() - {"model_type"})


def read_config(written: str, settings: Mapping[str, Any], *, context: int) -> PreTrainedConfig:
    """Return the configuration of an architecture that reads `context` tokens; its vocabulary is to be set yet.

    Args:
        written: a model type, or a path of a `config.json` or of a folder with one.
        settings: override those of the architecture, or of the file.

    Raises:
        UserError: if the architecture is unknown or no causal one, or if a setting is unknown or refused.
    """
    values = {name: value for name, value in _values(written).items() if name not in WITHOUT_EFFECT}
    kind = values.pop("model_type")
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or kind not in CONFIG_MAPPING:
        raise unknown_name("causal architecture of transformers", kind, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    _check_names(kind, settings)
    try:
        config = CONFIG_MAPPING[kind](**values | dict(settings))
    except Exception as problem:  # every architecture checks its settings in its own way
        raise UserError(
            f"{kind} cannot have the settings {dict(settings)}: {one_line(problem)}. Change them."
        ) from None
    _check_kind(config)
    _set_context(config, context, is_own="max_position_embeddings" in settings)
    return config


def describe_config(config: PreTrainedConfig) -> dict[str, Any]:
    """Return all settings that matter for a fit."""
    return {name: value for name, value in config.to_dict().items() if name not in WITHOUT_EFFECT}


def with_vocabulary(config: PreTrainedConfig, size: int) -> PreTrainedConfig:
    """Return a copy for a vocabulary of this many types, none of which is padding."""
    config = deepcopy(config)
    config.vocab_size = size
    config.bos_token_id = config.eos_token_id = 0  # some must have one; nothing is computed from it
    config.pad_token_id = None
    return config


def weights_beside(written: str) -> list[str]:
    """Return the names of the weights in a folder that stands for its configuration."""
    path = named_path("config", written)
    return sorted(found.name for kind in WEIGHTS for found in path.glob(kind)) if path.is_dir() else []


def _values(written: str) -> dict[str, Any]:
    path = named_path("config", written)
    if written in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or not ("/" in written or path.exists()):
        return {"model_type": written}
    try:
        values = json.loads((path / CONFIG_FILE if path.is_dir() else path).read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise UserError(
            f"config={written!r} cannot be read: {problem}. "
            f"Name a model type such as 'gpt_neox', a {CONFIG_FILE}, or a folder that holds one; nothing is downloaded."
        ) from None
    if not isinstance(values, dict) or not isinstance(values.get("model_type"), str):
        raise UserError(f"config={written!r} names no model_type. Use a {CONFIG_FILE} that transformers wrote.")
    return values


def _check_names(kind: str, settings: Mapping[str, Any]) -> None:
    config_class = CONFIG_MAPPING[kind]
    known = {*inspect.signature(config_class).parameters, *config_class.attribute_map}
    for name in settings:
        if name in FROM_THE_DATA:
            raise UserError(f"settings: {name} comes from the vocabulary of the data. Leave it out.")
        if name in WITHOUT_EFFECT:
            raise UserError(f"settings: {name} has no effect on a language model of the loop. Leave it out.")
        if name not in known:
            raise unknown_name(f"setting of {kind}", name, known - WITHOUT_EFFECT)


def _check_kind(config: PreTrainedConfig) -> None:
    kind = config.model_type
    if config.is_encoder_decoder:
        raise UserError(f"{kind} has an encoder, which a text without a source leaves idle. Use a decoder-only one.")
    if (text_config := config.get_text_config()) is not config:
        raise UserError(f"{kind} is made of several models. Use the one for text, {text_config.model_type!r}.")


def _set_context(config: PreTrainedConfig, context: int, *, is_own: bool) -> None:
    """Give the architecture as many positions as the context has, unless the user gave it more."""
    num_positions = getattr(config, "max_position_embeddings", None)
    if is_own and num_positions is not None and num_positions < context:
        raise UserError(
            f"max_position_embeddings={num_positions} is less than context={context}. "
            "Leave it out, since it follows the context."
        )
    if not is_own and num_positions is not None:
        config.max_position_embeddings = context


def one_line(problem: Exception) -> str:
    """Return what an exception says, as part of a sentence."""
    return " ".join(str(problem).split()).rstrip(".")
