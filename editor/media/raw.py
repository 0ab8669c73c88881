"""Camera RAW files: told by what is in them, and read where the optional rawpy is installed.

Many of them are TIFFs, whose first picture is a thumbnail: without this they would be read as that.
"""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image

from editor.errors import ImageError
from editor.media.tables import START, Tables

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
    if not START.match(data):
        return ""
    if data[8:10] == b"CR":
        return "Canon CR2"
    try:
        return _kind_of_tiff(data, name, f".{name.rpartition('.')[2].lower()}" in SUFFIXES)
    except struct.error:
        return ""  # damaged: who reads it says so


def open_raw(data: bytes, name: str, kind: str) -> Image.Image:
    """Open a camera RAW with rawpy. Its size is known; it is developed when it is loaded.

    Args:
        data: the file.
        name: what to call it in an error.
        kind: as `raw_kind` said it.

    Raises:
        ImageError: rawpy is not installed, or cannot read it.
    """
    try:
        import rawpy  # type: ignore[import-not-found]
    except ImportError as error:
        raise ImageError(
            f"{name} is a camera RAW file ({kind}), of which only a small preview could be read; export "
            f"it as JPEG or TIFF with the camera's program or another one for RAW, or install rawpy: pip "
            f"install rawpy"
        ) from error
    try:
        return _Raw(rawpy.imread(io.BytesIO(data)))
    except rawpy.LibRawError as error:
        raise ImageError(
            f"{name} is a camera RAW file ({kind}) that is damaged, or of a camera that LibRaw does not know; "
            f"export it as JPEG or TIFF with the camera's program"
        ) from error


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


def _kind_of_tiff(data: bytes, name: str, is_named_so: bool) -> str:
    tables = Tables(data, 0, name or "the picture", len(data))
    left, seen = [tables.first], set[int]()
    maker, is_raw, is_dng, has_more = "", is_named_so, False, False
    for at in itertools.islice(_popped(left), MOST_TABLES):
        if not 0 < at < len(data) or at in seen:
            continue
        tags = tables.read(at)
        inner = tags.numbers(SUB_TABLES, MOST_TABLES)[:MOST_TABLES]
        left += [tags.next, *inner]
        is_raw |= tags.number(PHOTOMETRIC) in SENSOR
        is_dng |= DNG_VERSION in tags
        if not seen:
            maker = tags.text(MAKE).decode("latin-1").strip("\0 ").upper()
            has_more = bool(inner) and bool(tags.number(SUBFILE) & 1)  # a thumbnail comes first
        seen.add(at)
    known = next((kind for begin, kind in MAKERS.items() if maker.startswith(begin)), "")
    if is_dng:
        return "DNG"
    return (known or "TIFF/EP") if is_raw or (has_more and known) else ""


def _popped(left: list[int]) -> Iterator[int]:
    while left:
        yield left.pop(0)
