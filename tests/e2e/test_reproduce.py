"""`genloop reproduce`: figures and claims of the paper, and an exit code that a pipeline can read."""

import json
import re
from dataclasses import replace

import pytest

from genloop import catalog
from genloop.data.text.bible import Bible
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.families.lm.sampling import Sampling
from genloop.families.vae.estimator import VAE
from genloop.metrics.diversity import Diversity
from genloop.metrics.fidelity import PixelFidelity
from genloop.metrics.image_loss import ImageLoss
from genloop.metrics.modes import Modes
from genloop.metrics.text import TestLoss
from genloop.recipes.images import digits
from genloop.reproduce import image_scales
from genloop.reproduce import language_scales as scales
from genloop.reproduce.claims import Claim, Reproduction
from genloop.reproduce.recipe_loops import RecipeScale


def test_figure_2_holds(genloop, tmp_path):
    code, out, err = genloop("reproduce", "figure2", "--out", tmp_path / "figures")
    assert code == 0, err
    assert "claims hold" in out
    assert (tmp_path / "figures" / "figure2.png").stat().st_size > 10_000


def failing(directory):
    true = Claim.of("one is one", expected=1.0, measured=1.0, standard_error=0.1)
    false = Claim.of("one is two", expected=2.0, measured=1.0, standard_error=0.1)
    return Reproduction("a false claim", (true, false))


def test_failed_claim_is_exit_code_1(genloop, monkeypatch):
    monkeypatch.setattr(catalog, "REPRODUCTIONS", {"false": f"{__name__}:failing"})
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
        source=Bible(vocabulary=300),
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
    assert f"![{target}]({target}.png)" in (tmp_path / f"here/{target}.md").read_text()


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
    assert f"![{target}]({target}.png)" in page
    assert "| VAE, replace | vae | 200 | 3 | 0 |" in page


def test_faces_are_not_shown_without_being_given(genloop):
    code, _, err = genloop("reproduce", "figure7", "--scale", "paper")
    assert code == 2
    assert "needs CelebA. Give --train img_align_celeba" in " ".join(err.split())
