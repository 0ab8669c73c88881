"""`discover`: directions that nobody named, drawn, and kept as sliders."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.options import Sub, add_command, add_domain, chosen_folders, open_editor
from editor.errors import OptionError
from editor.file_names import folded

if TYPE_CHECKING:
    from editor.session import Editor
    from editor.sliders.boundary import Boundary


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "discover", run, "Find sliders without labels; draw them, and keep the good ones."
    )
    add_domain(parser)
    parser.add_argument(
        "--method",
        choices=("sefa", "pca"),
        default="sefa",
        help="of the generator's weights, or of sampled codes",
    )
    parser.add_argument("--count", type=int, default=10, help="how many, strongest first")
    parser.add_argument("--layers", default=None, help="such as 0-3; default: all")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--seeds", type=int, nargs="+", default=[4, 9], help="of the pictures")
    parser.add_argument("--stops", type=int, default=7, help="pictures from end to end")
    parser.add_argument(
        "--keep",
        nargs="+",
        action="extend",
        default=[],
        metavar="NUMBER=NAME",
        help="save as sliders of the domain: 3=tilt",
    )
    parser.add_argument("--replace", action="store_true", help="replace sliders of the same name")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from tqdm import tqdm

    from editor.layers import parse_layers
    from editor.media.images import save_image
    from editor.media.sheets import stacked, strip
    from editor.sliders.strip import slider_strip
    from editor.sliders.teach import discover

    keep = _parse_keep(args.keep, args.count)
    editor = open_editor(args)
    layers = parse_layers(args.layers) if args.layers else None
    found = discover(editor.engine, args.method, args.count, layers)
    codes = [editor.sample(seed).wp for seed in args.seeds]
    sheet = []
    for number, slider in enumerate(tqdm(found, unit="direction"), 1):
        rows = [strip(slider_strip(editor.engine, code, slider, args.stops)) for code in codes]
        save_image(stacked(rows), args.out / f"{args.method}_{number:02d}.png")
        sheet.append(rows[0])
        share, (low, high) = slider.info.facts["strength"], slider.info.range
        tqdm.write(f"{number:3d}  strength {share:.2%}  range {low}…{high}")
    save_image(stacked(sheet), args.out / f"{args.method}_sheet.png")
    print(f"{args.out}/{args.method}_sheet.png: one direction a row, in this order")
    _keep(editor, found, keep, args)


def _keep(
    editor: Editor, found: list[Boundary], keep: dict[int, str], args: argparse.Namespace
) -> None:
    from editor.sliders.exchange import save_slider
    from editor.sliders.make import renamed
    from editor.sliders.response import measured

    _, boundaries = chosen_folders(args)
    for number, name in keep.items():
        slider = measured(editor.engine, renamed(found[number - 1], name))
        print(save_slider(editor.engine, slider, boundaries, args.replace))


def _parse_keep(items: list[str], count: int) -> dict[int, str]:
    """Turn ["3=tilt"] into {3: "tilt"}.

    Raises:
        OptionError: not of that form, a number that is not found, or a name that cannot be used or is there twice.
    """
    from editor.sliders.boundary import check_name

    kept: dict[int, str] = {}
    for item in items:
        number, _, name = item.partition("=")
        if not number.isdecimal() or not 1 <= int(number) <= count:
            raise OptionError(f"'{item}' is not of the form NUMBER=NAME with a number of 1…{count}")
        check_name(name)
        if folded(name) in map(folded, kept.values()):
            raise OptionError(f"two directions would be called '{name}'; name them apart")
        kept[int(number)] = name
    return kept
