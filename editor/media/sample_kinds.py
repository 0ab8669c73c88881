"""Which pictures are of one kind of more than 8 bits, and so share what is black and white."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from editor.errors import BusyError, ImageError
from editor.files import open_regular, shown_name
from editor.media.deep import START_BYTES, Key, kind_of, may_be_deep
from editor.media.images import read_bytes
from editor.media.opening import MAX_BYTES, open_picture, refusing


def sample_kind(source: str | Path) -> Key | None:
    """Return of which kind the samples of a picture of more than 8 bits are. Decode nothing.

    It is None for all other pictures, and for what cannot be read.
    """
    with suppress(ImageError, BusyError):
        with open_regular(source, MAX_BYTES, ImageError) as file:
            if not may_be_deep(file.read(START_BYTES)):
                return None
        data, name = read_bytes(source), shown_name(source)
        with open_picture(data, name) as image, refusing(name):
            return kind_of(image, data)
    return None
