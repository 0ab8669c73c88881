"""`train-aligner`: what finds the domain's object in a photo."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editor.cli.options import (
    Sub,
    add_alignment,
    add_command,
    add_data,
    add_dataclass,
    add_device,
    add_dry_run,
    add_root,
    chosen_alignment,
    chosen_folders,
    data_names,
    from_args,
)

if TYPE_CHECKING:
    from editor.geometry import Alignment


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "train-aligner",
        run,
        "Train what finds the object in a photo; run again to resume.",
    )
    from editor.training.aligner import AlignerTraining

    add_data(parser)
    parser.add_argument(
        "--photos", type=Path, help="zip of whole photos with an alignment.json, used as well"
    )
    add_alignment(
        parser,
        "of the photos' squares; default: as the pack --domain, if there is one, else their quads",
    )
    parser.add_argument("--part", default="train/", help="use photos whose names begin so")
    parser.add_argument(
        "--backgrounds",
        type=Path,
        help="folder or zip of pictures without the object; default: shuffled tiles and noise",
    )
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--domain", default="", help="name of the domain, for the file header")
    add_root(parser)
    parser.add_argument("--licence", default="", help="licence and credits, for the file header")
    parser.add_argument("--width", type=int, default=24, help="channels of the first layer")
    add_dataclass(parser, AlignerTraining)
    add_dry_run(parser)
    add_device(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import torch
    from tqdm import tqdm

    from editor.cli.progress import follow, launch, load_data, load_with_bar
    from editor.models.config import AlignerConfig
    from editor.runtime import use_threads
    from editor.training.aligner import AlignerTraining, train_aligner
    from editor.training.known_photos import (
        PhotoSet,
        load_photos,
        made_backgrounds,
        photos_of_images,
    )
    from editor.training.parallel import ALONE
    from editor.training.run import RunFolder

    use_threads(args.threads)
    options = from_args(args, AlignerTraining)
    alignment = known_alignment(args)
    images = load_data(args, 128)
    photos = photos_of_images(images)
    if args.photos is not None:
        with tqdm(desc="photos", unit="img") as bar:
            more = load_photos(args.photos, args.part, follow(bar), alignment)
        # whole photos last: the held-out part is of them, and they are shown as often as the others
        times = max(1, len(photos) // max(len(more) - options.held_out, 1))
        both = [photos, *[_first(more, len(more) - options.held_out)] * (times - 1), more]
        photos = PhotoSet(
            *(torch.cat([getattr(p, name) for p in both]) for name in ("pixels", "sizes", "truth"))
        )
    if args.backgrounds is None:
        backgrounds = made_backgrounds(images, 4000)
    else:
        backgrounds = load_with_bar(args.backgrounds, 128, {}).pixels
    header: dict[str, Any] = {
        "domain": args.domain or None,
        "licence": args.licence,
        "data": data_names(args),
    }
    if alignment is not None:
        header["alignment"] = alignment.values()

    def train(folder: RunFolder, options: AlignerTraining) -> Iterator[dict[str, Any]]:
        return train_aligner(
            photos, backgrounds, folder, options, AlignerConfig(args.width), header
        )

    launch(train, options, args.out, args.dry_run, ALONE)


def known_alignment(args: argparse.Namespace) -> Alignment | None:
    """Return the alignment as given, else that of the pack of the same name, else None."""
    from editor.packs.info import list_domains, read_info

    chosen = chosen_alignment(args)
    checkpoints, _ = chosen_folders(args)
    if chosen is None and args.domain in list_domains(checkpoints):
        chosen = read_info(args.domain, checkpoints).squares
    return chosen


def _first(photos: Any, count: int) -> Any:
    return type(photos)(photos.pixels[:count], photos.sizes[:count], photos.truth[:count])
