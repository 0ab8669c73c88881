"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "editor"
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 60

# what may be longer, and why; an entry that is no longer needed fails
EXCEPTIONS = {
    "cli/train_encoder.py run": "one call, with a network for each of the losses that can be chosen",
    "session.py": "the facade: a method for each thing that a person does, half of it docstrings",
}


def _too_long() -> dict[str, int]:
    """Return how many lines each file and function has that is too long."""
    found: dict[str, int] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name, text = path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")
        if (lines := len(text.splitlines())) > MOST_LINES:
            found[name] = lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.lineno + 1
                if lines > MOST_LINES_OF_A_FUNCTION:
                    found[f"{name} {node.name}"] = lines
    return found


def test_nothing_is_too_long() -> None:
    assert {name: lines for name, lines in _too_long().items() if name not in EXCEPTIONS} == {}


def test_every_exception_is_needed() -> None:
    assert [name for name in EXCEPTIONS if name not in _too_long()] == []
    assert list(EXCEPTIONS) == sorted(EXCEPTIONS)
