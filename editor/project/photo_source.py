"""What the file of a picture's photo holds, and what one without a photo is saved as."""

from __future__ import annotations

from editor.errors import ImageError
from editor.media.images import looked_at
from editor.media.source import Source, claimed
from editor.project.nodes import Picture


def source_of(picture: Picture) -> Source:
    """Return what the file of a picture's photo claims, decoding nothing. One that was generated is a PNG.

    Of a photo that is gone nothing is known.
    """
    if not picture.photo or picture.crop is None:
        return Source(kind="PNG")
    try:
        return looked_at(picture.photo, claimed)
    except ImageError:
        return Source()
