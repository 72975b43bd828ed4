"""Arrays that wait in a working folder: what is not exactly what was written is made again."""

import numpy as np
import pytest

from genloop.scratch import MAPPED_BYTES, kept_array


def kept(path, array):
    """Return what is found, or made, and whether it was made."""
    made = []
    return kept_array(path, lambda: made.append(True) or array), bool(made)


@pytest.mark.parametrize(
    "array", [np.arange(6.0), np.empty((0, 3)), np.ones(MAPPED_BYTES)], ids=["few", "none", "many"]
)
def test_an_array_is_made_once(tmp_path, array):
    assert kept(tmp_path / "a.npy", array)[1]
    found, is_made = kept(tmp_path / "a.npy", array + 1)
    assert not is_made
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("damage", ["a flipped bit", "torn", "empty", "gone", "no digest"])
def test_what_is_not_whole_is_made_again(tmp_path, damage):
    path, note = tmp_path / "a.npy", tmp_path / "a.npy.sha256"
    kept(path, np.arange(6.0))
    content = path.read_bytes()
    damaged = {
        "a flipped bit": content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
        "torn": content[:-3],
        "empty": b"",
    }
    if damage in damaged:
        path.write_bytes(damaged[damage])
    elif damage == "gone":
        path.unlink()
    else:
        note.unlink()
    found, is_made = kept(path, np.arange(6.0) + 1)
    assert is_made
    np.testing.assert_array_equal(found, np.arange(6.0) + 1)


def test_without_a_place_nothing_is_kept():
    assert kept(None, np.arange(2))[1]
