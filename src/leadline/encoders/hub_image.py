"""Networks of pictures that the user named: prepared with Pillow as their own settings say, without the packages that wrote those."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from leadline.columns.picture import Picture, open_picture
from leadline.encoders.engine import Arrays
from leadline.encoders.hub import HubEncoder
from leadline.encoders.hub_folder import PREPROCESSOR, Network, read_settings
from leadline.encoders.hub_network import dimension_of
from leadline.encoders.picture_network import REDUCING_GAP, PictureNetwork
from leadline.errors import LeadlineError

_SIDE = 224  # where nothing is said
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
_LARGEST_SIDE = 1024


class HubImage(HubEncoder, PictureNetwork):
    """Pictures -> (n, dimension) float32: the network's own vector of the whole, or the mean over its places.

    `size` is (height, width) of its input. `shortest` is what the shorter side of a picture is brought to before the middle is cut out;
    0 where the whole picture is squeezed into the input. Values are multiplied by `scale`, less `mean`, divided by `spread`, by colour.
    """

    kind: ClassVar[str] = "hub-image"
    num_made_up: ClassVar[int] = 8  # it may be a large network

    def __init__(
        self,
        *,
        size: Sequence[int],
        shortest: int,
        mean: Sequence[float],
        spread: Sequence[float],
        scale: float,
        resample: int,
        **facts: Any,
    ) -> None:
        super().__init__(**facts)
        _require_sides(size)
        finite = all(isinstance(one, int | float) and math.isfinite(one) for one in (*mean, *spread, scale))
        if not isinstance(shortest, int) or not 0 <= shortest <= 4 * _LARGEST_SIDE:
            raise LeadlineError(
                f"pictures whose shorter side becomes {shortest!r} pixels", f"0 to {4 * _LARGEST_SIDE}", "name another model"
            )
        if len(mean) != 3 or len(spread) != 3 or not finite or not all(spread) or resample not in tuple(Image.Resampling):
            raise LeadlineError(
                f"pictures less {mean!r}, divided by {spread!r}, resized by {resample!r}", "a number for each of three colours"
            )
        self.size, self.shortest, self.resample = (size[0], size[1]), shortest, resample
        self.mean, self.spread, self.scale = list(mean), list(spread), scale

    @classmethod
    def of(cls, network: Network) -> Self:
        settings = preparation(network)
        _require_sides(settings["size"])
        rows = np.random.default_rng(0).normal(size=(2, 3, *settings["size"]))
        sample: Arrays = {"pictures": rows.astype(np.float32)}
        return cls.described(network, dimension_of(network, sample), **settings)

    def for_values(self, sample: Any) -> Self:
        return self

    @property
    def sides(self) -> tuple[int, int]:
        return self.size

    def _preparation(self) -> dict[str, Any]:
        return {
            "size": list(self.size), "shortest": self.shortest, "mean": self.mean, "spread": self.spread, "scale": self.scale,
            "resample": self.resample,
        }  # fmt: skip

    def config(self) -> dict[str, Any]:
        return {**super().config(), **self._preparation()}

    def key_settings(self) -> dict[str, Any]:
        fixed = {"reducing_gap": REDUCING_GAP, "draft": True, "orientation": "exif", "pillow": version("pillow")}
        return {**super().key_settings(), **self._preparation(), **fixed}

    def prepare(self, picture: Picture, out: np.ndarray) -> None:
        image = open_picture(picture.read(), max(*self.size, self.shortest), picture.name)
        image = image.resize(self.size[::-1], Image.Resampling(self.resample), self._box(image), REDUCING_GAP)
        pixels = np.asarray(image, np.float32).transpose(2, 0, 1) * np.float32(self.scale)
        mean, spread = (np.array(one, np.float32)[:, None, None] for one in (self.mean, self.spread))
        np.divide(pixels - mean, spread, out=out)

    def _box(self, image: Image.Image) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the part that is looked at."""
        if not self.shortest:
            return 0, 0, image.width, image.height
        pixel = min(image.size) / self.shortest  # of the picture, for one of the network's
        height, width = min(self.size[0] * pixel, image.height), min(self.size[1] * pixel, image.width)
        left, top = (image.width - width) / 2, (image.height - height) / 2
        return left, top, left + width, top + height


def preparation(network: Network) -> dict[str, Any]:
    """How pictures are prepared, from the settings in the folder. Raises LeadlineError where these ask for what we do not do."""
    config, told = network.config, read_settings(network.folder, PREPROCESSOR)
    for name in ("do_flip_channel_order", "rescale_offset"):
        if told.get(name):
            raise LeadlineError(f"{network.name} wants its pictures prepared with {name}, which is not done yet", "another model")
    colours = config.get("num_channels", 3)
    if colours != 3:
        raise LeadlineError(f"{network.name} reads pictures of {colours} channels", "three colours", "name another model")
    sides, shortest = _sides(told, config)
    normal = told.get("do_normalize", not told or "image_mean" in told)
    scale = told.get("rescale_factor", 1 / 255) if told.get("do_rescale", True) else 1.0
    return {
        "size": list(sides), "shortest": shortest, "scale": scale, "resample": told.get("resample", int(Image.Resampling.BILINEAR)),
        "mean": list(told.get("image_mean") or _MEAN) if normal else [0.0] * 3,
        "spread": list(told.get("image_std") or _SPREAD) if normal else [1.0] * 3,
    }  # fmt: skip


def _require_sides(size: Sequence[int]) -> None:
    if len(size) != 2 or not all(isinstance(side, int) and 8 <= side <= _LARGEST_SIDE for side in size):
        raise LeadlineError(f"an input of {size!r} pixels", f"two sides from 8 to {_LARGEST_SIDE}", "name another model")


def _sides(told: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[tuple[int, int], int]:
    """((height, width) of the input, what the shorter side is brought to before its middle is cut out or 0)."""
    size = told.get("size", config.get("image_size", _SIDE))
    shortest = size.get("shortest_edge", 0) if isinstance(size, Mapping) else 0
    cropped = told.get("crop_size", size) if told.get("do_center_crop") else None
    if cropped is not None:
        whole = _pair(size)
        return _pair(cropped), shortest or min(whole)
    if shortest and (share := told.get("crop_pct")):  # of ConvNeXt: the middle of a picture made a little larger
        return (shortest, shortest), round(shortest / share)
    return _pair(size), shortest


def _pair(size: Any) -> tuple[int, int]:
    """(height, width), of whatever form they are written in."""
    if isinstance(size, Mapping):
        edge = size.get("shortest_edge", _SIDE)
        return size.get("height", edge), size.get("width", edge)
    if isinstance(size, Sequence) and not isinstance(size, str) and len(size) == 2:
        return size[0], size[1]
    return size, size
