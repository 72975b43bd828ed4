"""What the README and the pages of docs/ say to type works, and prints what they say it prints.

Python blocks run. So do commands, in an empty folder for each page, with the files that pages speak of. What would
train for minutes runs on networks and data of the smallest size (`SMALL`). What needs a network or data that nobody
has at hand is only read by the command line's own parser, and so are reproductions, which test_reproduce.py runs.
"""

import gzip
import re
import shutil
import tomllib
from importlib import import_module

import numpy as np
import pytest
from pages import ROOT, Block, Page, all_pages, commands
from typer.exceptions import TyperException
from typer.main import get_command

from genloop.cli.commands import app

PAGES = [page for page in all_pages() if any(block.language in ("python", "sh") for block in page.blocks)]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

TEXT = (
    "num_samples=1000 source.vocabulary=300 estimator.width=16 estimator.num_layers=1 estimator.num_heads=2 "
    "estimator.context=32 estimator.num_steps=3 estimator.sampling.max_length=50 metrics.test-loss.num_tokens=500"
)
STORIES = "source.type=story-grammar source.num_train=200 source.num_test=50"
IMAGES = (
    "num_samples=100 source.resolution=8 estimator.channels=[4] estimator.latent=2 estimator.num_steps=3 "
    "metrics.image-loss.num_images=50 metrics.modes.num_images=50 metrics.pixel-fidelity.num_images=50 "
    "metrics.encoder-fidelity.num_images=50"
)
PHOTOS = "source.type=images source.train=photos"
MOLECULES = (
    "num_samples=6 estimator.width=4 estimator.num_global=1 estimator.num_local=1 estimator.batch=4 "
    "estimator.num_steps=3 estimator.sampling.num_steps=3 metrics.coverage.num_molecules=2"
)
DRUGS = "source.num_molecules=5 source.num_conformers=2"
SMALL = {
    "demo": f"{STORIES} {TEXT}",
    "text": TEXT,
    "stories.yaml": TEXT,
    "release.yaml": TEXT,
    "digits": f"{PHOTOS} {IMAGES}",
    "photos": IMAGES,
    "conformers": f"{DRUGS} {MOLECULES}",
    "own-conformers": MOLECULES,
    "ngram": f"num_samples=2000 {STORIES} source.vocabulary=300",
}
ABSENT = ("s3://", "source.type=hub", "img_align_celeba", ".pkl")  # what no page's folder holds


@pytest.fixture
def given_files(tmp_path):
    """Make the files that pages speak of."""
    from PIL import Image
    from rdkit import Chem
    from rdkit.Chem import AllChem

    random = np.random.default_rng(0)
    words = np.array(["the", "cat", "dog", "sun", "sea", "saw", "ran", "sat", "and", "then", "to", "from", "home"])
    stories = [" ".join(random.choice(words, 40)) for _ in range(200)]
    (tmp_path / "stories.txt").write_text("<|endoftext|>".join(stories), "utf-8")

    np.savetxt(tmp_path / "table.csv", random.normal(size=(200, 2)), delimiter=",", header="height,weight", comments="")

    (tmp_path / "photos").mkdir()
    for number, pixels in enumerate(random.integers(0, 256, (200, 8, 8, 3), np.uint8)):
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")

    records = []
    for smiles in ("CCO", "CCN", "CC=O", "CCC", "CC#N", "C1CC1", "COC", "CCF", "CCCl", "CC(C)O", "CCS", "C=CC"):
        molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
        records += [
            Chem.MolToMolBlock(molecule, confId=i) for i in AllChem.EmbedMultipleConfs(molecule, 2, randomSeed=1)
        ]
    (tmp_path / "molecules.sdf.gz").write_bytes(gzip.compress("".join(f"{each}$$$$\n" for each in records).encode()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_do_what_the_page_says(page, genloop, given_files, tmp_path, capsys):
    names: dict[str, object] = {}
    printed: str | None = None  # by the last block; None for one that was made small, or under another heading
    for block in page.blocks:
        printed = None if block.is_first else printed
        assert block.language in ("python", "sh", "text", "") or block.title, f"Nothing tries {block.language} here."
        if block.title:
            (tmp_path / block.title).write_text(block.text, "utf-8")
        elif block.language == "python":
            _run_python(block, names)
            printed = capsys.readouterr().out
        elif block.language == "sh":
            printed = _type(block, genloop)
        elif block.language == "text" and printed is not None:
            _check_printed(block.text, printed)


def _run_python(block: Block, names: dict[str, object]) -> None:
    """Run a block, or the example that it shows; own_text, which trains, is run by test_examples.py."""
    shown = re.match(r'--8<-- "examples/(\w+)\.py"', block.text)
    if shown is None:
        exec(compile(block.text, "page", "exec"), names)
    elif shown[1] != "own_text":
        import_module(shown[1]).main()


def _type(block: Block, genloop) -> str | None:
    """Run the commands of a block and return what they print; None if it is not what a user would see."""
    outputs = [_type_one(words, genloop) for words in commands(block)]
    return None if None in outputs else "".join(filter(None, outputs))


def _type_one(words: list[str], genloop) -> str | None:
    match words:
        case ["genloop", *arguments]:
            return _run(arguments, genloop)
        case ["make", *targets]:
            assert set(targets) <= set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
        case ["pip", "install", what]:
            assert re.fullmatch(r"\.\[([\w,]+)\]", what), what
            assert set(what[2:-1].split(",")) <= set(PROJECT["optional-dependencies"])
        case ["python", script, *_]:
            assert (ROOT / script).is_file(), script  # test_examples.py runs them
        case ["cp", "-r", source, target]:
            shutil.copytree(source, target)
        case _:
            pytest.fail(f"Nothing here knows how to try {words}.")
    return None


def _run(arguments: list[str], genloop) -> str | None:
    """Run a command, smaller where it is long, and return its output where it was run as it is."""
    _parse(arguments)
    if _is_only_parsed(arguments):
        return None
    small = _smaller(arguments)
    code, out, err = genloop(*arguments, *small)
    assert code == 0 or (code == 1 and arguments[0] == "check"), (arguments, err)
    return None if small else out


def _is_only_parsed(arguments: list[str]) -> bool:
    starts_a_cluster = "ray" in arguments  # test_on_ray.py has one
    return (
        arguments[0] == "reproduce"
        or starts_a_cluster
        or any(text in argument for argument in arguments for text in ABSENT)
    )


def _smaller(arguments: list[str]) -> list[str]:
    """Return what makes a long command short."""
    return [word for setting in SMALL.get(_run_name(arguments), "").split() for word in ("--set", setting)]


def _run_name(arguments: list[str]) -> str:
    """Return what a command runs: the name that it sets where `SMALL` knows that, else the recipe or file."""
    named = [argument.removeprefix("name=") for argument in arguments if argument.startswith("name=")]
    known = [name for name in named if name in SMALL]
    match arguments:
        case ["demo", *_]:
            return "demo"
        case ["run" | "plan", recipe, *_]:
            return known[0] if known else recipe
    return ""


def _check_printed(expected: str, printed: str) -> None:
    """Assert that every line of a page is a line of the output, whatever the spaces; `...` stands for any others."""
    lines = _plain_lines(printed)
    for line in _plain_lines(expected):
        assert line in ("", "...", *lines), (line, printed)


def _plain_lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.replace("┃", "│").splitlines()]


def _parse(arguments: list[str]) -> None:
    """Let the command line's own parser read a command, and run nothing."""
    group = get_command(app)
    context = group.make_context("genloop", arguments[:1], resilient_parsing=True)
    command = group.get_command(context, arguments[0])
    assert command is not None, f"There is no command {arguments[0]}."
    command.make_context(arguments[0], arguments[1:], parent=context)


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
def test_commands_within_sentences_are_read_by_the_command_line(page):
    for _, *arguments in page.inline_commands():
        try:
            _parse(arguments)
        except TyperException as error:
            if "Missing" not in str(error) and "requires an argument" not in str(error):  # a sentence may leave it out
                raise


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in page.links():
        place, _, anchor = link.partition("#")
        target = ((ROOT / page.name).parent / place).resolve() if place else ROOT / page.name
        assert target.exists(), link
        if anchor and not anchor.startswith("genloop."):  # those of the reference exist once the site is built
            assert anchor in _anchors(Page(str(target.relative_to(ROOT)))), link


def _anchors(page: Page) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
