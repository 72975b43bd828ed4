"""Everything that the loop relies on in a family."""

from genloop_ddpm import DDPM

from genloop.images import Digits
from genloop.testing import check_family

TINY = DDPM(channels=(4, 8), num_noises=3, epochs=1, batch=8)


def test_contract(tmp_path):
    check_family(TINY, source=Digits(resolution=8), folder=tmp_path, num_examples=40)
