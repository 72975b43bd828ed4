"""Loops of language models on a Ray cluster whose nodes are killed, with their store on an S3 server: `make cluster`.

    python tests/cluster [--kills 20] [--seed 0] [--quick]

Everything is on this machine: a head that computes nothing, three nodes of one processor, a server that speaks S3. The
loops are those of Figure 3, GPT-2 under replace and accumulate with two seeds, so small that a fit takes seconds. While
they run, nodes with steps at work are killed at random moments and replaced, and the driver is killed once. The numbers
must be those of this process alone, to the last digit; the exit code is 1 if they are not.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from genloop.executors.on_ray import QUIET
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Runtime

os.environ.update(QUIET)
NUM_NODES = 3
LONGEST = 600.0  # seconds for one run
CODE = "from genloop.cli import main; main()"
FIGURE_3 = {
    "name": "figure-3",
    "source": {"type": "story-grammar", "num_train": 400, "num_test": 50, "vocabulary": 300},
    "estimator": {"type": "gpt2", "width": 32, "num_layers": 2, "num_heads": 2, "context": 32, "epochs": 6},
    "policies": ["replace", "accumulate"],
    "metrics": [{"type": "test-loss", "num_tokens": 2000}, "diversity"],
    "num_samples": 6000,
}


@dataclass
class Tally:
    """What happened."""

    kills: int = 0
    at_work: int = 0
    drivers: int = 0
    runs: int = 0
    steps: int = 0
    seconds: float = 0.0
    alone: float = 0.0
    unequal: list[str] = field(default_factory=list)


class Nodes:
    """The nodes of a cluster, and the hand that kills them."""

    def __init__(self, chance: random.Random) -> None:
        from ray.cluster_utils import Cluster

        self._chance = chance
        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self._nodes = [self.cluster.add_node(num_cpus=1) for _ in range(NUM_NODES)]

    def kill_one(self) -> None:
        """Kill a node as a failure of power would, and add another."""
        node = self._nodes.pop(self._chance.randrange(len(self._nodes)))
        self.cluster.remove_node(node, allow_graceful=False)
        self._nodes.append(self.cluster.add_node(num_cpus=1))


def start_driver(file: Path, out: Path, store: str, address: str) -> "subprocess.Popen[bytes]":
    command = ("run", file, "--out", out, "--store", store, "--on", "ray", "--address", address, "--threads", "1")
    with out.with_suffix(".log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", CODE, *map(str, command)], stdout=log, stderr=log)


def num_at_work(out: Path) -> int:
    return len(list((out / "store" / "partial").glob("**/progress.json")))


def run_under_fire(
    file: Path, out: Path, store: str, nodes: Nodes, chance: random.Random, tally: Tally, most_kills: int
) -> None:
    """Run until all is done, whatever is killed; the driver is killed once in the first run."""
    began, driver = time.monotonic(), start_driver(file, out, store, nodes.cluster.address)
    while driver.poll() is None:
        assert time.monotonic() - began < LONGEST, f"{out} takes too long; see {out.with_suffix('.log')}"
        time.sleep(chance.uniform(1.0, 4.0))
        if tally.kills < most_kills and (working := num_at_work(out)):
            nodes.kill_one()
            tally.kills += 1
            tally.at_work += working
        if tally.drivers == 0 and tally.kills >= 2:
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            tally.drivers += 1
            driver = start_driver(file, out, store, nodes.cluster.address)
    assert driver.returncode == 0, out.with_suffix(".log").read_text()[-3000:]
    tally.seconds += time.monotonic() - began


def compare(experiment: Experiment, folder: Path, out: Path, tally: Tally) -> None:
    """Run the same here, and note every number that differs."""
    began = time.monotonic()
    alone = run(experiment, folder, runtime=Runtime(device="cpu", threads=1))
    tally.alone += time.monotonic() - began
    far = Run(out)
    pairs = zip(alone.rows(), far.rows(), strict=True)
    tally.unequal += [f"{mine} here, {theirs} there" for mine, theirs in pairs if mine != theirs]
    tally.steps += len({step for item in far.record.iterations for step in item.steps})
    tally.runs += 1


def s3_server() -> tuple[Any, str]:
    """Start a server that speaks S3, tell the environment of it, and make a bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    settings = {"ENDPOINT_URL": address, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "y", "REGION": "us-east-1"}
    os.environ.update({f"AWS_{name}": value for name, value in settings.items()} | {"AWS_ALLOW_HTTP": "true"})
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="loops")
    return server, "s3://loops"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="one run of two iterations, and four kills")
    asked = parser.parse_args()
    chance, tally = random.Random(asked.seed), Tally()
    most_kills = 4 if asked.quick else asked.kills
    server, bucket = s3_server()
    nodes = Nodes(chance)
    with TemporaryDirectory() as folder:
        while tally.runs == 0 or tally.kills < most_kills:
            seeds = [2 * tally.runs, 2 * tally.runs + 1]
            settings = {**FIGURE_3, "num_iterations": 2 if asked.quick else 4, "seeds": seeds}
            out = Path(folder) / f"run{tally.runs}"
            out.with_suffix(".yaml").write_text(yaml.safe_dump(settings))
            run_under_fire(out.with_suffix(".yaml"), out, f"{bucket}/{out.name}", nodes, chance, tally, most_kills)
            compare(from_dict(settings), Path(folder) / f"alone{tally.runs}", out, tally)
    nodes.cluster.shutdown()
    server.stop()
    overhead = (tally.seconds - tally.alone / NUM_NODES) / tally.steps
    print(
        f"{tally.runs} runs of {tally.steps} steps together: {tally.kills} nodes killed with {tally.at_work} steps at "
        f"work, {tally.drivers} driver; {tally.seconds:.0f} s, {tally.alone:.0f} s in one process alone, "
        f"{overhead:.2f} s a step beyond a third of that."
    )
    print("All numbers are equal to the last digit." if not tally.unequal else "\n".join(tally.unequal))
    return int(bool(tally.unequal))


if __name__ == "__main__":
    sys.exit(main())
