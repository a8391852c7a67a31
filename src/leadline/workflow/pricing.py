"""What the stateless nodes of a plan cost: which engine, how many examples the store does not hold yet, how many seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.encoders.contract import StoredEncoder
from leadline.encoders.store import Store
from leadline.learners.contract import Sizes
from leadline.parts import COLUMN, Node
from leadline.plan.calibration import Calibration
from leadline.plan.plan import Encoding
from leadline.progress import Progress
from leadline.values import take_rows
from leadline.workflow.engines import pick_engine, sampled
from leadline.workflow.setup import Setup


@dataclass(frozen=True)
class Inputs:
    """The stateless nodes that the possible learners read, with what each costs."""

    nodes: dict[str, Node] = field(default_factory=dict)
    encodings: dict[str, Encoding] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)  # once, as far as not stored
    seconds_per_row: dict[str, float] = field(default_factory=dict)  # stored or not: what answering costs

    def tables(self) -> tuple[dict[str, Any], ...]:
        return self.nodes, self.encodings, self.seconds, self.seconds_per_row


@dataclass(frozen=True)
class Pricing:
    setup: Setup
    sizes: Sizes
    calibration: Calibration
    store: Store
    progress: Progress
    seconds_left: float
    priced: Inputs = field(default_factory=Inputs)  # everything that was asked for so far

    def of(self, nodes: Sequence[Node]) -> Inputs:
        """The nodes with their settings for these data and their prices; each is priced once."""
        for node in nodes:
            if node.name not in self.priced.nodes:
                self._price(node)
        names = list(dict.fromkeys(node.name for node in nodes))
        return Inputs(*({name: kept[name] for name in names if name in kept} for kept in self.priced.tables()))

    def _price(self, node: Node) -> None:
        column, priced = node.inputs[0].removeprefix(COLUMN), self.priced
        if isinstance(node.part, StoredEncoder):
            encoder, encoding, rate = self._encoder(node.name, node.part, column)
            priced.encodings[node.name], priced.nodes[node.name] = encoding, Node(node.name, encoder, node.inputs)
            priced.seconds[node.name], priced.seconds_per_row[node.name] = encoding.seconds, 1 / rate
            return
        per_unit = self.calibration.stateless(node, self.sizes.types[column]).per_unit
        priced.nodes[node.name] = node
        priced.seconds_per_row[node.name] = per_unit * max(1.0, self.sizes.text_length)
        rows = len(self.setup.teaching) + len(self.setup.partition.test)
        priced.seconds[node.name] = priced.seconds_per_row[node.name] * rows

    def _encoder(self, name: str, part: StoredEncoder, column: str) -> tuple[StoredEncoder, Encoding, float]:
        """Engines are compared only where the encoder could be afforded at all: comparing costs hundreds of examples."""
        values, teaching = self.setup.data.feature(column), self.setup.teaching
        sample = teaching[sampled(len(teaching), self.setup.seed)]
        encoder = part.for_values(take_rows(values, sample))
        rates = self.calibration.engines(encoder, encoder.config(), encoder.measure_engines)
        engine = max(rates, key=lambda name: rates[name])
        missing, seconds = self._to_do(encoder, values, engine, rates)
        picked = pick_engine(encoder, values, sample, rates, self.store, self.progress) if seconds < self.seconds_left else engine
        if picked != engine:
            engine, (missing, seconds) = picked, self._to_do(encoder, values, picked, rates)
        encoding = Encoding(name, encoder.kind, column, encoder.config(), engine, encoder.serving_engine, missing, round(seconds, 2))
        return encoder, encoding, rates[engine]

    def _to_do(self, encoder: StoredEncoder, values: Any, engine: str, rates: Mapping[str, float]) -> tuple[int, float]:
        """Examples not stored yet, those that teach by this engine and those that judge by the serving one, and their seconds."""
        new = self.store.num_missing(encoder, take_rows(values, self.setup.teaching), engine)
        judging = self.store.num_missing(encoder, take_rows(values, self.setup.partition.test), encoder.serving_engine)
        return new + judging, new / rates[engine] + judging / rates[encoder.serving_engine]
