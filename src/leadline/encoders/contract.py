"""What a stateless encoder is: vectors that depend on a value alone, so that the store may keep them; and what a pretrained one adds."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from leadline.encoders.engine import REFERENCE, Arrays, Engine, available_engines, open_engine
from leadline.errors import LeadlineError
from leadline.files import sha256_of
from leadline.machine import at_once, cache_folder

NETWORK = "network.onnx"
GRAPH_VERSION = 1  # counts changes to how networks are written here, so that a kept file of an older version is not used
_TIMED = 3  # rounds of a measurement, engines taking turns; the best round counts, for other work only ever slows one down
_LONG_ENOUGH = 5.0  # seconds of rounds, after which other work no longer tells


@dataclass(frozen=True)
class Card:
    """Where an encoder comes from and what it was made for. `sha256` is that of the published weights."""

    name: str
    source: str
    licence: str
    sha256: str
    dimension: int
    takes: str  # name of the column type
    domain: str  # pictures it was trained on, or what kind of text
    languages: tuple[str, ...] = ()  # codes (ISO 639) of those it reads; none where it is not made for a language
    token_limit: int = 0  # tokens of a value that are read, the rest being cut off; 0 where there is no such limit

    def speaks(self, languages: Iterable[str]) -> bool:
        """Whether it was made for all of these languages."""
        return not self.languages or set(languages) <= set(self.languages)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@runtime_checkable
class Carded(Protocol):
    """A part whose numbers came from elsewhere: its card goes into every artefact that holds it."""

    @property
    def card(self) -> Card: ...


@runtime_checkable
class Vectors(Protocol):
    """A part that makes vectors, of so many numbers each."""

    @property
    def dimension(self) -> int: ...


@runtime_checkable
class MadeOnce(Protocol):
    """A part that has to make something on a machine, once, before it can run there."""

    def seconds_to_make(self) -> float:
        """About how long that takes; 0 where it is made."""
        ...


@dataclass(frozen=True)
class Prepared:
    """Network inputs of one batch; row i of them is `rows[i]` of the values. Rows beyond those are padding, to be dropped."""

    rows: Sequence[int]
    inputs: Arrays
    bad: dict[int, LeadlineError] = field(default_factory=dict)  # rows that could not be decoded; their input means nothing


@dataclass(frozen=True)
class Encoded:
    """vectors (n, dimension) float32, NaN in rows that could not be decoded, and for those the error saying why."""

    vectors: np.ndarray
    bad: dict[int, LeadlineError]


class StoredEncoder(ABC):
    """A part of the graph that learns nothing from the data. A subclass says how values become batches and what engines compute.

    Its keyword arguments are its settings: `type(encoder)(**encoder.config())` is the same encoder.
    """

    kind: ClassVar[str]
    takes: ClassVar[str]
    serving_engine: ClassVar[str]  # what artefacts are served with, the one that others have to agree with

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Width of a vector."""

    @abstractmethod
    def identity(self) -> str:
        """What a vector depends on besides its value and `key_settings`: the hash of the weights, or a formula's version."""

    @abstractmethod
    def engines(self) -> list[str]:
        """Names of what can compute it here, the serving one among them."""

    @abstractmethod
    def open(self, engine: str) -> Engine: ...

    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that it was made for; none where it does not matter."""
        return ()

    def reads(self, languages: Iterable[str]) -> bool:
        """Whether it was made for texts in all of these languages."""
        return not self.languages() or set(languages) <= set(self.languages())

    @abstractmethod
    def for_values(self, sample: Any) -> Self:
        """The same encoder with the settings that suit values like these."""

    def with_settings(self, settings: dict[str, Any]) -> Self:
        """The same encoder with settings written down earlier. Raises LeadlineError where they are those of another one."""
        return type(self)(**settings)

    @abstractmethod
    def config(self) -> dict[str, Any]: ...

    @abstractmethod
    def key_settings(self) -> dict[str, Any]:
        """Those settings, and constants of the preparation, on which a vector depends: part of its key in the store."""

    @abstractmethod
    def raw(self, value: Any) -> bytes:
        """The bytes that identify a value. Raises LeadlineError when they cannot be read."""

    @abstractmethod
    def batches(self, values: Any, rows: int) -> Iterator[Callable[[], Prepared]]:
        """Jobs that each prepare one batch, together all values. `rows` is the engine's wish, see `Engine`.

        A batch's shape depends on nothing but `rows` and its own row's size, so that no vector depends on its neighbours.
        """

    @abstractmethod
    def made_up(self) -> Any:
        """A few dozen synthetic values of ordinary size, to measure speed with; always the same."""

    def run(self, values: Any) -> np.ndarray:
        """Vectors (n, dimension) float32 of `encode`.

        Raises:
            LeadlineError: a value that cannot be decoded, the first one.
        """
        encoded = self.encode(values)
        if encoded.bad:
            raise encoded.bad[min(encoded.bad)]
        return encoded.vectors

    def encode(self, values: Any) -> Encoded:
        """By the serving engine, rounded to float16 as vectors in the store are."""
        encoded = self.encode_with(self.open(self.serving_engine), values)
        return Encoded(rounded(encoded.vectors), encoded.bad)

    def encode_with(self, engine: Engine, values: Any) -> Encoded:
        """Decodes and computes batch by batch on as many threads as there are cores, each doing both in turn: no core waits."""
        encoded = Encoded(np.full((len(values), self.dimension), np.nan, np.float32), {})

        def work(prepare: Callable[[], Prepared]) -> None:
            batch = prepare()
            good = [place for place, row in enumerate(batch.rows) if row not in batch.bad]
            if good:
                encoded.vectors[[batch.rows[place] for place in good]] = engine(batch.inputs)[good]
            encoded.bad.update(batch.bad)

        at_once(work, self.batches(values, engine.rows))
        return encoded

    def measure_engines(self) -> dict[str, float]:
        """Examples a second, decoding included, of every engine here. Opening (and compiling) is not counted."""
        values = self.made_up()
        engines = {name: self.open(name) for name in self.engines()}
        for engine in engines.values():
            self.encode_with(engine, values)  # the first time is slower
        seconds = {name: min(rounds) for name, rounds in self._rounds(engines, values).items()}
        return {name: len(values) / seconds[name] for name in engines}

    def _rounds(self, engines: Mapping[str, Engine], values: Any) -> dict[str, list[float]]:
        """Seconds of every round of every engine, the engines taking turns; of large networks there are fewer."""
        rounds: dict[str, list[float]] = {name: [] for name in engines}
        began = time.perf_counter()
        for _ in range(_TIMED):
            for name, engine in engines.items():
                rounds[name].append(self._seconds(engine, values))
            if time.perf_counter() - began > _LONG_ENOUGH:
                break
        return rounds

    def _seconds(self, engine: Engine, values: Any) -> float:
        began = time.perf_counter()
        self.encode_with(engine, values)
        return time.perf_counter() - began

    def arrays(self) -> dict[str, np.ndarray]:
        return {}

    def files(self) -> dict[str, Path | bytes]:
        return {}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(**config)


class PretrainedEncoder(StoredEncoder):
    """One whose vectors are the output of a fixed network, kept as an ONNX file. A subclass says where the weights are."""

    serving_engine: ClassVar[str] = REFERENCE

    def __init__(self) -> None:
        self._network: Path | None = None

    @property
    @abstractmethod
    def card(self) -> Card:
        """What it is; a class's own where all its objects have the same weights."""

    @property
    def dimension(self) -> int:
        return self.card.dimension

    def identity(self) -> str:
        return self.network_hash()

    def engines(self) -> list[str]:
        return available_engines()

    def open(self, engine: str) -> Engine:
        return open_engine(self.network(), engine)

    def languages(self) -> tuple[str, ...]:
        return self.card.languages

    @abstractmethod
    def published_network(self) -> Path:
        """The ONNX file made from the published weights, the first time here, and kept. Needs `leadline[train]`."""

    def network(self) -> Path:
        """The ONNX file: the artefact's own, or the one made from the published weights."""
        return self.published_network() if self._network is None else self._network

    def network_hash(self) -> str:
        """SHA-256 of the ONNX file in use. Of the file, not of the card: an artefact from elsewhere may hold other weights."""
        path = self.network()
        facts = path.stat()
        return _hash_of(path, facts.st_mtime_ns, facts.st_size)

    def files(self) -> dict[str, Path | bytes]:
        return {NETWORK: self.network()}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        """Opens the network at once, so that a damaged one is found when loading and not at the first answer."""
        encoder = cls(**config)
        encoder._network = files[NETWORK]
        open_engine(encoder._network, REFERENCE)
        return encoder


def made_once(encoder: PretrainedEncoder, write: Callable[[Path], None]) -> Path:
    """The ONNX file of an encoder that came with a package, written by `write` where it has not been."""
    path = cache_folder() / "encoders" / f"{encoder.kind}-{encoder.card.sha256[:16]}-{GRAPH_VERSION}.onnx"
    if not path.exists():
        write(path)
    return path


@lru_cache(maxsize=16)
def _hash_of(path: Path, changed: int, size: int) -> str:
    return sha256_of(path)


def rounded(vectors: np.ndarray) -> np.ndarray:
    """float32 values that a float16 holds, so that a vector is the same whether it was just computed or read from the store."""
    return vectors.astype(np.float16).astype(np.float32)
