"""From a model of the Hugging Face library to an ONNX file, once per machine and kept by content.

`transformers` is imported here and nowhere else: it reads safetensors of a folder, runs no code from there and asks no server.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leadline.encoders.contract import GRAPH_VERSION, NETWORK
from leadline.encoders.engine import REFERENCE, Arrays, open_engine
from leadline.encoders.hub_download import QUIET, offline
from leadline.encoders.hub_folder import MODULES, POOLING, Network, read_settings, require_size
from leadline.encoders.text_network import TOKENIZER, read_tokenizer
from leadline.errors import LeadlineError, need_extra
from leadline.files import folder_written_whole, write_json
from leadline.machine import cache_folder

FACTS = "facts.json"
OPSET = 17
_MOST_APART = 1e-3  # of the largest number in the vectors
_POOLER = "pooler"  # how the library calls the last step, from places to one vector
_POOLINGS = {"pooling_mode_mean_tokens", "pooling_mode_cls_token"}
_MODULES = {"Transformer", "Pooling", "Normalize"}
_LARGEST_NUMBER = 6e4  # the store keeps float16, which ends at 65,504


def converted_folder(network: Network) -> Path:
    """Where the ONNX file of a network, and the tokenizer of one of texts, are kept."""
    return cache_folder() / "encoders" / f"hub-{network.takes}-{network.content[:16]}-{GRAPH_VERSION}"


def is_converted(network: Network) -> bool:
    return (converted_folder(network) / FACTS).is_file()


def dimension_of(network: Network, sample: Arrays) -> int:
    """Width of its vectors. Converts it where that has not been done; `sample` is an ordinary batch of its inputs.

    Raises:
        LeadlineError: it does not convert, or what came of it answers otherwise.
    """
    folder = converted_folder(network)
    if not is_converted(network):
        with folder_written_whole(folder) as building:
            _convert(network, building, sample)
    return int(json.loads((folder / FACTS).read_text(encoding="utf-8"))["dimension"])


def _convert(network: Network, folder: Path, sample: Arrays) -> None:
    with _quiet():
        transformers, module = _loaded(network)
        if network.takes == "text":
            _write_tokenizer(network, transformers, folder / TOKENIZER, module)
        try:
            expected = _export(module, sample, folder / NETWORK)
        except LeadlineError:
            raise
        except Exception as error:  # torch raises whatever it meets on its way through somebody's network
            raise _does_not_convert(network, f"{type(error).__name__}: {str(error).strip()[:200]}") from error
    try:
        found = open_engine(folder / NETWORK, REFERENCE)(sample)
    except Exception as error:
        raise _does_not_convert(network, str(error)[:200]) from error
    if {path.name for path in folder.iterdir()} - {NETWORK, TOKENIZER}:
        raise _does_not_convert(network, "its weights do not fit into one file")
    _require_equal(network, expected, found)
    write_json(folder / FACTS, {"dimension": int(found.shape[1]), "source": network.source})


def _loaded(network: Network) -> tuple[Any, Any]:
    """The package, and the network as a module from our inputs to vectors."""
    try:
        os.environ.update(QUIET)
        import torch
        import transformers
    except ImportError as error:
        raise need_extra("transformers", "a network by name") from error
    try:
        with offline():
            model, told = transformers.AutoModel.from_pretrained(
                network.folder, use_safetensors=True, trust_remote_code=False, local_files_only=True, attn_implementation="eager",
                dtype=torch.float32, output_loading_info=True,
            )  # fmt: skip
    except Exception as error:  # the package raises ValueError, OSError, KeyError, RuntimeError, safetensors its own
        saw = f"{network.name} cannot be read: {str(error).strip()[:200]}"
        raise LeadlineError(saw, "a model that the transformers library knows") from error
    require_size(sum(4 * weight.numel() for weight in model.parameters()), network.name)
    made_up = [name for name in told["missing_keys"] if "mask_token" not in name]  # by the package, at random
    whole = not any(_POOLER in name for name in made_up)
    if rest := sorted(name for name in made_up if _POOLER not in name):
        saw = f"{network.name} does not hold all of its weights: {rest[0]} and {len(rest) - 1} more are missing"
        raise LeadlineError(saw, "all weights of the network", "fetch the model again, or name another one")
    model.eval()
    return transformers, _text_module(network, model) if network.takes == "text" else _picture_module(model, whole)


def _text_module(network: Network, model: Any) -> Any:
    """Token numbers and mask -> vectors: the mean over tokens, or the first one's where its settings say so."""
    import torch

    pooling = read_settings(network.folder, POOLING)
    _require_known(network, pooling)
    first = bool(pooling.get("pooling_mode_cls_token")) or pooling.get("pooling_mode") == "cls"
    normal, last = _normalises(network.folder), model.get_input_embeddings().weight.shape[0] - 1

    class Texts(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            # Tokenizers add tokens such as [MASK] to a vocabulary without them; a text with that word must not end the work.
            input_ids = input_ids.clamp(max=last)
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            vectors = states[:, 0] if first else (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)
            return vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-12) if normal else vectors

    return Texts().eval()


def _picture_module(model: Any, has_pooler: bool) -> Any:
    """Pictures -> vectors: what the model itself makes of a picture as a whole, else the mean over its places.

    Networks that were trained to classify are often published without the weights of that last step.
    """
    import torch

    class Pictures(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pictures: Any) -> Any:
            output = self.model(pictures)
            whole = getattr(output, "pooler_output", None) if has_pooler else None
            if whole is not None:
                return whole.flatten(1)
            states = output.last_hidden_state
            return states.mean(1) if states.dim() == 3 else states.mean((2, 3))

    return Pictures().eval()


def _require_known(network: Network, pooling: Mapping[str, Any]) -> None:
    """Raises LeadlineError where a text becomes a vector in a way that we do not follow."""
    asked = [name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True]
    modules = {str(kind).rpartition(".")[2] for kind in _modules(network.folder)}
    strange = [*(set(asked) - _POOLINGS), *(modules - _MODULES)]
    if strange or pooling.get("pooling_mode", "mean") not in ("mean", "cls"):
        what = ", ".join(sorted(strange)) or str(pooling["pooling_mode"])
        raise LeadlineError(f"{network.name} makes its vectors by {what}, which is not done yet", "a mean over tokens, or the first one")


def _modules(folder: Path) -> list[str]:
    """Kinds of the steps that its settings for sentences name."""
    try:
        steps = json.loads((folder / MODULES).read_text(encoding="utf-8"))
        return [str(step.get("type", "")) for step in steps]
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def _normalises(folder: Path) -> bool:
    return any(kind.endswith("Normalize") for kind in _modules(folder))


def _write_tokenizer(network: Network, transformers: Any, path: Path, module: Any) -> None:
    """The tokenizer of the folder; one written for Python alone is translated."""
    if (network.folder / TOKENIZER).is_file():
        path.write_bytes((network.folder / TOKENIZER).read_bytes())
    else:
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(network.folder, trust_remote_code=False, local_files_only=True)
            tokenizer.backend_tokenizer.save(str(path))
        except Exception as error:  # each tokenizer has its own way to fail
            saw = f"the tokenizer of {network.name} cannot be read: {str(error).strip()[:200]}"
            raise LeadlineError(saw, f"a file {TOKENIZER}", "save it with tokenizer.save_pretrained of the transformers library") from error
    known = max(read_tokenizer(path).get_vocab(with_added_tokens=False).values(), default=0)
    rows = module.model.get_input_embeddings().weight.shape[0]
    if known >= rows:
        saw = f"the tokenizer of {network.name} has {known + 1:,} tokens and its network {rows:,}"
        raise LeadlineError(saw, "the tokenizer of this network")


def _export(module: Any, sample: Arrays, path: Path) -> np.ndarray:
    """Writes the ONNX file and gives what torch computes for the sample."""
    import torch

    inputs = {name: torch.from_numpy(array) for name, array in sample.items()}
    # Written with other sizes than it is tried with, so that a size that was taken for fixed shows.
    small = {name: tensor[:1, :8] if tensor.dim() == 2 else tensor[:1] for name, tensor in inputs.items()}
    sizes = {0: "rows", 1: "tokens"} if "input_ids" in sample else {0: "rows"}
    with torch.no_grad():
        expected: np.ndarray = module(*inputs.values()).numpy()
        torch.onnx.export(
            module, tuple(small.values()), str(path), input_names=list(inputs), output_names=["vectors"],
            dynamic_axes={**dict.fromkeys(inputs, sizes), "vectors": {0: "rows"}}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    return expected


def _require_equal(network: Network, expected: np.ndarray, found: np.ndarray) -> None:
    if found.shape != expected.shape or found.ndim != 2:
        raise _does_not_convert(network, f"its vectors come out as {found.shape}")
    largest = float(np.abs(expected).max(initial=0.0))
    if not np.isfinite(expected).all() or largest > _LARGEST_NUMBER:
        raise _does_not_convert(network, "its vectors hold numbers too large to keep")
    apart = float(np.abs(found - expected).max(initial=0.0)) / max(largest, 1e-12)
    if not apart <= _MOST_APART:
        raise _does_not_convert(network, f"what came of it differs by {apart:.1%}")


def _does_not_convert(network: Network, why: str) -> LeadlineError:
    return LeadlineError(f"{network.name} does not convert to ONNX ({why})", "a network of a common kind", "name another model")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings and bars of torch and transformers, which are for who writes such networks."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
