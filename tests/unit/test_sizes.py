"""One size for all that is looked at in a run, and noise floors at that size: against counts and closed forms."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import wasserstein_distance
from toys import NormalSource, SampleLoss, SampleMean, experiment

from genloop.analysis.arms import arms_of
from genloop.data.known import Normal, Zipf
from genloop.data.text.grammar import StoryGrammar
from genloop.families.statistical.ngram import NGram
from genloop.loop import plan_iterations, size_remark
from genloop.metrics.categorical import Entropy
from genloop.metrics.diversity import Diversity
from genloop.metrics.statistical import Tails, Wasserstein
from genloop.metrics.vocabulary import RareTypes, TailMass
from genloop.policies import Accumulate, Fresh, Mix, Replace, ReplaceMultiple, schedule_from_rows
from genloop.recipes.statistical import gaussian, zipf
from genloop.report.html.metric_curves import metric_curves
from genloop.report.tables import results_table, rows_json
from genloop.runs.record import Row
from genloop.runs.runner import run
from genloop.steps import HeldOut, RealSamples
from genloop.types import Context, Evidence
from genloop.values import Value

REAL = np.random.default_rng(0).normal(size=80)  # of the toy: 20 test numbers, then 60 for training


@dataclass(frozen=True)
class Spy:
    """Remembers what it is shown."""

    seen: ClassVar[list[Evidence]] = []
    values: ClassVar[Sequence[Value]] = (Value("num", "numbers"),)
    about: ClassVar[str] = "samples"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        self.seen.append(evidence)
        return {"num": len(evidence.samples)}


class Judge(Spy):
    """Knows the first model, so that real training data are no new examples to it."""

    seen: ClassVar[list[Evidence]] = []
    values: ClassVar[Sequence[Value]] = (Value("num_judged", "numbers"),)
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "first"})

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        self.seen.append(evidence)
        return {"num_judged": len(evidence.samples)}


def values(rows: Any, metric: str) -> list[float | None]:
    return [row.value for row in rows if row.metric == metric]


@pytest.mark.parametrize(
    ("policies", "size"),
    [
        ((Replace(), Accumulate()), 20),
        ((Replace(), ReplaceMultiple()), 20),  # which samples 40, 60 and 80
        ((ReplaceMultiple(),), 40),
        ((Replace(), Fresh(0.5)), 10),
        ((Mix(0.7), Accumulate()), 6),
        ((schedule_from_rows([[1], [0, 0.25], [0, 0, 1]]), Replace()), 5),
    ],
)
def test_all_samples_and_the_noise_floor_are_looked_at_in_the_least_number(policies, size, tmp_path):
    found = run(experiment(policies=policies, metrics=(Spy(),), num_iterations=3), tmp_path)
    assert set(values(found.rows(), "num")) == {size}
    assert set(values(found.noise_floor(), "num")) == {size}


def test_the_noise_floor_is_a_draw_of_training_data_judged_as_samples_are(tmp_path):
    Spy.seen.clear()
    run(experiment(policies=(Replace(),), metrics=(Spy(),), num_iterations=1, seeds=(0, 1)), tmp_path)
    assert {len(seen.samples) for seen in Spy.seen} == {20}
    assert {seen.test.values for seen in Spy.seen} == {tuple(REAL[:20])}
    floors = [set(seen.samples.values) for seen in Spy.seen if set(seen.samples.values) <= set(REAL)]
    assert [len(floor & set(REAL[20:])) for floor in floors] == [20, 20]
    assert floors[0] != floors[1]  # of another seed


def test_where_a_metric_knows_a_model_one_half_of_the_test_data_judges_samples_and_the_other_half(tmp_path):
    Judge.seen.clear()
    run(experiment(policies=(Replace(),), metrics=(Judge(),), num_iterations=2), tmp_path)
    assert {seen.test.values for seen in Judge.seen} == {tuple(REAL[10:20])}
    assert {len(seen.samples) for seen in Judge.seen} == {10}
    assert tuple(REAL[:10]) in [seen.samples.values for seen in Judge.seen]


def test_no_more_real_data_stand_in_than_there_are(tmp_path):
    found = run(
        experiment(source=NormalSource(num_train=20), policies=(ReplaceMultiple(),), metrics=(Spy(),)), tmp_path
    )
    assert set(values([*found.rows(), *found.noise_floor()], "num")) == {20}


def test_how_many_are_looked_at_is_recorded_and_shown(tmp_path):
    """30 % of 20 numbers."""
    policies = (Replace(), Mix(0.7))
    found = run(experiment(policies=policies, metrics=(Spy(), SampleMean()), num_iterations=2), tmp_path)
    assert found.looked_at() == {"num": 6, "sample_mean": 6}
    assert "Looked at of every sample: 6 numbers (num" in str(results_table(found, width=200).caption)
    assert rows_json(found)["run"]["looked_at"] == found.looked_at()
    about = {metric.metric: metric.looked_at for metric in metric_curves(arms_of([found]))}
    assert about["num"] == "6 numbers"


@pytest.mark.parametrize(
    ("policies", "num_test", "told"),
    [
        (
            (Replace(), Mix(0.7)),
            200,
            "6 of 15 tokens (Diversity) are looked at, as models under mix(real=0.7) generate",
        ),
        ((Replace(), Accumulate()), 200, ""),
        ((Replace(), ReplaceMultiple()), 200, ""),  # 20 tokens of each, as of the first
        ((Replace(), Mix(0.6)), 200, ""),  # 8 of 15 are more than half
    ],
)
def test_a_policy_that_generates_little_is_named_before_anything_is_fitted(policies, num_test, told):
    loop = experiment(policies=policies, metrics=(Diversity(num_tokens=15),), num_iterations=3)
    remark = size_remark(plan_iterations(loop, num_real=200, num_test=num_test), 20, "token")
    assert told in remark if told else not remark


def planned(metric: Any) -> list[Any]:
    loop = experiment(policies=(Replace(), ReplaceMultiple()), metrics=(metric,), num_iterations=2)
    return plan_iterations(loop, num_real=200, num_test=20)


def test_what_a_metric_would_not_look_at_anyway_is_in_no_key():
    """20 of 20 tokens, or the first 15 of 20 or 40; a mean is of any size."""
    for metric in (Diversity(num_tokens=15), TailMass(15), RareTypes(20), SampleLoss(), Tails()):
        assert {score.num for item in planned(metric) for score in item.scores} == {None}
        assert not any(score.by_half for item in planned(metric) for score in item.scores)
    cut = {(item.samples.num, score.num) for item in planned(Diversity(num_tokens=30)) for score in item.scores}
    assert cut == {(20, None), (40, 20), (60, 20)}
    assert all("num" not in score.inputs for item in planned(Diversity(15)) for score in item.scores)
    assert {score.inputs.get("num") for item in planned(Diversity(30)) for score in item.scores} == {None, 20}


def test_keys_of_before_stay_where_results_do():
    """Pinned by a run that the version before wrote, and of a metric that no longer looks at all samples."""
    metrics = tuple(metric for metric in zipf().metrics if not isinstance(metric, Entropy))  # which came later
    loop = replace(zipf(), source=Zipf(num_replicates=5, num_test=2000), num_iterations=2, metrics=metrics)
    of_one, _, of_two, _ = plan_iterations(loop, num_real=1000, num_test=2000)
    assert [score.key for score in (*of_one.scores, *of_two.scores)] == [
        "score-1164c44a530f1ed70170", "score-a31571eb6963e5ce7fdf", "score-31589ca5aa49cfeceeef",
        "score-5513df09135182357cd3", "score-d50a8a0f03aaf49ffad9", "score-97b5cfdfc0f6632dd7c3",
    ]  # fmt: skip
    assert [type(score.samples) for score in of_one.noise_floor] == [RealSamples]
    (held_out,) = planned(SampleLoss())[0].noise_floor
    assert held_out.samples == HeldOut(20)


def test_policies_share_a_noise_floor():
    first, second = (item for item in planned(SampleMean()) if item.number == 1)
    assert [score.key for score in first.noise_floor] == [score.key for score in second.noise_floor]


WORD = re.compile(r"[a-z]+(?:['\u2019][a-z]+)*")


def words_of(text: str) -> list[str]:
    return WORD.findall(text.lower())


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A trigram model on few test stories, T = 6,000 tokens: below what metrics of text look at."""
    loop = replace(
        zipf(), source=StoryGrammar(num_train=400, num_test=10, vocabulary=300), estimator=NGram(order=3),
        policies=(Replace(), ReplaceMultiple()), metrics=(Diversity(), TailMass(), RareTypes()), num_iterations=2,
        num_samples=6000,
    )  # fmt: skip
    return loop, run(loop, tmp_path_factory.mktemp("stories"))


def test_one_model_has_one_diversity_under_all_policies(stories):
    """Replace-multiple takes 12,000 tokens of the first model, of which as many are looked at as replace has."""
    loop, found = stories
    first = {(row.policy, row.metric): row.value for row in found.rows() if row.iteration == 1}
    for metric in ("distinct_1", "distinct_2", "distinct_3", "tail_mass", "survival_tail"):
        assert first["replace", metric] == first["replace-multiple", metric]

    item = next(item for item in found.record.iterations if (item.policy, item.iteration) == ("replace-multiple", 2))
    samples = loop.source.open(found.store.path(found.record.source)).generated(found.store.path(item.samples))
    assert len(samples) == 18_000
    words = [word for text in samples.slice(0, 6000).texts() for word in words_of(text)]
    rows = [row for row in found.rows() if (row.policy, row.iteration) == ("replace-multiple", 2)]
    (measured,) = values(rows, "distinct_1")
    assert measured == pytest.approx(len(set(words)) / len(words))


def test_the_noise_floor_of_text_is_that_of_as_much_real_text(stories):
    """Against five other draws of whole training stories, counted here; half of ten test stories would say far more."""
    loop, found = stories
    domain = loop.source.open(found.store.path(found.record.source))
    train, test = (list(domain.prepared(part).texts()) for part in ("train", "test"))
    floors = {row.metric: row.value for row in found.noise_floor() if row.policy == "replace"}
    assert isinstance(floors["distinct_1"], float)
    num_words = sum(len(words_of(text)) for text in train) * 6000 / len(domain.prepared("train"))
    expected, lost = [], []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(train))
        words = [word for story in order for word in words_of(train[story])][: round(num_words)]
        expected.append(len(set(words)) / len(words))
        counts = Counter(word for text in test for word in words_of(text))
        lost.append(1 - sum(counts[word] for word in set(words)) / counts.total())
    assert floors["distinct_1"] == pytest.approx(np.mean(expected), rel=0.05)
    assert floors["tail_mass"] == pytest.approx(np.mean(lost), abs=0.02)
    half = [word for text in test[:5] for word in words_of(text)]
    assert len(set(half)) / len(half) > 2 * floors["distinct_1"]


def floor_of(rows: Sequence[Row], metric: str) -> tuple[float, float]:
    (row,) = (row for row in rows if row.metric == metric)
    assert row.value is not None
    assert row.standard_error is not None
    return row.value, row.standard_error


def test_missing_mass_of_real_types_is_that_of_as_many(tmp_path):
    """sum p (1 - p)^n at n = 10,000 is 0.0204, and types survive in 1 - (1 - p)^n; 1,000 test types would say 0.07."""
    source = Zipf(num_replicates=20, num_train=10_000, num_test=2000)
    loop = replace(zipf(), source=source, num_samples=10_000, num_iterations=1, policies=(Replace(),))
    floor = list(run(loop, tmp_path).noise_floor())
    p = np.arange(1, 1001) ** -1.5
    p /= p.sum()
    for metric, expected in (
        ("missing_mass", (p * (1 - p) ** 10_000).sum()),
        ("surviving_support", (1 - (1 - p) ** 10_000).mean()),
    ):
        value, error = floor_of(floor, metric)
        assert abs(value - expected) < 4 * error


def test_wasserstein_of_real_numbers_is_that_of_two_samples_of_this_size(tmp_path):
    """T = 20 normal numbers against 20 others, by scipy over 4,000 pairs; halving twice gave sqrt(2) times as much."""
    loop = replace(
        gaussian(), source=Normal(num_replicates=1000, num_train=200), num_iterations=1, policies=(Replace(),),
        metrics=(Wasserstein(), Tails()),
    )  # fmt: skip
    floor = list(run(loop, tmp_path).noise_floor())
    random = np.random.default_rng(1)
    pairs = random.normal(size=(4000, 2, 20))
    expected = np.mean([wasserstein_distance(first, second) for first, second in pairs])
    for metric in ("wasserstein", "wasserstein_floor"):
        value, error = floor_of(floor, metric)
        assert abs(value - expected) < 4 * (error + 0.002)
    value, error = floor_of(floor, "tail_mass")
    assert abs(value - 0.05) < 4 * error + 0.002  # quantiles of 100,000 test numbers
