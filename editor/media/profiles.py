"""Colours of photos whose numbers are not sRGB: as a screen shows them, and back."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

SAME = 2  # grey levels by which a profile of sRGB may differ from another one of sRGB
STEPS = 9  # of each colour, at which profiles are compared
KNOWN = 8  # profiles that are kept


@dataclass(frozen=True, eq=False)
class Conversion:
    """Converts colours of a profile to sRGB and back, relative to white, as browsers do.

    Attributes:
        out: from the profile to sRGB.
        back: from sRGB to the profile.
    """

    out: ImageCms.ImageCmsTransform
    back: ImageCms.ImageCmsTransform

    def to_srgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels [H, W, 3], uint8, of the profile as sRGB; what is beyond sRGB is clipped."""
        return _applied(self.out, pixels)

    def from_srgb(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels [H, W, 3], uint8, of sRGB as numbers of the profile."""
        return _applied(self.back, pixels)

    def changed(self, own: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Change pixels of the profile by what tells two pictures in sRGB apart.

        A colour beyond sRGB stays beyond it; a pixel that is the same in both stays as it is.

        Args:
            own: [H, W, 3], uint8, of the profile.
            before: the same in sRGB.
            after: the same, edited.
        """
        change = self.from_srgb(after).astype(np.int16) - self.from_srgb(before)
        return np.asarray((own + change).clip(0, 255), dtype=np.uint8)


def as_srgb(image: Image.Image) -> Image.Image:
    """Return an RGB picture in sRGB, without a profile: for files that have none, such as films."""
    profile = conversion(image.info.get("icc_profile"))
    if profile is None:
        return image  # one that says sRGB, or nothing that can be used, need not be told
    return Image.fromarray(profile.to_srgb(np.asarray(image.convert("RGB"))))


def by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the colours of a CMYK or 8-bit grey picture in sRGB as its profile says.

    What is transparent is left aside. None where the profile says nothing of such a picture.

    Args:
        image: of any mode. Grey may have an alpha, and may be held as RGB.
        profile: an ICC profile.
    """
    spaces = {"CMYK": "CMYK"} | dict.fromkeys(("L", "LA", "RGB", "RGBA"), "GRAY")
    if image.mode not in spaces or space_of(profile) != spaces[image.mode]:
        return None
    own = image if image.mode == "CMYK" else image.getchannel(0)
    try:
        held = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        srgb = ImageCms.createProfile("sRGB")
        black = ImageCms.Flags.BLACKPOINTCOMPENSATION
        transform = ImageCms.buildTransform(held, srgb, own.mode, "RGB", intent, black)
        return ImageCms.applyTransform(own, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def space_of(profile: bytes) -> str:
    """Return the colours that an ICC profile is of, as its header says: "RGB", "GRAY", "CMYK" and others."""
    return profile[16:20].decode("latin-1").strip()


@functools.lru_cache(maxsize=KNOWN)
def conversion(profile: bytes | None) -> Conversion | None:
    """Return what converts the colours of an ICC profile; None for sRGB and for what cannot be used.

    Args:
        profile: of an RGB picture; None where it has none.
    """
    if not profile:
        return None
    intent, srgb = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.createProfile("sRGB")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        out, back = (
            ImageCms.buildTransform(one, other, "RGB", "RGB", intent)
            for one, other in ((own, srgb), (srgb, own))
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # damaged, or of other colours: a browser ignores it too
    made = Conversion(out, back)
    line = np.linspace(0, 255, STEPS).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(line, line, line), axis=-1).reshape(STEPS, -1, 3)
    away = np.abs(made.to_srgb(cube).astype(np.int16) - cube)
    return None if away.max() <= SAME else made


def _applied(transform: ImageCms.ImageCmsTransform, pixels: np.ndarray) -> np.ndarray:
    image = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(pixels)), transform)
    assert image is not None
    return np.asarray(image)
