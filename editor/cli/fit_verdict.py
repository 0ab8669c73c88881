"""`fit-verdict`: from which signs a pack knows that an inversion went wrong."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editor.cli.options import (
    Sub,
    add_command,
    add_domain,
    add_exclude,
    open_editor,
    parse_pairs,
)

if TYPE_CHECKING:
    from torch import Tensor

    from editor.evaluation.verdict import Found, Pictures
    from editor.session import Editor


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "fit-verdict",
        run,
        "Fit and measure what the page says of an inversion: outside the domain, or another person. "
        "Run again to go on where it stopped.",
    )
    add_domain(parser)
    parser.add_argument(
        "--photos", type=Path, required=True, help="zip or folder, aligned: it is fitted on these"
    )
    parser.add_argument(
        "--test-photos", type=Path, required=True, help="others, on which it is measured"
    )
    parser.add_argument(
        "--outside", type=Path, nargs="*", default=[], help="pictures of something else, to fit on"
    )
    parser.add_argument(
        "--test-outside", type=Path, nargs="*", default=[], help="others, to measure on"
    )
    parser.add_argument("--count", type=int, default=600, help="photos, evenly spread")
    parser.add_argument("--test-count", type=int, default=450, help="photos to measure on")
    parser.add_argument(
        "--outside-count", type=int, default=100, help="pictures of each set from outside"
    )
    parser.add_argument(
        "--made",
        type=int,
        default=50,
        help="faces covered, turned and drawn by rule, of each so many, that lie outside too",
    )
    parser.add_argument(
        "--identity",
        action="store_true",
        help="learn from a recogniser of faces which inversions are another person "
        "(requirements-identity.txt)",
    )
    add_exclude(parser, ["unusable=0.6"])
    parser.add_argument("--steps", type=int, help="of an inversion; default: the domain's own")
    parser.add_argument("--batch", type=int, default=50, help="pictures at a time")
    parser.add_argument("--seed", type=int, default=0, help="of what is made")
    parser.add_argument("--record", action="store_true", help="write it into domain.json")
    parser.add_argument("--out", type=Path, required=True, help="folder for codes and figures")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import json
    from dataclasses import replace

    from editor.errors import OptionError
    from editor.evaluation.verdict import fit
    from editor.files import write_whole
    from editor.metrics.identity import recogniser_of
    from editor.packs.write import update_info

    for name in ("count", "test_count", "outside_count", "batch"):
        if getattr(args, name) < 1:
            raise OptionError(f"--{name.replace('_', '-')} must be at least 1")
    if args.made < 0:
        raise OptionError(f"--made {args.made} must not be negative")
    editor = open_editor(args)
    recogniser = recogniser_of(editor.info.subject) if args.identity else None
    train = _pictures(args, editor, args.photos, args.count, args.outside, args.seed)
    test = _pictures(
        args, editor, args.test_photos, args.test_count, args.test_outside, args.seed + 1
    )
    found = [
        _look(args, editor, given, recogniser, name)
        for name, given in (("train", train), ("test", test))
    ]
    verdict = fit(*found)
    write_whole(args.out / "verdict.json", json.dumps(verdict.values(), indent=2).encode())
    if args.record:
        update_info(editor.engine.path, lambda info: replace(info, verdict=verdict))
    print(json.dumps(verdict.measured, indent=2))
    print(args.out / "verdict.json")


def _pictures(
    args: argparse.Namespace,
    editor: Editor,
    photos: Path,
    count: int,
    outside: list[Path],
    seed: int,
) -> Pictures:
    from editor.errors import OptionError
    from editor.evaluation.verdict import Pictures

    others = {path.stem: _some(args, editor, path, args.outside_count) for path in outside}
    if len(others) < len(outside):
        raise OptionError("two sets from outside have the same name; rename one")
    return Pictures.of(editor, _some(args, editor, photos, count), others, args.made, seed)


def _some(args: argparse.Namespace, editor: Editor, source: Path, count: int) -> Tensor:
    from editor.cli.progress import load_with_bar
    from editor.metrics.distances import evenly_spread

    images = load_with_bar(source, editor.info.resolution, parse_pairs(args.exclude, "NAME=BOUND"))
    index = evenly_spread(len(images), count)
    return images.batch(index)


def _look(
    args: argparse.Namespace, editor: Editor, given: Pictures, recogniser: Any, name: str
) -> Found:
    from tqdm import tqdm

    from editor.cli.progress import follow_parts
    from editor.evaluation.verdict import look, usual_options

    options = usual_options(editor, args.steps)
    with tqdm(unit="img") as bar:
        follow = follow_parts(bar)
        return look(
            editor,
            given,
            recogniser,
            options,
            args.out / name,
            args.batch,
            lambda part, done, total: follow(f"{name}: {part}", done, total),
        )
