"""The facade: everything a person touches goes through `Editor`."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editor import DEFAULT_DOMAIN
from editor.editing.code_file import read_code
from editor.editing.diffuse import collage, diffuse
from editor.editing.edit import Edit
from editor.editing.local import check_mask
from editor.errors import ImageError, MismatchError, OptionError
from editor.files import shown_name
from editor.inversion.loop import InversionOptions, InversionStep, invert
from editor.inversion.signs import inversion_signs
from editor.media.images import load_image, to_pil, to_tensor
from editor.packs.info import BOUNDARIES, CHECKPOINTS, DomainInfo
from editor.packs.load import DomainPack, load_domain
from editor.packs.verdict import Judgement
from editor.photo.crop import Crop, crop_square
from editor.photo.detect import CONFIDENT as CONFIDENT
from editor.photo.detect import crop_of, detect, largest_of
from editor.runtime import device_label, pick_device, seeded_latents, telling_memory
from editor.sliders.boundary import Boundary, BoundaryInfo
from editor.sliders.boundary_file import load_boundaries

DETECT_PX = 1280  # photos are made smaller before anything is looked for
T = TypeVar("T")
_workers: dict[str, ThreadPoolExecutor] = {}


def _device_worker(device: torch.device) -> ThreadPoolExecutor:
    """The one thread that works on a device.

    A thread of its own, not a lock: torch keeps a pool of helpers for every thread that calls it,
    and on a CPU those pools would get in each other's way.
    """
    name = str(device)
    return _workers.setdefault(name, ThreadPoolExecutor(1, f"editor-{name}"))


class Editor:
    """Inverts photos into a domain and edits them.

    Open one with `Editor.open("faces64")`; it may be shared by threads. Work on one device is done
    one step at a time, so that several visitors take turns.
    """

    def __init__(
        self, pack: DomainPack, boundaries: dict[str, Boundary], device: torch.device
    ) -> None:
        self.pack = pack
        self.boundaries = boundaries
        self.device = device
        self.perceptual = pack.feature_term()
        self._worker = _device_worker(device)

    @classmethod
    def open(
        cls,
        domain: str = DEFAULT_DOMAIN,
        device: str = "auto",
        checkpoints: Path = CHECKPOINTS,
        boundaries: Path = BOUNDARIES,
    ) -> Editor:
        """Load a domain pack with its boundaries.

        Args:
            domain: a folder of `checkpoints`.
            device: "auto", "cpu", "cuda", "mps".
            checkpoints: folder of packs.
            boundaries: folder of boundary folders.

        Raises:
            PackError: the pack is missing, damaged or inconsistent.
            OptionError: the device is not there, or does not work.
            ShortMemoryError: the device has not enough memory for the pack.
        """
        where = pick_device(device)
        with telling_memory(where):
            pack = load_domain(domain, where, checkpoints)
        info = pack.info
        found = load_boundaries(
            boundaries / domain, domain, info.num_ws, info.w_dim, pack.fingerprint
        )
        return cls(pack, found, where)

    @property
    def info(self) -> DomainInfo:
        """Facts of the domain."""
        return self.pack.info

    @property
    def inversion(self) -> InversionOptions:
        """How this domain inverts unless told otherwise."""
        return InversionOptions.of(self.info.inversion)

    @property
    def diffusion(self) -> InversionOptions:
        """How a patch spreads unless told otherwise.

        Fewer steps than an inversion's, a quarter as large: on faces64 the patch then fits as well
        as a full inversion of its picture, and the code stays a quarter closer to the domain than
        by the inversion's own learning rate. A converted pack, which comes without a discriminator,
        keeps what was published for it.
        """
        usual = self.inversion
        published = self.pack.discriminator is None
        return usual if published else replace(usual, steps=60, lr=usual.lr / 4)

    @property
    def device_label(self) -> str:
        """What to show a person about the device."""
        return device_label(self.device)

    @property
    def weight_bytes(self) -> int:
        """Memory of the networks' weights."""
        networks = (*self.pack.networks, self.pack.perceptual)
        return sum(
            tensor.numel() * tensor.element_size()
            for network in networks
            if network is not None
            for tensor in network.state_dict().values()
        )

    @property
    def sliders(self) -> list[BoundaryInfo]:
        """Facts of every boundary, in the order of the page."""
        return [boundary.info for boundary in self.boundaries.values()]

    def with_sliders(self, own: dict[str, Boundary]) -> Editor:
        """This editor with more sliders, for one visitor; the networks are shared."""
        return Editor(self.pack, {**self.boundaries, **own}, self.device) if own else self

    def boundary(self, name: str) -> Boundary:
        """A boundary by name.

        Raises:
            OptionError: it is not known.
        """
        if name not in self.boundaries:
            known = ", ".join(self.boundaries) or "none"
            raise OptionError(f"domain '{self.info.name}' has no slider '{name}'; it has: {known}")
        return self.boundaries[name]

    def find(
        self, photo: str | Path | bytes | Image.Image, least: float = CONFIDENT
    ) -> list[tuple[Crop, float]]:
        """Where the photo shows what the domain knows: squares with a confidence, best first.

        Empty where nothing is found, and in domains whose pictures need no alignment.

        Args:
            photo: a path, bytes of a file, or an image.
            least: confidence, 0…1, below which a square is not given.

        Raises:
            ImageError: the photo cannot be used.
        """
        aligner, image = self.pack.aligner, load_image(photo)
        if aligner is None:
            return []
        small = image.copy()
        small.thumbnail((DETECT_PX, DETECT_PX), Image.Resampling.BOX)
        pixels = to_tensor(small).to(self.device)
        largest = largest_of(self.info.squares)
        found = self.on_device(lambda: detect(pixels, aligner, largest))
        return [
            (crop_of(one.pose, *small.size), one.confidence)
            for one in found
            if one.confidence >= least
        ]

    def place(self, photo: str | Path | bytes | Image.Image) -> Crop:
        """The square that is taken of a photo unless another is given: the likeliest, or the centre."""
        found = self.find(photo, least=0.0)
        return found[0][0] if found else Crop()

    def align(
        self, photo: str | Path | bytes | Image.Image, crop: Crop | None = None
    ) -> Image.Image:
        """Cut and scale a photo to the domain's square; by default as `place` says.

        Raises:
            ImageError: the photo cannot be used.
        """
        image = load_image(photo)
        return crop_square(image, crop or self.place(image), self.info.resolution)

    def invert_steps(
        self, aligned: Image.Image, options: InversionOptions | None = None
    ) -> Iterator[InversionStep]:
        """Invert an aligned picture step by step; stop iterating to cancel.

        Other work on the device may run between two steps.
        """
        self._check_aligned(aligned)
        steps = invert(
            to_tensor(aligned).to(self.device),
            self.pack.generator,
            self.pack.encoder,
            self.perceptual,
            options or self.inversion,
        )
        yield from self._stepped(steps)

    def invert(
        self,
        photo: str | Path | bytes | Image.Image,
        crop: Crop | None = None,
        options: InversionOptions | None = None,
    ) -> Edit:
        """Invert a photo: align, encode, optimise.

        Args:
            photo: a path, bytes of a file, or an image.
            crop: the square to take; by default as `place` says.
            options: how to optimise.

        Returns:
            The edit with all sliders at zero.

        Raises:
            ImageError: the photo cannot be used.
        """
        source = load_image(photo)
        square = crop or self.place(source)
        aligned = self.align(source, square)
        last: InversionStep | None = None
        for last in self.invert_steps(aligned, options):  # noqa: B007
            pass
        assert last is not None
        edit = self.edit(last.wp[0], aligned, last.losses)
        return replace(edit, source=source, crop=square)

    def signs(self, photos: Tensor, codes: Tensor) -> dict[str, Tensor]:
        """How inversions went, see `inversion_signs`.

        Args:
            photos: [N, 3, R, R], RGB, in [-1, 1], aligned.
            codes: [N, num_ws, w_dim], of the photos.
        """
        pack = self.pack
        return self.on_device(
            lambda: inversion_signs(
                photos.to(self.device),
                codes.to(self.device),
                pack.generator,
                pack.encoder,
                self.perceptual,
                pack.aligner,
            )
        )

    def judge(self, edit: Edit) -> Judgement | None:
        """Whether an inversion is like its photo, sliders left aside; None where the pack cannot tell.

        It holds for inversions with the domain's own options, with which it was fitted.

        Args:
            edit: of this domain, with its aligned photo.
        """
        if self.info.verdict is None or edit.photo is None:
            return None
        signs = self.signs(to_tensor(edit.photo), edit.wp[None])
        known = {name: float(value[0]) for name, value in signs.items()}
        known = {name: value for name, value in known.items() if math.isfinite(value)}
        if not set(self.info.verdict.signs) <= known.keys():
            return None
        return self.info.verdict.judge(known)

    def edit(
        self,
        wp: Tensor | np.ndarray,
        photo: Image.Image | None = None,
        losses: dict[str, float] | None = None,
        moves: dict[str, float] | None = None,
    ) -> Edit:
        """Make an edit of a code [num_ws, w_dim].

        Raises:
            MismatchError: the code is of another domain's shape, or not finite.
            OptionError: a slider is unknown.
        """
        code = torch.as_tensor(np.asarray(wp), dtype=torch.float32).detach().cpu()
        if code.shape != (self.info.num_ws, self.info.w_dim) or not bool(
            torch.isfinite(code).all()
        ):
            raise MismatchError(
                f"the code has shape {tuple(code.shape)}; '{self.info.name}' needs finite values "
                f"({self.info.num_ws}, {self.info.w_dim})"
            )
        edit = Edit(self, code, photo=photo, losses=tuple((losses or {}).items()))
        return edit.move(**(moves or {}))

    def open_code(self, path: str | Path) -> Edit:
        """Reopen what `Edit.save_code` wrote.

        Raises:
            MismatchError: the file is of another domain or generator, or not such a file.
            OptionError: a slider is unknown, or a value of it, of a layer or of the mask cannot be.
        """
        name = shown_name(path)
        try:
            found = read_code(Path(path))
        except MismatchError as error:
            raise MismatchError(f"{name} is not a code saved by this editor: {error}") from error
        if found.domain != self.info.name:
            raise MismatchError(
                f"{name} was saved in domain '{found.domain}', but '{self.info.name}' is open. "
                f"Open it with --domain {found.domain}"
            )
        if found.generator != self.pack.fingerprint:
            raise MismatchError(
                f"{name} was saved with another version of the pack '{self.info.name}', in which it "
                f"would be another picture. Invert the photo again, or put that version of the pack "
                f"back"
            )
        edit = self.edit(found.wp, moves=found.moves)
        edit = replace(edit, base=None if found.base is None else self.edit(found.base).wp)
        mask = None if found.mask is None else torch.from_numpy(found.mask)
        return edit.on_layers(**found.layers).inside(mask)

    def collages(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float] = (0.0, 0.0),
    ) -> list[Image.Image]:
        """The patch of a target pasted on contexts, as `diffuse_steps` begins; all aligned.

        Raises:
            ImageError: a picture is not of the domain's size.
            OptionError: no part of the patch lies on the contexts.
        """
        return [to_pil(image) for image in self._collages(target, contexts, mask, offset)[0]]

    def diffuse_steps(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float] = (0.0, 0.0),
        options: InversionOptions | None = None,
    ) -> Iterator[InversionStep]:
        """Let a patch of the target spread into contexts, step by step; stop iterating to cancel.

        Args:
            target: aligned.
            contexts: aligned; each gives one code of the steps' batch.
            mask: [R, R], 0…1: the patch, on the target.
            offset: how far it is moved right and down on the contexts, as shares of the side.
            options: how to optimise, by default as `diffusion`; the domain term is left out.

        Raises:
            ImageError: a picture is not of the domain's size.
            OptionError: no part of the patch lies on the contexts.
        """
        pack, (collages, placed) = self.pack, self._collages(target, contexts, mask, offset)
        steps = diffuse(
            collages.to(self.device),
            placed,
            pack.generator,
            pack.encoder,
            self.perceptual,
            options or self.diffusion,
        )
        yield from self._stepped(steps)

    def diffuse(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float] = (0.0, 0.0),
        options: InversionOptions | None = None,
    ) -> list[Edit]:
        """As `diffuse_steps`, to the end: one edit for each context."""
        last = deque(self.diffuse_steps(target, contexts, mask, offset, options), maxlen=1).pop()
        return [self.edit(wp) for wp in last.wp.cpu()]

    def settle_steps(
        self, edit: Edit, options: InversionOptions | None = None
    ) -> Iterator[InversionStep]:
        """Find a code for an edit with a mask, so that its seam is the generator's, step by step."""
        picture = to_tensor(edit.image).to(self.device)
        share = 1.0 if edit.mask is None else float(edit.mask.mean())
        start = torch.lerp(edit.wp, edit.code, share)[None].to(self.device)
        pack = self.pack
        steps = invert(
            picture,
            pack.generator,
            pack.encoder,
            self.perceptual,
            options or self.inversion,
            start=start,
        )
        yield from self._stepped(steps)

    def settle(self, edit: Edit, options: InversionOptions | None = None) -> Edit:
        """As `settle_steps`, to the end: an edit without mask, its sliders at zero."""
        last = deque(self.settle_steps(edit, options), maxlen=1).pop()
        settled = self.edit(last.wp[0], edit.photo, last.losses)
        base = edit.wp if edit.base is None else edit.base
        return replace(settled, source=edit.source, crop=edit.crop, base=base)

    def _collages(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float],
    ) -> tuple[Tensor, Tensor]:
        for image in (target, *contexts):
            self._check_aligned(image)
        if not contexts:
            raise OptionError("no context was given; choose one at least")
        mask = check_mask(mask, self.info.resolution)
        behind = torch.cat([to_tensor(image) for image in contexts])
        return collage(to_tensor(target)[0], behind, mask, offset)

    def _check_aligned(self, image: Image.Image) -> None:
        if image.size != (self.info.resolution, self.info.resolution):
            raise ImageError(
                f"the picture is {image.width}×{image.height}; '{self.info.name}' needs "
                f"{self.info.resolution}×{self.info.resolution}. Use Editor.align first"
            )

    def _stepped(self, steps: Iterator[InversionStep]) -> Iterator[InversionStep]:
        """One step at a time, each when it is its turn on the device."""
        while (step := self.on_device(lambda: next(steps, None))) is not None:
            yield step

    def synthesise(self, code: Tensor) -> Image.Image:
        """The picture of one code [num_ws, w_dim]."""
        return self.synthesise_all(code[None])[0]

    def synthesise_all(self, codes: Tensor) -> list[Image.Image]:
        """The pictures of codes [N, num_ws, w_dim]; equal codes give equal pictures."""
        images = [self.on_device(partial(self._synthesis, code)) for code in codes]
        return [to_pil(image) for image in images]

    @torch.no_grad()
    def _synthesis(self, code: Tensor) -> Tensor:
        return self.pack.generator.synthesis(code[None].to(self.device))

    def on_device(self, work: Callable[[], T]) -> T:
        """Do one piece of work when it is its turn.

        Raises:
            ShortMemoryError: the device has not enough memory for it; other work goes on.
        """
        return self._worker.submit(self._told, work).result()

    def _told(self, work: Callable[[], T]) -> T:
        with telling_memory(self.device):
            return work()

    def sample(self, seed: int, truncation_psi: float = 0.7) -> Edit:
        """An edit of a generated code, all sliders at zero."""
        z = seeded_latents([seed], self.pack.generator.z_dim).to(self.device)
        return Edit(self, self.on_device(lambda: self._mapping(z, truncation_psi))[0].cpu())

    @torch.no_grad()
    def _mapping(self, z: Tensor, truncation_psi: float) -> Tensor:
        return self.pack.generator.mapping(z, truncation_psi=truncation_psi)

    def example(self, seed: int, truncation_psi: float = 0.7) -> Image.Image:
        """A generated picture to try the editor with."""
        return self.sample(seed, truncation_psi).image
