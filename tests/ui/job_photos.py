"""Photos for the jobs: pictures that the shipped packs made up, laid into larger ones. Nobody is in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from editor import Editor
from tests.ui.driver import ROOT

SIDE = 460  # px that a face has in a photo
GROUND = (96, 112, 128)


@dataclass(frozen=True)
class Photos:
    """Paths of what the jobs open."""

    friend: Path
    other: Path
    group: Path  # two faces
    five: tuple[Path, ...]
    landscape: Path
    broken: Path  # no photo, though it is called one


def laid(squares: list[Image.Image], width: int, height: int) -> Image.Image:
    """Lay square pictures side by side into a larger one, with soft edges on their own colours."""
    photo = Image.new("RGB", (width, height), GROUND)
    step = width // len(squares)
    for index, square in enumerate(squares):
        ground = square.resize((8, 8)).resize((step, height), Image.Resampling.BICUBIC)
        photo.paste(ground.filter(ImageFilter.GaussianBlur(24)), (index * step, 0))
    for index, square in enumerate(squares):
        side = min(SIDE, step - 40, height - 40)
        soft = Image.new("L", (side, side), 0)
        ImageDraw.Draw(soft).ellipse(
            (side // 12, side // 24, side - side // 12, side - side // 24), fill=255
        )
        corner = (index * step + (step - side) // 2, (height - side) // 2)
        large = square.resize((side, side), Image.Resampling.LANCZOS)
        photo.paste(large, corner, soft.filter(ImageFilter.GaussianBlur(side // 24)))
    return photo


def widened(square: Image.Image, width: int, height: int) -> Image.Image:
    """Enlarge a picture to a height, and mirror it on both sides to a width."""
    middle = np.asarray(square.resize((height, height), Image.Resampling.LANCZOS))
    more = (width - height) // 2
    return Image.fromarray(np.pad(middle, ((0, 0), (more, more), (0, 0)), "symmetric"))


def made(folder: Path, threads: int) -> Photos:
    """Make all photos.

    Args:
        folder: is made, for their files.
        threads: of the networks.
    """
    torch.set_num_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    places = {"checkpoints": ROOT / "checkpoints", "boundaries": ROOT / "boundaries"}
    faces = Editor.open("faces128", "cpu", **places)
    seeds = [*faces.info.example_seeds, 4, 11, 12, 15, 21][:5]
    squares = [faces.example(seed) for seed in seeds]
    paths = []
    for name, square in zip(("ada", "ben", "cleo", "dan", "eve"), squares, strict=True):
        paths.append(folder / f"{name}.jpg")
        laid([square], 1200, 900).save(paths[-1], quality=95)
    laid([squares[0], squares[2]], 1600, 900).save(folder / "group.jpg", quality=95)
    scenes = Editor.open("scenes128", "cpu", **places)
    scene = scenes.example(scenes.info.example_seeds[0])
    widened(scene, 1200, 800).save(folder / "hills.jpg", quality=95)
    (folder / "holiday.jpg").write_bytes(b"this is no photo")
    return given(folder, paths)


def given(folder: Path, faces: list[Path]) -> Photos:
    """Return what a folder holds: group.jpg, hills.jpg, holiday.jpg, and some faces."""
    return Photos(
        faces[0],
        faces[1],
        folder / "group.jpg",
        tuple(faces[:5]),
        folder / "hills.jpg",
        folder / "holiday.jpg",
    )
