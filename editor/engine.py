"""One open pack on one device: the only door through which a user's work reaches a network."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from editor.errors import ImageError
from editor.inversion.loop import InversionOptions, InversionStep, invert
from editor.inversion.signs import inversion_signs
from editor.media.images import to_pil, to_tensor
from editor.packs.info import CHECKPOINTS, DomainInfo
from editor.packs.load import DomainPack, load_domain
from editor.photo.crop import Crop
from editor.photo.detect import CONFIDENT, crop_of, detect, largest_of
from editor.runtime import device_label, pick_device, seeded_latents, telling_memory

DETECT_PX = 1280  # photos are made smaller before anything is looked for
KEPT_BYTES = 32 * 2**20  # of pictures that were rendered last
T = TypeVar("T")
_workers: dict[str, ThreadPoolExecutor] = {}


def _device_worker(device: torch.device) -> ThreadPoolExecutor:
    """Return the one thread that works on a device.

    A thread of its own, not a lock: torch keeps a pool of helpers for every thread that calls it,
    and on a CPU those pools would get in each other's way.
    """
    name = str(device)
    return _workers.setdefault(name, ThreadPoolExecutor(1, f"editor-{name}"))


class Engine:
    """Runs the networks of one pack on one device; may be shared by threads.

    Work on one device is done one step at a time, so that several visitors take turns.

    Args:
        pack: loaded, on the device.
        device: that it lies on.
    """

    def __init__(self, pack: DomainPack, device: torch.device) -> None:
        self.pack = pack
        self.device = device
        self.feature_term = pack.feature_term()
        self._worker = _device_worker(device)
        self._pictures = _Pictures()

    @classmethod
    def open(cls, domain: str, device: str = "auto", checkpoints: Path = CHECKPOINTS) -> Engine:
        """Open a pack on a device.

        Args:
            domain: a folder of `checkpoints`.
            device: "auto", "cpu", "cuda", "mps".
            checkpoints: folder of packs.

        Raises:
            PackError: the pack is missing, damaged or inconsistent.
            OptionError: the device is not there, or does not work.
            ShortMemoryError: the device has not enough memory for the pack.
        """
        where = pick_device(device)
        with telling_memory(where):
            return cls(load_domain(domain, where, checkpoints), where)

    @property
    def info(self) -> DomainInfo:
        """Facts of the domain."""
        return self.pack.info

    @property
    def fingerprint(self) -> str:
        """Name of the generator's weights, to which codes and sliders belong."""
        return self.pack.fingerprint

    @property
    def w_avg(self) -> Tensor:
        """[num_ws, w_dim], the mean code, on the CPU."""
        return self.pack.generator.w_avg.cpu()

    @property
    def has_aligner(self) -> bool:
        """Whether the pack can find its object in a photo."""
        return self.pack.aligner is not None

    @property
    def device_label(self) -> str:
        """What to show a person about the device."""
        return device_label(self.device)

    @property
    def weight_bytes(self) -> int:
        """Memory of the networks' weights, in bytes."""
        networks = (*self.pack.networks, self.pack.perceptual)
        return sum(
            tensor.numel() * tensor.element_size()
            for network in networks
            if network is not None
            for tensor in network.state_dict().values()
        )

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

    def on_device(self, work: Callable[[], T]) -> T:
        """Do one piece of work on the device when its turn comes, and return what it gives.

        Raises:
            ShortMemoryError: the device has too little memory for it; other work goes on.
        """
        return self._worker.submit(self._told, work).result()

    def _told(self, work: Callable[[], T]) -> T:
        with telling_memory(self.device):
            return work()

    def render(self, codes: Tensor) -> list[Image.Image]:
        """Return the pictures of codes [N, num_ws, w_dim]. Equal codes give equal pictures.

        The pictures rendered last are kept, so that a slider that moves costs one synthesis,
        however many pictures its result is compared with.
        """
        return [self._pictures.get(code, self._rendered) for code in codes.cpu()]

    def _rendered(self, code: Tensor) -> Image.Image:
        return to_pil(self.on_device(partial(self._synthesis, code)))

    @torch.no_grad()
    def _synthesis(self, code: Tensor) -> Tensor:
        return self.pack.generator.synthesis(code[None].to(self.device))

    @torch.no_grad()
    def map(self, z: Tensor, truncation_psi: float = 1.0) -> Tensor:
        """Map latents z [N, z_dim] to codes [N, num_ws, w_dim] on the CPU."""
        mapping, where = self.pack.generator.mapping, z.to(self.device)

        @torch.no_grad()
        def work() -> Tensor:
            return mapping(where, truncation_psi=truncation_psi).cpu()

        return self.on_device(work)

    def tensor(self, aligned: Image.Image) -> Tensor:
        """Turn an aligned RGB picture into [1, 3, R, R], −1…1.

        Raises:
            ImageError: it is not of the domain's size.
        """
        side = self.info.resolution
        if aligned.size != (side, side):
            raise ImageError(
                f"the picture is {aligned.width}×{aligned.height}; '{self.info.name}' needs "
                f"{side}×{side}. Use Editor.align first"
            )
        return to_tensor(aligned)

    def sample(self, seeds: list[int], truncation_psi: float = 0.7) -> Tensor:
        """Return the codes [N, num_ws, w_dim] of seeds, each mapped by itself."""
        z = [seeded_latents([seed], self.pack.generator.z_dim) for seed in seeds]
        return torch.cat([self.map(one, truncation_psi) for one in z])

    @property
    def key(self) -> str:
        """As a finder: the pack's own aligner."""
        return f"aligner of {self.info.name}"

    @property
    def sure(self) -> float:
        """As a finder: the confidence from which what it finds is to be believed."""
        return CONFIDENT

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        """Find squares with confidences 0…1 in an upright RGB image by the pack's aligner, best first.

        The list is empty where the pack has no aligner.
        """
        aligner = self.pack.aligner
        if aligner is None:
            return []
        small = image.copy()
        small.thumbnail((DETECT_PX, DETECT_PX), Image.Resampling.BOX)
        pixels, largest = to_tensor(small).to(self.device), largest_of(self.info.squares)
        found = self.on_device(lambda: detect(pixels, aligner, largest))
        return [(crop_of(one.pose, *small.size), one.confidence) for one in found]

    def invert(
        self,
        images: Tensor,
        options: InversionOptions | None = None,
        mask: Tensor | None = None,
        start: Tensor | None = None,
    ) -> Iterator[InversionStep]:
        """Invert images step by step. Stop iterating to cancel.

        Other work on the device may run between two steps.

        Args:
            images: [N, 3, R, R], RGB, −1…1, aligned.
            options: how to optimise; by default as `inversion`.
            mask: [N or 1, 1, R, R], 0…1: pixels and features count inside it alone.
            start: [N, num_ws, w_dim], the codes to begin with; by default the encoder's.
        """
        pack = self.pack
        steps = invert(
            images.to(self.device),
            pack.generator,
            pack.encoder,
            self.feature_term,
            options or self.inversion,
            mask=None if mask is None else mask.to(self.device),
            start=None if start is None else start.to(self.device),
        )
        yield from self._by_turns(steps)

    def signs(self, images: Tensor, codes: Tensor) -> dict[str, Tensor]:
        """Measure how inversions went, as `inversion_signs` does.

        Args:
            images: [N, 3, R, R], −1…1, aligned.
            codes: [N, num_ws, w_dim], the inversions of the images.
        """
        pack = self.pack
        return self.on_device(
            lambda: inversion_signs(
                images.to(self.device),
                codes.to(self.device),
                pack.generator,
                pack.encoder,
                self.feature_term,
                pack.aligner,
            )
        )

    def _by_turns(self, steps: Iterator[InversionStep]) -> Iterator[InversionStep]:
        """Yield one step at a time, each made when its turn on the device comes."""
        while (step := self.on_device(lambda: next(steps, None))) is not None:
            yield step


class _Pictures:
    """Keeps the pictures that were asked for last, by their codes; safe among threads."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most = most
        self._kept: OrderedDict[bytes, Image.Image] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, code: Tensor, make: Callable[[Tensor], Image.Image]) -> Image.Image:
        """Return a copy of the picture of a code [num_ws, w_dim], and make it if it is not kept."""
        key = hashlib.sha256(code.contiguous().numpy().tobytes()).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key].copy()
        image = make(code)
        size = 3 * image.width * image.height
        with self._lock:
            if key not in self._kept:
                self._kept[key] = image
                self._bytes += size
            while self._bytes > self.most:
                _, old = self._kept.popitem(last=False)
                self._bytes -= 3 * old.width * old.height
        return image.copy()
