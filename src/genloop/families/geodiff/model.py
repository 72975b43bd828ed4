"""A fitted GeoDiff: it samples conformations of molecules, and tells how well it finds the noise of real ones."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.graphs import Graphs
from genloop.families.devices import prepare_device
from genloop.families.geodiff.denoising import Denoising
from genloop.families.geodiff.generate import AT_ONCE, Generator
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.sampling import Sampling
from genloop.families.geodiff.schedule import Schedule
from genloop.families.geodiff.sizes import Sizes
from genloop.families.geodiff.topology import Topologies
from genloop.families.training import Status, TrainingRecord
from genloop.families.workers import Workers
from genloop.types import Context, Progress

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
CONDITIONS_FILE = "conditions.npy"
RECORD_FILE = "training.json"


@dataclass(frozen=True)
class GeoDiffModel:
    """A fitted network, and the molecules that it was fitted to.

    Attributes:
        network: its weights.
        schedule: of the noise.
        sampling: how conformations are drawn.
        graphs: molecules.
        graph_ids: the molecule of every training example, shape (example,), int32.
        record: how the fit went.
    """

    network: GeoDiffNetwork
    schedule: Schedule
    sampling: Sampling
    graphs: Graphs
    graph_ids: np.ndarray
    record: TrainingRecord

    @property
    def status(self) -> Status:
        return self.record.status

    def sample(
        self, num: int, *, seed: int, conditions: MoleculeDataset | None = None, context: Context
    ) -> MoleculeDataset:
        """Return new conformations of the molecules of `conditions`, or of the training set where there are none.

        They have the same order, from the start again if more are asked for, so that a synthetic data set has as many
        conformers of each molecule as the real one.
        """
        self.network.to(prepare_device(context.runtime))
        graphs, graph_ids = self.graphs, self.graph_ids
        if conditions is not None:
            graphs, graph_ids = conditions.graphs, conditions.graph_ids(np.arange(len(conditions)))
        graph_ids = np.resize(graph_ids, num)
        topologies = Topologies(graphs, self.network.sizes.edge_order)
        generator = Generator(self.network, topologies, self.schedule, self.sampling, seed)
        return MoleculeDataset.of(graphs, graph_ids, generator.generate(graph_ids, context))

    def mean_loss(self, data: MoleculeDataset, *, seed: int, context: Context) -> float:
        """Return the mean denoising loss of conformations, each with noise that follows from its place and the seed.

        Equal seeds give equal noise to all models; the levels of the noise are spread evenly over the schedule.
        """
        self.network.to(prepare_device(context.runtime))
        task = Denoising(self.schedule, Topologies(data.graphs, self.network.sizes.edge_order), data, seed)
        at_once = AT_ONCE[self.network.device.type]
        total = 0.0

        @torch.inference_mode()
        def sum_of(start: int) -> float:
            places = np.arange(start, min(start + at_once, len(data)))
            return task.losses(self.network, places, places).cpu().double().sum().item()

        with Workers(self.network.device) as workers:
            step = at_once * workers.num
            for start in range(0, len(data), step):
                stop = min(start + step, len(data))
                total += sum(workers.map(sum_of, range(start, stop, at_once)))
                context.report(Progress(stop, len(data)))
        return total / len(data)

    def save(self, directory: Path) -> None:
        """Write weights as safetensors, sizes and schedule as JSON, and what the fit was about beside them."""
        weights = {name: weight.contiguous() for name, weight in self.network.state_dict().items()}
        save_file(weights, directory / WEIGHTS_FILE, metadata={"format": "pt"})
        config = {"sizes": asdict(self.network.sizes), "schedule": asdict(self.schedule)}
        (directory / CONFIG_FILE).write_text(json.dumps(config, indent=1) + "\n")
        (directory / RECORD_FILE).write_text(json.dumps(asdict(self.record), indent=1) + "\n")
        np.save(directory / CONDITIONS_FILE, self.graph_ids, allow_pickle=False)


def load_model(directory: Path, graphs: Graphs, sampling: Sampling, context: Context) -> GeoDiffModel:
    """Restore what `GeoDiffModel.save` wrote, given the molecules that it was fitted to."""
    config = json.loads((directory / CONFIG_FILE).read_text())
    network = GeoDiffNetwork(Sizes(**config["sizes"]), seed=0)
    network.load_state_dict(load_file(directory / WEIGHTS_FILE))
    network.to(prepare_device(context.runtime))
    record = json.loads((directory / RECORD_FILE).read_text())
    return GeoDiffModel(
        network,
        Schedule(**config["schedule"]),
        sampling,
        graphs,
        np.load(directory / CONDITIONS_FILE, allow_pickle=False),
        TrainingRecord(record["status"], tuple(record["losses"])),
    )
