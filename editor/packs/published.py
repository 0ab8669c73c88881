"""The published domains of idinvert: where their files are, and fetching them.

Reference: the README of idinvert_pytorch, "Pre-trained Models".
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from editor.errors import OptionError, UnavailableError
from editor.packs.convert.run import Sources
from editor.packs.fetch import Progress, cache_folder, fetch

DRIVE = "https://drive.usercontent.google.com/download?id={id}&export=download&confirm=t"
VGG16 = "1qQ-r7MYZ8ZcjQQFe17eQfJbOAuE3eS0y"


@dataclass(frozen=True)
class Published:
    """One published domain.

    Attributes:
        title: a person's words for it.
        subject: what a picture shows.
        generator: Google Drive id of the generator.
        encoder: Google Drive id of the encoder.
        licence: of the weights.
    """

    title: str
    subject: str
    generator: str
    encoder: str
    licence: str


MIT = "published by the authors of idinvert_pytorch (MIT); trained on {data}"
PUBLISHED = {
    "ffhq256": Published(
        "Faces (FFHQ), 256 px",
        "face",
        "1SjWD4slw612z2cXa3-n38JwKZXqDUerG",
        "1gij7xy05crnyA-tUTQ2F3yYlAlu6p9bO",
        MIT.format(data="FFHQ (CC BY-NC-SA 4.0: not for commercial use)"),
    ),
    "tower256": Published(
        "Towers (LSUN), 256 px",
        "scene",
        "1lI_OA_aN4-O3mXEPQ1Nv-6tdg_3UWcyN",
        "1Pzkgdi3xctdsCZa9lcb7dziA_UMIswyS",
        MIT.format(data="LSUN (research use)"),
    ),
    "bedroom256": Published(
        "Bedrooms (LSUN), 256 px",
        "scene",
        "1ka583QwvMOtcFZJcu29ee8ykZdyOCcMS",
        "1ebuiaQ7xI99a6ZrHbxzGApEFCu0h0X2s",
        MIT.format(data="LSUN (research use)"),
    ),
}


def files_of(name: str) -> dict[str, str]:
    """Return the Google Drive ids of a domain's files, by file name.

    Raises:
        OptionError: the domain is not published.
    """
    if name not in PUBLISHED:
        raise OptionError(f"'{name}' is not a published domain; use {', '.join(PUBLISHED)}")
    entry = PUBLISHED[name]
    return {
        f"styleganinv_{name}_generator.pth": entry.generator,
        f"styleganinv_{name}_encoder.pth": entry.encoder,
        "vgg16.pth": VGG16,
    }


def fetch_published(
    name: str,
    folder: Path | None = None,
    mirror: str | None = None,
    boundaries: Path | None = None,
    progress: Callable[[str], Progress] | None = None,
) -> Sources:
    """Fetch the files of a published domain, or find them where they were put by hand.

    No hash was published. So the first download is trusted, its sha256 is kept beside the file and in
    the pack, and anything else is refused from then on.

    Args:
        name: of the domain.
        folder: where the files go; the cache by default.
        mirror: address of a folder that holds them under the same names; Google Drive by default.
        boundaries: folder of the published boundaries, if they are to be converted too.
        progress: makes the progress function of a file.

    Returns:
        What `convert_files` takes.

    Raises:
        UnavailableError: a file cannot be downloaded; the text says what to put where by hand.
    """
    place = folder or cache_folder()
    paths = []
    for file, drive in files_of(name).items():
        if (place / file).is_file() and not (place / f"{file}.sha256").is_file():
            paths.append(place / file)  # put there by hand
            continue
        url = f"{mirror.rstrip('/')}/{file}" if mirror else DRIVE.format(id=drive)
        try:
            paths.append(fetch(url, "", file, place, progress=progress and progress(file)))
        except UnavailableError:
            if mirror or importlib.util.find_spec("gdown") is None:
                raise
            paths.append(_with_gdown(drive, place / file))
    entry = PUBLISHED[name]
    return Sources(
        name=name,
        generator=paths[0],
        encoder=paths[1],
        perceptual=paths[2],
        boundaries=boundaries,
        title=entry.title,
        subject=entry.subject,
        licence=entry.licence,
    )


def _with_gdown(drive: str, target: Path) -> Path:
    """Download a file by the optional package gdown, where a plain download was refused."""
    gdown = importlib.import_module("gdown")
    part = target.with_name(f".{target.name}.gdown")
    try:
        if gdown.download(id=drive, output=str(part), quiet=True, resume=True) is None:
            raise OSError("gdown gave nothing")
        part.replace(target)
    except Exception as error:
        raise UnavailableError(
            f"{target.name} could not be downloaded from Google Drive ({error}). Download "
            f"https://drive.google.com/file/d/{drive} by hand and put it at {target}."
        ) from error
    return target
