"""YAML from outside, read as plain values: of bounded size and depth, without names by which its parts refer to others.

Names let ten lines stand for gigabytes, or for something that holds itself; nothing that genloop reads needs them.
"""

from typing import Any

import yaml

from genloop.plain_numbers import is_plain

LONGEST = 1 << 20  # characters
DEEPEST = 20  # lists within lists
LONGEST_NUMBER = 400  # characters; the largest double has 309 digits
LONGEST_REASON = 300  # characters that are told of what a library says


class UnreadableYaml(ValueError):
    """Text that is no plain YAML, and why, in a few words."""


def read_yaml(text: str) -> Any:
    """Return the value that a text describes.

    Raises:
        UnreadableYaml: if it describes none, or more than one reads here.
    """
    if len(text) > LONGEST:
        raise UnreadableYaml(f"it has {len(text):,} characters, and at most {LONGEST:,} are read")
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as problem:
        # but for the first, what the library lets through: of dates, numbers and tags whose values are none
        told = getattr(problem, "problem", None) or str(problem)
        mark = getattr(problem, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise UnreadableYaml(" ".join(told.split())[:LONGEST_REASON] + place) from problem


class _Loader(yaml.SafeLoader):
    """YAML in which a number is what other programs take for one: not `5_000`, nor `1:30`, which YAML 1.1 calls 90."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if getattr(event, "anchor", None) is not None:
            raise _refused("parts with names (& and *) are not read; write them out", event.start_mark)
        self.depth += 1
        if self.depth > DEEPEST:
            raise _refused(f"it is nested deeper than {DEEPEST} levels", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        if not is_plain(node.value):
            shown = f"{node.value[:40]!r} is no plain number; write digits alone, such as 5000, or quote it as text"
            raise _refused(shown, node.start_mark)
        if len(node.value) > LONGEST_NUMBER:
            raise _refused(f"a number has {len(node.value):,} characters", node.start_mark)
        kind = node.tag.rpartition(":")[2]
        return self.construct_yaml_int(node) if kind == "int" else self.construct_yaml_float(node)


def _refused(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)
