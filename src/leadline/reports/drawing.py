"""Charts as SVG, by matplotlib, whose colours are replaced by the names of the page's colours so that they follow light and dark.

A chart is 360 units wide with text of 11, so that it can be read on a telephone, where a unit is a pixel. Places are computed here
rather than by matplotlib's layouts, as the letters are the reader's own: only matplotlib's estimate of their widths is known.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from leadline.machine import cache_folder
from leadline.reports.drawings import Cloud, Drawing, HeatMap, Marks, Reliability

WIDTH = 360.0
TEXT = 11.0
_WIDE = 1.0  # of the size of the text: a Chinese letter
_LETTER = 0.6
# Stand for the page's colours until the drawing is done.
INK, QUIET, LINE, ACCENT, GOOD, WARN = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_NAMES = {INK: "ink", QUIET: "quiet", LINE: "line", ACCENT: "accent", GOOD: "good", WARN: "warn"}
_SETTINGS = {
    "text.parse_math": False, "text.usetex": False, "svg.fonttype": "none", "svg.hashsalt": "leadline", "font.family": ["DejaVu Sans"],
    "font.size": TEXT, "axes.unicode_minus": True, "axes.linewidth": 0.8, "axes.edgecolor": LINE, "axes.labelcolor": QUIET,
    "axes.axisbelow": True, "xtick.color": LINE, "ytick.color": LINE, "xtick.labelcolor": QUIET, "ytick.labelcolor": QUIET,
    "text.color": INK, "grid.color": LINE, "grid.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
    "axes.titlesize": TEXT, "axes.labelsize": TEXT, "xtick.labelsize": TEXT, "ytick.labelsize": TEXT, "path.simplify": True,
}  # fmt: skip


@cache
def can_draw() -> bool:
    """Whether matplotlib is installed, which runs without training need not have."""
    try:
        return find_spec("matplotlib") is not None
    except ValueError:  # somebody has taken it away from this process
        return False


def draw(drawing: Drawing, says: str) -> str:
    """The chart as an <svg> element for a page of ours; `says` is what is read aloud."""
    from leadline.reports.plots import cloud, heat_map, marks, reliability

    with _matplotlib() as matplotlib, matplotlib.rc_context(_SETTINGS):
        match drawing:
            case Marks():
                figure = marks(drawing)
            case HeatMap():
                figure = heat_map(drawing)
            case Reliability():
                figure = reliability(drawing)
            case Cloud():
                figure = cloud(drawing)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_the_page(stream.getvalue(), says)


def new_figure(height: float) -> Any:
    """An empty drawing of that height in units."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH / 72, height / 72), dpi=72)


def axes(figure: Any, left: float, top: float, width: float, height: float) -> Any:
    """Axes at a place in units, counted from the left and from the top."""
    whole = figure.get_size_inches()[1] * 72
    return figure.add_axes((left / WIDTH, 1 - (top + height) / whole, width / WIDTH, height / whole))


def text_width(text: str) -> float:
    """About how many units a line of text takes."""
    return TEXT * sum(_WIDE if east_asian_width(letter) in "WF" else _LETTER for letter in text)


def fitting(text: str, width: float) -> str:
    """The text on one line; where it does not fit its middle is left out, as names that begin alike often end differently."""
    line = " ".join(text.split())
    if text_width(line) <= width:
        return line
    kept = len(line)
    while kept and text_width(_without_middle(line, kept)) > width:
        kept -= 1
    return _without_middle(line, kept)


def _without_middle(line: str, kept: int) -> str:
    ending = kept // 3
    return f"{line[: kept - ending]}…{line[len(line) - ending :]}"


def widest(texts: Sequence[str], most: float) -> float:
    """Room for the longest of these lines, at most `most`."""
    return min(most, max(map(text_width, texts), default=0.0) + 1)


def _for_the_page(svg: str, says: str) -> str:
    """The bare element: no addresses, no names that other charts use too, the page's colours and letters."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r' id="[a-zA-Z]+[\d_.]+[a-zA-Z\d_.]*"(?=>)', "", svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    assert box is not None
    start = f'<svg {box[0]} role="img" aria-label="{escape(says)}">'
    svg = start + svg[svg.index(">") + 1 :]
    for stand_in, name in _NAMES.items():
        svg = re.sub(rf"(fill|stroke): {stand_in}\b", rf"\1: var(--{name})", svg)
    return re.sub(r"'DejaVu Sans'", "system-ui, sans-serif", svg)


@contextmanager
def _matplotlib() -> Iterator[Any]:
    """The package, which keeps what it knows of this machine's fonts in our cache unless the user has a folder for it."""
    import warnings

    with nullcontext() if "matplotlib" in sys.modules or _has_its_own_folder() else _folder_for_it(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that its own font lacks: the reader's fonts will have them
        import matplotlib
        import matplotlib.figure  # what it looks up at its first use is looked up here

        yield matplotlib


def _has_its_own_folder() -> bool:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - which needs no home to be there
    places = (Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "matplotlib", home / ".matplotlib")
    return "MPLCONFIGDIR" in os.environ or any(place.exists() for place in places)


@contextmanager
def _folder_for_it() -> Iterator[None]:
    os.environ["MPLCONFIGDIR"] = str(cache_folder() / "matplotlib")
    try:
        yield
    finally:
        del os.environ["MPLCONFIGDIR"]
