"""What every training set was made of: a bar for each iteration, stacked from its sources, in units of T."""

from collections.abc import Sequence

from genloop.record import RecordedIteration
from genloop.report.html.charts import Chart, layout, plain, rounded
from genloop.report.html.theme import PAPER, REAL_DATA, iteration_colours
from genloop.report.lines import Line
from genloop.report.training_sets import shares

HEIGHT = 250


def training_sets_chart(line: Line, tallest: float) -> Chart:
    """Return the training sets of one policy, of its first seed: those of the others have the same sizes.

    Args:
        line: the policy.
        tallest: height of the axis in units of T, so that several charts can have the same.
    """
    amounts = {item.iteration: shares(item) for item in line.first_seed}
    last = max(amounts)
    colours = {"real": REAL_DATA} | {f"model {n}": colour for n, colour in enumerate(iteration_colours(last), start=1)}
    traces = [
        {
            "type": "bar",
            "name": plain(source),
            "x": (places := [number for number, parts in amounts.items() if source in parts]),
            "y": rounded(amounts[number][source] / line.run.record.num_samples for number in places),
            "marker": {"color": colour, "line": {"color": PAPER, "width": 1 if last <= 12 else 0}},
            "hovertemplate": "%{y:.3~g} T",
        }
        for source, colour in colours.items()
        if any(source in parts for parts in amounts.values())
    ]
    drawn = layout("training set (T)", last, 0, barmode="stack", bargap=0.25, height=HEIGHT)
    drawn["xaxis"] |= {"range": [0.4, last + 0.6]}
    drawn["yaxis"] |= {"range": [0, 1.05 * tallest]}
    return Chart(f"Chart of what the training sets of {line.label} were made of, as in the table below.", traces, drawn)


def tallest(lines: Sequence[Line]) -> float:
    """Return the size of the largest training set, in units of T."""
    return max(sum(shares(item).values()) / line.run.record.num_samples for line in lines for item in line.iterations)


def composition(item: RecordedIteration) -> str:
    """Return in words what a training set was made of."""
    union = sum(part.num_examples for part in item.train)
    is_weighted = len({part.weight for part in item.train}) > 1
    parts = (
        f"{part.source} {part.num_examples / union:.0%}" + (f" at weight {part.weight:.3g}" if is_weighted else "")
        for part in item.train
    )
    return ", ".join(parts) + ("" if item.drawn is None else f"; of these, {item.drawn:,} drawn at random")
