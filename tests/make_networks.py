"""Tiny models of the Hugging Face library with random weights, and a stand-in for its hub."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

_WORDS = "the a my card was lost block please rate exchange money euro days ago what is for how exchanged number depth of water"
WORDS = _WORDS.split(" ")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
README = "---\nlanguage: en\nlicense: mit\n---\n\n# A model\n"


def save_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    numbers = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))


def save_network(kind: str, folder: Path, **settings: Any) -> Any:
    """Saves a model (BERT, ViT, ...) with what belongs to it, and gives it as torch has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        import transformers

        torch.manual_seed(0)
        model = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**{**SETTINGS[kind], **settings})).eval()
        model.save_pretrained(folder)
    (folder / "README.md").write_text(README)
    if "vocab_size" in SETTINGS[kind]:
        save_tokenizer(folder)
    else:
        (folder / "preprocessor_config.json").write_text(json.dumps(PREPARING))
    return model


_VOCABULARY = len(SPECIAL) + len(WORDS)
_SMALL = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 64}
SETTINGS: dict[str, dict[str, Any]] = {
    "Bert": {"vocab_size": _VOCABULARY, "max_position_embeddings": 64, **_SMALL},
    "Roberta": {"vocab_size": _VOCABULARY, "max_position_embeddings": 34, "pad_token_id": 1, **_SMALL},
    "DistilBert": {"vocab_size": _VOCABULARY, "max_position_embeddings": 64, "dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "T5": {"vocab_size": _VOCABULARY, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2},
    "ViT": {"image_size": 32, "patch_size": 8, **_SMALL},
    "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "Dinov2": {"image_size": 28, "patch_size": 14, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
}
PREPARING = {"size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 2, "do_normalize": True}


class StandIn:
    """A hub on this machine: `models` maps a name to its folder; `asked` are the paths that were asked for."""

    def __init__(self, models: dict[str, Path], gated: tuple[str, ...] = ()) -> None:
        self.models, self.gated, self.asked = models, gated, list[str]()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content."""
        self.asked.append(path)
        path = path.partition("?")[0]
        name = "/".join(path.removeprefix("/api/models").split("/")[1:3])
        if name in self.gated:
            return 401, {"X-Error-Code": "GatedRepo"}, b"{}"
        if name not in self.models:
            return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"
        files = {str(file.relative_to(self.models[name])): file for file in self.models[name].rglob("*") if file.is_file()}
        if "/resolve/" in path:
            content = files[path.split(f"/resolve/{COMMIT}/")[1]].read_bytes()
            return 200, {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}, content
        listed = [{"type": "file", "path": name, "size": file.stat().st_size, "oid": "0" * 40} for name, file in files.items()]
        whole = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
        return 200, {"Content-Type": "application/json"}, json.dumps(listed if "/tree/" in path else whole).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, content = hub.answer(self.path)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_HEAD = do_GET  # noqa: N815 - the names that the base class looks for

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()
