"""`interpolate`: a moving picture from photo to photo."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.batch import check_kept
from editor.cli.foreign_codes import add_code, check_code, is_code_file, opened_codes
from editor.cli.options import Sub, add_command, open_editor
from editor.cli.photo_job import add_photo_options, inversion_job
from editor.cli.photos import find_photos, open_edits, warn_painted
from editor.errors import OptionError

FRAMES, FRAMES_STRIP = 48, 8
SHOWN_PX = 256  # smaller pictures are enlarged to this side unless told otherwise


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "interpolate",
        run,
        "Make a moving picture that goes from photo to photo: GIF, animated WebP, MP4, or a strip.",
    )
    parser.add_argument(
        "photos",
        type=Path,
        nargs="+",
        help="two or more photos, folders, or codes (.npz, .npy, .pt)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="a .gif, .webp or .mp4; .png: a strip of frames"
    )
    parser.add_argument(
        "--frames",
        type=int,
        default=None,
        help=f"in all; default: {FRAMES}, of a strip {FRAMES_STRIP}",
    )
    parser.add_argument("--fps", type=float, default=24.0, help="frames a second")
    parser.add_argument(
        "--easing",
        default="smoothstep",
        help="linear; smoothstep: slower at each photo; cubic: rests longest there",
    )
    parser.add_argument("--loop", action="store_true", help="go back to the first photo at the end")
    parser.add_argument("--once", action="store_true", help="play once, not for ever (not MP4)")
    parser.add_argument(
        "--scale",
        type=int,
        default=None,
        help=f"enlarge so many times; default: to {SHOWN_PX} px, a strip not at all",
    )
    add_code(parser)
    add_photo_options(parser, redo=False)


def run(args: argparse.Namespace) -> None:
    """Run the command. Refuse what can be refused before anything is inverted."""
    import torch
    from tqdm import tqdm

    from editor.editing.interpolate import EASINGS, fractions, interpolate
    from editor.media.motion import check_motion, kind_of, save_motion

    kind = kind_of(args.out)
    check_motion(kind, args.fps, 1 if args.scale is None else args.scale)
    frames = args.frames
    if frames is None:
        frames = FRAMES_STRIP if kind == "strip" else FRAMES
    fractions(frames, args.loop)
    if args.easing not in EASINGS:
        raise OptionError(f"easing '{args.easing}' is not known; use {', '.join(EASINGS)}")
    photos = find_photos(args.photos)
    if len(photos) < 2 and not any(is_code_file(path) for path in photos):
        raise OptionError(f"{len(photos)} photo was given; at least two are needed")
    check_kept([args.out], photos)
    check_code(args.code, photos)
    editor = open_editor(args)
    scale = args.scale
    if scale is None:
        scale = 1 if kind == "strip" else max(1, SHOWN_PX // editor.info.resolution)
    with opened_codes(editor, photos, args.code) as opened:
        given = opened.paths
        if len(given) < 2:
            raise OptionError(f"{len(given)} photo was given; at least two are needed")
        edits = open_edits(editor, given, inversion_job(args, editor, given))
        warn_painted(given, edits)
    codes = interpolate(torch.stack([e.wp_edited for e in edits]), frames, args.easing, args.loop)
    pictures = (editor.engine.render(code[None])[0] for code in tqdm(codes, unit="frame"))
    save_motion(pictures, args.out, args.fps, not args.once, scale)
    print(f"{args.out}: {frames} frames")
