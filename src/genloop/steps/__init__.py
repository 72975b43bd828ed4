"""The steps of a run, one file for each kind: what it computes from what, and the key that follows from it.

All keys are known before anything runs, and two policies that ask for the same thing ask for the same step.
"""

from genloop.steps.fit import Fit, Fitted
from genloop.steps.prepare import Prepare
from genloop.steps.sample import Generated, Sample
from genloop.steps.score import HeldOut, RealSamples, Score
from genloop.steps.step import Data, Facts, Opened, Result, Step
from genloop.steps.training_set import Draw, Part, TrainingSet

__all__ = [
    "Data",
    "Draw",
    "Facts",
    "Fit",
    "Fitted",
    "Generated",
    "HeldOut",
    "Opened",
    "Part",
    "Prepare",
    "RealSamples",
    "Result",
    "Sample",
    "Score",
    "Step",
    "TrainingSet",
]
