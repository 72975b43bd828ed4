"""Llama: the same logits as Hugging Face's implementation, exact costs, hyperparameters checked, models kept."""

from dataclasses import replace

import pytest
import torch
from lm_fixtures import random_tokens, small_vocabulary

from genloop.data.text.domain import TextDomain
from genloop.errors import UserError
from genloop.families.lm.llama import Llama
from genloop.families.lm.llama_network import LlamaNetwork, LlamaSizes
from genloop.families.lm.model import LanguageModel, load_model
from genloop.families.lm.sampling import Sampling
from genloop.families.training import TrainingRecord
from genloop.types import Context

ESTIMATOR = Llama(width=24, num_layers=2, num_heads=3, context=8, batch=2, num_steps=3, inner=40)


@pytest.fixture
def vocabulary(tmp_path):
    return small_vocabulary(tmp_path, 30)


@pytest.fixture(params=[False, True], ids=["untied", "tied"])
def model(request, vocabulary) -> LanguageModel:
    network = LlamaNetwork(LlamaSizes(30, 24, 2, 3, 8, inner=40, tied=request.param), seed=1)
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
    assert loaded.network.sizes == model.network.sizes
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


@pytest.mark.parametrize("estimator", [ESTIMATOR, replace(ESTIMATOR, tied=True), replace(ESTIMATOR, inner=None)])
def test_cost_counts_what_the_network_has(estimator, tmp_path):
    weights = list(estimator.network(30, seed=0).parameters())
    assert estimator.num_parameters(30) == sum(weight.numel() for weight in weights)
    small_vocabulary(tmp_path, 30)
    products = 30 * 24 + 2 * (4 * 24 * 24 + 3 * 24 * estimator.resolved_inner)
    assert estimator.fit_cost(1000, TextDomain(tmp_path)).flops == 48 * (6 * products + 6 * 2 * 24 * 8)


@pytest.mark.parametrize(("width", "inner"), [(288, 768), (512, 1536), (768, 2048), (4096, 11008)])
def test_inner_width_follows_the_rule_of_llama_2(width, inner):
    """The last is that of Llama-2 7B."""
    by_rule = Llama(width=width)
    assert by_rule.resolved_inner == inner
    assert by_rule.fit_identity(1000) == replace(by_rule, inner=inner).fit_identity(1000)
    assert by_rule.fit_identity(1000) != replace(by_rule, inner=inner + 1).fit_identity(1000)


def test_initial_weights_have_the_spread_of_transformers():
    network = Llama(width=64, num_layers=4, num_heads=4).network(500, seed=0)
    for weight in network.parameters():
        if weight.ndim == 2:
            assert weight.std().item() == pytest.approx(0.02, rel=4 / (2 * weight.numel()) ** 0.5)  # 4 standard errors
        else:
            assert weight.eq(1).all()


def test_fit_learns_a_deterministic_text(vocabulary):
    data = random_tokens(vocabulary, 8, seed=2)
    pattern = replace(data, segments=data.segments * 25)
    model = replace(ESTIMATOR, num_steps=100, batch=4, learning_rate=1e-2).fit(pattern, seed=1, context=Context())
    assert model.mean_loss(pattern, context=Context()) < 0.3 < model.record.losses[0]


def test_all_problems_are_reported_at_once():
    with pytest.raises(UserError, match=r"Llama: batch=0.*inner=0 leaves.*width=12 gives 4 heads an odd width"):
        Llama(width=12, num_heads=4, batch=0, inner=0)
