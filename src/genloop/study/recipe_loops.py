"""Loops that are a recipe's, one for each policy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from genloop.experiment import Experiment
from genloop.runs.record import Run
from genloop.study.loops import Loop
from genloop.types import Source


@dataclass(frozen=True)
class RecipeScale:
    """A recipe that stands for the paper's experiment.

    Attributes:
        name: laptop, gpu or paper.
        recipe: what is computed, whatever its policies.
        about: how it compares with the paper, in a sentence.
    """

    name: str
    recipe: Experiment
    about: str

    @property
    def source(self) -> Source:
        return self.recipe.source


@dataclass(frozen=True)
class RecipeLoop(Loop):
    """The recipe of a scale under one policy.

    Attributes:
        matched_steps: every fit takes as many optimiser steps as the first; for recipes of neural families.
    """

    matched_steps: bool = False

    def experiment(self, scale: RecipeScale, num_real: int, seeds: tuple[int, ...] | None) -> Experiment:
        recipe = scale.recipe
        estimator: Any = recipe.estimator
        if self.matched_steps:
            estimator = replace(estimator, num_steps=estimator.resolved_steps(recipe.num_samples or num_real))
        return replace(
            recipe, name=self.folder, estimator=estimator, policies=(self.policy,), seeds=seeds or recipe.seeds
        )

    def settings(self, run: Run) -> Mapping[str, str]:
        experiment = run.record.experiment
        fields = {name: _text(value) for name, value in experiment["estimator"].items()}
        if num_steps := fields.pop("num_steps", ""):
            fields["epochs"] = f"{int(num_steps):,} steps"  # they override epochs
        return {
            "model": fields.pop("type"),
            f"T ({run.record.unit}s)": f"{run.record.num_samples:,}",
            "iterations": str(experiment["num_iterations"]),
            "seeds": _text(experiment["seeds"]),
            **{name.replace("_", " "): value for name, value in fields.items() if value},
        }


def _text(value: Any) -> str:
    """Return a setting for people; nothing for one that is not set."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')}: {_text(each)}" for name, each in value.items())
    return "" if value is None else format(value, "g") if isinstance(value, float) else str(value)
