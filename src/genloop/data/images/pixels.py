"""An image as pixels: opened, cropped to a square, and resized, whatever it looked like before."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

Box = tuple[int, int, int, int]  # left, top, right, bottom
Channels = Literal["rgb", "grey"]

# Others can start programs, such as Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "DIB", "GIF", "TIFF", "PPM")
MAX_PIXELS = 89_478_485  # a quarter of a gigabyte of RGB, from which Pillow warns of decompression bombs
MODES = {"rgb": "RGB", "grey": "L"}
WHITE_OF_16_BITS = 65535
SPARE = 4  # pixels that are kept for each one wanted where a JPEG can be decoded at a fraction of its size


class Unusable(Exception):
    """An image that cannot be used; the message follows its name and says why."""


def centre_square(width: int, height: int) -> Box:
    """Return the largest square in the middle of an image."""
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


@dataclass(frozen=True)
class Framing:
    """What images become.

    Attributes:
        resolution: rows and columns.
        channels: `rgb` or `grey`.
        box: which square to take, given width and height; raises `Unusable` if there is none.
        white: the value that is white where channels have more than 8 bits; None for all 16 bits.
    """

    resolution: int
    channels: Channels
    box: Callable[[int, int], Box] = centre_square
    white: float | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels."""
        return self.resolution, self.resolution, len(MODES[self.channels])


@dataclass(frozen=True, eq=False)
class Pixels:
    """An image as pixels.

    Attributes:
        values: shape `Framing.shape`, uint8.
        brightest: the largest value of an image with 16 bits a channel; 0 for one of 8 bits.
    """

    values: np.ndarray
    brightest: int


def to_pixels(content: bytes | np.ndarray, framing: Framing) -> Pixels:
    """Return an image as pixels.

    It is turned as its EXIF says; what is transparent becomes white. Resizing averages over all pixels that a new one
    covers (Pillow's bilinear filter, with which VAEs on CelebA are usually trained), so nothing is aliased.

    Args:
        content: a file's bytes, or pixels, shape (row, column) or (row, column, 3), uint8.
        framing: what it becomes.

    Raises:
        Unusable: if it is no image of a known format, or too large; Pillow raises other errors at broken bytes.
    """
    image = Image.fromarray(content) if isinstance(content, np.ndarray) else _open(content)
    box = _shrink(image, framing.box(*image.size), framing.resolution)
    size = (framing.resolution, framing.resolution)
    brightest = _brightest(image)
    if brightest and image.mode[0] != "I" and framing.white not in (None, WHITE_OF_16_BITS):
        raise Unusable("has 16 bits a channel in colour, of which the upper 8 are read; convert it to 8 bits")
    opaque = _opaque(image, framing.white)
    square = opaque.convert(MODES[framing.channels]).crop(box)  # `resize` with a box looks beyond its edges
    small = square.resize(size, Image.Resampling.BILINEAR)
    small.info = image.info  # an image made opaque has lost its EXIF
    return Pixels(np.asarray(ImageOps.exif_transpose(small)).reshape(framing.shape), brightest)


def _open(content: bytes) -> Image.Image:
    """Return an image of which only the header is read."""
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise Unusable(f"is no image in a known format ({', '.join(FORMATS)})") from None
    if image.width * image.height > MAX_PIXELS:
        raise Unusable(f"has {image.width:,} x {image.height:,} pixels, more than {MAX_PIXELS:,} in all")
    return image


def _shrink(image: Image.Image, box: Box, resolution: int) -> Box:
    """Let a large JPEG be decoded at a fraction of its size, four times as fast; return where `box` is then, about."""
    width, height = image.size
    left, top, right, bottom = box
    enough = SPARE * resolution
    image.draft(None, (int(enough * width / (right - left)), int(enough * height / (bottom - top))))  # JPEG only
    across, down = image.width / width, image.height / height
    return round(left * across), round(top * down), round(right * across), round(bottom * down)


def _brightest(image: Image.Image) -> int:
    """Return the largest value of an image with 16 bits a channel, of which Pillow keeps the upper 8 in colour."""
    if image.mode.startswith("I;16"):
        return int(np.asarray(image).max())
    if not any(";16" in str(tile[3]) for tile in getattr(image, "tile", ())):
        return 0
    return 257 * int(np.asarray(image.convert("RGB")).max())


def _opaque(image: Image.Image, white: float | None) -> Image.Image:
    """Return an image in which nothing is transparent, with 8 bits a channel."""
    if image.mode.startswith("I;16") and white in (None, WHITE_OF_16_BITS):  # Pillow would clip it at 255
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode.startswith(("I", "F")):
        if white is None:
            raise Unusable("has pixels of 32 bits, of which nobody knows how bright white is; set white, such as 255")
        return _scaled(np.asarray(image).astype(np.float64), white)
    if not image.has_transparency_data:
        return image
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)


def _scaled(values: np.ndarray, white: float) -> Image.Image:
    """Return grey values from 0 to `white` as bytes."""
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= white):
        raise Unusable(f"has values from {values.min():g} to {values.max():g}, not from 0 to white={white:g}")
    return Image.fromarray(np.rint(values * (255 / white)).astype(np.uint8))
