"""Training of an aligner: windows around known squares, moved, sized and turned at random.

What it learns is to undo the change; windows elsewhere, of another size or upside down are its
negatives. Nothing is labelled by hand: an aligned picture is its own square, and a photo whose
square is known gives its surroundings too.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from editor.data.image_set import ImageSet
from editor.errors import OptionError, TrainingError
from editor.geometry import Alignment, Pose, known_square, sample_windows
from editor.media.images import known_formats
from editor.models.aligner import CONTEXT, WINDOW, Aligner, apply_answer, wanted_answer
from editor.models.config import AlignerConfig
from editor.packs.tensors import half, write_tensors
from editor.training.loop import Clock, Schedule, train_loop
from editor.training.run import RunFolder

SIDE_PX = 72  # of the known squares, to which photos are scaled
CANVAS_PX = 192
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class AlignerTraining:
    """Options of an aligner's training; kimg counts windows.

    Attributes:
        positive: share of the windows that hold the object.
        shift: most that a positive window is moved, in its own sides.
        octaves: most that it is too large or small, in powers of 2.
        turn: most that it is turned, degrees; a third of the windows are turned twice as far.
        weight_pose: of the pose's error against that of the confidence.
    """

    kimg: float = 1200.0
    batch: int = 128
    lr: float = 2e-3
    positive: float = 0.5
    shift: float = 0.25
    octaves: float = 0.6
    turn: float = 20.0
    weight_pose: float = 8.0
    held_out: int = 200
    tick_kimg: float = 20.0
    snapshot_kimg: float = 100.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kimg <= 0 or self.batch < 2 or self.lr <= 0 or not 0 < self.positive < 1:
            raise OptionError(
                f"kimg {self.kimg}, batch {self.batch}, lr {self.lr} must be positive, and positive "
                f"{self.positive} lie between 0 and 1"
            )


@dataclass(frozen=True)
class PhotoSet:
    """Photos with one known square each, scaled so that the squares have the same side.

    Attributes:
        pixels: [N, 3, CANVAS_PX, CANVAS_PX], uint8; each photo in its top left corner, its last
            row and column repeated beyond it.
        sizes: [N, 2], width and height of each, px.
        truth: [N, 4], the squares: x, y, side, angle.
    """

    pixels: Tensor
    sizes: Tensor
    truth: Tensor

    def __len__(self) -> int:
        return len(self.truth)


def photos_of_images(images: ImageSet) -> PhotoSet:
    """Aligned pictures, each its own square."""
    count = len(images)
    pixels = torch.empty(count, 3, CANVAS_PX, CANVAS_PX, dtype=torch.uint8)
    for i in range(count):
        small = F.interpolate(images.pixels[i : i + 1].float(), size=SIDE_PX, mode="area")
        pixels[i] = F.pad(small, (0, CANVAS_PX - SIDE_PX) * 2, mode="replicate")[0].round()
    truth = torch.tensor([[SIDE_PX / 2, SIDE_PX / 2, SIDE_PX, 0.0]]).repeat(count, 1)
    return PhotoSet(pixels, torch.full((count, 2), float(SIDE_PX)), truth)


def load_photos(
    source: Path,
    part: str,
    progress: Progress | None = None,
    alignment: Alignment | None = None,
) -> PhotoSet:
    """Photos of a zip with an alignment.json, whose entries are as in `known_square`.

    Args:
        source: the zip.
        part: take only names that begin so, such as "train/".
        progress: called with (done, total).
        alignment: of the squares; None takes the quads as they are.

    Raises:
        TrainingError: there is no such zip, or nothing in it can be used.
        OptionError: a photo's square is not known.
    """
    if not source.is_file():  # opening a pipe would wait
        raise TrainingError(f"{source} is no zip of photos with an alignment.json: it is no file")
    try:
        archive = zipfile.ZipFile(source)
        known = json.loads(archive.read("alignment.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{source} is no zip of photos with an alignment.json: {error}"
        ) from error
    names = sorted(name for name in known if name.startswith(part))
    if not names:
        raise TrainingError(f"{source} has no photo whose name begins with '{part}'")
    squares = [known_square(name, known[name], alignment) for name in names]
    pixels = torch.empty(len(names), 3, CANVAS_PX, CANVAS_PX, dtype=torch.uint8)
    sizes, truth = [], []
    for i, (name, pose) in enumerate(zip(names, squares, strict=True)):
        with Image.open(io.BytesIO(archive.read(name)), formats=known_formats()) as image:
            photo, pose = _around(image.convert("RGB"), pose)
        array = torch.from_numpy(np.asarray(photo).copy()).permute(2, 0, 1)[None].float()
        gaps = (0, CANVAS_PX - photo.width, 0, CANVAS_PX - photo.height)
        pixels[i] = F.pad(array, gaps, mode="replicate")[0]
        sizes.append([float(photo.width), float(photo.height)])
        truth.append([pose.x, pose.y, pose.side, pose.angle])
        if progress:
            progress(i + 1, len(names))
    return PhotoSet(pixels, torch.tensor(sizes), torch.tensor(truth))


def _around(photo: Image.Image, pose: Pose) -> tuple[Image.Image, Pose]:
    """What lies around the square, scaled so that the square has SIDE_PX."""
    factor = SIDE_PX / pose.side
    reach = CANVAS_PX / 2 / factor
    left, top = max(pose.x - reach, 0.0), max(pose.y - reach, 0.0)
    right, bottom = min(pose.x + reach, photo.width), min(pose.y + reach, photo.height)
    size = (
        min(max(round((right - left) * factor), 1), CANVAS_PX),
        min(max(round((bottom - top) * factor), 1), CANVAS_PX),
    )
    small = photo.resize(size, Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    moved = Pose((pose.x - left) * factor, (pose.y - top) * factor, SIDE_PX, pose.angle)
    return small, moved


def made_backgrounds(images: ImageSet, count: int, seed: int = 0) -> Tensor:
    """Pictures without the object, where none are given: shuffled tiles, and coloured noise.

    Args:
        images: aligned pictures, whose tiles have the texture of photos but not their shapes.
        count: how many.
        seed: of everything random.

    Returns:
        [count, 3, 128, 128], uint8.
    """
    rng = torch.Generator().manual_seed(seed)
    made = torch.empty(count, 3, 128, 128, dtype=torch.uint8)
    line = torch.fft.fftfreq(128)
    radius = (line[:, None].square() + line.square()).sqrt().clamp(min=1 / 128)
    for i in range(count):
        if i % 2:
            tile = (8, 16, 32)[int(torch.randint(3, (1,), generator=rng))]
            index = images.draw(1, rng)
            x = F.interpolate(images.pixels[index].float(), size=128, mode="area")
            tiles = F.unfold(x, tile, stride=tile)
            order = torch.randperm(tiles.shape[2], generator=rng)
            x = F.fold(tiles[:, :, order], 128, tile, stride=tile)[0]
        else:
            slope = _uniform(1, 0.5, 2.0, rng)
            noise = torch.randn(3, 128, 128, generator=rng)
            x = torch.fft.ifft2(torch.fft.fft2(noise) / radius**slope).real
            x = x / x.std(dim=(1, 2), keepdim=True) * _uniform(1, 10, 60, rng)
            shared = torch.rand(1, generator=rng)  # of the channels: grey to coloured
            x = shared * x.mean(dim=0) + (1 - shared) * x
            x = x + torch.rand(3, 1, 1, generator=rng) * 255
        made[i] = x.clamp(0, 255).round()
    return made


@dataclass
class _State:
    aligner: Aligner
    adam: torch.optim.Optimizer
    rng: torch.Generator
    clock: Clock = field(default_factory=Clock)

    @property
    def modules(self) -> dict[str, nn.Module]:
        return {"a": self.aligner}

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"adam": self.adam}


def train_aligner(
    photos: PhotoSet,
    backgrounds: Tensor,
    run: RunFolder,
    options: AlignerTraining,
    config: AlignerConfig,
    header: dict[str, Any] | None = None,
) -> Iterator[dict[str, Any]]:
    """Train, or go on where the run folder stopped.

    The last `held_out` photos are never trained on; the error on them is in every record.

    Args:
        photos: with known squares.
        backgrounds: [M, 3, R, R], uint8, without the object; laid behind photos, and negatives.
        run: where options, statistics, checkpoint and snapshot go.
        options: how to train.
        config: architecture.
        header: domain, licence and data facts for the snapshot's header.

    Yields:
        One record a tick: losses, `val_corner` (mean error of the corners after one look, in sides
        of the square) and `val_missed` (share of held-out squares with a confidence below 0.5).

    Raises:
        TrainingError: losses are not finite again and again, or the folder holds another run.
        OptionError: the held-out part leaves nothing to train on.
    """
    if len(photos) <= options.held_out or not len(backgrounds):
        raise OptionError(
            f"{len(photos)} photos, of which {options.held_out} are held out, and "
            f"{len(backgrounds)} backgrounds are too few"
        )
    run.start(
        {
            "training": asdict(options)
            | {"kimg": None, "alignment": (header or {}).get("alignment")},
            "kimg": options.kimg,
            "aligner": config.to_dict(),
            "photos": len(photos),
            "backgrounds": len(backgrounds),
        }
    )
    torch.manual_seed(options.seed)
    aligner = Aligner(config)
    adam = torch.optim.Adam(aligner.parameters(), lr=options.lr, betas=(0.9, 0.99))
    state = _State(aligner, adam, torch.Generator().manual_seed(options.seed))
    count = len(photos) - options.held_out
    still = torch.Generator().manual_seed(options.seed + 1)
    index = torch.arange(count, len(photos))
    test = _windows(photos, backgrounds, index, options, still, positives=len(index))

    def step() -> dict[str, float]:
        part = min(state.clock.kimg / options.kimg, 1.0)
        for group in adam.param_groups:
            group["lr"] = options.lr * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * part)))
        index = torch.randint(count, (options.batch,), generator=state.rng)
        positives = round(options.batch * options.positive)
        image, poses, truth, there = _windows(
            photos, backgrounds, index, options, state.rng, positives
        )
        answer = aligner(_recoloured(image, state.rng))[:, :, 0, 0]
        loss_there = F.binary_cross_entropy_with_logits(answer[:, 0], there)
        wanted = wanted_answer(poses[:positives], truth[:positives])
        loss_pose = F.smooth_l1_loss(answer[:positives, 1:], wanted, beta=0.05)
        adam.zero_grad(set_to_none=True)
        (loss_there + options.weight_pose * loss_pose).backward()
        adam.step()
        return {"loss_there": loss_there.item(), "loss_pose": loss_pose.item()}

    @torch.no_grad()
    def measure() -> dict[str, float]:
        image, poses, truth, _ = test
        answer = aligner(image)[:, :, 0, 0]
        corners = [_corners(rows) for rows in (apply_answer(poses, answer), truth)]
        error = (corners[0] - corners[1]).norm(dim=2).mean(dim=1) / truth[:, 2]
        missed = (answer[:, 0] < 0).float().mean()
        return {"val_corner": error.mean().item(), "val_missed": missed.item()}

    def snapshot() -> None:
        training = {**asdict(options), "kimg": state.clock.kimg, "seconds": state.clock.seconds}
        meta = {"kind": "aligner", "config": config.to_dict(), **(header or {})}
        meta["training"] = training | measure()
        write_tensors(run.path / "aligner.safetensors", half(aligner.state_dict()), meta)

    yield from train_loop(run, state, Schedule.of(options), step, snapshot, measure)


def _corners(poses: Tensor) -> Tensor:
    """[N, 4, 2] of squares [N, 4]."""
    x, y, side, angle = (poses[:, i, None] for i in range(4))
    u = torch.tensor([-0.5, -0.5, 0.5, 0.5]) * side
    v = torch.tensor([-0.5, 0.5, 0.5, -0.5]) * side
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([x + cos * u - sin * v, y + sin * u + cos * v], dim=2)


def _uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=rng)


def _windows(
    photos: PhotoSet,
    backgrounds: Tensor,
    index: Tensor,
    options: AlignerTraining,
    rng: torch.Generator,
    positives: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Windows of photos: the first `positives` hold the object, the others do not.

    Returns:
        Images [N, 3, WINDOW, WINDOW] in [-1, 1]; the squares that fit the windows and the true ones,
        both [N, 4]; and whether the object is there, [N], 1 or 0.
    """
    n, truth = len(index), photos.truth[index].clone()
    far = torch.where(torch.rand(n, generator=rng) < 1 / 3, 2.0, 1.0)
    turn = _uniform(n, -1, 1, rng) * far * math.radians(options.turn)
    octave = _uniform(n, -1, 1, rng) * options.octaves
    shift = torch.stack([_uniform(n, -1, 1, rng) for _ in range(2)], dim=1) * options.shift
    there = torch.zeros(n)
    there[:positives] = 1.0
    # what makes a negative: elsewhere, another size, upside down, or a background alone
    kind = torch.randint(4, (n,), generator=rng)
    kind[:positives] = -1
    heading = _uniform(n, 0, 2 * math.pi, rng)
    reach = _uniform(n, 0.55, 1.4, rng)
    away = torch.stack([heading.cos(), heading.sin()], dim=1) * reach[:, None]
    shift = torch.where((kind == 0)[:, None], away, shift)
    sign = torch.where(torch.rand(n, generator=rng) < 0.5, 1.0, -1.0)
    octave = torch.where(kind == 1, sign * _uniform(n, 1.1, 2.2, rng), octave)
    turn = torch.where(kind == 2, sign * _uniform(n, 1.6, math.pi, rng), turn)
    side = truth[:, 2] * torch.exp2(octave)
    poses = torch.stack(
        [
            truth[:, 0] + shift[:, 0] * side * CONTEXT,
            truth[:, 1] + shift[:, 1] * side * CONTEXT,
            side,
            truth[:, 3] + turn,
        ],
        dim=1,
    )
    window = poses.clone()
    window[:, 2] *= CONTEXT
    pixels = photos.pixels[index].float()
    front = sample_windows(pixels, window, WINDOW)
    behind = _behind(backgrounds, n, rng)
    place = _inside(photos.sizes[index], window)
    # a photo's own edge, as when its border is repeated, or the photo lying on something else
    bare = (torch.rand(n, generator=rng) < 0.4).float()[:, None, None, None]
    cover = torch.maximum(place, bare) * (kind != 3).float()[:, None, None, None]
    image = (behind + cover * (front - behind)) / 127.5 - 1.0
    flip = torch.rand(n, generator=rng) < 0.5
    image = torch.where(flip[:, None, None, None], image.flip(3), image)
    # mirrored about the window's own upright axis
    offset = truth[:, :2] - poses[:, :2]
    axis = torch.stack([poses[:, 3].cos(), poses[:, 3].sin()], dim=1)
    along = (offset * axis).sum(dim=1, keepdim=True)
    mirrored = truth.clone()
    mirrored[:, :2] -= 2 * along * axis
    mirrored[:, 3] = 2 * poses[:, 3] - truth[:, 3]
    return image, poses, torch.where(flip[:, None], mirrored, truth), there


def _behind(backgrounds: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """Windows of backgrounds, any place and size."""
    index = torch.randint(len(backgrounds), (count,), generator=rng)
    size = backgrounds.shape[-1]
    side = _uniform(count, 0.25, 1.0, rng) * size
    place = [side / 2 + torch.rand(count, generator=rng) * (size - side) for _ in range(2)]
    turn = torch.where(torch.rand(count, generator=rng) < 0.2, _uniform(count, -1, 1, rng), 0.0)
    poses = torch.stack([*place, side, turn], dim=1)
    return sample_windows(backgrounds[index].float(), poses, WINDOW)


def _inside(sizes: Tensor, window: Tensor) -> Tensor:
    """[N, 1, WINDOW, WINDOW]: 1 where a window lies on its photo."""
    grid = torch.ones(1, 1, CANVAS_PX, CANVAS_PX)
    line = torch.arange(CANVAS_PX) + 0.5
    mask = (line[None, :] < sizes[:, 0, None])[:, None, None] & (line[None, :] < sizes[:, 1, None])[
        :, None, :, None
    ]
    return sample_windows(grid * mask.float(), window, WINDOW, padding="zeros")


def _recoloured(image: Tensor, rng: torch.Generator) -> Tensor:
    """Brightness, contrast, colour, blur and noise as cameras differ."""
    n = len(image)

    def each(low: float, high: float) -> Tensor:
        return _uniform(n, low, high, rng)[:, None, None, None]

    image = image * each(0.6, 1.4) + each(-0.3, 0.3)
    grey = image.mean(dim=1, keepdim=True)
    image = grey + (image - grey) * each(0.0, 1.5)
    small = F.interpolate(image, scale_factor=0.5, mode="area")
    soft = F.interpolate(small, size=WINDOW, mode="bilinear")
    image = torch.where(torch.rand(n, generator=rng)[:, None, None, None] < 0.3, soft, image)
    noise = torch.randn(image.shape, generator=rng) * each(0.0, 0.08)
    return (image + noise).clamp(-1, 1)
