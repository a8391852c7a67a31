"""Leadline: from labelled examples to a trained, explained, deployed and monitored model, measuring at every step."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from leadline.artifact.model import Model, load
    from leadline.data.read import read
    from leadline.data.table import Data
    from leadline.errors import LeadlineError
    from leadline.findings import Finding
    from leadline.workflow.check import check
    from leadline.workflow.evaluate import evaluate
    from leadline.workflow.train import train

# Each name is loaded when first touched, so that `import leadline` stays instant.
_PLACES = {
    "read": "leadline.data.read",
    "check": "leadline.workflow.check",
    "train": "leadline.workflow.train",
    "evaluate": "leadline.workflow.evaluate",
    "load": "leadline.artifact.model",
    "Model": "leadline.artifact.model",
    "Data": "leadline.data.table",
    "Finding": "leadline.findings",
    "LeadlineError": "leadline.errors",
}

__all__ = ["Data", "Finding", "LeadlineError", "Model", "check", "evaluate", "load", "read", "train"]


class _Public(ModuleType):
    """Keeps a verb's name for the verb: importing a package of the same name (leadline.evaluate.folds) would take it."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PLACES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Public


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"leadline has no {name}; it has {', '.join(__all__)}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
