"""Command lines with odd arguments: one sentence or an answer, in time."""

from typing import Any

import click
import typer
from command import call, complaints
from kind import Case, Kind

from genloop.cli.commands import app

ODD = (
    "", " ", "-1", "0", "1", "0.5", "1e999", "nan", "-inf", "9" * 30, "9" * 5000, "1_000", "٣", "é" * 300, "\udcff",
    "a/../" * 2000, "~nobody-of-this-name/x", "/dev/null", "/dev/full", "/proc/self/mem", "/proc", ".", "..", "\n",
    "\x1b[31m",
    "\0", "--", "-", "{}", "[", "[[[[[[", "[" * 3000, "&a [*a]", "!!python/object/apply:os.system [id]", "2024-02-30",
    "!!int x", "a" * 70_000, "*", "%s%n", "x=1", "estimator.nosuch=1", "name=2024-02-30", "num_samples=" + "9" * 5000,
    "num_iterations=1000000000", "seeds=&a [*a]", "source=[]", "metrics=[[[[]]]]", "num_samples=1e400",
    "estimator=null",
    "replace", "window(1e9)", "window(0)", "window(" + "9" * 40 + ")", "accumulate(real=nan)", "mix(real=1e-320)",
    "schedule(&a [1, *a])", "schedule([1], [0, 1])", "schedule({0: {amount: .inf}})", "fresh(real=0.5, weight=-1)",
    "replace(" * 200, "mix(real=2024-02-30)", "mix(real=" + "9" * 5000 + ")", "0,1,2", "0-5", "test_loss", "loss",
    "run",
)  # fmt: skip
STOP = {"run": ("--set", "nosuch=1"), "demo": ("--set", "nosuch=1"), "reproduce": ("--plan", "--scale", "nosuch")}
QUICK = {"watch": ("--once",)}


def attempt(case: Case) -> list[str]:
    group: Any = typer.main.get_command(app)
    name = case.one_of(sorted(group.commands))
    line = [name, *_odd_line(case, group.commands[name])]
    case.base.copy("linear", case.run_dir)
    done = call(case.place, *line, *STOP.get(name, ()), *QUICK.get(name, ()))
    return [f"{_shown(line)}: {told}" for told in complaints(done)]


def _odd_line(case: Case, command: click.Command) -> list[str]:
    """Return arguments of a command, of which one or more are odd."""
    line: list[str] = []
    for parameter in command.params:
        is_option = parameter.param_type_name == "option"
        if is_option and case.random.random() < 0.7:
            continue
        value = case.one_of(ODD) if is_option or case.random.random() < 0.3 else _usual(case, command)
        takes_none = getattr(parameter, "is_flag", False)
        line += [parameter.opts[0]] * is_option + [value] * (not takes_none)
    return line


def _usual(case: Case, command: click.Command) -> str:
    if command.name in ("run", "plan"):
        return case.one_of(["linear", "gaussian", str(case.base.experiment("linear"))])
    return "figure2" if command.name == "reproduce" else "run"


def _shown(line: list[str]) -> str:
    return " ".join(repr(each[:60]) for each in line)


KIND = Kind("arguments", "every command and option with odd values", 2.0, 40, attempt)
