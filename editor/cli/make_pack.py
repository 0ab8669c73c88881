"""`make-pack`: a domain pack from the run folders of a generator and an encoder."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import (
    Sub,
    add_alignment,
    add_command,
    add_root,
    chosen_alignment,
    chosen_folders,
    parse_pairs,
)


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(commands, "make-pack", run, "Put trained networks together as a pack.")
    parser.add_argument("--name", required=True, help="name of the domain")
    add_root(parser)
    parser.add_argument(
        "--generator", type=Path, required=True, help="run folder with G and D, or pack"
    )
    parser.add_argument("--encoder", type=Path, required=True, help="run folder with E")
    parser.add_argument("--aligner", type=Path, help="run folder with an aligner, if there is one")
    parser.add_argument(
        "--predictor", type=Path, help="run folder of what sees attributes, if there is one"
    )
    parser.add_argument("--title", required=True, help="a person's words for the domain")
    parser.add_argument("--subject", default="picture", help="what a picture shows: face, scene")
    parser.add_argument("--licence", required=True, help="licence of the weights, with credits")
    parser.add_argument(
        "--example-seeds",
        type=int,
        nargs="+",
        default=[0, 1, 2],
        help="of pictures that show it well",
    )
    parser.add_argument(
        "--landmarks",
        nargs="*",
        default=[],
        metavar="NAME=X,Y",
        help="where aligned pictures have left_eye, right_eye and mouth: mouth=0.5,0.75",
    )
    add_alignment(parser, "how its squares lie around a face")
    parser.add_argument(
        "--inversion",
        nargs="*",
        default=[],
        metavar="NAME=VALUE",
        help="where it inverts better than by the usual options: steps, lr, pix, feat, domain",
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.inversion.loop import InversionOptions
    from editor.packs.write import make_pack
    from editor.training.critic import came_without_critic

    inversion = parse_pairs(args.inversion, "NAME=VALUE")
    InversionOptions.of(inversion)  # values out of range are refused before anything is written
    sources = {"generator": args.generator, "encoder": args.encoder}
    if not came_without_critic(args.generator):
        sources["discriminator"] = args.generator
    elif (args.generator / "perceptual.safetensors").is_file():
        sources["perceptual"] = args.generator
    if args.aligner is not None:
        sources["aligner"] = args.aligner
    if args.predictor is not None:
        sources["predictor"] = args.predictor
    checkpoints, _ = chosen_folders(args)
    path = make_pack(
        args.name,
        sources,
        checkpoints,
        title=args.title,
        subject=args.subject,
        licence=args.licence,
        example_seeds=args.example_seeds,
        landmarks=_landmarks(args.landmarks),
        inversion=inversion,
        alignment=chosen_alignment(args),
    )
    print(f"{path}: write its MODEL_CARD.md, then fit boundaries (python -m editor fit-boundaries)")


def _landmarks(items: list[str]) -> dict[str, list[float]]:
    from editor.errors import OptionError

    found = {}
    for item in items:
        name, _, place = item.partition("=")
        try:
            x, y = (float(part) for part in place.split(","))
        except ValueError as error:
            raise OptionError(f"'{item}' is not of the form NAME=X,Y") from error
        if name not in ("left_eye", "right_eye", "mouth") or not (0 <= x <= 1 and 0 <= y <= 1):
            raise OptionError(f"'{item}': use left_eye, right_eye or mouth, and shares of the side")
        found[name] = [x, y]
    return found
