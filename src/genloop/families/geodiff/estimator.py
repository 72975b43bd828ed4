"""GeoDiff, a diffusion model of molecular conformations (Xu et al. 2022, arXiv 2203.02923).

Importing this file loads no torch, so that keys and cached results are there at once.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.domain import MoleculeDomain
from genloop.families.geodiff.sampling import Sampling
from genloop.families.geodiff.schedule import Schedule
from genloop.families.geodiff.sizes import Sizes
from genloop.families.neural import NeuralEstimator
from genloop.identity import describe
from genloop.types import Context, Cost

if TYPE_CHECKING:
    from genloop.families.geodiff.model import GeoDiffModel
    from genloop.families.geodiff.network import GeoDiffNetwork

ASSUMED_ATOMS = 40.0  # of a molecule, until the source is prepared
LARGEST_SIGNAL = 0.1  # of the molecule, that the last step of diffusion may still show


@dataclass(frozen=True)
class GeoDiff(NeuralEstimator):
    """A network that finds the noise of a conformation, given the molecular graph.

    Its loss is the mean squared error of the noise, per atom and direction, after the conformation was rotated onto the
    noisy one; see `network.py` and `denoising.py` for what follows the paper. How it is trained is said by
    `NeuralEstimator`; a row of a batch is a conformation. The defaults are those of GeoDiff for GEOM-Drugs, except for
    the optimiser.

    Attributes:
        width: of the states of atoms and edges.
        num_global: layers of the global field, over all pairs closer than the cutoff.
        num_local: layers of the local field, over pairs within `edge_order` bonds.
        cutoff: in angstrom.
        edge_order: bonds that an edge of the local field may span.
        diffusion_steps: T, steps from a conformation to pure noise.
        first_beta: variance of the noise that is added at the first of them.
        last_beta: variance of the noise that is added at the last of them.
        sampling: how conformations are drawn; no part of the fit.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("xu2022geodiff",)
    examples: ClassVar[str] = "conformation"
    offers: ClassVar[frozenset[str]] = frozenset({"denoising_loss", "conditions"})

    batch: int = 32
    weight_decay: float = 0.0
    width: int = 128
    num_global: int = 6
    num_local: int = 4
    cutoff: float = 10.0
    edge_order: int = 3
    diffusion_steps: int = 5000
    first_beta: float = 1e-7
    last_beta: float = 2e-3
    sampling: Sampling = field(default_factory=Sampling)

    def _problems(self) -> list[str]:
        problems = self._not_positive("width", "num_global", "num_local", "cutoff", "edge_order", "diffusion_steps")
        problems += super()._problems()
        if self.precision != "float32":
            problems.append(f"precision={self.precision!r} is too coarse for coordinates; use 'float32'")
        if not 0 < self.first_beta <= self.last_beta < 1:
            problems.append(f"betas from {self.first_beta} to {self.last_beta} do not rise within 0 and 1; use such")
        elif self.diffusion_steps > 0 and self.schedule.signal[-1] > LARGEST_SIGNAL:
            problems.append(
                f"{self.diffusion_steps} diffusion_steps up to last_beta={self.last_beta} leave "
                f"{self.schedule.signal[-1]:.0%} of the molecule's variance, where sampling starts from pure noise; "
                "use more steps or a larger last_beta"
            )
        if self.sampling.num_steps > self.diffusion_steps:
            problems.append(f"sampling.num_steps={self.sampling.num_steps} is more than diffusion_steps; use fewer")
        return problems

    @property
    def schedule(self) -> Schedule:
        """How much noise there is at every step of diffusion."""
        return Schedule(self.diffusion_steps, self.first_beta, self.last_beta)

    @property
    def sizes(self) -> Sizes:
        """What the network consists of."""
        return Sizes(self.width, self.num_global, self.num_local, self.cutoff, self.edge_order)

    def num_rows(self, num_examples: int) -> int:
        return num_examples

    def fit_identity(self, num_examples: int) -> dict[str, Any]:
        identity = super().fit_identity(num_examples)
        del identity["sampling"]
        return identity

    def sample_identity(self) -> object:
        return describe(self.sampling)

    def fit(self, train: MoleculeDataset, *, seed: int, context: Context) -> "GeoDiffModel":
        """Fit a new network to conformations.

        Raises:
            UserError: if the device is absent.
        """
        return self._fit(train, None, seed, context)

    def refit(self, model: "GeoDiffModel", train: MoleculeDataset, *, seed: int, context: Context) -> "GeoDiffModel":
        """Fit like `fit`, but start from the weights of `model`, with a fresh optimiser and the whole schedule.

        Raises:
            UserError: if `model` has other sizes, or the device is absent.
        """
        return self._fit(train, model.network, seed, context)

    def _fit(
        self, train: MoleculeDataset, start: "GeoDiffNetwork | None", seed: int, context: Context
    ) -> "GeoDiffModel":
        from genloop.families.fitting import begin
        from genloop.families.geodiff.fit import fit_geodiff
        from genloop.families.geodiff.network import GeoDiffNetwork

        network = GeoDiffNetwork(self.sizes, seed=seed)
        fitting = begin(network, self, len(train), start=start, seed=seed, context=context)
        return fit_geodiff(fitting, train, schedule=self.schedule, sampling=self.sampling)

    def load(self, directory: Path, domain: MoleculeDomain, context: Context) -> "GeoDiffModel":
        from genloop.families.geodiff.model import load_model

        return load_model(directory, domain.graphs, self.sampling, context)

    def fit_cost(self, num_examples: int, domain: MoleculeDomain | None) -> Cost:
        num = self.resolved_steps(num_examples) * self.batch
        return Cost(num, num * 3 * self.sizes.forward_flops(_num_atoms(domain)), 4 * self.sizes.num_parameters)

    def sample_cost(self, num_examples: int, domain: MoleculeDomain | None) -> Cost:
        num_atoms = _num_atoms(domain)
        flops = num_examples * self.sampling.num_steps * self.sizes.forward_flops(num_atoms)
        return Cost(num_examples, flops, round(num_examples * num_atoms * 12))


def _num_atoms(domain: MoleculeDomain | None) -> float:
    """Return the mean number of atoms of a molecule."""
    return len(domain.graphs.types) / len(domain.graphs) if domain else ASSUMED_ATOMS
