"""`invert`: photos to codes and reconstructions."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.align import add_yunet
from editor.cli.options import Sub, add_command, add_domain
from editor.errors import OptionError

if TYPE_CHECKING:
    from torch import Tensor

    from editor.editing.edit import Edit
    from editor.editing.paste import Mode
    from editor.geometry import Alignment
    from editor.inversion.loop import InversionOptions
    from editor.photo.crop import Crop
    from editor.session import Editor
    from editor.sliders.slider_set import SliderSet

DONE = "done.json"


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "invert",
        run,
        "Invert photos: a code (.npz) and a picture (.png) of each. Run again to go on.",
    )
    parser.add_argument("photos", type=Path, nargs="+", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    add_photo_options(parser)


def add_photo_options(parser: argparse.ArgumentParser, redo: bool = True) -> None:
    """Options of everything that inverts a photo; --redo where results are made one by one."""
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
    add_yunet(parser)
    if redo:
        parser.add_argument(
            "--redo", action="store_true", help="also what is in --out already, instead of going on"
        )


def run(args: argparse.Namespace) -> int:
    """Run the command; 1 when a photo failed, after all others are done."""
    from editor.photo.crop import Crop
    from editor.runtime import use_threads
    from editor.session import Editor

    use_threads(args.threads)
    crop = Crop(*args.crop) if args.crop else None
    photos = find_photos(args.photos)
    check_targets(photos, args.out)
    editor = Editor.open(args.domain, args.device)
    options = chosen_options(args, editor.engine.inversion)
    moves = getattr(args, "moves", {})
    paste = getattr(args, "paste", "none")
    mask_file: Path | None = getattr(args, "mask", None)
    mask = read_mask(mask_file, editor) if mask_file else None
    settle = getattr(args, "settle", False)
    drawn = None if mask is None else mask.numpy().tobytes()
    asked = repr(
        (editor.engine.fingerprint, options, crop, sorted(moves.items()), paste, drawn, settle)
    )

    def work(photo: Path) -> str:
        edit = open_edit(editor, photo, crop, options, args.yunet).move(**moves)
        edit = edit if mask is None else edit.inside(mask)
        edit = editor.settle(edit, options) if settle else edit
        _save(editor, edit, photo, args.out, paste)
        fit = dict(edit.losses).get("loss_pix")
        return f"{args.out / photo.stem}.png" + (f", fit {fit:.4f}" if fit else "")

    return each_photo(photos, args.out, asked, args.redo, work)


def each_photo(
    photos: list[Path], out: Path, asked: str, redo: bool, work: Callable[[Path], str]
) -> int:
    """Work on photos one after the other; a bad one does not stop the others, and a run goes on.

    Args:
        photos: the files; work writes `out`/STEM.png of each.
        out: folder of the results, and of what is known to be done.
        asked: all that a result depends on besides the photo.
        redo: also what was done before.
        work: does one, and says what it did.

    Returns:
        1 when a photo failed, after all others are done; else 0.

    Raises:
        StorageError: the disk is full; what was done before stays, and a run goes on from there.
    """
    from tqdm import tqdm

    from editor.errors import EditorError, StorageError
    from editor.files import is_full, why
    from editor.training.run import write_text

    done = {} if redo else _read_done(out)
    failures: list[str] = []
    skipped = 0
    for photo in tqdm(photos, unit="photo"):
        try:
            key = _key(photo, asked)
            if done.get(photo.stem) == key and (out / f"{photo.stem}.png").is_file():
                skipped += 1
                continue
            said = work(photo)
            done[photo.stem] = key
            write_text(out / DONE, json.dumps(done, indent=1) + "\n")
            tqdm.write(f"{photo.name}: {said}")
        except StorageError:
            raise  # the next would not fit either
        except EditorError as error:
            failures.append(f"{photo}: {error}")
        except OSError as error:
            if is_full(error):
                raise
            failures.append(f"{photo}: {why(error)}")
    if skipped:
        print(f"{skipped} were done before; --redo makes them again")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if failures:
        print(f"{len(failures)} of {len(photos)} failed", file=sys.stderr)
    return 1 if failures else 0


def read_mask(path: Path, editor: Editor) -> Tensor:
    """A grey picture, white where something may change: [R, R], 0…1, of the domain's size.

    Raises:
        ImageError: it cannot be read.
    """
    from PIL import Image

    from editor.media.images import load_image, to_tensor

    side = editor.info.resolution
    grey = load_image(path).convert("L").resize((side, side), Image.Resampling.BOX)
    return (to_tensor(grey)[0, 0] + 1) / 2


def open_edits(editor: Editor, given: list[Path], args: argparse.Namespace) -> list[Edit]:
    """Photos inverted and codes opened, for a result that needs them all; the first bad one stops.

    Args:
        editor: of the domain.
        given: photos and .npz; one that is named twice is inverted once.
        args: with the options of `add_photo_options`.

    Raises:
        EditorError: a photo or a code cannot be used.
    """
    from tqdm import tqdm

    from editor.photo.crop import Crop

    crop = Crop(*args.crop) if args.crop else None
    options = chosen_options(args, editor.engine.inversion)
    found: dict[Path, Edit] = {}
    for path in tqdm(list(dict.fromkeys(given)), unit="photo"):
        found[path] = open_edit(editor, path, crop, options, args.yunet)
    return [found[path] for path in given]


def warn_painted(given: list[Path], edits: list[Edit]) -> None:
    """Say on stderr which edits move a painted part alone: their codes know no part.

    Args:
        given: where each edit is from.
        edits: whose codes are used.
    """
    for path, edit in dict(zip(given, edits, strict=True)).items():
        if edit.mask is not None and edit.moves:
            print(
                f"warning: the painted part of {path.name} counts for the whole picture here; "
                f"settle it first to keep it: python -m editor edit … --settle",
                file=sys.stderr,
            )


def check_kept(targets: list[Path], given: list[Path]) -> None:
    """Refuse to write over what was given.

    Raises:
        OptionError: a result would be.
    """
    kept = {path.resolve() for path in given}
    for target in targets:
        if target.resolve() in kept:
            raise OptionError(f"{target} would be overwritten; choose another --out")


def place_by(yunet: Path | None, photo: Path, alignment: Alignment | None) -> Crop | None:
    """The square that YuNet finds likeliest, the centre where it finds none; None without its file.

    Args:
        yunet: its file.
        photo: the photo.
        alignment: of the domain's squares; tight without one.

    Raises:
        ImageError: the photo cannot be used.
        UnavailableError: OpenCV is not installed.
        WeightsError: the file is no YuNet.
    """
    if yunet is None:
        return None
    from editor.geometry import TIGHT
    from editor.media.images import load_image
    from editor.photo.crop import Crop
    from editor.photo.yunet import yunet_faces

    faces = yunet_faces(load_image(photo), yunet, least=0.0, alignment=alignment or TIGHT)
    return faces[0][0] if faces else Crop()


def open_edit(
    editor: Editor,
    photo: Path,
    crop: Crop | None,
    options: InversionOptions,
    yunet: Path | None = None,
    sliders: SliderSet | None = None,
) -> Edit:
    """A photo inverted, or a saved code opened.

    Args:
        editor: of the domain.
        photo: a photo, or a code (.npz).
        crop: the square of the photo; None finds the face.
        options: of the inversion.
        yunet: file of YuNet, which then finds the face.
        sliders: that may be moved; by default the domain's.

    Raises:
        ImageError: there is no such photo, or no face in it.
        OptionError: the code is of another domain.
    """
    from editor.errors import ImageError

    if not photo.is_file():
        raise ImageError(f"{photo} was not found")
    if photo.suffix == ".npz":
        return editor.open_code(photo, sliders)
    crop = crop or place_by(yunet, photo, editor.info.squares)
    edit = editor.invert(photo, crop, options)
    return edit if sliders is None else replace(edit, sliders=sliders)


def _save(editor: Editor, edit: Edit, photo: Path, out: Path, paste: str) -> None:
    from editor.media.images import save_image

    if paste != "none" and edit.photo is not None:
        suffix = photo.suffix.lower() if photo.suffix.lower() in (".png", ".webp") else ".jpg"
        mode: Mode = "replace" if paste == "replace" else "difference"
        save_image(editor.paste(edit, mode), out / f"{photo.stem}_edited{suffix}")
    editor.save_code(edit, out / f"{photo.stem}.npz")
    editor.save(edit, out / f"{photo.stem}.png")


def _key(photo: Path, asked: str) -> str:
    """Names a photo as it is now and what is to be done with it."""
    state = photo.stat() if photo.is_file() else None
    seen = (str(photo.resolve()), state and (state.st_size, state.st_mtime_ns), asked)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _read_done(out: Path) -> dict[str, str]:
    """What an earlier run finished, by the photo's name."""
    try:
        found = json.loads((out / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def chosen_options(args: argparse.Namespace, usual: InversionOptions) -> InversionOptions:
    """As usual, with what was given instead."""
    from dataclasses import replace

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


def find_photos(given: list[Path]) -> list[Path]:
    """Files as given, and the photos of folders.

    Raises:
        OptionError: a folder holds none.
    """
    from editor.media.images import PHOTO_SUFFIXES

    photos: list[Path] = []
    for path in given:
        if not path.is_dir():
            photos.append(path)
            continue
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES)
        if not found:
            raise OptionError(f"{path} holds no photos")
        photos += found
    return photos


def check_targets(photos: list[Path], out: Path) -> None:
    """Refuse to write over a photo that was given, or two results to one name."""
    seen: dict[str, Path] = {}
    for photo in photos:
        if photo.stem in seen:
            raise OptionError(
                f"{seen[photo.stem]} and {photo} would both be saved as {photo.stem}.png; rename one"
            )
        seen[photo.stem] = photo
        if photo.suffix != ".npz" and photo.resolve() == (out / f"{photo.stem}.png").resolve():
            raise OptionError(f"{photo} would be overwritten; choose another --out")
