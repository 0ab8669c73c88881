"""A photo that was read: its pixels, what it was called, and what was found in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from editor.files import shown_name
from editor.media.formats import PAPER
from editor.media.images import decoded, read_bytes
from editor.media.profiles import as_srgb
from editor.media.source import Source, laid, read_source
from editor.photo.crop import Crop
from editor.photo.quarters import turned_photo

NOTHING = Source()  # is known of a picture that came without a file


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, read once and handed on.

    Attributes:
        pixels: upright 8-bit RGB, the file's own colours also where it is transparent; its `info`
            holds "icc_profile" if it has one.
        name: of its file; empty where it came without one.
        sha256: of its file's bytes, in hexadecimal; empty where it came without a file.
        found: where a finder saw what it looks for, with confidences 0…1, best first; None where
            nobody has looked yet.
        source: what its file holds beside its colours, such as alpha, date and author.
    """

    pixels: Image.Image = field(repr=False)
    name: str = ""
    sha256: str = ""
    found: tuple[tuple[Crop, float], ...] | None = None
    source: Source = NOTHING

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
            pixels, record = decoded(source, read_source())
            return cls(pixels, source=record)
        data = read_bytes(source)
        name = "" if isinstance(source, bytes) else Path(source).name
        pixels, record = decoded(data, read_source(data), name=name and shown_name(name))
        return cls(pixels, name, hashlib.sha256(data).hexdigest(), source=record)

    @property
    def seen(self) -> Image.Image:
        """The photo as a network sees it: RGB, in its own profile, on neutral grey where it is transparent."""
        return laid(self.pixels, self.source.alpha)

    def with_pixels(self, pixels: Image.Image) -> Photo:
        """Return the photo with other colours in its place, and all else that was read of it."""
        return replace(self, pixels=pixels)

    def turned(self, quarters: int) -> Photo:
        """Return the photo turned clockwise by quarters, with its alpha. Nobody has looked for squares in it."""
        alpha = self.source.alpha
        alpha = None if alpha is None else turned_photo(alpha, quarters)
        pixels = turned_photo(self.pixels, quarters)
        return replace(self, pixels=pixels, found=None, source=replace(self.source, alpha=alpha))

    def on_paper(self) -> Image.Image:
        """Return the photo for what knows neither profile nor transparency: RGB in sRGB, on white."""
        return as_srgb(laid(self.pixels, self.source.alpha, PAPER))

    def with_found(self, found: list[tuple[Crop, float]]) -> Photo:
        """Return the photo with a record of what was found in it."""
        return replace(self, found=tuple(found))

    def sure(self, least: float) -> list[tuple[Crop, float]]:
        """Return what was found with a confidence of at least `least`."""
        return [(crop, confidence) for crop, confidence in self.found or () if confidence >= least]
