"""`evaluate`: figures of a pack on held-out photos, as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import Sub, add_command, add_domain


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "evaluate", run, "Measure inversion and sliders on photos not trained on."
    )
    add_domain(parser)
    parser.add_argument("--photos", type=Path, required=True, help="zip or folder, aligned")
    parser.add_argument("--count", type=int, default=200, help="photos used, evenly spread")
    parser.add_argument("--train", type=Path, required=True, help="labelled images for the judge")
    parser.add_argument(
        "--features", type=Path, required=True, help="SqueezeNet v1.0 .npz: the judge's features"
    )
    parser.add_argument("--methods", nargs="+", default=None)
    parser.add_argument("--steps", type=int, default=100, help="updates of the optimising methods")
    parser.add_argument(
        "--record", action="store_true", help="write the typical losses into domain.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON file")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import json
    import platform
    from dataclasses import replace

    import torch
    from tqdm import tqdm

    from editor.cli.progress import load_with_bar
    from editor.errors import OptionError
    from editor.evaluation import METHODS, evaluate
    from editor.metrics.attributes import PooledFeatures, fit_predictor
    from editor.runtime import use_threads
    from editor.session import Editor
    from editor.training.run import write_text
    from editor.weights.squeezenet import load_squeezenet

    use_threads(args.threads)
    methods = args.methods or list(METHODS)
    if unknown := sorted(set(methods) - set(METHODS)):
        raise OptionError(f"methods {unknown} are not known; use {list(METHODS)}")
    editor = Editor.open(args.domain, args.device)
    resolution = editor.info.resolution
    train = load_with_bar(args.train, resolution, {"unusable": 0.6})
    features = PooledFeatures(load_squeezenet(args.features), resolution=128, grid=3)
    names = list(editor.boundaries)
    judge = fit_predictor(features, train.pixels, train.attributes, names, len(train) // 10)
    photos = load_with_bar(args.photos, resolution, {"unusable": 0.6})
    index = torch.linspace(0, len(photos) - 1, min(args.count, len(photos))).round().long()
    records = []
    for record in evaluate(editor, photos.batch(index), judge, methods, {"steps": args.steps}):
        records.append(record)
        tqdm.write(json.dumps(record))
    result = {
        "domain": args.domain,
        "photos": args.photos.name,
        "device": editor.device_label,
        "steps": args.steps,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "judge_quality": judge.quality,
        "records": records,
    }
    measured = [r for r in records if r.get("method") == "in-domain"]
    if args.record and measured:
        typical = {
            "loss_pix_p95": measured[0]["mse_p95"],
            "loss_domain_p95": measured[0]["code_distance_p95"],
        }
        write_text(
            editor.pack.path / "domain.json", replace(editor.info, typical=typical).to_json()
        )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(args.out, json.dumps(result, indent=2) + "\n")
