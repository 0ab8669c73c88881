"""Progress bars of the training commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from editor.training.data import ImageSet, load_images


def load_with_bar(source: Path, resolution: int, exclude: dict[str, float]) -> ImageSet:
    """Read images with a progress bar."""
    with tqdm(desc="reading", unit="img") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return load_images(source, resolution, exclude, progress=progress)


def show(records: Iterator[dict[str, Any]], kimg: float, out: Path, quiet: bool = False) -> None:
    """Draw the records of a training, and say at the end where it stands."""
    last = 0.0
    with tqdm(
        total=kimg,
        unit="kimg",
        disable=quiet,
        bar_format="{l_bar}{bar}| {n:.1f}/{total:.0f} kimg{postfix}",
    ) as bar:
        for record in records:
            last = record["kimg"]
            bar.update(last - bar.n)
            shown = {
                key: f"{value:.3g}"
                for key, value in record.items()
                if key.startswith(("loss", "val")) or key == "images_per_s"
            }
            bar.set_postfix(shown)
    if quiet:
        return
    if last == 0.0:
        print(f"nothing left to do: {out} has reached {kimg:g} kimg; raise --kimg to go on")
    elif last < kimg:
        print(f"stopped at {last:.1f} kimg; run the same command again to resume ({out})")
    else:
        print(f"done: {out}")
