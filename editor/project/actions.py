"""What is done to a project with its domain's networks; the page and the command line call these.

Every function takes a project and gives another; an editor is that of the project's domain, the
project's own sliders need not be among its. Pictures are meant by id, see `Project.find`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from editor.editing.edit import Edit
from editor.editing.paste import Mode
from editor.errors import ImageError, OptionError
from editor.files import plain_text
from editor.media.sheets import strip
from editor.photo.photo import Photo
from editor.project import archive
from editor.project.history import MAX_PICTURES, Project
from editor.project.nodes import MAX_NAME, Node, Picture, describe, without_photo
from editor.project.photo_source import source_of
from editor.project.pixels import SMALL_PX, mask_png, png_bytes, thumbnail
from editor.session import Editor

INVERTED = "inverted"  # what was done for the first step of a picture


def photo_name(path: str | Path) -> str:
    """Return the name to give to a photo: that of its file, cut to 40 characters."""
    return plain_text(Path(path).stem)[:40] or "photo"


def check_room(project: Project, photos: Sequence[str | Path]) -> None:
    """Refuse photos whose project could not be saved, before anything takes time.

    Raises:
        OptionError: they are too many, or too large together.
    """
    count = len(project.pictures) + len(photos)
    if count > MAX_PICTURES:
        raise OptionError(f"{count} pictures are too many; a project holds {MAX_PICTURES}")
    files = {p.photo for p in project.pictures if p.photo} | {str(photo) for photo in photos}
    total = sum(Path(file).stat().st_size for file in files if Path(file).is_file())
    if total > archive.MAX_BYTES:
        raise OptionError(
            f"the photos have {total // 2**20} MB; a project holds {archive.MAX_BYTES // 2**20} MB"
        )


def add_edit(
    project: Project,
    editor: Editor,
    edit: Edit,
    name: str,
    photo: str = "",
    label: str = INVERTED,
    moved: str = "",
    shown: bool = True,
    parent: int = -1,
) -> Project:
    """Return the project with an edit added as another picture.

    Args:
        project: to add to.
        editor: of the domain.
        edit: its code becomes the picture's; where sliders are moved they become a second node.
        name: of the picture, cut to 60 characters.
        photo: path of the whole photo, where `edit` comes of one.
        label: what was done, in words.
        moved: label of the second node; by default as `describe` says it.
        shown: the picture is shown then; otherwise what is shown stays.
        parent: index of the node that it was made from, to which undo goes back.

    Raises:
        OptionError: there are too many pictures.
    """
    whole = edit.photo if photo and edit.crop is not None else None
    picture = Picture(
        project.free_id(),
        plain_text(name)[:MAX_NAME],
        edit.wp.numpy(),
        edit.losses,
        "" if whole is None else photo,
        None if whole is None else edit.crop,
        b"" if whole is None else thumbnail(whole.seen, SMALL_PX),
        b"" if edit.aligned is None else png_bytes(edit.aligned),
        None if edit.base is None else edit.base.numpy(),
        edit.grey,
    )
    thumb = thumbnail(editor.reconstruction(edit))
    project = project.add(picture, plain_text(label), thumb, shown, parent)
    if not edit.moves:
        return project
    mask = b"" if edit.mask is None else mask_png(edit.mask)
    node = Node(picture.id, edit.moves, edit.layers, mask)
    return project.put(drawn(project, editor, node, moved or describe((), edit.moves)))


def add_made(
    project: Project, editor: Editor, edit: Edit, name: str, label: str, of: Picture
) -> Project:
    """Return the project with an edit made of another picture, whose photo it is laid into. It is then shown.

    Args:
        project: to add to.
        editor: of the domain.
        edit: a code of its own, such as a mixture.
        name: of the picture, cut to 60 characters.
        label: what was done, in words.
        of: the picture whose shape, place and photo it has.

    Raises:
        OptionError: there are too many pictures.
    """
    edit = replace(edit, grey=of.grey)
    project = add_edit(project, editor, edit, name, label=label, parent=project.at)
    made = project.shown
    assert made is not None
    return project.amend(
        replace(
            made,
            photo=of.photo,
            crop=of.crop,
            small=of.small,
            aligned=of.aligned,
            base=of.reference,
            grey=of.grey,
        )
    )


def commit_edit(project: Project, editor: Editor, node: Node, label: str) -> Project:
    """Return the project with a node added to the one that is shown, with its label and thumb.

    Raises:
        OptionError: a slider is not known.
    """
    return project.commit(drawn(project, editor, node, label))


def drawn(project: Project, editor: Editor, node: Node, label: str) -> Node:
    """Return a node of one of the project's pictures with a label and its thumb.

    Raises:
        OptionError: a slider is not known.
    """
    thumb = thumbnail(editor.render(project.edit(editor, node)))
    return replace(node, label=plain_text(label), thumb=thumb)


def move_sliders(
    project: Project,
    editor: Editor,
    name: str,
    moves: Mapping[str, float],
    reset: bool = False,
) -> Project:
    """Show a picture as it stands with sliders set. Add a node if that changed anything.

    Args:
        project: whose picture.
        editor: of the domain.
        name: id of the picture.
        moves: distance by slider; the others stay.
        reset: put all others at zero.

    Raises:
        OptionError: there is no such picture or slider, or a distance is not finite.
    """
    project = project.go(project.last(name))
    edit, node = project.edit(editor), project.latest(name)
    moved = (edit.reset() if reset else edit).move(**moves).moves
    if dict(moved) == dict(node.moves):
        return project
    return commit_edit(project, editor, replace(node, moves=moved), describe(node.moves, moved))


def give_sliders(project: Project, editor: Editor, node: Node, names: Sequence[str]) -> Project:
    """Copy a node's sliders, layers and painted part to other pictures. Keep what is shown.

    Args:
        project: whose pictures.
        editor: of the domain.
        node: one of `Project.nodes`.
        names: ids of the pictures; that of the node itself is left as it is.

    Raises:
        OptionError: there is no such picture.
    """
    for name in names:
        old = project.latest(name)
        if name == node.picture:
            continue
        new = replace(old, moves=node.moves, layers=node.layers, mask=node.mask)
        project = project.put(drawn(project, editor, new, describe(old.moves, new.moves)))
    return project


def whole_photo(editor: Editor, edit: Edit, picture: Picture, mode: Mode = "difference") -> Photo:
    """Return the whole photo of a picture, edited, at its own size, with what its file held.

    Args:
        editor: of the domain.
        edit: of the picture, as by `Project.edit`.
        picture: says which photo, and where in it.
        mode: as `Editor.paste`.

    Raises:
        ImageError: there is no photo, or it is gone.
    """
    return editor.edited(edit, mode, photo_of(picture), picture.crop, in_place=True)


def photo_of(picture: Picture) -> Photo:
    """Read the whole photo of a picture.

    Raises:
        ImageError: there is no photo, or it is gone.
    """
    if not picture.photo or picture.crop is None:
        raise ImageError("there is no photo to put the picture into; this one was generated")
    try:
        return Photo.read(picture.photo)
    except ImageError as error:
        raise ImageError("the photo is not kept any more; give it again, and invert") from error


def result(project: Project, editor: Editor, name: str, colour: bool = False) -> Photo:
    """Return a picture as it stands: the whole photo where there is one, else the square.

    Args:
        project: of the picture.
        editor: of the domain.
        name: id of the picture.
        colour: let colour into a grey photo.

    Raises:
        OptionError: there is no such picture.
        ImageError: its photo is gone.
    """
    picture, edit = project.picture(name), project.edit(editor, project.latest(name))
    edit = replace(edit, grey=edit.grey and not colour)
    if picture.photo and picture.crop:
        return whole_photo(editor, edit, picture)
    return Photo(editor.render(edit), source=source_of(picture))


def without_lost_photos(project: Project) -> tuple[Project, int]:
    """Return the project without photos that are gone, and the number of pictures that lost one."""
    lost = {p.id for p in project.pictures if p.photo and not Path(p.photo).is_file()}
    pictures = tuple(without_photo(p) if p.id in lost else p for p in project.pictures)
    return replace(project, pictures=pictures) if lost else project, len(lost)


def compare(project: Project, editor: Editor, first: int, second: int) -> Image.Image:
    """Return two edits side by side, given by their numbers in the history.

    Raises:
        OptionError: there is no such edit.
    """
    edits = [project.edit(editor, project.go(i).node) for i in (first, second)]
    return strip(editor.render(edit) for edit in edits)


def outline(project: Project) -> list[str]:
    """Return the tree of edits as lines with their numbers. Mark the shown one by *.

    What was made of an edit stands below it; all but the newest, which `Project.redo` follows,
    are set in.
    """
    made: dict[int, list[int]] = {}
    for index, node in enumerate(project.nodes):
        made.setdefault(node.parent, []).append(index)
    lines = []
    open_ = [(index, 0) for index in reversed(made.get(-1, []))]
    while open_:
        index, depth = open_.pop()
        node = project.nodes[index]
        mark = "*" if index == project.at else " "
        lines.append(f"{mark}{index:4d}  {'  ' * depth}{project.caption(node)} [{node.picture}]")
        children = made.get(index, [])
        later = [(child, depth + 1) for child in children[:-1]]
        open_ += reversed([*later, *((child, depth) for child in children[-1:])])
    return lines
