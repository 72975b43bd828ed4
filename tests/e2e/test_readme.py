"""What the README alone has: a tree of the source, and numbers within sentences. test_pages.py types its commands."""

import re

from pages import ROOT, Page, commands

README = Page("README.md")


def test_predictions_are_those_the_readme_names(genloop):
    typed = [words for block in README.blocks if block.language == "sh" for words in commands(block)]
    outputs = [genloop(*words[1:]) for words in typed if words[:2] == ["genloop", "predict"]]
    assert {code for code, _, _ in outputs} == {0}
    printed = " ".join(out for _, out, _ in outputs)
    assert all(text in printed for text in ("10.0000", "bounded: tends to 1.645", "0.95"))


def test_files_that_the_tree_names_exist():
    tree = next(block.text for block in README.blocks if block.text.startswith("src/genloop/"))
    for name in re.findall(r"^  (\S+)", tree, flags=re.MULTILINE):
        assert (ROOT / "src" / "genloop" / name).exists(), name


def test_reading_order_names_files():
    (names,) = re.findall(r"^Read (`.*), in this order", README.text, flags=re.MULTILINE)
    files = re.findall(r"`([\w/]+\.py)`", names)
    assert len(files) == 6
    assert all((ROOT / "src" / "genloop" / name).is_file() for name in files)
