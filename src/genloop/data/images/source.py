"""Sources of images: whatever is found becomes squares of bytes, decoded once.

A kind of source adds where its images come from. A prepared folder holds `train.npy` and `test.npy`, shape (image, row,
column, channel), uint8, `train_labels.npy` and `test_labels.npy` where attributes are known, and `info.json`, which
names the attributes and says how many images are in and which are left out.
"""

import json
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from genloop.data.images.decoding import DecodedPart, decode_part
from genloop.data.images.distinct import NUM_NAMED, Choice, divide
from genloop.data.images.domain import INFO_FILE, ImageDomain
from genloop.data.images.pixels import WHITE_OF_16_BITS, Channels, Framing
from genloop.data.images.raw import RawImages, RawPart
from genloop.data.images.writing import write_images
from genloop.data.left_out import write_left_out
from genloop.errors import UserError, unknown_name
from genloop.types import Context

LARGEST = 1024  # rows and columns
NEAR_BLACK = 15  # of 255
CHUNK_BYTES = 1 << 22  # copied at a time
Broken = Literal["refuse", "skip"]


@dataclass(frozen=True, kw_only=True)
class ImageSource(ABC):
    """Real images.

    Attributes:
        resolution: rows and columns that images get.
        channels: `rgb` or `grey`.
        broken: what is done about images that cannot be decoded or are too large: `refuse` them, so that nothing is
            lost unnoticed, or `skip` them; either way they are named.
        white: the value that is white in images of 16 or 32 bits, such as 4095 of 12 bits; None takes all 16 bits, and
            refuses images that use less than half of them.
    """

    resolution: int = 64
    channels: Channels = "rgb"
    broken: Broken = "refuse"
    white: float | None = None

    def __post_init__(self) -> None:
        if self.white is not None and not 0 < self.white < math.inf:
            raise UserError(f"white={self.white} is no brightness. Use such as 4095, or leave it out.")
        if not 1 <= self.resolution <= LARGEST:
            raise UserError(f"resolution={self.resolution} is not between 1 and {LARGEST}. Use 32, 64 or 128.")
        if self.channels not in get_args(Channels):
            raise unknown_name("choice of channels", self.channels, get_args(Channels))
        if self.broken not in get_args(Broken):
            raise unknown_name("treatment of broken images", self.broken, get_args(Broken))

    @abstractmethod
    def read(self) -> RawImages:
        """Find the images."""

    @abstractmethod
    def images_identity(self) -> dict[str, Any]:
        """Return what determines the images, as plain values."""

    @property
    def framing(self) -> Framing:
        """What images become."""
        return Framing(self.resolution, self.channels, white=self.white)

    def identity(self) -> dict[str, Any]:
        settings: dict[str, Any] = {name: getattr(self, name) for name in ("resolution", "channels", "broken")}
        if self.white is not None:  # keys from before there was such a setting
            settings["white"] = self.white
        return {**self.images_identity(), **settings}

    def prepare(self, directory: Path, context: Context) -> None:
        raw = self.read()
        parts = {"train": raw.train} if raw.test is None else {"train": raw.train, "test": raw.test}
        decoded = self._decode(parts, directory, context)
        broken = [reason for part in decoded.values() for reason in part.broken]
        if broken and self.broken == "refuse":
            raise _refusal(broken, sum(part.num for part in parts.values()))
        if self.white is None:
            _check_brightness([each for part in decoded.values() for each in part.brightest])
            _check_lightness(max(part.lightest for part in decoded.values()))

        train, test = divide(decoded["train"], decoded.get("test"))
        _save(train, directory, "train")
        _save(test, directory, "test")
        info = {
            **raw.facts,
            "attributes": raw.attributes,
            "train": train.facts(),
            "test": test.facts(),
            "broken": {"number": len(broken), "such_as": broken[:NUM_NAMED]},
            "not_used": {name: _first(part.not_used) for name, part in parts.items() if any(part.not_used.values())},
        }
        (directory / INFO_FILE).write_text(json.dumps(info, indent=2) + "\n", "utf-8")
        chosen = {"train": train, "test": test}
        write_left_out(directory, {name: _left_out(part, chosen[name]) for name, part in parts.items()})
        for name in decoded:
            _working_file(directory, name).unlink()

    def _decode(self, parts: dict[str, RawPart], directory: Path, context: Context) -> dict[str, DecodedPart]:
        num_threads = context.runtime.threads or os.cpu_count() or 1
        total = sum(part.num for part in parts.values())
        decoded: dict[str, DecodedPart] = {}
        before = 0
        for name, part in parts.items():
            report, path = context.counter(total, before), _working_file(directory, name)
            decoded[name] = decode_part(part, path, self.framing, num_threads=num_threads, report=report)
            before += part.num
        return decoded

    def open(self, directory: Path) -> ImageDomain:
        return ImageDomain(directory)


def _working_file(directory: Path, part: str) -> Path:
    return directory / f"{part}.pixels"


def _refusal(broken: list[str], total: int) -> UserError:
    others = f", and {len(broken) - 1:,} more of {total:,} images cannot be used" if len(broken) > 1 else ""
    return UserError(f"{broken[0]}{others}. Repair or remove what is broken, or set broken to skip.")


def _check_brightness(brightest: Sequence[int]) -> None:
    """Raise UserError if most images of 16 bits are so dark that they must have fewer."""
    dark = [each for each in brightest if each <= WHITE_OF_16_BITS // 2]
    if len(dark) > len(brightest) / 2:
        bits = max(9, max(dark).bit_length())
        which = "The images have" if len(dark) == len(brightest) else f"{len(dark):,} of {len(brightest):,} images have"
        raise UserError(
            f"{which} 16 bits a channel, but no value is above {max(dark):,}, so white may be {2**bits - 1:,} "
            f"({bits} bits) and they would become near-black. Set white, such as white={2**bits - 1}, or white=65535 "
            "if they are that dark; convert those in colour to 8 bits."
        )


def _check_lightness(lightest: int) -> None:
    """Raise UserError if no pixel of 8 bits is lighter than near-black, as in masks of 0 and 1."""
    if 0 < lightest <= NEAR_BLACK:
        raise UserError(
            f"No value of the images is above {lightest} of 255, so all are near-black. If {lightest} is white, as in "
            f"masks, multiply their values by {255 // lightest}."
        )


def _left_out(part: RawPart, choice: Choice) -> dict[str, int]:
    return {
        **{why: len(names) for why, names in part.not_used.items()},
        "cannot be decoded": len(choice.found.broken),
        "duplicates": choice.num_duplicates,
        "also in the test data": len(choice.overlap),
    }


def _first(not_used: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    return {why: names[:NUM_NAMED] for why, names in not_used.items() if names}


def _save(choice: Choice, directory: Path, part: str) -> None:
    pixels, rows = choice.found.pixels, choice.rows
    chunk = max(1, CHUNK_BYTES // math.prod(pixels.shape[1:]))
    chunks = (pixels[rows[start : start + chunk]] for start in range(0, len(rows), chunk))
    write_images(directory / f"{part}.npy", (len(rows), *pixels.shape[1:]), chunks)
    if choice.labels is not None:
        np.save(directory / f"{part}_labels.npy", choice.labels, allow_pickle=False)
