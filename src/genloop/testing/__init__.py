"""What the loop relies on, as checks for classes of your own: a family, a source, a metric, a policy.

Each raises AssertionError with a sentence that says what to do, so they serve in any test runner:

    def test_contract(tmp_path):
        check_family(Mine(), source=Rows(), folder=tmp_path)
"""

from genloop.testing.family import check_family
from genloop.testing.metric import check_metric
from genloop.testing.policy import check_policy
from genloop.testing.source import check_source

__all__ = ["check_family", "check_metric", "check_policy", "check_source"]
