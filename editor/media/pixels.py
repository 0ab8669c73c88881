"""Any picture as upright 8-bit RGB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageFile

from editor.media.deep import eight_bits, is_deep_grey
from editor.media.exif import MAX_PROFILE_CHARS, exif_bytes
from editor.media.headers import check_table
from editor.media.profiles import by_profile, space_of
from editor.media.tables import refused

MAX_PROFILE_BYTES = 4 * 2**20
STRIP_PIXELS = 1_000_000  # a picture is converted in parts of so many pixels
ORIENTATION = 0x0112  # of EXIF
QUARTERS = "editor quarters"  # name in a picture's `info`: clockwise, after what its file says
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by the orientation of EXIF
# how EXIF calls a photo that is turned clockwise by a quarter more, and one that is mirrored
PLAIN, MIRRORED = (1, 6, 3, 8), (2, 7, 4, 5)
RGB_MODES = ("RGB", "RGBA", "RGBX", "P")  # the profile of others does not fit what they become
BACKGROUND = (128, 128, 128)


def upright_rgb(image: Image.Image) -> Image.Image:
    """Turn any picture into upright 8-bit RGB. Its `info` holds nothing but "icc_profile", if one fits.

    CMYK and grey with a profile of their own become sRGB by it. Transparency is laid on mid grey.

    Raises:
        ImageError: its EXIF claims what no picture may.
    """
    kept, colours = kept_profile(image), own_colours(image)
    if is_deep_grey(image):
        image = eight_bits(image)
    if colours is None:
        colours = _to_rgb(image)
    elif is_clear(image):
        for top, part in _strips(image):
            alpha = part.convert("RGBA").getchannel("A")
            flat = Image.new("RGB", part.size, BACKGROUND)
            mine = colours.crop((0, top, part.width, top + part.height))
            colours.paste(Image.composite(mine, flat, alpha), (0, top))
    rgb = upright(colours, image)
    rgb.info = kept
    return rgb


def own_colours(image: Image.Image) -> Image.Image | None:
    """Return a picture as RGB by a profile of CMYK or of grey; None where it has none. Alpha is left aside."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or len(profile) > MAX_PROFILE_BYTES or kept_profile(image):
        return None
    return by_profile(eight_bits(image) if is_deep_grey(image) else image, profile)


def is_clear(image: Image.Image) -> bool:
    """Return whether a picture can be transparent somewhere."""
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def apart(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return upright RGB, the file's own under what is transparent, and alpha of a picture.

    Raises:
        ImageError: its EXIF claims what no picture may.
    """
    colours, alpha = own_colours(image), Image.new("L", image.size)
    rgb = Image.new("RGB", image.size) if colours is None else colours
    for top, part in _strips(image):
        both = part.convert("RGBA")
        alpha.paste(both.getchannel("A"), (0, top))
        if colours is None:
            rgb.paste(both.convert("RGB"), (0, top))
    rgb = upright(rgb, image)
    rgb.info = kept_profile(image)
    return rgb, upright(alpha, image)


def upright(part: Image.Image, image: Image.Image) -> Image.Image:
    """Turn a picture that was made of another as that one's file says.

    Raises:
        ImageError: its EXIF claims what no picture may.
    """
    turn = TURNS.get(orientation_of(image))
    return part if turn is None else part.transpose(turn)


def kept_profile(image: Image.Image) -> dict[Any, Any]:
    """Return {"icc_profile": …} of a picture whose profile fits what it becomes as RGB; else {}."""
    profile = image.info.get("icc_profile") if image.mode in RGB_MODES else None
    if not isinstance(profile, bytes) or not 0 < len(profile) <= MAX_PROFILE_BYTES:
        return {}
    return {} if space_of(profile) == "GRAY" else {"icc_profile": profile}


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return the width and height that `upright_rgb` would give. Decode nothing.

    Raises:
        ImageError: its EXIF claims what no picture may.
    """
    width, height = image.size
    # Pillow turns TIFF by itself, and says the size after it
    said = 1 if image.format == "TIFF" else _said_orientation(image)
    lies = turned_orientation(said, image.info.get(QUARTERS, 0)) in (5, 6, 7, 8)
    return (height, width) if lies else (width, height)


def turned_orientation(orientation: int, quarters: int) -> int:
    """Return EXIF's orientation of a photo that is turned clockwise by quarters more."""
    cycle = MIRRORED if orientation in MIRRORED else PLAIN
    at = cycle.index(orientation) if orientation in cycle else 0
    return cycle[(at + quarters) % 4]


def orientation_of(image: Image.Image) -> int:
    """Return the orientation, 1…8, of what its file says and the quarters by which it is turned after it.

    Raises:
        ImageError: the EXIF claims what no picture may.
    """
    return turned_orientation(_said_orientation(image), image.info.get(QUARTERS, 0))


def _said_orientation(image: Image.Image) -> int:
    """Return the orientation that EXIF or XMP says, 1…8, or 1 where neither says any.

    What a PNG says behind its pixels is known once these were decoded.

    Raises:
        ImageError: the EXIF claims what no picture may.
    """
    if len(str(image.info.get("Raw profile type exif", ""))) > MAX_PROFILE_CHARS:
        raise refused("the picture", "more than 1 MB of EXIF as text")
    check_table(exif_bytes(image), "the picture")
    # not the picture's own method: that of PNG decodes it
    return int(Image.Image.getexif(image).get(ORIENTATION, 1))


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield strips as wide as the picture, each with its distance from the top, px."""
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgb = Image.new("RGB", image.size)
        for top, part in _strips(image):
            flat = Image.new("RGBA", part.size, (*BACKGROUND, 255))
            rgb.paste(Image.alpha_composite(flat, part.convert("RGBA")).convert("RGB"), (0, top))
        return rgb
    if image.mode == "RGB" and isinstance(image, ImageFile.ImageFile):
        return image._new(
            image.im
        )  # the pixels themselves: a copy of a large photo is as large again
    return image.convert("RGB")
