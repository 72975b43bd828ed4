"""Everything that a page or an example imports comes from the public faces."""

import re
from importlib import import_module

import pytest
from pages import ROOT

FACES = {"genloop", *(f"genloop.{face}" for face in ("images", "molecules", "numbers", "testing", "text", "theory"))}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.py"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_imported_is_public(page):
    text = page.read_text("utf-8")
    assert set(re.findall(r"^\s*from (genloop(?:\.[.\w]+)?) import", text, flags=re.MULTILINE)) <= FACES
    assert not re.findall(r"^\s*import genloop\.", text, flags=re.MULTILINE)


@pytest.mark.parametrize("face", sorted(FACES))
def test_a_face_offers_what_it_names(face):
    module = import_module(face)
    assert list(module.__all__) == sorted(set(module.__all__), key=list(module.__all__).index)
    assert all(hasattr(module, name) for name in module.__all__)
