"""Encoding in a given tokenizer, in a process of its own: a tokenizer from outside may crash, hang or fill the memory.

A text that does not come back from its tokens as it was is one that the vocabulary has lost something of, such as case,
accents or unknown words; losses of it per byte mean nothing, and no model could write it, so it is refused.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO

import numpy as np

from genloop.data.reading import SHOWN, reason
from genloop.data.text.tokens import UnusableVocabulary, Vocabulary
from genloop.data.text.vocabularies import CHUNK, encode
from genloop.errors import UserError

PATIENCE_SECONDS = 30.0  # for loading a tokenizer, and for every chunk
SLOWEST = 50_000  # bytes a second; tokenizers in use encode a million or more
MEMORY = 4 << 30  # bytes, and for every byte of text
MEMORY_PER_BYTE = 512


def encode_apart(
    written: str, texts: Sequence[str], vocabulary: Vocabulary, report: Callable[[int], None]
) -> np.ndarray:
    """Return the documents as `encode` does, and see that the tokens mean what the documents say.

    Args:
        written: what the user wrote for the tokenizer, for messages.
        texts: the documents.
        vocabulary: what to encode them in, from outside.
        report: called with the number of documents encoded so far.

    Raises:
        UserError: if the vocabulary loses text, or if encoding crashes or takes too long.
    """
    sizes = [sum(len(text.encode()) for text in texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK)]
    patience = PATIENCE_SECONDS + max(sizes, default=0) / SLOWEST
    with TemporaryDirectory() as folder:
        todo, done = Path(folder) / "texts.json", Path(folder) / "tokens.npy"
        todo.write_text(json.dumps(list(texts)))
        memory = MEMORY + MEMORY_PER_BYTE * max(sizes, default=0)
        command = [sys.executable, "-m", __name__, str(vocabulary.path), str(todo), str(done), str(memory)]
        for line in _lines(written, command, patience):
            told = json.loads(line)
            if "problem" in told:
                raise UserError(f"tokenizer={written!r} {told['problem']}")
            if "done" in told:
                report(told["done"])
        return np.load(done, allow_pickle=False)


def _lines(written: str, command: list[str], patience: float) -> Iterator[str]:
    """Iterate over the lines that a process prints, and see to it that it ends."""
    path = os.pathsep.join(filter(None, sys.path))
    settings = {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"}  # without, address space is reserved for every thread
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True, env=os.environ | settings) as process:
        try:
            lines: SimpleQueue[str] = SimpleQueue()
            Thread(target=_pass_on, args=(process.stdout, lines), daemon=True).start()
            while line := lines.get(timeout=patience):
                yield line
        except Empty:
            process.kill()
            raise UserError(
                f"tokenizer={written!r} has encoded nothing for {patience:.0f} seconds. Its patterns or normalisers "
                "may not suit the text; use another."
            ) from None
        except BaseException:  # of whoever reads the lines, too
            process.kill()
            raise
    if process.returncode:
        raise UserError(
            f"tokenizer={written!r} crashed, or needs more memory than a vocabulary should, while it encoded the text. "
            "Save it again, or use another."
        )


def _pass_on(stream: IO[str], lines: "SimpleQueue[str]") -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _encode_losing_nothing(texts: Sequence[str], vocabulary: Vocabulary) -> np.ndarray:
    """Return the documents as tokens.

    Raises:
        UserError: if some do not come back from them.
    """
    tokens = encode(texts, vocabulary, lambda done: _tell(done=done))
    ends = np.flatnonzero(tokens == vocabulary.end_of_text)
    if len(ends) != len(texts):
        raise UserError("finds the end of a text within some documents. Use one in which only its name means it.")
    starts = [0, *(ends[:-1] + 1)]
    lost: list[tuple[str, str]] = []
    for number, (text, start, stop) in enumerate(zip(texts, starts, ends, strict=True), start=1):
        if (found := vocabulary.decode(tokens[start:stop])) != text:
            lost.append((text, found))
        if number % CHUNK == 0:
            _tell()  # a sign of life
    if lost:
        was, is_now = _where_they_part(*lost[0])
        raise UserError(
            f"loses text: {len(lost):,} of {len(texts):,} documents do not come back from their tokens; {was!r} "
            f"becomes {is_now!r}. Use one that keeps every text as it is, such as a byte-level one, or learn one."
        )
    return tokens


def _where_they_part(was: str, is_now: str) -> tuple[str, str]:
    place = next((i for i, (one, other) in enumerate(zip(was, is_now, strict=False)) if one != other), len(is_now))
    start = max(0, place - SHOWN // 4)
    return was[start : start + SHOWN // 2], is_now[start : start + SHOWN // 2]


def _tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main(tokenizer: str, todo: str, done: str, memory: str) -> None:
    """Encode the texts of a file, and tell how far it is or what is wrong."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # where there are no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(memory), resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        tokens = _encode_losing_nothing(json.loads(Path(todo).read_text()), Vocabulary(Path(tokenizer)))
        np.save(done, tokens, allow_pickle=False)
    except UnusableVocabulary as problem:
        _tell(problem=f"is no tokenizer.json that can be used: {problem.told}. Save it again, or use another.")
    except UserError as problem:
        _tell(problem=str(problem))
    except BaseException as problem:  # panics of the library are no Exception
        _tell(problem=f"is no tokenizer.json that can be used: {reason(problem)}. Save it again, or use another.")


if __name__ == "__main__":
    main(*sys.argv[1:])
