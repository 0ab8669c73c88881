"""`measure-aligner`: how well photos are found whose squares are known, as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from editor.cli.options import (
    Sub,
    add_alignment,
    add_command,
    add_domain,
    add_yunet,
    check_finds,
    chosen_alignment,
    open_editor,
)


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "measure-aligner",
        run,
        "Measure a pack's aligner, or YuNet, on photos with known squares.",
    )
    add_domain(parser)
    add_yunet(parser)
    add_alignment(parser, "of the true squares, and of YuNet's; default: the pack's")
    parser.add_argument("--photos", type=Path, required=True, help="zip with an alignment.json")
    parser.add_argument(
        "--part",
        nargs="+",
        default=["test/"],
        help="use photos whose names begin so; several are also measured apart",
    )
    parser.add_argument("--count", type=int, default=None, help="photos used, evenly spread")
    parser.add_argument(
        "--changes",
        nargs="+",
        default=None,
        metavar="CHANGE",
        help='how photos are changed first, such as "as it is" "1,000 px"; default: every way',
    )
    parser.add_argument(
        "--least",
        type=float,
        default=None,
        help="confidence that counts as sure; default: what the page and align take",
    )
    parser.add_argument("--without", type=Path, help="pictures without the object: false finds")
    parser.add_argument("--without-count", type=int, default=300, help="so many, at random")
    parser.add_argument("--out", type=Path, required=True, help="JSON file")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import torch
    from tqdm import tqdm

    from editor.data.image_set import load_images
    from editor.evaluation.aligner import CHANGES, measure_photos, measure_without
    from editor.files import write_text
    from editor.media.images import to_pil

    editor = open_editor(args, alignment=chosen_alignment(args))
    alignment = chosen_alignment(args) or editor.info.squares
    check_finds(editor)
    find, usual = editor.find, editor.finder.sure
    least = usual if args.least is None else args.least
    changes = args.changes or list(CHANGES)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    records = []

    def add_record(record: dict[str, object]) -> None:
        brief = {key: value for key, value in record.items() if not isinstance(value, list)}
        tqdm.write(json.dumps(brief))
        records.append(record)
        write_text(args.out, json.dumps(records, indent=2) + "\n")

    for record in measure_photos(
        find, args.photos, args.part, least, args.count, changes, alignment
    ):
        add_record(record)
    if args.without is not None:
        images = load_images(args.without, 128, limit=args.without_count)
        pictures = (to_pil(images.batch(torch.tensor([i]))) for i in range(len(images)))
        add_record(measure_without(find, pictures, least))
