"""What the figures were measured on, for nobody can compare them without."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from tests.bench.site import Site


def facts(site: Site) -> Mapping[str, str]:
    """The machine and the versions of what matters, in words."""
    return {
        "processors": f"{len(os.sched_getaffinity(0))} × {_processor()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "SQLite": f"{sqlite3.sqlite_version}, WAL, synchronous FULL, on {_filesystem(site.folder)}",
        "rules": f"{len(site.book.rules)} shipped, {len(site.book.clocks)} clocks, version {site.book.version}",
    }


def resident(pid: int) -> int:
    """Bytes of memory that a process holds.

    Raises:
        OSError: there is no such process.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"process {pid} has ended")


def children(pid: int) -> list[int]:
    """Processes that a process has started and that still run."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem(folder: Path) -> str:
    """Kind of the file system that holds a folder: the mount with the longest matching path."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    over = [(mount[1], mount[2]) for mount in mounts if folder.is_relative_to(mount[1])]
    return max(over, key=lambda mount: len(mount[0]))[1]
