"""The training loop: cross-entropy against torch in double precision, schedules, batches, resumption, divergence."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from lm_fixtures import random_tokens, small_vocabulary

from genloop.data.text.tokens import TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.families.devices import prepare_device
from genloop.families.lm import cross_entropy
from genloop.families.lm.blocks import Blocks
from genloop.families.lm.cross_entropy import linear_cross_entropy, token_losses
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.families.neural import rows_of_step
from genloop.families.training import Optimisation
from genloop.types import Context, Progress, Runtime

SMALL = GPT2(width=16, num_layers=2, num_heads=2, context=8, batch=4, num_steps=12)


class Interrupted(Exception):
    pass


@pytest.fixture
def vocabulary(tmp_path) -> Vocabulary:
    return small_vocabulary(tmp_path, 30)


@pytest.fixture
def data(vocabulary) -> TokenDataset:
    return random_tokens(vocabulary, 205)


def weights_of(model) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.network.named_parameters()}


def same(first, second) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture
def head_inputs(monkeypatch):
    monkeypatch.setitem(cross_entropy.CHUNK_LOGITS, "cpu", 1)  # 64 tokens at once, the fewest: the last chunk has 22
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(150, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    head = torch.randn(11, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(0, 11, (150,), generator=generator)
    shares = torch.rand(150, generator=generator, dtype=torch.float64)
    return hidden, head, targets, shares / shares.sum()


def test_cross_entropy_equals_the_weighted_mean_of_torch(head_inputs):
    hidden, head, targets, shares = head_inputs
    each = F.cross_entropy(hidden @ head.T, targets, reduction="none")
    torch.testing.assert_close(linear_cross_entropy(hidden, head, targets, shares), each @ shares)
    torch.testing.assert_close(token_losses(hidden, head, targets).double(), each, atol=1e-6, rtol=1e-6)  # float32


def test_cross_entropy_gradient_equals_finite_differences(head_inputs):
    assert torch.autograd.gradcheck(linear_cross_entropy, head_inputs)


def test_rate_rises_linearly_then_decays_to_a_tenth():
    optimisation = Optimisation(num_steps=100, learning_rate=2.0, warmup=0.1, weight_decay=0, clip=1)
    rates = [optimisation.rate(step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])
    assert rates[55] == pytest.approx(2.0 * (0.1 + 0.9 / 2))  # half-way down the cosine
    assert rates[99] == pytest.approx(0.2, rel=0.02)


def test_each_epoch_visits_every_block_once_in_a_new_order():
    steps = [rows_of_step(step, batch=4, num_rows=10, seed=3) for step in range(5)]
    first, second = np.concatenate(steps).reshape(2, 10)
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)


def test_blocks_predict_every_token_from_the_one_before(data):
    batch = next(Blocks(data, 8).micro_batches(np.array([0, 3]), 2, torch.device("cpu")))
    tokens = data.read(0, 205).astype(int)
    assert batch.inputs[0].tolist() == [data.vocabulary.end_of_text, *tokens[:7]]
    assert batch.inputs[1].tolist() == tokens[23:31].tolist()
    assert batch.targets.tolist() == [*tokens[:8], *tokens[24:32]]


def test_shares_follow_the_weights_of_the_whole_data(data):
    """Blocks of 8 tokens: two of weight 1, one of weight 3, and a rest of weight 9 that fills no block."""
    parts = (data.slice(0, 16), data.slice(16, 24).weighted(3.0), data.slice(24, 28).weighted(9.0))
    blocks = Blocks(parts[0].concat(parts[1:]), 8)
    for indices, expected in (([0, 2], [0.3, 0.9]), ([1], [0.6]), ([0, 1, 2], [0.2, 0.2, 0.6])):
        batches = list(blocks.micro_batches(np.array(indices), 1, torch.device("cpu")))
        assert [batch.shares.sum().item() for batch in batches] == pytest.approx(expected)


def test_weight_changes_the_fit_only_where_weights_differ(data):
    plain = weights_of(SMALL.fit(data, seed=1, context=Context()))
    assert same(plain, weights_of(SMALL.fit(data.weighted(5.0), seed=1, context=Context())))
    mixed = data.slice(0, 100).concat([data.slice(100, 205).weighted(5.0)])
    assert not same(plain, weights_of(SMALL.fit(mixed, seed=1, context=Context())))


def test_micro_batches_do_not_change_the_fit(data, monkeypatch):
    whole = weights_of(SMALL.fit(data, seed=1, context=Context()))
    monkeypatch.setattr("genloop.families.lm.fit.blocks_at_once", lambda _: 1)
    parts = weights_of(SMALL.fit(data, seed=1, context=Context()))
    for name, weight in whole.items():
        torch.testing.assert_close(parts[name], weight, atol=1e-4, rtol=0)  # float32 after 12 steps of rate 1e-3


def test_fit_learns_a_deterministic_text(vocabulary, data):
    pattern = replace(data, segments=random_tokens(vocabulary, 8, seed=2).segments * 25)
    model = replace(SMALL, num_steps=150, learning_rate=1e-2).fit(pattern, seed=1, context=Context())
    assert model.mean_loss(pattern, context=Context()) < 0.3 < model.record.losses[0]


def test_equal_resolved_steps_give_equal_identities_and_weights(data):
    by_epochs = replace(SMALL, num_steps=None, epochs=2)  # 25 blocks: 12.5 batches of 4 round up to 13
    by_steps = replace(SMALL, num_steps=13, epochs=99)
    assert by_epochs.fit_identity(205) == by_steps.fit_identity(205)
    first, second = (estimator.fit(data, seed=1, context=Context()) for estimator in (by_epochs, by_steps))
    assert same(weights_of(first), weights_of(second))


@pytest.mark.parametrize("num_done", [1, 5, 11])
def test_resumed_fit_is_bit_identical(data, tmp_path, num_done):
    seen = []

    def stop(progress: Progress) -> None:
        seen.append(progress.done)
        if len(seen) == num_done:
            raise Interrupted

    runtime = Runtime(device="cpu", checkpoint_seconds=0)
    with pytest.raises(Interrupted):
        SMALL.fit(data, seed=1, context=Context(runtime, tmp_path, stop))
    resumed = SMALL.fit(data, seed=1, context=Context(runtime, tmp_path, lambda progress: seen.append(progress.done)))
    uninterrupted = SMALL.fit(data, seed=1, context=Context(runtime))
    assert seen[num_done] == max(1, num_done) * 32  # the last step before the interruption is taken again
    assert resumed.record == uninterrupted.record
    assert same(weights_of(resumed), weights_of(uninterrupted))


def _renamed(content: bytes) -> bytes:
    """Give one tensor another name of the same length, as only an attacker or a bad disk would."""
    assert content.count(b'"weight.') > 1
    return content.replace(b'"weight.', b'"wieght.', 1)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda content: content[:-10],
    "empty": lambda content: b"",
    "a flipped bit": lambda content: content[:-500] + bytes([content[-500] ^ 1]) + content[-499:],
    "a zeroed half": lambda content: content[: len(content) // 2] + bytes(len(content) - len(content) // 2),
    "a renamed tensor": _renamed,
}


@pytest.mark.parametrize("damage", ["foreign", *DAMAGES])
def test_unusable_checkpoint_is_ignored(data, tmp_path, damage):
    """Whatever became of it, the fit that goes on is the one that was never interrupted."""
    runtime = Runtime(device="cpu", checkpoint_seconds=0)
    seed = 2 if damage == "foreign" else 1
    SMALL.fit(data, seed=seed, context=Context(runtime, tmp_path))
    path = tmp_path / "checkpoint.safetensors"
    if damage in DAMAGES:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    again = SMALL.fit(data, seed=1, context=Context(runtime, tmp_path))
    assert same(weights_of(again), weights_of(SMALL.fit(data, seed=1, context=Context(runtime))))


def test_divergence_is_a_finding_with_the_last_finite_weights(data):
    model = replace(SMALL, learning_rate=1e30).fit(data, seed=1, context=Context())
    assert model.status == "diverged"
    assert np.isfinite(model.record.losses).all()
    assert np.isfinite(model.mean_loss(data, context=Context()))


def test_too_few_tokens_for_a_block_are_refused(data):
    with pytest.raises(UserError, match="context=8 is longer than the training set of 7 tokens"):
        SMALL.fit(data.slice(0, 7), seed=1, context=Context())


def test_absent_device_is_refused():
    with pytest.raises(UserError, match="device='cuda:99' is not present"):
        prepare_device(Runtime(device="cuda:99"))


def test_refit_starts_from_the_weights_of_the_fitted_model(data):
    first = SMALL.fit(data, seed=1, context=Context())
    before = weights_of(first)
    second = SMALL.refit(first, data, seed=2, context=Context())
    fresh = SMALL.fit(data, seed=2, context=Context())
    assert second.record.losses[0] < fresh.record.losses[0]
    assert same(weights_of(first), before)
    still = replace(SMALL, learning_rate=1e-30).refit(first, data, seed=2, context=Context())
    assert same(weights_of(still), before)


@pytest.mark.parametrize("other", [replace(SMALL, num_layers=1), Llama(**vars(SMALL))])
def test_refit_of_another_shape_is_refused(data, other):
    model = replace(other, num_steps=1).fit(data, seed=1, context=Context())
    with pytest.raises(UserError, match=r"A GPT2Network of .* cannot start from a .*Network of .*Give the estimator"):
        SMALL.refit(model, data, seed=1, context=Context())


def test_resumed_refit_is_bit_identical_and_never_of_another_start(data, tmp_path):
    starts = [replace(SMALL, num_steps=1).fit(data, seed=seed, context=Context()) for seed in (1, 2)]
    runtime = Runtime(device="cpu", checkpoint_seconds=0)

    def stop(progress: Progress) -> None:
        if progress.done == 5 * 32:
            raise Interrupted

    with pytest.raises(Interrupted):
        SMALL.refit(starts[0], data, seed=1, context=Context(runtime, tmp_path, stop))
    seen = []
    scratch = Context(runtime, tmp_path, lambda progress: seen.append(progress.done))
    resumed = SMALL.refit(starts[0], data, seed=1, context=scratch)
    assert seen[0] == 5 * 32
    assert same(weights_of(resumed), weights_of(SMALL.refit(starts[0], data, seed=1, context=Context(runtime))))
    seen.clear()
    other = SMALL.refit(starts[1], data, seed=1, context=scratch)
    assert seen[0] == 32
    assert same(weights_of(other), weights_of(SMALL.refit(starts[1], data, seed=1, context=Context(runtime))))
