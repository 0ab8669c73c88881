"""The page's own components: photo input, crop square, example faces, the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).parent / "assets"

def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")

class PhotoInput(gr.Image):
    """An image input that passes on the uploaded file untouched.

    Gradio's own decodes the file first and fails without a clear message on a damaged one; here
    the editor reads it, with its limits and its errors.
    """

    is_template = True

    def preprocess(self, payload: Any) -> str | None:  # type: ignore[override]
        """The path of the uploaded file."""
        return None if payload is None else payload.path
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class CropSquare(gr.HTML):
    """The photo with a square to drag, resize (corner or wheel) and move by arrow keys.

    Its value is {"src": data URI, "width", "height", "x", "y", "side", "angle"} as in `Crop`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            value=None,
            html_template=_asset("crop.html"),
            js_on_load=_asset("crop.js"),
            apply_default_css=False,
            **kwargs,
        )
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class Picture(gr.HTML):
    """The picture with a before/after divider.

    Its value is {"after": data URI, "before": data URI or None to keep the last, "alt": text}.
    """

    def __init__(self, value: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(
            value=value,
            html_template=_asset("picture.html"),
            js_on_load=_asset("picture.js"),
            apply_default_css=False,
            **kwargs,
        )
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component

class ExampleFaces(gr.HTML):
    """Generated pictures as buttons; a click sets the value's "chosen" and triggers `select`."""

    def __init__(self, sources: list[str], **kwargs: Any) -> None:
        buttons = "".join(
            f'<button type="button" data-index="{i}" aria-label="Try generated picture {i + 1}">'
            f'<img src="{source}" alt="" width="64" height="64"></button>'
            for i, source in enumerate(sources)
        )
        super().__init__(
            value={"chosen": 0},
            html_template=f'<div class="examples">{buttons}</div>',
            js_on_load=_asset("examples.js"),
            apply_default_css=False,
            **kwargs,
        )
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component
