"""This machine: how many threads to use, where to keep things, and what was measured here before."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from leadline.errors import LeadlineError
from leadline.files import scratch_folder, write_json

# Packages whose version changes what is learned or how fast; part of the key of kept measurements and of every plan.
VERSIONED = ("leadline", "numpy", "polars", "onnxruntime", "openvino", "lightgbm", "scikit-learn", "scipy", "tokenizers", "pillow", "torch")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")


@cache
def num_threads() -> int:
    """Cores this process may use: LEADLINE_THREADS, else the affinity mask within the container's quota."""
    if wanted := os.environ.get("LEADLINE_THREADS"):
        if not wanted.isdigit():
            raise LeadlineError(f'LEADLINE_THREADS is "{wanted}"', "a number of threads such as 2")
        return max(1, int(wanted))
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, _container_cores()))


def at_once(work: Callable[[_Piece], _Result], pieces: Iterable[_Piece]) -> list[_Result]:
    """What `work` makes of each piece, in their order, on as many threads as we may use.

    A lone piece is done right here: a thread takes longer to start than one row to be answered. An error or Ctrl-C drops what has not
    begun.
    """
    waiting = list(pieces)
    if len(waiting) < 2 or num_threads() == 1:
        return [work(piece) for piece in waiting]
    with ThreadPoolExecutor(num_threads()) as pool:
        return list(pool.map(work, waiting))


def _container_cores() -> int:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, int(quota) // int(period)) if quota != "max" else sys.maxsize
    except (OSError, ValueError):
        return sys.maxsize


def limit_threads() -> None:
    """One thread count for every numeric library; must run before numpy is imported, so only the CLI calls it."""
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, str(num_threads()))


def cache_folder() -> Path:
    """The user's cache: stored vectors, converted encoders, measurements of this machine.

    Where it cannot be written to, a scratch folder that goes with this process: `cache_refused` says so.
    """
    return _spare_cache() if cache_refused() else _wanted_cache()


def cache_refused() -> str:
    """Why nothing can be kept in the cache, in words; empty where it can."""
    folder = _wanted_cache()
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if os.access(parent, os.F_OK))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return ""
    return f"nothing can be kept in {folder}, so the next run will do this work again; LEADLINE_CACHE names another folder"


@cache
def _spare_cache() -> Path:
    return scratch_folder()


def _wanted_cache() -> Path:
    if chosen := os.environ.get("LEADLINE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _home() / "AppData/Local") / "leadline"
    if sys.platform == "darwin":
        return _home() / "Library/Caches/leadline"
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "leadline"


def _home() -> Path:
    """The user's folder; where the system knows of none, a place that nobody can write to."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")


@cache
def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in VERSIONED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def processor() -> dict[str, Any]:
    """Name and the instruction sets that decide which precision is fast."""
    name, flags = platform.processor() or platform.machine(), set[str]()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() == "flags":
                flags = set(value.split())
                break
    except OSError:
        pass
    telling = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")
    return {"name": name, "cores": os.cpu_count(), "threads": num_threads(), "instructions": [f for f in telling if f in flags]}


def memory_bytes() -> int:
    """Memory this process may use, the container's limit respected."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 << 30
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        return min(total, int(limit)) if limit != "max" else total
    except (OSError, ValueError):
        return total


class OthersCPU:
    """The share of all cores' time, since this object was made, that neither this process nor its children used; 0 where nobody tells."""

    def __init__(self) -> None:
        self.start = self._now()

    def share(self) -> float:
        busy, total, ours = (now - then for now, then in zip(self._now(), self.start, strict=True))
        return max(0.0, busy - ours) / total if total else 0.0

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """(busy, busy and idle, ours) in core-seconds. The last two columns, guests, are counted in the first two already."""
        try:
            user, nice, system, idle, waiting, *interrupts = (int(n) for n in Path("/proc/stat").read_text().split()[1:9])
        except (OSError, ValueError):
            return 0.0, 0.0, 0.0
        busy = (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
        return busy, busy + (idle + waiting) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])


def peak_memory_mb() -> float:
    """Largest resident size of this process so far, in MiB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


@cache
def fingerprint() -> str:
    """Names this machine with these versions and thread count: what measurements are kept under."""
    text = json.dumps([processor(), versions(), platform.machine()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def round_to(value: float, digits: int = 2) -> float:
    """Two significant digits: as much as a noisy measurement is worth, and equal from run to run."""
    return float(f"{value:.{digits}g}")


class Measurements:
    """What was measured once on this machine and is kept: a small JSON file, name -> value."""

    def __init__(self) -> None:
        self.path = cache_folder() / f"machine-{fingerprint()}.json"

    def read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def get(self, name: str) -> Any:
        return self.read().get(name)

    def keep(self, name: str, value: Any) -> None:
        """Best effort: where the cache cannot be written, the machine is measured again next time."""
        try:
            write_json(self.path, {**self.read(), name: value})
        except OSError:
            pass


def seconds_since_start() -> float:
    """Wall-clock seconds since this process was started; 0 where the system does not tell."""
    try:
        started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, float(Path("/proc/uptime").read_text().split()[0]) - started)
    except (OSError, ValueError, IndexError):
        return 0.0
