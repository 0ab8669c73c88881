"""`show`: grids of a pack, for its card: samples, reconstructions and slider strips of generated pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import Sub, add_command, add_domain, open_editor


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "show",
        run,
        "Draw samples.jpg, inversions.jpg and sliders.jpg of a domain, for its card.",
    )
    add_domain(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 9], help="of the strips")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.evaluation.samples import reconstruction_grid, sample_grid, slider_strips
    from editor.media.sheets import save_sheet

    editor = open_editor(args)
    args.out.mkdir(parents=True, exist_ok=True)
    save_sheet(sample_grid(editor, list(range(64))).cpu(), args.out / "samples.jpg")
    recon = reconstruction_grid(editor, list(range(100, 112))).cpu()
    save_sheet(recon, args.out / "inversions.jpg", columns=12)
    stops = 7
    strips = slider_strips(editor, args.seeds, stops).cpu()
    save_sheet(strips, args.out / "sliders.jpg", columns=stops * len(args.seeds))
    names = ", ".join(info.title for info in editor.sliders)
    print(f"{args.out}: samples.jpg, inversions.jpg, sliders.jpg (rows: {names})")
