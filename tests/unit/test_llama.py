"""Llama: the same logits as Hugging Face's implementation, exact costs, hyperparameters checked, models kept."""

import pytest
import torch
from lm_fixtures import small_vocabulary

from genloop.families.lm.gpt2 import Sampling
from genloop.families.lm.llama_network import LlamaNetwork, LlamaShape
from genloop.families.lm.model import LanguageModel, load_model
from genloop.families.training import TrainingRecord
from genloop.types import Context


@pytest.fixture
def vocabulary(tmp_path):
    return small_vocabulary(tmp_path, 30)


@pytest.fixture(params=[False, True], ids=["untied", "tied"])
def model(request, vocabulary) -> LanguageModel:
    network = LlamaNetwork(LlamaShape(30, 24, 2, 3, 8, inner=40, tied=request.param), seed=1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
    return LanguageModel(network, vocabulary, Sampling(), TrainingRecord("fitted", (3.0, 2.5)))


def test_saved_model_gives_the_same_logits_in_huggingface(model, tmp_path):
    transformers = pytest.importorskip("transformers")
    model.save(tmp_path)
    other, loading = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    tokens = torch.randint(0, 30, (4, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = (model.network(tokens) @ model.network.head.T).view(4, 8, 30)
        torch.testing.assert_close(ours, other(tokens).logits, atol=1e-4, rtol=0)
    assert type(other).__name__ == "LlamaForCausalLM"
    assert not any(loading.values())
    assert sum(w.numel() for w in other.parameters()) == sum(w.numel() for w in model.network.parameters())


def test_loaded_model_equals_the_saved_one(model, vocabulary, tmp_path):
    model.save(tmp_path)
    loaded = load_model(tmp_path, vocabulary, Sampling(), Context())
    assert loaded.network.shape == model.network.shape
    for name, weight in model.network.named_parameters():
        assert torch.equal(loaded.network.get_parameter(name), weight)


@torch.inference_mode()
def test_sampler_takes_the_likeliest_token_of_a_full_forward_pass(model):
    """Also beyond the context, where the latter half of it is read again from position 0."""
    greedy = LanguageModel(model.network, model.vocabulary, Sampling(temperature=0, max_length=20), model.record)
    tokens = greedy.sample(20, seed=0, context=Context()).read(0, 20)
    seen = [0]
    assert 0 not in tokens[:-1]
    for token in tokens[:-1]:
        logits = model.network(torch.tensor([seen]))[-1] @ model.network.head.T
        assert token == logits.argmax()
        seen = (seen[-4:] if len(seen) == 8 else seen) + [int(token)]
