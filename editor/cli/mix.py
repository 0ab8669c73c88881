"""`mix`: the style of photos on the content of others, many by many."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.batch import check_kept
from editor.cli.foreign_codes import add_code, check_code, opened_codes
from editor.cli.options import Sub, add_command, open_editor, parse_pairs
from editor.cli.photo_job import add_photo_options, inversion_job
from editor.cli.photos import find_photos, open_edits, warn_painted
from editor.cli.result_names import result_names
from editor.errors import OptionError
from editor.file_names import folded

if TYPE_CHECKING:
    from PIL import Image

    from editor.editing.edit import Edit
    from editor.session import Editor

GRID = "grid.png"
MAX_CELLS = 2500


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "mix",
        run,
        "Mix photos: every content takes chosen layers (by default the colour) of every style.",
    )
    for name, text in (("content", "what is changed"), ("style", "what layers are taken from")):
        parser.add_argument(
            f"--{name}",
            type=Path,
            nargs="+",
            required=True,
            help=f"{text}: photos, folders, or codes (.npz, .npy, .pt)",
        )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help=f"a picture: the grid; a folder: {GRID} and each mixture, named CONTENT--STYLE.png",
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--strength",
        nargs="+",
        default=None,
        metavar="GROUP=0…1",
        help="of 'pose and shape', 'features', 'colour', or layers: colour=1 3-5=0.4; default: colour=1",
    )
    chosen.add_argument("--layers", default=None, help="take these layers wholly: 4-9 or 2,6-9")
    parser.add_argument(
        "--codes", action="store_true", help="also save each mixture's code, CONTENT--STYLE.npz"
    )
    add_code(parser)
    add_photo_options(parser, redo=False)


def run(args: argparse.Namespace) -> None:
    """Run the command. Refuse what can be refused before anything is inverted."""
    import torch
    from tqdm import tqdm

    from editor.editing.mix import USUAL, layer_strengths, mix_grid
    from editor.media.images import save_image
    from editor.media.sheets import table_of

    strengths = USUAL
    if args.layers is not None:
        strengths = {args.layers: 1.0}
    elif args.strength is not None:
        strengths = parse_pairs(args.strength, "GROUP=STRENGTH")
    contents, styles = find_photos(args.content), find_photos(args.style)
    grid, folder, separate = _targets(args.out)
    _check_planned(contents, styles, contents + styles, args)  # before anything takes time
    check_code(args.code, contents + styles)
    editor = open_editor(args)
    layer_strengths(editor.info.num_ws, strengths)
    with (
        opened_codes(editor, contents, args.code) as first,
        opened_codes(editor, styles, args.code) as second,
    ):
        rows_of, columns_of = first.paths, second.paths
        names = _check_planned(rows_of, columns_of, contents + styles, args)
        given = rows_of + columns_of
        edits = open_edits(editor, given, inversion_job(args, editor, given))
        warn_painted(given, edits)
    rows, columns = edits[: len(rows_of)], edits[len(rows_of) :]
    codes = mix_grid(
        torch.stack([e.wp_edited for e in rows]),
        torch.stack([e.wp_edited for e in columns]),
        strengths,
    ).flatten(0, 1)
    cells: list[Image.Image] = []
    for name, code in zip(tqdm(names, unit="picture"), codes, strict=True):
        cells.append(editor.engine.render(code[None])[0])
        if separate:
            save_image(cells[-1], folder / f"{name}.png")
        if args.codes:
            editor.save_code(editor.edit(code), folder / f"{name}.npz")
    beside, above = ([_shown(editor, edit) for edit in some] for some in (rows, columns))
    save_image(table_of(beside, above, cells), grid)
    print(f"{grid}: {len(rows)} by {len(columns)}")


def _targets(out: Path) -> tuple[Path, Path, bool]:
    """Return the grid's file, the folder of all else, and whether each mixture is saved by itself.

    Raises:
        OptionError: the suffix is not that of a picture.
    """
    from editor.media.images import SHEETS

    if not out.suffix or out.is_dir():
        return out / GRID, out, True
    if out.suffix.lower() not in SHEETS:
        raise OptionError(f"'{out.suffix}' is not a picture format; use .png, .jpg or .webp")
    return out, out.parent, False


def _check_planned(
    contents: list[Path], styles: list[Path], given: list[Path], args: argparse.Namespace
) -> list[str]:
    """Return the names of the mixtures, and refuse to write over a file that was given.

    Raises:
        OptionError: a result would be written over one, or two have one name, or there are too many.
    """
    grid, folder, separate = _targets(args.out)
    names = _names(contents, styles)
    planned = [grid]
    planned += [folder / f"{name}.png" for name in names if separate]
    planned += [folder / f"{name}.npz" for name in names if args.codes]
    check_kept(planned, given)
    return names


def _names(contents: list[Path], styles: list[Path]) -> list[str]:
    """Name the mixtures, row by row. Photos of one name are told apart as `result_names` does.

    Raises:
        OptionError: two would have one name, or there are too many.
    """
    if len(contents) * len(styles) > MAX_CELLS:
        raise OptionError(
            f"{len(contents)} × {len(styles)} mixtures; at most {MAX_CELLS} are made at once"
        )
    rows, columns = result_names(contents), result_names(styles)
    names = [f"{rows[content]}--{columns[style]}" for content in contents for style in styles]
    counts = Counter(map(folded, names))
    twice = next((name for name in names if counts[folded(name)] > 1), None)
    if twice is not None:
        raise OptionError(
            f"two mixtures would be called {twice}; give each photo once, or rename one"
        )
    return names


def _shown(editor: Editor, edit: Edit) -> Image.Image:
    """Return the photo itself, or where there is none or a slider was moved, the picture."""
    return editor.render(edit) if edit.aligned is None or edit.moves else edit.aligned
