"""`demo`: the main job on handwritten digits, which come with scikit-learn, so that a first look needs no data and no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from leadline.errors import LeadlineError, need_extra
from leadline.progress import Progress
from leadline.workflow.train import train
from leadline.workflow.training_report import TrainReport


def demo(folder: Path, progress: Progress | None = None, **options: Any) -> TrainReport:
    """Writes the digits as a folder of class folders and trains on it as on anybody's pictures."""
    if folder.exists() and not (folder / ".leadline-demo").exists():
        raise LeadlineError(f"{folder} is there already", "a folder that the demo may fill", "choose another with -o")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".leadline-demo").touch()
    write_digits(folder / "digits")
    return train(folder / "digits", out=folder / "digits.leadline", progress=progress, **options)


def write_digits(folder: Path, each: int = 0) -> None:
    """The 1,797 digits (UCI, Alpaydin and Kaynak 1998) as PNG files in folders 0 to 9; `each` limits the number of every digit."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise need_extra("scikit-learn", "the demo") from None
    import numpy as np
    from PIL import Image

    digits = load_digits()
    for label in range(10):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        for number in np.flatnonzero(digits.target == label)[: each or None]:
            pixels = (255 - digits.images[number] * (255 / 16)).astype(np.uint8)
            Image.fromarray(pixels).resize((32, 32), Image.Resampling.NEAREST).save(folder / str(label) / f"{number:04d}.png")
