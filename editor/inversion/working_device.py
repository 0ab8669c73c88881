"""A pack on a device that can invert with it: tried by one step before anybody relies on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from editor.inversion.loop import InversionOptions, invert
from editor.packs.domain_pack import DomainPack
from editor.packs.load import load_domain
from editor.runtime import with_device


def open_pack(domain: str, device: str, checkpoints: Path) -> tuple[DomainPack, torch.device]:
    """Load a pack on the device of a name. Return both.

    Args:
        domain: a folder of `checkpoints`.
        device: "auto" (a GPU where it works, else the CPU), "cpu", "cuda", "mps".
        checkpoints: folder of packs.

    Raises:
        PackError: the pack is missing, damaged or inconsistent.
        OptionError: a device that was named is not there, or does not work.
        ShortMemoryError: a device that was named, or the CPU, has not enough memory for the pack.
    """

    def read() -> DomainPack:
        return load_domain(domain, torch.device("cpu"), checkpoints)

    def move(pack: DomainPack, where: torch.device) -> None:
        pack.to(where)
        if where.type != "cpu":
            try_step(pack)

    return with_device(device, read, move)


def try_step(pack: DomainPack) -> None:
    """Invert the mean picture by one step on the device of the pack.

    Raises:
        RuntimeError: the device fails, or what it computes is not finite.
    """
    generator = pack.generator
    with torch.no_grad():
        image = generator.synthesis(generator.w_avg[None])
    options = replace(InversionOptions.of(pack.info.inversion), steps=1)
    *_, last = invert(image, generator, pack.encoder, pack.feature_term(), options)
    if not bool(torch.isfinite(last.wp).all() and torch.isfinite(last.image).all()):
        raise RuntimeError("a step of an inversion gives values that are not finite")
