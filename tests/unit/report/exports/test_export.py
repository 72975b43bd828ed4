"""Exports against the run they come from: other libraries read them, and they say what the store says."""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import toys
from cases import CASES

from genloop.data import parquet as parquet_files
from genloop.data.images import exchange
from genloop.data.images.dataset import ImageDataset, Shard
from genloop.data.images.domain import ImageDomain
from genloop.data.images.files import Images
from genloop.data.text.files import Texts
from genloop.data.text.tokens import TokenDataset
from genloop.errors import UserError
from genloop.examples import Origins
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import prepare
from genloop.executors.results import StoredResults
from genloop.experiment_file import from_dict, read
from genloop.families.lm.sampling import Sampling
from genloop.families.statistical.ngram import NGram
from genloop.loop import Iteration
from genloop.policy_text import parse_policy
from genloop.report.exports.export import export
from genloop.report.exports.model_card import model_card
from genloop.runs.lineage import ancestors
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Context, Runtime

WEIGHTED = "schedule({0: 1}, {0: {amount: 0.5, weight: 2, start: 0.25}, 1: 0.5})"
POLICIES = ("replace", "accumulate", "accumulate-subsample", WEIGHTED)
CPU = Context(Runtime(device="cpu", threads=1))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of n-gram models through several policies."""
    experiment = replace(CASES["ngram"](), policies=tuple(map(parse_policy, POLICIES)), seeds=(0, 1))
    return run(experiment, tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, store_dir: Path) -> Run:
    """A run of small GPT-2s."""
    return run(CASES["gpt2"](), tmp_path_factory.mktemp("network"), store_dir=store_dir)


@pytest.fixture(scope="module")
def causal(tmp_path_factory: pytest.TempPathFactory, store_dir: Path) -> Run:
    """A run of a network of `transformers`, of which snapshots are kept, and which is not sampled as it comes."""
    experiment: Any = CASES["causal-lm"]()
    estimator = replace(experiment.estimator, sampling=Sampling(temperature=0.7, top_k=20))
    experiment = replace(experiment, estimator=estimator, num_iterations=1)
    return run(experiment, tmp_path_factory.mktemp("causal"), store_dir=store_dir)


def _iteration(found: Run, policy: str, number: int, seed: int = 0) -> tuple[StoredResults, Iteration]:
    """Return what planning the experiment anew gives, and what opens the results."""
    rounds = prepare(from_dict(found.record.experiment), found.store, LocalExecutor(), Silence())
    place = (parse_policy(policy), number, seed)
    return StoredResults(found.store, CPU), next(
        item for item in rounds if (item.policy, item.number, item.seed) == place
    )


def _load(path: Path, cache: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    return datasets.load_dataset("parquet", data_files=str(path), cache_dir=str(cache), split="train")


@pytest.mark.parametrize("policy", POLICIES)
def test_training_set_is_what_was_trained_on(texts, tmp_path, policy):
    """Documents in order, with weights; parts start and end within documents here, and pieces stay."""
    export(texts, policy=policy, iteration=2, seed=1, data=tmp_path / "a.parquet")
    rows = _load(tmp_path / "a.parquet", tmp_path)
    opened, iteration = _iteration(texts, policy, 2, seed=1)
    trained: Any = iteration.train.open(opened)
    documents = list(trained.documents())
    assert rows["text"] == [trained.vocabulary.decode(document.tokens) for document in documents]
    assert sum(len(document.tokens) for document in documents) == iteration.model.train.num_examples
    assert ("weight" in rows.column_names) == (policy == WEIGHTED)
    if policy == WEIGHTED:
        assert rows["weight"] == [document.weight for document in documents]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_text_names_who_wrote_it(texts, tmp_path, policy):
    """Each row's text is found in the data of the one it names, and not only in the other's."""
    export(texts, policy=policy, iteration=2, data=tmp_path / "a.parquet")
    opened, iteration = _iteration(texts, policy, 2)
    first = _iteration(texts, policy, 1)[1]
    real: Any = opened.open(iteration.train.real).prepared("train")
    samples: Any = opened.open(first.samples.result)
    written = {"real": " ".join(real.texts()), "model 1": " ".join(samples.texts())}
    expected = {"real": (0, None), "model 1": (1, first.model.key)}
    rows = list(_load(tmp_path / "a.parquet", tmp_path))
    assert {row["source"] for row in rows} == set(written) - ({"real"} if policy == "replace" else set())
    for row in rows:
        assert (row["iteration"], row["model"]) == expected[row["source"]]
        assert row["text"].strip("\N{REPLACEMENT CHARACTER}") in written[row["source"]]


def test_samples_are_what_the_model_wrote(texts, tmp_path):
    export(texts, policy="replace", iteration=2, data=tmp_path / "a.parquet", part="samples")
    rows = _load(tmp_path / "a.parquet", tmp_path)
    opened, iteration = _iteration(texts, "replace", 2)
    samples: Any = opened.open(iteration.samples.result)
    assert [text for text in rows["text"] if text] == [text for text in samples.texts() if text]
    assert set(rows["source"]) == {"model 2"}
    assert set(rows["model"]) == {iteration.model.key}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of small VAEs through two policies."""
    folder = tmp_path_factory.mktemp("images")
    pixels = np.random.default_rng(0).integers(0, 256, (60, 32, 32), dtype=np.uint8)
    np.savez(folder / "a.npz", images=pixels)
    source = Images(str(folder / "a.npz"), resolution=32, channels="grey")
    policies = (parse_policy("accumulate"), parse_policy(WEIGHTED))
    experiment = replace(CASES["vae"](), source=source, policies=policies, metrics=(), num_samples=20)
    return run(experiment, folder / "run")


@pytest.mark.parametrize("policy", ["accumulate", WEIGHTED])
def test_datasets_opens_images_as_what_was_trained_on(images, tmp_path, policy, monkeypatch):
    """Pixels in order, bit for bit, with who made them and their weights, however they are read."""
    monkeypatch.setattr(exchange, "CHUNK", 7)
    export(images, policy=policy, iteration=2, data=tmp_path / "a.parquet")
    rows = _load(tmp_path / "a.parquet", tmp_path)
    opened, iteration = _iteration(images, policy, 2)
    trained: Any = iteration.train.open(opened)
    found = np.stack([np.asarray(row["image"]) for row in rows])
    assert np.array_equal(found[..., None], trained.read(np.arange(len(trained))))
    assert rows.column_names == ["image", "source", "iteration", "model"] + ["weight"] * (policy == WEIGHTED)
    sizes = [part.stop - part.start for part in iteration.model.train.parts]
    assert rows["source"] == ["real"] * sizes[0] + ["model 1"] * sizes[1]
    assert set(rows["model"]) == {None, _iteration(images, policy, 1)[1].model.key}
    if policy == WEIGHTED:
        assert rows["weight"] == list(trained.weights)


def test_generated_colour_images_stay_as_they_are(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    write = ImageDomain(tmp_path).formats[".parquet"].write
    write(ImageDataset.of([Shard(pixels)]), tmp_path / "a.parquet", Origins())
    for row, expected in zip(_load(tmp_path / "a.parquet", tmp_path), pixels, strict=True):
        assert np.array_equal(np.asarray(row["image"]), expected)


def test_row_groups_bound_memory_and_metadata_name_the_run(texts, tmp_path, monkeypatch):
    from pyarrow import parquet

    monkeypatch.setattr(parquet_files, "GROUP_SIZE", 500)
    export(texts, policy="accumulate", iteration=2, seed=1, data=tmp_path / "a.parquet")
    file = parquet.ParquetFile(tmp_path / "a.parquet")
    texts_of_groups = [file.read_row_group(i)["text"].to_pylist() for i in range(file.num_row_groups)]
    assert len(texts_of_groups) > 3
    assert all(sum(map(len, group[:-1])) < 500 for group in texts_of_groups)
    stored = {name.decode(): value.decode() for name, value in file.schema_arrow.metadata.items()}
    assert stored.items() >= {
        "genloop.run": "ngram", "genloop.policy": "accumulate", "genloop.iteration": "2", "genloop.seed": "1",
        "genloop.part": "train",
    }.items()  # fmt: skip


def test_transformers_computes_the_logits_of_the_run(network, tmp_path):
    """Logits agree to float32 rounding; the vocabulary encodes as it did for the run."""
    transformers = pytest.importorskip("transformers")
    export(network, policy="accumulate", iteration=2, model=tmp_path / "model")
    loaded = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    opened, iteration = _iteration(network, "accumulate", 2)
    model = opened.open(iteration.model.result)

    text = "Lily had a map , and a bear ."  # spaces that clean-up would remove
    assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer(text).input_ids == model.vocabulary.tokenizer.encode(text).ids
    assert tokenizer.eos_token_id == loaded.config.eos_token_id == model.vocabulary.end_of_text

    tokens = torch.randint(model.vocabulary.size, (2, 16), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = model.network(tokens) @ model.network.head.T
        found = loaded(tokens).logits
    torch.testing.assert_close(found, logits.view(found.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "temperature", "num_kept"), [("network", 1.0, 300), ("causal", 0.7, 20)])
def test_transformers_draws_from_the_distribution_that_the_run_drew_from(
    name, temperature, num_kept, tmp_path, request
):
    """What `generate` draws a token from are the logits of all 300 types over the temperature, or of the likeliest."""
    transformers = pytest.importorskip("transformers")
    found = request.getfixturevalue(name)
    export(found, policy="replace", iteration=1, model=tmp_path / "model")
    loaded = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    settings = {"max_new_tokens": 1, "return_dict_in_generate": True, "output_scores": True, "output_logits": True}
    drawn = loaded.generate(torch.zeros(1, 1, dtype=torch.long), **settings)
    assert loaded.generation_config.do_sample
    logits, scores = drawn.logits[0][0], drawn.scores[0][0]
    kept = logits.topk(num_kept).indices
    assert scores.isfinite().sum() == num_kept
    torch.testing.assert_close(scores[kept], logits[kept] / temperature)


@pytest.mark.parametrize("kind", ["network", "causal"])
def test_transformers_cuts_batches_and_ends_texts_within_the_context(kind, tmp_path, request):
    transformers = pytest.importorskip("transformers")
    found = request.getfixturevalue(kind)
    export(found, policy="replace", iteration=1, model=tmp_path / "model")
    loaded = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    context = found.record.experiment["estimator"]["context"]
    assert len(tokenizer("Lily had a map. " * context, truncation=True).input_ids) == context
    texts = ["Lily", "The bear had a"]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    ended = loaded.generate(**batch, do_sample=False)
    assert ended.shape[1] <= context
    with torch.inference_mode():  # a padded text goes on as it does alone
        alone = [
            loaded.generate(**tokenizer(text, return_tensors="pt"), do_sample=False, max_new_tokens=3)[0, -3:]
            for text in texts
        ]
        assert torch.equal(loaded.generate(**batch, do_sample=False, max_new_tokens=3)[:, -3:], torch.stack(alone))


def test_the_model_is_the_only_weights_in_its_folder(causal, tmp_path):
    """vLLM would load snapshots over it."""
    item = causal.record.iterations[0]
    assert list(causal.store.path(item.model).glob("snapshot-*.safetensors"))
    export(causal, policy="replace", iteration=1, model=tmp_path / "model")
    assert [path.name for path in (tmp_path / "model").glob("*.safetensors")] == ["model.safetensors"]


@pytest.mark.parametrize("name", ["gpt2", "llama", "causal-lm", "vae", "ngram", "gaussian", "linear-regression"])
def test_card_shows_how_the_folder_is_used(tmp_path, monkeypatch, store_dir, name):
    if name == "gpt2":
        pytest.importorskip("transformers")
    found = run(CASES[name](), tmp_path / "run", store_dir=store_dir)
    export(found, policy="replace", iteration=1, model=tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    (block,) = re.findall(r"```python\n(.*?)```", Path("README.md").read_text("utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block.replace("max_new_tokens=30", "max_new_tokens=3"), "README.md", "exec"), names)
    assert names["model"] is not None


def test_card_says_what_the_model_was_made_from(network, tmp_path):
    export(network, policy="accumulate", iteration=2, model=tmp_path / "model")
    card = (tmp_path / "model" / "README.md").read_text("utf-8")
    first, second = (_iteration(network, "accumulate", number)[1] for number in (1, 2))
    loss = next(r.value for r in network.rows() if (r.policy, r.iteration, r.metric) == ("accumulate", 2, "test_loss"))
    for line in (
        "library_name: transformers",
        "| real | 1,500 | 1 |",
        "| model 1 | 1,500 | 1 |",
        f"| 1 | {first.model.key} |",
        f"| key | {second.model.key} |",
        f"| test\\_loss | {loss:.6g} | nats/token |",
    ):
        assert line in card
    export(network, policy="accumulate", iteration=1, model=tmp_path / "first")
    assert "descends from the real data alone" in (tmp_path / "first" / "README.md").read_text("utf-8")


@dataclass(frozen=True)
class GoesOn(toys.Normal):
    """A toy that can go on from a fitted model."""

    def refit(self, model: toys.NormalModel, train: toys.Numbers, *, seed: int, context: Context) -> toys.NormalModel:
        return self.fit(train, seed=seed, context=context)


@pytest.mark.parametrize(
    ("policy", "init", "expected"),
    [
        ("replace", "fresh", [2, 1]),
        ("schedule([1], [1], [1])", "previous", [2, 1]),
        ("schedule([1], [1], [1])", "fresh", []),
    ],
)
def test_models_descend_by_data_and_by_parameters(tmp_path, policy, init, expected):
    found = run(toys.experiment(estimator=GoesOn(), policies=(parse_policy(policy),), init=init), tmp_path)
    assert [parent.iteration for parent in ancestors(found, found.record.iterations[-1].model)] == expected


def test_exported_experiment_is_the_one_that_made_the_model(network, tmp_path):
    export(network, policy="accumulate", iteration=2, model=tmp_path / "model")
    experiment = from_dict(read(tmp_path / "model" / "experiment.yaml"))
    again = prepare(experiment, network.store, LocalExecutor(), Silence())
    assert [item.model.key for item in again] == [_iteration(network, "accumulate", n)[1].model.key for n in (1, 2)]


def test_card_escapes_what_comes_from_outside(tmp_path):
    stories = tmp_path / "a|b_<script>[x](y)`#`.txt"
    stories.write_text("<|endoftext|>".join(f"Story {i} of {i * i} bears." for i in range(40)))
    experiment = replace(CASES["ngram"](), source=Texts(str(stories), vocabulary=300), num_samples=100)
    found = run(replace(experiment, num_iterations=1), tmp_path / "run")
    card = model_card(found, found.record.iterations[0], is_huggingface=False)
    assert r"a\|b\_\<script\>\[x\](y)\`\#\`.txt" in card
    stories.unlink()  # an export reads what the store holds
    export(found, policy="replace", iteration=1, model=tmp_path / "model", data=tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Nothing is to be exported"),
        ({"part": "samples", "model": "new"}, "Give --data"),
        ({"data": "a.parquet", "part": "sample"}, "Did you mean 'samples'"),
        (
            {"data": "a.csv"},
            "tokens of ngram cannot be written as that. Name a file that ends in .parquet or .jsonl.",
        ),
        ({"data": "a"}, "the tokens of ngram cannot be written as that"),
        ({"model": "taken"}, "exists"),
        ({"model": "new", "iteration": 7}, "iterations 1 to 2"),
        ({"model": "new", "policy": "window(2)"}, "It has replace, accumulate"),
        ({"model": "new", "policy": "replce"}, "Did you mean 'replace'"),
        ({"model": "new", "seed": 5}, "seed 5. It has"),
        ({"model": "taken/file/new"}, "cannot be written"),
    ],
)
def test_refusals_are_one_sentence_and_leave_nothing(texts, tmp_path, changes, sentence):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    places = {name: tmp_path / changes[name] for name in ("model", "data") if name in changes}
    with pytest.raises(UserError, match=re.escape(sentence)):
        export(texts, **{"policy": "replace", "iteration": 2, **changes, **places})
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["gaussian", "linear-regression"])
def test_numbers_are_written_with_who_made_them(tmp_path, name):
    """What pyarrow reads of a training set is what a fit of it reads, replicate by replicate."""
    from pyarrow import parquet

    experiment = replace(CASES[name](), policies=(parse_policy(WEIGHTED),), metrics=(), num_iterations=2)
    found = run(experiment, tmp_path / "run")
    export(found, policy=WEIGHTED, iteration=2, data=tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    opened, iteration = _iteration(found, WEIGHTED, 2)
    trained: Any = iteration.train.open(opened)
    if name == "gaussian":
        values, weights = trained.read(), trained.read_weights()
    else:
        rows = list(trained.rows())
        values = np.concatenate([np.dstack([each.design, each.targets]) for each in rows], axis=1)
        weights = np.concatenate([each.weights for each in rows], axis=1)
    num_replicates, num, num_columns = values.shape
    names = [name for name in table.column_names if name[0] in "xy"]
    assert len(names) == num_columns
    written = np.stack([table[name].to_numpy() for name in names], axis=1)
    assert np.array_equal(written, values.reshape(-1, num_columns))
    assert table["replicate"].to_pylist() == np.repeat(np.arange(num_replicates), num).tolist()
    assert np.allclose(table["weight"].to_numpy(), weights.ravel())
    sizes = [part.stop - part.start for part in iteration.train.parts]
    assert table["source"].to_pylist() == num_replicates * (["real"] * sizes[0] + ["model 1"] * sizes[1])


def test_missing_and_damaged_results_are_named(tmp_path):
    found = run(replace(CASES["ngram"](), estimator=NGram(order=2)), tmp_path / "run")
    item = found.record.iterations[-1]
    victim = found.store.path(item.model) / "counts_2.npy"
    victim.write_bytes(victim.read_bytes()[:-1] + b"!")
    with pytest.raises(UserError, match="has changed since it was written"):
        export(Run(tmp_path / "run"), policy=item.policy, iteration=2, model=tmp_path / "model")
    found.store.discard(item.samples)
    with pytest.raises(UserError, match="not computed yet"):
        export(Run(tmp_path / "run"), policy=item.policy, iteration=2, data=tmp_path / "a.parquet", part="samples")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_failure_halfway_leaves_nothing(texts, tmp_path, monkeypatch):
    def interrupted(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(TokenDataset, "documents", interrupted)
    monkeypatch.setattr("genloop.report.exports.model_folder.model_card", interrupted)
    for places in ({"data": tmp_path / "a.parquet"}, {"model": tmp_path / "model"}):
        with pytest.raises(KeyboardInterrupt):
            export(texts, policy="replace", iteration=2, **places)
    assert not list(tmp_path.iterdir())


def test_an_export_takes_nothing_but_what_the_model_is_made_of(texts, tmp_path):
    """A store that somebody else made may hold a link beside the files of a step; a link in their place is no file."""
    found = shutil.copytree(texts.directory, tmp_path / "run")
    item = Run(found).record.iterations[0]
    (tmp_path / "secret").write_text("theirs")
    folder = found / "store" / item.model
    (folder / "beside.txt").symlink_to(tmp_path / "secret")
    export(Run(found), policy=item.policy, iteration=1, model=tmp_path / "model")
    assert not (tmp_path / "model" / "beside.txt").exists()

    file = next(path for path in folder.iterdir() if path.name not in ("manifest.json", "beside.txt"))
    file.rename(tmp_path / "moved")
    file.symlink_to(tmp_path / "moved")
    with pytest.raises(UserError, match="has changed since"):
        export(Run(found), policy=item.policy, iteration=1, model=tmp_path / "other")
