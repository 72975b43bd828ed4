"""What every training set was made of: a bar for each iteration, stacked from its sources.

That of the first seed, as those of the others have the same sizes.
"""

from collections.abc import Mapping, Sequence

from genloop.analysis.arms import Arm
from genloop.analysis.training_sets import shares
from genloop.report.html.charts import Chart, layout, plain, rounded
from genloop.report.html.theme import PAPER, REAL_DATA, iteration_colours
from genloop.runs.record import RecordedIteration

HEIGHT = 250


def shares_chart(arm: Arm) -> Chart:
    """Return the share of every source in the training sets of one policy."""
    parts = {item.iteration: shares(item) for item in arm.first_seed}
    whole = {number: sum(amounts.values()) for number, amounts in parts.items()}
    in_percent = {
        number: {source: 100 * amount / whole[number] for source, amount in amounts.items()}
        for number, amounts in parts.items()
    }
    return _chart(arm.label, in_percent, "share (%)", "%{y:.3~g} %", 100)


def sizes_chart(arm: Arm, tallest: float) -> Chart:
    """Return how much of every source is in the training sets of one policy, in units of T.

    Args:
        arm: the policy.
        tallest: height of the axis, so that several charts can have the same.
    """
    unit = arm.run.record.num_samples
    in_units = {
        item.iteration: {source: amount / unit for source, amount in shares(item).items()} for item in arm.first_seed
    }
    return _chart(arm.label, in_units, "training set (T)", "%{y:.3~g} T", 1.05 * tallest)


def _chart(label: str, amounts: Mapping[int, Mapping[str, float]], y_title: str, template: str, top: float) -> Chart:
    """Return stacked bars; iteration -> source -> height."""
    last = max(amounts)
    colours = {"real": REAL_DATA} | {f"model {n}": colour for n, colour in enumerate(iteration_colours(last), start=1)}
    traces = [
        {
            "type": "bar",
            "name": plain(source),
            "x": (places := [number for number, parts in amounts.items() if source in parts]),
            "y": rounded(amounts[number][source] for number in places),
            "marker": {"color": colour, "line": {"color": PAPER, "width": 1 if last <= 12 else 0}},
            "hovertemplate": template,
        }
        for source, colour in colours.items()
        if any(source in parts for parts in amounts.values())
    ]
    drawn = layout(y_title, last, 0, barmode="stack", bargap=0.25, height=HEIGHT)
    drawn["xaxis"] |= {"range": [0.4, last + 0.6]}
    drawn["yaxis"] |= {"range": [0, top]}
    return Chart(f"Chart of what the training sets of {label} were made of, as in the table below.", traces, drawn)


def tallest(arms: Sequence[Arm]) -> float:
    """Return the size of the largest training set, in units of T."""
    return max(sum(shares(item).values()) / arm.run.record.num_samples for arm in arms for item in arm.iterations)


def composition(item: RecordedIteration) -> str:
    """Return in words how large a training set was and what it was made of."""
    union = sum(part.num_examples for part in item.train)
    is_weighted = len({part.weight for part in item.train}) > 1
    parts = (
        f"{part.source} {part.num_examples / union:.0%}" + (f" at weight {part.weight:.3g}" if is_weighted else "")
        for part in item.train
    )
    size = f"{union:,}" if item.drawn is None else f"{item.drawn:,} drawn out of {union:,}"
    return f"{size}: {', '.join(parts)}"
