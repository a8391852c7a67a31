"""Reads files named on standard input, one JSON line each, and says how it went: the other side of test_broken_files.py."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from leadline.artifact.inputs import read_for  # noqa: F401  everything that predicting imports is in memory before the first measurement
from leadline.data.contract import Reader, Reading
from leadline.data.read import read
from leadline.errors import LeadlineError
from leadline.machine import peak_memory_mb
from leadline.registry import READERS

_SHOWN_ROWS = 5


def attempt(reader: str, path: str) -> dict[str, Any]:
    before = peak_memory_mb()
    try:
        outcome = _by_name(path) if not reader else _by_reader(READERS.get(reader)(), path)
    except LeadlineError as error:
        empty = not (error.saw and str(error).strip())
        outcome = "refused without a word" if empty else "refused"
    except Exception:
        return {"outcome": "traceback", "trace": traceback.format_exc()[-1500:]}
    return {"outcome": outcome, "grown_mb": round(peak_memory_mb() - before)}


def _by_name(path: str) -> str:
    """As `leadline read` does, and then every value decoded and shown."""
    data = read(path, need_target=False)
    for column in data.types:
        data.features(column)
        for row in range(min(_SHOWN_ROWS, len(data))):
            data.show(column, row)
    for row in (0, len(data) - 1):
        data.source(row)
    return "read"


def _by_reader(reader: Reader, path: str) -> str:
    whole = reader.read(path, Reading())
    rows = sum(table.frame.height for table in reader.batches(path, Reading(), 7))
    return "read" if rows == whole.frame.height else f"batches give {rows} rows and read {whole.frame.height}"


for line in sys.stdin:
    print(json.dumps(attempt(*json.loads(line))), flush=True)
