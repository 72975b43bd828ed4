"""Colours, markers and dashes: a policy keeps its own, and no two lines look alike, in colour or in print."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from genloop.catalog import POLICIES
from genloop.report.palette import COLOURS, ordered, styles

# How colour-blind readers see linear RGB, without the cones for red, green or blue (Machado et al. 2009, table 1).
SIGHT = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
WHITE = [0.95047, 1.0, 1.08883]
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    """Return the light of an sRGB colour (IEC 61966-2-1)."""
    channels = np.array(to_rgb(colour))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """Return CIELAB, where the distance 2.3 is just noticed."""
    ratio = TO_XYZ @ np.clip(light, 0, 1) / WHITE
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("reader", SIGHT)
def test_colours_are_told_apart_by_everyone(reader: str):
    """At least six times what is just noticed lies between any two."""
    seen = [lab(np.array(SIGHT[reader]) @ linear(colour)) for colour in COLOURS]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 6 * 2.3


def test_every_policy_has_its_own_colour_and_marker():
    found = styles(POLICIES)
    assert len({style.colour for style in found.values()}) == len(POLICIES)
    assert len({style.marker for style in found.values()}) == len(POLICIES)
    assert {style.dash for style in found.values()} == {()}


@pytest.mark.parametrize(
    "label", ["replace", "accumulate", "window(3)", "mix(real=0.1)", "accumulate, matched steps", "demo · accumulate"]
)
def test_a_policy_keeps_its_colour_whatever_stands_beside_it(label: str):
    alone = styles([label])[label]
    assert styles(["Llama-2 (12M)", "EverySecond(first=2)", *POLICIES, label])[label].colour == alone.colour
    policy = label.split("· ")[-1].split("(")[0].split(",")[0]
    assert alone == styles([policy])[policy]


def test_lines_of_one_policy_differ_in_marker_and_dash():
    labels = [f"mix(real=0.{digit})" for digit in range(1, 5)]
    found = [styles(labels)[label] for label in labels]
    assert len({style.colour for style in found}) == 1
    assert len({style.marker for style in found}) == len({style.dash for style in found}) == 4


def test_other_names_take_the_colours_that_are_left():
    labels = ["replace", *(f"model {number}" for number in range(20)), "accumulate"]
    found = styles(labels)
    assert len(set(found.values())) == len(labels)
    taken = {found["replace"].colour, found["accumulate"].colour}
    assert not taken & {found[f"model {number}"].colour for number in range(20)}


@pytest.mark.parametrize("num", [1, 2, 5, 40])
def test_ordered_colours_grow_lighter(num: int):
    lightness = [lab(linear(colour))[0] for colour in ordered(num)]
    assert len(lightness) == num
    assert lightness == sorted(set(lightness))
