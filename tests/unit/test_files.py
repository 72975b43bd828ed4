"""What is written into its place is there whole or not at all, and leaves nothing else behind."""

import pytest

from genloop.files import replacing, write_atomically


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
