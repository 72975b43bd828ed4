"""Linear regression with known truth: experiments of seconds, whose outcome theory predicts."""

from genloop.data.regression.source import Regression
from genloop.experiment import Experiment
from genloop.families.linear import LinearRegression
from genloop.metrics.regression import ParameterError, TestError
from genloop.policies import Accumulate, Replace


def linear() -> Experiment:
    """Replace against accumulate in linear regression: 200 loops at once, in seconds."""
    return Experiment(
        name="linear",
        source=Regression(dimension=10, num_train=100, num_replicates=200),
        estimator=LinearRegression(),
        policies=(Replace(), Accumulate()),
        metrics=(TestError(), ParameterError()),
        num_iterations=10,
    )
