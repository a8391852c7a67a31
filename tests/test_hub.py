"""A network that the user names: read without running code of its own, converted once, and as good as torch's."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

import leadline as ll
from leadline.columns.picture import Picture, Pictures
from leadline.encoders import hub_folder, hub_network
from leadline.encoders.engine import REFERENCE
from leadline.encoders.hub import find_network, opened
from leadline.encoders.hub_download import _shown
from leadline.encoders.hub_folder import network_in
from leadline.errors import LeadlineError
from leadline.learners.contract import Sizes
from leadline.learners.named import NamedProbe
from leadline.tasks.classify import Classify
from tests.journeys.test_cli import BLOCKED, leadline
from tests.make_networks import StandIn, save_network

pytest.importorskip("transformers")

TEXTS = ["my card was lost 3 days ago", "what is the rate for money", "", "how is the euro exchanged " * 40, "unknown words only"]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each of several small models."""
    return tmp_path_factory.mktemp("networks")


def saved(networks: Path, kind: str, name: str = "", **settings: Any) -> tuple[Path, Any]:
    folder = networks / (name or kind.lower())
    folder.mkdir()
    return folder, save_network(kind, folder, **settings)


@pytest.fixture(scope="module")
def bert(networks: Path) -> tuple[Path, Any]:
    return saved(networks, "Bert")


@pytest.fixture(scope="module")
def vit(networks: Path) -> tuple[Path, Any]:
    return saved(networks, "ViT")


@pytest.fixture(scope="module")
def questions() -> pl.DataFrame:
    asked = {
        "card": ("my card was lost {} days ago", "block card {}"),
        "rate": ("what is the rate for {} euro", "how is {} exchanged"),
    }
    rows = [(text.format(n), intent) for intent, texts in asked.items() for n in range(25) for text in texts]
    return pl.DataFrame(rows, schema=["question", "intent"], orient="row")


def named(folder: Path) -> hub_folder.Network:
    return find_network(str(folder), lambda message: None)


def vectors(folder: Path, values: Any) -> np.ndarray:
    """By the serving engine, before they are rounded for the store."""
    encoder = opened(named(folder))
    return encoder.encode_with(encoder.open(REFERENCE), values).vectors


def by_torch(folder: Path, model: Any, limit: int) -> np.ndarray:
    """The mean over the tokens of each text, text by text."""
    import torch
    from tokenizers import Tokenizer

    tokenizer, means = Tokenizer.from_file(str(folder / "tokenizer.json")), []
    tokenizer.enable_truncation(limit)
    for text in TEXTS:
        with torch.no_grad():
            means.append(model(input_ids=torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0].mean(0).numpy())
    return np.stack(means)


@pytest.mark.parametrize(("kind", "limit"), [("Bert", 64), ("DistilBert", 64), ("Roberta", 32)])
def test_vectors_of_texts_are_those_of_torch(kind: str, limit: int, tmp_path: Path) -> None:
    folder, model = saved(tmp_path, kind)
    assert np.abs(vectors(folder, pl.Series(TEXTS)) - by_torch(folder, model, limit)).max() < 1e-5
    assert opened(named(folder)).card.token_limit == limit


def test_settings_for_sentences_are_followed(tmp_path: Path) -> None:
    folder, model = saved(tmp_path, "Bert")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    (folder / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Normalize"}]))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 24}))
    import torch
    from tokenizers import Tokenizer

    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(TEXTS[0]).ids
    with torch.no_grad():
        first = model(input_ids=torch.tensor([ids])).last_hidden_state[0, 0].numpy()
    assert np.abs(vectors(folder, pl.Series(TEXTS[:1]))[0] - first / np.linalg.norm(first)).max() < 1e-5
    assert opened(named(folder)).card.token_limit == 24


@pytest.mark.parametrize(("file", "settings", "told"), [
    ("1_Pooling/config.json", {"pooling_mode_lasttoken": True}, "pooling_mode_lasttoken"),
    ("1_Pooling/config.json", {"pooling_mode": "max"}, "max"),
    ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "Dense"),
])  # fmt: skip
def test_settings_for_sentences_that_are_not_followed_are_refused(file: str, settings: Any, told: str, tmp_path: Path) -> None:
    folder, _ = saved(tmp_path, "Bert")
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps(settings))
    with pytest.raises(LeadlineError, match=f"makes its vectors by {told}"):
        opened(named(folder))


def test_a_vocabulary_without_its_fast_tokenizer_is_translated(tmp_path: Path) -> None:
    folder, _ = saved(tmp_path, "Bert")
    known = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(sorted(known, key=known.__getitem__)) + "\n")
    assert np.isfinite(vectors(folder, pl.Series([*TEXTS, "a word that only the tokenizer knows: [MASK]"]))).all()


@pytest.mark.parametrize("kind", ["ViT", "ResNet", "Dinov2"])
def test_vectors_of_pictures_are_those_of_torch(kind: str, tmp_path: Path) -> None:
    import torch

    folder, model = saved(tmp_path, kind)
    side = 28 if kind == "Dinov2" else 32
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps({**settings, "size": {"height": side, "width": side}}))
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    ours = vectors(folder, Pictures([Picture(tmp_path / "a.png")]))
    with torch.no_grad():
        expected = model(torch.from_numpy((pixels.transpose(2, 0, 1)[None] / 255 - 0.5) / 0.5).float()).pooler_output.flatten(1).numpy()
    assert np.abs(ours - expected).max() < 1e-4


def test_a_last_step_that_was_not_published_is_not_made_up(vit: tuple[Path, Any], tmp_path: Path) -> None:
    import torch

    folder = without(vit[0], "pooler", tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    ours = vectors(folder, Pictures([Picture(tmp_path / "a.png")]))
    with torch.no_grad():
        states = vit[1](torch.from_numpy((pixels.transpose(2, 0, 1)[None] / 255 - 0.5) / 0.5).float()).last_hidden_state
    assert np.abs(ours - states.mean(1).numpy()).max() < 1e-4


def test_missing_weights_are_not_made_up(bert: tuple[Path, Any], tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match=r"does not hold all of its weights: .*layer\.1"):
        opened(named(without(bert[0], "layer.1.", tmp_path)))


def without(folder: Path, name: str, tmp_path: Path) -> Path:
    """A copy whose file lacks all weights with that in their name."""
    from safetensors.numpy import load_file, save_file

    copy = Path(shutil.copytree(folder, tmp_path / "without"))
    weights = {key: value for key, value in load_file(copy / "model.safetensors").items() if name not in key}
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    return copy


@pytest.mark.parametrize(
    "settings",
    [
        {"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}, "do_center_crop": True},
        {"size": 40, "crop_size": 32, "do_center_crop": True},
        {"size": {"shortest_edge": 32}, "crop_pct": 0.8},
    ],
)
def test_the_middle_is_cut_out_as_the_settings_say(settings: dict[str, Any], vit: tuple[Path, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(vit[0], tmp_path / "cut"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": False, **settings}))
    picture = np.full((100, 200, 3), 255, np.uint8)
    picture[:, :60] = picture[:, -60:] = picture[:10] = picture[-10:] = 0  # what lies outside of the middle 80 x 80
    Image.fromarray(picture).save(tmp_path / "a.png")
    encoder: Any = opened(named(folder))
    out = np.zeros((3, *encoder.sides), np.float32)
    encoder.prepare(Picture(tmp_path / "a.png"), out)
    assert out.shape == (3, 32, 32) and out[:, 1:-1, 1:-1].min() > 0.9 and out.max() <= 1.0


def test_the_settings_of_a_network_are_read_once(bert: tuple[Path, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bert[0], tmp_path / "bert"))
    network = named(folder)
    first = opened(network)
    (folder / "config.json").unlink()
    assert opened(network) is first
    shutil.copy(bert[0] / "config.json", folder)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 16}')
    assert opened(named(folder)).card.token_limit == 16 != first.card.token_limit, "who names it again has it looked at again"


def test_texts_from_training_to_a_prediction_without_torch(bert: tuple[Path, Any], questions: pl.DataFrame, tmp_path: Path) -> None:
    report = ll.train(
        questions, target="intent", encoder=bert[0], learners=["named-network"], budget="1m", out=tmp_path / "model"
    )  # fmt: skip
    assert report.learner == "named-network" and report.score.value > 0.9
    (card,) = json.loads((report.artifact / "manifest.json").read_text())["encoders"]
    assert card["name"] == "bert" and card["source"] == str(bert[0]) and card["licence"] == "mit" and card["dimension"] == 32
    questions.drop("intent").write_csv(tmp_path / "new.csv")
    answers = ll.load(report.artifact).predict(questions.drop("intent"))
    done = leadline("predict", str(report.artifact), "new.csv", "--json", cwd=tmp_path, blocked=f"{BLOCKED} huggingface_hub")
    assert done.returncode == 0, done.stderr
    assert [one["label"] for one in json.loads(done.stdout)["predictions"]] == [one["label"] for one in answers]


def test_pictures_learn_and_a_plan_is_replayed_byte_for_byte(stripes: Path, tmp_path: Path) -> None:
    first = ll.train(stripes, encoder=str(saved(tmp_path, "ResNet")[0]), learners=["named-network"], budget="1m", out=tmp_path / "first")
    assert first.learner == "named-network" and first.score.value > 0.8
    again = ll.train(stripes, plan=first.run / "plan.json", out=tmp_path / "again")
    files = [sorted(path.read_bytes() for path in (report.artifact / "parts").iterdir()) for report in (first, again)]
    assert files[0] == files[1]


def test_a_replay_with_other_weights_is_refused(questions: pl.DataFrame, tmp_path: Path) -> None:
    folder, _ = saved(tmp_path, "Bert")
    first = ll.train(questions, target="intent", encoder=folder, learners=["named-network"], budget="1m", out=tmp_path / "model")
    shutil.rmtree(folder)
    saved(tmp_path, "Bert", initializer_range=0.5)
    with pytest.raises(LeadlineError, match="other weights"):
        ll.train(questions, plan=first.run / "plan.json", out=tmp_path / "again")


def test_a_network_that_does_not_convert_is_left_out_and_the_others_go_on(questions: pl.DataFrame, tmp_path: Path) -> None:
    folder, _ = saved(tmp_path, "T5")
    report = ll.train(questions, target="intent", encoder=folder, learners=["linear"], budget="1m", out=tmp_path / "model")
    assert report.learner == "linear"
    (skipped,) = report.skipped
    assert skipped.learner == "named-network" and "t5 does not convert to ONNX" in skipped.why


def test_vectors_that_differ_from_those_of_torch_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    export = hub_network._export
    monkeypatch.setattr(hub_network, "_export", lambda *arguments: export(*arguments) * 1.01)
    folder, _ = saved(tmp_path, "Bert", initializer_range=0.03)
    with pytest.raises(LeadlineError, match="differs by 1"):
        opened(named(folder))
    assert not hub_network.is_converted(named(folder))


def test_without_a_name_the_learner_says_how_to_give_one() -> None:
    why = NamedProbe().why_not(Sizes(9, {"says": "text"}, 2), Classify())
    assert why == "no network was named: --encoder names a folder or a model of the Hugging Face hub"


def test_a_network_of_pictures_is_not_for_texts(vit: tuple[Path, Any], questions: pl.DataFrame) -> None:
    with pytest.raises(LeadlineError, match=r"vit reads pictures, and .* has none"):
        ll.train(questions, target="intent", encoder=vit[0], budget="1m")
    network = named(vit[0])
    why = NamedProbe().why_not(Sizes(9, {"says": "text"}, 2, networks={"image": network}), Classify())
    assert why is not None and "image" in why


def edited(folder: Path, tmp_path: Path, **settings: Any) -> Path:
    """A copy whose config.json says something else."""
    copy = Path(shutil.copytree(folder, tmp_path / "edited"))
    (copy / "config.json").write_text(json.dumps({**json.loads((folder / "config.json").read_text()), **settings}))
    return copy


@pytest.mark.parametrize(("settings", "told"), [
    ({"do_flip_channel_order": True}, "do_flip_channel_order"),
    ({"size": {"height": 30_000, "width": 30_000}}, "30000"),
    ({"size": 32, "image_mean": [0.5, 0.5, float("inf")]}, "pictures less"),
])  # fmt: skip
def test_pictures_prepared_otherwise_or_beyond_measure_are_refused(
    settings: dict[str, Any], told: str, vit: tuple[Path, Any], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(vit[0], tmp_path / "other"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_resize": True, **settings}))
    with pytest.raises(LeadlineError, match=told):
        opened(named(folder))


def test_a_readme_of_nothing_but_lines_is_read_in_time(bert: tuple[Path, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bert[0], tmp_path / "lines"))
    (folder / "README.md").write_text("---" + "\n" * 1_000_000)
    assert named(folder).licence == "not stated"
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# A model")
    assert named(folder).licence == "mit"


def test_an_address_is_shown_without_its_password() -> None:
    assert _shown("https://me:secret@mirror.example/hub") == "https://mirror.example/hub"
    assert _shown("https://huggingface.co") == "https://huggingface.co"


def test_pickled_weights_are_not_read(bert: tuple[Path, Any], tmp_path: Path) -> None:
    copy = edited(bert[0], tmp_path)
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(LeadlineError, match="would have to be unpickled, which can run code") as caught:
        named(copy)
    assert "convert it to safetensors" in caught.value.try_this


def test_code_of_its_own_is_not_run(bert: tuple[Path, Any], tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="code of its own"):
        named(edited(bert[0], tmp_path, auto_map={"AutoModel": "modeling.Mine"}))


@pytest.mark.parametrize("settings", [{"vision_config": {}}, {"image_size": 32}])
def test_models_of_pictures_and_texts_together_are_refused(settings: dict[str, Any], bert: tuple[Path, Any], tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="pictures and texts together, which are not read yet") as caught:
        named(edited(bert[0], tmp_path, **settings))
    assert caught.value.try_this == "name its image half"


def test_a_model_of_neither_is_refused(bert: tuple[Path, Any], tmp_path: Path) -> None:
    copy = edited(bert[0], tmp_path)
    (copy / "tokenizer.json").unlink()
    with pytest.raises(LeadlineError, match="neither of texts"):
        named(copy)
    (copy / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": 16000}))
    with pytest.raises(LeadlineError, match="of sounds"):
        named(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', "\xff"])
def test_a_damaged_config_is_said(content: str, bert: tuple[Path, Any], tmp_path: Path) -> None:
    copy = edited(bert[0], tmp_path)
    (copy / "config.json").write_text(content, encoding="latin-1")
    with pytest.raises(LeadlineError, match=r"config\.json"):
        named(copy)
    (copy / "config.json").unlink()
    with pytest.raises(LeadlineError, match=r"has no config\.json"):
        named(copy)


def test_damaged_weights_are_said(bert: tuple[Path, Any], tmp_path: Path) -> None:
    copy = edited(bert[0], tmp_path)
    (copy / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(LeadlineError, match="cannot be read"):
        opened(named(copy))


def test_what_does_not_fit_into_one_file_is_refused(bert: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_folder, "LARGEST", 1_000)
    with pytest.raises(LeadlineError, match="GB of weights"):
        named(bert[0])


def test_too_few_positions_and_too_many_tokens_are_refused(tmp_path: Path) -> None:
    folder, _ = saved(tmp_path, "Bert", max_position_embeddings=12)
    with pytest.raises(LeadlineError, match="reads 12 tokens of a text"):
        opened(named(folder))
    folder, _ = saved(tmp_path, "Bert", "narrow", vocab_size=9)
    with pytest.raises(LeadlineError, match="27 tokens and its network 9"):
        opened(named(folder))


def test_a_folder_that_is_not_there_is_answered_with_the_nearest(bert: tuple[Path, Any]) -> None:
    with pytest.raises(LeadlineError, match="there is no folder") as caught:
        named(bert[0].with_name("brt"))
    assert str(bert[0]) in caught.value.try_this
    with pytest.raises(LeadlineError, match="is a file"):
        named(bert[0] / "config.json")
    with pytest.raises(LeadlineError, match="there is no folder"):
        find_network("./no/such/folder", lambda message: None)


@pytest.fixture
def hub(bert: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    """Not running yet. The cache is a new one."""
    stand_in = StandIn({"somebody/bert-tiny": bert[0]}, gated=("somebody/secret",))
    monkeypatch.setenv("HF_ENDPOINT", stand_in.address)
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path / "cache"))
    return stand_in


def test_a_model_is_fetched_by_its_name_once(hub: StandIn, bert: tuple[Path, Any]) -> None:
    said: list[str] = []
    with hub.running():
        network = find_network("somebody/bert-tiny", said.append)
        assert said and "fetching somebody/bert-tiny (0." in said[0] and hub.address in said[0]
    assert all("/somebody/bert-tiny" in path for path in hub.asked), "nobody else is told"
    assert not any("pytorch_model" in path for path in hub.asked)
    assert network.source == f"{hub.address}/somebody/bert-tiny" and network.name == "somebody/bert-tiny" and network.licence == "mit"
    assert network.content == network_in(bert[0], "bert", "bert").content
    again = find_network("somebody/bert-tiny", said.append)  # the server is not there any more
    assert again == network and len(said) == 1


def test_a_model_by_name_learns_and_is_replayed_without_a_connection(hub: StandIn, questions: pl.DataFrame, tmp_path: Path) -> None:
    with hub.running():
        report = ll.train(
            questions, target="intent", encoder="somebody/bert-tiny", learners=["named-network"], budget="1m", out=tmp_path / "model"
        )  # fmt: skip
    assert report.learner == "named-network"
    again = ll.train(questions, plan=report.run / "plan.json", out=tmp_path / "again")
    assert again.score == report.score


@pytest.mark.parametrize(
    ("name", "told"), [("somebody/secret", "terms have to be accepted"), ("somebody/bret", "knows no model"), ("bret", "knows no model")]
)
def test_what_the_hub_does_not_give_is_one_screen(hub: StandIn, name: str, told: str, questions: pl.DataFrame, tmp_path: Path) -> None:
    questions.write_csv(tmp_path / "questions.csv")
    code = "import sys; from leadline.cli.main import run; sys.argv = ['leadline', *sys.argv[1:]]; run()"
    words = ["train", "questions.csv", "--target", "intent", "--encoder", name]
    with hub.running():
        done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout
    assert told in " ".join(done.stderr.split()) and "Traceback" not in done.stderr and len(done.stderr.splitlines()) < 15


def test_no_connection_is_said(hub: StandIn) -> None:
    hub.server.server_close()
    with pytest.raises(LeadlineError, match="could not be reached") as caught:
        find_network("somebody/bert-tiny", lambda message: None)
    assert "its folder" in caught.value.try_this
