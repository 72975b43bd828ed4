"""A given `tokenizer.json`, made into one that encodes in one way: here, and wherever a model is exported to.

What would change the tokens of a text from one call or one program to the other is taken out: padding, truncation,
dropout, and what a post-processor puts around every text, which the loop does not train on. End-of-text is made a
special token where it is none. The file is data: only JSON is read here, and `apart` runs it in a process of its own.
"""

import json
from pathlib import Path
from typing import Any

from genloop.data.reading import named_path, readable, reason
from genloop.data.text.tokens import END_OF_TEXT, TOKENIZER_FILE
from genloop.errors import UserError

MOST_TYPES = 1 << 21  # a model has a row of weights for every id up to the largest; vocabularies in use end below 2^19
NEUTRAL = {"padding": None, "truncation": None, "post_processor": None}


def locate(written: str) -> Path:
    """Return the `tokenizer.json` that a path means: the file, or a folder that a fast tokenizer was saved to."""
    path = named_path("tokenizer", written)
    path = named_path("tokenizer", f"{written}/{TOKENIZER_FILE}") if path.is_dir() else path
    if not path.is_file():
        raise UserError(
            f"tokenizer={written!r}: there is no {path}. "
            f"Give a {TOKENIZER_FILE}, or a folder that a fast tokenizer of transformers was saved to."
        )
    return readable(path)


def write_given(written: str, path: Path) -> None:
    """Write a given tokenizer, as the loop uses it, to a file.

    Raises:
        UserError: if it is none, has no end-of-text, or ids that no model can have.
    """
    try:
        content = json.loads(locate(written).read_text("utf-8"))
        ids = _ids(content)
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError) as problem:
        raise UserError(f"tokenizer={written!r} is no {TOKENIZER_FILE}: {reason(problem)}. Save it again.") from problem
    if END_OF_TEXT not in ids:
        raise UserError(f"tokenizer={written!r} has no token {END_OF_TEXT}. Add it as a special token and save again.")
    if wrong := next((item for item in ids.items() if not 0 <= item[1] < MOST_TYPES), None):
        raise UserError(
            f"tokenizer={written!r} gives {wrong[0]!r:.40} the id {wrong[1]}, and a model needs weights for all ids up "
            f"to the largest. Number the tokens from 0 on; {MOST_TYPES - 1} is the last that can be."
        )
    if "dropout" in content["model"]:
        content["model"]["dropout"] = None
    content["added_tokens"] = _with_end(content.get("added_tokens") or [], ids[END_OF_TEXT])
    path.write_text(json.dumps(content | NEUTRAL, ensure_ascii=False), "utf-8")


def _ids(content: Any) -> dict[str, int]:
    """Return the ids of all tokens."""
    vocabulary = content["model"]["vocab"]
    if isinstance(vocabulary, list):  # of a Unigram model: pairs of token and score
        vocabulary = {entry[0]: number for number, entry in enumerate(vocabulary)}
    added = {token["content"]: token["id"] for token in content.get("added_tokens") or []}
    ids = {**vocabulary, **added}
    if not all(type(number) is int for number in ids.values()):
        raise ValueError("an id is no whole number")
    return ids


def _with_end(added: list[dict[str, Any]], end_of_text: int) -> list[dict[str, Any]]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    end = {"id": end_of_text, "content": END_OF_TEXT, **flags, "special": True}
    others = [token for token in added if token["content"] != END_OF_TEXT]
    return sorted([*others, end], key=lambda token: token["id"])
