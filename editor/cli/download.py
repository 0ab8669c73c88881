"""`download`: a published domain, fetched and converted."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from editor.cli.conversion import install
from editor.cli.options import Sub, add_command, add_root, chosen_folders

NAMES = ("ffhq256", "tower256", "bedroom256")


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "download",
        run,
        "Fetch a published domain and make a pack of it; run again to go on.",
    )
    parser.add_argument("name", choices=NAMES, help="of the published domain")
    parser.add_argument("--folder", type=Path, default=None, help="for the files; default: a cache")
    parser.add_argument(
        "--mirror",
        default=None,
        help="address of a folder with the same files, instead of the publisher",
    )
    parser.add_argument("--boundaries", type=Path, help="folder of the published .npy boundaries")
    add_root(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from tqdm import tqdm

    from editor.cli.progress import follow
    from editor.packs.published import fetch_published

    bars: list[Any] = []

    def progress(file: str) -> Any:
        bar = tqdm(desc=file, unit="B", unit_scale=True)
        bars.append(bar)
        return follow(bar)

    try:
        sources = fetch_published(args.name, args.folder, args.mirror, args.boundaries, progress)
    finally:
        for bar in bars:
            bar.close()
    install(sources, *chosen_folders(args))
