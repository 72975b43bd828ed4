"""Recipes: those in the catalog are experiments that can be written down; the sizes of named models are exact."""

import pytest
import torch

from genloop.catalog import RECIPES
from genloop.experiment_file import from_dict, to_dict
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.recipes.language_models import VOCABULARY

EXACT = {"gpt2-9m": 9_077_760, "llama-12m": 11_997_312, "llama-42m": 41_692_672, "llama-126m": 126_642_432}


def huggingface_parameters(estimator: GPT2 | Llama) -> int:
    """Return the number of parameters that transformers counts, without allocating any."""
    transformers = pytest.importorskip("transformers")
    if isinstance(estimator, GPT2):
        config = transformers.GPT2Config(
            vocab_size=VOCABULARY,
            n_positions=estimator.context,
            n_embd=estimator.width,
            n_layer=estimator.num_layers,
            n_head=estimator.num_heads,
        )
    else:
        config = transformers.LlamaConfig(
            vocab_size=VOCABULARY,
            max_position_embeddings=estimator.context,
            hidden_size=estimator.width,
            intermediate_size=estimator.resolved_inner,
            num_hidden_layers=estimator.num_layers,
            num_attention_heads=estimator.num_heads,
            tie_word_embeddings=estimator.tied,
        )
    with torch.device("meta"):
        return transformers.AutoModelForCausalLM.from_config(config).num_parameters()


@pytest.mark.parametrize("name", EXACT)
def test_named_language_models_have_the_size_of_their_name(name):
    experiment = RECIPES.load(name)()
    estimator = experiment.estimator
    assert estimator.num_parameters(VOCABULARY) == EXACT[name] == huggingface_parameters(estimator)
    millions = float(name.split("-")[1].removesuffix("m"))
    assert EXACT[name] / 1e6 == pytest.approx(millions, rel=0.01)
    assert experiment.source.vocabulary == VOCABULARY
    assert experiment.num_samples is None  # all data, once
    assert estimator.epochs == estimator.sampling.temperature == 1


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_read_back_as_they_were_written(name):
    experiment = RECIPES.load(name)()
    assert from_dict(to_dict(experiment)) == experiment
