"""Engines that run an encoder's ONNX file, behind one call. Each call computes on one thread; throughput comes from several callers.

Measured on two cores (lite0 at 224 px): one picture a call on two threads each to itself does twice what one call with 32
pictures on both threads does, because a picture's activations then stay in the core's own cache.
"""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from leadline.errors import LeadlineError, need_extra
from leadline.machine import cache_folder, num_threads, processor
from leadline.onnx_runtime import open_session, session_options

REFERENCE = "onnxruntime-float32"  # what artefacts are served with
ENGINES = (REFERENCE, "openvino-float32", "openvino-bfloat16")
_HINTS = {"float32": "f32", "bfloat16": "bf16"}  # OpenVINO's words for a precision

Arrays = Mapping[str, np.ndarray]


class Engine(Protocol):
    """`engine(inputs)` runs the network on one batch and returns its output; it may be called from several threads at once.

    `rows` is how many rows of ordinary size (a 224 px picture, a sentence) a batch should have for this engine to be fast.
    """

    name: str
    rows: int

    def __call__(self, inputs: Arrays) -> np.ndarray: ...


def available_engines() -> list[str]:
    """Names of the engines that this installation and this processor have, the reference first."""
    if find_spec("openvino") is None:
        return [REFERENCE]
    has_bfloat16 = {"avx512_bf16", "amx_bf16"} & set(processor()["instructions"])
    return [name for name in ENGINES if has_bfloat16 or not name.endswith("bfloat16")]


def open_engine(network: Path, name: str) -> Engine:
    """The network on an engine, kept open: asking again for an unchanged file is free.

    Raises:
        LeadlineError: there is no such engine here, or the file is not a network.
    """
    if name not in ENGINES:
        raise LeadlineError(f'"{name}" is not an engine', f"one of: {', '.join(ENGINES)}")
    try:
        facts = network.stat()
    except OSError as error:
        raise LeadlineError(f"{network} cannot be opened: {error.strerror}", "the ONNX file of an encoder") from error
    return _opened(network, name, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=4)
def _opened(network: Path, name: str, changed: int, size: int) -> Engine:
    return OnnxRuntime(network) if name == REFERENCE else OpenVino(network, name)


def engine_version(name: str) -> str:
    """Package, its version and precision: what besides the weights may change a vector. `onnxruntime 1.31.1 float32`"""
    package, precision = name.split("-")
    return f"{package} {version(package)} {precision}"


class OnnxRuntime:
    """Float32 on ONNX Runtime, the only engine that the runtime side needs."""

    name, rows = REFERENCE, 1

    def __init__(self, network: Path) -> None:
        try:
            self._session = open_session(str(network), session_options(1))
        except Exception as error:  # ONNX Runtime's own exception types share no base but this
            raise _not_a_network(network, error) from error

    def __call__(self, inputs: Arrays) -> np.ndarray:
        output: np.ndarray = self._session.run(None, dict(inputs))[0]
        return output


class OpenVino:
    """OpenVINO in float32 or bfloat16, compiled once per machine for any batch shape and kept on disk."""

    rows = 4

    def __init__(self, network: Path, name: str) -> None:
        self.name = name
        core = _openvino_core()
        settings = {
            "INFERENCE_PRECISION_HINT": _HINTS[name.split("-")[1]],
            "NUM_STREAMS": str(num_threads()),  # with as many threads: one each
            "INFERENCE_NUM_THREADS": num_threads(),
            "ENABLE_CPU_PINNING": False,  # two processes pinned to one core would share it
        }
        try:
            self._model = _compile(core, network, settings)
        except Exception as error:  # OpenVINO raises RuntimeError for everything, and its converters whatever they meet
            raise _not_a_network(network, error) from error
        self._idle: list[Any] = []
        self._begun = False

    def __call__(self, inputs: Arrays) -> np.ndarray:
        if self._begun:
            return self._infer(inputs)
        # OpenVINO's binding sets up C++ statics at the first call and lets go of the interpreter meanwhile: two first calls at once
        # wait for each other for ever (seen with 2026.4.1, both threads in Type.to_dtype).
        with _first_call:
            output = self._infer(inputs)
            self._begun = True
        return output

    def _infer(self, inputs: Arrays) -> np.ndarray:
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._model.create_infer_request()
        request.infer(dict(inputs), share_inputs=True)
        output: np.ndarray = request.get_output_tensor(0).data.copy()
        self._idle.append(request)
        return output


def _compile(core: Any, network: Path, settings: dict[str, Any]) -> Any:
    """From the compiled copy on disk where there is a good one. A copy that cannot be read is no reason to fail."""
    folder = cache_folder() / "engines"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return core.compile_model(str(network), "CPU", {**settings, "CACHE_DIR": str(folder)})
    except (OSError, RuntimeError):
        return core.compile_model(core.read_model(str(network)), "CPU", settings)


def _not_a_network(network: Path, error: Exception) -> LeadlineError:
    return LeadlineError(f"{network} cannot be opened as a network: {str(error)[:300]}", "the ONNX file of an encoder", "train again")


class _SilentTelemetry:
    """Stands in for openvino_telemetry's class: takes any call and does nothing."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **settings: None


_import_lock = threading.Lock()
_first_call = threading.Lock()


@lru_cache(maxsize=1)
def _openvino_core() -> Any:
    """OpenVINO, imported here and nowhere else: its import would report home unless its telemetry is taken out first."""
    if find_spec("openvino") is None:
        raise need_extra("openvino", "this engine")
    with _import_lock:
        blocked = types.ModuleType("openvino_telemetry")
        blocked.Telemetry = _SilentTelemetry  # type: ignore[attr-defined]
        sys.modules["openvino_telemetry"] = blocked
        import openvino

        return openvino.Core()


@dataclass(frozen=True)
class Agreement:
    """How alike the vectors of two engines are, row by row: cosines, 1 when they point the same way."""

    mean_cosine: float
    p5_cosine: float

    @property
    def passed(self) -> bool:
        """The bar of design section 8; the share of changed answers comes on top."""
        return self.mean_cosine >= 0.999 and self.p5_cosine >= 0.998


def agreement(reference: np.ndarray, vectors: np.ndarray) -> Agreement:
    """Compares rows (n, d) with the same rows of the reference engine. NaN anywhere, or no rows at all, agrees with nothing."""
    if len(reference) == 0:
        return Agreement(0.0, 0.0)
    first, second = reference.astype(np.float64), vectors.astype(np.float64)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines = np.einsum("ij,ij->i", first, second) / np.maximum(lengths, 1e-30)
    cosines = np.nan_to_num(cosines)
    return Agreement(float(cosines.mean()), float(np.quantile(cosines, 0.05)))
