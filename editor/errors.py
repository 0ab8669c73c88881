"""Every error that a caller may catch, in one tree.

EditorError
├── InputError          what the user gave cannot be used
│   ├── ImageError      a picture that cannot be read, or is too small or too large
│   ├── PageFileError   a path from a page that is no file of its visit
│   ├── BusyError       there is more to do than the page takes on at a time
│   ├── ProjectError    a project file that is damaged, hostile or of another domain
│   └── OptionError     an option outside its range, or an unknown name
├── PackError           a domain pack or a file of it
│   ├── PackNotFoundError
│   └── WeightsError    a tensor file that is missing, damaged or of another make
│       └── MismatchError   its contents do not fit what they are loaded into
├── StorageError        a disk takes no more of what is to be saved
├── ShortMemoryError    a device, or the machine, has not the memory for it
├── TrainingError       a training that cannot start, resume or go on
└── UnavailableError    something optional is not installed or not downloaded
"""

from __future__ import annotations


class EditorError(Exception):
    """Base of all errors that this package raises on purpose; its text is meant for people."""


class InputError(EditorError):
    """What the user gave cannot be used."""


class ImageError(InputError):
    """A picture that cannot be read, or whose size is outside the limits."""


class PageFileError(InputError):
    """A path from a page names no file of its visit."""


class BusyError(InputError):
    """There is more to do than the page takes on at a time; later there is room."""


class ProjectError(InputError):
    """A project file that is damaged, hostile, or of another domain."""


class OptionError(InputError):
    """An option outside its range, or a name that is not known."""


class PackError(EditorError):
    """Something is wrong with a domain pack."""


class PackNotFoundError(PackError):
    """No pack of that name was found."""


class WeightsError(PackError):
    """A tensor file is missing, damaged or not of this format."""


class MismatchError(WeightsError):
    """A tensor file is sound, but does not fit what it is loaded into."""


class StorageError(EditorError):
    """What was to be saved does not fit on the disk; nothing half-written was kept."""


class ShortMemoryError(EditorError):
    """A device, or the machine, has not enough memory for what was asked."""


class TrainingError(EditorError):
    """A training cannot start, resume or go on."""


class NotFiniteError(TrainingError):
    """A loss or a weight became infinite or undefined."""


class UnavailableError(EditorError):
    """Something optional is not installed, or could not be downloaded."""
