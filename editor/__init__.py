"""In-domain GAN inversion and editing.

`editor = Editor.open("faces128")`,
`editor.save(editor.invert("photo.jpg").move(smile=2.0), "smiling.png")`
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from editor.defaults import DEFAULT_DOMAIN, VERSION

if sys.platform == "darwin":  # torch reads it when it is loaded: what Apple GPUs lack, the CPU does
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

__version__ = VERSION
__all__ = [
    "DEFAULT_DOMAIN",
    "Crop",
    "Domains",
    "Edit",
    "Editor",
    "InversionOptions",
    "Weights",
    "__version__",
]

_HOME = {
    "Crop": "editor.photo.crop",
    "Edit": "editor.editing.edit",
    "Editor": "editor.session",
    "InversionOptions": "editor.inversion.loop",
    "Domains": "editor.domains",
    "Weights": "editor.inversion.objective",
}

if TYPE_CHECKING:
    from editor.domains import Domains
    from editor.editing.edit import Edit
    from editor.inversion.loop import InversionOptions
    from editor.inversion.objective import Weights
    from editor.photo.crop import Crop
    from editor.session import Editor


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that `import editor` is quick."""
    if name in _HOME:
        from importlib import import_module

        from editor.prerequisites import old_python

        if said := old_python():
            raise ImportError(said)
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'editor' has no attribute '{name}'")
