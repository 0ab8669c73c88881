"""Scripts of the page as ES modules, which the page serves itself under `/modules/`.

The script of a component is the `NAME.js` of its name here, with a function `start(handed)`. What it
is handed is what Gradio hands to the script of a component.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
ROUTE = "/modules"
HANDED = ("element", "trigger", "props", "server", "upload", "watch")


def loader(name: str) -> str:
    """Return the script of a component that loads a module and starts it.

    Raises:
        FileNotFoundError: there is no such module.
    """
    if not (FOLDER / f"{name}.js").is_file():
        raise FileNotFoundError(f"there is no module '{name}'")
    handed = ", ".join(f"{each}: typeof {each} === 'undefined' ? null : {each}" for each in HANDED)
    return (
        f"const root = (window.gradio_config || {{}}).root || '';\n"
        f"import(`${{root}}{ROUTE}/{name}.js`).then((module) => module.start({{ {handed} }}));\n"
    )
