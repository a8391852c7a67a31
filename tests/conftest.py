"""What all tests share: a cache of their own, small data made on the spot, and the real data where it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from leadline.files import write_atomically

# No test is about time: on a busy machine making up one example has taken 45 seconds, which hypothesis reports as a failure of the test.
settings.register_profile("leadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leadline")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Path]:
    """No test reads or writes the user's cache; converted encoders and measurements are shared between tests.

    The table of word meanings, half a minute of work, is kept in pytest's own cache, for other workers and the next run.
    """
    folder = tmp_path_factory.mktemp("cache")
    patch = pytest.MonkeyPatch()
    patch.setenv("LEADLINE_CACHE", str(folder))
    kept = pytestconfig.cache.mkdir("encoders") if pytestconfig.cache else folder / "encoders"
    _copy_tables(kept, folder / "encoders")
    yield folder
    _copy_tables(folder / "encoders", kept)
    patch.undo()


def _copy_tables(source: Path, target: Path) -> None:
    for table in source.glob("static-*.safetensors"):
        if not (target / table.name).exists():
            write_atomically(target / table.name, table.read_bytes())


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """A folder or file of the real data; skips with the reason where it is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the real data {name} are not beside this checkout (../shared/data)")
        return path

    return find


@pytest.fixture(scope="session")
def people() -> pl.DataFrame:
    """400 rows of numbers and categories with gaps; `answer` follows from them with some noise, `height` is a number to predict."""
    rng = np.random.default_rng(5)
    age, colour = rng.integers(18, 80, 400), rng.choice(["red", "green", "blue"], 400)
    height = age * 0.5 + (colour == "red") * 20 + rng.normal(0, 2, 400)
    answer = np.where(height + rng.normal(0, 4, 400) > 35, "yes", "no")
    frame = pl.DataFrame({"age": age, "colour": colour, "height": height, "answer": answer})
    return frame.with_columns(pl.when(pl.int_range(pl.len()) % 17 == 0).then(None).otherwise(pl.col("age")).alias("age"))


@pytest.fixture(scope="session")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 small pictures in two class folders: stripes upright or lying, with noise."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("pictures") / "stripes"
    for number in range(240):
        lying = number % 2
        wave = 127 + 90 * np.sin(np.arange(40) / rng.uniform(1, 3) + rng.uniform(0, 6))
        pixels = np.tile(wave, (40, 1)).T if lying else np.tile(wave, (40, 1))
        path = folder / ("lying" if lying else "upright") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(pixels + rng.normal(0, 20, pixels.shape), 0, 255).astype(np.uint8)).save(path)
    return folder
