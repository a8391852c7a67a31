"""Layers of small networks whose random numbers come from a generator of their own, so that several can learn side by side.

Imports torch: import it where networks are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import nn


class Dropout(nn.Module):  # type: ignore[misc]
    """Sets a share of the numbers to 0 while learning and makes the others larger (Srivastava et al. 2014)."""

    def __init__(self, share: float, generator: torch.Generator) -> None:
        super().__init__()
        self.share, self.generator = share, generator

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.share:
            return inputs
        kept = torch.empty_like(inputs).bernoulli_(1 - self.share, generator=self.generator)
        return inputs * kept.div_(1 - self.share)


def perceptron(widths: Sequence[int], start: np.ndarray, dropped: float, generator: torch.Generator) -> nn.Sequential:
    """Linear layers of these widths, input first, each rectified; the last one answers `start` (num_outputs,) to every row at first.

    Weights begin as He et al. 2015 have it.
    """
    layers = list[nn.Module]()
    for inputs, outputs in pairwise(widths):
        layer = nn.utils.skip_init(nn.Linear, inputs, outputs)  # its own start would use everybody's random numbers
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU(), Dropout(dropped, generator)]
    last = nn.utils.skip_init(nn.Linear, widths[-1], len(start))
    nn.init.zeros_(last.weight)
    with torch.no_grad():
        last.bias.copy_(torch.from_numpy(start))
    return nn.Sequential(*layers, last)


def linear_layers(network: nn.Sequential) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights (inputs, outputs) and biases (outputs,) of its linear layers, first to last."""
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [layer.weight.detach().numpy().T for layer in layers], [layer.bias.detach().numpy() for layer in layers]
