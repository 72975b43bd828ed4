"""Commands with streams that are closed, narrow or abandoned, and with text that would command a terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from toys import experiment

from genloop.cli.console import SafeConsole, printable
from genloop.runs.runner import run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("streams") / "é—名"
    run(experiment(name="é名"), directory)
    return directory


def _shell(command: str, finished: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in which RUN is the run and GENLOOP the command, as bytes that are read leniently."""
    genloop = f"{sys.executable} -c 'from genloop.cli import main; main()'"
    line = command.replace("GENLOOP", genloop).replace("RUN", f"'{finished}'")
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        capture_output=True, text=True, errors="replace", env={"PATH": "/usr/bin:/bin", "HOME": "/", **environment},
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_gate_says_the_same_whatever_the_encoding(finished, encoding):
    """Its exit code 1 means a failing row, never text that could not be written."""
    done = _shell("GENLOOP check RUN --max-rise 99", finished, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    shown = _shell("GENLOOP show RUN --json", finished, PYTHONIOENCODING=encoding)
    assert json.loads(shown.stdout)["run"]["name"] == "é名"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code(finished, closed):
    assert _shell(f"GENLOOP check RUN --max-rise 99 {closed}", finished).returncode == 0


def test_a_reader_that_goes_away_is_no_error_and_no_failed_gate(finished):
    done = _shell("GENLOOP show RUN | head -c 0; exit ${PIPESTATUS[0]}", finished)
    assert done.returncode in (0, 141)
    assert done.stderr == ""


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b]0;title\x07", "back\b\rover", "\x9b2J\x85", "\x7f"])
def test_control_characters_are_shown_and_not_obeyed(text, capsys):
    console = SafeConsole(force_terminal=False, width=80)
    console.print(text)
    shown = capsys.readouterr().out
    assert shown.rstrip("\n") == printable(text)
    assert all(character.isprintable() for character in shown.rstrip("\n"))


def test_line_ends_and_letters_of_any_script_are_left(capsys):
    SafeConsole(width=80).print("a\tb\nß 名 🙂")
    assert "ß 名 🙂" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["x" * 300, "a\0b", "~nobody-of-this-name/x"])
@pytest.mark.parametrize("command", [("show",), ("report",), ("run", "linear", "--out")])
def test_paths_that_cannot_be_are_refused_in_a_sentence(genloop, command, path):
    code, _, messages = genloop(*command, path)
    assert code == 2
    assert "cannot name a file" in messages or "names the home of nobody" in messages
    assert "Traceback" not in messages


def test_a_device_as_output_stays_a_device(genloop, finished):
    assert genloop("report", finished, "--out", "/dev/null")[0] == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("line", ["list >/dev/full", "check RUN --max-rise 99 >/dev/full", "show nosuch 2>/dev/full"])
def test_a_full_disk_behind_a_stream_is_one_sentence(finished, line):
    done = _shell(f"GENLOOP {line}", finished)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr or "2>" in line


def test_json_for_a_reader_that_goes_away_is_no_error(finished):
    done = _shell("GENLOOP list --json | head -c 0; exit ${PIPESTATUS[0]}", finished)
    assert (done.returncode in (0, 141), done.stderr) == (True, "")
