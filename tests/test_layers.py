"""The import rules of the architecture, read off the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "editor"
LAYER = {
    "errors": 0, "files": 0, "runtime": 0, "geometry": 0, "arrays": 0, "zips": 0, "layers": 0,
    "media": 1, "models": 1,
    "packs": 2, "data": 2, "photo": 2,
    "metrics": 3, "inversion": 3,
    "training": 4, "engine": 4, "sliders": 6, "editing": 6,
    "session": 6, "domains": 6, "evaluation": 6, "project": 6, "benchmark": 6,
    "cli": 7, "ui": 7,
}  # fmt: skip
SIBLINGS_APART = {3, 4, 7}
OWNERS = {
    "gradio": {"ui"},
    "sklearn": {"sliders", "metrics"},
    "safetensors": {"packs"},
    "lpips": {"packs"},
    "torchvision": {"packs"},
    "av": {"media"},
    "cv2": {"photo"},
    "matplotlib": {"evaluation"},
    "dlib": {"metrics"},
}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if _part(p) not in ("__init__", "__main__")]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_only_lower_layers(path: Path) -> None:
    own = _part(path)
    assert own in LAYER, f"{own} has no layer; add it to the architecture"
    for name in _imports(path):
        if not name.startswith("editor."):
            continue
        other = name.split(".")[1]
        if other == own:
            continue
        assert LAYER[other] <= LAYER[own], f"{path.name} (layer {LAYER[own]}) imports {name}"
        if LAYER[own] in SIBLINGS_APART:
            assert LAYER[other] < LAYER[own], f"{path.name} imports its sibling {name}"


@pytest.mark.parametrize("package", OWNERS)
def test_one_owner_for_each_dependency(package: str) -> None:
    users = {_part(p) for p in MODULES if any(i.split(".")[0] == package for i in _imports(p))}
    assert users <= OWNERS[package]


def test_import_is_light() -> None:
    code = (
        "import sys, editor; print([m for m in ('gradio', 'sklearn', 'torch') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_app_is_short_and_does_nothing_at_import() -> None:
    app = PACKAGE.parent / "app.py"
    tree = ast.parse(app.read_text(encoding="utf-8"))
    assert len(app.read_text().splitlines()) < 60
    assert "torch" not in {name.split(".")[0] for name in _imports(app)}
    allowed = (ast.Expr, ast.Assign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.If)
    assert all(isinstance(node, allowed) for node in tree.body)


def test_the_page_is_imported_without_writing_files() -> None:
    before = {p for p in PACKAGE.rglob("*") if "__pycache__" not in p.parts}
    subprocess.run([sys.executable, "-c", "import editor.ui.page"], check=True)
    assert {p for p in PACKAGE.rglob("*") if "__pycache__" not in p.parts} == before
