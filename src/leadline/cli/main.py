"""The command line: one file per verb, loaded only when that verb is asked for, so that --help is instant."""

from __future__ import annotations

import errno
import re
import sys

import typer
from typer.exceptions import TyperException

from leadline.cli import check, demo, doctor, evaluate, predict, read, train
from leadline.errors import LeadlineError, UsageError, masked

_INTERRUPTED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="leadline",
    help="From labelled examples to a trained, explained, deployed and monitored model, measuring at every step.",
    epilog="Begin with: leadline train DATA, where DATA is a folder of class folders or a table. --debug shows tracebacks.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from leadline import __version__

        typer.echo(f"leadline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Say the version and stop."),
) -> None:
    pass


app.command("read")(read.command)
app.command("check")(check.command)
app.command("train")(train.command)
app.command("evaluate")(evaluate.command)
app.command("predict")(predict.command)
app.command("doctor")(doctor.command)
app.command("demo")(demo.command)


def run() -> None:
    """The entry point: errors become one screen, interruptions their conventional exit codes."""
    from leadline.cli.screen import interruptible
    from leadline.cli.streams import steady_streams
    from leadline.machine import limit_threads

    steady_streams()
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        limit_threads()
        with interruptible():
            code = app(standalone_mode=False)
    except TyperException as error:  # wrong words on the command line
        error.message = masked(error.message)
        show = getattr(error, "show", None)
        show() if show else print(error, file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 2))
    except Exception as error:
        if debug:
            raise
        sys.exit(_explain(error))
    if code == _INTERRUPTED:
        print("\nInterrupted. Encoded vectors are kept, so the same command has less to do next time.", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> int:
    """Shows any error as one screen and returns the exit code."""
    from leadline.cli.screen import show_error

    if isinstance(error, LeadlineError):
        show_error(error)
        return 2 if isinstance(error, UsageError) else 1
    if isinstance(error, MemoryError):
        show_error(LeadlineError("memory ran out", "a machine with more of it, or fewer rows or columns", "try a part of the rows first"))
    elif isinstance(error, OSError):
        show_error(_refusal(error))
    else:
        saw = f"something we did not foresee ({type(error).__name__}: {str(error)[:300]})"
        show_error(LeadlineError(saw, "this is our mistake, not yours", "add --debug to see where, and please report it"))
    return 1


def _refusal(error: OSError) -> LeadlineError:
    """What the operating system refused, and of which file."""
    name, reason, number = str(error.filename2 or error.filename or ""), error.strerror or str(error), error.errno
    if not number and (told := re.search(r"os error (\d+)", reason)):  # polars' own words, which end so
        number = int(told[1])
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        advice = "free some space there, or choose another place with -o; TMPDIR and LEADLINE_CACHE move what is kept on the way"
        return LeadlineError(f"the disk is full: {reason}", "room for what is to be written", advice, file=name or None)
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        advice = "ask for the right to it, or choose another place with -o"
        return LeadlineError(f"we may not read or write there: {reason}", "a file or folder that you may open", advice, file=name or None)
    return LeadlineError(f"the system refused: {reason}", "a disk and a system that work", "try again", file=name or None)


if __name__ == "__main__":
    run()
