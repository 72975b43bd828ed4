"""The networks written here, with the caches that documents in progress of theirs are kept in."""

from genloop.families.lm.cache import bytes_per_row, make_cache
from genloop.families.lm.decoding import Decoder
from genloop.families.lm.network import Network
from genloop.families.lm.rounding import has_instructions, rounded
from genloop.families.lm.sampling import Sampling
from genloop.families.workers import Workers


class CachedNetwork(Network):
    """A network that samples with keys, values and weights as exact as `Sampling` asks for."""

    def documents(
        self, num_rows: int, sampling: Sampling, workers: Workers, *, max_length: int, end_of_text: int
    ) -> Decoder:
        is_rounded = sampling.weights == "int8" and self.device.type == "cpu" and has_instructions()
        network = rounded(self) if is_rounded else self
        cache = make_cache(self, num_rows, sampling.cache)
        return Decoder(network, cache, workers, num_rows, max_length=max_length, end_of_text=end_of_text)

    def bytes_per_row(self, sampling: Sampling) -> int:
        return bytes_per_row(self, sampling.cache)
