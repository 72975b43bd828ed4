"""Ctrl-C while RDKit computes ends the computation, or changes nothing: it takes the signal, and returns less."""

import os
import signal
import threading
import time

import numpy as np
import pytest

pytest.importorskip("rdkit")

from genloop.data.molecules.force_field import made
from genloop.data.molecules.interruptions import SIGN

SMILES = ("CC(=O)Oc1ccccc1C(=O)O", "CCOC(=O)c1ccc(N)cc1")


def _positions() -> list[np.ndarray]:
    molecules = made(SMILES, 2, seed=1, threads=2)
    return [np.array([each.GetPositions() for each in molecule.GetConformers()]) for molecule in molecules if molecule]


def _interrupt(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGINT)


def test_interrupted_conformers_are_never_taken_for_all_there_are():
    began = time.monotonic()
    whole = _positions()
    taken = time.monotonic() - began
    num_interrupted = 0
    for share in (0.05, 0.2, 0.4, 0.6):
        sender = threading.Thread(target=_interrupt, args=(share * taken,))
        try:
            sender.start()
            found = _positions()
            sender.join()
        except KeyboardInterrupt:
            num_interrupted += 1
            sender.join()
        else:
            assert all(np.array_equal(one, other) for one, other in zip(found, whole, strict=True))
    assert num_interrupted


@pytest.mark.parametrize(
    ("said", "is_meant"),
    [
        ("Interrupted, cancelling conformer generation", True),
        ("[18:22:14] Interrupted, cancelling conformer generation", True),
        ("[18:22:14] Substructure search was interrupted, result may not include all matches", True),
        ("[18:22:14] Element 'interrupted' not found", False),
    ],
)
def test_only_what_rdkit_says_of_itself_counts(said, is_meant):
    assert bool(SIGN.search(said)) == is_meant
