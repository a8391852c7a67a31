"""`leadline doctor`."""

from __future__ import annotations

from leadline.cli.options import AsJson


def command(as_json: AsJson = False) -> None:
    """Say what this machine has, what is installed and what is kept."""
    from leadline.cli.screen import deliver
    from leadline.workflow.doctor import doctor

    deliver(doctor(), as_json)
