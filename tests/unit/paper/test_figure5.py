"""Figure 5: its claims on made-up losses, its scales, and a tiny study from end to end."""

import json
from dataclasses import replace

import pytest

from genloop.data.molecules.drug_like import DrugLike
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.geom_drugs import GeomDrugs
from genloop.errors import UserError
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.geodiff.sampling import Sampling
from genloop.metrics.denoising import DenoisingLoss
from genloop.metrics.geometry import Geometry
from genloop.paper import molecule_scales
from genloop.paper.figure5 import MATCHED, NAME, claims, reproduce_figure5
from genloop.paper.molecule_scales import SCALES, find_molecule_scale
from genloop.recipes.molecules import conformers
from genloop.study.curves import Curves
from genloop.study.recipe_loops import RecipeScale
from genloop.study.request import Request
from genloop.types import Runtime

AS_IN_THE_PAPER = {"replaced": (0.2, 0.3, 0.32), "accumulated": (0.2, 0.19, 0.205), "matched": (0.2, 0.22, 0.23)}


def verdicts(**losses: tuple[float, ...]) -> list[bool | None]:
    """Return the verdicts on losses by iteration, which two seeds share."""
    names = {"replaced": (NAME, "replace"), "accumulated": (NAME, "accumulate"), "matched": (MATCHED, "accumulate")}
    by_iteration = {
        names[name]: {number: [value, value] for number, value in enumerate(values, start=1)}
        for name, values in (AS_IN_THE_PAPER | losses).items()
    }
    return [claim.holds for claim in claims(Curves(by_iteration, "squared error"))]


def test_claims_hold_where_losses_are_as_in_the_paper():
    assert verdicts() == [True, True, True, True]


@pytest.mark.parametrize(
    ("losses", "failing"),
    [
        ({"replaced": (0.2, 0.19, 0.19)}, 0),
        ({"replaced": (0.2, 0.23, 0.32)}, 1),
        ({"accumulated": (0.2, 0.21, 0.22)}, 2),
        ({"matched": (0.2, 0.25, 0.27)}, 3),
    ],
)
def test_each_claim_can_fail(losses, failing):
    assert verdicts(**losses)[failing] is False


def test_own_molecules_take_the_place_of_a_scales():
    assert isinstance(find_molecule_scale(Request()).source, DrugLike)
    scale = find_molecule_scale(Request(train="a.sdf.gz", test="b.sdf"))
    assert scale.source == ConformerFiles("a.sdf.gz", "b.sdf")
    assert "a.sdf.gz" in scale.about
    assert find_molecule_scale(Request(scale="paper", train="rdkit_folder")).source == GeomDrugs("rdkit_folder")
    with pytest.raises(UserError, match=r"Scale paper needs GEOM-Drugs\. Give --train"):
        find_molecule_scale(Request(scale="paper"))
    with pytest.raises(UserError, match="Did you mean 'laptop'"):
        find_molecule_scale(Request(scale="lapto"))


def test_the_largest_scale_is_the_papers():
    """Section 3.2: GeoDiff, 40,000 conformations, 50 steps of sampling, 8 iterations."""
    recipe = SCALES["paper"]().recipe
    assert recipe.estimator == GeoDiff(epochs=100, sampling=Sampling(num_steps=50))
    assert (recipe.num_samples, recipe.num_iterations) == (40_000, 8)


def test_the_figure_is_drawn(tmp_path, monkeypatch):
    estimator = GeoDiff(width=4, num_global=1, num_local=1, batch=4, epochs=2, sampling=Sampling(num_steps=3))
    source, metrics = DrugLike(num_molecules=5, num_conformers=2), (DenoisingLoss(), Geometry())
    recipe = replace(conformers(), source=source, estimator=estimator, metrics=metrics, num_samples=6, num_iterations=3)
    monkeypatch.setattr(molecule_scales, "SCALES", {"laptop": lambda: RecipeScale("tiny", recipe, "Tiny.")})
    found = reproduce_figure5(Request(out_dir=tmp_path, runtime=Runtime(device="cpu", threads=1)))
    assert len(found.claims) == 4
    assert [path.name for path in found.figures] == ["figure5.png", "figure5-molecules.png"]
    assert all(path.stat().st_size > 10_000 for path in found.figures)
    page = (tmp_path / "figure5.md").read_text()
    assert "](figure5-molecules.png)" in page
    assert "| GeoDiff, replace | geodiff | 6 | 3 | 0 |" in page
    assert "| num steps: 3, kind: ancestral, clip: 10 |" in page
    assert "bond_wasserstein" in page
    assert len(json.loads((tmp_path / "figure5.json").read_text())["loops"]) == 3
