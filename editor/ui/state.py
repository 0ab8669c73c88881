"""What the page remembers of its visitors: frozen states, and the one store that changes them."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from editor.photo.crop import Crop
from editor.project.history import Project
from editor.ui.limits import Limits
from editor.ui.visit_files import COMMON

Found = tuple[tuple[Crop, float], ...]
MAX_LOOKS = 100
MAX_REFUSALS = 3


class Visit:
    """What all states of one visitor have in common. `Store` alone changes it.

    Attributes:
        id: names the visit.
        owner: the browser's visit that it belongs to, and whose files it may use.
        turn: held by the handler of the visit that runs; others wait for it without a thread.
        lock: held while one state is made of another.
        newest: the newest state; None before the first change.
        reading: number of the newest job that reads photos; an older one ends at its next step.
        refusals: what the page has yet to tell of handlers that failed, see `told_by_page`.
    """

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.owner = COMMON
        self.turn = asyncio.Lock()
        self.lock = threading.RLock()
        self.newest: Visitor | None = None
        self.reading = 0
        self.refusals: deque[str] = deque(maxlen=MAX_REFUSALS)

    def supersede(self) -> int:
        """Begin a job that reads photos, or stop all. Return its number."""
        with self.lock:
            self.reading += 1
            return self.reading

    def __deepcopy__(self, memo: dict[int, Any]) -> Visit:
        """Return a new visit: each page that is opened copies the first state."""
        return Visit()


@dataclass(frozen=True)
class Unfinished:
    """A picture whose code is still being found.

    Attributes:
        domain: of the picture.
        picture: its id.
        target: PNG of what the code is to show; empty for the square of the picture's photo.
    """

    domain: str
    picture: str
    target: bytes = b""


@dataclass(frozen=True, eq=False)
class Visitor:
    """One visitor's work: a project in every domain that was used, one of which is open.

    Attributes:
        domain: the one that is open.
        projects: by domain.
        visit: shared by all states of the visitor.
        found: by domain and path of a photo that was given, squares with confidences, best first.
        waiting: path of a photo whose square has to be placed by hand; empty for none.
        unfinished: pictures that are being read, or whose reading was broken off, oldest first.
        better: path of a photo that another domain fits better, and that domain.
        number: of the state: the newest one has the highest.
    """

    domain: str
    projects: Mapping[str, Project] = field(default_factory=dict)
    visit: Visit = field(default_factory=Visit)
    found: Mapping[tuple[str, str], Found] = field(default_factory=dict)
    waiting: str = ""
    unfinished: tuple[Unfinished, ...] = ()
    better: tuple[str, str] = ("", "")
    number: int = 0

    @property
    def project(self) -> Project:
        """The open project."""
        return self.projects[self.domain]

    def keep(self, project: Project) -> Visitor:
        """Return the state with a project in place of that of its domain. Open that project."""
        return replace(self.put(project), domain=project.domain)

    def show(self, project: Project) -> Visitor:
        """Return the state with another picture or step shown: a photo that waits does so no longer."""
        return replace(self.keep(project), waiting="")

    def is_unfinished(self, picture: str) -> bool:
        """Return whether the code of a picture of the open domain is still being found."""
        return any((one.domain, one.picture) == (self.domain, picture) for one in self.unfinished)

    def look(self, path: str, found: Found, waits: bool, domain: str = "") -> Visitor:
        """Return the state with what was found in a photo. Keep that of the newest photos alone.

        Args:
            path: of the photo.
            found: squares with confidences, best first.
            waits: its square has to be placed by hand.
            domain: that found them, which need not be the open one any more; by default it is.
        """
        domain = domain or self.domain
        key, waits = (domain, path), waits and domain == self.domain
        kept = {name: squares for name, squares in self.found.items() if name != key}
        recent = dict(list(kept.items())[1 - MAX_LOOKS :])
        return replace(self, found={**recent, key: found}, waiting=path if waits else "")

    def found_in(self, path: str) -> Found:
        """Return what the open domain found in a photo, best first."""
        return self.found.get((self.domain, path), ())

    def put(self, project: Project) -> Visitor:
        """Return the state with a project in place of that of its domain. Keep what is open."""
        return replace(self, projects={**self.projects, project.domain: project})


class Store:
    """The newest state of every visitor.

    A page sends the state that it had when an event began, and others may have changed it since.
    So a handler reads by `newest` and changes by `update`, and undoes nothing that others did.

    Args:
        limits: how many visits are kept for pages that are reloaded, and for how long.
        clock: gives seconds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.clock = limits, clock
        self._kept: dict[tuple[str, str], tuple[Visit, float]] = {}  # the last used last

    def newest(self, visitor: Visitor) -> Visitor:
        """Return the newest state of a visitor."""
        return visitor.visit.newest or visitor

    def update(self, visitor: Visitor, function: Callable[[Visitor], Visitor]) -> Visitor:
        """Make another state of a visitor's newest one, which no other event changes meanwhile.

        Args:
            visitor: any state of the visitor.
            function: makes the new state of the newest; one that returns what it got changes nothing.

        Returns:
            The state that is the newest now.
        """
        with visitor.visit.lock:
            newest = self.newest(visitor)
            made = function(newest)
            if made is not newest:
                made = replace(made, number=newest.number + 1)
                visitor.visit.newest = made
            return made

    def belongs(self, visitor: Visitor, owner: str) -> None:
        """Keep the visit of a page that calls, for its owner. Forget the oldest ones too many."""
        visit = visitor.visit
        visit.owner = owner
        key = (owner, visit.id)
        self._kept.pop(key, None)
        self._kept[key] = visit, self.clock()
        of_owner = [one for one in self._kept if one[0] == owner]
        for old in of_owner[: -self.limits.max_pages_visit]:
            del self._kept[old]
        while len(self._kept) > self.limits.max_pages:
            del self._kept[next(iter(self._kept))]

    def find(self, owner: str, name: str) -> Visitor | None:
        """Return the newest state of a visit that a page of an owner had before it was reloaded."""
        visit, _ = self._kept.get((owner, name), (None, 0.0))
        return None if visit is None else visit.newest

    def forget_old(self) -> None:
        """Forget visits that nobody has used for long."""
        oldest = self.clock() - 3600 * self.limits.visit_hours
        self._kept = {key: held for key, held in self._kept.items() if held[1] > oldest}
