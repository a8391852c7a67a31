"""A report on a terminal."""

from __future__ import annotations

from typing import IO, Any

from leadline.reports.blocks import Chart, Command, Gallery, Grid, Heading, Paragraph, Report

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
            case Chart(title, _, says):
                console.print(Text(f"{title}: {says}", style="dim"))
            case Gallery(cards):
                for card in cards:
                    console.print(Text("  ".join((card.title, *card.lines, *(f"{name}: {value}" for name, value in card.facts)))))


def _rich_table(grid: Grid) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for number, name in enumerate(grid.columns):
        table.add_column(name, justify="right" if grid.is_numeric(number) else "left", overflow="fold")
    for number, row in enumerate(grid.rows):
        table.add_row(*(Text(cell) for cell in row), style="bold" if number == grid.marked else "")
    return table
