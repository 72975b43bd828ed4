"""What became of a metric, in a sentence: change, interval and trend of each policy."""

from collections.abc import Sequence

from genloop.analysis.outcome import Outcome
from genloop.analysis.series import Series, series
from genloop.numerals import plain, signed, unsigned
from genloop.runs.record import Run


def question(metric: str) -> str:
    """Return what the answer is about."""
    return f"Change of the {metric.replace('_', ' ')} since iteration 1"


def answer(found: Sequence[Outcome]) -> str:
    """Return in one sentence what became of a metric: change, interval and trend of each policy."""
    if not found:
        return "Nothing has been measured yet."
    text = "; ".join(_part(outcome, found[:number]) for number, outcome in enumerate(found))
    return text + _caution(found) + "."


def final_answer(run: Run, metric: str) -> str:
    """Return what the last models measured, where another estimator fitted them; empty where none did."""
    if run.final_estimator is None:
        return ""
    last, found = run.record.experiment["num_iterations"], series(run.rows(), metric, estimator=run.final_estimator)
    values = [f"{each.policy} {_level(each, last)} {each.unit}" for each in found]
    measured = f" and measured {'; '.join(values)}" if values else ""
    return f"The last model, of iteration {last}, is of {run.final_estimator}{measured}. It is compared with no other."


def _level(measured: Series, iteration: int) -> str:
    mean, error = measured.mean(iteration), measured.standard_error(iteration)
    if mean is None:
        return "no finite number of"
    return plain(mean) if error is None else unsigned(mean, error)


def _part(outcome: Outcome, earlier: Sequence[Outcome]) -> str:
    """Return what became of one policy; unit and length are said once where they are the same."""
    if outcome.change is None:
        return f"{outcome.policy}: {_why_unknown(outcome)}"
    is_said = any(
        other.change is not None and (other.unit, other.last_iteration) == (outcome.unit, outcome.last_iteration)
        for other in earlier
    )
    where = "" if is_said else f" {outcome.unit} after {outcome.last_iteration} iterations"
    return f"{outcome.policy}: {signed(outcome.change, outcome.margin)}{where}, {_end(outcome)}"


def _end(outcome: Outcome) -> str:
    """Return whether the change goes on."""
    return undecided(outcome.change, outcome.margin) if outcome.trend == "undecided" else outcome.trend


def undecided(change: float | None, margin: float | None) -> str:
    """Return what is undecided of a change: whether there is one or, where that is sure, whether it goes on."""
    if change is None or margin is None or abs(change) <= margin:
        return "undecided"
    return f"{'risen' if change > 0 else 'fallen'} beyond the margin, undecided whether it goes on"


def _why_unknown(outcome: Outcome) -> str:
    if outcome.last_iteration == outcome.first_iteration and outcome.first is not None:
        return f"{plain(outcome.first)} {outcome.unit} at iteration {outcome.first_iteration}, nothing later yet"
    iteration = outcome.first_iteration if outcome.first is None else outcome.last_iteration
    return f"no finite {outcome.metric} at iteration {iteration}"


def _caution(found: Sequence[Outcome]) -> str:
    """Return what the intervals are, or leave out."""
    known = [outcome for outcome in found if outcome.change is not None]
    if any(outcome.margin_of == "measurement" for outcome in known):
        return " (one seed: ± 90 %, by the standard errors that the metric recorded)"
    if any(outcome.margin is None for outcome in known):
        return " (one seed: no interval)"
    if not known:
        return ""
    fewest, most = (extreme(outcome.num_seeds for outcome in known) for extreme in (min, max))
    return f" (± 90 %, over {fewest} seeds)" if fewest == most else f" (± 90 %, over {fewest} to {most} seeds)"
