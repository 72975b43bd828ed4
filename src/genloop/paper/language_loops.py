"""One language model under one policy: what the paper's tables and figures are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from genloop.data.text.tokens import TOKENIZER_FILE, Vocabulary
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict
from genloop.families.lm.estimator import LanguageEstimator
from genloop.metrics.learning_curve import LearningCurve
from genloop.paper.language_scales import LanguageScale
from genloop.runs.record import Run
from genloop.study.loops import Loop


@dataclass(frozen=True)
class LanguageLoop(Loop):
    """One feedback loop, in the paper's units; a scale makes an experiment of it.

    Attributes:
        model: name of the estimator in the scale.
        num_iterations: rounds of fit, sample, evaluate.
        temperature: of sampling.
        size: of the data set, as a share of T.
        epochs: passes over the data, in epochs of the paper.
        first_epochs: the same of iteration 1, where it differs.
        matched_steps: every fit takes as many optimiser steps as the first.
        init: the parameters that a fit starts from.
        num_points: of each fit's learning curve on test text; 0 for none.
    """

    model: str
    num_iterations: int
    temperature: float = 1.0
    size: float = 1.0
    epochs: float = 1.0
    first_epochs: float | None = None
    matched_steps: bool = False
    init: Literal["fresh", "previous"] = "fresh"
    num_points: int = 0

    def experiment(self, scale: LanguageScale, num_real: int, seeds: tuple[int, ...] | None) -> Experiment:
        num_samples = round(self.size * (scale.num_samples or num_real))
        first = None if self.first_epochs is None else self.estimator(scale, num_samples, self.first_epochs)
        return Experiment(
            name=self.folder,
            source=scale.source,
            estimator=self.estimator(scale, num_samples, self.epochs),
            policies=(self.policy,),
            metrics=(*scale.metrics, *([LearningCurve(num_points=self.num_points)] if self.num_points else [])),
            num_iterations=self.num_iterations,
            num_samples=num_samples,
            seeds=seeds or scale.seeds,
            init=self.init,
            first_estimator=first,
        )

    def settings(self, run: Run) -> Mapping[str, str]:
        experiment = from_dict(run.record.experiment)
        estimator: Any = experiment.estimator
        first: Any = experiment.first_estimator
        vocabulary = Vocabulary(run.store.path(run.record.source) / TOKENIZER_FILE)
        num_parameters = estimator.num_parameters(vocabulary.size)
        passes = f"{estimator.num_steps:,} steps" if estimator.num_steps else f"{estimator.epochs:g}"
        warm = ", from the previous model" if self.init == "previous" else ""
        return {
            "model": f"{type(estimator).__name__}, {num_parameters / 1e6:.3g}M{warm}",
            "T (tokens)": f"{run.record.num_samples:,}",
            "passes": passes + (f" (iteration 1: {first.epochs:g})" if first else ""),
            "batch": f"{estimator.batch} x {estimator.context}",
            "learning rate": f"{estimator.learning_rate:g}",
            "temperature": f"{self.temperature:g}",
            "iterations": str(self.num_iterations),
            "seeds": ", ".join(map(str, experiment.seeds)),
        }

    def estimator(self, scale: LanguageScale, num_samples: int, epochs: float) -> LanguageEstimator:
        """Return what is fitted, given T and how long to train."""
        plain = scale.estimators[self.model]
        sampling = replace(plain.sampling, temperature=self.temperature)
        fitted = replace(plain, sampling=sampling, epochs=epochs * scale.passes, snapshots=self.num_points)
        return replace(fitted, num_steps=fitted.resolved_steps(num_samples)) if self.matched_steps else fitted
