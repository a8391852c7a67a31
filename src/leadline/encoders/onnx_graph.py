"""Writing ONNX graphs by hand: plain operators, weights inside the file, no exporter and no custom domains.

Needs the package onnx (`leadline[train]`); the runtime only reads what was written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from leadline.files import write_atomically

OPSET = 17  # LayerNormalization became a plain operator here
IR_VERSION = 8  # the version that belongs to opset 17, so that older runtimes read the file too
ELEMENTS = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}

Shape = Sequence[int | str]  # a word stands for a size known only at run time


class GraphWriter:
    """Collects nodes and weights in order; each node's output is named after its operator and its position."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: dict[str, Any] = {}

    def weight(self, name: str, value: np.ndarray) -> str:
        """Puts an array into the file once and returns its name."""
        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def constant(self, value: float | Sequence[int]) -> str:
        """A float32 scalar, or a list of int64 (axes, shapes)."""
        array = np.float32(value) if isinstance(value, int | float) else np.array(value, np.int64)
        return self.weight(f"constant {array.tolist()}", np.asarray(array))

    def index(self, value: int) -> str:
        """An int64 scalar: which entry to take."""
        return self.weight(f"index {value}", np.asarray(value, np.int64))

    def node(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Adds an operator with one output and returns that output's name."""
        output = name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def write(self, path: Path, name: str, inputs: Mapping[str, tuple[str, Shape]], output: tuple[str, Shape]) -> None:
        """Checks the graph and writes it whole; `inputs` maps a name to its element type and shape."""
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(key, ELEMENTS[kind], list(shape)) for key, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, list(output[1]))],
            list(self.weights.values()),
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="leadline"
        )  # fmt: skip
        checker.check_model(model, full_check=True)
        write_atomically(path, model.SerializeToString(deterministic=True))
