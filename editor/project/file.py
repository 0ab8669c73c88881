"""A project as one file: a zip of JSON, safetensors and pictures, and nothing that runs.

project.json          pictures, nodes, sliders
tensors.safetensors   wp/<picture>, base/<picture>, slider/<name>, hyperplane/<name>
photos/<sha256>.jpg   the whole photos, as they were given
small/<sha256>.jpg    the same as they are shown, so that opening decodes no photo
aligned/              of each picture: the aligned square
thumbs/ masks/        of each node
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from editor.errors import BusyError, EditorError, ImageError, ProjectError
from editor.files import why, write_whole
from editor.media.images import PHOTO_SUFFIXES, image_size, load_image
from editor.packs.tensors import pack_tensors, unpack_tensors
from editor.project.archive import pack_parts, read_parts, read_photo
from editor.project.history import Project
from editor.project.nodes import Picture, without_photo
from editor.project.parse import (
    as_object,
    as_text,
    check_domain,
    check_small,
    from_schema_1,
    parse_project,
)
from editor.project.pixels import SMALL_PX, thumbnail
from editor.session import Editor

SCHEMA = 2  # 1 said square, code/ and before/ for crop, wp/ and aligned/; it is still read
MAX_DECODED_PIXELS = 250_000_000  # of photos without a small copy; a JPEG's count a quarter
KIND = "idgan-project"
Store = Callable[[str, bytes], str]


def project_bytes(project: Project, with_photos: bool = True) -> bytes:
    """Return a project as the bytes of its file.

    Args:
        project: what to save.
        with_photos: the whole photos too; without them the file is small, and the photos are
            named by their content, for a place that keeps them itself.

    Raises:
        ImageError: a photo is gone.
        ProjectError: it would be too large to be reopened.
    """
    files: dict[str, bytes] = {}
    pictures, photos = [], photo_files(project)
    for picture in project.pictures:
        entry: dict[str, Any] = {
            "id": picture.id,
            "name": picture.name,
            "losses": dict(picture.losses),
        }
        crop = None if picture.crop is None else astuple(picture.crop)
        entry |= {"crop": crop, "photo": photos.get(picture.photo)}
        entry |= {"grey": True} if picture.grey else {}  # earlier versions read it as well
        pictures.append(entry)
        files[f"aligned/{picture.id}.png"] = picture.aligned
        if picture.photo and picture.small:
            files[_small_name(photos[picture.photo])] = picture.small
    nodes = []
    for index, node in enumerate(project.nodes):
        nodes.append(
            {"picture": node.picture, "moves": dict(node.moves), "label": node.label}
            | {"layers": {name: list(those) for name, those in node.layers}, "parent": node.parent}
        )
        files |= {f"thumbs/{index}.jpg": node.thumb, f"masks/{index}.png": node.mask}
    tensors = {f"wp/{p.id}": torch.from_numpy(p.wp.copy()) for p in project.pictures}
    tensors |= {
        f"base/{p.id}": torch.from_numpy(p.base.copy())
        for p in project.pictures
        if p.base is not None
    }
    for slider in project.sliders:
        tensors[f"slider/{slider.info.name}"] = slider.normal.clone()
        if slider.hyperplane is not None:
            tensors[f"hyperplane/{slider.info.name}"] = slider.hyperplane.clone()
    text = {
        "kind": KIND,
        "schema": SCHEMA,
        "domain": project.domain,
        "generator": project.generator,
        "at": project.at,
        "left": dict(project.left),
        "pictures": pictures,
        "nodes": nodes,
        "sliders": [b.info.as_json() for b in project.sliders],
    }
    files["project.json"] = json.dumps(text, indent=1).encode()
    files["tensors.safetensors"] = pack_tensors(tensors, {"kind": KIND})
    if with_photos:
        files |= {name: read_photo(path) for path, name in photos.items()}
    return pack_parts(files)


def photo_files(project: Project) -> dict[str, str]:
    """Map the path of each whole photo to its name within the file.

    Raises:
        ImageError: a photo is gone.
    """
    names = {}
    for path in dict.fromkeys(p.photo for p in project.pictures if p.photo):
        suffix = Path(path).suffix.lower()
        suffix = suffix if suffix in PHOTO_SUFFIXES else ".jpg"
        names[path] = f"photos/{hashlib.sha256(read_photo(path)).hexdigest()[:16]}{suffix}"
    return names


def save_project(project: Project, path: Path) -> None:
    """Write a project file whole or not at all.

    Raises:
        ImageError: a photo is gone.
        ProjectError: it would be too large to be reopened, or the folder cannot be written.
        StorageError: the disk is full.
    """
    data = project_bytes(project)
    try:
        write_whole(path, data)
    except OSError as error:
        raise ProjectError(f"{path} cannot be written: {why(error)}") from error


@contextmanager
def _telling_damage() -> Iterator[None]:
    """Turn what a damaged or hostile file provokes into a `ProjectError`."""
    try:
        yield
    except (ProjectError, BusyError):
        raise
    except (
        *(EditorError, LookupError, TypeError, ArithmeticError, ValueError, AttributeError),
    ) as error:
        raise ProjectError(
            f"the project file is damaged, or was not made by this editor: {error}"
        ) from error
    except RecursionError as error:
        raise ProjectError("the project file nests too deeply") from error


def _read(
    files: dict[str, bytes], editor: Editor
) -> tuple[Project, dict[str, str], dict[str, bytes]]:
    """Return a project without whole photos, their names by picture, and the parts in today's schema."""
    text = as_object(json.loads(files["project.json"]))
    if text.get("kind") != KIND or text.get("schema") not in (1, SCHEMA):
        raise ProjectError(
            f"this is not a project of this editor's schema 1 or {SCHEMA}, but "
            f"{str(text.get('kind'))[:40]!r} {str(text.get('schema'))[:10]}"
        )
    check_domain(text, editor)
    tensors, _ = unpack_tensors(files["tensors.safetensors"], KIND)
    if text["schema"] == 1:
        text, tensors, files = from_schema_1(text, tensors, files)
    project, photos = parse_project(text, tensors, files, editor)
    check_small(files)
    return project, photos, files


def open_project(
    source: bytes | Path,
    editor: Editor,
    store: Store,
    kept: dict[str, str] | None = None,
    lost: list[str] | None = None,
) -> Project:
    """Read a project file of the editor's domain. Check everything before anything is stored.

    Args:
        source: the file, or its bytes.
        editor: of the domain.
        store: keeps a photo: (file name, bytes) → path. It is called last, when all is well.
        kept: paths of photos that are kept elsewhere, by their name within the file.
        lost: takes the names of photos that are missing or cannot be read: their pictures open without
            them, with crop and code. Without it one such photo is an error.

    Raises:
        ProjectError: damaged, hostile, too large, or of another domain or generator.
    """
    kept = kept or {}
    with _telling_damage():
        files = read_parts(source)
        project, photos, files = _read(files, editor)
        small = _small_photos(sorted(set(photos.values())), files, kept, lost)
    places = {
        name: store(name.removeprefix("photos/"), files[name]) if name in files else kept[name]
        for name in small
    }

    def placed(picture: Picture) -> Picture:
        name = photos.get(picture.id)
        if name is None:
            return picture
        if name not in small:
            return without_photo(picture)
        return replace(picture, photo=places[name], small=small[name])

    return replace(project, pictures=tuple(map(placed, project.pictures)))


def _small_name(photo: str) -> str:
    """Return the name within the file of a photo's small copy."""
    return f"small/{photo.removeprefix('photos/')[:16]}.jpg"


def _small_photos(
    photos: list[str], files: dict[str, bytes], kept: dict[str, str], lost: list[str] | None
) -> dict[str, bytes]:
    """Return small copies of the sound photos by name, from the file or newly made.

    Files of earlier versions have none. So many are made as take a few seconds; the others stay
    empty, so that the page shows the square alone.

    Raises:
        ProjectError, ImageError: a photo is missing or cannot be read, and `lost` does not take it.
    """
    made, left = {}, MAX_DECODED_PIXELS
    for name in photos:
        try:
            cost = _check_photo(name, files, kept)
            made[name] = files.get(_small_name(name), b"")
            if not made[name] and cost <= left:
                source = files[name] if name in files else Path(kept[name])
                made[name] = thumbnail(load_image(source, 2 * SMALL_PX), SMALL_PX)
                left -= cost
        except (ProjectError, ImageError):
            if lost is None:
                raise
            made.pop(name, None)
            lost.append(name)
    return made


def _check_photo(name: str, files: dict[str, bytes], kept: dict[str, str]) -> int:
    """Refuse a photo that is missing or no picture. Return its cost of decoding, in pixels."""
    if name not in files and name not in kept:
        raise ProjectError(f"the project lacks the photo {name[:60]}")
    source = files[name] if name in files else Path(kept[name])
    width, height = image_size(source)
    if isinstance(source, bytes) and name[7:23] != hashlib.sha256(source).hexdigest()[:16]:
        raise ProjectError(f"the photo {name[:60]} has changed since it was saved")
    return width * height // (4 if name.endswith((".jpg", ".jpeg")) else 1)


@contextmanager
def unpacked(path: Path, editor: Editor, lost: list[str] | None = None) -> Iterator[Project]:
    """Yield the project of a file. Its photos lie in a temporary folder until the `with` ends.

    Args:
        path: the file; it is left as it is, see `save_project`.
        editor: of the project's domain, see `project_domain`.
        lost: as for `open_project`.

    Raises:
        ProjectError: as `open_project`.
    """
    with TemporaryDirectory(prefix="project-") as folder:

        def store(name: str, data: bytes) -> str:
            write_whole(Path(folder) / name, data)
            return str(Path(folder) / name)

        yield open_project(path, editor, store, lost=lost)


def project_domain(source: bytes | Path) -> str:
    """Return the name of the domain that a project file was made in.

    Raises:
        ProjectError: it is not a project file.
    """
    try:
        text = as_object(json.loads(read_parts(source, only="project.json")["project.json"]))
        if text.get("kind") != KIND:
            raise ProjectError("this is not a project of this editor")
        return as_text(text["domain"])
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ProjectError(f"this is not a project of this editor: {error}") from error
