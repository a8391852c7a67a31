"""Any result as a terminal screen, as JSON, and as one self-contained HTML page, from one description in blocks."""

from __future__ import annotations

from leadline.reports.blocks import Block, Card, Chart, Command, Gallery, Grid, Heading, Paragraph, Report
from leadline.reports.page import to_html
from leadline.reports.terminal import print_report

__all__ = ["Block", "Card", "Chart", "Command", "Gallery", "Grid", "Heading", "Paragraph", "Report", "print_report", "to_html"]
