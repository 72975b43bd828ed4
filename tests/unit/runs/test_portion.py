"""Portions of a run: together all of it, each step once, and the record of the whole run from each."""

import pytest
from toys import experiment

from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.runs.portion import Portion
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.steps import Step

LOOPS = experiment(seeds=(0, 1, 2))  # of two policies: six loops


class Journal(Silence):
    def __init__(self) -> None:
        self.began: list[str] = []

    def started(self, step: Step) -> None:
        self.began.append(step.key)


@pytest.mark.parametrize("num", [1, 2, 4, 9])
def test_portions_are_a_run_together(tmp_path, num):
    """Beyond six, portions are empty. Two processes may have their run folders on different machines."""
    whole, journal, store = run(LOOPS, tmp_path / "whole"), Journal(), tmp_path / "store"
    done = [
        run(LOOPS, tmp_path / f"part{k}", store_dir=store, listener=journal, portion=Portion(k, num)).is_complete()
        for k in range(1, num + 1)
    ]
    assert done == [number >= min(num, 6) for number in range(1, num + 1)]
    assert len(journal.began) == len(set(journal.began))
    assert list(Run(tmp_path / "part1").rows()) == list(whole.rows())


def test_the_command_says_what_is_left_and_shows_all_in_the_end(genloop):
    command = ("run", "gaussian", "-n", 2, "--set", "source.num_replicates=3", "--seeds", "0,1", "--part")
    code, out, err = genloop(*command, "1/2")
    assert (code, "Part 1/2 is done, other parts are not" in out) == (0, True), err
    code, out, err = genloop(*command, "2/2")
    assert (code, "Again as a table" in out) == (0, True), err


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/", "/8", "a/b", "3/8/2", "-1/8", "1/0", "²/8", "9" * 30 + "/8"])
def test_other_texts_are_refused(text):
    with pytest.raises(UserError, match=r"Write for example 3/8"):
        Portion.parse(text)
