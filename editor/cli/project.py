"""`project`: history, library and projects, as on the page: one file, many small commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from editor.cli.batch import Done, Made, each_photo
from editor.cli.foreign_codes import add_code, check_code, opened_codes
from editor.cli.options import Sub, add_command, add_device, add_root, open_editor, parse_pairs
from editor.cli.photo_files import add_photo_files, save_whole
from editor.cli.photo_job import add_photo_options, inversion_job
from editor.cli.photos import find_photos, open_edit
from editor.cli.project_options import add_copy, add_move, add_number, add_remove, add_rename
from editor.errors import EditorError, OptionError, ProjectError, StorageError

if TYPE_CHECKING:
    from editor.project.history import Project
    from editor.session import Editor

Change = Callable[["Project", "Editor", argparse.Namespace], "Project"]


def add(commands: Sub) -> None:
    """Add the command with its actions."""
    text = "Pictures with all their edits in one file: make, edit, undo, compare, copy, save."
    parser = commands.add_parser("project", help=text, description=text)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_making(actions)
    for name, change, options, says in (
        ("undo", lambda p, *_: p.undo(), None, "Go one edit back."),
        ("redo", lambda p, *_: p.redo(), None, "Go to the newest edit made of the shown one."),
        ("go", lambda p, _, args: p.go(args.number), add_number, "Go to an edit by its number."),
        ("move", _move, add_move, "Set sliders of a picture: one edit more."),
        ("copy", _copy, add_copy, "Give the sliders of one picture to others."),
        (
            "rename",
            lambda p, _, args: p.rename(p.find(args.name), args.title),
            add_rename,
            "Give a picture another name.",
        ),
        ("remove", _remove, add_remove, "Remove pictures with their edits, or own sliders."),
    ):
        action = _action(actions, name, _changing(change), says)
        if options is not None:
            options(action)
    _action(actions, "list", _list, "Say which pictures and edits there are.")
    compare = _action(actions, "compare", _compare, "Two edits side by side, as a picture.")
    compare.add_argument("first", type=int, metavar="N", help="number of an edit")
    compare.add_argument("second", type=int, metavar="M", help="number of another")
    compare.add_argument("--out", type=Path, required=True, help="the picture: .png, .jpg, .webp")
    save = _action(
        actions, "save", _save, "Save pictures edited: whole photos where there are any."
    )
    save.add_argument("names", nargs="*", metavar="NAME", help="pictures; default: all")
    save.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    add_photo_files(save)


def _add_making(actions: Sub) -> None:
    new = add_command(actions, "new", _new, "Invert photos into a new project.")
    more = add_command(actions, "add", _more, "Invert more photos into a project.")
    more.add_argument("project", type=Path, help="the file of the project")
    for parser in (new, more):
        parser.add_argument(
            "photos",
            type=Path,
            nargs="+",
            help="photos, folders of photos, or codes (.npz, .npy, .pt)",
        )
        parser.add_argument(
            "--move",
            nargs="+",
            action="extend",
            default=[],
            metavar="NAME=DISTANCE",
            help="sliders to set in all",
        )
        add_code(parser)
        add_photo_options(parser, redo=False)
    new.add_argument("--out", type=Path, required=True, help="the file of the project: .zip")
    new.add_argument("--replace", action="store_true", help="write over a project that is there")
    more.set_defaults(domain=None)


def _action(
    actions: Sub, name: str, run: Callable[[argparse.Namespace], int | None], text: str
) -> argparse.ArgumentParser:
    parser = add_command(actions, name, run, text)
    parser.add_argument("project", type=Path, help="the file of the project")
    add_root(parser)
    add_device(parser)
    return parser


@contextmanager
def _opened(args: argparse.Namespace) -> Iterator[tuple[Project, Editor]]:
    """Yield the project with its domain. Its photos lie in a temporary folder meanwhile.

    Raises:
        ProjectError: there is no such file, or it cannot be opened.
        PackError: its domain is not there.
    """
    from editor.project.file import project_domain, unpacked

    if not args.project.is_file():
        raise ProjectError(f"{args.project} was not found; make one: python -m editor project new")
    editor = open_editor(args, project_domain(args.project))
    lost: list[str] = []
    with unpacked(args.project, editor, lost) as project:
        if lost:
            said = f"warning: {len(lost)} photos of {args.project.name} cannot be read; "
            print(said + "their squares and edits are there", file=sys.stderr)
        yield project, editor


def _new(args: argparse.Namespace) -> int:
    from editor.project.history import Project

    if args.out.suffix.lower() != ".zip":
        raise OptionError(f"--out ends in .zip, not '{args.out.suffix}'")
    if args.out.exists() and not args.replace:
        raise OptionError(f"{args.out} exists; choose another name, add to it, or give --replace")
    photos = find_photos(args.photos)
    check_code(args.code, photos)
    editor = open_editor(args)
    with opened_codes(editor, photos, args.code) as given:
        return _invert(Project.new(editor), editor, given.paths, args, args.out)


def _more(args: argparse.Namespace) -> int:
    photos = find_photos(args.photos)
    check_code(args.code, photos)
    with _opened(args) as (project, editor):
        if args.domain not in (None, project.domain):
            raise OptionError(f"the project is of domain '{project.domain}', not '{args.domain}'")
        with opened_codes(editor, photos, args.code) as given:
            return _invert(project, editor, given.paths, args, args.project)


def _invert(
    project: Project, editor: Editor, photos: list[Path], args: argparse.Namespace, out: Path
) -> int:
    """Add photos and save. A bad one does not stop the others, and Ctrl-C keeps what is done."""
    from editor.project.actions import add_edit, check_room, photo_name

    moves = parse_pairs(args.move, "NAME=DISTANCE")
    sliders = editor.sliders.with_own(project.sliders)
    job = inversion_job(args, editor, photos, moves, sliders=sliders)
    job = replace(job, levels=())  # the project reads each photo by itself again
    check_room(project, photos)
    made = project

    def work(photo: Path, name: str, done: Done) -> Made:
        nonlocal made
        edit = open_edit(editor, photo, job, sliders)
        label = "opened" if edit.photo is None else "inverted"
        made = add_edit(made, editor, edit, photo_name(photo), str(photo), label)
        return Made(made.pictures[-1].id)

    try:
        with TemporaryDirectory() as folder:
            return each_photo(photos, Path(folder), job, True, work)
    finally:
        if made is not project:
            _write(made, out)


def _changing(change: Change) -> Callable[[argparse.Namespace], None]:
    """Return a command that opens a project, changes it and saves it."""

    def run(args: argparse.Namespace) -> None:
        with _opened(args) as (project, editor):
            changed = change(project, editor, args)
            if changed is project:
                print(f"{args.project}: nothing to change")
                return
            _write(changed, args.project)

    return run


def _write(project: Project, path: Path) -> None:
    from editor.project.file import save_project

    save_project(project, path)
    node = project.node
    shown = "" if node is None else f"; shown: {project.at}, {project.caption(node)}"
    print(f"{path}: {len(project.pictures)} pictures, {len(project.nodes)} edits{shown}")


def _move(project: Project, editor: Editor, args: argparse.Namespace) -> Project:
    from editor.project.actions import move_sliders

    if not args.move and not args.reset:
        raise OptionError("say --move NAME=DISTANCE, or --reset")
    assert project.node is not None
    name = project.find(args.picture) if args.picture else project.node.picture
    moves = parse_pairs(args.move, "NAME=DISTANCE")
    return move_sliders(project, editor, name, moves, args.reset)


def _copy(project: Project, editor: Editor, args: argparse.Namespace) -> Project:
    from editor.project.actions import give_sliders

    source = project.find(args.source)
    others = [p.id for p in project.pictures if p.id != source]
    names = others if args.to == ["all"] else [project.find(said) for said in args.to]
    if not set(names) & set(others):
        raise OptionError("there is no other picture to give the sliders to")
    return give_sliders(project, editor, project.latest(source), list(dict.fromkeys(names)))


def _remove(project: Project, editor: Editor, args: argparse.Namespace) -> Project:
    from editor.project.own_sliders import changed_edits, remove_slider

    if not args.names and not args.slider:
        raise OptionError("say which pictures, or --slider NAME")
    for name in dict.fromkeys(args.slider):
        before = project
        *_, project = remove_slider(before, editor, name)
        print(f"slider '{name}' removed; edits changed: {changed_edits(before, project)}")
    names = {project.find(said) for said in args.names}
    return project.remove(names) if names else project


def _list(args: argparse.Namespace) -> None:
    from editor.project.actions import outline

    with _opened(args) as (project, _):
        print(f"{args.project}: domain {project.domain}")
        for picture in project.pictures:
            node = project.latest(picture.id)
            moves = ", ".join(f"{name} {distance:+g}" for name, distance in node.moves)
            of = "photo" if picture.photo else "code"
            print(f"{picture.id:>5}  {picture.name} ({of}){': ' + moves if moves else ''}")
        if project.sliders:
            print("own sliders: " + ", ".join(b.info.name for b in project.sliders))
        print("\n".join(outline(project)))


def _compare(args: argparse.Namespace) -> None:
    from editor.media.images import save_image
    from editor.project.actions import compare

    with _opened(args) as (project, editor):
        save_image(compare(project, editor, args.first, args.second), args.out)
    print(f"{args.out}: {args.first} and {args.second}")


def _save(args: argparse.Namespace) -> int:
    """Save each picture to a file. Return 1 where one failed, after all others are done."""
    from tqdm import tqdm

    from editor.project.actions import result
    from editor.project.exports import stem
    from editor.project.turning import standing

    failures = []
    with _opened(args) as (project, editor):
        names = [project.find(said) for said in args.names] or [p.id for p in standing(project)]
        for name in tqdm(list(dict.fromkeys(names)), unit="picture"):
            try:
                picture = project.picture(name)
                done = stem(picture, project.edit(editor, project.latest(name)))
                photo = result(project, editor, name, args.colour)
                of = args.project.with_name(f"{args.project.name}#{name}")
                file, word = save_whole(photo, done, args.out, args.format, of)
                tqdm.write(f"{args.out / file}" + (f" ({word})" if word else ""))
            except StorageError:
                raise  # the next would not fit either
            except EditorError as error:
                failures.append(f"{name}: {error}")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0
