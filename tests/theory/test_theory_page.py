"""docs/theory.md against the code: every result has its row, and the example gives the numbers it names."""

import re
from pathlib import Path

import pytest

from genloop.theory.curves import RESULTS

PAGE = (Path(__file__).parents[2] / "docs" / "theory.md").read_text()


def test_every_result_has_its_row():
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.+?) \|$", PAGE, flags=re.MULTILINE))
    assert rows.keys() == {result.function.__name__ for result in RESULTS.values()}
    for result in RESULTS.values():
        assert rows[result.function.__name__].startswith(result.basis.status)


def test_the_example_gives_its_numbers():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    *setup, curve, share = code.strip().splitlines()
    names: dict[str, object] = {}
    exec("\n".join(setup), names)
    assert eval(curve, names)[-1] == pytest.approx(3.217, abs=5e-4)
    assert eval(share, names) == pytest.approx(0.951, abs=5e-4)
