"""Images: real data, a variational autoencoder and what is measured of it (extra `images`)."""

from genloop.data.images.celeba import CelebA
from genloop.data.images.dataset import ImageDataset, Shard
from genloop.data.images.digits import Digits
from genloop.data.images.domain import ImageDomain
from genloop.data.images.files import Images
from genloop.data.images.hub import HubImages
from genloop.families.vae.estimator import VAE
from genloop.metrics.attributes import AttributeShares
from genloop.metrics.fidelity import EncoderFidelity, PixelFidelity
from genloop.metrics.image_loss import ImageLoss
from genloop.metrics.inception import InceptionFID
from genloop.metrics.modes import Modes

__all__ = [
    "VAE",
    "AttributeShares",
    "CelebA",
    "Digits",
    "EncoderFidelity",
    "HubImages",
    "ImageDataset",
    "ImageDomain",
    "ImageLoss",
    "Images",
    "InceptionFID",
    "Modes",
    "PixelFidelity",
    "Shard",
]
