"""ONNX Runtime, imported here and nowhere else, because its Linux packages report to their maker unless told not to.

Seen with 1.31.1: the bare import writes a device identifier and an event database below the user's cache folder and, given a
network, sends them. The variable has to be there before the library is loaded.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime


def session_options(num_threads: int) -> Any:
    """Options for a small process on a shared machine: these threads, no memory kept after a large batch, no chatter."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # keeps memory after a large batch otherwise, and measured no faster
    options.log_severity_level = 3
    return options


def open_session(model: str | bytes, options: Any) -> Any:
    """A session on the processor alone. Raises whatever ONNX Runtime does: its exceptions share no base but Exception."""
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
