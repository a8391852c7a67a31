"""Any result as a terminal screen, as JSON, and as one self-contained HTML page, from one description in blocks."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Paragraph:
    """`tone`: "plain", "strong", "quiet", "good" or "warning"."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Grid:
    """A small table; numbers arrive as text, already rounded for people. `marked` is the row to point out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: int | None = None


@dataclass(frozen=True)
class Command:
    """A line to type next, copied as it stands."""

    line: str
    why: str = ""


Block = Heading | Paragraph | Grid | Command


class Report(Protocol):
    """What every verb returns."""

    def to_json(self) -> dict[str, Any]: ...

    def blocks(self) -> list[Block]: ...


_STYLES = {"plain": "", "strong": "bold", "quiet": "dim", "good": "bold green", "warning": "yellow"}


def print_report(report: Report, stream: IO[str] | None = None) -> None:
    """Writes the report for a person; colours only on a terminal and never against NO_COLOR."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    for block in report.blocks():
        match block:
            case Heading(text):
                console.print()
                console.print(Text(text, style="bold"))
            case Paragraph(text, tone):
                console.print(Text(text, style=_STYLES[tone]))
            case Command(line, why):
                # A line to copy is never broken; the terminal may fold it.
                console.print(Text("  " + line, style="cyan") + Text(f"   # {why}" if why else "", style="dim"), soft_wrap=True)
            case Grid():
                console.print(_rich_table(block))


def _rich_table(grid: Grid) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for number, name in enumerate(grid.columns):
        table.add_column(name, justify="right" if _is_numeric(grid, number) else "left", overflow="fold")
    for number, row in enumerate(grid.rows):
        table.add_row(*(Text(cell) for cell in row), style="bold" if number == grid.marked else "")
    return table


def _is_numeric(grid: Grid, column: int) -> bool:
    cells = [row[column] for row in grid.rows if row[column]]
    return bool(cells) and all((cell[:1].isdigit() or cell[:1] in "-<") and ", " not in cell and "; " not in cell for cell in cells)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark; --ink: #1d2733; --quiet: #5c6b7a; --paper: #fff; --line: #d9e0e6;
  --good: #14713d; --warn: #8a5a00; --mark: #eef6f1 }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e6ebf0; --quiet: #9aa8b5; --paper: #14191f; --line: #303a44;
    --good: #6fd39b; --warn: #f0c36b; --mark: #1c2a23 }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 46rem;
  margin: 2rem auto; padding: 0 1rem }}
h2 {{ margin: 2rem 0 .4rem; font-size: 1.15rem }} p {{ margin: .3rem 0 }} .strong {{ font-weight: 600 }} .quiet {{ color: var(--quiet) }}
.good {{ color: var(--good); font-weight: 600 }} .warning {{ color: var(--warn) }} .scroll {{ overflow-x: auto }}
table {{ border-collapse: collapse; margin: .6rem 0 }}
th, td {{ text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line) }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums }} tr.marked {{ background: var(--mark); font-weight: 600 }}
pre {{ overflow-x: auto; padding: .6rem; border: 1px solid var(--line); border-radius: .3rem }}
</style></head><body>
{body}
</body></html>
"""


def to_html(report: Report, title: str) -> str:
    """One page without outside references, readable on a telephone, light and dark."""
    return _PAGE.format(title=html.escape(title), body="\n".join(_html_block(block) for block in report.blocks()))


def _html_block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{html.escape(text)}</h2>"
        case Paragraph(text, tone):
            return f'<p class="{tone}">{html.escape(text)}</p>'
        case Command(line, why):
            note = f'<p class="quiet">{html.escape(why)}</p>' if why else ""
            return f"{note}<pre>{html.escape(line)}</pre>"
        case Grid():
            return _html_table(block)


def _html_table(grid: Grid) -> str:
    numeric = [_is_numeric(grid, number) for number in range(len(grid.columns))]
    head = "".join(f"<th{' class=number' if n else ''}>{html.escape(name)}</th>" for name, n in zip(grid.columns, numeric, strict=True))
    rows = []
    for number, row in enumerate(grid.rows):
        cells = "".join(f"<td{' class=number' if n else ''}>{html.escape(cell)}</td>" for cell, n in zip(row, numeric, strict=True))
        rows.append(f"<tr{' class=marked' if number == grid.marked else ''}>{cells}</tr>")
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
