"""How each kind of drawing is drawn with matplotlib. Imported only where a page is made: numpy and matplotlib come with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from leadline.reports.drawing import (
    ACCENT,
    GOOD,
    INK,
    QUIET,
    TEXT,
    WARN,
    WIDTH,
    axes,
    fitting,
    new_figure,
    text_width,
    widest,
)
from leadline.reports.drawings import Cloud, HeatMap, Marks, Promise, Reliability

_Ends = tuple[float, float]
_TONES = {"accent": ACCENT, "good": GOOD, "quiet": QUIET}
_ROW = 26.0  # units between two marks
_TICK = 45.0  # units between two numbers of an axis at least
_AXIS = 40.0  # units for numbers and the name below an axis
_MOST_LABEL = 0.4 * WIDTH
_DARKEST = 0.75  # shade behind numbers, so that they can be read
_FEW = 500  # pairs that are drawn as dots; more are counted in cells
_CELLS = 36
_STEPS = 8


def marks(drawing: Marks) -> Any:
    rows = drawing.marks
    left = widest([row.name for row in rows], _MOST_LABEL) + 10
    right = widest([row.shown for row in rows], _MOST_LABEL) + 10
    height = _ROW * len(rows)
    figure = new_figure(height + _AXIS + 4)
    plot = axes(figure, left, 4, WIDTH - left - right, height)
    plot.set_ylim(len(rows) - 0.5, -0.5)
    plot.set_xlim(*_limits(drawing))
    for place, row in enumerate(rows):
        colour = _TONES[row.tone]
        if row.low is not None and row.high is not None:
            plot.plot([row.low, row.high], [place, place], color=INK if drawing.bars else colour, linewidth=1.2 if drawing.bars else 3,
                      solid_capstyle="butt", alpha=0.8 if drawing.bars else 0.55, zorder=3)  # fmt: skip
        if drawing.bars:
            plot.barh(place, row.value, height=0.6, color=colour, alpha=0.6, zorder=2)
        else:
            plot.plot([row.value], [place], marker="o", markersize=7, color=colour, zorder=4)
        figure.text(0, _up(figure, 4 + _ROW * (place + 0.5)), fitting(row.name, left - 10), va="center", color=INK)
        figure.text(1, _up(figure, 4 + _ROW * (place + 0.5)), fitting(row.shown, right - 10), va="center", ha="right", color=INK)
    _scale(plot, "x", drawing.percent)
    plot.set_yticks([])
    plot.spines["left"].set_visible(False)
    _below(figure, drawing.axis, left, WIDTH - left - right)
    return figure


def heat_map(drawing: HeatMap) -> Any:
    names, counts = drawing.names, np.asarray(drawing.counts)
    number = len(names)
    left = widest(names, 0.3 * WIDTH) + 28
    side = min(64.0, (WIDTH - left - 4) / number)
    turned = max(map(text_width, names)) > side - 4
    top = (widest(names, 90) if turned else TEXT) + 34
    figure = new_figure(top + side * number + 4)
    plot = axes(figure, left, top, side * number, side * number)
    plot.set_xlim(-0.5, number - 0.5)
    plot.set_ylim(number - 0.5, -0.5)
    edges = np.arange(number + 1) - 0.5
    _shade(plot, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), edges, edges)
    size = min(TEXT, TEXT * (side - 2) / text_width(f"{counts.max():,}"))
    for (row, column), count in np.ndenumerate(counts):
        plot.text(column, row, f"{count:,}", ha="center", va="center", fontsize=size, color=INK if count else QUIET)
    plot.set_xticks(range(number), [fitting(name, 86 if turned else side) for name in names], rotation=90 if turned else 0)
    plot.set_yticks(range(number), [fitting(name, left - 28) for name in names])
    plot.xaxis.tick_top()
    plot.tick_params(length=0, labelcolor=INK)
    plot.spines[:].set_visible(False)
    figure.text((left + side * number / 2) / WIDTH, _up(figure, 12), drawing.across, ha="center", va="center", color=QUIET)
    figure.text(8 / WIDTH, _up(figure, top + side * number / 2), drawing.down, rotation=90, ha="center", va="center", color=QUIET)
    return figure


def reliability(drawing: Reliability) -> Any:
    most = max(promise.count for promise in drawing.promises)
    left = max(text_width("100%"), text_width(_number(most))) + 20
    wide, high, low = WIDTH - left - 10, 200.0, 44.0
    figure = new_figure(6 + high + 14 + low + _AXIS)
    plot, below = axes(figure, left, 6, wide, high), axes(figure, left, 6 + high + 14, wide, low)
    plot.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    for promise in drawing.promises:
        plot.plot([promise.said] * 2, [promise.low, promise.high], color=ACCENT, linewidth=3, alpha=0.45, solid_capstyle="butt")
        plot.plot([promise.said], [promise.right], color=ACCENT, marker="o", markersize=4 + 5 * (promise.count / most) ** 0.5)
    said = [promise.said for promise in drawing.promises]
    below.bar(said, [promise.count for promise in drawing.promises], width=_bar_width(drawing.promises), color=ACCENT, alpha=0.6)
    for each in (plot, below):
        each.set_xlim(0, 1.02)
    plot.set_ylim(0, 1.02)
    _scale(plot, "x", True)
    _scale(plot, "y", True)
    plot.tick_params(labelbottom=False)
    _scale(below, "x", True)
    below.set_yticks([most], [_number(most)])
    figure.text(0, _up(figure, 6 + high / 2), "right", rotation=90, va="center", ha="left", color=QUIET)
    figure.text(0, _up(figure, 6 + high + 14 + low / 2), "answers", rotation=90, va="center", ha="left", color=QUIET)
    _below(figure, "how sure it says it is", left, wide)
    return figure


def _bar_width(promises: Sequence[Promise]) -> float:
    said = sorted(promise.said for promise in promises)
    return min(0.06, *(max(0.01, later - one) for one, later in pairwise(said))) if len(said) > 1 else 0.06


def cloud(drawing: Cloud) -> Any:
    x, y = np.asarray(drawing.x, np.float64), np.asarray(drawing.y, np.float64)
    across, up = _span(x), _span(y)
    if drawing.line == "diagonal":
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    left = max(text_width(_number(end)) for end in up) + 30
    figure = new_figure(6 + 240 + _AXIS)
    plot = axes(figure, left, 6, WIDTH - left - 10, 240)
    if len(x) <= _FEW:
        plot.scatter(x, y, s=14, color=ACCENT, alpha=0.5, linewidths=0)
    else:
        counts, rows, columns = np.histogram2d(y, x, _CELLS, (up, across))
        _shade(plot, np.sqrt(counts / counts.max()), columns, rows)
    plot.set_xlim(*across)
    plot.set_ylim(*up)
    ends = across if drawing.line == "diagonal" else (0.0, 0.0)
    plot.plot(across, ends, color=WARN, linewidth=1.5, linestyle=(0, (4, 3)))
    _scale(plot, "x", False)
    _scale(plot, "y", False)
    figure.text(0, _up(figure, 126), drawing.up, rotation=90, va="center", ha="left", color=QUIET)
    _below(figure, drawing.across, left, WIDTH - left - 10)
    return figure


def _shade(plot: Any, shares: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Cells of (rows, columns) shares from 0 to 1, between the edges `x` (columns + 1,) and `y` (rows + 1,)."""
    from matplotlib.collections import PolyCollection

    steps = np.ceil(np.clip(shares, 0, 1) * _STEPS)
    for step in np.unique(steps[steps > 0]):
        found = zip(*np.nonzero(steps == step), strict=True)
        cells = [[(x[j], y[i]), (x[j + 1], y[i]), (x[j + 1], y[i + 1]), (x[j], y[i + 1])] for i, j in found]
        plot.add_collection(PolyCollection(cells, facecolor=ACCENT, alpha=_DARKEST * float(step) / _STEPS, linewidth=0))


def _limits(drawing: Marks) -> _Ends:
    """From the least to the greatest with some room; a mark far worse than all others may lie outside."""
    ends = [end for row in drawing.marks for end in (row.low, row.value, row.high) if end is not None and np.isfinite(end)]
    least, most = min(ends, default=0.0), max(ends, default=1.0)
    if drawing.bars:
        return 0.0, (1.0 if drawing.percent else 1.05 * most) or 1.0
    room = 0.06 * (most - least) or 0.05 * abs(most) or 0.05
    return least - room, (min(1.0 + room / 4, most + room) if drawing.percent else most + room)


def _span(values: np.ndarray) -> _Ends:
    """All but the farthest thousandth at each end, with some room."""
    least, most = (float(end) for end in np.quantile(values, [0.001, 0.999]))
    room = 0.04 * (most - least) or 0.5 * abs(most) or 0.5
    return least - room, most + room


def _scale(plot: Any, which: str, percent: bool) -> None:
    """Few round numbers, and a faint line at each."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = plot.xaxis if which == "x" else plot.yaxis
    box = plot.get_position()
    room = box.width * WIDTH if which == "x" else box.height * plot.figure.get_size_inches()[1] * 72
    axis.set_major_locator(MaxNLocator(max(1, min(4, int(room / _TICK))), steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g}%" if percent else _number(value)))
    axis.grid(True)
    axis.set_tick_params(length=0)


def _number(value: float) -> str:
    """A number beside an axis: 45,000 and 1.2 M, but 0.0042."""
    if abs(value) >= 1e6:
        return f"{value / 1e9:.4g} bn" if abs(value) >= 1e9 else f"{value / 1e6:.4g} M"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _up(figure: Any, from_top: float) -> float:
    whole = figure.get_size_inches()[1] * 72
    return float(1 - from_top / whole)


def _below(figure: Any, said: str, left: float, width: float) -> None:
    """The name of an axis, at the bottom of the drawing."""
    figure.text((left + width / 2) / WIDTH, 4 / (figure.get_size_inches()[1] * 72), said, ha="center", va="bottom", color=QUIET)
