"""`train-predictor`: a network that sees the attributes of labelled photos."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from editor.cli.options import (
    Sub,
    add_command,
    add_data,
    add_dataclass,
    add_device,
    add_dry_run,
    data_names,
    from_args,
)


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "train-predictor",
        run,
        "Train what sees attributes in pictures, so that inversions keep them; run again to resume.",
    )
    from editor.training.predictor import PredictorTraining

    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--domain", default="", help="name of the domain, for the file header")
    parser.add_argument("--licence", default="", help="licence and credits, for the file header")
    parser.add_argument(
        "--attributes", nargs="+", default=None, help="default: all that are labelled"
    )
    parser.add_argument("--side", type=int, default=96, help="side that pictures are scaled to")
    parser.add_argument("--width", type=int, default=24, help="channels of the first layer")
    add_dataclass(parser, PredictorTraining)
    add_dry_run(parser)
    add_device(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.cli.progress import launch, load_data
    from editor.errors import TrainingError
    from editor.models.config import PredictorConfig
    from editor.runtime import pick_device, use_threads
    from editor.training.attribute_labels import predictable
    from editor.training.parallel import ALONE
    from editor.training.predictor import PredictorTraining, train_predictor
    from editor.training.run import RunFolder

    use_threads(args.threads)
    device = pick_device(args.device)
    options = from_args(args, PredictorTraining)
    images = load_data(args, args.side)
    names, continuous = predictable(images)
    if unknown := sorted(set(args.attributes or ()) - set(names)):
        raise TrainingError(f"{unknown} are not labelled; the data knows {', '.join(names)}")
    names = tuple(args.attributes or names)
    config = PredictorConfig(
        names, tuple(name for name in names if name in continuous), args.side, args.width
    )
    header = {"domain": args.domain or None, "licence": args.licence, "data": data_names(args)}

    def train(folder: RunFolder, options: PredictorTraining) -> Iterator[dict[str, Any]]:
        return train_predictor(images, folder, options, config, device, header)

    launch(train, options, args.out, args.dry_run, ALONE)
