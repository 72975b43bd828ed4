"""`genloop reproduce`: figures and claims of the paper, and an exit code that a pipeline can read."""

import json
import re
import time
from dataclasses import replace

import pytest
from plugins import Only

from genloop import catalog
from genloop.data.extras import needs_extra
from genloop.data.text.grammar import StoryGrammar
from genloop.errors import UserError
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.families.lm.sampling import Sampling
from genloop.families.vae.estimator import VAE
from genloop.metrics.diversity import Diversity
from genloop.metrics.fidelity import PixelFidelity
from genloop.metrics.image_loss import ImageLoss
from genloop.metrics.modes import Modes
from genloop.metrics.text import TestLoss
from genloop.paper import image_scales
from genloop.paper import language_scales as scales
from genloop.recipes.images import digits
from genloop.study import everything
from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import simulated
from genloop.study.page import write_pages
from genloop.study.recipe_loops import RecipeScale
from genloop.study.request import Request


def test_figure_2_holds(genloop, tmp_path):
    code, out, err = genloop("reproduce", "figure2", "--out", tmp_path / "figures")
    assert code == 0, err
    assert "claims hold" in out
    assert (tmp_path / "figures" / "figure2.png").stat().st_size > 10_000


ALL = "genloop.study.everything:reproduce_all"


def failing(directory):
    true = Claim.of("one is one", expected=1.0, measured=1.0, standard_error=0.1)
    false = Claim.of("one is two", expected=2.0, measured=1.0, standard_error=0.1)
    return Reproduction("a false claim", (true, false))


def test_failed_claim_is_exit_code_1(genloop, monkeypatch):
    monkeypatch.setattr(catalog, "STUDIES", Only("target", {"false": f"{__name__}:failing"}))
    code, out, _ = genloop("reproduce", "false")
    assert code == 1
    assert "1 of 2 claims FAIL" in out


def test_unknown_target_is_one_sentence(genloop):
    code, _, err = genloop("reproduce", "figure22")
    assert code == 2
    assert "Did you mean 'figure2'" in " ".join(err.split())


def test_simulation_has_no_scale(genloop):
    code, _, err = genloop("reproduce", "figure2", "--scale", "laptop", "--seeds", "0")
    assert code == 2
    assert "figure2 has no scale; leave --scale and --seeds out." in " ".join(err.split())


def simulated_target(request):
    assert (request.scale, request.seeds, request.store_dir) == (None, None, None)
    true = Claim.of("one is one", expected=1.0, measured=1.0, standard_error=0.1)
    found = Reproduction("a simulation", (true,), computation=simulated("theory", time.perf_counter()))
    return write_pages(found, request.directory("theory"))


def without_extra(request):
    with needs_extra("molecules"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401


def without_package(request):
    raise ModuleNotFoundError("no rdkit", name="rdkit")


def interrupted(request):
    raise KeyboardInterrupt


def tiny() -> scales.LanguageScale:
    short = Sampling(max_length=16)
    gpt2 = GPT2(width=16, num_layers=1, num_heads=2, context=16, batch=2, learning_rate=1e-2, sampling=short)
    llamas = {
        f"llama-{size}m": Llama(
            width=width, num_layers=1, num_heads=2, inner=8, context=16, batch=2, learning_rate=1e-2, sampling=short
        )
        for size, width in ((12, 8), (42, 12), (126, 16))
    }
    return replace(
        scales.laptop(),
        name="tiny",
        source=StoryGrammar(num_train=500, num_test=50, vocabulary=300),
        num_samples=320,
        passes=1,
        estimators={"gpt2-9m": gpt2, **llamas},
        metrics=(TestLoss(num_tokens=300), Diversity(num_tokens=300)),
        seeds=(0,),
    )


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def at_tiny_scale(genloop, monkeypatch, shared_store):
    """Return a function that reproduces a target with models too small for its claims."""
    monkeypatch.setattr(scales, "SCALES", {**scales.SCALES, "tiny": tiny})
    options = ("--scale", "tiny", "--store", shared_store, "--threads", 1)
    return lambda target, *more: genloop("reproduce", target, *options, *more)


def test_table_2_stands_beside_the_paper_and_runs_once(at_tiny_scale, tmp_path):
    code, out, err = at_tiny_scale("table2")
    assert code in (0, 1), err
    assert "16 of 16: Llama-2 (126M), replace" in err
    page = (tmp_path / "runs/tiny/table2.md").read_text()
    assert "`genloop reproduce table2 --scale tiny`" in page
    assert re.search(r"\| GPT-2 \(9M\) \| \d\.\d{3} \(1\.82\) \| [+-]\d\.\d{3} \(-0\.07\) \|", page)
    assert str(tmp_path) not in page

    found = json.loads((tmp_path / "runs/tiny/table2.json").read_text())
    assert len(found["claims"]) == 27
    assert code == int(any(claim["holds"] is False for claim in found["claims"]))
    rows = next(loop["rows"] for loop in found["loops"] if loop["name"] == "GPT-2 (9M)")
    assert {row["metric"] for row in rows} >= {"test_loss", "distinct_2"}

    again, same, err = at_tiny_scale("table2")
    assert (again, same) == (code, out)
    assert "fit" not in err

    code, out, _ = at_tiny_scale("table2", "--plan")
    assert (code, "steps are done" in out) == (0, True)


@pytest.mark.parametrize("target", ["figure3", "figure4", "figure10", "figure11"])
def test_figures_are_drawn(at_tiny_scale, tmp_path, target):
    code, _, err = at_tiny_scale(target, "--out", "here")
    assert code in (0, 1), err
    assert (tmp_path / f"here/{target}.png").stat().st_size > 10_000
    assert f"]({target}.png)" in (tmp_path / f"here/{target}.md").read_text()


def test_all_targets_share_a_folder_and_an_index(at_tiny_scale, monkeypatch, tmp_path):
    """With one seed `figure10` may fail or not, but all say so: exit code, page, index."""
    mine = {"theory": f"{__name__}:simulated_target"}
    known = {name: catalog.STUDIES.find(name).place for name in ("figure10", "figure4", "all")}
    monkeypatch.setattr(catalog, "STUDIES", Only("target", {**mine, **known}))
    monkeypatch.setattr(everything, "SCALES", ("tiny",))
    (tmp_path / "here").mkdir()
    (tmp_path / "here/remarks.md").write_text("## figure4\n\nWe looked at this one.\n")

    code, out, err = at_tiny_scale("all", "--seeds", "0", "--out", "here")
    assert code in (0, 1), err
    for name in ("theory", "figure4", "figure10"):
        assert (tmp_path / f"here/{name}.md").exists()
    page, numbers = (tmp_path / f"here/{name}" for name in ("README.md", "figure10.json"))
    index, claims = page.read_text(), json.loads(numbers.read_text())["claims"]
    assert code == int("FAIL" in index)
    assert "`genloop reproduce all --scale tiny --seeds 0`" in index
    assert "](figure10.png)" in index
    assert index.count("We looked at this one.") == 1
    assert "We looked at this one." in (tmp_path / "here/figure4.md").read_text()
    assert all(f"| {claim['text']} | " in index for claim in claims)
    assert str(tmp_path) not in index
    assert "here/README.md" in out

    assert at_tiny_scale("all", "--seeds", "0", "--out", "here")[0] == code
    code, out, _ = at_tiny_scale("all", "--seeds", "0", "--out", "here", "--plan")
    assert code == 0
    assert re.search(r"Together, where what they share counts once: All \d+ steps are done.", " ".join(out.split()))


@pytest.mark.parametrize(
    ("missing", "command"),
    [("without_extra", "genloop[molecules]"), ("without_package", "rdkit is not installed. Run: pip install")],
)
def test_a_target_without_its_extra_does_not_stop_the_others(genloop, monkeypatch, tmp_path, missing, command):
    mine = {"figure5": missing, "theory": "simulated_target"}
    targets = {name: f"{__name__}:{function}" for name, function in mine.items()}
    monkeypatch.setattr(catalog, "STUDIES", Only("target", {**targets, "all": ALL}))
    code, out, err = genloop("reproduce", "all")
    assert code == 2
    assert command in " ".join(out.split())
    assert "figure5 cannot be computed" in " ".join(err.split())
    index = (tmp_path / "runs/laptop/README.md").read_text()
    assert "## What could not be computed\n\n- figure5: " in index
    assert "one is one" in index


@pytest.mark.parametrize("target", sorted(catalog.STUDIES.keys() - {"all"}))
def test_targets_without_a_scale_are_known_to_all(tmp_path, target):
    function = catalog.STUDIES.load(target)
    with pytest.raises(UserError) as problem:
        function(Request(out_dir=tmp_path, scale="lapto"))
    assert (f"{target} has no scale" in str(problem.value)) == (target in everything.SIMULATIONS)
    assert ("Did you mean 'laptop'" in str(problem.value)) == (target not in everything.SIMULATIONS)


def test_an_interruption_of_all_stops_all(genloop, monkeypatch):
    mine = {"figure5": f"{__name__}:interrupted", "all": ALL}
    monkeypatch.setattr(catalog, "STUDIES", Only("target", mine))
    code, _, err = genloop("reproduce", "all")
    assert code == 130
    assert "The same command continues" in " ".join(err.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("--scale", "lapto"), "Did you mean 'laptop'"), (("--train", "text.txt"), "cannot serve all targets")],
)
def test_bad_input_of_all_is_one_sentence_before_anything_runs(genloop, tmp_path, arguments, message):
    code, _, err = genloop("reproduce", "all", *arguments)
    assert code == 2
    assert message in " ".join(err.split())
    assert not (tmp_path / "runs").exists()


def test_table_1_shows_documents(at_tiny_scale, tmp_path):
    assert at_tiny_scale("table1")[0] == 0
    page = (tmp_path / "runs/tiny/table1.md").read_text()
    for model, iteration, policy in (("Llama-2 (126M)", 8, "replace"), ("GPT-2 (9M)", 5, "accumulate")):
        assert f"| {model} | {iteration} | {policy} | " in page


def test_controls_stand_beside_real_data(at_tiny_scale, tmp_path):
    code, _, err = at_tiny_scale("controls")
    assert code in (0, 1), err
    page = (tmp_path / "runs/tiny/controls.md").read_text()
    assert "| matched optimiser steps | accumulate |" in page
    assert re.search(r"\| distinct_2 \|( \d\.\d{3} \|){4}", page)


def test_own_text_at_any_scale_is_planned_and_not_fitted(genloop, tmp_path):
    stories = "<|endoftext|>".join(f"Story {n}: the cat saw {n} dogs and ran to house {n * n}." for n in range(4000))
    (tmp_path / "train.txt").write_text(stories)
    code, out, err = genloop("reproduce", "table2", "--scale", "paper", "--train", "train.txt", "--plan")
    assert code == 0, err
    assert "of them fits over" in out
    assert "fit done" not in err


def tiny_images() -> RecipeScale:
    estimator = VAE(channels=(4, 8), latent=2, noise=0.3, epochs=1)
    metrics = (ImageLoss(num_images=50), Modes(num_images=50, num_clusters=5), PixelFidelity(num_images=50))
    recipe = replace(digits(), estimator=estimator, metrics=metrics, num_samples=200, num_iterations=3)
    return RecipeScale("tiny", recipe, "Tiny.")


@pytest.mark.parametrize(("target", "num_claims"), [("figure6", 5), ("figure7", 6), ("figure12", 2)])
def test_figures_of_images_are_drawn(genloop, monkeypatch, shared_store, tmp_path, target, num_claims):
    monkeypatch.setattr(image_scales, "SCALES", {"tiny": tiny_images})
    code, _, err = genloop("reproduce", target, "--scale", "tiny", "--store", shared_store, "--threads", 1)
    assert code in (0, 1), err
    assert (tmp_path / f"runs/tiny/{target}.png").stat().st_size > 10_000
    found = json.loads((tmp_path / f"runs/tiny/{target}.json").read_text())
    assert len(found["claims"]) == num_claims
    assert code == int(any(claim["holds"] is False for claim in found["claims"]))
    assert all(claim["unit"] for claim in found["claims"])
    page = (tmp_path / f"runs/tiny/{target}.md").read_text()
    assert f"]({target}.png)" in page
    assert "| VAE, replace | vae | 200 | 3 | 0 |" in page


def test_faces_are_not_shown_without_being_given(genloop):
    code, _, err = genloop("reproduce", "figure7", "--scale", "paper")
    assert code == 2
    assert "needs CelebA. Give --train img_align_celeba" in " ".join(err.split())
