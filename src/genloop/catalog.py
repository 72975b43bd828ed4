"""What can be named on the command line and in experiment files, and where it lives.

Names map to classes of this package only; a file from outside cannot make genloop import anything else.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from genloop.errors import unknown_name

SOURCES: Mapping[str, str] = {
    "bible": "genloop.data.bible:Bible",
    "text": "genloop.data.text_files:Texts",
    "hub": "genloop.data.hub:HubTexts",
    "story-grammar": "genloop.data.grammar:StoryGrammar",
}
ESTIMATORS: Mapping[str, str] = {
    "gpt2": "genloop.families.lm.gpt2:GPT2",
}
METRICS: Mapping[str, str] = {
    "test-loss": "genloop.metrics.text:TestLoss",
    "diversity": "genloop.metrics.text:Diversity",
    "copying": "genloop.metrics.text:Copying",
    "tail-mass": "genloop.metrics.text:TailMass",
}
RECIPES: Mapping[str, str] = {
    "demo": "genloop.recipes.stories:demo",
    "demo-matched-steps": "genloop.recipes.stories:demo_matched_steps",
    "text": "genloop.recipes.stories:text",
    "tinystories": "genloop.recipes.stories:tinystories",
    "grammar": "genloop.recipes.stories:grammar",
}


def load(kind: str, name: str, catalog: Mapping[str, str]) -> Any:
    """Return what `name` stands for.

    Raises:
        UserError: if it is not in the catalog; the nearest name is suggested.
    """
    place = catalog.get(name.replace("_", "-"))
    if place is None:
        raise unknown_name(kind, name, catalog)
    module, attribute = place.split(":")
    return getattr(import_module(module), attribute)


def name_of(thing: object, catalog: Mapping[str, str]) -> str:
    """Return the name in the catalog of an object's class."""
    place = f"{type(thing).__module__}:{type(thing).__name__}"
    for name, listed in catalog.items():
        if listed == place:
            return name
    return place  # an extension's class: recorded, but not readable from a file
