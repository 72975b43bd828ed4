"""Image data sets: views give the images, weights and labels that a plain array in memory would."""

import numpy as np
import pytest

from genloop.data.images.dataset import IMAGES_FILE, ImageDataset, Shard


def pictures(num: int, first: int = 0) -> np.ndarray:
    """Return images whose pixels all say which image it is."""
    return np.broadcast_to(np.arange(first, first + num, dtype=np.uint8)[:, None, None, None], (num, 4, 4, 3)).copy()


@pytest.fixture
def union() -> ImageDataset:
    """Images 0 to 4 with weight 1 and labels, then 12 to 17 with weight 0.5."""
    labelled = ImageDataset.of([Shard(pictures(5), np.eye(5, 2, dtype=np.uint8))], ["first", "second"])
    more = ImageDataset.of([Shard(pictures(2, 10)), Shard(pictures(6, 12))])
    return labelled.concat([more.slice(2, 8).weighted(0.5)])


def numbers(data: ImageDataset) -> list[int]:
    return data.read(np.arange(len(data)))[:, 0, 0, 0].tolist()


def test_views_keep_order_and_weights(union):
    assert numbers(union) == [0, 1, 2, 3, 4, 12, 13, 14, 15, 16, 17]
    assert union.weights.tolist() == [1.0] * 5 + [0.5] * 6
    cut = union.slice(3, 8)
    assert numbers(cut) == [3, 4, 12, 13, 14]
    assert cut.weights.tolist() == [1, 1, 0.5, 0.5, 0.5]
    assert union.read(np.array([7, 0, 7]))[:, 0, 0, 0].tolist() == [14, 0, 14]


def test_draw_is_without_replacement_and_takes_weights_along(union):
    drawn = union.draw(6, seed=3)
    assert len(set(numbers(drawn))) == 6
    assert numbers(drawn) != sorted(numbers(drawn))
    assert [0.5 if number >= 12 else 1.0 for number in numbers(drawn)] == drawn.weights.tolist()
    assert numbers(union.draw(6, seed=3)) == numbers(drawn) != numbers(union.draw(6, seed=4))


def test_labels_follow_their_images_and_are_absent_if_one_image_has_none(union):
    labels = union.slice(0, 5).draw(5, seed=0).read_labels()
    order = numbers(union.slice(0, 5).draw(5, seed=0))
    assert labels is not None
    assert labels.tolist() == np.eye(5, 2, dtype=int)[order].tolist()
    assert union.read_labels() is None


def test_saved_images_open_again_and_come_in_chunks(union, tmp_path):
    union.save(tmp_path)
    opened = ImageDataset.open(tmp_path / IMAGES_FILE)
    assert numbers(opened) == numbers(union)
    assert opened.shape == (4, 4, 3)
    starts, sizes = zip(*((start, len(images)) for start, images in opened.chunks(4)), strict=True)
    assert (starts, sizes) == ((0, 4, 8), (4, 4, 3))
