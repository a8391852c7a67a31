"""`doctor`: what this machine has, what is installed, what is kept, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import leadline
from leadline.encoders.engine import available_engines
from leadline.encoders.store import Store
from leadline.machine import Measurements, cache_folder, memory_bytes, processor, versions
from leadline.reports import Block, Command, Grid, Heading, Paragraph, Report

_TRAINING = ("torch", "transformers", "onnx", "openvino", "lightgbm", "sklearn", "scipy", "pandas", "matplotlib")


@dataclass(frozen=True)
class Diagnosis(Report):
    processor: dict[str, Any]
    memory_gb: float
    versions: dict[str, str]
    missing: list[str]
    engines: list[str]
    cache: str
    store: dict[str, Any]
    measurements: dict[str, Any]

    @property
    def can_train(self) -> bool:
        return not self.missing

    def to_json(self) -> dict[str, Any]:
        return {
            "leadline": leadline.__version__, "processor": self.processor, "memory_gb": self.memory_gb, "versions": self.versions,
            "can_train": self.can_train, "missing": self.missing, "engines": self.engines, "cache": self.cache, "store": self.store,
            "measurements": self.measurements,
        }  # fmt: skip

    def blocks(self) -> list[Block]:
        instructions = ", ".join(self.processor["instructions"]) or "none that matter"
        rows = [
            ("processor", str(self.processor["name"])),
            ("cores", f"{self.processor['cores']}, of which {self.processor['threads']} used"),
            ("instructions", instructions),
            ("memory", f"{self.memory_gb:.1f} GB"),
            ("engines", ", ".join(self.engines)),
            ("cache", f"{self.cache}: {self.store['vectors']:,} vectors, {self.store['megabytes']:.1f} MB"),
        ]
        blocks: list[Block] = [Heading(f"leadline {leadline.__version__} on this machine"), Grid(("what", "found"), rows)]
        blocks.append(Grid(("package", "version"), list(self.versions.items())))
        if self.can_train:
            blocks.append(Paragraph("Everything is here to train and to predict.", "good"))
        else:
            blocks.append(Paragraph(f"Predicting works; training does not: missing {', '.join(self.missing)}.", "warning"))
            blocks.append(Command('pip install "leadline[train]"'))
        return [*blocks, *self._measured()]

    def _measured(self) -> list[Block]:
        """Speeds of engines, and how far fast ones agree with the one that serves."""
        speeds, verdicts = list[tuple[str, ...]](), list[tuple[str, ...]]()
        for name, value in self.measurements.items():
            kind, what = name.split(" ")[:2]
            if kind == "engines":
                speeds += [(what, engine, f"{rate:,.0f}") for engine, rate in value.items()]
            elif kind == "agreement":
                changed = "not measured yet" if value["changed"] is None else f"{value['changed']:.2%}"
                figures = (f"{value['mean_cosine']:.5f}", f"{value['p5_cosine']:.5f}", changed, "yes" if value["passed"] else "no")
                verdicts.append((what, name.split(" ")[-1], *figures))
        blocks: list[Block] = []
        if speeds:
            blocks += [Paragraph("Speeds measured here and kept:", "quiet"), Grid(("encoder", "engine", "examples a second"), speeds)]
        if verdicts:
            head = ("encoder", "engine", "cosine", "lowest 5%", "changed", "used")
            blocks += [Paragraph("Agreement with the engine that serves:", "quiet"), Grid(head, verdicts)]
        return blocks


def doctor() -> Diagnosis:
    """Looks, measures nothing, changes nothing."""
    missing = [name for name in _TRAINING if find_spec(name) is None]
    return Diagnosis(
        processor(), round(memory_bytes() / (1 << 30), 1), versions(), missing, available_engines(), str(cache_folder()),
        Store().summary(), Measurements().read(),
    )  # fmt: skip
