"""Figures 6, 7 and 12: their claims on made-up values, their scales, and whose images they show."""

from dataclasses import replace

import numpy as np
import pytest

from genloop.data.images.celeba import CelebA
from genloop.data.images.files import Images
from genloop.errors import UserError
from genloop.paper.image_claims import MATCHED, NAME, diversity_claims, loss_claims, reconstruction_claims
from genloop.paper.image_figures import BASELINE, CONTROL, LOOPS, NUM_IMAGES, reconstruction_grids, sample_grids
from genloop.paper.image_scales import SCALES, find_image_scale
from genloop.policies import Accumulate, Replace
from genloop.recipes.images import digits
from genloop.report.samples import sampled
from genloop.study.claims import Claim
from genloop.study.compute import compute
from genloop.study.curves import Curves
from genloop.study.recipe_loops import RecipeScale
from genloop.study.request import Request
from genloop.study.study import Study
from genloop.types import Runtime

FASTER = ("accumulate", [(10.0, 12.0), (10.0, 12.0), (30.0, 29.0)])


def measured(replaced: list[tuple[float, ...]], accumulated: list[tuple[float, ...]]) -> Curves:
    """Return values by iteration and, within one, by seed."""
    found = {}
    for name, policy, values in ((NAME, "replace", replaced), (NAME, "accumulate", accumulated), (MATCHED, *FASTER)):
        found[name, policy] = {number: list(seeds) for number, seeds in enumerate(values, start=1)}
    return Curves(found, "nats/image")


RISING = [(10.0, 12.0), (20.0, 20.0), (40.0, 30.0)]
SLOWER = [(10.0, 12.0), (15.0, 13.0), (20.0, 14.0)]


def verdicts(claims: list[Claim]) -> list[bool | None]:
    return [claim.holds for claim in claims]


def test_claims_hold_where_values_are_as_in_the_paper():
    assert verdicts(loss_claims(measured(RISING, SLOWER))) == [True, True, True, True, False]  # the control: 20, 17
    assert verdicts(reconstruction_claims(measured(RISING, SLOWER))) == [True, True]
    falling = measured([(9.0, 8.0), (5.0, 4.0), (1.0, 1.0)], [(9.0, 8.0), (7.0, 6.0), (5.0, 5.0)])
    assert verdicts(diversity_claims("vendi_pixels", falling)) == [True, True]


def test_a_rise_must_be_one_at_every_iteration_and_of_every_seed():
    once_lower = [(10.0, 12.0), (9.0, 20.0), (40.0, 30.0)]
    assert verdicts(loss_claims(measured(once_lower, SLOWER)))[0] is None
    both_lower = [(10.0, 12.0), (9.0, 11.0), (40.0, 30.0)]
    claim = loss_claims(measured(both_lower, SLOWER))[0]
    assert (claim.holds, claim.measured, claim.unit) == (False, -1.0, "nats/image")


def test_a_value_that_is_not_finite_holds_nothing_in_its_seed():
    """So a claim is undecided where the other seed agrees with it, and fails where no seed does; no mean is shown."""
    one, both = ([(10.0, 12.0), values, (40.0, 30.0)] for values in ((np.nan, 20.0), (np.nan, np.nan)))
    claims = [loss_claims(measured(rising, SLOWER))[0] for rising in (one, both)]
    assert verdicts(claims) == [None, False]
    assert [claim.measured_text for claim in claims] == ["not finite", "not finite"]


def test_less_than_half_is_half_at_most():
    """Replace rises by 30 and 18; accumulate by 14 and 10."""
    claim = loss_claims(measured(RISING, [(10.0, 12.0), (15.0, 13.0), (24.0, 22.0)]))[2]
    assert (claim.holds, claim.measured) == (None, 0.0)
    assert claim.standard_error == pytest.approx(1.0)


def test_diversity_that_stays_or_is_lower_for_accumulate_fails():
    assert verdicts(diversity_claims("x", measured(RISING, SLOWER))) == [False, False]


def test_own_images_take_the_place_of_a_scales():
    digit = find_image_scale(Request(train="a.npz"))
    assert digit.source == Images(train="a.npz", test=None, resolution=32)
    assert "a.npz" in digit.about
    celeba = find_image_scale(Request(scale="paper", train="img_align_celeba"))
    assert celeba.source == CelebA(path="img_align_celeba")
    other = find_image_scale(Request(scale="gpu", train="a.npz", test="b.npz"))
    assert other.source == Images(train="a.npz", test="b.npz", resolution=64)
    with pytest.raises(UserError, match="Scale paper needs CelebA"):
        find_image_scale(Request(scale="paper"))
    with pytest.raises(UserError, match="Did you mean 'laptop'"):
        find_image_scale(Request(scale="lapto"))


def test_the_largest_scale_is_the_papers():
    """Section 3.3 and appendix 9: 64x64, 32 to 512 channels, a code of 128, 100 epochs, all images."""
    recipe = SCALES["paper"]().recipe
    assert recipe.source.framing.shape == (64, 64, 3)  # type: ignore[attr-defined]
    estimator = recipe.estimator
    assert (estimator.channels, estimator.latent, estimator.epochs) == ((32, 64, 128, 256, 512), 128, 100)  # type: ignore[attr-defined]
    assert recipe.num_samples is None


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return a finished study of tiny VAEs on noise, with two seeds."""
    folder = tmp_path_factory.mktemp("study")
    random = np.random.default_rng(0)
    np.savez(folder / "a.npz", images=random.integers(0, 256, (80, 16, 16), dtype=np.uint8))
    estimator = replace(digits().estimator, channels=(4, 8), latent=3, epochs=1)  # type: ignore[type-var]
    source = Images(str(folder / "a.npz"), resolution=16, channels="grey")
    recipe = replace(digits(), source=source, estimator=estimator, metrics=(), num_samples=40, num_iterations=3)
    scale = RecipeScale("tiny", replace(recipe, seeds=(3, 4)), "Noise.")
    request = Request(out_dir=folder / "out", runtime=Runtime(device="cpu", threads=1))
    seen: list[Study] = []
    compute("none", "Nothing", LOOPS, scale, request, lambda study: seen.append(study) or study.found(()))
    return seen[0]


def test_samples_are_those_of_each_policy_and_iteration(study):
    grids = sample_grids(study)
    assert {heading: list(rows) for heading, rows in grids.items()} == {
        heading: ["iteration 2", "iteration 3"] for heading in ("replace", "accumulate", BASELINE)
    }
    for loop, heading in zip(LOOPS, ("replace", "accumulate"), strict=True):
        run = study.run(loop)
        (item,) = [item for item in run.record.iterations if (item.seed, item.iteration) == (3, 3)]
        expected = sampled(run, item, NUM_IMAGES).images
        assert np.array_equal(grids[heading]["iteration 3"], expected)
    first = sampled(study.run(LOOPS[0]), study.run(LOOPS[0]).record.iterations[0], 2 * NUM_IMAGES).images
    assert np.array_equal(np.concatenate(list(grids[BASELINE].values())), first)
    assert not np.array_equal(grids["replace"]["iteration 3"], grids["accumulate"]["iteration 3"])


def test_reconstructions_are_of_the_same_test_images(study):
    grids = reconstruction_grids(study)
    rows = ["test images", "iteration 1", "iteration 2", "iteration 3"]
    assert [list(grids[heading]) for heading in ("replace", "accumulate", BASELINE)] == [rows, rows, rows[:2]]
    run = study.run(LOOPS[0])
    test = np.load(run.store.path(run.record.source) / "test.npy")[:NUM_IMAGES]
    for heading in grids:
        assert np.array_equal(grids[heading]["test images"], test)
        assert np.array_equal(grids[heading]["iteration 1"], grids[BASELINE]["iteration 1"])
    assert not np.array_equal(grids["replace"]["iteration 2"], grids["replace"]["iteration 1"])
    assert not np.array_equal(grids["replace"]["iteration 3"], grids["accumulate"]["iteration 3"])


def test_settings_are_all_of_the_estimator(study):
    settings = LOOPS[0].settings(study.run(LOOPS[0]))
    assert settings.items() >= {
        ("model", "vae"), ("T (images)", "40"), ("iterations", "3"), ("seeds", "3, 4"), ("channels", "4, 8"),
        ("learning rate", "0.001"), ("noise", "0.3"),
    }  # fmt: skip
    assert "num steps" not in settings  # epochs decide


def test_the_control_takes_as_many_steps_in_all_fits_as_the_first():
    """The first fit of 4,000 images is the same, so it is computed once."""
    plain, matched = (loop.experiment(SCALES["laptop"](), 4000, None).estimator for loop in (LOOPS[1], CONTROL))
    assert matched.resolved_steps(20_000) == plain.resolved_steps(4000) < plain.resolved_steps(20_000)  # type: ignore[attr-defined]
    assert matched.fit_identity(4000) == plain.fit_identity(4000)


def test_loops_differ_by_policy_alone(study):
    replaced, accumulated = (study.experiment(loop) for loop in LOOPS)
    assert (replaced.policies, accumulated.policies) == ((Replace(),), (Accumulate(),))
    assert replace(replaced, name="x", policies=(Accumulate(),)) == replace(accumulated, name="x")
