"""The sampler: its distribution against exact probabilities, its cache against full forward passes, its bookkeeping."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from lm_fixtures import EOT, chi_square, documents, limit, small_vocabulary, visible
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from genloop.families.lm.cache import CompactCache, TensorCache, bytes_per_row
from genloop.families.lm.decoding import Decoder
from genloop.families.lm.draw import draw, uniforms
from genloop.families.lm.generate import generate, suitable_rows
from genloop.families.lm.gpt2_network import GPT2Network
from genloop.families.lm.llama_network import LlamaNetwork, LlamaSizes
from genloop.families.lm.network import Network, Sizes
from genloop.families.lm.rounding import RoundedProduct, rounded
from genloop.families.lm.sampling import Sampling
from genloop.families.workers import Workers
from genloop.types import Context

V = 11


class Interrupted(Exception):
    pass


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    return small_vocabulary(tmp_path_factory.mktemp("vocabulary"), V)


@pytest.fixture(scope="module")
def network() -> Network:
    """A network with far from uniform predictions, and documents of a few tokens."""
    return spread(GPT2Network(Sizes(V, 16, 2, 2, 8), seed=1))


def spread(network: Network) -> Network:
    """Return a network with its predictions made far from uniform."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2)))
    return network


@torch.no_grad()
def probabilities(network: Network, tokens: list[int], temperature: float = 1.0) -> np.ndarray:
    """Return the distribution of the token after `tokens`, from a full forward pass."""
    logits = network(torch.tensor([tokens]))[-1] @ network.head.T
    return (logits.double() / temperature).softmax(-1).numpy()


def sample(network, vocabulary, num, *, seed=0, context=None, num_rows=None, **sampling) -> np.ndarray:
    drawn = generate(
        network, vocabulary, Sampling(**sampling), num=num, seed=seed, context=context or Context(), num_rows=num_rows
    )
    return drawn.read(0, len(drawn))


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_tokens_follow_the_exact_probabilities(network, vocabulary, temperature):
    texts = documents(sample(network, vocabulary, 40_000, temperature=temperature))
    first = np.bincount([text[0] for text in texts], minlength=V)
    expected = len(texts) * probabilities(network, [EOT], temperature)
    assert chi_square(first, expected) < limit(V - 1)

    common = int(first[1:].argmax()) + 1
    second = np.bincount([text[1] for text in texts if text[0] == common], minlength=V)
    assert chi_square(second, second.sum() * probabilities(network, [EOT, common], temperature)) < limit(V - 1)


def test_long_documents_are_not_lost_at_the_end(network, vocabulary):
    """Many small samples give the lengths that one large sample gives: the first document's is not cut short."""
    lengths = np.array([len(text) for text in documents(sample(network, vocabulary, 30_000, seed=1))])
    firsts = [documents(sample(network, vocabulary, 100, seed=2 + i, num_rows=4))[0] for i in range(40)]
    error = lengths.std() / np.sqrt(40)
    assert abs(np.mean([len(text) for text in firsts]) - lengths.mean()) < 4 * error


def naive_sample(network: Network, num: int, *, seed: int, temperature: float) -> list[int]:
    """Return what the sampler should: one document after another, each token from a full forward pass."""
    tokens = []
    for document in range(num):
        text: list[int] = []
        while len(tokens) < num and (not text or text[-1] != EOT):
            cumulative = probabilities(network, visible(text, network.context), temperature).cumsum()
            fraction = uniforms(seed, np.array([document]), np.array([len(text)]))[0]
            text.append(
                EOT if len(text) == 8 * network.context - 1 else int((cumulative <= fraction * cumulative[-1]).sum())
            )
            tokens.append(text[-1])
    return tokens


def test_sample_equals_a_naive_one_token_for_token(network, vocabulary):
    naive = naive_sample(network, 600, seed=3, temperature=3.0)
    assert max(len(text) for text in documents(np.array(naive))) > 30
    found = sample(network, vocabulary, 600, seed=3, temperature=3.0, num_rows=5, cache="float32", weights="float32")
    assert found.tolist() == naive


@pytest.mark.parametrize("sizes", [Sizes(V, 16, 2, 2, 1), LlamaSizes(V, 16, 2, 2, 1, inner=24)], ids=["gpt2", "llama"])
def test_a_context_of_one_token_is_enough_to_go_on(vocabulary, sizes):
    network = spread(LlamaNetwork(sizes) if isinstance(sizes, LlamaSizes) else GPT2Network(sizes))
    naive = naive_sample(network, 300, seed=3, temperature=3.0)
    assert max(len(text) for text in documents(np.array(naive))) == 8
    found = sample(network, vocabulary, 300, seed=3, temperature=3.0, cache="float32", weights="float32")
    assert found.tolist() == naive


@pytest.mark.parametrize("num", [1, 50, 3000])
def test_exactly_as_many_tokens_as_asked(network, vocabulary, num):
    assert len(sample(network, vocabulary, num)) == num


def test_a_shorter_sample_is_the_start_of_a_longer_one(network, vocabulary):
    assert sample(network, vocabulary, 2000, num_rows=16)[:700].tolist() == sample(network, vocabulary, 700).tolist()


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_draws_do_not_depend_on_the_batch(network, vocabulary, precision):
    precisions = {"cache": precision, "weights": precision}
    samples = [sample(network, vocabulary, 800, num_rows=rows, **precisions).tolist() for rows in (1, 7, 64)]
    assert samples[0] == samples[1] == samples[2]
    assert samples[0] != sample(network, vocabulary, 800, seed=1, **precisions).tolist()


@torch.inference_mode()
def logits_after(network, cache, texts: list[list[int]], num_steps: int) -> list[np.ndarray]:
    """Feed texts to rows that begin at different steps, some of them left by earlier documents, and return logits."""
    found: list[list[np.ndarray]] = [[] for _ in texts]
    with Workers(network.device) as workers:
        decoder = Decoder(network, cache, workers, 6, max_length=40, end_of_text=EOT)

        def say(rows: np.ndarray, logits: torch.Tensor) -> np.ndarray:
            for document, row in zip(decoder.documents[rows], logits.softmax(-1).numpy(), strict=True):
                found[document].append(row)
            return np.array([texts[decoder.documents[row]][decoder.length[row]] for row in rows])

        decoder.start(np.arange(4))
        for step in range(num_steps):
            if step == 5:
                decoder.remove(np.isin(decoder.documents[decoder.rows], [0, 2]))
                decoder.start(np.arange(4, 8))
            if step == 20:
                decoder.remove(decoder.documents[decoder.rows] == 4)
            decoder.step(say)
    return [np.array(rows) for rows in found]


@pytest.mark.parametrize(
    ("make", "tolerance"),
    [
        (lambda network: CompactCache(network, 6, "float32"), 1e-5),  # float32
        (lambda network: CompactCache(network, 6, "int8"), 2e-2),  # a rounding of 1 / 254 in numbers of about 1
        (lambda network: TensorCache(network, 6), 1e-5),
    ],
    ids=["float32", "int8", "tensors"],
)
def test_cached_logits_equal_a_full_forward_pass(network, make, tolerance):
    """Rows of different length, freed and taken again, and documents past the context."""
    texts = np.random.default_rng(0).integers(1, V, (8, 40)).tolist()
    found = logits_after(network, make(network), texts, num_steps=30)
    assert [len(rows) for rows in found] == [5, 30, 5, 30, 15, 25, 25, 25]
    for text, rows in zip(texts, found, strict=True):
        for length, row in enumerate(rows):
            np.testing.assert_allclose(row, probabilities(network, visible(text[:length])), atol=tolerance)


@pytest.mark.parametrize("cache", ["int8", "float32"])
@pytest.mark.parametrize("weights", ["int8", "float32"])
@pytest.mark.parametrize("trained_network", ["gpt2", "llama"], indirect=True)
def test_rounding_is_harmless(trained_network, cache, weights):
    """The divergence of a trained model's predictions from those of float32, in nats, far below a sampling error."""
    network = rounded(trained_network) if weights == "int8" else trained_network
    texts = np.random.default_rng(0).integers(1, V, (8, 40)).tolist()
    exact = logits_after(trained_network, CompactCache(network, 6, "float32"), texts, 30)
    found = logits_after(network, CompactCache(network, 6, cache), texts, 30)
    p, q = np.concatenate(exact).astype(float), np.concatenate(found).astype(float)
    divergence = (p * np.log(p / q)).sum(-1)
    assert (divergence.mean() > 0) == ("int8" in (cache, weights))
    assert divergence.mean() < 1e-4
    assert divergence.max() < 1e-2  # after texts like none that it has seen


@pytest.fixture(scope="module")
def trained_network(request) -> Network:
    """A network that has learned to count modulo V, with 10 % of errors."""
    sizes = (V, 32, 2, 2, 16)
    network = GPT2Network(Sizes(*sizes)) if request.param == "gpt2" else LlamaNetwork(LlamaSizes(*sizes, inner=64))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    for _ in range(60):
        tokens = torch.randint(V, (32, 1), generator=generator) + torch.arange(17)
        errors = torch.rand(tokens.shape, generator=generator) < 0.1
        tokens = torch.where(errors, torch.randint(V, tokens.shape, generator=generator), tokens) % V
        logits = network(tokens[:, :-1]) @ network.head.T
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits, tokens[:, 1:].flatten()).backward()
        optimiser.step()
    return network


def test_products_of_integers_that_need_no_rounding_are_exact():
    """Rows and columns whose largest number is 127 times a power of two, and a number of rows that no machine likes."""
    generator = torch.Generator().manual_seed(0)
    rows, columns = (torch.randint(-127, 128, (num, 33), generator=generator).float() for num in (7, 11))
    rows[:, 5], columns[:, 7] = 127, -127
    rows *= 2.0 ** torch.arange(-3, 4)[:, None]
    columns *= 2.0 ** torch.arange(-5, 6)[:, None]
    bias = torch.arange(11.0)
    found = RoundedProduct(columns.T, bias)(rows)
    torch.testing.assert_close(found, rows @ columns.T + bias, rtol=1e-6, atol=1e-4)  # float32, sums of about 1e5


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_a_cache_takes_the_room_that_it_says(network, precision):
    arrays = vars(CompactCache(network, 6, precision)).values()
    assert sum(getattr(array, "nbytes", 0) for array in arrays) == 6 * bytes_per_row(network, precision)


def test_temperature_zero_takes_the_likeliest_token(network, vocabulary):
    text = documents(sample(network, vocabulary, 60, temperature=0, max_length=20, weights="float32"))[0]
    assert text[:-1] == [int(probabilities(network, visible(text[:i])).argmax()) for i in range(len(text) - 1)]


def test_documents_end_at_the_longest_length(network, vocabulary):
    lengths = [len(text) for text in documents(sample(network, vocabulary, 3000, max_length=5))]
    assert max(lengths) == 5
    lengths = [len(text) for text in documents(sample(network, vocabulary, 3000, temperature=3.0))]
    assert 8 < max(lengths) <= 64


def test_top_k_draws_among_the_likeliest_only(network, vocabulary):
    first = {text[0] for text in documents(sample(network, vocabulary, 3000, top_k=2))}
    assert first == set(probabilities(network, [EOT]).argsort()[-2:].tolist())


def test_draw_inverts_the_distribution_function_across_groups():
    logits = torch.randn(200, generator=torch.Generator().manual_seed(0)).mul(2)  # three groups and a part
    fractions = torch.arange(100_000, dtype=torch.float64).add(0.5) / 100_000
    drawn = draw(logits.expand(100_000, -1).clone(), fractions, temperature=1.0, top_k=None)
    assert (drawn.diff() >= 0).all()
    shares = torch.bincount(drawn, minlength=200) / 100_000
    torch.testing.assert_close(shares, logits.softmax(-1), atol=2e-5, rtol=0)  # a grid of 1e-5


def test_apples_gpus_are_asked_for_no_double_precision():
    """They have none; here one is imitated, which takes note of what is asked for and computes no numbers."""
    asked = []

    class Notes(TorchDispatchMode):
        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            found = operation(*args, **(kwargs or {}))
            tensors = [leaf for leaf in tree_leaves(found) if isinstance(leaf, torch.Tensor)]
            asked.extend((tensor.device.type, tensor.dtype) for tensor in tensors)
            return found

    with FakeTensorMode(), Notes():
        logits, fractions = torch.empty(3, 200, device="mps"), torch.empty(3, dtype=torch.float64)
        assert draw(logits, fractions, temperature=0.5, top_k=5).shape == (3,)
    assert ("cpu", torch.float64) in asked
    assert {dtype for device, dtype in asked if device == "mps"} == {torch.float32}


@pytest.mark.parametrize(("memory", "num_rows"), [(24e9, 46), (80e9, 156), (2e15, 2048), (1e6, 1)])
def test_documents_on_a_gpu_take_at_most_a_quarter_of_its_memory(monkeypatch, memory, num_rows):
    """The keys and values of a row here take 128 MB: at 1000 positions, in 16 layers, 1000 wide, in float32."""
    properties = SimpleNamespace(total_memory=int(memory))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    network: Any = SimpleNamespace(device=torch.device("cuda"), bytes_per_row=lambda _: 128_000_000)
    assert suitable_rows(network, Sampling()) == num_rows


def test_uniforms_are_uniform_and_independent():
    documents, positions = np.divmod(np.arange(90_000), 300)
    numbers = uniforms(3, documents, positions).reshape(300, 300)
    counts = np.histogram(numbers, bins=50, range=(0, 1))[0]
    assert chi_square(counts, np.full(50, 1800.0)) < limit(49)
    other_seed = uniforms(4, documents, positions).reshape(300, 300)
    for other in (np.roll(numbers, 1, axis=0), np.roll(numbers, 1, axis=1), other_seed):
        assert abs(np.corrcoef(numbers.ravel(), other.ravel())[0, 1]) < 5 / 300  # standard error 1 / sqrt(90,000)


@pytest.fixture(scope="module")
def uninterrupted(network, vocabulary) -> list[int]:
    return sample(network, vocabulary, 3000, num_rows=4).tolist()


@pytest.mark.parametrize("num_reports", [3, 120, 400])
def test_resumed_sample_is_identical(network, vocabulary, uninterrupted, tmp_path, num_reports):
    reports = []

    def stop(progress) -> None:
        reports.append(progress.done)
        if len(reports) == num_reports:
            raise Interrupted

    with pytest.raises(Interrupted):
        sample(network, vocabulary, 3000, num_rows=4, context=Context(scratch_dir=tmp_path, report=stop))
    resumed = []
    context = Context(scratch_dir=tmp_path, report=lambda progress: resumed.append(progress.done))
    found = sample(network, vocabulary, 3000, num_rows=4, context=context)
    assert found.tolist() == uninterrupted
    assert len(list(tmp_path.iterdir())) > 3
    if num_reports > 100:
        assert resumed[0] > 300  # finished portions are not made again


def test_a_sample_takes_up_nothing_of_another_seed(network, vocabulary, uninterrupted, tmp_path):
    context = Context(scratch_dir=tmp_path)
    assert sample(network, vocabulary, 3000, num_rows=4, context=context).tolist() == uninterrupted
    other = sample(network, vocabulary, 3000, num_rows=4, seed=9, context=context).tolist()
    assert other != uninterrupted
    assert other[:300] == sample(network, vocabulary, 300, num_rows=4, seed=9).tolist()
