"""`teach`: a slider of one's own from marked photos, pairs of photos, or marked samples."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.options import Sub, add_command, add_domain, chosen_folders, open_editor
from editor.cli.photos import find_photos
from editor.cli.result_names import rank
from editor.errors import OptionError
from editor.file_names import folded

if TYPE_CHECKING:
    from PIL import Image

    from editor.session import Editor
    from editor.sliders.boundary import Boundary
    from editor.sliders.lesson import Lesson

MAX_MARKS_BYTES = 2**20
MARKS = {"has": 1, "has not": -1, "skip": 0}


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands, "teach", run, "Teach a slider with photos that have something and that have not."
    )
    parser.add_argument("name", help="of the slider: letters, digits and _")
    parser.add_argument("--has", type=Path, nargs="+", help="photos, or folders, that have it")
    parser.add_argument("--has-not", type=Path, nargs="+", help="photos, or folders, without it")
    parser.add_argument(
        "--pairs",
        type=Path,
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="two folders with photos of the same names",
    )
    parser.add_argument(
        "--marks",
        type=Path,
        help='JSON: {"300012": "has", "300013": "has not", "300014": "skip"}, by seed',
    )
    parser.add_argument(
        "--ask",
        type=Path,
        help="only write the samples that are best marked next into this folder, named by seed",
    )
    parser.add_argument("--count", type=int, default=12, help="of the samples of --ask")
    parser.add_argument("--samples", type=int, default=2000, help="synthesised to learn from")
    parser.add_argument("--steps", type=int, default=0, help="of the inversions of --pairs")
    parser.add_argument("--title", default="", help="as shown; default: made of the name")
    parser.add_argument(
        "--independent-of", nargs="+", default=[], metavar="SLIDER", help="not to move along these"
    )
    parser.add_argument("--layers", default=None, help="that it moves, such as 0-3; default: all")
    parser.add_argument("--strip", type=Path, help="picture of what it does")
    parser.add_argument(
        "--out", type=Path, help="file; default: boundaries/<domain>/<name>.safetensors, in --root"
    )
    parser.add_argument("--replace", action="store_true", help="replace one of the same name")
    add_domain(parser)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from editor.media.images import save_image
    from editor.sliders.boundary import check_name
    from editor.sliders.exchange import place_of
    from editor.sliders.response import measured

    _check(args)
    check_name(args.name)
    if not args.out and not args.ask:  # before anything takes time
        place_of(args.domain, args.name, chosen_folders(args)[1], args.replace)
    editor = open_editor(args)
    if args.pairs:
        slider = _of_pairs(editor, args)
    else:
        lesson = _lesson(editor, args)
        if args.ask:
            _ask(editor, lesson, args)
            return
        slider = _of_marks(editor, lesson, args)
    slider = measured(editor.engine, slider)
    _save(editor, slider, args)
    if args.strip:
        save_image(_strip(editor, slider), args.strip)
        print(f"{args.strip}: from the low to the high end of the slider")


def _check(args: argparse.Namespace) -> None:
    """Refuse what does not fit together, before anything takes time."""
    photos = bool(args.has or args.has_not)
    if photos + bool(args.pairs) + bool(args.marks) + bool(args.ask and not args.marks) != 1:
        raise OptionError(
            "give --has with --has-not, or --pairs, or --marks, or --ask, not several"
        )
    if photos and not (args.has and args.has_not):
        raise OptionError("--has and --has-not belong together; give both")
    if args.out and args.out.suffix != ".safetensors":
        raise OptionError(f"--out ends in .safetensors, not '{args.out.suffix}'")
    if args.out and args.out.exists() and not args.replace:
        raise OptionError(f"{args.out} exists; choose another name, or give --replace")


def _of_marks(editor: Editor, lesson: Lesson, args: argparse.Namespace) -> Boundary:
    from editor.layers import parse_layers
    from editor.sliders.teach import learn_from, taught_slider

    learned = learn_from(editor.engine, lesson)
    layers = parse_layers(args.layers) if args.layers else None
    has, has_not = learned.counts
    said = "too few to say how exact it is"
    if learned.accuracy is not None:
        said = f"right on {learned.accuracy:.0%} of the marks that it had not seen"
    print(f"{has} have it, {has_not} have not: {said}")
    others = editor.sliders.named(args.independent_of)
    return taught_slider(editor.engine, learned, args.name, args.title, others, layers)


def _of_pairs(editor: Editor, args: argparse.Namespace) -> Boundary:
    from editor.layers import parse_layers
    from editor.sliders.teach import slider_of_pairs

    found, lone = photo_pairs(*(find_photos([folder]) for folder in args.pairs))
    if lone:
        print(f"without a partner, left out: {', '.join(sorted(path.name for path in lone))}")
    first = _aligned(editor, [before for before, _ in found])
    second = _aligned(editor, [after for _, after in found])
    pairs = [(first[b], second[a]) for b, a in found if b in first and a in second]
    layers = parse_layers(args.layers) if args.layers else None
    others = editor.sliders.named(args.independent_of)
    slider = slider_of_pairs(
        editor.engine, pairs, args.name, args.title, others, layers, args.steps
    )
    agree = "" if slider.info.accuracy is None else f", {slider.info.accuracy:.0%} agree"
    print(f"{len(pairs)} pairs{agree}")
    return slider


def photo_pairs(
    before: list[Path], after: list[Path]
) -> tuple[list[tuple[Path, Path]], list[Path]]:
    """Pair photos by their names without suffix, in any case.

    Of several that share one, those of the same suffix belong together, and others as they are ranked
    by it: a JPEG goes first.

    Returns:
        The pairs, by name, and the photos that have no partner.
    """
    common = {folded(path.name) for path in before} & {folded(path.name) for path in after}
    sides: list[dict[str, list[Path]]] = [{}, {}]
    for side, photos in zip(sides, (before, after), strict=True):
        for path in sorted(photos, key=lambda p: (folded(p.name) not in common, rank(p))):
            side.setdefault(folded(path.stem), []).append(path)
    pairs: list[tuple[Path, Path]] = []
    lone: list[Path] = []
    for stem in sorted({*sides[0], *sides[1]}):
        first, second = (side.get(stem, []) for side in sides)
        pairs += zip(first, second, strict=False)
        least = min(len(first), len(second))
        lone += [*first[least:], *second[least:]]
    return pairs, lone


def _lesson(editor: Editor, args: argparse.Namespace) -> Lesson:
    """Return a lesson with the marks that were given. Make the samples ready to learn from."""
    from tqdm import tqdm

    from editor.cli.progress import follow
    from editor.sliders.lesson import HAS, HAS_NOT, Lesson
    from editor.sliders.sample_pool import grow_pool
    from editor.sliders.teach import mark_photo, mark_seed

    lesson, marks = Lesson(), _read_marks(args.marks) if args.marks else {}
    for side, value in ((args.has, HAS), (args.has_not, HAS_NOT)):
        for path, image in _aligned(editor, find_photos(side or [])).items():
            lesson = mark_photo(lesson, str(path), image, value)
    with tqdm(desc="samples", unit="img") as bar:
        move = follow(bar)
        for done, total in grow_pool(editor.engine, args.samples):
            move(done, total)
    for seed, value in marks.items():
        lesson = mark_seed(editor.engine, lesson, seed, value)
    return lesson


def _aligned(editor: Editor, photos: list[Path]) -> dict[Path, Image.Image]:
    """Align photos. Name those that cannot be used on stderr, and leave them out."""
    import sys

    from tqdm import tqdm

    from editor.errors import EditorError
    from editor.media.images import common_levels
    from editor.photo.photo import Photo

    found, known = {}, common_levels(photos)
    for photo in tqdm(photos, unit="photo", disable=not photos):
        try:
            found[photo] = editor.align(Photo.read(photo, known))
        except EditorError as error:
            print(f"left out: {photo}: {error}", file=sys.stderr)
    return found


def _read_marks(path: Path) -> dict[int, int]:
    import json

    from editor.files import read_regular

    try:
        given = json.loads(read_regular(path, MAX_MARKS_BYTES, OptionError))
        return {int(seed): MARKS[mark] for seed, mark in given.items()}
    except (
        *(OptionError, ValueError, KeyError, TypeError),
        *(AttributeError, RecursionError),
    ) as error:
        raise OptionError(
            f"{path} holds no marks ({error!r}); expected "
            f'{{"300012": "has", "300013": "has not", "300014": "skip"}}'
        ) from error


def _ask(editor: Editor, lesson: Lesson, args: argparse.Namespace) -> None:
    from editor.media.images import save_image
    from editor.sliders.teach import learn_from, next_seeds, picture

    learned = learn_from(editor.engine, lesson) if min(lesson.counts) > 0 else None
    for seed in next_seeds(editor.engine, lesson, learned, args.count):
        save_image(picture(editor.engine, seed), args.ask / f"{seed}.png")
    print(f"{args.ask}: mark these by seed in a JSON file, and give it as --marks")


def _save(editor: Editor, slider: Boundary, args: argparse.Namespace) -> None:
    from editor.files import why
    from editor.sliders.boundary_file import save_boundary
    from editor.sliders.exchange import save_slider

    if not args.out:
        _, boundaries = chosen_folders(args)
        print(save_slider(editor.engine, slider, boundaries, args.replace))
        return
    try:
        save_boundary(slider, args.out)
    except OSError as error:
        raise OptionError(f"{args.out} cannot be written: {why(error)}") from error
    print(args.out)


def _strip(editor: Editor, slider: Boundary) -> Image.Image:
    from editor.media.sheets import stacked, strip
    from editor.sliders.strip import slider_strip

    codes = [editor.sample(seed).wp for seed in editor.info.example_seeds[:3]]
    return stacked([strip(slider_strip(editor.engine, code, slider, 7)) for code in codes])
