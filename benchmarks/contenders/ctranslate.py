"""CTranslate2, an engine for fast inference: sampling in float32 and in int8."""

import math
import time
from typing import Any

import ctranslate2
from ctranslate2.converters import TransformersConverter

from contenders.task import Measurement, Task
from genloop.data.text.tokens import END_OF_TEXT

FOLDER = "ctranslate2"


def convert_for_ctranslate(task: Task) -> Measurement:
    """Convert the folder of trained weights; the precision is chosen when it is loaded."""
    TransformersConverter(str(task.directory)).convert(str(task.directory / FOLDER))
    return {}


def sample_ctranslate_float32(task: Task) -> Measurement:
    return _sample(task, "float32")


def sample_ctranslate_int8(task: Task) -> Measurement:
    """With weights in int8, so a slightly different model."""
    return _sample(task, "int8")


def _sample(task: Task, precision: str) -> Measurement:
    """Sample whole batches, `workers` at a time, from the whole distribution; a seed would make the workers agree."""
    at_once = task.batch * task.workers
    num_documents = at_once * math.ceil(task.num_sampled / task.max_length / at_once)
    generator: Any = ctranslate2.Generator(
        str(task.directory / FOLDER),
        compute_type=precision,
        inter_threads=task.workers,
        intra_threads=task.threads // task.workers,
    )

    def generate(length: int) -> list[int]:
        results = generator.generate_batch(
            [[END_OF_TEXT]] * num_documents,
            max_batch_size=task.batch,
            max_length=length,
            sampling_topk=0,  # all tokens
            include_prompt_in_result=False,
            return_end_token=True,
        )
        return [len(result.sequences_ids[0]) for result in results]

    generate(4)
    start = time.perf_counter()
    lengths = generate(task.max_length)
    seconds = time.perf_counter() - start
    return {"rate": sum(lengths) / seconds, "length": sum(lengths) / len(lengths)}
