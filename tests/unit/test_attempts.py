"""Attempts: what an earlier one kept goes to exactly one later one, and what is not ours is left alone."""

import threading
from contextlib import suppress
from pathlib import Path

import pytest

from genloop.attempts import Taken, attempts_at, begin, step_of, throw_away

KEY = "fit-0123456789abcdef0123"


def _kept(partial: Path, text: str = "half", name: str = KEY) -> Path:
    (partial / name / "scratch").mkdir(parents=True)
    (partial / name / "scratch" / "checkpoint").write_text(text)
    return partial / name


@pytest.mark.parametrize("name", [KEY, f"{KEY}.abc"], ids=["of an earlier version", "of today"])
def test_scratch_is_taken_up_and_a_half_result_is_not(tmp_path, name):
    (_kept(tmp_path, name=name) / "result").mkdir()
    (tmp_path / name / "result" / "half").write_text("")
    attempt = begin(tmp_path, KEY, takes_up=True)
    assert (attempt.scratch / "checkpoint").read_text() == "half"
    assert not list(attempt.result.iterdir())
    assert attempts_at(tmp_path, KEY) == [attempt.folder]
    assert step_of(attempt.folder) == KEY


def test_whose_attempt_is_taken_up_finds_it_gone(tmp_path):
    first = begin(tmp_path, KEY, takes_up=True)
    (first.scratch / "checkpoint").write_text("half")
    second = begin(tmp_path, KEY, takes_up=True)
    assert first.is_taken()
    assert not second.is_taken()
    assert (second.scratch / "checkpoint").read_text() == "half"
    with pytest.raises(FileNotFoundError):
        (first.scratch / "checkpoint").write_text("more")
    with pytest.raises(FileNotFoundError):
        first.result.rename(tmp_path / KEY)


def test_whoever_takes_nothing_up_disturbs_nobody(tmp_path):
    first = begin(tmp_path, KEY, takes_up=True)
    second = begin(tmp_path, KEY, takes_up=False)
    assert not first.is_taken()
    assert first.folder != second.folder


def test_one_of_many_gets_what_is_there(tmp_path):
    for number in range(10):
        partial = tmp_path / str(number)
        _kept(partial)
        together = threading.Barrier(4)

        def take(partial: Path = partial, together: threading.Barrier = together) -> None:
            together.wait()
            with suppress(Taken):
                begin(partial, KEY, takes_up=True)

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [path.read_text() for path in partial.glob("*/scratch/checkpoint")] == ["half"]


def test_a_folder_that_is_made_anew_in_the_place_of_a_taken_one_is_no_attempt(tmp_path):
    first = begin(tmp_path, KEY, takes_up=True)
    begin(tmp_path, KEY, takes_up=True)
    (first.result / "images").mkdir(parents=True)
    assert first.is_taken()


def test_attempts_at_other_steps_are_left_alone(tmp_path):
    other = _kept(tmp_path, name=KEY.replace("0", "1"))
    begin(tmp_path, KEY, takes_up=True)
    assert (other / "scratch" / "checkpoint").read_text() == "half"


def test_a_link_is_no_attempt_and_what_it_leads_to_is_kept(tmp_path):
    theirs = _kept(tmp_path / "outside", "theirs")
    (tmp_path / "partial").mkdir()
    (tmp_path / "partial" / KEY).symlink_to(theirs)
    attempt = begin(tmp_path / "partial", KEY, takes_up=True)
    assert not list(attempt.scratch.iterdir())
    throw_away(tmp_path / "partial" / KEY, tmp_path / "partial", KEY)
    assert attempts_at(tmp_path / "partial", KEY) == [attempt.folder]
    assert (theirs / "scratch" / "checkpoint").read_text() == "theirs"
