"""What is taken home of an edit: the whole photo, the face alone, before and after, and its name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO

from PIL import Image

from editor.editing.edit import Edit
from editor.editing.paste import Mode
from editor.media.names import done_stem
from editor.media.profiles import as_srgb
from editor.media.sheets import strip
from editor.photo.photo import Photo
from editor.project.actions import photo_of
from editor.project.history import Project
from editor.project.nodes import Picture
from editor.project.photo_source import source_of
from editor.session import Editor
from editor.sliders.scale import SliderScale

FACE_PX = 512
WIPE_PX = 1280  # longer side of a film
WIPE_S, WIPE_FPS = 3.0, 24
NAMED = 2  # sliders that a file's name tells; of more it says "edited"


def with_photo(picture: Picture) -> bool:
    """Return whether a picture is part of a whole photo."""
    return bool(picture.photo) and picture.crop is not None


def after(
    editor: Editor,
    edit: Edit,
    picture: Picture,
    mode: Mode = "difference",
    beside: Sequence[tuple[Edit, Picture]] = (),
) -> Photo:
    """Return the edited photo at its own size, or the enlarged square where it was generated.

    What the photo's file held, such as its alpha and its date, comes along.

    Args:
        editor: of the domain.
        edit: of the picture.
        picture: says which photo, and where in it.
        mode: as `Editor.paste`.
        beside: other edits of the same photo to lay in as well, see `faces_beside`.

    Raises:
        ImageError: the photo is gone.
    """
    if not with_photo(picture):
        return face(editor, edit, picture)
    photo = photo_of(picture)
    for other, where in beside:
        photo = editor.edited(other, mode, photo, where.crop, in_place=True)
    return editor.edited(edit, mode, photo, picture.crop, in_place=True)


def faces_beside(project: Project, editor: Editor, picture: Picture) -> list[tuple[Edit, Picture]]:
    """Return the edits of other faces in a picture's photo, each as it stands; of two of one face the newer.

    Args:
        project: of the picture.
        editor: of the domain.
        picture: whose own square no other may overlap.
    """
    found = []
    for other in others_of(project, picture):
        edit = project.edit(editor, project.latest(other.id))
        if edit.moves or other.base is not None:
            found.append((edit, other))
    return found


def others_of(project: Project, picture: Picture) -> list[Picture]:
    """Return the pictures of other faces in a picture's photo, edited or not; of two of one face the newer."""
    if not picture.photo or picture.crop is None:
        return []
    taken = [picture]
    for other in reversed(project.pictures):
        if other.photo != picture.photo or other.crop is None:
            continue
        if not any(_overlap(other, one) for one in taken):
            taken.append(other)
    return taken[1:]


def before(editor: Editor, edit: Edit, picture: Picture) -> Photo:
    """Return what `after` was before any slider.

    Raises:
        ImageError: the photo is gone.
    """
    if with_photo(picture):
        photo = photo_of(picture)
        return photo.with_pixels(photo.whole())
    return Photo(_enlarged(editor.reconstruction(edit)), source=source_of(picture))


def face(editor: Editor, edit: Edit, picture: Picture) -> Photo:
    """Return the square alone, enlarged to 512 px where the model's is smaller.

    Format, date and author are those of its photo's file.
    """
    square = _enlarged(editor.render(edit))
    return Photo(square, source=source_of(picture).without_alpha())


def side_by_side(first: Photo, second: Photo) -> Photo:
    """Return before and after on one picture, with the profile, alpha, date and author of the first."""
    both = strip([first.pixels, second.pixels])
    both.info = dict(first.pixels.info)
    alphas = [one.source.alpha for one in (first, second) if one.source.alpha is not None]
    alpha = strip(alphas).getchannel(0) if alphas else None
    return Photo(both, first.name, source=replace(first.source, alpha=alpha))


def wipe_size(picture: Image.Image) -> tuple[int, int]:
    """Return width and height of the frames of `wipe`, px."""
    share = min(1.0, WIPE_PX / max(picture.size))
    return max(2, round(picture.width * share)), max(2, round(picture.height * share))


def wipe(first: Image.Image, second: Image.Image) -> Iterator[Image.Image]:
    """Yield the frames of a film whose divider uncovers the second picture, and goes back.

    They are in sRGB; of a photo `Photo.on_paper` is what a film can show.

    Args:
        first: before.
        second: after, of the same size.
    """
    size = wipe_size(first)
    small = [
        as_srgb(one.convert("RGB").resize(size, Image.Resampling.LANCZOS))
        for one in (first, second)
    ]
    count = round(WIPE_S * WIPE_FPS)
    for index in range(count):
        x = round(size[0] * (1 - math.cos(2 * math.pi * index / (count - 1))) / 2)
        frame = small[0].copy()
        if x:
            frame.paste(small[1].crop((0, 0, x, size[1])), (0, 0))
        yield frame


def stem(picture: Picture, edit: Edit) -> str:
    """Return the name of an edit's file, without suffix: its photo's, and what was done.

    Such as "holiday smile+45": positions of the sliders, as the page shows them. Of more than two, and of
    none where something else was changed, it says "edited".
    """
    told = [
        f"{name.replace('_', ' ')}{round(SliderScale.of(edit.sliders[name].info).position(distance)):+d}"
        for name, distance in edit.moves
    ]
    done = " ".join(told) if 0 < len(told) <= NAMED else "edited"
    return done_stem(picture.name, done)


def _overlap(first: Picture, second: Picture) -> bool:
    """Return whether two squares of one photo have their centres closer than half a side."""
    one, two = first.crop, second.crop
    assert one is not None
    assert two is not None
    width, height = Image.open(BytesIO(first.small)).size if first.small else (1, 1)
    short = min(width, height)
    apart = math.hypot((one.x - two.x) * width, (one.y - two.y) * height) / short
    return apart < (one.side + two.side) / 4


def _enlarged(square: Image.Image) -> Image.Image:
    if max(square.size) >= FACE_PX:
        return square
    return square.resize((FACE_PX, FACE_PX), Image.Resampling.BICUBIC)
