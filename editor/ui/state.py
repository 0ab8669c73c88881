"""What the page remembers of one visitor: frozen, small, on the CPU."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from PIL import Image

from editor.errors import ImageError
from editor.project.history import Project
from editor.project.pixels import png_bytes
from editor.ui.visit_files import COMMON

MAX_DRAWING_BYTES = 4 * 2**20
PNG, JPEG = "data:image/png;base64,", "data:image/jpeg;base64,"


class Visit:
    """What all states of one visitor share, so that no event undoes what another did meanwhile.

    Attributes:
        id: names the visit.
        owner: the browser's visit that it belongs to, and whose files it may use.
        lock: held while one state is made of another.
        turn: held by the handler of the visit that runs; others wait for it without a thread.
        latest: the newest state; None before the first event.
    """

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.owner = COMMON
        self.lock = threading.RLock()
        self.turn = asyncio.Lock()
        self.latest: Visitor | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Visit:
        """Every page that is opened starts from a copy of the first state, and is a visit of its own."""
        return Visit()


@dataclass(frozen=True, eq=False)
class Visitor:
    """One visitor's work: a project in every domain that was used, one of which is open.

    Attributes:
        domain: the one that is open.
        projects: by domain.
        visit: shared by all states of the visitor.
    """

    domain: str
    projects: Mapping[str, Project] = field(default_factory=dict)
    visit: Visit = field(default_factory=Visit)

    @property
    def now(self) -> Visitor:
        """The newest state of the visit."""
        return self.visit.latest or self

    def update(self, change: Callable[[Visitor], Visitor]) -> Visitor:
        """Make a new state of the newest one, for jobs during which other events go on."""
        with self.visit.lock:
            self.visit.latest = change(self.now)
            return self.visit.latest

    @property
    def project(self) -> Project:
        """The open one."""
        return self.projects[self.domain]

    def keep(self, project: Project) -> Visitor:
        """With a project in place of the one of its domain, and open."""
        return replace(self.put(project), domain=project.domain)

    def put(self, project: Project) -> Visitor:
        """With a project in place of the one of its domain; what is open stays open."""
        return replace(self, projects={**self.projects, project.domain: project})


def jpeg_uri(data: bytes) -> str:
    """The bytes of a JPEG as a data URI; nothing for no bytes."""
    return JPEG + base64.b64encode(data).decode() if data else ""


def png_uri(data: bytes) -> str:
    """The bytes of a PNG as a data URI; nothing for no bytes."""
    return PNG + base64.b64encode(data).decode() if data else ""


def data_uri(image: Image.Image) -> str:
    """A picture as a PNG data URI: one round trip, no temporary file."""
    return png_uri(png_bytes(image))


def drawn_mask(uri: str | None, resolution: int) -> torch.Tensor | None:
    """What was painted on the page: [R, R] float32, 0…1; None where nothing is.

    Raises:
        ImageError: it is not such a drawing.
    """
    if not uri:
        return None
    try:
        if not uri.startswith(PNG) or len(uri) > MAX_DRAWING_BYTES:
            raise ValueError("not a PNG, or too large")
        data = base64.b64decode(uri.removeprefix(PNG), validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if max(image.size) > 2048:
                raise ValueError(f"{image.width}×{image.height} is too large")
            grey = image.convert("L").resize((resolution, resolution), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, AttributeError, binascii.Error) as error:
        raise ImageError(f"the painted part cannot be read ({error}); paint it again") from error
    mask = torch.frombuffer(bytearray(grey.tobytes()), dtype=torch.uint8).float() / 255
    return mask.reshape(resolution, resolution) if bool(mask.any()) else None
