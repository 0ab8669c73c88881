"""Command-line options that several commands share."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editor.cli.option_values import ALIGNMENTS
from editor.defaults import DEFAULT_DOMAIN
from editor.errors import OptionError

if TYPE_CHECKING:
    from editor.geometry import Alignment
    from editor.session import Editor

Sub = Any


def add_command(
    commands: Sub, name: str, run: Callable[[argparse.Namespace], int | None], text: str
) -> argparse.ArgumentParser:
    """Add a command with its function and help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_domain(parser: argparse.ArgumentParser) -> None:
    """Add --domain, --root, --device and --threads."""
    parser.add_argument("--domain", default=DEFAULT_DOMAIN, help="name of the domain pack")
    add_root(parser)
    add_device(parser)


def add_root(parser: argparse.ArgumentParser) -> None:
    """Add --root."""
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        help="folder with other checkpoints/ and boundaries/, which are read and written",
    )


def chosen_folders(args: argparse.Namespace) -> tuple[Path, Path]:
    """Return the folders of packs and of boundary folders in --root, else the project's own."""
    from editor.packs.info import BOUNDARIES, CHECKPOINTS

    if args.root is None:
        return CHECKPOINTS, BOUNDARIES
    return args.root / CHECKPOINTS.name, args.root / BOUNDARIES.name


def open_editor(
    args: argparse.Namespace, domain: str | None = None, alignment: Alignment | None = None
) -> Editor:
    """Open a domain as --domain, --root, --device, --threads and --yunet say.

    Args:
        args: of a command with the options of `add_domain`.
        domain: another than that of --domain.
        alignment: of the squares that YuNet gives; the pack's by default.

    Raises:
        UnavailableError: OpenCV is not installed, which YuNet needs.
        WeightsError: the file of --yunet is no YuNet.
        PackError: the pack is missing, damaged or inconsistent.
        OptionError: the device is not there, or does not work.
        ShortMemoryError: the device has not enough memory for the pack.
    """
    from editor.geometry import TIGHT
    from editor.packs.info import NO_ENCODER
    from editor.photo.yunet import YuNetFinder
    from editor.runtime import use_threads
    from editor.session import Editor

    use_threads(args.threads)
    file = getattr(args, "yunet", None)
    finder = None if file is None else YuNetFinder(file)  # before the networks: it may be no YuNet
    editor = Editor.open(domain or args.domain, args.device, *chosen_folders(args))
    if not editor.info.has_encoder:
        print(NO_ENCODER, file=sys.stderr)
    if finder is None:
        return editor
    return editor.with_finder(finder.aligned(alignment or editor.info.squares or TIGHT))


def check_finds(editor: Editor) -> None:
    """Refuse a domain in which nothing can be found.

    Raises:
        OptionError: the pack has no aligner, and no YuNet was given.
    """
    if not editor.finds:
        name = editor.info.name
        raise OptionError(f"'{name}' has no aligner; train one: python -m editor train-aligner")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add --device and --threads."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads")


def add_yunet(parser: argparse.ArgumentParser) -> None:
    """Add --yunet."""
    parser.add_argument(
        "--yunet",
        type=Path,
        default=None,
        metavar="FILE",
        help="find faces with OpenCV's YuNet, read from this .onnx, not with the pack's aligner",
    )


def add_redo(parser: argparse.ArgumentParser) -> None:
    """Add --redo."""
    parser.add_argument(
        "--redo", action="store_true", help="also what is in --out already, instead of going on"
    )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add --dry-run."""
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="make four updates, say what the whole would cost, and write nothing",
    )


def add_presets(parser: argparse.ArgumentParser, presets: dict[str, dict[str, Any]]) -> None:
    """Add --preset, which sets other defaults. Options on the command line override them."""
    parser.add_argument("--preset", choices=sorted(presets), help="options known to work well")
    parser.set_defaults(preset_parser=parser, presets=presets)


def apply_preset(args: argparse.Namespace) -> bool:
    """Make the chosen preset the defaults of its command. Return whether there is one."""
    if getattr(args, "preset", None) is None:
        return False
    args.preset_parser.set_defaults(**args.presets[args.preset])
    return True


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add --data, --data-weight and --exclude."""
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        help="folders or zips of square images; labels that one of them lacks are left out of account",
    )
    parser.add_argument(
        "--data-weight",
        type=float,
        nargs="+",
        default=None,
        metavar="W",
        help="share of the images that are drawn from each, such as 2 1 1; by default all are alike",
    )
    add_exclude(parser, [])


def add_widths(parser: argparse.ArgumentParser) -> None:
    """Add the bounds of a layer's channels. Options: `fmaps_min` and `fmaps_max`."""
    parser.add_argument("--fmaps-min", type=int, default=1, help="least channels of a layer")
    parser.add_argument("--fmaps-max", type=int, default=256, help="most channels of a layer")


def add_exclude(parser: argparse.ArgumentParser, usual: list[str]) -> None:
    """Add --exclude with its default."""
    parser.add_argument(
        "--exclude",
        nargs="*",
        default=usual,
        metavar="NAME=BOUND",
        help="leave out images whose attribute in dataset.json exceeds a bound: unusable=0.6",
    )


def add_alignment(parser: argparse.ArgumentParser, text: str) -> None:
    """Add --alignment."""
    parser.add_argument(
        "--alignment",
        nargs="+",
        action="extend",
        default=None,
        metavar="NUMBER",
        help=f"{text}: scale and shift, such as 1.0 0.1, or by name: ffhq is the whole head, tight "
        f"(0.64 0.36) that of faces64 and faces128",
    )


def chosen_alignment(args: argparse.Namespace) -> Alignment | None:
    """Return the alignment that --alignment says, or None.

    Raises:
        OptionError: it is neither a name nor two numbers, or out of range.
    """
    from editor.geometry import FFHQ, TIGHT, Alignment

    said = args.alignment
    if said is None:
        return None
    named = dict(zip(ALIGNMENTS, (FFHQ, TIGHT), strict=True))
    if len(said) == 1 and said[0].lower() in named:
        return named[said[0].lower()]
    try:
        scale, shift = (float(number) for number in said)
    except ValueError as error:
        raise OptionError(
            f"--alignment {' '.join(said)}: give ffhq, tight, or scale and shift such as 1.0 0.1"
        ) from error
    return Alignment(scale, shift)


def add_dataclass(parser: argparse.ArgumentParser, cls: type, skip: tuple[str, ...] = ()) -> None:
    """Add one option for each field of a dataclass of numbers, flags and texts."""
    for item in fields(cls):
        if item.name in skip:
            continue
        flag = "--" + item.name.replace("_", "-")
        default: Any = item.default
        if isinstance(default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default)
        else:
            parser.add_argument(flag, type=type(default), default=default)


def data_names(args: argparse.Namespace) -> str:
    """Return the names of the data sets, for the header of what is trained."""
    return ", ".join(source.absolute().name for source in args.data)


def from_args(args: argparse.Namespace, cls: type, skip: tuple[str, ...] = ()) -> Any:
    """Make the dataclass from the options that `add_dataclass` added."""
    names = [item.name for item in fields(cls) if item.name not in skip]
    return cls(**{name: getattr(args, name) for name in names})


def parse_pairs(items: list[str], what: str) -> dict[str, float]:
    """Turn ["a=1"] into {"a": 1.0}.

    Raises:
        OptionError: an item is not of that form, or not finite.
    """
    pairs: dict[str, float] = {}
    for item in items:
        name, equals, value = item.partition("=")
        try:
            pairs[name] = float(value)
        except ValueError as error:
            raise OptionError(f"'{item}' is not of the form {what}") from error
        if not name or not equals:
            raise OptionError(f"'{item}' is not of the form {what}")
        if not math.isfinite(pairs[name]):
            raise OptionError(f"'{item}' is not finite")
    return pairs
