"""YAML from outside is read as plain values or refused in a few words, in no time, wherever it is read."""

import time

import pytest

from genloop.errors import UserError
from genloop.experiment_file import read, set_value
from genloop.plain_yaml import LONGEST_REASON, UnreadableYaml, read_yaml
from genloop.policy_text import parse_policy

MULTIPLYING = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]" for i in range(9))
HOSTILE = {
    "multiplies": MULTIPLYING,
    "holds itself": "&a [*a]",
    "names a part": "[&a 1, 2]",
    "merges": "{<<: *x}",
    "deep": "[" * 900 + "]" * 900,
    "deep and open": "{" * 5000,
    "deep blocks": "- " * 3000 + "x",
    "long": "x" * (1 << 21),
    "no such day": "2024-02-30",
    "no such month": "0000-00-00",
    "many digits": "9" * 5000,
    "many hexadecimal digits": "0x" + "f" * 20_000,
    "no number": "!!int x",
    "no truth": "!!bool x",
    "no day": "!!timestamp x",
    "no bytes": "!!binary a",
    "code": "!!python/object/apply:os.system [id]",
    "two documents": "--- a\n--- b\n",
    "control characters": "\x00",
    "unhashable": "? [a]\n: b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_yaml_is_refused_everywhere_it_is_read(text, tmp_path):
    began = time.monotonic()
    with pytest.raises(UnreadableYaml) as told:
        read_yaml(text)
    assert len(str(told.value)) < LONGEST_REASON + 60
    with pytest.raises(UserError) as of_setting:
        set_value({"name": "x"}, f"name={text}")
    (tmp_path / "experiment.yaml").write_text(text, "utf-8")
    with pytest.raises(UserError) as of_file:
        read(tmp_path / "experiment.yaml")
    assert max(len(str(of_setting.value)), len(str(of_file.value))) < 1000
    assert time.monotonic() - began < 5  # seconds; on a busy machine


@pytest.mark.parametrize("text", ["&a [*a]", "&a 1", "2024-02-30", "9" * 5000, "[" * 900, "!!int x", "x" * (1 << 21)])
def test_policies_are_refused_in_a_sentence(text):
    with pytest.raises(UserError) as told:
        parse_policy(f"mix(real={text})")
    assert len(str(told.value)) < 1000


def test_plain_values_are_as_written():
    assert read_yaml("{a: [1, 2.5, x, null, true], b: {c: 1.0e-3}}") == {
        "a": [1, 2.5, "x", None, True],
        "b": {"c": 0.001},
    }
