"""The scripts of the page about clusters: what a scheduler would run is run here, a stand-in for `sbatch` and pods."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pages import ROOT, Page

from genloop.runs.record import Run

SCRIPTS = {block.title: block.text for block in Page("docs/howto/cluster.md").blocks if block.title}
SMALL = "-n 2 --set source.num_replicates=3 --set source.dimension=3"
NUM_TASKS = 4


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    """Return a folder with a `genloop` that does what the scripts say with small data."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "genloop"
    code = "import sys; from genloop.cli import main; main()"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}" "$@" {SMALL}\n')
    command.chmod(0o755)
    return folder


def start(script: str, folder: Path, bin_dir: Path, **environment: str) -> "subprocess.Popen[str]":
    path = {"PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        ["bash", "-c", script], cwd=folder, env={**os.environ, **path, **environment}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(tasks: "list[subprocess.Popen[str]]", run_dir: Path) -> None:
    for task in tasks:
        out, err = task.communicate()
        assert task.returncode == 0, out + err
    assert Run(run_dir).is_complete()
    assert {item.seed for item in Run(run_dir).record.iterations} == {0, 1, 2, 3}


def test_the_tasks_of_a_slurm_array_are_a_run_together(tmp_path, bin_dir):
    script = SCRIPTS["loops.sbatch"]
    directives = dict(re.findall(r"^#SBATCH --([\w-]+)(?:=(\S+))?$", script, flags=re.MULTILINE))
    first, last = map(int, directives["array"].split("-"))
    assert (first, last) == (1, NUM_TASKS)
    tasks = [
        start(script, tmp_path, bin_dir, SLURM_ARRAY_TASK_ID=str(number), SLURM_ARRAY_TASK_COUNT=str(last))
        for number in range(first, last + 1)
    ]
    finish(tasks, tmp_path / "runs/array")


def test_the_pods_of_a_kubernetes_job_are_a_run_together(tmp_path, bin_dir):
    job = yaml.safe_load(SCRIPTS["loops.yaml"])
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", NUM_TASKS)
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    script = container["args"][0].replace("/runs/", f"{tmp_path}/runs/")
    tasks = [start(script, tmp_path, bin_dir, JOB_COMPLETION_INDEX=str(number)) for number in range(NUM_TASKS)]
    finish(tasks, tmp_path / "runs/array")
