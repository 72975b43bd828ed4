"""The page about runs, without a browser: its numbers against the run's own, what it escapes, and what is missing."""

import base64
import gzip
import html
import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from plugins import TOYS, installed
from report_fixtures import HARM, hostile_run, toy_run, two_floors_run
from toys import NormalSource

from genloop.analysis.arms import arms_of
from genloop.data.text.grammar import StoryGrammar
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict
from genloop.families.lm.gpt2 import GPT2
from genloop.numerals import plain, unsigned
from genloop.policies import AccumulateSubsample, Replace, schedule_from_rows
from genloop.report.html.costs import costs
from genloop.report.html.learning import losses_within_fits
from genloop.report.html.metric_curves import metric_curves
from genloop.report.html.page import page, write_page
from genloop.report.html.pictures import image_grid
from genloop.report.html.provenance import provenance
from genloop.report.html.samples import outer_first, samples_of
from genloop.report.html.theme import PAPER, themed
from genloop.report.html.training_sets import composition
from genloop.report.palette import COLOURS, ordered
from genloop.report.samples import sampled
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.theory.student import student_quantile

VOID = {"meta", "img", "br"}


class Parsed(HTMLParser):
    """The elements of a page: tags with their attributes, and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.headings: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append(int(tag[1:]))
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return toy_run(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return hostile_run(tmp_path_factory.mktemp("hostile"))


def charts(text: str) -> list[list[list[dict[str, Any]]]]:
    """Return what the page's script reads: of every group, of every view, its charts."""
    parsed = Parsed(text)
    scripts = [attributes for tag, attributes in parsed.elements if tag == "script"]
    kinds = [attributes.get("type") for attributes in scripts]
    found = [json.loads(s) for s, kind in zip(parsed.scripts, kinds, strict=True) if kind == "application/json"]
    return [value for value in found if isinstance(value, list)]


def test_chart_and_table_have_the_numbers_of_the_run(numbers: Run):
    text = page([numbers])
    views = charts(text)[0]
    values = [
        row.value for row in numbers.rows() if (row.policy, row.iteration, row.metric) == ("replace", 3, "test_loss")
    ]
    assert len(values) == 3
    margin = stdev(values) / 3**0.5 * student_quantile(2)
    (trace,) = [each for each in views[0][0]["traces"] if each["name"] == "replace"]
    assert trace["x"] == [1, 2, 3]
    assert trace["y"][2] == pytest.approx(mean(values), rel=1e-5)  # six digits are written
    assert trace["error_y"]["array"][2] == pytest.approx(margin, rel=1e-5)
    assert f"<td>{unsigned(mean(values), margin)}</td>" in text


def test_every_metric_can_be_chosen_and_has_its_noise_floor(numbers: Run):
    views = charts(page([numbers]))[0]
    names = [view[0]["layout"]["yaxis"]["title"]["text"] for view in views]
    assert names == ["test loss (nats/number)", "sample mean (number)", "sample loss (nats/number)"]
    rows = [row for row in numbers.noise_floor() if row.policy == "replace" and row.value is not None]
    floors = {row.metric: mean(each.value for each in rows if each.metric == row.metric) for row in rows}
    for view, metric in zip(views, ("test_loss", "sample_mean", "sample_loss"), strict=True):
        lines = [trace for trace in view[0]["traces"] if trace["name"] == "real data"]
        assert [trace["y"][0] for trace in lines] == (
            [pytest.approx(floors[metric], rel=1e-5)] if metric in floors else []
        )


def test_noise_floors_that_differ_are_named_by_their_policies(tmp_path: Path):
    """In chart and table of a metric, and in the collapse profile."""
    found = two_floors_run(tmp_path)
    text = page([found])
    names = ["real data (replace, accumulate)", "real data (replace-multiple)"]
    view = next(each for each in charts(text)[0] if "missing mass" in each[0]["layout"]["yaxis"]["title"]["text"])
    lines = [trace for trace in view[0]["traces"] if trace["name"].startswith("real data")]
    assert [trace["name"] for trace in lines] == names
    rows = [row for row in found.noise_floor() if row.metric == "missing_mass" and row.value is not None]
    one, two = (mean(row.value for row in rows if row.policy == name) for name in ("accumulate", "replace-multiple"))
    assert [trace["y"][0] for trace in lines] == pytest.approx([one, two], rel=1e-5)  # six digits are written
    assert all(f">{name}<" in text for name in names)
    assert f"<td>{plain(one)} (replace, accumulate); {plain(two)} (replace-multiple)</td>" in text


def test_runs_of_other_real_data_have_noise_floors_of_their_own(tmp_path: Path):
    """Each is named by its run; of the same data they share one."""
    first = toy_run(tmp_path, seeds=(0,), num_iterations=1)
    same = toy_run(tmp_path / "same", name="same", seeds=(0,), num_iterations=1)
    other = toy_run(tmp_path / "other", name="other", source=NormalSource(seed=1), seeds=(0,), num_iterations=1)
    floors = {each.metric: list(each.floors) for each in metric_curves(arms_of([first, same]))}
    assert floors["sample_mean"] == ["real data"]
    floors = {each.metric: list(each.floors) for each in metric_curves(arms_of([first, other]))}
    assert floors["sample_mean"] == ["toy · real data", "other · real data"]


def test_one_seed_has_the_error_that_its_metric_recorded(tmp_path: Path, genloop):
    """Intervals of one seed are 1.645 standard errors, and theory's prediction stands beside the means."""
    assert genloop("run", "linear", "-n", 3, "--set", "source.num_replicates=40")[0] == 0
    found = Run(tmp_path / "runs" / "linear")
    errors = {row.iteration: row.standard_error for row in found.rows() if row.metric == "test_loss"}
    curve = metric_curves(arms_of([found]))[0].curves[-1]
    for iteration, point in curve.points.items():
        assert point.margin == pytest.approx(1.6449 * errors[iteration], rel=1e-4)
    first = 10 / (100 - 10 - 1)  # sigma^2 d / (T - d - 1)
    assert curve.theory[0] == pytest.approx(first)
    assert "theory&#39;s prediction" in page([found])


def test_a_page_is_small_whole_and_loads_nothing(numbers: Run, tmp_path: Path):
    path = tmp_path / "new" / "report.html"
    write_page([numbers], path)
    text = path.read_text("utf-8")
    assert path.stat().st_size < 6e6
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]
    parsed = Parsed(text)
    assert parsed.open == []  # every element is closed
    for tag, attributes in parsed.elements:
        assert tag not in ("link", "iframe", "object", "base", "form")
        assert not {name for name in attributes if name in ("src", "srcset", "action") or name.startswith("on")}
        assert (attributes.get("href") or "#").startswith("#")


def test_headings_are_in_order_and_links_have_ends(numbers: Run, hostile: Run):
    for text in (page([numbers]), page([numbers, hostile])):
        parsed = Parsed(text)
        assert parsed.headings[0] == 1
        assert all(after <= before + 1 for before, after in zip(parsed.headings, parsed.headings[1:], strict=False))
        ids = [attributes["id"] for _, attributes in parsed.elements if attributes.get("id")]
        assert len(set(ids)) == len(ids)
        ends = {str(attributes["href"])[1:] for tag, attributes in parsed.elements if tag == "a"}
        assert ends <= set(ids)
        assert all(attributes.get("alt") for tag, attributes in parsed.elements if tag == "img")


def test_only_the_two_scripts_of_the_page_may_run(numbers: Run):
    parsed = Parsed(page([numbers]))
    kinds = [attributes for tag, attributes in parsed.elements if tag == "script"]
    (policy,) = [a["content"] for tag, a in parsed.elements if tag == "meta" and a.get("http-equiv")]
    (code,) = [script for script, each in zip(parsed.scripts, kinds, strict=True) if "type" not in each]
    (library,) = [script for script, each in zip(parsed.scripts, kinds, strict=True) if each.get("id") == "library"]
    unpacked = gzip.decompress(base64.b64decode(library)).decode()
    digests = [f"'sha256-{base64.b64encode(sha256(s.encode()).digest()).decode()}'" for s in (code, unpacked)]
    assert policy is not None
    assert f"default-src 'none'; script-src {' '.join(digests)};" in policy
    assert "plotly.js" in unpacked[:300]


def test_what_models_wrote_is_text(hostile: Run):
    """Every harmful word stands on the page, in no element and no attribute of its own."""
    text = page([hostile])
    parsed = Parsed(text)
    assert HARM in text
    kinds = [attributes for tag, attributes in parsed.elements if tag == "script"]
    assert sum("type" not in each for each in kinds) == 1
    assert not any(HARM in script for script, each in zip(parsed.scripts, kinds, strict=True) if "type" not in each)
    for tag, attributes in parsed.elements:
        assert tag != "svg"
        assert not any(HARM in (value or "") for value in attributes.values())
    assert "{{ 7 * 7 }}" in text
    assert "\\u2028" not in text


@pytest.mark.parametrize("odd", ["__proto__", "constructor", "", " a  b ", "a\nb", "a\x00b", "0", "'\"`"])
def test_samples_are_found_whatever_the_name_of_their_policy(hostile: Run, tmp_path: Path, odd: str):
    """The script takes them by place: browsers change names, and put numbers first."""
    shutil.copytree(hostile.directory, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    del record["digest"]
    last = record["iterations"][-1]["policy"]
    for item in record["iterations"]:
        item["policy"] = odd if item["policy"] == last else item["policy"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    parsed = Parsed(page([Run(tmp_path / "run")]))
    kept = [json.loads(script) for script in parsed.scripts if script.strip().startswith('[{"')]
    (choices,) = [each for each in kept if {"0"} == each[0].keys()]
    assert len(choices) == 1 + len({item["policy"] for item in record["iterations"]})
    assert choices[-1] == {
        str(item["iteration"]): item["samples"] for item in record["iterations"] if item["policy"] == odd
    }


def test_a_forged_record_is_text_too(hostile: Run, tmp_path: Path):
    """Names of policies and settings reach tables, options, attributes and charts."""
    evil = f"</script><img src=x onerror={HARM}>"
    shutil.copytree(hostile.directory, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    del record["digest"]  # as a forger would
    for item in record["iterations"]:
        item["policy"] = evil if item["policy"] == "replace" else item["policy"]
    record["experiment"]["policies"] = [evil, "accumulate"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    text = page([Run(tmp_path / "run")])
    assert not any(tag == "img" for tag, _ in Parsed(text).elements)
    names = [trace["name"] for view in charts(text)[0] for chart in view for trace in chart["traces"]]
    assert any(name.startswith("&lt;/script&gt;&lt;img") for name in names)  # Plotly reads names as HTML
    assert not any("<" in name for name in names)


@pytest.fixture
def named(tmp_path: Path) -> Iterator[None]:
    """Give the toys names, so that a record brings them back."""
    with installed(tmp_path / "site", TOYS):
        yield


def test_costs_count_shared_steps_once(named: None, tmp_path: Path):
    """Two policies, two seeds, three iterations of T = 20: they share the first iteration."""
    found = costs(toy_run(tmp_path, seeds=(0, 1)))
    replaced, accumulated = found.policies["replace"], found.policies["accumulate"]
    assert (replaced.num_fits, replaced.fitted, replaced.sampled) == (6, 6 * 20, 6 * 20)
    assert (accumulated.num_fits, accumulated.fitted, accumulated.sampled) == (6, 2 * (20 + 40 + 60), 6 * 20)
    assert (found.together.num_fits, found.together.fitted) == (10, 6 * 20 + 2 * (40 + 60))
    assert replaced.flops == 10 * (6 * 20 + 6 * 20)
    of_first = 1 + 1 + 3 + 2  # fit, sample, three scores, two noise floors
    assert found.num_asked - found.num_different == 2 * of_first
    assert found.problem == ""


def test_classes_of_ones_own_leave_out_what_they_alone_know(numbers: Run):
    text = page([numbers])
    reason = "Samples cannot be shown: The data of toy are numbers of the domain 'toys', which is not installed."
    assert reason in html.unescape(text)
    assert "Operations are not known" in text
    assert "after 3 iterations" in text


def test_the_command_of_a_page_computes_nothing_new(genloop, tmp_path: Path):
    words = ("-n", 2, "-p", "accumulate", "-p", "window(2)", "--seeds", "3,4", "--set", "source.decay=0.0001")
    settings = ("--set", "source.num_replicates=5", "--set", "metrics=[parameter-error]", "--store", "shared")
    assert genloop("run", "linear", *words, *settings)[0] == 0
    found = Run(Path("runs/linear"))
    written = provenance(found)
    assert written.file == ""
    steps = sorted(found.store.root.glob("*-*"))
    code, _, err = genloop(*shlex.split(written.command)[1:])
    assert (code, sorted(found.store.root.glob("*-*"))) == (0, steps), err

    experiment = replace(from_dict(found.record.experiment), name="mine")
    written = provenance(run(experiment, tmp_path / "other", store_dir=found.store.root))
    assert written.file == "mine.yaml"
    Path(written.file).write_text(written.settings)
    code, _, err = genloop(*shlex.split(written.command)[1:])
    assert (code, sorted(found.store.root.glob("*-*"))) == (0, steps), err


def test_a_run_that_goes_on_says_what_is_missing(hostile: Run, tmp_path: Path):
    shutil.copytree(hostile.directory, tmp_path / "run")
    items = [item for item in hostile.record.iterations if item.policy == "accumulate" and item.iteration > 1]
    for key in [key for item in items for key in (item.model, item.samples, *item.scores)]:
        shutil.rmtree(tmp_path / "run" / "store" / key)
    found = Run(tmp_path / "run")
    text = page([found])
    assert "This run is not finished: 3 of 5 models are fitted and 7 of 11 scores are there." in text
    samples = samples_of(found, arms_of([found]), most_bytes=10**6)
    assert {who: list(keys) for who, keys in samples.choices.items()} == {
        "real data": [0],
        "replace": [1, 2, 3],
        "accumulate": [1],
    }
    for key in (
        path for path in (tmp_path / "run" / "store").iterdir() if path.name[:3] in ("fit", "sam", "sco", "pre")
    ):
        shutil.rmtree(key)
    assert "Nothing has been measured yet." in page([Run(tmp_path / "run")])


def test_one_iteration_of_one_policy_is_a_page(tmp_path: Path):
    text = page([toy_run(tmp_path, policies=(Replace(),), num_iterations=1, seeds=(0,))])
    assert "nothing later yet" in text
    assert [trace["x"] for trace in charts(text)[0][0][0]["traces"]] == [[1]]


def test_samples_that_are_too_large_are_thinned_from_the_middle(hostile: Run):
    lines = arms_of([hostile])
    whole = samples_of(hostile, lines, most_bytes=10**6)
    ends = sum(whole.blocks[key].size for keys in whole.choices.values() for n, key in keys.items() if n in (1, 3))
    thinned = samples_of(hostile, lines, most_bytes=ends)
    assert list(thinned.choices["replace"]) == [1, 3]
    assert "Of 3 iterations, 2 are shown" in thinned.note
    assert "are shown, to keep" not in whole.note
    assert samples_of(hostile, lines, most_bytes=0).choices["replace"] == {}


@pytest.mark.parametrize("num", [0, 1, 2, 3, 30])
def test_any_beginning_of_the_iterations_is_spread(num: int):
    told = list(outer_first(num))
    assert sorted(told) == list(range(1, num + 1))
    for length in range(2, num):
        gaps = np.diff(sorted(told[:length]))
        assert gaps.max() <= 2 * gaps.min() + 1


def test_texts_are_the_first_ones_and_cut(hostile: Run):
    item = next(each for each in hostile.record.iterations if each.policy == "replace" and each.iteration == 3)
    samples = samples_of(hostile, arms_of([hostile]), most_bytes=10**6)
    texts = samples.blocks[item.samples].texts
    assert list(texts) == [text.strip() for text in sampled(hostile, item, 3).texts]


def test_images_are_shown_as_they_are_and_large_ones_smaller():
    values = np.random.default_rng(0).random((20, 8, 8, 1))
    (shown,) = image_grid(np.round(255 * values[:16]).astype(np.uint8), "replace, iteration 1")
    assert (shown.width, shown.height, shown.is_coarse) == (4 * 9 - 1, 4 * 9 - 1, True)
    content = base64.b64decode(shown.uri.removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(BytesIO(content)))
    assert np.array_equal(pixels[:8, :8], np.round(255 * values[0, :, :, 0]))
    (large,) = image_grid(np.zeros((2, 300, 300, 3), np.uint8), "")
    assert (large.width, large.height, large.is_coarse) == (2 * 97 - 1, 96, False)


def test_training_sets_are_told_in_words(tmp_path: Path):
    schedule = schedule_from_rows([[1], [{"amount": 0.5, "weight": 2}, {"amount": 1, "weight": 1}]])
    found = toy_run(tmp_path, policies=(AccumulateSubsample(), schedule), num_iterations=2, seeds=(0,))
    words = {(item.policy, item.iteration): composition(item) for item in found.record.iterations}
    assert words["accumulate-subsample", 2] == "20 drawn out of 40: real 50%, model 1 50%"
    assert [text for (policy, n), text in words.items() if policy.startswith("schedule") and n == 2] == [
        "30: real 33% at weight 2, model 1 67% at weight 1"
    ]


def test_training_losses_are_those_of_the_fit(tmp_path: Path):
    estimator = GPT2(width=16, num_layers=1, num_heads=2, context=16, num_steps=10, batch=2)
    source = StoryGrammar(num_train=100, num_test=20, vocabulary=300)
    experiment = Experiment("fit", source, estimator, (Replace(),), (), 1, num_samples=500)
    found = run(experiment, tmp_path / "run")
    record = json.loads((found.store.path(found.record.iterations[0].model) / "training.json").read_text())
    (losses,) = losses_within_fits(arms_of([found]))
    assert losses.name == "training loss"
    steps = losses.fits["replace"][1]
    assert list(steps) == [n + 0.5 for n in range(10)]
    assert list(steps.values()) == pytest.approx(record["losses"])


@pytest.mark.parametrize("colour", [*COLOURS, *ordered(10)])
def test_lines_show_on_light_and_on_dark_paper(colour: str):
    """Graphics have a contrast of 3 on the dark paper (WCAG 2.2, 1.4.11); on white they are as in figures."""
    light, dark = themed(colour).removeprefix("light-dark(").removesuffix(")").split(", ")
    assert light == colour
    paper = PAPER.removesuffix(")").split(", ")[1]
    assert (luminance(dark) + 0.05) / (luminance(paper) + 0.05) >= 3


def luminance(colour: str) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour)]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def test_the_command_says_where_the_page_is(genloop, numbers: Run, hostile: Run, tmp_path: Path):
    code, out, err = genloop("report", hostile.directory, "--out", "a.html", "--figures", "figures")
    assert code == 0, err
    assert "Report: a.html" in out
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "figures" / "test_loss.pdf").read_bytes().startswith(b"%PDF")

    code, out, _ = genloop("report", numbers.directory, hostile.directory)
    assert (code, "Report: report.html" in out) == (0, True)
    text = (tmp_path / "report.html").read_text()
    names = {trace["name"] for view in charts(text)[0] for trace in view[0]["traces"]}
    assert {f"{name} · {policy}" for name in ("toy", "hostile") for policy in ("replace", "accumulate")} <= names

    assert genloop("report", numbers.directory)[0] == 0
    assert (numbers.directory / "report.html").exists()
    (numbers.directory / "report.html").unlink()
    code, _, err = genloop("report", numbers.directory, "--out", tmp_path)
    assert (code, "is a folder. Name a file in it" in " ".join(err.split())) == (2, True)
    code, _, err = genloop("report", "nowhere")
    assert (code, "holds no run" in err) == (2, True)


def test_a_damaged_sample_is_not_shown(hostile: Run, tmp_path: Path):
    shutil.copytree(hostile.directory, tmp_path / "run")
    found = Run(tmp_path / "run")
    tokens = found.store.path(found.record.iterations[-1].samples) / "tokens.npy"
    tokens.write_bytes(tokens.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="has changed since it was written"):
        page([found])
