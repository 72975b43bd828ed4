"""The command line as a user meets it: what it prints, what it writes, and how it says no."""

import json
import re
from pathlib import Path

import pytest
import yaml

from genloop import __version__

TINY = {
    "name": "tiny",
    "source": {"type": "story-grammar", "num_train": 500, "num_test": 50, "vocabulary": 300},
    "estimator": {"type": "gpt2", "width": 16, "num_layers": 1, "num_heads": 2, "context": 32, "epochs": 1},
    "policies": ["replace", "accumulate"],
    "metrics": [{"type": "test-loss", "num_tokens": 1000}, "diversity", "tail-mass", "copying"],
    "num_iterations": 2,
    "num_samples": 2000,
}
STORIES = ("demo", "--set", "source={type: story-grammar, num_train: 200, num_test: 50, vocabulary: 300}")


@pytest.fixture
def tiny(tmp_path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(TINY))
    return path


def test_run_show_plan_and_run_again(genloop, tiny, tmp_path):
    code, out, err = genloop("run", tiny, "--out", "here")
    assert code == 0, err
    assert "accumulate" in out
    assert (tmp_path / "here" / "test_loss.png").read_bytes().startswith(b"\x89PNG")
    assert "iteration" in (tmp_path / "here" / "samples.txt").read_text()

    code, out, _ = genloop("show", "here", "--json")
    shown = json.loads(out)
    assert code == 0
    assert set(shown["rows"][0]) == {"policy", "seed", "iteration", "metric", "unit", "value", "standard_error"}
    losses = {(r["policy"], r["iteration"]): r["value"] for r in shown["rows"] if r["metric"] == "test_loss"}
    assert set(losses) == {(policy, number) for policy in ("replace", "accumulate") for number in (1, 2)}
    assert losses["replace", 1] == losses["accumulate", 1]
    assert {r["unit"] for r in shown["rows"] if r["metric"] == "bits_per_byte"} == {"bits/byte"}

    code, out, err = genloop("run", tiny, "--out", "here")
    assert code == 0
    assert "fit" not in err

    code, out, _ = genloop("plan", tiny, "--out", "here", "--iterations", 3)
    assert code == 0
    assert "done" in out
    assert "to do" in out
    assert "2 of them fits over" in out

    code, out, _ = genloop("show", "here", "--training-sets")
    assert "model 1" in out


def test_samples_and_places_are_printed_as_they_are(genloop, tmp_path):
    """What stands in brackets or between colons in them is no markup."""
    document = "a [red]b[/red] [/x] c[d-z] :x:"
    (tmp_path / "text.txt").write_text("<|endoftext|>".join(f"{document} {number}" for number in range(200)))
    settings = {
        "name": "brackets",
        "source": {"type": "text", "train": "text.txt", "vocabulary": 300},
        "estimator": {"type": "ngram", "order": 6},
        "policies": ["replace"],
        "metrics": [{"type": "test-loss", "num_tokens": 100}],
        "num_iterations": 1,
        "num_samples": 1000,
    }
    (tmp_path / "brackets.yaml").write_text(yaml.safe_dump(settings))
    folder = f"a[b=1]/{'long/' * 30}"
    code, out, err = genloop("run", "brackets.yaml", "--out", folder)
    assert code == 0, err
    for shown in (out, (tmp_path / folder / "samples.txt").read_text()):
        assert document in shown
    assert f"Page: {folder}report.html   Figure: {folder}test_loss.png   Samples: {folder}samples.txt\n" in out
    assert f"genloop show {folder[:-1]}\n" in out


def test_without_a_test_loss_the_first_metric_is_answered_and_drawn(genloop, tmp_path):
    zipf = ("run", "zipf", "-n", 3, "--set", "source.num_replicates=2")
    code, out, err = genloop(*zipf, "--set", "metrics=[{type: support}]", "--out", "sup")
    assert code == 0, err
    assert "Change of the missing mass since iteration 1:" in out
    assert re.search(r"^replace: .* real probability after 3 iterations", out, flags=re.MULTILINE)
    assert "Figure: sup/missing_mass.png" in out
    assert [path.name for path in (tmp_path / "sup").glob("*.png")] == ["missing_mass.png"]

    code, out, err = genloop(*zipf, "--set", "metrics=[]", "--out", "nothing")
    assert (code, "Nothing has been measured yet." in out, "Figure" in out) == (0, True, False), err
    assert [path.name for path in (tmp_path / "nothing").iterdir() if path.suffix == ".png"] == []


def test_two_metrics_about_the_same_are_shown_drawn_and_exported(genloop, tiny):
    """Of copying of two lengths, each is about the same samples."""
    both = ("--set", "metrics=[{type: copying, n: 5}, {type: copying, n: 13}]", "-p", "replace", "-n", 1)
    code, out, err = genloop("run", tiny, *both)
    assert code == 0, err
    assert {"5grams", "13grams"} <= set(re.findall(r"\w+grams", out))
    code, _, err = genloop("export", "runs/tiny", "-p", "replace", "-i", 1, "--model", "model")
    assert code == 0, err


def test_a_folder_that_showed_more_before_says_what_is_left_out(genloop):
    run = ("run", "gaussian", "-n", 1, "--set", "source.num_replicates=2")
    assert "before" not in genloop(*run, "--seeds", "0,1")[1]
    assert "held accumulate, seed 0 before" in genloop(*run, "-p", "replace", "--seeds", "1,2")[1]
    assert "before" not in genloop(*run, "--seeds", "1,2")[1]


def test_exports_are_what_other_libraries_load(genloop, tiny, tmp_path):
    transformers = pytest.importorskip("transformers")
    datasets = pytest.importorskip("datasets")
    assert genloop("run", tiny, "--policy", "replace")[0] == 0
    export = ("export", "runs/tiny", "--policy", "replace", "--iteration", 2)
    code, out, err = genloop(*export, "--model", "model", "--data", "data/train.parquet")
    assert (code, "Wrote model" in out, "Wrote data/train.parquet" in out) == (0, True, True), err
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    assert model.config.vocab_size == len(tokenizer) == 300
    assert tokenizer.decode(tokenizer("In the beginning").input_ids) == "In the beginning"

    assert genloop(*export, "--data", "data/samples.parquet", "--part", "samples")[0] == 0
    for name, source in (("train", "model 1"), ("samples", "model 2")):
        path, cache = str(tmp_path / "data" / f"{name}.parquet"), str(tmp_path / "cache")
        rows = datasets.load_dataset("parquet", data_files=path, cache_dir=cache, split="train")
        assert rows.column_names == ["text", "source", "iteration", "model"]
        assert set(rows["source"]) == {source}

    code, out, err = genloop("run", "model/experiment.yaml", "--store", "runs/tiny/store")
    assert (code, "fit" in err) == (0, False)


def test_version_is_that_of_the_package(genloop):
    code, out, _ = genloop("--version")
    assert (code, out) == (0, f"genloop {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Give --model FOLDER"),
        (("--model", "runs"), "runs exists"),
        (("--model", "new", "--iteration", 7), "no model of 'replace', iteration 7"),
        (("--data", "new.sdf"), "ends in"),
    ],
)
def test_bad_export_is_one_sentence_and_exit_code_2(genloop, arguments, sentence):
    settings = ("--iterations", 1, "--policy", "replace", "--set", "source.num_replicates=2")
    assert genloop("run", "gaussian", *settings)[0] == 0
    code, _, err = genloop("export", "runs/gaussian", "--policy", "replace", "--iteration", 1, *arguments)
    assert (code, sentence in " ".join(err.split())) == (2, True), err


def test_list_names_everything(genloop):
    code, out, _ = genloop("list")
    assert code == 0
    assert all(name in out for name in ("demo", "window", "bible", "gpt2", "tail-mass"))


def test_demo_control_shares_the_first_fit_with_the_demo(genloop):
    sizes = ("num_samples=2000", "estimator.width=16", "estimator.num_steps=5", "source.vocabulary=300")
    settings = ("source.type=story-grammar", "source.num_train=200", "source.num_test=50", *sizes)
    small = ("--iterations", 2, *(word for setting in settings for word in ("--set", setting)))
    assert genloop("demo", *small)[0] == 0
    code, _, err = genloop("demo", "--matched-steps", *small)
    assert code == 0
    assert "fit" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "dmo"), "Did you mean 'demo'"),
        (("run", "none.yaml"), "none.yaml: there is no such file"),
        (("run", "demo", "--policy", "acumulate"), "Did you mean 'accumulate'"),
        (("run", "demo", "--iterations", "0"), "at least 1 iteration"),
        (("run", "demo", "--set", "estimator.sampling.temperature=-1"), "temperature=-1"),
        (("run", "demo", "--set", "estimator.wdth=1"), "Did you mean 'width'"),
        (("run", "demo", "--set", "metrics.0.type=tst-loss"), "Did you mean 'test-loss'"),
        (("run", "demo", "--set", "estimator.type=gpt3"), "Did you mean 'gpt2'"),
        (("run", "demo", "--seeds", "one"), "no list of whole numbers"),
        (("run", "demo", "--device", "gpu"), "is no device"),
        (("run", "demo", "--threads", "0"), "computes nothing"),
        (("run", "demo", "--policy", "schedule([1], [1, 1])"), "The schedule has 2 rows"),
        (("run", *STORIES, "--set", "num_samples=100000000"), "of the real data, which holds"),
        (("run", *STORIES, "--set", "num_samples=50"), "context=64 is longer"),
        (("run", "linear", "--set", "source.decay=.nan"), "Regression.decay is nan. Give a finite number."),
        (("run", "text"), "there is no such file"),
        (("run", "faces"), "there is no such file or folder"),
        (("run", "digits", "--set", "source.resolution=0"), "is not between"),
        (("run", "digits", "--set", "estimator.channels=[8, 8, 8, 8, 8, 8]"), "cannot be halved 6 times"),
        (("show", "nowhere"), "holds no run"),
        (("run", "demo", "--iterations", "many"), "is no whole number"),
        (("frobnicate",), "No such command"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(genloop, arguments, sentence):
    code, out, err = genloop(*arguments)
    message = " ".join(err.split())
    assert sentence in message
    assert "Traceback" not in err
    assert (code, out) == (2, "")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02" * 100, "is no text"),
        (b"Too short.", "documents"),
        (b"One story.<|endoftext|>Two stories.<|endoftext|>Three.", "context=64 is longer"),
    ],
)
def test_bad_text_is_one_sentence_and_exit_code_2(genloop, tmp_path, content, sentence):
    (tmp_path / "text.txt").write_bytes(content)
    code, _, err = genloop("run", "text", "--set", "source.train=text.txt", "--set", "source.vocabulary=300")
    assert code == 2
    assert sentence in " ".join(err.split())


def test_training_text_that_is_all_test_text_is_refused(genloop, tmp_path):
    (tmp_path / "a.txt").write_text("A story.<|endoftext|>Another story.")
    (tmp_path / "b.txt").write_text("Another story.<|endoftext|>A story.")
    code, _, err = genloop("run", "text", "--set", "source.train=a.txt", "--set", "source.test=b.txt")
    assert code == 2
    assert "All training documents are also test documents" in err


def test_interrupted_run_says_so_and_continues(genloop, tiny, monkeypatch):
    from genloop.executors.local import LocalExecutor

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalExecutor, "run", interrupt)
        code, _, err = genloop("run", tiny)
    assert (code, "continues where it stopped" in err) == (130, True)
    assert genloop("run", tiny)[0] == 0


def test_diverged_fit_is_recorded_and_shown(genloop, tiny):
    wild = ("--set", "estimator.learning_rate=1e30", "--set", "estimator.clip=1e30", "--policy", "replace")
    code, out, err = genloop("run", tiny, *wild)
    assert code == 0
    assert "1 diverged" in out
    assert "the fit diverged" in " ".join(err.split())
    shown = json.loads(genloop("show", "runs/tiny", "--json")[1])
    assert {"policy": "replace", "seed": 0, "iteration": 1} in shown["run"]["diverged"]
