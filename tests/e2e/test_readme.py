"""What the README says to type works."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_python_blocks_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert _blocks("python")
    for block in _blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    assert "accumulate 3 test_loss" in capsys.readouterr().out


def test_predictions_are_those_the_readme_names(genloop):
    commands = [line for block in _blocks("sh") for line in block.splitlines() if line.startswith("genloop predict")]
    outputs = [genloop(*shlex.split(command)[1:]) for command in commands]
    assert [code for code, _, _ in outputs] == [0] * len(commands)
    printed = " ".join(out for _, out, _ in outputs)
    assert all(text in printed for text in ("10.0000", "bounded: tends to 1.645", "0.95"))


def test_commands_exist(genloop):
    named = set(re.findall(r"`genloop (\w+)", README)) | set(re.findall(r"^genloop (\w+)", README, flags=re.MULTILINE))
    _, out, _ = genloop("--help")
    assert named
    for command in named:
        assert f" {command} " in out, command


def test_files_that_the_tree_names_exist():
    tree = next(block for block in README.split("```")[1::2] if block.startswith("\nsrc/genloop"))
    for name in re.findall(r"^  (\S+)", tree, flags=re.MULTILINE):
        assert (ROOT / "src" / "genloop" / name).exists(), name
    for link in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / link).exists(), link
