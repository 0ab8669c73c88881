"""One open pack on one device: the only door through which a user's work reaches a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from editor.errors import OptionError
from editor.inversion.loop import InversionOptions, InversionStep, invert
from editor.inversion.objective import EncoderLike
from editor.inversion.signs import inversion_signs
from editor.media.images import square_tensor, to_pil
from editor.media.picture_cache import PictureCache
from editor.models.encoder import Encoder
from editor.packs.domain_pack import DomainPack
from editor.packs.info import CHECKPOINTS, DomainInfo
from editor.packs.load import load_domain
from editor.photo.crop import Crop
from editor.photo.detect import CONFIDENT, CONFIDENT_AGAIN, find_squares, shrunk
from editor.runtime import device_label, device_worker, pick_device, seeded_latents, telling_memory

T = TypeVar("T")


class Engine:
    """Runs the networks of one pack on one device; may be shared by threads.

    Work on one device is done one step at a time, so that several visitors take turns.

    Args:
        pack: loaded, on the device.
        device: that it lies on.
    """

    sure, sure_again = CONFIDENT, CONFIDENT_AGAIN  # as a finder, from which it is to be believed

    def __init__(self, pack: DomainPack, device: torch.device) -> None:
        self.pack = pack
        self.device = device
        self.feature_term = pack.feature_term()
        self._worker = device_worker(device)
        self._pictures = PictureCache()

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
    def path(self) -> Path:
        """The pack's folder."""
        return self.pack.path

    @property
    def w_avg(self) -> Tensor:
        """[num_ws, w_dim], the mean code, on the CPU."""
        return self.pack.generator.w_avg.cpu()

    @property
    def has_discriminator(self) -> bool:
        """Whether the pack keeps the network that judged pictures in training."""
        return self.pack.discriminator is not None

    @property
    def compute_dtype(self) -> torch.dtype:
        """What the encoder computes in."""
        return self.pack.encoder.compute_dtype

    @property
    def z_dim(self) -> int:
        """Size of a latent z."""
        return self.pack.generator.z_dim

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
        return self.pack.weight_bytes

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
        return self._worker.submit(telling_memory(self.device)(work)).result()

    def synthesis(self, codes: Tensor, batch: int = 50) -> Tensor:
        """Return the pictures [N, 3, R, R] of codes [N, num_ws, w_dim]: float32, on the CPU, not cut off.

        Args:
            codes: on any device.
            batch: pictures at a time.
        """
        return torch.cat(
            [
                self.on_device(partial(self._synthesis, part)).float().cpu()
                for part in codes.split(batch)
            ]
        )

    def encode(self, images: Tensor, batch: int = 50) -> Tensor:
        """Return what the encoder says of images: codes [N, num_ws, w_dim], on the CPU.

        Args:
            images: [N, 3, R, R], RGB, −1…1, aligned.
            batch: images at a time.
        """

        @torch.no_grad()
        def work(part: Tensor) -> Tensor:
            codes: Tensor = self.pack.encoder(part.to(self.device))
            return codes.cpu()

        return torch.cat([self.on_device(partial(work, part)) for part in images.split(batch)])

    def render(self, codes: Tensor) -> list[Image.Image]:
        """Return the pictures of codes [N, num_ws, w_dim]. Equal codes give equal pictures.

        The pictures rendered last are kept, so that a slider that moves costs one synthesis,
        however many pictures its result is compared with.
        """
        return [self._pictures.get(code, self._rendered) for code in codes.cpu()]

    def _rendered(self, code: Tensor) -> Image.Image:
        return to_pil(self.on_device(partial(self._synthesis, code[None])))

    @torch.no_grad()
    def _synthesis(self, codes: Tensor) -> Tensor:
        return self.pack.generator.synthesis(codes.to(self.device))

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
        return square_tensor(aligned, self.info.resolution, self.info.name)

    def sample(self, seeds: list[int], truncation_psi: float = 0.7) -> Tensor:
        """Return the codes [N, num_ws, w_dim] that seeds give; each by itself."""
        each = (seeded_latents([seed], self.z_dim) for seed in seeds)
        return torch.cat([self.map(z, truncation_psi) for z in each])

    @property
    def key(self) -> str:
        """As a finder: the pack's own aligner."""
        return f"aligner of {self.info.name}"

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        """Find squares with confidences 0…1 in an upright RGB image by the pack's aligner, best first.

        The list is empty where the pack has no aligner.
        """
        if (aligner := self.pack.aligner) is None:
            return []
        small = shrunk(image)  # before its turn on the device
        return self.on_device(lambda: find_squares(small, aligner, self.info.squares, self.device))

    def invert(
        self,
        images: Tensor,
        options: InversionOptions | None = None,
        mask: Tensor | None = None,
        start: Tensor | None = None,
        encoder: EncoderLike | None = None,
    ) -> Iterator[InversionStep]:
        """Invert images step by step. Stop iterating to cancel.

        Other work on the device may run between two steps.

        Args:
            images: [N, 3, R, R], RGB, −1…1, aligned.
            options: how to optimise; by default as `inversion`.
            mask: [N or 1, 1, R, R], 0…1: pixels and features count inside it alone.
            start: [N, num_ws, w_dim], the codes to begin with; by default the encoder's.
            encoder: that guides in place of the pack's own, for comparisons.
        """
        pack = self.pack
        steps = invert(
            images.to(self.device),
            pack.generator,
            encoder or pack.encoder,
            self.feature_term,
            options or self.inversion,
            mask=None if mask is None else mask.to(self.device),
            start=None if start is None else start.to(self.device),
        )
        yield from self._by_turns(steps)

    def style_weights(self) -> list[Tensor]:
        """Return the matrices by which each layer reads its code, as `sefa` takes them."""
        return self.pack.generator.style_weights()

    def critic_features(self, images: Tensor) -> list[Tensor]:
        """Return the discriminator's features, by resolution, of images [N, 3, R, R], −1…1.

        Raises:
            OptionError: the pack has no discriminator.
        """
        critic = self.pack.discriminator
        if critic is None:
            raise OptionError(f"'{self.info.name}' has no discriminator")
        return self.on_device(lambda: critic.features(images.to(self.device)))

    def computing_in(self, dtype: torch.dtype, *others: Encoder) -> AbstractContextManager[None]:
        """Have the pack's networks, and others, compute in a dtype for the length of a `with`."""
        return self.pack.computing_in(dtype, *others)

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
