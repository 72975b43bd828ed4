"""What a run has taken, as a table and in sentences."""

from genloop.numerals import duration
from genloop.report.html.costs import Costs, Spent
from genloop.report.html.text_table import TextTable

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def cost_table(found: Costs, unit: str) -> TextTable:
    """Return one line for each policy, and one for all of them together."""
    header = (
        "policy",
        "fits",
        f"{unit}s fitted on",
        f"{unit}s generated",
        "operations",
        "fits took",
        "samples",
        "scores",
    )
    rows = [_row(policy, cost) for policy, cost in found.policies.items()]
    return TextTable(header, [*rows, _row("computed in all", found.together)])


def cost_notes(found: Costs) -> list[str]:
    """Return what the table leaves out, in sentences."""
    shared = found.num_asked - found.num_different
    notes = [
        "Each policy is counted with all the steps that it needs. Policies and seeds name "
        f"{found.num_asked:,} finished steps, of which {found.num_different:,} are different: {shared:,} were reused, "
        f"which saved {_took(found.saved_seconds)}. All steps took {_took(found.together.total_seconds)}, as "
        "measured where they ran; operations are the estimator's own count, in floating point."
    ]
    return notes + ([f"Operations are not known: {found.problem}"] if found.problem else [])


def _row(name: str, cost: Spent) -> tuple[str, ...]:
    times = (_took(cost.seconds[phase]) for phase in ("fit", "sample", "score"))
    fitted = "unknown" if cost.fitted is None else f"{cost.fitted:,}"
    flops = "unknown" if cost.flops is None else power_of_ten(cost.flops)
    return (name, str(cost.num_fits), fitted, f"{cost.sampled:,}", flops, *times)


def _took(seconds: float) -> str:
    text = f"{seconds:.2g} s" if seconds < 10 else duration(seconds)
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def power_of_ten(value: float) -> str:
    """Return a large number as people write it, such as 1.2 × 10¹³."""
    if not value:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} \N{MULTIPLICATION SIGN} 10{str(int(exponent)).translate(SUPERSCRIPTS)}"
