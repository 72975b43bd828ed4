"""Training and sampling speed of the VAE against a plain PyTorch loop on the same network.

Every measurement is a process of its own; the contenders take turns and medians are compared. The share of the
convolutions relates the operations of the network to the rate that its convolutions reach alone, forward, with their
results thrown away.

    python benchmarks/images.py [--rounds N] [--threads N] [--json]

At 64x64 the network is the study's (5 convolutions of 32 to 512 channels, 128 latent dimensions); at 32x32 it has the
first three. Batches of 64.
"""

import argparse
import json
import statistics

from image_contenders import CHANNELS, estimator, forward_flops
from process import measure

CONTENDERS = {
    "convolutions": ("convolutions",),
    "train": ("train_genloop", "train_plain", "train_plain_without_workers"),
    "sample": ("sample_genloop", "sample_plain"),
}


def compare(resolution: int, rounds: int, threads: int) -> dict[str, float]:
    """Return the median rate of every contender."""
    names = [name for group in CONTENDERS.values() for name in group]
    rates: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found = measure(f"{resolution} {name}", "image_contenders.py", name, str(resolution), str(threads))
            rates[name].append(found["rate"])
    return {name: statistics.median(values) for name, values in rates.items()}


def print_table(resolution: int, rates: dict[str, float]) -> None:
    print(f"\n{resolution}x{resolution}: convolutions {rates['convolutions'] / 1e9:.0f} GFLOP/s")
    print(f"{'contender':<30}{'images/s':>10}{'genloop / it':>14}{'of convolutions':>17}")
    sizes = estimator(resolution).sizes((resolution, resolution, 3))
    flops = {"train": 3 * forward_flops(resolution), "sample": sizes.decoder_flops}
    for task in ("train", "sample"):
        baseline = rates[CONTENDERS[task][0]]
        for name in CONTENDERS[task]:
            share = rates[name] * flops[task] / rates["convolutions"]
            print(f"{name.replace('_', ' '):<30}{rates[name]:>10,.0f}{baseline / rates[name]:>14.2f}{share:>17.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="turns of every contender")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()

    results = {resolution: compare(resolution, arguments.rounds, arguments.threads) for resolution in CHANNELS}
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    for resolution, rates in results.items():
        print_table(resolution, rates)


if __name__ == "__main__":
    main()
