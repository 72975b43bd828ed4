"""One rule for numbers, wherever they are written: `5_000`, `010`, `0x1F` and `1:30` are none."""

import pytest

from genloop.errors import UserError
from genloop.plain_numbers import number, whole_number
from genloop.plain_yaml import UnreadableYaml, read_yaml
from genloop.policies import Mix, Window
from genloop.policy_text import parse_policy

ODD = ["5_000", "010", "0x1F", "0b11", "1:30", "\u0663", "5,000", "5 000", ""]


@pytest.mark.parametrize("text", [*ODD, "1e3", "5.0", "ten"])
def test_no_whole_numbers(text: str):
    with pytest.raises(UserError, match="is no whole number"):
        whole_number(text)


@pytest.mark.parametrize("text", [*ODD, "0_1", "ten"])
def test_no_numbers(text: str):
    with pytest.raises(UserError, match="is no number"):
        number(text)


def test_numbers():
    assert [whole_number(text) for text in ("0", "-3", "+7", "5000")] == [0, -3, 7, 5000]
    assert [number(text) for text in ("0.05", "1e-3", "5", "-.5")] == [0.05, 1e-3, 5.0, -0.5]


@pytest.mark.parametrize("text", ["5_000", "010", "0x1F", "0b11", "1:30", "0_1.5"])
def test_yaml_reads_none_either(text: str):
    with pytest.raises(UnreadableYaml, match="is no plain number"):
        read_yaml(f"num_iterations: {text}")
    assert read_yaml(f"name: '{text}'") == {"name": text}


@pytest.mark.parametrize("written", ["window(1_0)", "window(010)", "mix(real=0_1)", "schedule([1_0])"])
def test_policies_read_none_either(written: str):
    with pytest.raises(UserError, match="is no plain number"):
        parse_policy(written)
    assert (parse_policy("window(10)"), parse_policy("mix(real=0.1)")) == (Window(10), Mix(0.1))
