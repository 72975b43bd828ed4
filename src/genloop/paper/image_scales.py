"""How large the paper's images and VAEs are made: digits for a laptop, CelebA for one GPU or as it was."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from genloop.data.images.celeba import CelebA
from genloop.data.images.files import Images
from genloop.errors import UserError
from genloop.families.vae.estimator import VAE
from genloop.recipes.images import digits, faces
from genloop.study.loops import named_scale
from genloop.study.recipe_loops import RecipeScale
from genloop.study.request import Request


def laptop() -> RecipeScale:
    """The recipe `digits`, of two seeds."""
    about = "Digits stand for CelebA, and a small VAE for the paper's."
    return RecipeScale("laptop", replace(digits(), seeds=(0, 1)), about)


def gpu() -> RecipeScale:
    """The paper's VAE on a fifth of CelebA for 30 epochs an iteration, in bfloat16."""
    recipe = replace(faces(), estimator=VAE(epochs=30, precision="bfloat16"), num_samples=32_000)
    return RecipeScale("gpu", recipe, "A fifth of CelebA, for 30 epochs an iteration; the paper's VAE.")


def paper() -> RecipeScale:
    """The recipe `faces`."""
    return RecipeScale("paper", faces(), "CelebA and the paper's VAE, for 100 epochs an iteration.")


SCALES: Mapping[str, Callable[[], RecipeScale]] = {"laptop": laptop, "gpu": gpu, "paper": paper}


def find_image_scale(request: Request) -> RecipeScale:
    """Return the scale that is asked for, on the user's own images.

    `--train` alone is CelebA's `img_align_celeba` at the scales that are made for it, and any images at the others, as
    it is beside `--test`.

    Raises:
        UserError: if there is no such scale, or CelebA is needed and not given.
    """
    scale = named_scale(request.scale, SCALES)
    is_celeba = isinstance(scale.source, CelebA)
    if request.train is None:
        if is_celeba:
            raise UserError(
                f"Scale {scale.name} needs CelebA. Give --train img_align_celeba, the folder or the zip, or images of "
                "your own with --train and --test."
            )
        return scale
    own = Images(train=request.train, test=request.test, resolution=64 if is_celeba else 32)
    source = CelebA(path=request.train) if is_celeba and request.test is None else own
    about = f"{scale.about} Here with {Path(request.train).name} as real images."
    return replace(scale, recipe=replace(scale.recipe, source=source), about=about)
