"""Models of the Hugging Face library as frozen encoders: found by folder or by name, converted once, kept in the artefact as ONNX."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from leadline.encoders.contract import NETWORK, Card, PretrainedEncoder
from leadline.encoders.hub_download import downloaded, looks_like_name
from leadline.encoders.hub_folder import NOT_STATED, Network, network_in
from leadline.encoders.hub_network import converted_folder, is_converted
from leadline.errors import LeadlineError
from leadline.registry import PARTS

_WIDEST = 1 << 16  # numbers of a vector: a model's word is not taken for how much memory one needs


class HubEncoder(PretrainedEncoder):
    """One whose weights the user named. What its card says is among its settings, as no class can know it.

    `content` is the hash of all that decides a vector; it stands in plans, so that a replay notices other weights.
    """

    def __init__(self, *, name: str, source: str, licence: str, sha256: str, content: str, dimension: int, **settings: Any) -> None:
        super().__init__(**settings)
        if not isinstance(dimension, int) or not 1 <= dimension <= _WIDEST:
            raise LeadlineError(f"vectors of {dimension!r} numbers", f"1 to {_WIDEST:,}", "train again")
        self.name, self.source, self.licence = name, source, licence
        self.sha256, self.content, self.num_features = sha256, content, dimension
        self._named: Network | None = None  # where the weights are; an artefact's encoder has its own files instead

    @classmethod
    @abstractmethod
    def of(cls, network: Network) -> Self:
        """Converts the network where that has not been done. Raises LeadlineError where it cannot be used."""

    @classmethod
    def described(cls, network: Network, dimension: int, **settings: Any) -> Self:
        encoder = cls(
            name=network.name, source=network.source, licence=network.licence, sha256=network.sha256, content=network.content,
            dimension=dimension, **settings,
        )  # fmt: skip
        encoder._named = network
        return encoder

    @property
    def card(self) -> Card:
        return Card(self.name, self.source, self.licence, self.sha256, self.num_features, self.takes, NOT_STATED)

    def config(self) -> dict[str, Any]:
        return {
            "name": self.name, "source": self.source, "licence": self.licence, "sha256": self.sha256, "content": self.content,
            "dimension": self.num_features,
        }  # fmt: skip

    def key_settings(self) -> dict[str, Any]:
        return {"content": self.content}

    def with_settings(self, settings: dict[str, Any]) -> Self:
        if settings["content"] != self.content:
            saw = f"{self.source} holds other weights or settings than it did when the plan was made"
            raise LeadlineError(saw, f"those of {settings['name']} with SHA-256 {settings['sha256']}", "train without --plan")
        encoder = super().with_settings(settings)
        encoder._named = self._named
        return encoder

    def published_network(self) -> Path:
        return self._converted(NETWORK)

    def _converted(self, name: str) -> Path:
        if self._named is None:
            raise LeadlineError(f"the network {self.name} is not at hand", "its folder or its name", f"--encoder {self.source}")
        return converted_folder(self._named) / name


def find_network(named: str, say: Callable[[str], None]) -> Network:
    """The model in a folder, or of that name on the Hugging Face hub, fetched where that has not been done; `say` announces it.

    Raises LeadlineError where there is none, or none that can be read without running code.
    """
    folder = Path(named).expanduser()
    if folder.is_dir():
        place = str(folder.resolve())
        return network_in(Path(place), place, place)
    elsewhere = folder.parent != Path() and folder.parent.is_dir()  # then its beginning is that of a path
    if folder.exists() or elsewhere or not looks_like_name(named):
        raise _not_there(folder, named)
    found, source = downloaded(named, say)
    return network_in(found, named, source)


def opened(network: Network) -> HubEncoder:
    """The encoder for the kind of columns that a network reads; its settings are read once in a process.

    Raises LeadlineError where the network cannot be used.
    """
    if not is_converted(network):
        _of(network)
    return _described(network, converted_folder(network))


def _of(network: Network) -> HubEncoder:
    encoder: HubEncoder = PARTS.get(f"hub-{network.takes}").of(network)
    return encoder


@lru_cache(maxsize=16)
def _described(network: Network, converted: Path) -> HubEncoder:
    """`network` knows the hash of all that is read for it, `converted` the user's cache, which may be another one later."""
    return _of(network)


def _not_there(folder: Path, named: str) -> LeadlineError:
    if folder.exists():
        expected = "the folder of a model, or a model's name on the Hugging Face hub"
        return LeadlineError(f"{named} is a file", expected, f"--encoder {folder.parent}")
    try:
        beside = sorted(path.name for path in folder.parent.iterdir() if path.is_dir())
    except OSError:
        beside = []
    close = get_close_matches(folder.name, beside, n=3)
    advice = f"did you mean {' or '.join(str(folder.parent / name) for name in close)}?" if close else ""
    return LeadlineError(f"there is no folder {named}", "the folder of a model, or a name such as google/vit-base-patch16-224", advice)
