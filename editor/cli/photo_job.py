"""What a command wishes of each photo, as one value; and the options that say it."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from editor.cli.options import add_domain, add_redo, add_yunet
from editor.cli.result_names import is_code
from editor.errors import OptionError

if TYPE_CHECKING:
    from editor.editing.paste import Mode
    from editor.geometry import Alignment
    from editor.inversion.loop import InversionOptions
    from editor.media.deep import Key
    from editor.media.levels import Levels
    from editor.photo.crop import Crop
    from editor.session import Editor
    from editor.sliders.slider_set import SliderSet

T = TypeVar("T")


@dataclass(frozen=True)
class FileState:
    """A file as it is now; when it is written anew, its state is another.

    Attributes:
        path: as given.
        place: absolute.
        size: in bytes; None where there is no file.
        changed_ns: when it was last written, ns.
    """

    path: Path = field(repr=False, compare=False)
    place: str
    size: int | None
    changed_ns: int | None

    @classmethod
    def of(cls, path: Path) -> FileState:
        """Describe a file by its path, size and time of change. It need not be there."""
        found = path.stat() if path.is_file() else None
        size, changed = (None, None) if found is None else (found.st_size, found.st_mtime_ns)
        return cls(path, str(path.resolve()), size, changed)


@dataclass(frozen=True)
class Digested(Generic[T]):
    """Something large whose `repr` is short, and another for another content."""

    value: T = field(repr=False, compare=False)
    sha256: str

    @classmethod
    def of(cls, value: T, content: bytes) -> Digested[T]:
        """Keep a value with a digest of the content that distinguishes it from others."""
        return cls(value, hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class PhotoJob:
    """What becomes of each photo of a batch; its `repr` is the key by which the batch knows what is done.

    Attributes:
        command: that makes it.
        networks: sha256 of the pack's files, by name.
        levels: black and white of photos of more than 8 bits, by kind, where several share them.
        squares: how the pack's squares lie around a face.
        crop: the square of every photo; None finds it.
        finder: key of what finds the square.
        yunet: YuNet's file, where it is that.
        options: of the inversion, where there is one.
        moves: distance of each slider.
        sliders: digests of the sliders that the result depends on.
        paste: how the whole photo is made; None makes none.
        mask: [R, R], 0…1: where the sliders may change the picture.
        settle: find a code for the masked result.
        size_px: side of the squares that are cut out.
        target: aligned picture that a patch is taken from.
        patch: [R, R], 0…1: where the patch lies in it.
        offset: how far the patch is moved right and down, as shares of the side.
        turn: degrees clockwise by which photos are turned first, in quarters.
        faces: which of several is taken: its number, "largest" or "all"; empty for the surest.
        kind: format of the whole photo; empty follows the photo.
        colour: let colour into a grey photo.
    """

    command: str
    networks: tuple[tuple[str, str], ...]
    levels: tuple[tuple[Key, Levels], ...] = ()
    squares: Alignment | None = None
    crop: Crop | None = None
    finder: str = ""
    yunet: FileState | None = None
    options: InversionOptions | None = None
    moves: tuple[tuple[str, float], ...] = ()
    sliders: tuple[tuple[str, str], ...] = ()
    paste: Mode | None = None
    mask: Digested[Any] | None = None
    settle: bool = False
    size_px: int | None = None
    target: Digested[Any] | None = None
    patch: Digested[Any] | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    turn: int = 0
    faces: str = ""
    kind: str = ""
    colour: bool = False


def add_photo_options(
    parser: argparse.ArgumentParser, redo: bool = True, all_faces: bool = False
) -> None:
    """Add the options of all commands that invert photos. `redo` adds --redo, `all_faces` --all-faces."""
    add_domain(parser)
    parser.add_argument("--steps", type=int, help="most updates; 0: the encoder alone")
    parser.add_argument("--lr", type=float, help="learning rate")
    for term in ("pix", "feat", "domain"):
        parser.add_argument(
            f"--weight-{term}", type=float, help="where not given, as the domain says"
        )
    parser.add_argument(
        "--crop",
        type=float,
        nargs=4,
        default=None,
        metavar=("X", "Y", "SIDE", "ANGLE"),
        help="centre (0…1), side (of the shorter side), degrees; default: the best found, or the centre square",
    )
    add_faces(parser, all_faces)
    add_yunet(parser)
    if redo:
        add_redo(parser)


def add_faces(parser: argparse.ArgumentParser, every: bool) -> None:
    """Add --turn and --face, and where `every` --all-faces."""
    parser.add_argument(
        "--turn",
        type=int,
        choices=(90, 180, 270),
        default=0,
        help="turn photos clockwise first, by degrees; whole photos are saved turned",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--face",
        metavar="N",
        help="which face of a photo: its number from left to right, as the page counts, or 'largest'; "
        "default: the surest",
    )
    if every:
        which.add_argument(
            "--all-faces", action="store_true", help="every face, named STEM_face1, STEM_face2, …"
        )


def chosen_crop(args: argparse.Namespace) -> Crop | None:
    """Return the crop that --crop says, or None.

    Raises:
        OptionError: it is out of range.
    """
    from editor.photo.crop import Crop

    return Crop(*args.crop) if args.crop else None


def chosen_faces(args: argparse.Namespace) -> str:
    """Return which face --face or --all-faces says: a number, "largest", "all", or nothing.

    Raises:
        OptionError: it is none of these, or --crop says which square already.
    """
    wish = "all" if getattr(args, "all_faces", False) else (args.face or "").strip()
    if not wish:
        return ""
    if getattr(args, "crop", None):
        raise OptionError("--crop says which square; leave out --face and --all-faces")
    if wish in ("all", "largest"):
        return wish
    if not wish.isdecimal() or not 1 <= int(wish) <= 1000:
        raise OptionError(f"--face is '{wish}'; give a number from 1, or largest")
    return str(int(wish))


def pack_job(args: argparse.Namespace, editor: Editor, given: Iterable[Path]) -> PhotoJob:
    """Return what every job has: its command, the pack, how its photos are read, and what finds the square.

    Raises:
        OptionError: --face is none.
    """
    from editor.media.images import common_levels

    files = editor.info.files
    return PhotoJob(
        args.command,
        tuple((name, str(files[name].get("sha256"))) for name in sorted(files)),
        levels=tuple(sorted(common_levels(given).items())),
        squares=editor.info.squares,
        finder=editor.finder.key,
        yunet=None if args.yunet is None else FileState.of(args.yunet),
        turn=args.turn,
        faces=chosen_faces(args),
    )


def inversion_job(
    args: argparse.Namespace,
    editor: Editor,
    given: Iterable[Path],
    moves: Mapping[str, float] | None = None,
    usual: InversionOptions | None = None,
    sliders: SliderSet | None = None,
) -> PhotoJob:
    """Return the job of a command with the options of `add_photo_options`.

    Args:
        args: of the command.
        editor: of the domain.
        given: the photos; where there is a saved code (.npz) among them, any slider may count.
        moves: sliders to move.
        usual: options of the inversion unless told otherwise; the domain's by default.
        sliders: that may be moved; the domain's by default.

    Raises:
        OptionError: an option is out of range, or a slider is not known.
    """
    known, given = sliders or editor.sliders, list(given)
    named = dict(moves or {})
    opens_codes = any(map(is_code, given))
    return replace(
        pack_job(args, editor, given),
        crop=chosen_crop(args),
        options=chosen_options(args, usual or editor.engine.inversion),
        moves=tuple(sorted(named.items())),
        sliders=_slider_digests(known, {**known.boundaries, **named} if opens_codes else named),
    )


def chosen_options(args: argparse.Namespace, usual: InversionOptions) -> InversionOptions:
    """Return the usual options with those that were given in their place."""
    weights = {
        term: value
        for term in ("pix", "feat", "domain")
        if (value := getattr(args, f"weight_{term}")) is not None
    }
    return replace(
        usual,
        steps=usual.steps if args.steps is None else args.steps,
        lr=usual.lr if args.lr is None else args.lr,
        weights=replace(usual.weights, **weights),
    )


def _slider_digests(sliders: SliderSet, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    from editor.sliders.boundary_file import boundary_bytes

    return tuple(
        (name, hashlib.sha256(boundary_bytes(sliders[name])).hexdigest()) for name in sorted(names)
    )
