"""Names that any system takes for a file, whichever system this is: what is made here goes elsewhere."""

from __future__ import annotations

import unicodedata

# Windows takes them for devices, in any folder, whatever follows a dot
RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)


def is_reserved(name: str) -> bool:
    """Return whether Windows takes a file's name for a device, as it does with CON, nul.txt and COM1.jpg."""
    return name.partition(".")[0].strip().casefold() in RESERVED


def unreserved(name: str) -> str:
    """Return a name, with _ before it where Windows would take it for a device."""
    return f"_{name}" if is_reserved(name) else name


def folded(name: str) -> str:
    """Return what is the same for names that some disks take for one: of any case and composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
