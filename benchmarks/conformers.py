"""Training and 50-step sampling of GeoDiff against a straightforward implementation with torch-geometric.

The other one has the same network, which is checked first, as `MessagePassing` layers over directed edges that each
batch builds anew (`geometric_network.py`). Every measurement is a process of its own; the contenders take turns and
medians are compared.

    python benchmarks/conformers.py [--sizes study laptop] [--rounds N] [--threads N] [--json]

Molecules are drug-like, with 39 atoms on average. `study` is the network of GeoDiff for drugs (width 128, 6 global and
4 local layers, batches of 32), `laptop` that of the recipe (width 32, 3 and 2 layers, batches of 16).
"""

import argparse
import json
import statistics
import tempfile

from conformer_contenders import SIZES
from process import measure

CONTENDERS = {"train": ("train_genloop", "train_geometric"), "sample": ("sample_genloop", "sample_geometric")}
MOST_DIFFERENCE = 1e-3  # standard deviations; float32


def compare(size: str, rounds: int, threads: int, folder: str) -> dict[str, float]:
    """Return the median rate of every contender, in conformations a second."""
    names = [name for group in CONTENDERS.values() for name in group]
    rates: dict[str, list[float]] = {name: [] for name in names}
    difference = _measure("agreement", size, threads, folder)
    if difference > MOST_DIFFERENCE:
        raise SystemExit(f"{size}: the networks differ by {difference:.1g} standard deviations of the noise.")
    _measure("weights", size, threads, folder)
    for _ in range(rounds):
        for name in names:
            rates[name].append(_measure(name, size, threads, folder))
    return {name: statistics.median(values) for name, values in rates.items()}


def _measure(name: str, size: str, threads: int, folder: str) -> float:
    return measure(f"{size} {name}", "conformer_contenders.py", name, size, str(threads), folder)["rate"]


def print_table(size: str, rates: dict[str, float]) -> None:
    print(f"\n{size:<10}{'genloop':>12}{'torch-geometric':>18}{'ratio':>8}   conformations a second")
    for task, (ours, theirs) in CONTENDERS.items():
        print(f"{task:<10}{rates[ours]:>12.1f}{rates[theirs]:>18.1f}{rates[ours] / rates[theirs]:>8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES), help="networks to measure")
    parser.add_argument("--rounds", type=int, default=3, help="turns of every contender")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        _measure("prepare", arguments.sizes[0], arguments.threads, folder)
        results = {size: compare(size, arguments.rounds, arguments.threads, folder) for size in arguments.sizes}
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    for size, rates in results.items():
        print_table(size, rates)


if __name__ == "__main__":
    main()
