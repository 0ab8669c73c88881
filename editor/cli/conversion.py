"""Published files made into a pack, with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from editor.packs.convert.run import Sources


def install(sources: Sources, checkpoints: Path, boundaries: Path) -> None:
    """Convert published files. Then say how the pack is opened.

    Args:
        sources: the files, and what the pack says of itself.
        checkpoints: folder of packs.
        boundaries: folder of boundary folders.

    Raises:
        EditorError: a file cannot be used; nothing was written.
    """
    from tqdm import tqdm

    from editor.packs.convert.run import convert_idinvert
    from editor.packs.info import CHECKPOINTS

    with tqdm(unit="step") as bar:
        for what, done, total in convert_idinvert(sources, checkpoints, boundaries):
            bar.total = total
            bar.set_description(what)
            bar.update(done - bar.n)
    elsewhere = "" if checkpoints == CHECKPOINTS else f" --root {checkpoints.parent}"
    print(f"done: python app.py --domain {sources.name}{elsewhere}")
