"""The house rules that a reader relies on: imports point one way, heavy packages stay away from start-up and from predicting."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import leadline

ROOT = Path(leadline.__file__).parent
ORDER = (
    {"errors", "files", "values", "parts", "progress"}, {"machine", "onnx_runtime", "findings", "registry", "reports"}, {"columns"},
    {"data"}, {"encoders", "tasks", "heads"}, {"evaluate"}, {"training"}, {"learners"}, {"check"}, {"plan"}, {"artifact"},
    {"explain", "export", "serve", "monitor"}, {"workflow"}, {"studio", "cli", "sklearn"},
)  # fmt: skip
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
BLOCKED = ("torch", "transformers", "huggingface_hub", "sklearn", "scipy", "pandas", "lightgbm", "openvino", "pyarrow", "onnx")


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("leadline."):
            yield node.lineno, node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.split(".")[1]) for name in node.names if name.name.startswith("leadline."))


def test_imports_point_one_way() -> None:
    offending = []
    for path in ROOT.rglob("*.py"):
        here = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        assert here in LEVEL, f"{here} has no place in the order"
        for line, there in own_imports(path):
            if there != here and LEVEL[there] > LEVEL[here]:
                offending.append(f"{path.relative_to(ROOT)}:{line}: {here} imports {there}, which is above it")
    assert not offending, "\n".join(offending)


def test_the_runtime_side_imports_no_training_package() -> None:
    runtime = ["leadline.artifact.model", "leadline.encoders.efficientnet", "leadline.encoders.minilm", "leadline.encoders.ngrams"]
    runtime += ["leadline.encoders.static", "leadline.encoders.hub_text", "leadline.encoders.hub_image"]
    runtime += [
        "leadline.encoders.tabular",
        "leadline.heads.linear",
        "leadline.heads.trees",
        "leadline.data.read",
        "leadline.cli.predict",
        "leadline.tasks.classify",
    ]
    code = f"import sys\nfor name in {BLOCKED!r}: sys.modules[name] = None\n" + "\n".join(f"import {name}" for name in runtime)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_and_import_load_nothing_heavy() -> None:
    heavy = (*BLOCKED, "numpy", "polars", "onnxruntime")
    code = f"import sys, leadline, leadline.cli.main\nprint([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert found == "[]"


def test_packages_that_report_home_are_imported_in_one_place_each_behind_their_block() -> None:
    allowed = {"onnxruntime": {"onnx_runtime.py"}, "openvino": {"encoders/engine.py"}}
    allowed |= {"huggingface_hub": {"encoders/hub_download.py"}, "transformers": {"encoders/hub_network.py"}}
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for package in {name.partition(".")[0] for name in names} & set(allowed):
                assert path.relative_to(ROOT).as_posix() in allowed[package], f"{path} imports {package}"
