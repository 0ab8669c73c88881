"""The domains of a page."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Lock

from editor.defaults import DEFAULT_DOMAIN
from editor.errors import PackError
from editor.packs.info import BOUNDARIES, CHECKPOINTS, list_domains, read_info
from editor.photo.yunet import YuNetFinder
from editor.runtime import return_memory
from editor.session import Editor


class Domains:
    """The domains of a page: opened when first asked for, the last ones used kept in memory.

    Args:
        device: "auto", "cpu", "cuda", "mps".
        checkpoints: folder of packs.
        boundaries: folder of boundary folders.
        budget_bytes: what the weights of the kept domains may take besides those of the last.
        yunet: YuNet's file, which then finds the faces of domains of faces; it is read once.

    Raises:
        UnavailableError: OpenCV is not installed, which YuNet needs.
        WeightsError: the file is no YuNet.
    """

    def __init__(
        self,
        device: str = "auto",
        checkpoints: Path = CHECKPOINTS,
        boundaries: Path = BOUNDARIES,
        budget_bytes: int = 256 * 2**20,
        yunet: Path | None = None,
    ) -> None:
        self.device = device
        self.folders = {"checkpoints": checkpoints, "boundaries": boundaries}
        self.budget_bytes = budget_bytes
        self._yunet = None if yunet is None else YuNetFinder(yunet)
        self._open: dict[str, Editor] = {}
        self._opening: dict[str, Lock] = {}
        self._lock = Lock()  # of the dictionaries; never held while a pack is read

    @classmethod
    def at(cls, root: Path | None, device: str = "auto", yunet: Path | None = None) -> Domains:
        """Return the domains in a folder's checkpoints/ and boundaries/, by default the project's own."""
        if root is None:
            return cls(device, yunet=yunet)
        return cls(device, root / "checkpoints", root / "boundaries", yunet=yunet)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Title and name of every pack found; a damaged one is left out."""
        found = []
        root = self.folders["checkpoints"]
        for name in list_domains(root):
            with suppress(PackError):
                found.append((read_info(name, root).title, name))
        return found

    @property
    def first(self) -> str:
        """Name of the domain to begin with: the project's default where it is there.

        Raises:
            PackError: there is no pack at all.
        """
        names = [name for _, name in self.choices]
        if not names:
            raise PackError(
                f"no domain pack was found in {self.folders['checkpoints']}; download or convert one "
                f"(python -m editor download, convert), or train one (make-pack)"
            )
        return DEFAULT_DOMAIN if DEFAULT_DOMAIN in names else names[0]

    def open(self, name: str) -> Editor:
        """Return the domain of a name, opened if need be. Meanwhile the others stay usable.

        Raises:
            PackError: the pack is missing, damaged or inconsistent.
            OptionError: the device is not there.
        """
        with self._lock:
            opening = self._opening.setdefault(name, Lock())
        with opening:
            try:
                editor = self._known(name) or self._opened(name)
            except Exception:
                self._opening.pop(name, None)  # the names of strangers are not kept
                raise
            with self._lock:
                self._open.pop(name, None)
                self._open[name] = editor  # the last one used is last
                released = self._release()
        if released:
            return_memory()
        return editor

    def _opened(self, name: str) -> Editor:
        editor = Editor.open(name, self.device, **self.folders)
        squares = editor.info.squares
        if self._yunet is None or squares is None:  # not a domain of faces
            return editor
        return editor.with_finder(self._yunet.aligned(squares))

    def _known(self, name: str) -> Editor | None:
        with self._lock:
            return self._open.get(name)

    def _release(self) -> bool:
        """Drop the domains used longest ago until the rest fit the budget. Return whether any was."""
        released = False
        while len(self._open) > 1 and self._kept_bytes() > self.budget_bytes:
            del self._open[next(iter(self._open))]
            released = True
        return released

    def _kept_bytes(self) -> int:
        """Return the bytes of the weights of all open domains but the one used last."""
        return sum(editor.engine.weight_bytes for editor in list(self._open.values())[:-1])
