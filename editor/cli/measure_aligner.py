"""`measure-aligner`: how well photos are found whose squares are known, as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import Sub, add_command, add_domain


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "measure-aligner", run, "Measure a pack's aligner on photos with known squares."
    )
    add_domain(parser)
    parser.add_argument("--photos", type=Path, required=True, help="zip with an alignment.json")
    parser.add_argument("--part", default="test/", help="use photos whose names begin so")
    parser.add_argument("--count", type=int, default=None, help="photos used, evenly spread")
    parser.add_argument("--without", type=Path, help="pictures without the object: false finds")
    parser.add_argument("--out", type=Path, required=True, help="JSON file")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import json

    from tqdm import tqdm

    from editor.errors import OptionError
    from editor.evaluation import measure_aligner
    from editor.runtime import use_threads
    from editor.session import Editor
    from editor.training.run import write_text

    use_threads(args.threads)
    editor = Editor.open(args.domain, args.device)
    if editor.pack.aligner is None:
        raise OptionError(f"'{args.domain}' has no aligner")
    found = []
    for record in measure_aligner(editor, args.photos, args.part, args.count, args.without):
        tqdm.write(json.dumps(record))
        found.append(record)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(args.out, json.dumps(found, indent=2) + "\n")
