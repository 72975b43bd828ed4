"""Numbers of others: z by hand, each closed form by its formula, and a number that is wrong fails."""

import math
import re
from dataclasses import replace

import pytest

from genloop.experiment_file import from_dict
from genloop.paper import peers
from genloop.paper.peers import Compared, Peer, compare, reproduce_peers, theory_of
from genloop.study.request import Request

FOUND = peers.peers()
BY_QUANTITY = {peer.quantity: peer for peer in FOUND}
UNIFORM = BY_QUANTITY["entropy, in nats"]
SMALL = {**UNIFORM.experiment, "num_iterations": 2}
SMALL["source"] = {**UNIFORM.experiment["source"], "num_replicates": 200}


@pytest.mark.parametrize("peer", FOUND, ids=lambda peer: f"{peer.quantity} {peer.iteration}")
def test_each_has_a_source_and_an_experiment_that_measures_it(peer: Peer):
    experiment = from_dict(peer.experiment)
    assert re.search(r"arXiv \d{4}\.\d{5}", peer.source)
    assert len(experiment.policies) == 1
    assert 1 <= peer.iteration <= experiment.num_iterations
    assert peer.metric in {value.name for metric in experiment.metrics for value in metric.values}


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("variance", 0.99**100),
        ("squared error of the mean", (0.62**2 + 0.38**2) / (1 - 0.38**2) / 100),  # of fits whose variance is 1
        ("probability that a success is left", 0.15824),  # g -> 1 - exp(-g), ten times from 1
        ("squared error of the mean, over that of iteration 1", 2.8852),
        ("entropy, in nats", None),
    ],
)
def test_closed_forms(quantity: str, expected: float | None):
    found = theory_of(BY_QUANTITY[quantity])
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-3))


def test_z_is_over_both_errors():
    peer = replace(UNIFORM, value=1.0, error=0.3)
    assert Compared(peer, 2.0, 0.4).z == pytest.approx(2.0)
    assert Compared(peer, 2.0, 0.4).claim().holds
    assert not Compared(peer, 1 + 4.1 * 0.5, 0.4).claim().holds


def test_an_entropy_is_that_of_a_table_of_counts():
    peer = replace(UNIFORM, experiment=SMALL, iteration=1)
    (found,) = compare([peer])
    assert found.measured == pytest.approx(expected_entropy(100), abs=4 * found.standard_error)


def expected_entropy(num: int) -> float:
    """Return E sum_k -(c_k / n) ln(c_k / n) for counts c_k ~ Binomial(n, 1 / n) of n types: exact."""
    chances = [math.comb(num, c) * (1 / num) ** c * (1 - 1 / num) ** (num - c) for c in range(num + 1)]
    return -sum(num * p * (c / num) * math.log(c / num) for c, p in enumerate(chances) if c)


def test_the_page_has_what_is_compared_and_what_is_not(monkeypatch, tmp_path):
    wrong = replace(UNIFORM, experiment=SMALL, iteration=1, value=3.0)
    monkeypatch.setattr(peers, "peers", lambda: [wrong])
    found = reproduce_peers(Request(out_dir=tmp_path))
    assert not found.holds
    page = (tmp_path / "peers.md").read_text()
    assert "FAILS" in page
    assert "Ferbach et al., arXiv 2407.09499 | curation by a reward | No step" in page
