"""`make-pack`: a domain pack from the run folders of a generator and an encoder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editor.cli.options import (
    Sub,
    add_alignment,
    add_command,
    add_root,
    chosen_alignment,
    chosen_folders,
    parse_pairs,
)
from editor.errors import OptionError

if TYPE_CHECKING:
    from editor.packs.info import DomainInfo


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "make-pack",
        run,
        "Put trained networks together as a pack. Where --generator is a pack, what is not said of the new one "
        "(title, subject, licence, seeds, landmarks, alignment, inversion) is taken from it.",
    )
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
    parser.add_argument("--title", help="a person's words for the domain")
    parser.add_argument("--subject", help="what a picture shows: face, scene; else: picture")
    parser.add_argument("--licence", help="licence of the weights, with credits")
    parser.add_argument(
        "--example-seeds", type=int, nargs="+", help="of pictures that show it well; else: 0 1 2"
    )
    parser.add_argument(
        "--landmarks",
        nargs="*",
        metavar="NAME=X,Y",
        help="where aligned pictures have left_eye, right_eye and mouth: mouth=0.5,0.75",
    )
    add_alignment(parser, "how its squares lie around a face")
    parser.add_argument(
        "--inversion",
        nargs="*",
        metavar="NAME=VALUE",
        help="where it inverts better than by the usual options: steps, lr, pix, feat, domain",
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.inversion.loop import InversionOptions
    from editor.packs.info import info_of
    from editor.packs.write import make_pack

    pack = info_of(args.generator)
    facts = _facts(args, pack)
    InversionOptions.of(facts["inversion"])  # refused before anything is written
    sources = {"generator": args.generator, "encoder": args.encoder}
    for kind in ("discriminator", "perceptual"):  # runs have the first
        if (kind == "discriminator") if pack is None else f"{kind}.safetensors" in pack.files:
            sources[kind] = args.generator
    if args.aligner is not None:
        sources["aligner"] = args.aligner
    if args.predictor is not None:
        sources["predictor"] = args.predictor
    checkpoints, _ = chosen_folders(args)
    path = make_pack(args.name, sources, checkpoints, **facts)
    print(f"{path}: write its MODEL_CARD.md, then fit boundaries (python -m editor fit-boundaries)")


def _facts(args: argparse.Namespace, pack: DomainInfo | None) -> dict[str, Any]:
    """Return what the pack is to say of itself: as the options say, else as the generator's pack does.

    Raises:
        OptionError: neither tells the title or the licence, or an option is not of its form.
    """
    own = {
        "title": args.title,
        "subject": args.subject,
        "licence": args.licence,
        "example_seeds": args.example_seeds,
        "landmarks": None if args.landmarks is None else _landmarks(args.landmarks),
        "alignment": chosen_alignment(args),
    }
    told = {name: value for name, value in own.items() if value is not None}
    said = parse_pairs(args.inversion or [], "NAME=VALUE")
    if pack is not None:
        usual = {name: getattr(pack, name) for name in own}
        return usual | told | {"inversion": _inversion(pack) | said}
    for name in ("title", "licence"):
        if name not in told:
            raise OptionError(f"--{name} is missing; only a pack as --generator would tell it")
    usual = {"subject": "picture", "example_seeds": [0, 1, 2]}
    return usual | told | {"inversion": said}


def _inversion(pack: DomainInfo) -> dict[str, float]:
    """Return a pack's options of an inversion; those that make up for a missing encoder stay behind."""
    if pack.has_encoder:
        return pack.inversion
    return {name: pack.inversion[name] for name in ("pix", "feat") if name in pack.inversion}


def _landmarks(items: list[str]) -> dict[str, list[float]]:
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
