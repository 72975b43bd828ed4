"""What people wrote about results is found by target, and a heading of no target is told."""

import pytest

from genloop.errors import UserError
from genloop.study.remarks import REMARKS_FILE, read_remarks


def test_remarks_stand_under_their_target(tmp_path):
    (tmp_path / REMARKS_FILE).write_text(
        "# For writers\n\nnot shown\n\n## figure5\n\nOne.\n\n- two\n\n## all\nThree.\n"
    )
    assert read_remarks(tmp_path) == {"figure5": "One.\n\n- two", "all": "Three."}


def test_without_the_file_there_are_none(tmp_path):
    assert read_remarks(tmp_path) == {}


def test_a_heading_of_no_target_is_told(tmp_path):
    (tmp_path / REMARKS_FILE).write_text("## figure55\n\nOne.\n")
    with pytest.raises(UserError, match=r"remarks.md: 'figure55' is no target. Did you mean 'figure5'"):
        read_remarks(tmp_path)
