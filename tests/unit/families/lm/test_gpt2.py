"""GPT-2: the same logits as Hugging Face's implementation, exact costs, hyperparameters checked, models kept."""

import math
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from lm_fixtures import random_tokens, small_vocabulary

from genloop.data.text.domain import TextDomain
from genloop.errors import UserError
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.gpt2_network import GPT2Network
from genloop.families.lm.model import LanguageModel
from genloop.families.lm.network import Sizes
from genloop.families.lm.sampling import Sampling
from genloop.families.training import TrainingRecord
from genloop.types import Context

ESTIMATOR = GPT2(width=24, num_layers=2, num_heads=3, context=8, batch=2, num_steps=3)


@pytest.fixture
def vocabulary(tmp_path):
    return small_vocabulary(tmp_path, 30)


@pytest.fixture
def model(vocabulary) -> LanguageModel:
    network = GPT2Network(Sizes(30, 24, 2, 3, 8), seed=1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
    return LanguageModel(network, vocabulary, Sampling(), TrainingRecord("fitted", (3.0, 2.5)))


def test_saved_model_gives_the_same_logits_in_huggingface(model, tmp_path):
    transformers = pytest.importorskip("transformers")
    model.save(tmp_path)
    other = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    tokens = torch.randint(0, 30, (4, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = (model.network(tokens) @ model.network.head.T).view(4, 8, 30)
        torch.testing.assert_close(ours, other(tokens).logits, atol=1e-4, rtol=0)
    assert type(other).__name__ == "GPT2LMHeadModel"


def test_initial_weights_have_the_spread_of_gpt2():
    network = GPT2Network(Sizes(500, 64, 8, 4, 32), seed=0)
    block = network.blocks[0]
    for weight, std in ((network.head, 0.02), (block.mlp.c_fc.weight, 0.02), (block.mlp.c_proj.weight, 0.02 / 4)):
        assert weight.std().item() == pytest.approx(std, rel=4 / math.sqrt(2 * weight.numel()))  # 4 standard errors


def test_loaded_model_equals_the_saved_one(model, tmp_path):
    model.save(tmp_path)
    loaded = ESTIMATOR.load(tmp_path, TextDomain(tmp_path), Context())
    assert loaded.record == model.record
    for name, weight in model.network.named_parameters():
        assert torch.equal(loaded.network.get_parameter(name), weight)


def test_two_fits_write_identical_files(vocabulary, tmp_path):
    data = random_tokens(vocabulary, 50)
    written = []
    for name in ("first", "second"):
        (directory := tmp_path / name).mkdir()
        ESTIMATOR.fit(data, seed=1, context=Context()).save(directory)
        written.append({path.name: path.read_bytes() for path in directory.iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"config.json", "model.safetensors", "training.json"}


@pytest.mark.parametrize("num", [5, 8, 3000])
def test_mean_loss_averages_over_all_tokens(model, vocabulary, num):
    data = random_tokens(vocabulary, num)
    tokens = torch.from_numpy(data.read(-1, num).astype("int64"))
    total = 0.0
    with torch.no_grad():
        for start in range(0, num, 8):
            inputs, targets = tokens[:-1][start : start + 8], tokens[1:][start : start + 8]
            logits = model.network(inputs[None]) @ model.network.head.T
            total += F.cross_entropy(logits.double(), targets, reduction="sum").item()
    assert model.mean_loss(data, context=Context()) == pytest.approx(total / num, rel=1e-6)


def test_cost_counts_what_the_network_has(tmp_path):
    assert ESTIMATOR.num_parameters(30) == sum(p.numel() for p in GPT2Network(Sizes(30, 24, 2, 3, 8)).parameters())
    small_vocabulary(tmp_path, 30)
    cost = ESTIMATOR.fit_cost(1000, TextDomain(tmp_path))
    assert cost.examples == 3 * 2 * 8
    products = 30 * 24 + 2 * 12 * 24 * 24
    assert cost.flops == 48 * (6 * products + 6 * 2 * 24 * 8)
    assert cost.disk_bytes == 4 * ESTIMATOR.num_parameters(30)
    assert ESTIMATOR.sample_cost(1000, TextDomain(tmp_path)).disk_bytes == 2000
    assert ESTIMATOR.fit_cost(1000, None).flops > cost.flops  # a vocabulary of 2,048 assumed


def test_sampling_is_no_part_of_the_fit():
    cold = replace(ESTIMATOR, sampling=Sampling(temperature=0.5))
    assert cold.fit_identity(100) == ESTIMATOR.fit_identity(100)
    assert cold.sample_identity() != ESTIMATOR.sample_identity()
    assert replace(ESTIMATOR, width=48).fit_identity(100) != ESTIMATOR.fit_identity(100)


def test_all_problems_are_reported_at_once():
    with pytest.raises(UserError) as refused:
        GPT2(width=100, num_heads=3, epochs=0, precision="int8")  # pyright: ignore[reportArgumentType]
    for part in ("width=100 is no multiple of num_heads=3", "epochs=0 is not positive", "precision='int8' is unknown"):
        assert part in str(refused.value)
    with pytest.raises(UserError, match=r"weights='int4'.*temperature=-1.*top_k=0"):
        Sampling(temperature=-1, top_k=0, weights="int4")  # pyright: ignore[reportArgumentType]
    with pytest.raises(UserError, match=r"temperature=1e-46 is none; use 0 for greedy text, or 1e-06 or more"):
        Sampling(temperature=1e-46)


def test_the_lowest_temperature_draws_what_a_greedy_one_takes(model, vocabulary):
    """Unless two logits are equal to six digits."""
    greedy, cold = (
        replace(model, sampling=Sampling(temperature=each, max_length=20)).sample(100, seed=0, context=Context())
        for each in (0, 1e-6)
    )
    assert greedy.read(0, 100).tolist() == cold.read(0, 100).tolist()


def test_conditions_are_refused(model, vocabulary):
    with pytest.raises(UserError, match="takes no conditions"):
        model.sample(5, seed=0, conditions=random_tokens(vocabulary, 5), context=Context())


def test_bfloat16_stays_close_to_float32(vocabulary):
    data = random_tokens(vocabulary, 50)
    losses = [
        replace(ESTIMATOR, precision=precision).fit(data, seed=1, context=Context()).record.losses
        for precision in ("float32", "bfloat16")
    ]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=2**-8)  # a bfloat16 has 8 bits


def test_hyperparameters_load_no_torch():
    code = "import sys, genloop.families.lm.gpt2, genloop.families.lm.llama; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
