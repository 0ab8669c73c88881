"""Camera RAW files: told by what is in them, and read where the optional rawpy is installed.

Many of them are TIFFs, whose first picture is a thumbnail: without this they would be read as that.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image, TiffImagePlugin

from editor.errors import ImageError

SUFFIXES = frozenset(
    [
        ".3fr",
        ".arw",
        ".cr2",
        ".cr3",
        ".crw",
        ".dcr",
        ".dng",
        ".erf",
        ".iiq",
        ".kdc",
        ".mos",
        ".mrw",
        ".nef",
        ".nrw",
        ".orf",
        ".pef",
        ".raf",
        ".rw2",
        ".rwl",
        ".sr2",
        ".srf",
        ".srw",
        ".x3f",
    ]
)
MAGIC = {
    b"FUJIFILMCCD-RAW": "Fujifilm RAF",
    b"IIRO": "Olympus ORF",
    b"IIRS": "Olympus ORF",
    b"MMOR": "Olympus ORF",
    b"IIU\0": "Panasonic RW2",
    b"\0MRM": "Minolta MRW",
    b"FOVb": "Sigma X3F",
    b"II\x1a\0\0\0HEAPCCDR": "Canon CRW",
}
MAKERS = {
    "NIKON": "Nikon NEF",
    "SONY": "Sony ARW",
    "CANON": "Canon CR2",
    "PENTAX": "Pentax PEF",
    "RICOH": "Pentax PEF",
    "SAMSUNG": "Samsung SRW",
    "HASSELBLAD": "Hasselblad 3FR",
    "KODAK": "Kodak DCR",
    "EPSON": "Epson ERF",
    "PHASE ONE": "Phase One IIQ",
    "LEICA": "Leica",
}
DNG_VERSION, MAKE, PHOTOMETRIC, SUBFILE, SUB_TABLES = 50706, 271, 262, 254, 330  # tags of TIFF
SENSOR = (32803, 34892)  # of the photometric interpretation: what a sensor saw, mosaicked or not
MOST_TABLES = 12
TURNED = 4  # bit of LibRaw's flip that lays the picture on its side


def raw_kind(data: bytes, name: str = "") -> str:
    """Return what kind of camera RAW a file is, such as "Nikon NEF"; "" where it is none.

    Args:
        data: the file.
        name: of it; a TIFF whose suffix is that of a RAW is one.
    """
    for magic, kind in MAGIC.items():
        if data.startswith(magic):
            return kind
    if data[4:12] == b"ftypcrx ":
        return "Canon CR3"
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return ""
    if data[8:10] == b"CR":
        return "Canon CR2"
    try:
        return _kind_of_tiff(data, f".{name.rpartition('.')[2].lower()}" in SUFFIXES)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, struct.error):
        return ""  # damaged: who reads it says so


def open_raw(data: bytes, name: str, kind: str) -> Image.Image:
    """Open a camera RAW with rawpy. Its size is known; it is developed when it is loaded.

    Args:
        data: the file.
        name: what to call it in an error.
        kind: as `raw_kind` said it.

    Raises:
        ImageError: rawpy is not installed.
    """
    try:
        import rawpy  # type: ignore[import-not-found]
    except ImportError as error:
        raise ImageError(
            f"{name} is a camera RAW file ({kind}), of which only a small preview could be read; export "
            f"it as JPEG or TIFF with the camera's program or another one for RAW, or install rawpy: pip "
            f"install rawpy"
        ) from error
    return _Raw(rawpy.imread(io.BytesIO(data)))


def reads_raw() -> bool:
    """Return whether rawpy is installed."""
    from importlib.util import find_spec

    return find_spec("rawpy") is not None


class _Raw(Image.Image):
    """A RAW that is developed as its camera would, in sRGB, when it is loaded."""

    format = "RAW"

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw: Any = raw
        width, height = int(raw.sizes.width), int(raw.sizes.height)
        self._size = (height, width) if raw.sizes.flip & TURNED else (width, height)
        self._mode = "RGB"

    def load(self) -> Any:
        """Develop it."""
        if self._raw is not None:
            made = Image.fromarray(self._raw.postprocess(use_camera_wb=True, output_bps=8))
            self._raw.close()
            self._raw, self.im, self._size = None, made.im, made.size
        return super().load()

    def close(self) -> None:
        """Give LibRaw's memory back."""
        if self._raw is not None:
            self._raw.close()
            self._raw = None


def _kind_of_tiff(data: bytes, is_named_so: bool) -> str:
    file = io.BytesIO(data)
    head = file.read(8)
    tables = TiffImagePlugin.ImageFileDirectory_v2(head)
    left, seen = [tables.next], set[int]()
    maker, is_raw, is_dng, has_more = "", is_named_so, False, False
    while left and len(seen) < MOST_TABLES:
        at = left.pop(0)
        if not 0 < at < len(data) or at in seen:
            continue
        first = not seen
        seen.add(at)
        tags = TiffImagePlugin.ImageFileDirectory_v2(head)
        file.seek(at)
        tags.load(file)
        inner = tags.get(SUB_TABLES, ())
        left += [tags.next, *(inner if isinstance(inner, tuple) else (inner,))]
        is_raw |= tags.get(PHOTOMETRIC) in SENSOR
        is_dng |= DNG_VERSION in tags
        if first:
            maker = str(tags.get(MAKE, "")).strip("\0 ").upper()
            has_more = bool(inner) and bool(
                int(tags.get(SUBFILE, 0)) & 1
            )  # a thumbnail comes first
    known = next((kind for begin, kind in MAKERS.items() if maker.startswith(begin)), "")
    if is_dng:
        return "DNG"
    return (known or "TIFF/EP") if is_raw or (has_more and known) else ""
