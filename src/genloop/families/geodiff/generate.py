"""Conformations from a GeoDiff network: noise that is removed step by step, for many molecules at a time."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from genloop.families.checkpoints import kept
from genloop.families.geodiff.denoising import Noise
from genloop.families.geodiff.geometry import centred
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.sampling import Sampling
from genloop.families.geodiff.schedule import Schedule
from genloop.families.geodiff.topology import Topologies, Topology
from genloop.families.weights import weights_digest
from genloop.families.workers import Workers
from genloop.identity import describe, digest
from genloop.types import Context, Progress

AT_ONCE = {"cpu": 16, "cuda": 512, "mps": 64}  # conformations in one pass through the network
PARTS_PER_PORTION = 16  # an interruption can lose a portion


@dataclass(frozen=True)
class Generator:
    """Turns noise into conformations.

    Attributes:
        network: finds the noise.
        topologies: of the molecules.
        schedule: of the noise.
        sampling: how it is removed.
        seed: of all noise; that of a conformation does not depend on the others.
    """

    network: GeoDiffNetwork
    topologies: Topologies
    schedule: Schedule
    sampling: Sampling
    seed: int

    @torch.inference_mode()
    def generate(self, graph_ids: np.ndarray, context: Context) -> np.ndarray:
        """Return the atoms of new conformations end to end, shape (atom, 3), float32.

        Portions are kept in the scratch folder, and not made again after an interruption.

        Args:
            graph_ids: the molecule of each conformation, shape (conformation,).
            context: where to compute.
        """
        at_once = AT_ONCE[self.network.device.type]
        parts = [np.arange(len(graph_ids))[i : i + at_once] for i in range(0, len(graph_ids), at_once)]
        portions = [parts[i : i + PARTS_PER_PORTION] for i in range(0, len(parts), PARTS_PER_PORTION)]
        owner = digest(self._describe(graph_ids))
        pieces = []
        with Workers(self.network.device) as workers:
            for number, portion in enumerate(portions):
                make = partial(self._portion, graph_ids, portion, workers, context)
                pieces.append(kept(context.scratch_dir, f"portion-{number}", make, owner=owner).numpy())
        return np.concatenate([np.empty((0, 3), np.float32), *pieces])

    def _describe(self, graph_ids: np.ndarray) -> list[object]:
        settings = [describe(part) for part in (self.schedule, self.sampling)]
        molecules = [list(self.topologies.graphs.names), graph_ids.tolist()]
        return ["sample", weights_digest(self.network), *settings, *molecules, self.seed]

    def _portion(self, graph_ids: np.ndarray, parts: list[np.ndarray], workers: Workers, context: Context) -> Tensor:
        """Return the conformations of some parts; every worker computes parts of its own."""
        found: list[Tensor] = []
        for start in range(0, len(parts), workers.num):
            some = parts[start : start + workers.num]
            found += workers.map(lambda numbers: self._part(graph_ids[numbers], numbers), some)
            context.report(Progress(int(some[-1][-1]) + 1, len(graph_ids)))
        return torch.cat(found)

    @torch.inference_mode()  # which holds in its own thread only
    def _part(self, graph_ids: np.ndarray, numbers: np.ndarray) -> Tensor:
        topology = self.topologies.batch(graph_ids)
        noise = Noise(self.seed, numbers, topology.sizes.numpy())
        topology = topology.to(self.network.device)
        return without_noise(self.network, topology, noise, self.schedule, self.sampling).cpu()


def without_noise(
    network: GeoDiffNetwork, topology: Topology, noise: Noise, schedule: Schedule, sampling: Sampling
) -> Tensor:
    """Return what is left when noise is removed in steps, shape (A, 3).

    With x the coordinates at level s, e their noise as the network finds it, and r < s the next level, a step goes to
    x - s e + k e + f z, z standard normal. Here k^2 + f^2 = r^2, so that x has the noise of its level again: f = 0 is
    DDIM, and k = r^2 / s gives the posterior of x at r, given x at s and x - s e as the conformation.
    """
    descent = schedule.descent(sampling.num_steps)

    def fresh() -> Tensor:
        return centred(noise.draw().to(network.device), topology)

    coordinates = descent[0] * fresh()
    for level, following in pairwise(descent.tolist()):
        levels = coordinates.new_full((len(topology.sizes),), level)
        found = shortened(network(coordinates, levels, topology), sampling.clip)
        kept = following if sampling.kind == "ddim" else following**2 / level
        coordinates = coordinates - (level - kept) * found
        if kept < following:
            coordinates = coordinates + (following**2 - kept**2) ** 0.5 * fresh()
    return coordinates


def shortened(noise: Tensor, longest: float) -> Tensor:
    """Return noise, shape (A, 3), with vectors of at most a length; those that are no numbers become none."""
    finite = noise.nan_to_num(0.0, 0.0, 0.0)
    return finite * (longest / finite.norm(dim=1, keepdim=True).clamp(min=longest))
