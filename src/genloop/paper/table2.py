"""Table 2 of arXiv 2404.01413: losses of seven language models under four regimes, beside the paper's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from genloop.paper.language_loops import LanguageLoop
from genloop.paper.language_models import reproduce
from genloop.policies import Accumulate, Policy, Replace, ReplaceMultiple
from genloop.policy_text import policy_name
from genloop.study.claims import Claim, Reproduction
from genloop.study.curves import Curves, Place
from genloop.study.grid import Grid
from genloop.study.request import Request
from genloop.study.study import Study


@dataclass(frozen=True)
class LossColumn:
    """One column of the table: the loss at an iteration of a policy."""

    header: str
    policy: Policy
    iteration: int


COLUMNS = (
    LossColumn("t=4 (acc)", Accumulate(), 4),
    LossColumn("t=4 (repl)", Replace(), 4),
    LossColumn("t=10 (repl)", Replace(), 10),
    LossColumn("t=4 (*)", ReplaceMultiple(), 4),
)


@dataclass(frozen=True)
class Printed:
    """A loss as the paper prints it, and its difference from iteration 1, rounded on its own."""

    loss: float
    difference: float


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        name: as in the paper.
        model: name of the estimator in the scale.
        first: the paper's loss at iteration 1.
        printed: the paper's other losses, in the order of `COLUMNS`; None where it has none.
        temperature: of sampling.
        size: of the data set, as a share of T.
        epochs: passes over the data, in epochs of the paper.
        num_accumulated: iterations of accumulating.
    """

    name: str
    model: str
    first: float
    printed: tuple[Printed | None, ...]
    temperature: float = 1.0
    size: float = 1.0
    epochs: float = 1.0
    num_accumulated: int = 4

    def columns(self) -> list[LossColumn]:
        """Return the columns that the paper has a number in."""
        return [column for column, printed in zip(COLUMNS, self.printed, strict=True) if printed]

    def loops(self) -> list[LanguageLoop]:
        """Return one loop for each policy, as long as the paper's."""
        last = {column.policy: column.iteration for column in self.columns()} | {Accumulate(): self.num_accumulated}
        return [self.loop(policy, num_iterations) for policy, num_iterations in last.items()]

    def loop(self, policy: Policy, num_iterations: int) -> LanguageLoop:
        return LanguageLoop(
            self.name, policy, self.model, num_iterations, temperature=self.temperature, size=self.size,
            epochs=self.epochs,
        )  # fmt: skip


ROWS = (
    Row(
        "GPT-2 (9M)", "gpt2-9m", 1.82,
        (Printed(1.74, -0.07), Printed(2.39, 0.58), Printed(2.91, 1.09), Printed(2.18, 0.36)), num_accumulated=5,
    ),
    Row(
        "GPT-2 (9M) (temp=0.3)", "gpt2-9m", 1.82,
        (Printed(1.75, -0.06), Printed(5.82, 4.00), Printed(9.85, 8.04), None), temperature=0.3,
    ),
    Row(
        "GPT-2 (9M) (small dataset)", "gpt2-9m", 2.56,
        (Printed(2.28, -0.28), Printed(3.21, 0.65), Printed(3.72, 1.16), Printed(2.91, 0.35)), size=1 / 5,
    ),
    Row(
        "GPT-2 (9M) (small dataset, 3 epochs)", "gpt2-9m", 1.99,
        (Printed(1.87, -0.12), Printed(2.62, 0.63), None, None), size=1 / 5, epochs=3,
    ),
    Row("Llama-2 (12M)", "llama-12m", 2.06, (Printed(1.94, -0.12), Printed(2.72, 0.66), None, None)),
    Row("Llama-2 (42M)", "llama-42m", 1.90, (Printed(1.76, -0.14), Printed(2.52, 0.62), None, None)),
    Row("Llama-2 (126M)", "llama-126m", 1.71, (Printed(1.59, -0.12), Printed(2.23, 0.53), None, None)),
)  # fmt: skip
GPT2_ROW, COLD_ROW, *_ = ROWS
LLAMA_ROWS = ROWS[4:]


def reproduce_table2(request: Request) -> Reproduction:
    """Run all rows and write the table beside the paper's numbers, with a verdict for every claim."""
    loops = [loop for row in ROWS for loop in row.loops()]
    return reproduce("table2", "Table 2: evaluation loss of language models", loops, request, _present)


def _present(study: Study) -> Reproduction:
    losses = study.curves("test_loss")
    return study.found(claims(losses), grids=(table(losses),))


def table(losses: Curves) -> Grid:
    """Return our losses beside the paper's, in parentheses; columns after the first are differences from it."""
    header = ("model", "t=1", *(column.header for column in COLUMNS))
    title = "Test loss in nats per token, ours ± standard error (the paper's)"
    return Grid(title, header, tuple(_line(row, losses) for row in ROWS))


def _line(row: Row, losses: Curves) -> tuple[str, ...]:
    first = losses.mean(row.name, Replace(), 1)
    cells = (
        f"{losses.change(row.name, column.policy, column.iteration)} ({printed.difference:+.2f})" if printed else "n/a"
        for column, printed in zip(COLUMNS, row.printed, strict=True)
    )
    return (row.name, f"{first:.3f} ({row.first:.2f})", *cells)


def claims(losses: Curves) -> tuple[Claim, ...]:
    """Return what the paper says of the table, judged."""
    of_rows = [claim for row in ROWS for claim in row_claims(row, losses)]
    return (*of_rows, cold_claim(losses), *_size_claims(losses, LLAMA_ROWS))


def row_claims(row: Row, losses: Curves) -> list[Claim]:
    """Return what the paper says of one row."""
    found = [regime_claim(row.name, losses, column.policy, column.iteration) for column in row.columns()]
    columns = {column.policy: column for column in row.columns() if column.iteration == 4}
    if ReplaceMultiple() in columns:
        text = f"{row.name}: replace rises more than replace-multiple by iteration 4"
        found.append(_above(losses, (row.name, Replace(), 4), (row.name, ReplaceMultiple(), 4), text))
    if any(column.iteration == 10 for column in row.columns()):
        text = f"{row.name}: replace is higher at iteration 10 than at 4"
        found.append(_above(losses, (row.name, Replace(), 10), (row.name, Replace(), 4), text))
    return found


def regime_claim(
    name: str, losses: Curves, policy: Policy, iteration: int, *, since: int = 1, paper: str | None = None
) -> Claim:
    """Return the claim that accumulating does not raise the loss since an iteration, or that another policy does.

    Beside it stands the number of the table or, where it has none, what the `paper` writes.
    """
    place, first = (name, policy, iteration), (name, policy, since)
    change, printed = losses.difference(place, first), printed_difference(place, first)
    expected = paper if printed is None else printed
    when = f"from iteration {since} to {iteration}"
    if policy == Accumulate():
        return change.does_not_rise(f"{name}: accumulate does not rise {when}", expected)
    return change.rises(f"{name}: {policy_name(policy)} rises {when}", expected)


def cold_claim(losses: Curves) -> Claim:
    """Return the claim about temperature: both rows begin with the same model."""
    text = "GPT-2 (9M): replace rises more at temperature 0.3 than at 1.0 by iteration 4"
    return _above(losses, (COLD_ROW.name, Replace(), 4), (GPT2_ROW.name, Replace(), 4), text)


def _size_claims(losses: Curves, rows: Sequence[Row]) -> list[Claim]:
    found = []
    for smaller, larger in pairwise(rows):
        text = f"{larger.name} has a lower loss at iteration 1 than {smaller.name}"
        found.append(_above(losses, (smaller.name, Replace(), 1), (larger.name, Replace(), 1), text))
    return found


def _above(losses: Curves, place: Place, other: Place, text: str) -> Claim:
    """Return the claim that the loss at one place is above that at another."""
    return losses.difference(place, other).rises(text, printed_difference(place, other))


def printed_difference(place: Place, other: Place) -> float | None:
    """Return how much higher the paper prints the loss at one place than at another; None where it prints one of none.

    From iteration 1 it is the difference as printed, which is rounded on its own.
    """
    printed, first = _printed(place), _printed(other)
    if printed is None or first is None:
        return None
    is_change = (place[:2], other[2]) == (other[:2], 1)
    return printed.difference if is_change else round(printed.loss - first.loss, 2)


def _printed(place: Place) -> Printed | None:
    name, policy, iteration = place
    row = next((row for row in ROWS if row.name == name), None)
    if row is None or iteration == 1:
        return row and Printed(row.first, 0.0)
    cells = zip(COLUMNS, row.printed, strict=True)
    return next((cell for column, cell in cells if (column.policy, column.iteration) == (policy, iteration)), None)
