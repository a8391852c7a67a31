"""The command line: one file per verb, loaded only when that verb is asked for, so that --help is instant."""

from __future__ import annotations

import sys

import typer

from leadline.cli import demo, doctor, evaluate, predict, train
from leadline.errors import LeadlineError

app = typer.Typer(
    name="leadline",
    help="From labelled examples to a trained, explained, deployed and monitored model, measuring at every step.",
    epilog="Begin with: leadline train DATA, where DATA is a folder of class folders or a table.",
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


app.command("train")(train.command)
app.command("evaluate")(evaluate.command)
app.command("predict")(predict.command)
app.command("doctor")(doctor.command)
app.command("demo")(demo.command)


def run() -> None:
    """The entry point: errors become one screen, interruptions their conventional exit codes."""
    from leadline.cli.screen import interruptible, show_error
    from leadline.machine import limit_threads

    limit_threads()
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        with interruptible():
            app()
    except LeadlineError as error:
        if debug:
            raise
        show_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nInterrupted. What was computed is kept; run the same command again to go on.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except MemoryError:
        show_error(
            LeadlineError("memory ran out", "a machine with more of it, or fewer rows or columns", "train on a part of the rows first")
        )
        sys.exit(1)
    except OSError as error:
        if debug:
            raise
        name = f" ({error.filename})" if error.filename else ""
        show_error(LeadlineError(f"the system refused: {error.strerror or error}{name}", "room on the disk and the right to write there"))
        sys.exit(1)


if __name__ == "__main__":
    run()
