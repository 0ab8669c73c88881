"""A photo that was read: its pixels, what it was called, and what was found in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from editor.files import shown_name
from editor.media.deep import Known
from editor.media.formats import PAPER
from editor.media.images import (
    LOOKED_AT_PX,
    decoded,
    is_large_jpeg,
    load_image,
    read_bytes,
)
from editor.media.profiles import as_srgb
from editor.media.source import Source, laid, read_source
from editor.photo.crop import Crop, crop_square
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
        file: of a JPEG of more than 64 megapixels its bytes: its `pixels` may be at a smaller scale.
        found: where a finder saw what it looks for, with confidences 0…1, best first; None where
            nobody has looked yet.
        source: what its file holds beside its colours, such as alpha, date and author.
        cut: squares that were cut out beforehand, by square and side in px.
    """

    pixels: Image.Image = field(repr=False)
    name: str = ""
    sha256: str = ""
    file: bytes = field(default=b"", repr=False)
    found: tuple[tuple[Crop, float], ...] | None = None
    source: Source = NOTHING
    cut: Mapping[tuple[Crop, int], Image.Image] = field(default_factory=dict, repr=False)

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
            pixels, record = decoded(source, read_source())
            return cls(pixels, source=record)
        data = read_bytes(source)
        name = "" if isinstance(source, bytes) else Path(source).name
        large, shown = is_large_jpeg(data), name and shown_name(name)
        least_px = LOOKED_AT_PX if large else 0
        pixels, record = decoded(data, read_source(data), least_px, shown, known)
        digest = hashlib.sha256(data).hexdigest()
        return cls(pixels, name, digest, data if large else b"", source=record)

    def whole(self) -> Image.Image:
        """Return the photo at its full size. That of a large JPEG is decoded anew, and nobody else's.

        Raises:
            ImageError: there is not enough memory for it.
        """
        name = self.name and shown_name(self.name)
        return load_image(self.file, name=name) if self.file else self.pixels

    def part(self, crop: Crop, resolution: int) -> Image.Image:
        """Cut a square out as a network sees it, and scale it. Its profile is the photo's.

        It is of the full size where `pixels` are too few for it.

        Args:
            crop: the square.
            resolution: side of the result, px.
        """
        return next(self.parts([crop], resolution))

    def parts(self, crops: Iterable[Crop], resolution: int) -> Iterator[Image.Image]:
        """Yield several squares as `part` cuts each. A large JPEG is decoded once for all of them.

        Raises:
            ImageError: there is not enough memory for it.
        """
        whole = seen = None
        for crop in crops:
            if (crop, resolution) in self.cut:
                yield self.cut[crop, resolution].copy()
                continue
            if self.file and crop.side * min(self.pixels.size) < resolution:
                image = whole = whole or self.whole()
            else:
                image = seen = seen or self.seen
            square = crop_square(image, crop, resolution)
            square.info = dict(image.info)
            yield square

    def with_parts(self, crops: Iterable[Crop], resolution: int) -> Photo:
        """Return the photo with squares that `part` need not cut out of it any more.

        Raises:
            ImageError: there is not enough memory for it.
        """
        squares = [(crop, resolution) for crop in crops]
        images = self.parts([crop for crop, _ in squares], resolution)
        return replace(self, cut={**self.cut, **dict(zip(squares, images, strict=True))})

    @property
    def seen(self) -> Image.Image:
        """The photo as a network sees it: RGB, in its own profile, on neutral grey where it is transparent."""
        return laid(self.pixels, self.source.alpha)

    def with_pixels(self, pixels: Image.Image) -> Photo:
        """Return the photo with other colours in its place, at full size, and all else that was read of it."""
        return replace(self, pixels=pixels, file=b"", cut={})

    def turned(self, quarters: int) -> Photo:
        """Return the photo turned clockwise by quarters, with what is transparent. Nothing is found in it yet.

        Of a large JPEG it is `pixels` that are turned.
        """
        if not quarters % 4:
            return self
        alpha = self.source.alpha
        source = replace(
            self.source,
            alpha=alpha and turned_photo(alpha, quarters),
            dpi=self.source.turned_dpi(quarters),
        )
        pixels = turned_photo(self.pixels, quarters)
        return replace(self, pixels=pixels, file=b"", found=None, source=source, cut={})

    def on_paper(self) -> Image.Image:
        """Return the photo for what knows neither profile nor transparency: RGB in sRGB, on white."""
        return as_srgb(laid(self.pixels, self.source.alpha, PAPER))

    def with_found(self, found: list[tuple[Crop, float]]) -> Photo:
        """Return the photo with a record of what was found in it."""
        return replace(self, found=tuple(found))

    def sure(self, least: float) -> list[tuple[Crop, float]]:
        """Return what was found with a confidence of at least `least`."""
        return [(crop, confidence) for crop, confidence in self.found or () if confidence >= least]
