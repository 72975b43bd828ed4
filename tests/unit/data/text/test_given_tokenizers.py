"""Given tokenizers against `transformers` on the same file, against the text that went in; and hostile ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genloop.data.text import apart, vocabularies
from genloop.data.text.files import Texts
from genloop.data.text.tokens import END_OF_TEXT, TokenDataset
from genloop.errors import UserError
from genloop.types import Context

CHAT = ["<|im_start|>", "<|im_end|>"]
TURNS = [f"<|im_start|>user\nHow old is fox {number}?<|im_end|>" for number in range(20)]
WORDS = "the quick brown fox naïve 🙂 jumps"


def chat() -> dict[str, Any]:
    """Return a byte-level vocabulary with special tokens of a chat."""
    tokenizer = vocabularies.learn([WORDS, *TURNS], 300)
    tokenizer.add_special_tokens(CHAT)
    return json.loads(tokenizer.to_str())


def beginning() -> dict[str, Any]:
    """Return one that puts a beginning before every text, as that of Llama does."""
    from tokenizers import Tokenizer, processors

    tokenizer = Tokenizer.from_str(json.dumps(chat()))
    tokenizer.add_special_tokens(["<s>"])
    start = ("<s>", tokenizer.token_to_id("<s>"))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[start])  # pyright: ignore
    return json.loads(tokenizer.to_str())


def pieces() -> dict[str, Any]:
    """Return one with a mark for spaces and bytes for all else, which drops merges at random."""
    bytes_of = {f"<0x{byte:02X}>": byte for byte in range(256)}
    vocabulary = {**bytes_of, "▁": 256, END_OF_TEXT: 257}
    decoders = [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    return {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {"type": "BPE", "dropout": 0.5, "byte_fallback": True, "vocab": vocabulary, "merges": []},
    }


def end_is_plain() -> dict[str, Any]:
    """Return one whose end-of-text is a type like any other."""
    content = chat()
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] != END_OF_TEXT]
    return content


def end_is_added() -> dict[str, Any]:
    content = chat()
    for token in content["added_tokens"]:
        token["special"] = token["content"] != END_OF_TEXT
    return content


def numbered(last: int) -> dict[str, Any]:
    """Return one whose end-of-text has a far number."""
    content = chat()
    content["model"]["vocab"][END_OF_TEXT] = last
    for token in content["added_tokens"]:
        if token["content"] == END_OF_TEXT:
            token["id"] = last
    return content


def prepare(content: Any, folder: Path, texts: list[str]) -> tuple[list[str], TokenDataset]:
    """Prepare texts in a given vocabulary and return the documents, as they were and as they are."""
    (folder / "given.json").write_text(json.dumps(content))
    (folder / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (folder / "out").mkdir()
    (folder / "b.jsonl").write_text(json.dumps({"text": "An owl slept."}) + "\n")
    source = Texts(str(folder / "a.jsonl"), str(folder / "b.jsonl"), tokenizer=str(folder / "given.json"))
    source.prepare(folder / "out", Context())
    data: Any = source.open(folder / "out").prepared("train")
    return list(data.texts()), data


GIVEN: dict[str, Callable[[], dict[str, Any]]] = {
    "chat": chat,
    "beginning": beginning,
    "pieces": pieces,
    "end is plain": end_is_plain,
    "end is added": end_is_added,
    "gaps": lambda: numbered(600),
    "wide gaps": lambda: numbered(70_000),
}


@pytest.mark.parametrize("name", GIVEN)
def test_transformers_encodes_and_decodes_as_the_loop_does(name: str, tmp_path: Path):
    transformers = pytest.importorskip("transformers")
    texts = [*TURNS, WORDS, f"a {WORDS}\n\n  b"]
    found, data = prepare(GIVEN[name](), tmp_path, texts)
    assert sorted(found) == sorted(texts)
    other = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "out" / "tokenizer.json"), eos_token=END_OF_TEXT, bos_token=END_OF_TEXT
    )
    for document, text in zip(data.documents(), found, strict=True):
        assert [*other(text)["input_ids"], other.eos_token_id] == document.tokens.tolist()
        assert other.decode([other.eos_token_id], skip_special_tokens=True) == ""
    assert other.eos_token_id == data.vocabulary.end_of_text


def test_special_tokens_of_a_chat_are_trained_on(tmp_path: Path):
    _, data = prepare(chat(), tmp_path, TURNS)
    ids = [data.vocabulary.tokenizer.token_to_id(token) for token in CHAT]
    counts = np.bincount(data.read(0, len(data)), minlength=data.vocabulary.size)
    assert counts[ids].tolist() == [20, 20]


@pytest.mark.parametrize(("last", "dtype"), [(600, np.uint16), (70_000, np.uint32)])
def test_a_vocabulary_is_as_large_as_its_largest_id(last: int, dtype: type, tmp_path: Path):
    _, data = prepare(numbered(last), tmp_path, TURNS)
    assert (data.vocabulary.size, data.vocabulary.end_of_text, data.vocabulary.dtype) == (last + 1, last, dtype)
    assert data.read(0, len(data)).max() == last


def unknown_words() -> dict[str, Any]:
    content = chat()
    content["model"] = {"type": "WordLevel", "vocab": {"[UNK]": 0, END_OF_TEXT: 1, "fox": 2}, "unk_token": "[UNK]"}
    return {**content, "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"}, "decoder": None}


def with_normaliser(*steps: dict[str, Any]) -> dict[str, Any]:
    return {**chat(), "normalizer": {"type": "Sequence", "normalizers": list(steps)}}


def with_pattern(pattern: str) -> dict[str, Any]:
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {**chat(), "pre_tokenizer": split, "decoder": None}


def ending_everywhere() -> dict[str, Any]:
    return with_normaliser({"type": "Replace", "pattern": {"String": "fox"}, "content": END_OF_TEXT})


def without_model() -> dict[str, Any]:
    return {name: value for name, value in chat().items() if name != "model"}


def a_panic() -> dict[str, Any]:
    """Return one whose charsmap is no charsmap."""
    return with_normaliser({"type": "Precompiled", "precompiled_charsmap": "AAAA"})


TWICE = {"type": "Replace", "pattern": {"String": "e"}, "content": "ee"}
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "unknown words": (unknown_words, r"loses text: 21 of 21 documents do not come back .*\[UNK\]"),
    "no capitals": (
        lambda: with_normaliser({"type": "Lowercase"}),
        "user.*How old is fox ' becomes '.*how old is fox '",
    ),
    "huge id": (lambda: numbered(1 << 31), r"gives '<\|endoftext\|>' the id 2147483648"),
    "negative id": (lambda: numbered(-1), "the id -1"),
    "words as ids": (lambda: numbered("x"), "is no tokenizer.json: an id is no whole number"),  # pyright: ignore
    "no model": (without_model, "is no tokenizer.json"),
    "a list": (list, "is no tokenizer.json"),
    "a normaliser that multiplies": (
        lambda: with_normaliser(*[TWICE] * 60),
        "crashed, or needs more memory|has encoded nothing for",
    ),
    "a pattern that backtracks": (
        lambda: with_pattern(r"(\w+\s?)+$x"),
        "has encoded nothing for|is no tokenizer.json that",
    ),
    "a broken charsmap": (a_panic, "is no tokenizer.json that can be used|crashed"),
    "an end in every text": (ending_everywhere, "finds the end of a text within some documents|loses text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", 10.0)
    monkeypatch.setattr(apart, "MEMORY", 3 << 30)
    make, message = REFUSED[name]
    with pytest.raises(UserError, match=message) as refusal:
        prepare(make(), tmp_path, [*TURNS, "x and " * 20 + "a" * 40])
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 700
