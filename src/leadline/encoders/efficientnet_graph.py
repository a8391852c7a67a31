"""The EfficientNet-lites as ONNX graphs, written operator by operator from the weights of installed packages.

Architecture: Tan and Le, "EfficientNet", 2019, in the "lite" variant that Google published in 2020: no squeeze-and-excitation,
ReLU6 instead of swish; stem, head, first and last stage not scaled. Only the order of layers is ours to state; every width comes from
the weights. Sides of the input are multiples of 32 here, which keeps every padding the same whatever the side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from leadline.encoders.onnx_graph import GraphWriter

# (repeats, stride of the first repeat) of the seven stages at depth 1; kernels and widths are read from the weights.
_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
BATCH_NORM_EPSILON = 1e-3  # TensorFlow's, not torch's 1e-5
DIMENSION = 1280

Weights = Mapping[str, np.ndarray]


def stages(depth: float) -> list[tuple[int, int]]:
    """(repeats, stride of the first repeat): depth multiplies the repeats, rounded up, of all stages but the first and the last."""
    inner = [(math.ceil(depth * repeats), stride) for repeats, stride in _STAGES[1:-1]]
    return [_STAGES[0], *inner, _STAGES[-1]]


def write_efficientnet(weights: Weights, path: Path, name: str, depth: float) -> None:
    """pictures (batch, 3, height, width) float32 in -1..1, sides multiples of 32 -> features (batch, 1280) float32."""
    graph = GraphWriter()
    x = _convolution(graph, weights, "_conv_stem", "_bn0", "pictures", stride=2)
    block = 0
    for repeats, first_stride in stages(depth):
        for repeat in range(repeats):
            x = _inverted_residual(graph, weights, f"_blocks.{block}", x, first_stride if repeat == 0 else 1)
            block += 1
    x = _convolution(graph, weights, "_conv_head", "_bn1", x)
    x = graph.node("GlobalAveragePool", x)
    graph.node("Flatten", x, name="features")
    inputs = {"pictures": ("float32", ("batch", 3, "height", "width"))}
    graph.write(path, name, inputs, ("features", ("batch", DIMENSION)))


def _inverted_residual(graph: GraphWriter, weights: Weights, prefix: str, x: str, stride: int) -> str:
    """Widen (1x1), filter each channel on its own, narrow (1x1, linear); added to its input where the shape allows."""
    inside = x
    if f"{prefix}._expand_conv.weight" in weights:
        inside = _convolution(graph, weights, f"{prefix}._expand_conv", f"{prefix}._bn0", inside)
    inside = _convolution(graph, weights, f"{prefix}._depthwise_conv", f"{prefix}._bn1", inside, stride)
    inside = _convolution(graph, weights, f"{prefix}._project_conv", f"{prefix}._bn2", inside, relu=False)
    narrow, wide = weights[f"{prefix}._project_conv.weight"].shape[:2]
    first = weights.get(f"{prefix}._expand_conv.weight")
    width_in = wide if first is None else first.shape[1]
    return graph.node("Add", inside, x) if stride == 1 and width_in == narrow else inside


def _convolution(graph: GraphWriter, weights: Weights, name: str, norm: str, x: str, stride: int = 1, relu: bool = True) -> str:
    kernel, bias = fold_batch_norm(weights, name, norm)
    size = kernel.shape[2]
    x = graph.node(
        "Conv", x, graph.weight(f"{name}.weight", kernel), graph.weight(f"{name}.bias", bias),
        kernel_shape=[size, size], strides=[stride, stride], pads=same_padding(size, stride),
        group=kernel.shape[0] if kernel.shape[1] == 1 else 1,  # one filter a channel: the depthwise ones
    )  # fmt: skip
    return graph.node("Clip", x, graph.constant(0.0), graph.constant(6.0)) if relu else x


def same_padding(kernel: int, stride: int) -> list[int]:
    """TensorFlow's SAME for inputs that the stride divides: what is odd goes right and below. [top, left, bottom, right]."""
    total = kernel - stride if kernel > stride else 0
    return [total // 2, total // 2, total - total // 2, total - total // 2]


def fold_batch_norm(weights: Weights, name: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """One convolution with bias that does what a convolution and its batch norm do at rest; folded in float64."""
    kernel, scale, shift, mean, variance = (
        weights[key].astype(np.float64)
        for key in (f"{name}.weight", f"{norm}.weight", f"{norm}.bias", f"{norm}.running_mean", f"{norm}.running_var")
    )
    factor = scale / np.sqrt(variance + BATCH_NORM_EPSILON)
    return (kernel * factor[:, None, None, None]).astype(np.float32), (shift - mean * factor).astype(np.float32)
