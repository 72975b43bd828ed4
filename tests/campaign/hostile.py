"""Files that mean harm: YAML, text, tables, compressed bombs, tokenizers, arrays, images, molecules, pickles.

Each is planned, so that it is read and prepared; none may run code, write elsewhere, take for ever or fill the memory.
"""

import gzip
import io
import json
import lzma
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from command import call, complaints
from kind import Case, Kind

from genloop.data.text import vocabularies

LATE = 180.0


class _Harm:
    """What writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def attempt(case: Case) -> list[str]:
    make = case.one_of(MAKERS)
    sentinel = case.place / "harmed"
    (case.place / "work").mkdir(parents=True)
    line = make(case, sentinel)
    done = call(case.place, *line, seconds=LATE)
    found = complaints(done, [0, 2])
    if sentinel.exists():
        found.append("RAN CODE from a file")
    strange = [path.name for path in case.place.iterdir() if path.name not in ("work", "stdout", "stderr")]
    return [f"{make.__name__}: {told}" for told in found + [f"wrote {name}" for name in strange]]


def _yaml(case: Case, sentinel: Path) -> list[str]:
    good = case.base.experiment("linear").read_text()
    wide = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]" for i in range(9))
    texts = [
        wide, "a: &a [*a]\n" + good, "[" * 5000, "{" * 900 + "}" * 900, "- " * 3000 + "x",
        "!!python/object/apply:os.system [id]",
        f"!!python/object/apply:os.system ['touch {sentinel}']",
        good.replace("num_samples: 30", "num_samples: 2024-02-30"),
        good.replace("num_samples: 30", "num_samples: " + "9" * 5000),
        good.replace("num_samples: 30", "num_samples: !!int x"),
        good + "\nname: 2024-13-45\n", "\x00\x01", "%YAML 9.9\n---\n" + good, "--- a\n--- b\n", "? [a, b]\n: c\n", "",
        "null",
        "<<: [*x]", "a: b\n" * 3 + "\t- x", good.replace("linear", "l" * 100_000), "x: " + "y" * 3_000_000,
        good + "extra: &x {<<: *x}\n", "x: 0x" + "f" * 20_000, "x: 1e" + "9" * 400, "\ufeff" + good,
        "name: ! x\n" + good,
        good.replace("policies:", "policies: &p\n- *p\nx:"), "a: 190:20:30:99999999999", "? " * 2000, "&a " * 500,
        "!<x> " * 300,
        "date: 0000-00-00", "x: !!timestamp 99999-99-99", "x: !!binary '@@@'", "x: !!omap [a]", "x: !!set {a, a}",
        "x: !!float x",
    ]  # fmt: skip
    path = case.place / "work" / "hostile.yaml"
    path.write_text(
        _mutated(case, good) if case.random.random() < 0.3 else case.one_of(texts), "utf-8", "surrogatepass"
    )
    return ["plan", str(path)]


def _mutated(case: Case, text: str) -> str:
    letters = list(text)
    for _ in range(case.random.randint(1, 6)):
        letters[case.random.randrange(len(letters))] = case.one_of(list("{}[]&*!|>%@`:-#?,\n \t'\"0\x85\u2028é"))
    return "".join(letters)


def _text(case: Case, sentinel: Path) -> list[str]:
    story = ("Once there was a fox. It ran far.<|endoftext|>\nA hen sat in the sun.<|endoftext|>\n" * 60).encode()
    many = b"".join(b"Number %d has a story of its own, which is told here.<|endoftext|>" % i for i in range(300))
    bodies = [
        b"", b"\0" * 5000, os.urandom(20_000), b"a " * 500_000, b"x" * 3_000_000, b"<|endoftext|>" * 50_000, story[:50],
        "\u202e\u0301".encode() * 50_000, many.replace(b"story", b"\x1b]0;t\x07story"), b"\xef\xbb\xbf" + many,
        b"\xff\xfe" + many,
        many.replace(b" ", b"\r"), "🙂".encode() * 30_000, many[:-1] + b"\xc3", b"\n" * 1_000_000, many,
    ]  # fmt: skip
    return _read(case, ".txt", case.one_of(bodies))


def _table(case: Case, sentinel: Path) -> list[str]:
    row = json.dumps({"text": "A fox ran over the hill and met a hen there, number "})
    bodies = {
        ".jsonl": [
            "\n".join(json.dumps({f"c{i}": i for i in range(100_000)}) for _ in range(2)), "[" * 100_000,
            '{"text": ' * 2000,
            '{"text": "\\ud800"}\n' * 50, row, row.replace("text", "body"), '{"text": 9' + "9" * 6000 + "}",
            "null\n" * 50, "{}\n",
            '{"text": NaN}\n', '{"text": ["a"]}\n', row + "\x00\n", '{"text": "a", "text": "b"}\n' * 40,
            "\n".join([row] * 400),
        ],
        ".csv": [
            "text\n" + '"' * 99_999, "a," * 100_000 + "\n", "text\n" + "x" * 2_000_000, "\0\0", "text\n" * 2000,
            'text\n"a\nb', "",
            "text,text\na,b\n", "text\n" + "\n".join(f"=cmd|{i}" for i in range(200)),
        ],
    }  # fmt: skip
    ending = case.one_of(list(bodies))
    return _read(case, ending, case.one_of(bodies[ending]).encode("utf-8", "surrogatepass"))


def _bomb(case: Case, sentinel: Path) -> list[str]:
    line = case.one_of([b"\0", b"a", b"A word and another one. ", b'{"text": "A word"}\n'])
    size, kind = case.one_of([200 << 20, 3 << 30]), case.one_of(["gz", "xz", "zst", "damaged"])
    block = line * ((1 << 20) // len(line))
    path = case.place / "work" / f"bomb.{case.one_of(['txt', 'jsonl', 'csv'])}.{'gz' if kind == 'damaged' else kind}"
    if kind == "zst":
        import pyarrow

        packed = pyarrow.Codec("zstd").compress(block * 16, asbytes=True)
        path.write_bytes(packed * (size // (16 << 20)))
    elif kind == "xz":
        path.write_bytes(lzma.compress(block * 16, preset=0) * (size // (16 << 20)))
    else:
        packed = gzip.compress(block * 16, 1) * (size // (16 << 20))
        path.write_bytes(packed[: len(packed) // 2] if kind == "damaged" else packed)
    return [
        "plan",
        "text",
        "--set",
        f"source.train={path}",
        "--set",
        "source.vocabulary=300",
        "--set",
        "num_samples=500",
    ]


def _tokenizer(case: Case, sentinel: Path) -> list[str]:
    content = json.loads(vocabularies.learn(["a fox and a hen"], 257).to_str())
    changes: list[Callable[[Any], object]] = [
        lambda c: c["added_tokens"].append({**c["added_tokens"][0], "id": 1 << 31, "content": "x"}),
        lambda c: c["added_tokens"].append({**c["added_tokens"][0], "id": -1, "content": "x"}),
        lambda c: c.update(normalizer={"type": "Replace", "pattern": {"String": ""}, "content": "aaaaaaaa"}),
        lambda c: c.update(normalizer={"type": "Sequence", "normalizers": [
            {"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}] * 9}),
        lambda c: c.update(pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated",
        "invert": False}),
        lambda c: c.update(pre_tokenizer={"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated",
        "invert": False}),
        lambda c: c.update(decoder={"type": "Replace", "pattern": {"String": ""}, "content": "a" * 100_000}),
        lambda c: c.update(decoder={"type": "WordPiece", "prefix": "\x1b[31m", "cleanup": True}),
        lambda c: c["model"].update(merges=[["a", "zz"]]), lambda c: c["model"].update(type="Nosuch"),
        lambda c: c["model"].update(vocab={}), lambda c: c["model"]["vocab"].update({"q" * 1_000_000: 300}),
        lambda c: c["model"]["vocab"].update({f"w{i}": i for i in range(300_000)}), lambda c: c.clear(),
        lambda c: c["added_tokens"][0].update(content="e"), lambda c: c.update(truncation={"max_length": 0}),
        lambda c: c.update(post_processor={"type": "TemplateProcessing"}), lambda c: c["model"].update(dropout=0.9),
    ]  # fmt: skip
    case.one_of(changes)(content)
    work = case.place / "work"
    (work / "tokenizer.json").write_text(case.one_of([json.dumps(content)] * 9 + ["[" * 90_000]))
    (work / "text.txt").write_text(
        "<|endoftext|>".join(f"a fox {i} and a hen aaaaaaaaaaaaaaaaaaaaaaaaaaaaab" for i in range(200))
    )
    return [
        "plan",
        "text",
        "--set",
        "source.train=text.txt",
        "--set",
        "source.tokenizer=tokenizer.json",
        "--set",
        "num_samples=500",
    ]


def _array(case: Case, sentinel: Path) -> list[str]:
    def npy(header: str) -> bytes:
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("latin-1") + bytes(64)

    good = io.BytesIO()
    np.save(good, np.random.default_rng(0).normal(size=(50, 2)))
    bodies = [
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9" + "9" * 15 + ",)}"),
        npy("{'descr': '<f8', 'shape': (" * 40),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + pickle.dumps(_Harm(sentinel)), npy("(" * 200),
        good.getvalue()[:90],
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4)}"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}"),
        npy("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (8,)}"),
        npy("{'descr': [('a', '<f8'), ('a', '<f8')], 'shape': (2,)}"),
        npy("{'descr': '<c16', 'fortran_order': False, 'shape': (4,)}"), pickle.dumps(_Harm(sentinel)), b"",
        b"PK\x03\x04" + bytes(50),
        good.getvalue(),
    ]  # fmt: skip
    path = case.place / "work" / case.one_of(["a.npy", "a.npz"])
    if path.suffix == ".npz" and case.random.random() < 0.7:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(case.one_of(["a.npy", "../../outside.npy", "/a.npy", "a\n.npy"]), case.one_of(bodies))
    else:
        path.write_bytes(case.one_of(bodies))
    return ["plan", "numbers", "--set", f"source.train={path}"]


def _parquet(case: Case, sentinel: Path) -> list[str]:
    import pyarrow
    from pyarrow import parquet

    column = case.one_of([
        [f"A fox number {i} ran" for i in range(300)], [None] * 300, [b"\xff\x00"] * 300, [["a"]] * 300,
        [{"a": 1}] * 300, [1e400] * 300,
        ["same"] * 2_000_000, ["\x1b[2J"] * 300,
    ])  # fmt: skip
    path = case.place / "work" / "a.parquet"
    parquet.write_table(pyarrow.table({case.one_of(["text", "\x1b[31m", "t" * 90_000]): column}), path)
    content = bytearray(path.read_bytes())
    for _ in range(case.random.randrange(4)):
        content[case.random.randrange(len(content))] ^= 1 << case.random.randrange(8)
    path.write_bytes(content[: case.one_of([len(content)] * 3 + [len(content) // 2])])
    recipe = case.one_of(["text", "text", "numbers", "digits"])
    source = ["--set", "source.type=images"] if recipe == "digits" else []
    return ["plan", recipe, *source, "--set", f"source.train={path}", "--set", "num_samples=50"]


def _images(case: Case, sentinel: Path) -> list[str]:
    from PIL import Image

    folder = case.place / "work" / "images"
    folder.mkdir()
    for number in range(12):
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)).save(
            folder / f"{number}.png"
        )
    content = bytearray((folder / "0.png").read_bytes())
    content[16:24] = struct.pack(">II", *case.one_of([(1 << 31 - 1, 9), (60_000, 60_000), (0, 0), (16, 16)]))
    tricks: list[Callable[[], object]] = [
        lambda: (folder / "x.png").write_bytes(content), lambda: (folder / "x.png").symlink_to(folder / "x.png"),
        lambda: (folder / "loop").symlink_to(folder), lambda: os.mkfifo(folder / "x.png"),
        lambda: (folder / "x.png").write_bytes(b""),
        lambda: (folder / "x.jpg").write_bytes(os.urandom(3000)), lambda: (folder / "\udcff.png").write_bytes(content),
        lambda: (folder / "x.gif").write_bytes(b"GIF89a" + bytes(40)),
        lambda: (folder / "x.png").symlink_to("/etc/passwd"),
        lambda: (folder / "labels.csv").write_text("a," * 100_000),
        lambda: (folder / "x.svg").write_text("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>"),
    ]  # fmt: skip
    case.one_of(tricks)()
    return [
        "plan",
        "digits",
        "--set",
        "source.type=images",
        "--set",
        f"source.train={folder}",
        "--set",
        "source.resolution=16",
    ]


def _molecules(case: Case, sentinel: Path) -> list[str]:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    molecule = Chem.AddHs(Chem.MolFromSmiles("CCO"))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    block = Chem.MolToMolBlock(molecule)
    bodies = [
        f"{block}$$$$\n" * 6, block.replace("  9  8", "999999"), block.replace("C ", "Xx"),
        block.replace("0000", "nan "), "$$$$\n" * 9000,
        block[: len(block) // 2], "\0" * 900, "x" * 1_000_000, f"{block}>  <a>\n{'y' * 900_000}\n\n$$$$\n",
        block.replace("\n", "\r"),
        block.replace("V2000", "V3000"), "", block.replace("M  END", ""),
    ]  # fmt: skip
    path = case.place / "work" / "a.sdf"
    path.write_text(_mutated(case, case.one_of(bodies) or " "))
    return ["plan", "conformers", "--set", "source.type=conformers", "--set", f"source.train={path}"]


def _pickle(case: Case, sentinel: Path) -> list[str]:
    folder = case.place / "work" / "geom"
    folder.mkdir()
    bodies = [
        pickle.dumps(_Harm(sentinel)), b"\x80\x04" + b"(" * 100_000, b"\x80\x05\x8d" + struct.pack("<Q", 1 << 40),
        b"cos\nsystem\n(S'id'\ntR.",
        pickle.dumps({"conformers": [_Harm(sentinel)]}), b"", pickle.dumps([1] * 1000)[:-3],
        b"\x80\x04]\x94(h\x00" * 20_000 + b".",
    ]  # fmt: skip
    for number in range(3):
        (folder / f"{number}.pickle").write_bytes(case.one_of(bodies))
    return ["plan", "geodiff-paper", "--set", f"source.train={folder}", "--set", f"source.test={folder}"]


def _read(case: Case, ending: str, body: bytes) -> list[str]:
    path = case.place / "work" / f"a{ending}"
    path.write_bytes(body)
    settings = ["--set", f"source.train={path}", "--set", "source.vocabulary=300", "--set", "num_samples=500"]
    return ["plan", "text", *settings]


def _hub_folder(case: Case, sentinel: Path) -> list[str]:
    folder = case.place / "work" / "saved"
    folder.mkdir()
    (folder / "state.json").write_text(
        case.one_of(["{}", "[", '{"_fingerprint": 3}', '{"_fingerprint": "a", "_data_files": [{"filename": "../x"}]}'])
    )
    (folder / "dataset_info.json").write_text(case.one_of(["{}", "[" * 9000, yaml.safe_dump({"a": 1})]))
    (folder / "saved.py").write_text(f"open({str(sentinel)!r}, 'w')")
    return ["plan", "text", "--set", "source.type=hub", "--set", f"source.name={folder}"]


MAKERS: tuple[Callable[[Case, Path], list[str]], ...] = (
    _yaml, _yaml, _text, _table, _bomb, _tokenizer, _tokenizer, _array, _parquet, _images, _molecules, _pickle,
    _hub_folder,
)  # fmt: skip
KIND = Kind(
    "hostile files", "YAML, text, tables, bombs, tokenizers, npy, Parquet, images, SDF, pickles", 2.5, 20, attempt
)
