"""What finds the square of a photo, as a protocol."""

from __future__ import annotations

from typing import Protocol

from PIL import Image

from editor.photo.crop import Crop


class Finder(Protocol):
    """Finds what a domain knows in a photo: the pack's aligner is one, YuNet another."""

    @property
    def key(self) -> str:
        """A name that tells finders apart whose answers may differ."""
        ...

    @property
    def sure(self) -> float:
        """The confidence, 0…1, from which what it finds is to be believed."""
        ...

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        """Find squares with confidences 0…1 in an upright RGB image, best first."""
        ...
