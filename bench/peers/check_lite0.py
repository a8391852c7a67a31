"""Are the renamed weights the network they claim to be? The share of pictures that the 1,000-class network calls some cat or dog.

.venv-peers-fastai/bin/python bench/peers/check_lite0.py ../shared/data/catsdogs
"""

from __future__ import annotations

import sys
from pathlib import Path

import timm
import torch
from fastai_catsdogs import NETWORK, weights_for_timm
from PIL import Image

IMAGENET = {"dog": range(151, 269), "cat": range(281, 286)}
NUM_PICTURES = 50


def main() -> None:
    torch.set_num_threads(1)
    network = timm.create_model(NETWORK, pretrained=True, pretrained_cfg_overlay={"file": str(weights_for_timm())}).eval()
    prepare = timm.data.create_transform(**timm.data.resolve_data_config({}, model=network))
    for name, classes in IMAGENET.items():
        files = sorted((Path(sys.argv[1]) / "test" / name).iterdir())[:NUM_PICTURES]
        with torch.inference_mode():
            guesses = network(torch.stack([prepare(Image.open(file).convert("RGB")) for file in files])).argmax(1).tolist()
        print(f"{name}: {sum(guess in classes for guess in guesses)} of {len(files)}")


if __name__ == "__main__":
    main()
