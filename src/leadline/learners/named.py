"""A network that the user named, by its folder or by its name on the Hugging Face hub, with a linear head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from leadline.encoders.contract import StoredEncoder
from leadline.encoders.hub import opened
from leadline.learners.contract import Sizes
from leadline.learners.vectors import LinearOnVectors
from leadline.tasks.contract import Task


class NamedProbe(LinearOnVectors):
    """Nobody knows which languages such a network was made for: it reads all columns of its type."""

    name: ClassVar[str] = "named-network"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "pretrained network that you named, with a linear head"
    reads_named: ClassVar[bool] = True
    encoders: ClassVar[Mapping[str, str]] = {"image": "hub-image", "text": "hub-text"}
    needed: ClassVar[tuple[str, ...]] = ("image", "text")

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if not sizes.networks:
            return "no network was named: --encoder names a folder or a model of the Hugging Face hub"
        refused = [network.why_not for network in sizes.networks.values() if network.why_not]
        if refused:
            return refused[0]
        if not self._readable(sizes):
            return f"the network that was named reads columns of the type {' or '.join(sizes.networks)}, and there are none"
        return None

    def _encoder(self, kind: str, sizes: Sizes) -> StoredEncoder:
        return opened(sizes.networks[kind])

    def _readable(self, sizes: Sizes) -> list[str]:
        return sizes.columns_of(*(kind for kind in sizes.networks if kind in self.encoders))
