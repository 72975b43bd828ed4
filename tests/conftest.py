"""What all tests share: toys and examples can be imported, and networks, which are tiny here, use one thread."""

import gc
import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported
for folder in ("support", "../examples"):
    sys.path.insert(0, str((Path(__file__).parent / folder).resolve()))


@pytest.fixture(scope="session")
def store_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a store that all tests share: what several of them need is computed once, by whichever comes first."""
    folder = tmp_path_factory.getbasetemp()
    return (folder if worker_id == "master" else folder.parent) / "store"


@pytest.fixture
def genloop(monkeypatch, capsys, tmp_path):
    """Return a function that runs a command in an empty folder and returns exit code, output and messages."""
    from genloop.cli import main

    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["genloop", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as exit:
            code = int(exit.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collection: of all libraries together, it takes a third of a second."""
    gc.collect()
    gc.freeze()
