"""What a file is that is no photo, told by its first bytes, and what to do with it."""

from __future__ import annotations

import re

FRAME = "save a frame of it as JPEG or PNG, and open that"
PAGE = "save its picture as JPEG or PNG, and open that"
SAVED = "save it as JPEG or PNG, and open that"
PHOTO_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
STARTS = (
    (rb"%PDF", "a PDF", PAGE),
    (rb"\x1aE\xdf\xa3|FLV\x01|\0\0\x01[\xba\xb3]|RIFF....AVI ", "a video", FRAME),
    (rb"OggS|ID3|fLaC|RIFF....WAVE", "a sound", "give a photo"),
    (rb"8BPS", "a Photoshop file", SAVED),
    (rb"gimp xcf", "a GIMP file", SAVED),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL", SAVED),
    (rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  ", "a JPEG 2000", SAVED),
    (rb"v/1\x01|#\?RADIANCE|#\?RGBE", "a picture of high dynamic range", SAVED),
    (rb"PK\x03\x04|7z\xbc\xaf|Rar!|\x1f\x8b", "an archive", "unpack it, and give the photos in it"),
    (
        rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg",
        "a drawing (SVG)",
        SAVED,
    ),
)
HEAD = 1024


def no_photo(data: bytes) -> tuple[str, str]:
    """Return what a file is and what to do with it, such as ("a PDF", "save …"); two empty texts where unknown."""
    head = data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if head[4:8] == b"ftyp" and head[8:12] not in PHOTO_BRANDS:
        return "a video", FRAME
    for pattern, kind, advice in STARTS:
        if re.match(pattern, head, re.DOTALL):
            return kind, advice
    return ("a PDF", PAGE) if b"%PDF-" in head else ("", "")
