"""Writing an artefact: arrays as safetensors, networks and trees as ONNX, everything else as JSON. Nothing that can run code."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from leadline.artifact.manifest import MANIFEST, Manifest, PartEntry
from leadline.files import folder_written_whole, sha256_of, write_json
from leadline.parts import Graph, Node


def save(folder: Path, graph: Graph, manifest: Manifest, extra: Mapping[str, bytes] | None = None) -> Manifest:
    """Writes the folder whole or not at all; `extra` are further files (card, reference). Returns the manifest with parts and hashes."""
    with folder_written_whole(folder) as building:
        (building / "parts").mkdir()
        parts = [_write_part(building, number, node) for number, node in enumerate((*graph.nodes, *graph.beside))]
        mine = len(graph.nodes)
        return _seal(building, replace(manifest, parts=parts[:mine], beside=parts[mine:]), extra or {})


def rescored(folder: Path, manifest: Manifest, extra: Mapping[str, bytes]) -> Manifest:
    """The same artefact with scores measured after it was first written, and the extra files that quote them."""
    with folder_written_whole(folder) as building:
        shutil.copytree(folder / "parts", building / "parts")
        return _seal(building, manifest, extra)


def _seal(folder: Path, manifest: Manifest, extra: Mapping[str, bytes]) -> Manifest:
    """The further files, then the manifest with the hashes of all."""
    for name, content in extra.items():
        (folder / name).write_bytes(content)
    manifest = replace(manifest, files=_hashes(folder))
    write_json(folder / MANIFEST, manifest.to_json())
    return manifest


def _write_part(folder: Path, number: int, node: Node) -> PartEntry:
    stem = f"parts/{number}-{node.part.kind}"
    arrays = node.part.arrays()
    if arrays:
        _write_arrays(folder / f"{stem}.safetensors", arrays)
    files = {name: f"{stem}.{name}" for name in node.part.files()}
    for name, content in node.part.files().items():
        if isinstance(content, Path):
            shutil.copyfile(content, folder / files[name])
        else:
            (folder / files[name]).write_bytes(content)
    return PartEntry(node.name, node.part.kind, list(node.inputs), node.part.config(), f"{stem}.safetensors" if arrays else None, files)


def _write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    from safetensors.numpy import save as to_bytes

    path.write_bytes(to_bytes({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def _hashes(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): {"sha256": sha256_of(path), "bytes": path.stat().st_size} for path in paths}
