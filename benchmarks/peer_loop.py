"""The loop that `whole_loop.py` measures, with Hugging Face's `Trainer` and `generate` and without genloop.

Replace and accumulate are one call of `loop` each and share nothing. Every model is a new GPT-2, trained for one
epoch with AdamW, warm-up and cosine decay, without dropout; evaluated on real test text; and sampled in batches,
whole documents from end-of-text to end-of-text, after the last iteration, too. Nothing but the losses is kept.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

END_OF_TEXT = 0  # its token in the vocabulary
SECONDS = {"fit": 0.0, "sample": 0.0, "score": 0.0}


def new_model(options: argparse.Namespace) -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=options.vocabulary,
        n_positions=options.context,
        n_embd=options.width,
        n_layer=options.layers,
        n_head=options.heads,
        bos_token_id=END_OF_TEXT,
        eos_token_id=END_OF_TEXT,
        resid_pdrop=0,
        embd_pdrop=0,
        attn_pdrop=0,
    )
    return GPT2LMHeadModel(config)


def blocks(tokens: np.ndarray, length: int) -> Any:
    """Cut a stream of tokens into blocks, without the rest that fills none.

    Nothing predicts the first token of a block, and Trainer would count it in the mean if its label were not -100.
    """
    whole = torch.from_numpy(tokens[: len(tokens) // length * length].astype(np.int64)).view(-1, length)
    labels = whole.clone()
    labels[:, 0] = -100
    return [{"input_ids": block, "labels": label} for block, label in zip(whole, labels, strict=True)]


def make_trainer(train: np.ndarray, test: np.ndarray, options: argparse.Namespace) -> Trainer:
    settings = TrainingArguments(
        output_dir=str(options.output),
        num_train_epochs=1,
        per_device_train_batch_size=options.batch,
        per_device_eval_batch_size=options.batch,
        learning_rate=options.learning_rate,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=0.1,  # a share of the steps
        weight_decay=0.1,
        adam_beta2=0.95,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    train_blocks, test_blocks = blocks(train, options.context), blocks(test, options.context)
    return Trainer(model=new_model(options), args=settings, train_dataset=train_blocks, eval_dataset=test_blocks)


def sample(model: Any, options: argparse.Namespace) -> np.ndarray:
    """Generate documents until there are enough tokens; one that reaches the longest length is ended there."""
    model.eval()
    start = torch.full((options.generate_batch, 1), END_OF_TEXT)
    documents: list[np.ndarray] = []
    while sum(map(len, documents)) < options.num_samples:
        batch = model.generate(
            start,
            attention_mask=torch.ones_like(start),
            do_sample=True,
            top_k=0,
            temperature=1.0,
            max_new_tokens=options.context - 1,
            eos_token_id=END_OF_TEXT,
            pad_token_id=END_OF_TEXT,
        )[:, 1:].numpy()
        batch[:, -1] = END_OF_TEXT
        documents += [row[: row.tolist().index(END_OF_TEXT) + 1] for row in batch]
    return np.concatenate(documents)[: options.num_samples]


def timed(part: str, function: Any, *arguments: Any) -> Any:
    start = time.perf_counter()
    result = function(*arguments)
    SECONDS[part] += time.perf_counter() - start
    return result


def loop(policy: str, real: np.ndarray, test: np.ndarray, options: argparse.Namespace) -> list[float]:
    """Fit, evaluate, sample, update the data; return the test loss of every iteration."""
    set_seed(0)
    data, losses = [real], []
    for _ in range(options.iterations):
        trainer = make_trainer(np.concatenate(data), test, options)
        timed("fit", trainer.train)
        losses.append(timed("score", trainer.evaluate)["eval_loss"])
        samples = timed("sample", sample, trainer.model, options)
        data = [samples] if policy == "replace" else [*data, samples]
    return losses


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("data", type=Path, help="a folder with train.npy and test.npy, tokens of text")
    parser.add_argument("--output", type=Path, required=True, help="a folder for what Trainer writes")
    parser.add_argument("--vocabulary", type=int, default=2048)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--batch", type=int, default=8, help="blocks per optimiser step")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--num-samples", type=int, default=32_768, help="T, in tokens")
    parser.add_argument("--num-test", type=int, default=16_384, help="test tokens")
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--generate-batch", type=int, default=128, help="documents generated at once")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    real = np.load(options.data / "train.npy")[: options.num_samples]
    test = np.load(options.data / "test.npy")[: options.num_test]
    losses = {policy: loop(policy, real, test, options) for policy in ("replace", "accumulate")}
    print(json.dumps({"seconds": SECONDS, "num_fits": 2 * options.iterations, "losses": losses}))


if __name__ == "__main__":
    main()
