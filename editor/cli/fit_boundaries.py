"""`fit-boundaries`: sliders of a domain from labelled images."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import Sub, add_command, add_data, add_domain, chosen_folders


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "fit-boundaries", run, "Fit one slider an attribute of labelled images."
    )
    add_domain(parser)
    add_data(parser)
    parser.add_argument("--attributes", nargs="+", default=None, help="default: all that are known")
    parser.add_argument("--samples", type=int, default=10_000, help="codes to synthesise and score")
    parser.add_argument("--share", type=float, default=0.1, help="share taken at each end")
    parser.add_argument(
        "--independent",
        nargs="*",
        default=[],
        metavar="NAME:OTHER,OTHER",
        help="make a slider's normal orthogonal to those of others: glasses:age",
    )
    parser.add_argument(
        "--balance",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="try directions for the other sliders that leave all else as it is, as measured",
    )
    parser.add_argument(
        "--components",
        type=int,
        default=32,
        help="principal directions of the codes that balanced ones may take in beside the normals",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help="save these; the others stay as they are",
    )
    parser.add_argument(
        "--probes", type=int, default=192, help="photos whose inversions measure layers and range"
    )
    parser.add_argument(
        "--flips",
        type=float,
        default=0.95,
        help="share of them that goes far enough within the range (docs/metrics.md, Edits)",
    )
    parser.add_argument(
        "--features",
        type=Path,
        metavar="NPZ",
        help="SqueezeNet v1.0: a judge that does not know the pack measures layers and range",
    )
    parser.add_argument(
        "--out", type=Path, default=None, help="default: boundaries/<domain>, in --root"
    )


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import json

    from tqdm import tqdm

    from editor.cli.progress import load_data
    from editor.evaluation.features import judge_features
    from editor.packs.load import load_domain
    from editor.runtime import pick_device, use_threads
    from editor.sliders.fit.options import FitOptions, known_attributes
    from editor.sliders.fit.stages import fit_boundaries

    use_threads(args.threads)
    checkpoints, boundaries = chosen_folders(args)
    pack = load_domain(args.domain, pick_device(args.device), checkpoints)
    images = load_data(args, pack.info.resolution)
    conditional = {
        name: others.split(",")
        for name, _, others in (item.partition(":") for item in args.independent)
    }
    options = FitOptions(
        samples=args.samples,
        share=args.share,
        conditional=conditional,
        balance=args.balance,
        components=args.components,
        only=tuple(args.only),
        probes=args.probes,
        flips=args.flips,
    )
    names = args.attributes or known_attributes(images, pack.info.subject)
    folder = args.out or boundaries / args.domain
    judge = None if args.features is None else judge_features(args.features)
    with tqdm(unit="stage") as bar:
        for record in fit_boundaries(pack, images, names, options, folder, judge):
            bar.total = record["total"]
            bar.update(record["done"] - bar.n)
            tqdm.write(json.dumps(record))
    print(f"done: {folder}")
