"""Reading an artefact back: schema and sizes first, then hashes, then the parts. Needs nothing that trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from leadline.artifact.manifest import Manifest, PartEntry, damaged, read_manifest
from leadline.errors import LeadlineError
from leadline.files import sha256_of
from leadline.parts import Graph, Node
from leadline.registry import PARTS

_LARGEST_FILE = 20 << 30  # bytes; what is larger would fill the memory before anything about it is known


def load_graph(folder: Path) -> tuple[Manifest, Graph]:
    """The manifest and the graph, ready to run. Raises LeadlineError when anything differs from what was written."""
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    nodes, beside = (tuple(_load_node(folder, entry) for entry in entries) for entries in (manifest.parts, manifest.beside))
    return manifest, Graph(nodes, beside)


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name, expected in manifest.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise damaged(folder, f"{name} is missing")
        if path.stat().st_size != expected.get("bytes"):
            raise damaged(folder, f"{name} has {path.stat().st_size:,} bytes instead of {expected.get('bytes'):,}")
        if path.stat().st_size > _LARGEST_FILE:
            raise LeadlineError(f"{path} has {path.stat().st_size:,} bytes", f"at most {_LARGEST_FILE >> 30} GB in one file of a model")
    for name, expected in manifest.files.items():
        if sha256_of(folder / name) != expected.get("sha256"):
            raise damaged(folder, f"{name} is not what was written (its SHA-256 differs)")


def _load_node(folder: Path, entry: PartEntry) -> Node:
    files = {name: folder / path for name, path in entry.files.items()}
    arrays = _read_arrays(folder / entry.arrays) if entry.arrays else {}
    try:
        part: Any = PARTS.get(entry.kind).load(entry.config, arrays, files)
    except LeadlineError:
        raise
    except Exception as error:  # a hostile or damaged part may fail anywhere inside a reader of ours or ONNX Runtime's
        raise damaged(folder, f'part "{entry.name}" cannot be loaded ({type(error).__name__}: {str(error)[:200]})') from error
    return Node(entry.name, part, tuple(entry.inputs))


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise damaged(path.parent.parent, f"{path.name} is not a safetensors file ({error})") from None
