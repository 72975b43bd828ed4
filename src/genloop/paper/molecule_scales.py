"""How large the paper's molecules and GeoDiff are made: drug-like ones for a laptop, GEOM-Drugs as it was."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from genloop.data.molecules.files import ENDINGS, ConformerFiles
from genloop.data.molecules.geom_drugs import GeomDrugs
from genloop.errors import UserError
from genloop.families.geodiff.estimator import GeoDiff
from genloop.recipes.molecules import conformers, geodiff_paper
from genloop.study.loops import named_scale
from genloop.study.recipe_loops import RecipeScale
from genloop.study.request import Request


def laptop() -> RecipeScale:
    """The recipe `conformers`, of two seeds."""
    about = "Drug-like molecules with force-field geometries stand for GEOM-Drugs, and a small GeoDiff for the paper's."
    return RecipeScale("laptop", replace(conformers(), seeds=(0, 1)), about)


def gpu() -> RecipeScale:
    """The paper's GeoDiff on a quarter of its conformations for 30 epochs an iteration."""
    recipe = replace(geodiff_paper(), estimator=GeoDiff(epochs=30), num_samples=10_000)
    return RecipeScale("gpu", recipe, "10,000 conformations, for 30 epochs an iteration; the paper's GeoDiff.")


def paper() -> RecipeScale:
    """The recipe `geodiff-paper`."""
    return RecipeScale("paper", geodiff_paper(), "40,000 conformations and the paper's GeoDiff.")


SCALES: Mapping[str, Callable[[], RecipeScale]] = {"laptop": laptop, "gpu": gpu, "paper": paper}


def find_molecule_scale(request: Request) -> RecipeScale:
    """Return the scale that is asked for, on the user's own molecules.

    `--train` names conformers in `.sdf` or `.sdf.gz`, or GEOM-Drugs otherwise.

    Raises:
        UserError: if there is no such scale, or GEOM-Drugs is needed and not given.
    """
    scale = named_scale(request.scale, SCALES)
    if request.train is None:
        if isinstance(scale.source, GeomDrugs):
            raise UserError(
                f"Scale {scale.name} needs GEOM-Drugs. Give --train, its rdkit_folder or GeoDiff's train_data_40k.pkl, "
                "or conformers of your own in .sdf or .sdf.gz."
            )
        return scale
    kind = ConformerFiles if request.train.endswith(ENDINGS) else GeomDrugs
    source = kind(train=request.train, test=request.test)
    about = f"{scale.about} Here with {Path(request.train).name} as real molecules."
    return replace(scale, recipe=replace(scale.recipe, source=source), about=about)
