"""What is written into its place is there whole or not at all, and leaves nothing else behind."""

import os
import threading
import time

import pytest

from genloop.files import own_folder, remove, replacing, write_atomically


def test_a_file_takes_the_place_of_another(tmp_path):
    path = tmp_path / "page.md"
    write_atomically(path, "first")
    write_atomically(path, "second ñ")
    assert path.read_text("utf-8") == "second ñ"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_takes_its_place_whole(tmp_path):
    with replacing(tmp_path / "model") as working:
        working.mkdir()
        (working / "weights").write_text("1")
        assert not (tmp_path / "model").exists()
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["model", "model/weights"]


def test_a_file_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half \ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_fails_leaves_nothing(tmp_path):
    def fail() -> None:
        with replacing(tmp_path / "model") as working:
            working.mkdir()
            (working / "weights").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_link_gives_way_and_what_it_leads_to_stays(tmp_path):
    """In its place, and under the name that a writer uses meanwhile, which somebody may have guessed."""
    outside, path = tmp_path / "outside", tmp_path / "page.md"
    outside.write_text("theirs")
    path.symlink_to(outside)
    (tmp_path / f".page.md.{os.getpid()}").symlink_to(outside)
    write_atomically(path, "ours")
    assert (outside.read_text(), path.read_text(), path.is_symlink()) == ("theirs", "ours", False)


def test_a_link_to_a_folder_gives_way_and_the_folder_stays(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").write_text("theirs")
    (tmp_path / "ours").symlink_to(tmp_path / "theirs")
    own_folder(tmp_path / "ours").joinpath("file").write_text("ours")
    assert (tmp_path / "theirs" / "file").read_text() == "theirs"
    (tmp_path / "again").symlink_to(tmp_path / "theirs")
    remove(tmp_path / "again")
    assert (tmp_path / "theirs" / "file").exists()


def test_a_device_and_a_pipe_are_written_into(tmp_path):
    """A rename would put a file in the place of /dev/null for all who use the machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_atomically(pipe, "through")
    reader.join(timeout=10)
    assert read == ["through"]
    assert pipe.is_fifo()
    write_atomically(pipe.__class__("/dev/null"), "nowhere")
    assert pipe.__class__("/dev/null").is_char_device()


def test_what_a_dead_writer_left_goes_with_the_next_one(tmp_path):
    left, fresh = tmp_path / ".page.md.1", tmp_path / ".page.md.2"
    for path in (left, fresh):
        path.write_text("half")
    os.utime(left, (time.time() - 7200,) * 2)
    write_atomically(tmp_path / "page.md", "whole")
    assert (left.exists(), fresh.exists()) == (False, True)
