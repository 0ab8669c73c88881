"""The contracts of imports hold, and fail on what they forbid (import-linter, in pyproject)."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "editor"
LINT = Path(sys.executable).with_name("lint-imports")
FORBIDDEN = {
    "upwards": ("layers.py", "from editor.session import Editor", "Layers of"),
    "by the facade": ("sliders/strip.py", "from editor import Editor", "from editor import"),
    "by the facade, from the top": ("ui/mix.py", "from editor import Editor", "from editor import"),
    "of a sibling": ("cli/edit.py", "from editor.ui.page import build_ui", "Layers of"),
    "of a package that has its place": ("cli/edit.py", "import gradio", "gradio is used in"),
    "sklearn elsewhere": ("editing/mix.py", "from sklearn.svm import SVC", "sklearn is used in"),
    "in a circle": ("sliders/boundary.py", "import editor.sliders.slider_set", "No circles"),
    "of a layer that nobody knows": ("novel.py", "", "novel"),
}


def _linted(root: Path) -> tuple[int, str]:
    """Return the exit status and the words of import-linter in a folder."""
    done = subprocess.run([LINT, "--no-cache"], cwd=root, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_the_contracts_hold() -> None:
    status, said = _linted(PACKAGE.parent)
    assert status == 0, said
    assert "0 broken" in said


@pytest.mark.parametrize(("file", "line", "contract"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_contracts_fail(tmp_path: Path, file: str, line: str, contract: str) -> None:
    only_python = shutil.ignore_patterns("__pycache__", "*.js", "*.css", "*.html")
    shutil.copytree(PACKAGE, tmp_path / "editor", ignore=only_python)
    shutil.copy(PACKAGE.parent / "pyproject.toml", tmp_path)
    changed = tmp_path / "editor" / file
    text = changed.read_text(encoding="utf-8") if changed.exists() else ""
    changed.write_text(f"{text}\n{line}\n", encoding="utf-8")
    status, said = _linted(tmp_path)
    assert status != 0
    assert contract in said


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


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
