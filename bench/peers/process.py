"""What a peer's script says of its own process. Standard library only: each peer lives in an environment of its own."""

from __future__ import annotations

import os
import platform
import resource
import time
from importlib.metadata import version
from pathlib import Path


def seconds_since_start() -> float:
    """Seconds since the operating system started this process, imports and all (Linux)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def peak_memory_mb() -> float:
    """The largest resident size so far of this process, or of its largest ended child."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def versions(*packages: str) -> str:
    return "; ".join([f"python {platform.python_version()}", *(f"{package} {version(package)}" for package in packages)])
