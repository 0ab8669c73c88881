"""Scripts of the page that are no component's; each file is one function, as Gradio calls it."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """Return the text of a script, by its name without ending."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
