"""A report as one self-contained page, light and dark, for a screen of any width; the same without its frame for notebooks.

Nothing in it comes from elsewhere and nothing in it runs: the page forbids both to the browser, should a hostile name ever get through.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby

from leadline.reports.blocks import Block, Card, Chart, Command, Gallery, Grid, Heading, Paragraph, Report
from leadline.reports.drawing import can_draw, draw
from leadline.reports.style import BLOCKS, PAGE

SECONDS = 1.5  # that making a page takes, the first use of matplotlib included
_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body>
<main class="leadline"><h1>{title}</h1>
{body}
</main></body></html>
"""
_NO_CHARTS = 'The charts of this page are left out: they need matplotlib, which pip install "leadline[train]" installs.'

_escaped = partial(html.escape, quote=True)


def to_html(report: Report, title: str) -> str:
    """One page without outside references."""
    return _FRAME.format(title=_escaped(title), style=PAGE + BLOCKS, body=_body(report.page()))


def to_fragment(report: Report) -> str:
    """The same blocks for a place inside another page, whose colours they take."""
    return f'<div class="leadline"><style>{BLOCKS}</style>\n{_body(report.page())}\n</div>'


def _body(blocks: Sequence[Block]) -> str:
    parts = [part for kind, some in groupby(blocks, type) for part in _alike(kind, list(some))]
    if not can_draw() and any(isinstance(block, Chart) for block in blocks):
        parts.append(f'<p class="quiet">{_escaped(_NO_CHARTS)}</p>')
    return "\n".join(parts)


def _alike(kind: type, blocks: Sequence[Block]) -> Iterable[str]:
    """Charts that follow each other stand side by side where there is room."""
    made = [_block(block) for block in blocks]
    return [f'<div class="charts">{"".join(made)}</div>'] if kind is Chart else made


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{_escaped(text)}</h2>"
        case Paragraph(text, tone):
            return f'<p class="{tone}">{_escaped(text)}</p>'
        case Command(line, why):
            note = f'<p class="quiet">{_escaped(why)}</p>' if why else ""
            return f"{note}<pre>{_escaped(line)}</pre>"
        case Grid():
            return _table(block)
        case Chart():
            return _figure(block)
        case Gallery(cards):
            told = " told" if any(card.facts for card in cards) else ""  # which takes more room than a picture
            return f'<div class="gallery{told}">{"".join(map(_card, cards))}</div>'


def _table(grid: Grid) -> str:
    numeric = [grid.is_numeric(number) for number in range(len(grid.columns))]
    head = "".join(f"<th{' class=number' if n else ''}>{_escaped(name)}</th>" for name, n in zip(grid.columns, numeric, strict=True))
    rows = []
    for number, row in enumerate(grid.rows):
        cells = "".join(f"<td{' class=number' if n else ''}>{_escaped(cell)}</td>" for cell, n in zip(row, numeric, strict=True))
        rows.append(f"<tr{' class=marked' if number == grid.marked else ''}>{cells}</tr>")
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _figure(chart: Chart) -> str:
    picture = draw(chart.drawing, f"{chart.title}. {chart.says}") if can_draw() else ""
    return f"<figure><figcaption><b>{_escaped(chart.title)}</b></figcaption>{picture}<p>{_escaped(chart.says)}</p></figure>"


def _card(card: Card) -> str:
    content = card.picture() if card.picture else None
    parts = []
    if content:
        parts.append(f'<img alt="{_escaped(card.title)}" src="data:image/jpeg;base64,{base64.b64encode(content).decode()}">')
    parts.append(f"<p><b>{_escaped(card.title)}</b></p>")
    parts += [f'<p class="quiet">{_escaped(line)}</p>' for line in card.lines]
    if len(card.facts) == 1:
        parts.append(f"<p>{_escaped(card.facts[0][1])}</p>")
    elif card.facts:
        facts = "".join(f"<dt>{_escaped(name)}</dt><dd>{_escaped(value)}</dd>" for name, value in card.facts)
        parts.append(f"<dl>{facts}</dl>")
    return f"<div class=card>{''.join(parts)}</div>"
