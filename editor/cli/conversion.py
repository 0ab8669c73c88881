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

    from editor.defaults import UNSAID
    from editor.packs.convert.run import convert_files
    from editor.packs.info import CHECKPOINTS, NO_ENCODER, read_info

    with tqdm(unit="step") as bar:
        for what, done, total in convert_files(sources, checkpoints, boundaries):
            bar.total = total
            bar.set_description(what)
            bar.update(done - bar.n)
    elsewhere = "" if checkpoints == CHECKPOINTS else f" --root {checkpoints.parent}"
    if not read_info(sources.name, checkpoints).has_encoder:
        folder = checkpoints / sources.name
        print(f"{NO_ENCODER} Give it one: python -m editor train-encoder --generator {folder} …")
    if sources.licence == UNSAID:
        print("its weights' licence is not said; give --licence as their publisher words it")
    print(f"done: python app.py --domain {sources.name}{elsewhere}")
