"""VAEs of images: digits in minutes on a laptop, and the faces of section 3.3 of arXiv 2404.01413."""

from genloop.data.images.celeba import CelebA
from genloop.data.images.digits import Digits
from genloop.experiment import Experiment
from genloop.families.vae.estimator import VAE
from genloop.metrics.fidelity import EncoderFidelity, PixelFidelity
from genloop.metrics.image_loss import ImageLoss
from genloop.metrics.modes import Modes
from genloop.policies import Accumulate, Replace

METRICS = (ImageLoss(), Modes(), PixelFidelity(), EncoderFidelity())


def digits() -> Experiment:
    """Replace against accumulate on handwritten digits: a small VAE, in minutes on two cores."""
    return Experiment(
        name="digits",
        source=Digits(),
        estimator=VAE(channels=(32, 64, 128), latent=16, noise=0.3, epochs=6),
        policies=(Replace(), Accumulate()),
        metrics=METRICS,
        num_iterations=5,
        num_samples=4000,
    )


def faces() -> Experiment:
    """The study's VAE on CelebA: --set source.path=img_align_celeba, the folder or the zip; 100 epochs an iteration."""
    return Experiment(
        name="faces",
        source=CelebA(path="YOUR_CELEBA/img_align_celeba"),
        estimator=VAE(epochs=100),
        policies=(Replace(), Accumulate()),
        metrics=METRICS,
        num_iterations=5,
    )
