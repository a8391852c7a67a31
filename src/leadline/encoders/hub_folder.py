"""What lies in a folder that holds a model of the Hugging Face library: what it reads, its weights, its licence. Nothing in it is run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from leadline.errors import LeadlineError
from leadline.files import sha256_of

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
POOLING = "1_Pooling/config.json"
MODULES = "modules.json"
LARGEST = (1 << 31) - (64 << 20)  # bytes of weights in one ONNX file: 2 GB, less what the graph itself takes
NOT_STATED = "not stated"

_TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model")
_SETTINGS = (CONFIG, PREPROCESSOR, POOLING, MODULES, "sentence_bert_config.json", *_TOKENIZERS, "merges.txt", "special_tokens_map.json")
_LONGEST_ABOVE = 64 << 10  # bytes of a README before its text
_LONGEST = 16 << 20  # bytes of a file of settings


@dataclass(frozen=True)
class Network:
    """A model that the user named. `named` is what he named it by, `source` where it is from, `takes` the column type that it reads.

    `sha256` is that of its weights, `content` of everything that decides what it computes. `why_not` says why it cannot be used after all.
    """

    named: str
    folder: Path
    source: str
    takes: str
    sha256: str
    content: str
    why_not: str = ""

    @property
    def name(self) -> str:
        return self.folder.name if self.named == self.source else self.named

    @property
    def config(self) -> dict[str, Any]:
        return read_settings(self.folder, CONFIG)

    @property
    def licence(self) -> str:
        """As its README states it above its text, between two lines of dashes."""
        try:
            with (self.folder / "README.md").open("rb") as stream:
                text = stream.read(_LONGEST_ABOVE).decode("utf-8", "replace").lstrip()
        except OSError:
            return NOT_STATED
        above, line, _ = text.removeprefix("---").partition("\n---")
        stated = text.startswith("---") and bool(line)
        found = re.search(r"^license:[ \t]*['\"]?([\w.+-]+)", above, re.MULTILINE) if stated else None
        return found[1] if found else NOT_STATED


def network_in(folder: Path, named: str, source: str) -> Network:
    """The model in a folder. Raises LeadlineError where there is none, where it is of a kind that we do not read, or would run code."""
    config = _config(folder)
    if "auto_map" in config:
        saw = f"{named} needs code of its own (auto_map in its config.json), which is not run"
        raise LeadlineError(saw, "a model that the transformers library knows by itself", "name another model")
    weights = weight_files(folder, named)
    hashes = {path.name: _hash_of(path, path.stat().st_mtime_ns, path.stat().st_size) for path in weights}
    settings = {name: sha256_of(folder / name) for name in _SETTINGS if (folder / name).is_file()}
    return Network(named, folder, source, _takes(folder, config, named), _together(hashes), _together({**hashes, **settings}))


def weight_files(folder: Path, named: str) -> list[Path]:
    """Its safetensors. Raises LeadlineError where there are none, or more than an ONNX file holds."""
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        saw = f"{named} has no weights that can be read without running code"
        expected = "a file *.safetensors: pytorch_model.bin would have to be unpickled, which can run code"
        raise LeadlineError(saw, expected, "convert it to safetensors: model.save_pretrained(FOLDER) of the transformers library")
    require_size(sum(path.stat().st_size for path in weights), named)
    return weights


def require_size(num_bytes: int, named: str) -> None:
    """Raises LeadlineError where so many bytes of weights do not fit into an ONNX file."""
    if num_bytes > LARGEST:
        saw = f"{named} has {num_bytes / 1e9:.1f} GB of weights"
        raise LeadlineError(saw, "under 2 GB, all that one ONNX file holds", "name a smaller model")


def read_settings(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file of settings; empty where there is none. Raises LeadlineError where it is damaged."""
    path = folder / name
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError("it is too large for settings")
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise LeadlineError(f"{path} is damaged: {error}", "settings in JSON", "fetch the model again") from None
    return value if isinstance(value, dict) else {}


def _config(folder: Path) -> dict[str, Any]:
    if not (folder / CONFIG).is_file():
        saw, expected = f"{folder} has no {CONFIG}", f"the folder of a model of the transformers library: {CONFIG} and *.safetensors"
        raise LeadlineError(saw, expected, "name the folder that model.save_pretrained wrote, or a model of huggingface.co")
    config = read_settings(folder, CONFIG)
    if not isinstance(config.get("model_type"), str):
        raise LeadlineError(f"{folder / CONFIG} does not say what model it is of", "a model_type in it", "fetch the model again")
    return config


def _takes(folder: Path, config: Mapping[str, Any], named: str) -> str:
    """The column type that a model reads."""
    prepares = read_settings(folder, PREPROCESSOR)
    sounds = "sampling_rate" in prepares
    texts = any((folder / name).is_file() for name in _TOKENIZERS)
    pictures = bool(prepares) or "image_size" in config or "num_channels" in config
    if "vision_config" in config or "text_config" in config or (texts and pictures and not sounds):
        saw = f"{named} is one of the models of pictures and texts together, which are not read yet"
        raise LeadlineError(saw, "a model of pictures or of texts", "name its image half")
    if sounds or texts == pictures:
        what = "of sounds" if sounds else "neither of texts (it has no tokenizer) nor of pictures (it has no preprocessor_config.json)"
        raise LeadlineError(f"{named} is a model {what}", "a model of pictures or of texts", "name another model")
    return "text" if texts else "image"


def _together(hashes: Mapping[str, str]) -> str:
    """One hash of several files; of a single file its own, which can be compared with the published one."""
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=16)
def _hash_of(path: Path, changed: int, size: int) -> str:
    return sha256_of(path)
