"""`evaluate`: the paper's comparison of inversion methods on photos that no network was trained on."""

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
    from editor.data.image_set import ImageSet
    from editor.evaluation.run import Subject
    from editor.session import Editor


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "evaluate",
        run,
        "Compare inversion methods on photos not trained on: reconstruction, semantics, edits. "
        "Run again to go on where it stopped.",
    )
    add_domain(parser)
    parser.add_argument("--photos", type=Path, required=True, help="zip or folder, aligned")
    parser.add_argument("--count", type=int, default=500, help="photos used, evenly spread")
    add_exclude(parser, ["unusable=0.6"])
    parser.add_argument(
        "--methods",
        nargs="+",
        help="traditional, free, free-from-encoder, encoder, in-domain; default: all there are",
    )
    parser.add_argument(
        "--metrics",
        nargs="+",
        help="mse psnr ssim lpips code_distance frechet swd logit; default: all",
    )
    parser.add_argument(
        "--traditional", type=Path, help="run folder of train-encoder --preset traditional"
    )
    parser.add_argument("--train", type=Path, help="labelled images that the judge is fitted on")
    parser.add_argument(
        "--features", type=Path, help="SqueezeNet v1.0 .npz: features of judge and distances"
    )
    parser.add_argument(
        "--identity",
        action="store_true",
        help="say how many stay the same person, by a recogniser of faces "
        "(requirements-identity.txt)",
    )
    parser.add_argument("--steps", type=int, help="updates of the optimising methods")
    parser.add_argument("--batch", type=int, default=50, help="photos at a time")
    parser.add_argument("--edit-count", type=int, default=200, help="photos edited; 0: none")
    parser.add_argument(
        "--ablation-count", type=int, default=60, help="photos of the ablation; 0: none"
    )
    parser.add_argument(
        "--ablation-iterations",
        type=int,
        nargs="+",
        help="updates after which it measures; default: 0 10 20 50 100 200",
    )
    parser.add_argument(
        "--fast", action="store_true", help="bfloat16 where the device multiplies it natively"
    )
    parser.add_argument("--seed", type=int, default=0, help="of pairs, halves and bootstrap")
    parser.add_argument(
        "--record", action="store_true", help="write the typical losses into domain.json"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for figures and plots")


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    import json

    from tqdm import tqdm

    from editor.cli.progress import follow_parts, load_with_bar
    from editor.errors import OptionError
    from editor.evaluation.ablation import ITERATIONS
    from editor.evaluation.methods import METHODS, TRADITIONAL
    from editor.evaluation.plots import plot_all
    from editor.evaluation.reconstruct import METRICS
    from editor.evaluation.report import markdown
    from editor.evaluation.run import Plan, evaluate
    from editor.files import write_whole
    from editor.metrics.distances import evenly_spread

    if args.count < 1:
        raise OptionError(f"count {args.count} must be at least 1")
    usual = [name for name in METHODS if name != TRADITIONAL or args.traditional is not None]
    plan = Plan(
        tuple(args.methods or usual),
        tuple(args.metrics or METRICS),
        batch=args.batch,
        edit_count=args.edit_count,
        ablation_count=args.ablation_count,
        ablation_iterations=tuple(args.ablation_iterations or ITERATIONS),
        fast=args.fast,
        seed=args.seed,
    )
    editor = open_editor(args)
    images = load_with_bar(
        args.photos, editor.info.resolution, parse_pairs(args.exclude, "NAME=BOUND")
    )
    index = evenly_spread(len(images), args.count)
    subject = _subject(args, editor, images, index)
    with tqdm(unit="") as bar:
        result = evaluate(editor, subject, plan, args.out, follow_parts(bar))
    result["photos_from"] = args.photos.name
    write_whole(args.out / "result.json", json.dumps(result, indent=2).encode())
    write_whole(args.out / "result.md", markdown(result).encode())
    plots = ", ".join(path.name for path in plot_all(result, args.out))
    if args.record:
        _record(editor, result)
    print(f"{args.out}: result.json, result.md, {plots}")


def _subject(args: argparse.Namespace, editor: Editor, images: ImageSet, index: Any) -> Subject:
    from dataclasses import replace

    from editor.evaluation.features import pick_features
    from editor.evaluation.methods import load_traditional
    from editor.evaluation.run import Subject
    from editor.metrics.identity import recogniser_of

    usual = editor.engine.inversion
    return Subject(
        images.batch(index),
        [images.attributes[i] for i in index.tolist()],
        pick_features(editor, args.features),
        _judge(args, editor),
        None if args.traditional is None else load_traditional(args.traditional, editor),
        usual if args.steps is None else replace(usual, steps=args.steps),
        recogniser_of(editor.info.subject) if args.identity else None,
    )


def _judge(args: argparse.Namespace, editor: Editor) -> Any:
    """Return the judge, or a text that says why there is none."""
    from editor.cli.progress import load_with_bar
    from editor.data.labels import labelled_names
    from editor.evaluation.features import judge_features
    from editor.metrics.attributes import LEAST, fit_predictor
    from editor.metrics.statistics import STATISTICS

    if args.train is None or args.features is None:
        return "give --train (labelled images) and --features (SqueezeNet) for a judge"
    if not editor.boundaries:
        return f"'{editor.info.name}' has no sliders"
    exclude = parse_pairs(args.exclude, "NAME=BOUND")
    train = load_with_bar(args.train, editor.info.resolution, exclude)
    features, counts = judge_features(args.features), labelled_names(train.attributes)
    computed = set(STATISTICS) - set(counts)
    names = [n for n in editor.boundaries if counts.get(n, 0) >= LEAST or n in computed]
    if left := [name for name in editor.boundaries if name not in names]:
        print(f"not judged, because {args.train.name} hardly labels them: {', '.join(left)}")
    if not names:
        return f"{args.train.name} labels none of the sliders of '{editor.info.name}'"
    return fit_predictor(features, train.pixels, train.attributes, names, len(train) // 10)


def _record(editor: Editor, result: dict[str, Any]) -> None:
    """Write the typical losses of in-domain inversions into the pack, for the page's verdict."""
    from dataclasses import replace

    from editor.errors import OptionError
    from editor.packs.write import update_info

    found = result["methods"].get("in-domain", {}).get("reconstruction", {})
    if not {"mse", "code_distance"} <= set(found):
        raise OptionError("--record needs the method in-domain with mse and code_distance")
    typical = {
        "loss_pix_p95": found["mse"]["p95"],
        "loss_domain_p95": found["code_distance"]["p95"],
    }
    update_info(editor.engine.path, lambda info: replace(info, typical=typical))
