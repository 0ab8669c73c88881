"""A project as one file: a zip of JSON, safetensors and pictures, and nothing that runs.

project.json          pictures, nodes, sliders
tensors.safetensors   code/<picture>, slider/<name>
photos/<sha256>.jpg   the whole photos, as they were given
before/               of each picture: the aligned crop
thumbs/ masks/        of each node
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from editor.errors import EditorError, ProjectError
from editor.files import write_whole
from editor.images import PHOTO_SUFFIXES, load_image
from editor.project.archive import pack_parts, read_parts, read_photo
from editor.project.history import Project
from editor.project.parse import MAX_TEXT, as_object, check_domain, parse_project
from editor.project.pixels import SMALL_PX, thumbnail
from editor.session import Editor
from editor.weights.format import pack_tensors, unpack_tensors

SCHEMA = 1
KIND = "idgan-project"
Store = Callable[[str, bytes], str]


def project_bytes(project: Project, with_photos: bool = True) -> bytes:
    """A project as the bytes of its file.

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
        entry |= {"square": picture.square, "photo": photos.get(picture.photo)}
        pictures.append(entry)
        files[f"before/{picture.id}.png"] = picture.before
    nodes = []
    for index, node in enumerate(project.nodes):
        nodes.append(
            {"picture": node.picture, "moves": dict(node.moves), "label": node.label}
            | {"layers": {name: list(those) for name, those in node.layers}, "parent": node.parent}
        )
        files |= {f"thumbs/{index}.jpg": node.thumb, f"masks/{index}.png": node.mask}
    tensors = {f"code/{p.id}": torch.from_numpy(p.code) for p in project.pictures}
    tensors |= {
        f"base/{p.id}": torch.from_numpy(p.base.copy())
        for p in project.pictures
        if p.base is not None
    }
    tensors |= {f"slider/{b.info.name}": b.normal for b in project.sliders}
    text = {
        "kind": KIND,
        "schema": SCHEMA,
        "domain": project.domain,
        "generator": project.generator,
        "at": project.at,
        "left": dict(project.left),
        "pictures": pictures,
        "nodes": nodes,
        "sliders": [asdict(b.info) for b in project.sliders],
    }
    files["project.json"] = json.dumps(text, indent=1).encode()
    files["tensors.safetensors"] = pack_tensors(tensors, {"kind": KIND})
    if with_photos:
        files |= {name: read_photo(path) for path, name in photos.items()}
    return pack_parts(files)


def photo_files(project: Project) -> dict[str, str]:
    """Name within the file of each whole photo, by its path.

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
    """
    data = project_bytes(project)
    try:
        write_whole(path, data)
    except OSError as error:
        raise ProjectError(f"{path} cannot be written: {error}") from error


def open_project(
    source: bytes | Path, editor: Editor, store: Store, kept: dict[str, str] | None = None
) -> Project:
    """Read a project file of the editor's domain; everything is checked before anything is stored.

    Args:
        source: the file, or its bytes.
        editor: of the domain.
        store: keeps a photo: (file name, bytes) → path. It is called last, when all is well.
        kept: paths of photos that are kept elsewhere, by their name within the file.

    Raises:
        ProjectError: damaged, hostile, too large, or of another domain or generator.
    """
    try:
        files = read_parts(source)
        text = as_object(json.loads(files["project.json"]))
        if text.get("kind") != KIND or text.get("schema") != SCHEMA:
            raise ProjectError(
                f"this is not a project of this editor's schema {SCHEMA}, but "
                f"{str(text.get('kind'))[:40]!r} {str(text.get('schema'))[:10]}"
            )
        check_domain(text, editor)
        tensors, _ = unpack_tensors(files["tensors.safetensors"], KIND)
        project, photos = parse_project(text, tensors, files, editor)
        kept = kept or {}
        missing = sorted(set(photos.values()) - set(files) - set(kept))
        if missing:
            raise ProjectError(f"the project lacks the photo {missing[0]}")
        small = {
            name: thumbnail(
                load_image(files[name] if name in files else Path(kept[name])), SMALL_PX
            )
            for name in sorted(set(photos.values()))
        }
    except ProjectError:
        raise
    except (
        EditorError,
        LookupError,
        TypeError,
        ArithmeticError,
        ValueError,
        AttributeError,
    ) as error:
        raise ProjectError(
            f"the project file is damaged, or was not made by this editor: {error}"
        ) from error
    except RecursionError as error:
        raise ProjectError("the project file nests too deeply") from error
    places = dict(kept)
    for name in sorted(set(photos.values()) & set(files)):
        places[name] = store(name.removeprefix("photos/"), files[name])
    return replace(
        project,
        pictures=tuple(
            replace(p, photo=places[photos[p.id]], small=small[photos[p.id]])
            if p.id in photos
            else p
            for p in project.pictures
        ),
    )


@contextmanager
def unpacked(path: Path, editor: Editor) -> Iterator[Project]:
    """A project file for as long as a `with` lasts; its photos lie in a temporary folder till then.

    Args:
        path: the file; it is left as it is, see `save_project`.
        editor: of the project's domain, see `project_domain`.

    Raises:
        ProjectError: as `open_project`.
    """
    with TemporaryDirectory(prefix="project-") as folder:

        def store(name: str, data: bytes) -> str:
            (Path(folder) / name).write_bytes(data)
            return str(Path(folder) / name)

        yield open_project(path, editor, store)


def project_domain(source: bytes | Path) -> str:
    """Name of the domain that a project file was made in.

    Raises:
        ProjectError: it is not a project file.
    """
    try:
        text = as_object(json.loads(read_parts(source, only="project.json")["project.json"]))
        if text.get("kind") != KIND:
            raise ProjectError("this is not a project of this editor")
        return str(text["domain"])[:MAX_TEXT]
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ProjectError(f"this is not a project of this editor: {error}") from error
