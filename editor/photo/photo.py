"""A photo that was read: its pixels, what it was called, and what was found in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from editor.files import shown_name
from editor.media.deep import Known
from editor.media.images import is_large_jpeg, load_image, load_reduced, read_bytes
from editor.photo.crop import Crop, crop_square


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, read once and handed on.

    Attributes:
        pixels: upright 8-bit RGB; its `info` holds "icc_profile" if it has one.
        name: of its file; empty where it came without one.
        sha256: of its file's bytes, in hexadecimal; empty where it came without a file.
        file: of a JPEG of more than 64 megapixels its bytes: its `pixels` may be at a smaller scale.
        found: where a finder saw what it looks for, with confidences 0…1, best first; None where
            nobody has looked yet.
    """

    pixels: Image.Image = field(repr=False)
    name: str = ""
    sha256: str = ""
    file: bytes = field(default=b"", repr=False)
    found: tuple[tuple[Crop, float], ...] | None = None

    @classmethod
    def read(
        cls, source: str | Path | bytes | Image.Image | Photo, known: Known | None = None
    ) -> Photo:
        """Read a photo. One that was read before is returned as it is.

        Args:
            source: a path, the bytes of a file, an image, or a photo.
            known: which values are black and white, see `media.images.common_levels`.

        Raises:
            ImageError: it cannot be used.
        """
        if isinstance(source, Photo):
            return source
        if isinstance(source, Image.Image):
            return cls(load_image(source))
        data = read_bytes(source)
        name = "" if isinstance(source, bytes) else Path(source).name
        pixels = load_reduced(data, name and shown_name(name), known)
        file = data if is_large_jpeg(data) else b""
        return cls(pixels, name, hashlib.sha256(data).hexdigest(), file)

    def whole(self) -> Image.Image:
        """Return the photo at its full size. That of a large JPEG is decoded anew, and nobody else's.

        Raises:
            ImageError: there is not enough memory for it.
        """
        name = self.name and shown_name(self.name)
        return load_image(self.file, name=name) if self.file else self.pixels

    def part(self, crop: Crop, resolution: int) -> Image.Image:
        """Cut a square out, and scale it, from the full size where `pixels` are too few for it.

        Args:
            crop: the square.
            resolution: side of the result, px.
        """
        few = bool(self.file) and crop.side * min(self.pixels.size) < resolution
        return crop_square(self.whole() if few else self.pixels, crop, resolution)

    def with_found(self, found: list[tuple[Crop, float]]) -> Photo:
        """Return the photo with a record of what was found in it."""
        return replace(self, found=tuple(found))

    def sure(self, least: float) -> list[tuple[Crop, float]]:
        """Return what was found with a confidence of at least `least`."""
        return [(crop, confidence) for crop, confidence in self.found or () if confidence >= least]
