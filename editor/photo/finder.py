"""What finds the square of a photo, as a protocol."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from PIL import Image

from editor.photo.crop import Crop


class SureAgain(NamedTuple):
    """The confidences from which a second look, which looks at more, is to be believed.

    Attributes:
        turned: of the photo turned by quarters, of which three are tried.
        in_tiles: of its many tiles.
    """

    turned: float
    in_tiles: float


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

    @property
    def sure_again(self) -> SureAgain:
        """The same for a second look."""
        ...

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        """Find squares with confidences 0…1 in an upright RGB image, best first."""
        ...
