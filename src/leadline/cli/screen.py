"""What every verb does at the terminal: progress on stderr, results on stdout, errors on one screen."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from leadline.errors import LeadlineError
from leadline.files import remove_scratch
from leadline.progress import Advance, Progress
from leadline.reports import Report, print_report, to_html


def show_error(error: LeadlineError) -> None:
    """What we saw, what we expected, what to try; the same words in JSON when --json was asked for."""
    if "--json" in sys.argv:
        print(json.dumps({"error": error.to_json()}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    where = f"\n  where     {error.where}" if error.where else ""
    console.print(Text("That did not work", style="bold red"))
    console.print(Text(f"  problem   {error.saw}{where}"))
    for label, text in (("expected", error.expected), ("try      ", error.try_this)):
        if text:
            console.print(Text(f"  {label:9} {text}"))


def deliver(report: Report, as_json: bool, html: Path | None = None, title: str = "leadline") -> None:
    """Prints the report, or exactly one JSON object, and writes the page if one was asked for."""
    refused = None if html is None else _write_page(report, html, title)
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False, allow_nan=False, default=str))
    else:
        print_report(report)
    if refused is not None:
        raise refused


def _write_page(report: Report, html: Path, title: str) -> OSError | None:
    """The page comes first, as the reader of stdout may go away; why it could not be written is said after the report."""
    from leadline.files import write_atomically

    try:
        write_atomically(html, to_html(report, title))
    except OSError as error:
        return error
    return None


def progress_for(quiet: bool) -> Progress:
    """What a verb tells its progress to; to be called once its imports are made."""
    if hasattr(signal, "siginterrupt"):  # not on Windows
        # With the handler for Ctrl-C that polars brings along, who waits for a thread would wait to its end before stopping.
        signal.siginterrupt(signal.SIGINT, True)
    return Progress() if quiet else TerminalProgress()


class TerminalProgress(Progress):
    """Bars with rate and time left where stderr is a terminal; plain lines where it is not."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, message: str) -> None:
        from rich.text import Text

        self.console.print(Text(message, style="dim"))

    @contextmanager
    def track(self, title: str, unit: str) -> Iterator[Advance]:
        from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Any) -> Text:
                speed = task.finished_speed or task.speed
                return Text(f"{speed:,.0f} {unit}/s" if speed and speed >= 1 else "")

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
        with Bars(*columns, console=self.console, disable=not self.console.is_terminal) as bars:
            if not self.console.is_terminal:
                self.say(title)
            task = bars.add_task(title, total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM ends like Ctrl-C, so that temporary files go, but with exit code 143."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def leave(code: int) -> None:
    """Ends the process without tearing down engines, which costs tenths of a second and does nothing for the user."""
    remove_scratch()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
