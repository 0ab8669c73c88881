"""`import-slider`: directions that other programs saved become sliders of a domain."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from editor.cli.options import Sub, add_command, add_domain, chosen_folders, open_editor
from editor.errors import OptionError
from editor.file_names import folded

if TYPE_CHECKING:
    from editor.session import Editor
    from editor.sliders.boundary import Boundary
    from editor.sliders.foreign_directions import Direction


@dataclass(frozen=True)
class _Found:
    """A direction, or a slider of this editor, and the file that it is of."""

    file: Path
    direction: Direction | None
    slider: Boundary | None = None

    @property
    def name(self) -> str:
        """As its file calls it."""
        if self.slider is not None:
            return self.slider.info.name
        assert self.direction is not None
        return self.direction.name


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "import-slider",
        run,
        "Make sliders of directions that other programs saved (InterFaceGAN, e4e, GANSpace, SeFa, HiGAN, "
        "idinvert): .npy, .npz, .pt. Nothing in a file is run. A warning says where one does not fit.",
    )
    parser.add_argument("files", type=Path, nargs="+", help=".npy, .npz, .pt, or our .safetensors")
    add_domain(parser)
    parser.add_argument("--list", action="store_true", help="say what is in them, and save nothing")
    parser.add_argument("--name", help="of the slider, where there is one direction")
    parser.add_argument(
        "--keep",
        nargs="+",
        action="extend",
        default=[],
        metavar="NUMBER=NAME",
        help="save only these, by the numbers of --list: 3=tilt",
    )
    parser.add_argument(
        "--layers", default=None, help="that they move, such as 0-3; default: as the file says"
    )
    parser.add_argument("--replace", action="store_true", help="replace sliders of the same name")


def run(args: argparse.Namespace) -> None:
    """Run the command. Refuse all before anything is saved."""
    from editor.layers import check_layers, parse_layers
    from editor.sliders.exchange import place_of, save_slider
    from editor.sliders.response import measured

    editor = open_editor(args)
    layers = None
    if args.layers:
        layers = check_layers(parse_layers(args.layers), editor.info.num_ws)
    found = [one for file in args.files for one in _read(editor, file)]
    if layers is not None:
        for one in found:
            if one.slider is not None:
                raise OptionError(
                    f"{one.file.name} is a slider of this editor, which says its layers itself; leave out "
                    f"--layers, or import it without the others"
                )
    if args.list:
        for number, one in enumerate(found, 1):
            print(_described(editor, one, number, layers))
        return
    made = []
    _, boundaries = chosen_folders(args)
    for number, name in _chosen(args, found).items():
        slider = _slider(editor, found[number - 1], name, layers)
        place_of(editor.info.name, slider.info.name, boundaries, args.replace)
        made.append(slider)
    for slider in made:
        if not slider.info.response:
            slider = measured(editor.engine, slider)
        path = save_slider(editor.engine, slider, boundaries, args.replace)
        low, high = slider.info.range
        print(f"{path}: range {low}…{high}, {len(slider.info.layers)} layers")
        for warning in _warnings(slider):
            print(f"warning: '{slider.info.name}': {warning}", file=sys.stderr)


def _read(editor: Editor, file: Path) -> list[_Found]:
    from editor.sliders.exchange import read_slider
    from editor.sliders.imported import read_directions

    if file.suffix.lower() == ".safetensors":
        return [_Found(file, None, read_slider(editor.engine, file))]
    return [_Found(file, direction) for direction in read_directions(editor.engine, file)]


def _described(editor: Editor, one: _Found, number: int, layers: tuple[int, ...] | None) -> str:
    slider = _slider(editor, one, "direction", layers)
    moved = slider.info.layers
    alignment = slider.info.facts.get("alignment", "not measured")
    doubts = "".join(f"\n      {warning}" for warning in _warnings(slider))
    return (
        f"{number:4d}  {one.name} ({one.file.name}): layers {moved[0]}…{moved[-1]}, "
        f"alignment {alignment}, range {slider.info.range[1]}{doubts}"
    )


def _slider(editor: Editor, one: _Found, name: str, layers: tuple[int, ...] | None) -> Boundary:
    from editor.sliders.imported import imported_slider
    from editor.sliders.make import renamed

    if one.slider is not None:
        return one.slider if name == one.slider.info.name else renamed(one.slider, name)
    assert one.direction is not None
    return imported_slider(editor.engine, one.direction, one.file.name, name, layers=layers)


def _warnings(slider: Boundary) -> list[str]:
    """Return what is doubted of a slider."""
    from editor.sliders.imported import is_imported

    facts = slider.info.facts
    return [str(said) for said in facts["warnings"]] if is_imported(facts) else []


def _chosen(args: argparse.Namespace, found: list[_Found]) -> dict[int, str]:
    """Return the numbers of the directions to save, with the names of their sliders.

    Raises:
        OptionError: a name cannot be used or is there twice, or it is not said which are wanted.
    """
    from editor.sliders.boundary import check_name
    from editor.sliders.imported import name_from

    if args.keep:
        if args.name:
            raise OptionError("--name and --keep say the same; give one of them")
        chosen = _kept(args.keep, len(found))
    elif args.name:
        if len(found) != 1:
            raise OptionError(
                f"there are {len(found)} directions and one --name; choose with --keep NUMBER=NAME, by "
                f"the numbers of --list"
            )
        chosen = {1: args.name}
    elif any(one.direction is not None and one.direction.numbered for one in found):
        raise OptionError(
            f"there are {len(found)} directions that nobody named; choose with --keep NUMBER=NAME, by "
            f"the numbers of --list"
        )
    else:
        chosen = {number: name_from(one.name) for number, one in enumerate(found, 1)}
    for name in chosen.values():
        check_name(name)
        if [folded(other) for other in chosen.values()].count(folded(name)) > 1:
            raise OptionError(
                f"two directions would be called '{name}'; name them: --keep NUMBER=NAME"
            )
    return chosen


def _kept(items: list[str], count: int) -> dict[int, str]:
    kept: dict[int, str] = {}
    for item in items:
        number, _, name = item.partition("=")
        if not number.isdecimal() or not 1 <= int(number) <= count:
            raise OptionError(f"'{item}' is not of the form NUMBER=NAME with a number of 1…{count}")
        kept[int(number)] = name
    return kept
