"""What the Save dialog asks for, checked; and the bytes of a picture as it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from editor.errors import OptionError
from editor.files import plain_text
from editor.media.formats import SPOKEN, SUFFIXES, chosen_format, written_formats
from editor.media.images import encode_image
from editor.media.names import plain_stem
from editor.media.source import Source
from editor.photo.photo import Photo
from editor.ui.page_values import Shape

SAME = "SAME"  # as the photo
QUALITY = 92
SETTINGS = {"code": ".npz", "look": ".json"}  # which are no pictures
FILM = {"wipe": ".mp4"}
PICTURES = ("photo", "face", "pair")
MAX_NAME = 120
SHAPE: Shape = {"what": str, "name": str, "kind": str, "profile": bool, "colour": bool}


@dataclass(frozen=True)
class Wish:
    """What to save.

    Attributes:
        what: "photo", "face", "pair" (before and after), "wipe" (the same as a film), "code" or "look".
        name: of the file, without suffix; empty: after the photo and what was done.
        kind: "JPEG", "PNG" or another of `written_formats`; "SAME" follows the photo.
        profile: keep the photo's colour profile.
        colour: let colour into a grey photo.
    """

    what: str = "photo"
    name: str = ""
    kind: str = SAME
    profile: bool = True
    colour: bool = False

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
        if kind != SAME and kind not in SUFFIXES:
            raise OptionError(f"'{kind[:40]}' is no type of picture; use {', '.join(SUFFIXES)}")
        name = plain_text(str(given.get("name") or ""))[:MAX_NAME].strip()
        return cls(
            what,
            plain_stem(name) if name else "",
            kind,
            given.get("profile") is not False,
            given.get("colour") is True,
        )

    def chosen(self, source: Source) -> tuple[str, str]:
        """Return the format of a picture's file, and what is to be said of it.

        Raises:
            OptionError: it cannot be written here.
        """
        return chosen_format("" if self.kind == SAME else self.kind, source)

    def suffix(self, source: Source) -> str:
        """Return the suffix of the file of a photo with this source."""
        return (FILM | SETTINGS).get(self.what) or SUFFIXES[self.chosen(source)[0]]

    def encoded(self, photo: Photo) -> bytes:
        """Return a picture as the bytes of a file of the wished kind.

        Raises:
            ImageError: it is too large for it.
        """
        kind = self.chosen(photo.source)[0]
        return encode_image(
            photo.pixels,
            kind,
            quality=QUALITY,
            keep_profile=self.profile,
            source=photo.source,
        )


def format_facts(source: Source) -> dict[str, Any]:
    """Return what the Save dialog says of formats: that of the photo, and those that can be written.

    Args:
        source: of the photo.
    """
    same, word = chosen_format("", source)
    return {
        "same": SPOKEN.get(same, same),
        "suffix": SUFFIXES[same],
        "word": word,
        "kinds": list(written_formats()),
        "clear": source.alpha is not None,
    }
