"""A photo that was read: its pixels, what it was called, and what was found in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from editor.files import shown_name
from editor.media.images import load_image, read_bytes
from editor.photo.crop import Crop


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, read once and handed on.

    Attributes:
        pixels: upright 8-bit RGB; its `info` holds "icc_profile" if it has one.
        name: of its file; empty where it came without one.
        sha256: of its file's bytes, in hexadecimal; empty where it came without a file.
        found: where a finder saw what it looks for, with confidences 0…1, best first; None where
            nobody has looked yet.
    """

    pixels: Image.Image = field(repr=False)
    name: str = ""
    sha256: str = ""
    found: tuple[tuple[Crop, float], ...] | None = None

    @classmethod
    def read(cls, source: str | Path | bytes | Image.Image | Photo) -> Photo:
        """Read a photo. One that was read before is returned as it is.

        Args:
            source: a path, the bytes of a file, an image, or a photo.

        Raises:
            ImageError: it cannot be used.
        """
        if isinstance(source, Photo):
            return source
        if isinstance(source, Image.Image):
            return cls(load_image(source))
        data = read_bytes(source)
        name = "" if isinstance(source, bytes) else Path(source).name
        return cls(
            load_image(data, name=name and shown_name(name)), name, hashlib.sha256(data).hexdigest()
        )

    def with_found(self, found: list[tuple[Crop, float]]) -> Photo:
        """Return the photo with a record of what was found in it."""
        return replace(self, found=tuple(found))

    def sure(self, least: float) -> list[tuple[Crop, float]]:
        """Return what was found with a confidence of at least `least`."""
        return [(crop, confidence) for crop, confidence in self.found or () if confidence >= least]
