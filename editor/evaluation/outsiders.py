"""Pictures that lie outside a domain of faces, made by rule: covered, turned, and drawn."""

from __future__ import annotations

import math
import random

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from editor.geometry import TIGHT, Alignment, Ellipse, face_ellipse
from editor.media.images import to_pil, to_tensor

LEAST_TURN = 60.0  # degrees
FINE = 4  # drawings are made so many times larger, then scaled
Colour = tuple[int, int, int]


def covered(photos: Tensor, alignment: Alignment = TIGHT, seed: int = 0) -> Tensor:
    """Cover most of each face of photos [N, 3, R, R] with a board, hands or a cloth.

    Args:
        photos: RGB, in [-1, 1].
        alignment: of their squares.
        seed: of what covers them.
    """
    made, face = [], face_ellipse(alignment)
    for index, photo in enumerate(photos):
        rng = random.Random(f"{seed} covered {index}")
        image = to_pil(photo)
        cover = rng.choice((_board, _hand, _cloth))(image.size[0], face, rng)
        image.paste(cover, (0, 0), cover)
        made.append(to_tensor(image))
    return torch.cat(made)


def turned(photos: Tensor, seed: int = 0) -> Tensor:
    """Turn photos [N, 3, R, R] by at least 60°, and fill what then lacks by reflection."""
    made = []
    for index, photo in enumerate(photos):
        rng = random.Random(f"{seed} turned {index}")
        pixels = np.asarray(to_pil(photo))
        side = len(pixels)
        wide = Image.fromarray(
            np.pad(pixels, ((side // 2,) * 2, (side // 2,) * 2, (0, 0)), "reflect")
        )
        angle = rng.uniform(LEAST_TURN, 360 - LEAST_TURN)
        whole = wide.rotate(angle, Image.Resampling.BICUBIC)
        start = side // 2
        made.append(to_tensor(whole.crop((start, start, start + side, start + side))))
    return torch.cat(made)


def drawn(count: int, resolution: int, alignment: Alignment = TIGHT, seed: int = 0) -> Tensor:
    """Draw faces with a few lines and flat colours: [count, 3, resolution, resolution].

    Args:
        count: how many.
        resolution: side, px.
        alignment: of the squares that they lie in.
        seed: of the drawings.
    """
    face = face_ellipse(alignment)
    rngs = [random.Random(f"{seed} drawn {index}") for index in range(count)]
    return torch.cat([to_tensor(_drawing(resolution, face, rng)) for rng in rngs])


def _box(face: Ellipse, side: int) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of a face, px."""
    x, y, a, b = (value * side for value in face)
    return x - a, y - b, x + a, y + b


def _board(side: int, face: Ellipse, rng: random.Random) -> Image.Image:
    """Draw a slightly turned board over most of the face, with up to eight lines."""
    cover = Image.new("RGBA", (side, side))
    left, top, right, bottom = _box(face, side)
    board = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(board)
    low = top + rng.uniform(-0.1, 0.2) * (bottom - top)
    draw.rectangle((left, low, right, low + 0.75 * (bottom - top)), (*_colour(rng), 255))
    for line in range(rng.randint(0, 8)):
        y = low + (line + 0.5) * 0.75 * (bottom - top) / 8
        draw.line((left, y, right, y), (*_colour(rng), 255), max(side // 40, 1))
    cover.paste(board.rotate(rng.uniform(-20, 20), center=(side / 2, side / 2)))
    return cover


def _hand(side: int, face: Ellipse, rng: random.Random) -> Image.Image:
    """Draw two hands before the face, palms and fingers in one colour of skin."""
    cover = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(cover)
    left, top, right, bottom = _box(face, side)
    tone = rng.uniform(0.35, 1.0)
    for part in (0.28, 0.72):
        skin = (*(round(v * tone * rng.uniform(0.92, 1.0)) for v in (233, 186, 158)), 255)
        x, y = left + part * (right - left), top + rng.uniform(0.5, 0.65) * (bottom - top)
        width, height = 0.26 * (right - left), 0.3 * (bottom - top)
        draw.ellipse((x - width, y - height, x + width, y + height), skin)
        for finger in range(4):
            at, lean = x + (finger - 1.5) * width * 0.55, rng.uniform(-0.2, 0.2) * width
            draw.line((at, y, at + lean, y - 2 * height), skin, max(round(width * 0.45), 2))
    return cover


def _cloth(side: int, face: Ellipse, rng: random.Random) -> Image.Image:
    """Draw a cloth with folds over all of the face but its top."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    folds = sum(
        math.sin(2 * math.pi * (wave * 0.5))
        * np.sin(
            2 * math.pi * (columns * rng.uniform(-4, 4) + rows * rng.uniform(-4, 4))
            + rng.uniform(0, 6)
        )
        for wave in (0.4, 0.7, 1.1)
    )
    shade = np.clip(0.75 + 0.25 * folds, 0.3, 1.0)[..., None]
    pixels = (shade * np.array(_colour(rng))).astype(np.uint8)
    mask = Image.new("L", (side, side))
    left, top, right, bottom = _box(face, side)
    middle = top + rng.uniform(0.0, 0.25) * (bottom - top)
    ImageDraw.Draw(mask).ellipse((left, middle, right, bottom + 0.3 * (bottom - top)), 255)
    cover = Image.fromarray(pixels).convert("RGBA")
    cover.putalpha(mask)
    return cover


def _drawing(resolution: int, face: Ellipse, rng: random.Random) -> Image.Image:
    side = FINE * resolution
    coloured = rng.random() < 0.6
    paper = _colour(rng, 120) if coloured else (250, 250, 246)
    image = Image.new("RGB", (side, side), paper)
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = _box(face, side)
    ink, pen = (20, 20, 30), max(round(side * rng.uniform(0.008, 0.02)), 2)
    skin = _colour(rng, 90) if coloured else None
    draw.ellipse((left, top, right, bottom), skin, ink, pen)
    middle, width, height = (left + right) / 2, right - left, bottom - top
    if rng.random() < 0.8:
        hair = _colour(rng) if coloured else None
        draw.chord((left, top, right, bottom), 180, 360, hair, ink, pen)
    size = rng.uniform(0.04, 0.12) * width
    eyes, mouth = top + rng.uniform(0.35, 0.48) * height, top + rng.uniform(0.65, 0.8) * height
    for x in (middle - 0.2 * width, middle + 0.2 * width):
        draw.ellipse((x - size, eyes - size, x + size, eyes + size), (255, 255, 255), ink, pen)
        draw.ellipse((x - size / 3, eyes - size / 3, x + size / 3, eyes + size / 3), ink)
    draw.line((middle, eyes + size, middle - 0.05 * width, eyes + 0.2 * height), ink, pen)
    smile = rng.uniform(0.1, 0.3) * width
    draw.arc(
        (middle - smile, mouth - smile / 2, middle + smile, mouth + smile / 2), 10, 170, ink, pen
    )
    return image.resize((resolution, resolution), Image.Resampling.BOX)


def _colour(rng: random.Random, least: int = 0) -> Colour:
    red, green, blue = (rng.randint(least, 255) for _ in range(3))
    return red, green, blue
