"""all-MiniLM-L6-v2 as an ONNX graph: token numbers and mask in, one unit vector per text out.

A six-layer BERT encoder (Devlin et al. 2018; MiniLM, Wang et al. 2020) with the mean over tokens and the scaling to length one
that its sentence-transformers card prescribes (Reimers and Gurevych 2019). Query, key and value are one product, the attention's
scale lives in the query's weights, and the only token type used is part of the positions: fewer operators, the same numbers.

Shapes below: B texts, T tokens, D = 384 the width, H = 12 heads of 32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from leadline.encoders.onnx_graph import GraphWriter

NUM_LAYERS, NUM_HEADS, DIMENSION = 6, 12, 384
LAYER_NORM_EPSILON = 1e-12
MASKED = -1e9  # added to the score of a padding token: exp of it is exactly 0

Weights = Mapping[str, np.ndarray]


def write_minilm(weights: Weights, path: Path) -> None:
    """input_ids and attention_mask (batch, length) int64, length at most 512 -> vectors (batch, 384) float32 of length one."""
    graph = GraphWriter()
    mask = graph.node("Cast", "attention_mask", to=1)  # float32, (B, T)
    x = _embeddings(graph, weights)
    penalty = _penalty(graph, mask)
    for layer in range(NUM_LAYERS):
        x = _layer(graph, weights, f"encoder.layer.{layer}", x, penalty)
    _pool(graph, x, mask)
    inputs = dict.fromkeys(("input_ids", "attention_mask"), ("int64", ("batch", "length")))
    graph.write(path, "all-MiniLM-L6-v2", inputs, ("vectors", ("batch", DIMENSION)))


def _embeddings(graph: GraphWriter, weights: Weights) -> str:
    """Token plus position plus token type 0, normalised: (B, T, D)."""
    tokens = graph.node("Gather", graph.weight("tokens", weights["embeddings.word_embeddings.weight"]), "input_ids", axis=0)
    table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.node("Slice", graph.node("Shape", "input_ids"), graph.constant([1]), graph.constant([2]))
    positions = graph.node("Slice", graph.weight("positions", table), graph.constant([0]), length, graph.constant([0]))
    return _layer_norm(graph, weights, "embeddings.LayerNorm", graph.node("Add", tokens, positions))


def _penalty(graph: GraphWriter, mask: str) -> str:
    """0 for a token and MASKED for padding, as (B, 1, 1, T)."""
    scaled = graph.node("Mul", graph.node("Sub", graph.constant(1.0), mask), graph.constant(MASKED))
    return graph.node("Unsqueeze", scaled, graph.constant([1, 2]))


def _layer(graph: GraphWriter, weights: Weights, prefix: str, x: str, penalty: str) -> str:
    attended = _attention(graph, weights, f"{prefix}.attention", x, penalty)
    x = _layer_norm(graph, weights, f"{prefix}.attention.output.LayerNorm", graph.node("Add", attended, x))
    wide = _gelu(graph, _dense(graph, weights, f"{prefix}.intermediate.dense", x))
    narrow = _dense(graph, weights, f"{prefix}.output.dense", wide)
    return _layer_norm(graph, weights, f"{prefix}.output.LayerNorm", graph.node("Add", narrow, x))


def _attention(graph: GraphWriter, weights: Weights, prefix: str, x: str, penalty: str) -> str:
    """Every token looks at every other that is not padding: (B, T, D) -> (B, T, D)."""
    kernel, bias = _joined_projection(weights, f"{prefix}.self")
    joined = graph.node("MatMul", x, graph.weight(f"{prefix}.qkv.weight", kernel))
    joined = graph.node("Add", joined, graph.weight(f"{prefix}.qkv.bias", bias))
    heads = graph.node("Reshape", joined, graph.constant([0, 0, 3, NUM_HEADS, DIMENSION // NUM_HEADS]))
    heads = graph.node("Transpose", heads, perm=[2, 0, 3, 1, 4])  # (3, B, H, T, D / H)
    query, key, value = (graph.node("Gather", heads, graph.index(position), axis=0) for position in range(3))
    scores = graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 1, 3, 2]))
    shares = graph.node("Softmax", graph.node("Add", scores, penalty), axis=-1)
    mixed = graph.node("Transpose", graph.node("MatMul", shares, value), perm=[0, 2, 1, 3])
    return _dense(graph, weights, f"{prefix}.output.dense", graph.node("Reshape", mixed, graph.constant([0, 0, DIMENSION])))


def _joined_projection(weights: Weights, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights (D, 3 D) and bias (3 D) of query, key and value, the query's divided by the root of the head's width."""
    scale = math.sqrt(DIMENSION / NUM_HEADS)
    kernels = [weights[f"{prefix}.{name}.weight"].T for name in ("query", "key", "value")]
    biases = [weights[f"{prefix}.{name}.bias"] for name in ("query", "key", "value")]
    kernels[0], biases[0] = kernels[0] / np.float32(scale), biases[0] / np.float32(scale)
    return np.concatenate(kernels, axis=1), np.concatenate(biases)


def _dense(graph: GraphWriter, weights: Weights, name: str, x: str) -> str:
    product = graph.node("MatMul", x, graph.weight(f"{name}.weight", weights[f"{name}.weight"].T))
    return graph.node("Add", product, graph.weight(f"{name}.bias", weights[f"{name}.bias"]))


def _layer_norm(graph: GraphWriter, weights: Weights, name: str, x: str) -> str:
    scale, shift = (graph.weight(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=LAYER_NORM_EPSILON)


def _gelu(graph: GraphWriter, x: str) -> str:
    """x times the normal distribution function of x, by the error function (not its tanh approximation)."""
    bell = graph.node("Erf", graph.node("Div", x, graph.constant(math.sqrt(2.0))))
    return graph.node("Mul", graph.node("Mul", x, graph.node("Add", bell, graph.constant(1.0))), graph.constant(0.5))


def _pool(graph: GraphWriter, x: str, mask: str) -> None:
    """Mean over the tokens that are not padding, then length one."""
    column = graph.node("Unsqueeze", mask, graph.constant([2]))
    total = graph.node("ReduceSum", graph.node("Mul", x, column), graph.constant([1]), keepdims=0)
    count = graph.node("ReduceSum", mask, graph.constant([1]), keepdims=1)
    mean = graph.node("Div", total, graph.node("Max", count, graph.constant(1e-9)))
    length = graph.node("ReduceL2", mean, axes=[1], keepdims=1)
    graph.node("Div", mean, graph.node("Max", length, graph.constant(1e-12)), name="vectors")
