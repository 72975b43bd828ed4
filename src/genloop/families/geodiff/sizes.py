"""What a GeoDiff network consists of, and what it takes."""

from dataclasses import dataclass

NUM_TYPES = 119  # atomic numbers
NUM_BONDS = 4  # kinds of bonds: single, double, triple, aromatic
NUM_GAUSSIANS = 64  # that a distance is spread over
BONDED_PAIRS = 5.2  # of an atom of a drug, within three bonds; each pair counted once


@dataclass(frozen=True)
class Sizes:
    """The sizes of a network.

    Attributes:
        width: of the states of atoms and edges.
        num_global: layers of the global field.
        num_local: layers of the local field.
        cutoff: of the global field, in angstrom.
        edge_order: bonds that a bonded edge may span.
    """

    width: int
    num_global: int
    num_local: int
    cutoff: float
    edge_order: int

    @property
    def num_kinds(self) -> int:
        """Kinds of edges: bonds, pairs 2 to `edge_order` bonds apart, and pairs that are only near."""
        return NUM_BONDS + self.edge_order

    @property
    def num_features(self) -> int:
        """What is told of an edge: its length in two ways, the noise level, and its kind."""
        return NUM_GAUSSIANS + 2 + self.num_kinds

    @property
    def num_parameters(self) -> int:
        square = self.width**2 + self.width  # a linear layer
        both = 2 * (NUM_TYPES + self.num_features + 2 * self.width + 3) * self.width + 2 * (2 * square + 1)
        return both + self.num_global * 5 * square + self.num_local * (2 * square + 1)

    def forward_flops(self, num_atoms: float) -> float:
        """Return the operations for one conformation; training takes three times as many.

        All its pairs are taken to be nearer than the cutoff.
        """
        pairs, bonded = num_atoms * (num_atoms - 1) / 2, num_atoms * BONDED_PAIRS
        per_edge = (self.num_features + 4 * self.width) * self.width  # what comes before and after the layers
        per_layer = 2 * self.width**2
        edges = (pairs + bonded) * per_edge + pairs * self.num_global * per_layer
        atoms = num_atoms * (3 * self.num_global + 2 * self.num_local) * self.width**2
        return 2.0 * (edges + atoms)
