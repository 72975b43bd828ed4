"""The machine that computes, in a line for the reader of a page."""

import platform
from pathlib import Path

import psutil

from genloop.numerals import size
from genloop.types import Runtime

CPU_INFO = Path("/proc/cpuinfo")  # Linux


def describe_machine(runtime: Runtime) -> str:
    """Return processor, memory, system and versions; nothing that names a host, a user or a folder."""
    parts = (
        f"{psutil.cpu_count()} cores ({_processor()})",
        f"{size(psutil.virtual_memory().total)} of memory",
        _system(),
        f"Python {platform.python_version()}",
        _torch(runtime),
    )
    return ", ".join(parts)


def _processor() -> str:
    """Return the model of the processor."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _torch(runtime: Runtime) -> str:
    """Return the version of PyTorch, what it computes on, and its threads."""
    try:
        import torch  # late, as simulations do without it
    except ModuleNotFoundError:
        return "no PyTorch"
    threads = runtime.threads or torch.get_num_threads()
    is_on_gpu = runtime.device in ("auto", "cuda") and torch.cuda.is_available()
    graphics = f" on {torch.cuda.get_device_name()}" if is_on_gpu else ""
    return f"PyTorch {torch.__version__}{graphics}, {threads} thread{'s' if threads > 1 else ''}"
