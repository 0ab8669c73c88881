"""A project as one file: a zip of JSON, safetensors and pictures, and nothing that runs.

project.json          pictures, nodes, sliders
tensors.safetensors   code/<picture>, slider/<name>
photos/<sha256>.jpg   the whole photos, as they were given
before/               of each picture: the aligned crop
thumbs/ masks/        of each node
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from editor.directions.boundary import BoundaryInfo, check_boundary
from editor.errors import EditorError, ImageError, ProjectError
from editor.files import write_whole
from editor.images import PHOTO_SUFFIXES, load_image
from editor.project.history import (
    MAX_NODES,
    MAX_PICTURES,
    SMALL_PX,
    Node,
    Picture,
    Project,
    thumbnail,
)
from editor.session import Editor
from editor.weights.format import pack_tensors, unpack_tensors

SCHEMA = 1
KIND = "idgan-project"
MAX_BYTES = 512 * 2**20
MAX_PHOTO_BYTES = 100 * 2**20
MAX_PART_BYTES = 16 * 2**20
MAX_SLIDERS = 100
MAX_TEXT = 200
PARTS = re.compile(
    r"project\.json|tensors\.safetensors|photos/[0-9a-f]{16}\.[a-z]{3,4}"
    r"|(before|thumbs|masks)/[A-Za-z0-9_]{1,32}\.(jpg|png)"
)
Store = Callable[[str, bytes], str]


def project_bytes(project: Project, with_photos: bool = True) -> bytes:
    """A project as the bytes of its file.

    Args:
        project: what to save.
        with_photos: the whole photos too; without them the file is small, and the photos are
            named by their content, for a place that keeps them itself.

    Raises:
        ImageError: a photo is gone.
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
    tensors |= {f"slider/{b.info.name}": b.normal for b in project.sliders}
    text = {
        "kind": KIND,
        "schema": SCHEMA,
        "domain": project.domain,
        "generator": project.generator,
        "at": project.at,
        "pictures": pictures,
        "nodes": nodes,
        "sliders": [asdict(b.info) for b in project.sliders],
    }
    files["project.json"] = json.dumps(text, indent=1).encode()
    files["tensors.safetensors"] = pack_tensors(tensors, {"kind": KIND})
    if with_photos:
        files |= {name: _photo(path) for path, name in photos.items()}
    return _zip(files)


def photo_files(project: Project) -> dict[str, str]:
    """Name within the file of each whole photo, by its path.

    Raises:
        ImageError: a photo is gone.
    """
    names = {}
    for path in dict.fromkeys(p.photo for p in project.pictures if p.photo):
        suffix = Path(path).suffix.lower()
        suffix = suffix if suffix in PHOTO_SUFFIXES else ".jpg"
        names[path] = f"photos/{hashlib.sha256(_photo(path)).hexdigest()[:16]}{suffix}"
    return names


def save_project(project: Project, path: Path) -> None:
    """Write a project file whole or not at all.

    Raises:
        ImageError: a photo is gone.
        ProjectError: the folder cannot be written.
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
        files = _unzip(source)
        text = _object(json.loads(files["project.json"]))
        if text.get("kind") != KIND or text.get("schema") != SCHEMA:
            raise ProjectError(
                f"this is not a project of this editor's schema {SCHEMA}, but "
                f"{str(text.get('kind'))[:40]!r} {str(text.get('schema'))[:10]}"
            )
        _check_domain(text, editor)
        tensors, _ = unpack_tensors(files["tensors.safetensors"], KIND)
        project, photos = _project(text, tensors, files, editor)
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


def project_domain(source: bytes | Path) -> str:
    """Name of the domain that a project file was made in.

    Raises:
        ProjectError: it is not a project file.
    """
    try:
        text = _object(json.loads(_unzip(source, only="project.json")["project.json"]))
        if text.get("kind") != KIND:
            raise ProjectError("this is not a project of this editor")
        return str(text["domain"])[:MAX_TEXT]
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ProjectError(f"this is not a project of this editor: {error}") from error


def _check_domain(text: dict[str, Any], editor: Editor) -> None:
    domain, generator = str(text["domain"])[:MAX_TEXT], str(text["generator"])[:MAX_TEXT]
    if domain != editor.info.name:
        raise ProjectError(
            f"the project was made in domain '{domain}', but '{editor.info.name}' is open; "
            f"choose '{domain}' first"
        )
    if generator != editor.pack.fingerprint:
        raise ProjectError(
            f"the project was made with another version of '{domain}', in which its pictures "
            f"would differ. Put that version of the pack back, or invert the photos again"
        )


def _project(
    text: dict[str, Any], tensors: dict[str, torch.Tensor], files: dict[str, bytes], editor: Editor
) -> tuple[Project, dict[str, str]]:
    """The project without its photos' places, and the photo's name by picture."""
    info = editor.info
    entries, states = list(text["pictures"]), list(text["nodes"])
    if not 1 <= len(entries) <= MAX_PICTURES or not 1 <= len(states) <= MAX_NODES + 1:
        raise ProjectError(f"{len(entries)} pictures with {len(states)} edits are out of bounds")
    sliders = tuple(
        check_boundary(
            BoundaryInfo.from_json(_object(one)),
            tensors[f"slider/{one['name']}"],
            info.name,
            info.num_ws,
            info.w_dim,
        )
        for one in list(text["sliders"])[:MAX_SLIDERS]
    )
    pictures: list[Picture] = []
    photos: dict[str, str] = {}
    for entry in map(_object, entries):
        name = str(entry["id"])
        if not re.fullmatch(r"[A-Za-z0-9_]{1,32}", name) or name in {p.id for p in pictures}:
            raise ProjectError(f"'{name[:40]}' is no id of a picture, or is there twice")
        before = files.get(f"before/{name}.png", b"")
        _check_picture(before, "PNG", (info.resolution, info.resolution))
        if entry["photo"] is not None:
            photos[name] = str(entry["photo"])
        pictures.append(
            Picture(
                name,
                str(entry["name"])[:MAX_TEXT],
                editor.edit(tensors[f"code/{name}"]).wp.numpy(),
                tuple((str(k)[:MAX_TEXT], float(v)) for k, v in entry["losses"].items()),
                square=_square(entry["square"]),
                before=before,
            )
        )
    nodes = tuple(
        _node(i, _object(state), files, info.resolution) for i, state in enumerate(states)
    )
    project = Project(
        info.name, editor.pack.fingerprint, tuple(pictures), nodes, int(text["at"]), sliders
    )
    if not 0 <= project.at < len(nodes):
        raise ProjectError(f"edit {project.at} of {len(nodes)} cannot be shown")
    for node in nodes:
        project.edit(editor, node)  # its picture, sliders, layers and mask are known and sound
    return project, photos


def _node(index: int, state: dict[str, Any], files: dict[str, bytes], resolution: int) -> Node:
    mask, thumb = files.get(f"masks/{index}.png", b""), files.get(f"thumbs/{index}.jpg", b"")
    _check_picture(mask, "PNG", (resolution, resolution))
    _check_picture(thumb, "JPEG")
    parent = int(state["parent"])
    if not -1 <= parent < index:
        raise ProjectError(f"edit {index} cannot have been made from edit {parent}")
    return Node(
        str(state["picture"]),
        tuple((str(name), float(distance)) for name, distance in state["moves"].items()),
        tuple((str(name), tuple(map(int, those))) for name, those in state["layers"].items()),
        mask,
        str(state["label"])[:MAX_TEXT],
        thumb,
        parent,
    )


def _square(value: Any) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    x, y, side, angle = map(float, value)
    if not np.isfinite([x, y, side, angle]).all():
        raise ProjectError("a square is not finite")
    return x, y, side, angle


def _check_picture(data: bytes, kind: str, size: tuple[int, int] | None = None) -> None:
    """Refuse a small picture that is not what the page expects; none at all is fine."""
    if not data:
        return
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=(kind,)) as image:
            if max(image.size) > 4096 or (size is not None and image.size != size):
                raise ProjectError(
                    f"a picture of {image.width}×{image.height} does not belong here"
                )
            image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise ProjectError(f"a picture in the project is damaged: {error}") from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProjectError(f"an object was expected, not {type(value).__name__}")
    return value


def _photo(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"a photo is gone ({Path(path).name}); give it again") from error


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            if data:
                archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _unzip(source: bytes | Path, only: str | None = None) -> dict[str, bytes]:
    """The parts of the file, never more than the limits, whatever its index says."""
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(
            io.BytesIO(source) if isinstance(source, bytes) else source
        ) as archive:
            for item in archive.infolist():
                if not PARTS.fullmatch(item.filename) or item.filename in files:
                    raise ProjectError(
                        f"'{item.filename[:60]}' does not belong into a project, or is there twice"
                    )
                if only not in (None, item.filename):
                    continue
                photo = item.filename.startswith("photos/")
                bound = min(MAX_PHOTO_BYTES if photo else MAX_PART_BYTES, left)
                with archive.open(item) as part:
                    data = part.read(bound + 1)
                if len(data) > bound:
                    raise ProjectError(f"'{item.filename}' is larger than a project may hold")
                left -= len(data)
                files[item.filename] = data
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ProjectError(f"this is not a project file, or it is damaged: {error}") from error
    except (ValueError, KeyError, zipfile.LargeZipFile) as error:
        raise ProjectError(f"this is not a project file, or it is damaged: {error}") from error
    return files
