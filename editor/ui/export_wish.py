"""What the Save dialog asks for, checked; and the bytes of a picture as it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import Image

from editor.errors import OptionError
from editor.files import plain_text
from editor.media.images import encode_image
from editor.project.exports import plain_stem
from editor.ui.page_values import Shape

KINDS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
QUALITY = 92
SETTINGS = {"code": ".npz", "look": ".json"}  # which are no pictures
FILM = {"wipe": ".mp4"}
PICTURES = ("photo", "face", "pair")
MAX_NAME = 120
SHAPE: Shape = {"what": str, "name": str, "kind": str, "profile": bool}


@dataclass(frozen=True)
class Wish:
    """What to save.

    Attributes:
        what: "photo", "face", "pair" (before and after), "wipe" (the same as a film), "code" or "look".
        name: of the file, without suffix; empty: after the photo and what was done.
        kind: "JPEG", "PNG" or "WEBP".
        profile: keep the photo's colour profile.
    """

    what: str = "photo"
    name: str = ""
    kind: str = "JPEG"
    profile: bool = True

    @classmethod
    def read(cls, value: Any) -> Wish:
        """Read what the page sent; what it does not say is as usual.

        Raises:
            OptionError: it asks for what there is not.
        """
        given = value if isinstance(value, dict) else {}
        what, kind = str(given.get("what") or cls.what), str(given.get("kind") or cls.kind)
        known = (*PICTURES, *FILM, *SETTINGS)
        if what not in known:
            raise OptionError(f"'{what[:40]}' cannot be saved; there are: {', '.join(known)}")
        if kind not in KINDS:
            raise OptionError(f"'{kind[:40]}' is no type of picture; use {', '.join(KINDS)}")
        name = plain_text(str(given.get("name") or ""))[:MAX_NAME].strip()
        return cls(what, plain_stem(name) if name else "", kind, given.get("profile") is not False)

    @property
    def suffix(self) -> str:
        """Of the file."""
        return (FILM | SETTINGS).get(self.what) or KINDS[self.kind]

    def encoded(self, image: Image.Image) -> bytes:
        """Return a picture as the bytes of a file of the wished kind.

        Raises:
            ImageError: it is too large for it.
        """
        return encode_image(image, self.kind, quality=QUALITY, keep_profile=self.profile)
