"""Table 2 as data, the loops that it asks for, and its verdicts: against the paper's text and made-up losses."""

import re
from dataclasses import replace

import pytest

from genloop.errors import UserError
from genloop.loop import plan_iterations
from genloop.paper import table2
from genloop.paper.language_scales import SCALES, find_scale
from genloop.policies import Accumulate, Replace, ReplaceMultiple
from genloop.study.curves import Curves
from genloop.study.differences import TOLERANCE, Difference
from genloop.study.request import Request

PAPER = """
GPT-2 (9M) 1.82 1.74 (-0.07) 2.39 (+0.58) 2.91 (+1.09) 2.18 (+0.36)
GPT-2 (9M) (temp=0.3) 1.82 1.75 (-0.06) 5.82 (+4.00) 9.85 (+8.04) n/a
GPT-2 (9M) (small dataset) 2.56 2.28 (-0.28) 3.21 (+0.65) 3.72 (+1.16) 2.91 (+0.35)
ibid (+ 3 epochs) 1.99 1.87 (-0.12) 2.62 (+0.63) n/a n/a
Llama-2 (12M) 2.06 1.94 (-0.12) 2.72 (+0.66) n/a n/a
Llama-2 (42M) 1.90 1.76 (-0.14) 2.52 (+0.62) n/a n/a
Llama-2 (126M) 1.71 1.59 (-0.12) 2.23 (+0.53) n/a n/a
"""


def test_rows_are_the_papers():
    for row, line in zip(table2.ROWS, PAPER.strip().splitlines(), strict=True):
        numbers = re.search(r" (\d\.\d\d) (.*)", line)
        assert numbers is not None
        cells = [f"{p.loss:.2f} ({p.difference:+.2f})" if p else "n/a" for p in row.printed]
        assert f"{row.first:.2f} {' '.join(cells)}" == f"{numbers[1]} {numbers[2]}"
        assert row.name.split(" (")[0] in line or line.startswith("ibid")


def test_printed_differences_are_the_losses_rounded_apart():
    for row in table2.ROWS:
        for printed in filter(None, row.printed):
            assert printed.loss - row.first == pytest.approx(printed.difference, abs=0.011)  # three roundings of 0.005


def test_loops_are_as_long_as_the_papers():
    lengths = {(row.name, loop.policy): loop.num_iterations for row in table2.ROWS for loop in row.loops()}
    assert len(lengths) == 7 * 2 + 2
    assert lengths["GPT-2 (9M)", Replace()] == 10
    assert lengths["GPT-2 (9M)", Accumulate()] == 5
    assert lengths["GPT-2 (9M) (small dataset)", ReplaceMultiple()] == 4
    assert lengths["Llama-2 (126M)", Replace()] == 4


@pytest.mark.parametrize("name", SCALES)
def test_scales_follow_the_papers_rows(name):
    scale = SCALES[name]()
    rows = {row.name: row.loops()[0].experiment(scale, 1_000_000, None) for row in table2.ROWS}
    plain, small = rows["GPT-2 (9M)"], rows["GPT-2 (9M) (small dataset)"]
    long, cold = rows["GPT-2 (9M) (small dataset, 3 epochs)"], rows["GPT-2 (9M) (temp=0.3)"]
    assert plain.num_samples == 5 * small.num_samples == 5 * long.num_samples
    assert long.estimator.epochs == 3 * small.estimator.epochs == 3 * plain.estimator.epochs
    assert (plain.estimator.sampling.temperature, cold.estimator.sampling.temperature) == (1.0, 0.3)
    sizes = [rows[f"Llama-2 ({size})"].estimator.num_parameters(4096) for size in ("12M", "42M", "126M")]
    assert sizes == sorted(sizes)
    if name != "laptop":
        millions = [row.estimator.num_parameters(4096) / 1e6 for row in (plain, *map(rows.get, SIZED))]
        assert millions == pytest.approx([9, 12, 42, 126], rel=0.01)
        assert plain.estimator.precision == "bfloat16"


SIZED = ("Llama-2 (12M)", "Llama-2 (42M)", "Llama-2 (126M)")


def test_rows_share_what_they_have_in_common():
    """Of each row, policies share iteration 1; temperature 0.3 shares that of row 1."""
    scale = SCALES["laptop"]()
    loops = [loop for row in table2.ROWS for loop in row.loops()]
    fits = {
        iteration.model.key
        for loop in loops
        for iteration in plan_iterations(loop.experiment(scale, 500_000, (0,)), 500_000)
    }
    per_row = (1 + 9 + 4 + 3, 9 + 3, 1 + 9 + 3 + 3, 1 + 3 + 3, *[1 + 3 + 3] * 3)
    assert len(fits) == sum(per_row)


def test_own_text_takes_the_place_of_the_scales(tmp_path):
    scale = find_scale(Request(scale="paper", train="train.txt", test="test.txt"))
    assert (scale.source.train, scale.source.test, scale.source.vocabulary) == ("train.txt", "test.txt", 4096)
    with pytest.raises(UserError, match="Did you mean 'laptop'"):
        find_scale(Request(scale="lapto"))
    with pytest.raises(UserError, match="no --train beside it"):
        Request(test="test.txt")


def made_up(**changed: tuple[float, float]) -> Curves:
    """Return losses of two seeds under which every claim holds, but for the given places, named POLICY_ITERATION."""
    usual = {
        ("replace", 1): 0.0, ("replace", 4): 0.6, ("replace", 10): 1.1,
        ("accumulate", 1): 0.0, ("accumulate", 4): -0.1,
        ("replace-multiple", 1): 0.0, ("replace-multiple", 4): 0.4,
    }  # fmt: skip
    curves: dict[tuple[str, str], dict[int, list[float | None]]] = {}
    for number, row in enumerate(table2.ROWS):
        for (policy, iteration), rise in usual.items():
            steeper = 2 if row is table2.COLD_ROW else 1
            losses: list[float | None] = [5 - 0.1 * number + steeper * rise + seed for seed in (0.0, 0.01)]
            curves.setdefault((row.name, policy), {})[iteration] = losses
    for place, values in changed.items():
        policy, iteration = place.split("_")
        curves[table2.GPT2_ROW.name, policy][int(iteration)] = list(values)
    return Curves(curves)


def failing(losses: Curves) -> list[str]:
    return [claim.text for claim in table2.claims(losses) if claim.holds is False]


def test_all_claims_hold_where_losses_are_as_in_the_paper():
    assert failing(made_up()) == []
    assert len(table2.claims(made_up())) == 19 + 2 + 3 + 1 + 2  # cells, (*) below, t=10 above, temperature, sizes


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"accumulate_4": (5.05, 5.06)}, "accumulate does not rise"),
        ({"replace_10": (5.5, 5.51)}, "replace is higher at iteration 10 than at 4"),
        ({"replace_4": (4.9, 4.91)}, "replace rises from iteration 1 to 4"),
    ],
)
def test_claims_fail(changed, text):
    assert any(f"GPT-2 (9M): {text}" in failed for failed in failing(made_up(**changed)))


def test_claims_on_multiple_temperature_and_size_fail():
    assert any("more than replace-multiple" in text for text in failing(made_up(**{"replace_4": (5.3, 5.31)})))
    assert any("temperature 0.3" in text for text in failing(made_up(**{"replace_4": (6.5, 6.51)})))
    losses = made_up()
    losses.curves["Llama-2 (42M)", "replace"][1] = [4.8, 4.9]
    assert any(text.startswith("Llama-2 (42M) has a lower loss") for text in failing(losses))


def test_change_is_paired_and_every_seed_counts():
    change = Difference.between([5.3, 6.5], [5.0, 6.0])
    assert change.differences == pytest.approx((0.3, 0.5))
    assert change.standard_error == pytest.approx(0.1)
    assert change.rises("").holds is True
    assert Difference((-0.1, -0.2)).rises("").holds is False
    undecided = Difference((0.3, -0.1)).rises("")
    assert (undecided.holds, undecided.verdict) == (None, "undecided")
    assert Difference((TOLERANCE, -1.0)).does_not_rise("").holds is True
    assert Difference((2 * TOLERANCE, 1.0)).does_not_rise("").holds is False


def test_no_claim_holds_in_a_seed_whose_loss_is_not_finite():
    """The rule as printed: what holds in some seeds only is undecided, and what holds in none fails."""
    higher, lower, neither = (Difference.between([None, loss], [5.0, 4.0]) for loss in (5.0, 3.0, None))
    assert [change.rises("").holds for change in (higher, lower, neither)] == [None, False, False]
    assert [change.does_not_rise("").holds for change in (higher, lower, neither)] == [False, None, False]


def test_table_stands_beside_the_papers_numbers():
    lines = {line[0]: line[1:] for line in table2.table(made_up()).lines}
    assert lines["GPT-2 (9M)"] == (
        "5.005 (1.82)", "-0.100 ± 0.000 (-0.07)", "+0.600 ± 0.000 (+0.58)", "+1.100 ± 0.000 (+1.09)",
        "+0.400 ± 0.000 (+0.36)",
    )  # fmt: skip
    assert lines["Llama-2 (126M)"][-2:] == ("n/a", "n/a")
    assert "| n/a |" in table2.table(made_up()).markdown()


def test_controls_change_one_thing():
    scale = SCALES["laptop"]()
    loop = table2.GPT2_ROW.loop(Accumulate(), 5)
    matched = replace(loop, matched_steps=True).experiment(scale, 500_000, None).estimator
    plain = loop.experiment(scale, 500_000, None).estimator
    size = scale.num_samples
    assert matched.resolved_steps(5 * size) == plain.resolved_steps(size) < plain.resolved_steps(2 * size)
    assert replace(matched, num_steps=None) == plain
