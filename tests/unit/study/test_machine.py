"""The line about the machine says what computes, and neither where nor whose it is."""

import platform

from genloop.study.machine import describe_machine
from genloop.types import Runtime


def test_the_machine_is_described_and_not_named():
    line = describe_machine(Runtime(device="cpu", threads=3))
    assert f"Python {platform.python_version()}, PyTorch 2." in line
    assert line.endswith("3 threads")
    assert " cores (" in line
    assert platform.node() not in line
    assert "/" not in line.replace("GNU/Linux", "")
