"""How fast this machine is right now: the reference job, and a CSV that says on what every figure was measured.

Seconds in an issue are the median of five on two quiet cores, times 0.13 s / R, where R is this job timed just before and after.

    python bench/reference.py            # prints R and the machine
"""

from __future__ import annotations

import csv
import json
import platform
import subprocess
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from leadline.machine import memory_bytes, processor

ROOT = Path(__file__).resolve().parent.parent
REFERENCE_SECONDS = 0.13  # R on the first machine of measured.md
SIZE, PRODUCTS, ADDITIONS = 1024, 10, 500_000
PACKAGES = ("leadline", "numpy", "polars", "onnxruntime", "openvino", "lightgbm", "scikit-learn", "scipy", "torch", "pillow", "tokenizers")


def reference_seconds(repeats: int = 3) -> float:
    """R: ten chained float32 products of 1024 x 1024 matrices, then 500,000 integer additions in Python; the best of `repeats`.

    The factor has entries of variance 1 / 1024, so the chained product keeps its size: no overflow and no denormals, which would
    make the time depend on the values.
    """
    factor = np.random.default_rng(0).standard_normal((SIZE, SIZE), dtype=np.float32) / np.float32(SIZE**0.5)
    return min(_one_reference_job(factor) for _ in range(repeats))


def _one_reference_job(factor: np.ndarray) -> float:
    start = time.perf_counter()
    product = factor
    for _ in range(PRODUCTS):
        product = product @ factor
    total = 0
    for number in range(ADDITIONS):
        total += number
    return time.perf_counter() - start


def normalised(seconds: float, reference: float) -> float:
    """What `seconds` would have been on the first machine, given R measured beside them."""
    return seconds * REFERENCE_SECONDS / reference


def machine() -> dict[str, Any]:
    """Processor, cores, instruction sets and memory, as CSV columns."""
    chip = processor()
    return {
        "processor": chip["name"],
        "cores": chip["threads"],
        "instructions": " ".join(chip["instructions"]),
        "memory_gb": round(memory_bytes() / 2**30, 1),
        "system": platform.system(),
    }


def versions(packages: Iterable[str] = PACKAGES) -> str:
    """`python 3.11.7; numpy 2.4.6; ...` for what is installed here, and the commit."""
    found = [f"python {platform.python_version()}"]
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return "; ".join(found)


def commit() -> str:
    """The commit that is measured, with `+` where src/ differs from it."""
    try:
        short = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "src"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return short + ("+" if changed.strip() else "")


def circumstances() -> dict[str, Any]:
    """The columns that every row of every CSV carries."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"date": now, "commit": commit(), **machine(), "versions": versions()}


def append_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Adds rows to a CSV; a column that older rows lack is added to them, empty."""
    earlier: list[dict[str, Any]] = []
    if path.exists():
        with path.open(newline="") as stream:
            earlier = list(csv.DictReader(stream))
    together = [*earlier, *(dict(row) for row in rows)]
    columns = list(dict.fromkeys(name for row in together for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(together)


if __name__ == "__main__":
    print(json.dumps({"R": round(reference_seconds(), 4), **circumstances()}, indent=2))
