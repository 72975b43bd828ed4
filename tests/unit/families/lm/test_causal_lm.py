"""CausalLM: the losses of transformers, the fit of our own GPT-2, samples against exact probabilities, and refusals."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from lm_fixtures import EOT, chi_square, documents, limit, random_tokens, small_vocabulary, visible

from genloop.data.text.domain import TextDomain
from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.families.lm import causal_building
from genloop.families.lm.blocks import Batch
from genloop.families.lm.causal_lm import CausalLM
from genloop.families.lm.draw import uniforms
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.model import LanguageModel
from genloop.families.lm.sampling import Sampling
from genloop.families.training import TrainingRecord
from genloop.types import Context, Progress, Runtime

transformers = pytest.importorskip("transformers")

V = 11
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
NEOX = CausalLM(config="gpt_neox", settings=SIZES, context=8, batch=4, num_steps=6)
MISTRAL = replace(NEOX, config="mistral", settings=SIZES | {"num_key_value_heads": 1, "sliding_window": 5})


class Interrupted(Exception):
    pass


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    return small_vocabulary(tmp_path_factory.mktemp("vocabulary"), V)


class Told(Silence):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture(scope="module")
def data(vocabulary):
    return random_tokens(vocabulary, 205)


@pytest.fixture(scope="module", params=[NEOX, MISTRAL], ids=["gpt_neox", "mistral"])
def model(request, vocabulary) -> LanguageModel:
    return spread(request.param, vocabulary)


def spread(estimator: CausalLM, vocabulary) -> LanguageModel:
    """Return a model with far from uniform predictions."""
    network = estimator.network(V, seed=1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
    return LanguageModel(network, vocabulary, estimator.sampling, TrainingRecord("fitted", (3.0,)))


def weights_of(model: LanguageModel) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in model.network.export_weights().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_loss_is_that_of_transformers(model):
    tokens = torch.randint(V, (3, 9), generator=torch.Generator().manual_seed(0))
    batch = Batch(tokens[:, :-1], tokens[:, 1:].flatten(), torch.full((24,), 1 / 24))
    expected = model.network.model(input_ids=tokens, labels=tokens).loss
    torch.testing.assert_close(model.network.loss(batch, seed=0), expected)


def test_hidden_states_times_the_head_are_the_logits(model):
    tokens = torch.randint(V, (3, 8), generator=torch.Generator().manual_seed(0))
    head = model.network.model.get_output_embeddings().weight
    torch.testing.assert_close(model.network(tokens) @ head.T, model.network.model(tokens).logits.flatten(0, 1))


def test_a_gpt2_trains_as_ours_does(vocabulary, data, tmp_path):
    """The same initial weights give the same losses, up to the rounding of float32."""
    ours = GPT2(width=16, num_layers=2, num_heads=2, context=8, batch=4, num_steps=20)
    start = replace(ours, num_steps=1).fit(data, seed=1, context=Context())
    start.save(tmp_path)
    theirs = CausalLM(config=str(tmp_path), context=8, batch=4, num_steps=20)
    their_start = theirs.load(tmp_path, TextDomain(vocabulary.path.parent), Context())
    assert their_start.mean_loss(data, context=Context()) == pytest.approx(start.mean_loss(data, context=Context()))
    assert theirs.num_parameters(V) == ours.num_parameters(V)
    assert theirs.forward_flops(V) == ours.forward_flops(V)
    losses = [
        estimator.refit(first, data, seed=2, context=Context()).record.losses
        for estimator, first in ((ours, start), (theirs, their_start))
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_saved_model_opens_in_transformers_and_again(model, vocabulary, tmp_path):
    model.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {"config.json", "model.safetensors", "training.json"}
    assert json.loads((tmp_path / "config.json").read_text())["eos_token_id"] == EOT
    other = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    loaded = NEOX.load(tmp_path, TextDomain(vocabulary.path.parent), Context())
    assert same(weights_of(model), dict(other.named_parameters()))
    assert same(weights_of(model), weights_of(loaded))
    assert loaded.network.sizes == model.network.sizes


@torch.no_grad()
def probabilities(model: LanguageModel, tokens: list[int]) -> np.ndarray:
    """Return the distribution of the token after `tokens`, from a full forward pass."""
    logits: Any = model.network.model(torch.tensor([tokens])).logits
    return logits[0, -1].double().softmax(-1).numpy()


def sample(model: LanguageModel, num: int, *, seed: int = 0, context: Context | None = None) -> np.ndarray:
    return model.sample(num, seed=seed, context=context or Context()).read(0, num)


def test_tokens_follow_the_exact_probabilities(vocabulary):
    model = spread(NEOX, vocabulary)
    texts = documents(sample(model, 20_000))
    first = np.bincount([text[0] for text in texts], minlength=V)
    assert chi_square(first, len(texts) * probabilities(model, [EOT])) < limit(V - 1)
    common = int(first[1:].argmax()) + 1
    second = np.bincount([text[1] for text in texts if text[0] == common], minlength=V)
    assert chi_square(second, second.sum() * probabilities(model, [EOT, common])) < limit(V - 1)


@pytest.fixture(scope="module")
def naive(model) -> list[int]:
    """What the sampler should give: one document after another, each token from a full forward pass."""
    tokens: list[int] = []
    document = 0
    while len(tokens) < 400:
        text: list[int] = []
        while not text or text[-1] != EOT:
            cumulative = probabilities(model, visible(text)).cumsum()
            fraction = uniforms(3, np.array([document]), np.array([len(text)]))[0]
            text.append(EOT if len(text) == 63 else int((cumulative <= fraction * cumulative[-1]).sum()))
        tokens += text
        document += 1
    return tokens


@pytest.mark.parametrize("num_rows", [1, 5, 64])
def test_sample_equals_a_naive_one_token_for_token(model, naive, monkeypatch, num_rows):
    """Waves that begin and end at different times, and documents far beyond the context."""
    assert max(len(text) for text in documents(np.array(naive))) > 16
    monkeypatch.setattr("genloop.families.lm.generate.MOST_ROWS", {"cpu": num_rows})
    assert sample(model, 400, seed=3).tolist() == naive[:400]


def test_resumed_fit_and_sample_are_identical(data, tmp_path):
    estimator = replace(NEOX, settings=SIZES | {"hidden_dropout": 0.2})
    runtime = Runtime(device="cpu", checkpoint_seconds=0)

    def stop(progress: Progress) -> None:
        if progress.done == 3 * 32:
            raise Interrupted

    with pytest.raises(Interrupted):
        estimator.fit(data, seed=1, context=Context(runtime, tmp_path, stop))
    resumed = estimator.fit(data, seed=1, context=Context(runtime, tmp_path))
    whole = estimator.fit(data, seed=1, context=Context(runtime))
    assert resumed.record == whole.record
    assert same(weights_of(resumed), weights_of(whole))
    assert sample(resumed, 300).tolist() == sample(whole, 300, context=Context(scratch_dir=tmp_path)).tolist()


def test_dropout_acts_in_training_only_and_global_random_numbers_stay(data):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    estimator = replace(NEOX, settings=SIZES | {"hidden_dropout": 0.2})
    dropped, plain = (each.fit(data, seed=1, context=Context()) for each in (estimator, NEOX))
    losses = [dropped.mean_loss(data, context=Context()) for _ in range(2)]
    assert torch.equal(torch.rand(3), expected)
    assert dropped.record.losses[0] != plain.record.losses[0]
    assert losses[0] == losses[1]
    assert not same(weights_of(plain), weights_of(NEOX.fit(data, seed=2, context=Context())))


def test_a_file_counts_by_what_it_says(tmp_path):
    config = transformers.GPTNeoXConfig(**SIZES, vocab_size=999, bos_token_id=7)
    config.save_pretrained(tmp_path)
    for written in (tmp_path, tmp_path / "config.json"):
        by_file = replace(NEOX, config=str(written), settings={})
        assert by_file.fit_identity(100) == NEOX.fit_identity(100)
    wide = replace(by_file, settings={"hidden_size": 32})
    assert wide.fit_identity(100) == replace(NEOX, settings=SIZES | {"hidden_size": 32}).fit_identity(100)
    assert wide.fit_identity(100) != NEOX.fit_identity(100)
    cold = replace(NEOX, sampling=Sampling(temperature=0.5))
    assert cold.fit_identity(100) == NEOX.fit_identity(100)
    assert cold.sample_identity() != NEOX.sample_identity()


@pytest.mark.parametrize("estimator", [NEOX, MISTRAL])
def test_costs_count_what_the_network_has(estimator, tmp_path):
    small_vocabulary(tmp_path, V)
    weights = list(estimator.network(V, seed=0).parameters())
    assert estimator.num_parameters(V) == sum(weight.numel() for weight in weights)
    products = sum(weight.numel() for weight in weights if weight.ndim == 2) - V * 16
    assert estimator.fit_cost(1000, TextDomain(tmp_path)).flops == 6 * 4 * 8 * 3 * 2 * (products + 2 * 16 * 8)


@pytest.mark.parametrize(
    ("kind", "experts", "per_token"),
    [("mixtral", "num_local_experts", "num_experts_per_tok"), ("aria_text", "moe_num_experts", "moe_topk")],
)
def test_costs_count_the_experts_that_a_token_meets(kind, experts, per_token):
    """A mixture of 8 experts, of which every token meets 2, costs what one of 2 does, but for the router's rows."""
    sizes = SIZES | {"num_key_value_heads": 2, per_token: 2}
    many, two = (replace(NEOX, config=kind, settings=sizes | {experts: num}) for num in (8, 2))
    assert many.forward_flops(V) - two.forward_flops(V) == 2 * (2 * (8 - 2) * 16)
    assert many.num_parameters(V) - two.num_parameters(V) == 2 * (8 - 2) * (16 + 3 * 16 * 32)


@pytest.mark.parametrize(
    ("config", "settings", "message"),
    [
        ("gpt_neo_x", {}, r"'gpt_neo_x' is no causal architecture of transformers. Did you mean 'gpt_neox'"),
        ("EleutherAI/pythia-14m", {}, r"'EleutherAI/pythia-14m' cannot be read.*nothing is downloaded"),
        ("bart", {}, "bart has an encoder"),
        ("gemma3", {}, "gemma3 is made of several models. Use the one for text, 'gemma3_text'"),
        ("gpt_neox", {"hiden_size": 8}, "'hiden_size' is no setting of gpt_neox. Did you mean 'hidden_size'"),
        ("gpt_neox", {"vocab_size": 8}, "vocab_size comes from the vocabulary of the data"),
        ("gpt_neox", {"use_cache": False}, "use_cache has no effect"),
        ("gpt_neox", {"hidden_size": "wide"}, "gpt_neox cannot have the settings.*expected int"),
        ("gpt_neox", SIZES | {"num_attention_heads": 3}, "gpt_neox cannot have the settings.*not divisible"),
        ("gpt_neox", {"max_position_embeddings": 4}, "max_position_embeddings=4 is less than context=8"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(config, settings, message):
    with pytest.raises(UserError, match=message):
        replace(NEOX, config=config, settings=settings)


@pytest.mark.parametrize(
    ("config", "settings", "message"),
    [
        ("bert", SIZES, r"bert predicts tokens from later ones.*is_decoder"),
        ("mamba", {"hidden_size": 16, "num_hidden_layers": 1}, "mamba keeps no keys and values"),
        (
            "gptj",
            {"n_embd": 16, "n_layer": 1, "n_head": 2, "rotary_dim": 64},
            "gptj with these settings: .*Change them",
        ),
    ],
)
def test_networks_that_cannot_take_part_are_refused_before_the_fit(data, config, settings, message):
    with pytest.raises(UserError, match=message):
        replace(NEOX, config=config, settings=settings).fit(data, seed=0, context=Context())


def test_a_network_larger_than_the_free_memory_is_refused_before_it_is_made(data, monkeypatch):
    monkeypatch.setattr(causal_building.psutil, "virtual_memory", lambda: SimpleNamespace(available=8e9))
    with pytest.raises(UserError, match=r"qwen2 .* has 10\.\d billion weights, too many for the 8 GB"):
        CausalLM(config="qwen2", context=16).fit(data, seed=0, context=Context())


def test_a_decoder_of_bert_is_taken(data):
    model = replace(NEOX, config="bert", settings=SIZES | {"is_decoder": True}).fit(data, seed=0, context=Context())
    assert len(sample(model, 50)) == 50


def test_refit_of_another_architecture_is_refused(data):
    model = replace(MISTRAL, num_steps=1).fit(data, seed=1, context=Context())
    with pytest.raises(UserError, match=r"A CausalNetwork of .*gpt_neox.* cannot start from a .*mistral"):
        NEOX.refit(model, data, seed=1, context=Context())


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "genloop.families.lm.causal_config")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UserError, match=r"pip install 'genloop\[hub\]'"):
        replace(NEOX)
