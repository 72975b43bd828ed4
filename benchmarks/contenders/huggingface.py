"""Hugging Face's `Trainer` and `generate`."""

import time
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from contenders.clock import training_rate
from contenders.task import Measurement, Task

NUM_STEPS = 12


class _Clock(TrainerCallback):
    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.times.append(time.perf_counter())


def train_huggingface(task: Task) -> Measurement:
    """What a user writes: `GPT2Config` as it comes, with its dropout of 0.1."""
    return _train(task)


def train_huggingface_without_dropout(task: Task) -> Measurement:
    """The same arithmetic as ours, which has no dropout."""
    return _train(task, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)


def _train(task: Task, **dropout: Any) -> Measurement:
    torch.set_num_threads(task.threads)
    estimator, clock = task.estimator, _Clock()
    settings = TrainingArguments(
        output_dir=str(task.directory / "trainer"),
        per_device_train_batch_size=estimator.batch,
        max_steps=NUM_STEPS,
        learning_rate=estimator.learning_rate,
        weight_decay=estimator.weight_decay,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    model = GPT2LMHeadModel(_config(task, **dropout))
    Trainer(model=model, args=settings, train_dataset=_blocks(task), callbacks=[clock]).train()
    return training_rate(clock.times, task)


def _config(task: Task, **dropout: Any) -> GPT2Config:
    return GPT2Config(
        vocab_size=task.vocabulary,
        n_positions=task.estimator.context,
        n_embd=task.estimator.width,
        n_layer=task.estimator.num_layers,
        n_head=task.estimator.num_heads,
        bos_token_id=0,
        eos_token_id=0,
        **dropout,
    )


def _blocks(task: Task) -> Any:
    tokens = task.data().read(0, 1 << 17).astype(np.int64)
    blocks = torch.from_numpy(tokens).view(-1, task.estimator.context)
    return [{"input_ids": block, "labels": block} for block in blocks]


def sample_huggingface(task: Task) -> Measurement:
    """One batch, from the whole distribution; tokens after the first end-of-text do not count."""
    torch.set_num_threads(task.threads)
    torch.manual_seed(0)
    model: Any = AutoModelForCausalLM.from_pretrained(task.directory).eval()

    def generate(length: int) -> np.ndarray:
        start = torch.zeros(task.batch, 1, dtype=torch.long)
        options = {"do_sample": True, "top_k": 0, "temperature": 1.0, "eos_token_id": 0, "pad_token_id": 0}
        tokens = model.generate(start, attention_mask=torch.ones_like(start), max_new_tokens=length, **options)
        return tokens[:, 1:].numpy()

    generate(4)
    start = time.perf_counter()
    tokens = generate(task.max_length)
    seconds = time.perf_counter() - start
    ended = np.cumsum(tokens == 0, axis=1)
    num_tokens = np.count_nonzero((ended == 0) | ((ended == 1) & (tokens == 0)))
    return {"rate": num_tokens / seconds, "length": num_tokens / len(tokens)}
