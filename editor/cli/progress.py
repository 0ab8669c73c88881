"""Progress bars of the training commands."""

from __future__ import annotations

from argparse import Namespace
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from editor.cli.options import parse_pairs
from editor.data.image_set import ImageSet, check_weights, join_images, load_images
from editor.errors import OptionError
from editor.training.parallel import Ranks
from editor.training.run import RunFolder

DRY_STEPS = 4


def load_with_bar(source: Path, resolution: int, exclude: dict[str, float]) -> ImageSet:
    """Read images with a progress bar."""
    with tqdm(desc="reading", unit="img") as bar:
        return load_images(source, resolution, exclude, progress=follow(bar))


def load_data(args: Namespace, resolution: int) -> ImageSet:
    """Read the sets of `--data` as one, weighted by `--data-weight`, without what `--exclude` names.

    Raises:
        OptionError: an exclusion is not of the form NAME=BOUND, or the weights do not fit the sets.
        TrainingError: a set cannot be read.
    """
    exclude = parse_pairs(args.exclude, "NAME=BOUND")
    check_weights(args.data_weight, len(args.data))
    sets = [load_with_bar(source, resolution, exclude) for source in args.data]
    return join_images(sets, args.data_weight)


def follow(bar: Any) -> Callable[[int, int], None]:
    """Return a function of (done, total) that moves a bar. A total of 0 means that it is not known."""

    def progress(done: int, total: int) -> None:
        bar.total = total or None
        bar.update(done - bar.n)

    return progress


def follow_parts(bar: Any) -> Callable[[str, int, int], None]:
    """Return a function of (part, done, total) that moves a bar. The bar begins anew with each part."""

    def progress(part: str, done: int, total: int) -> None:
        if part != bar.desc.removesuffix(": "):
            bar.reset(total)
            bar.set_description(part)
        bar.update(done - bar.n)

    return progress


Training = Callable[[RunFolder, Any], Iterator[dict[str, Any]]]


def launch(train: Training, options: Any, out: Path, dry: bool, ranks: Ranks) -> None:
    """Run a training with a progress bar, or a dry run of it.

    Raises:
        OptionError: a dry run by several processes.
    """
    if not dry:
        show(train(RunFolder(out), options), options.kimg, out, quiet=not ranks.main)
    elif ranks.world > 1:
        raise OptionError("a dry run is made by one process, without torchrun")
    else:
        dry_run(train, options, out)


def dry_run(train: Training, options: Any, out: Path) -> None:
    """Make a few updates in a temporary folder. Print what the whole training would cost.

    Args:
        train: a training, given its run folder and options.
        options: of the whole training.
        out: where it would write; left as it is.
    """
    length = DRY_STEPS * options.batch / 1000
    short = replace(options, kimg=length, tick_kimg=length, snapshot_kimg=length)
    with TemporaryDirectory() as folder:
        record = deque(train(RunFolder(Path(folder)), short), maxlen=1).pop()
    hours = record["seconds_per_kimg"] * options.kimg / 3600
    losses = ", ".join(f"{k} {v:.3g}" for k, v in record.items() if k.startswith("loss"))
    print(
        f"{DRY_STEPS} updates of {options.batch} images: {losses}; "
        f"{record['seconds_per_kimg']:.1f} s a kimg, about {hours:.1f} h for {options.kimg:g} kimg "
        f"(the first updates are the slowest). Nothing was written to {out}."
    )


def show(records: Iterator[dict[str, Any]], kimg: float, out: Path, quiet: bool = False) -> None:
    """Draw the records of a training. Print at the end where it stands."""
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
