"""Another domain: chosen by hand, or offered where it fits a photo better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from editor.errors import ImageError, OptionError
from editor.ui.error_messages import tells_errors
from editor.ui.handler_base import first_project
from editor.ui.inverting import Settings
from editor.ui.reading_jobs import Shown
from editor.ui.state import Visitor
from editor.ui.turning_handlers import TurningHandlers
from editor.ui.turns import newest_wins


class DomainHandlers(TurningHandlers):
    """What opens another domain. The work in all of them stays."""

    @tells_errors
    def choose(self, name: str, visitor: Visitor) -> tuple[Any, ...]:
        """Open another domain, and keep the work of both. Return visitor and settings."""
        if not isinstance(name, str):
            raise OptionError("that domain is not known; choose another")
        editor = self.domains.open(name)
        # the same one: a page was reloaded, and what it reads goes on
        if name != self.store.newest(visitor).domain:
            visitor.visit.supersede()

        def opened(newest: Visitor) -> Visitor:
            project = newest.projects.get(name) or first_project(editor)
            if name == newest.domain:  # a page was reloaded: what waits goes on waiting
                return newest.keep(project)
            return newest.show(project)

        return self.store.update(visitor, opened), *Settings.of(editor.engine.inversion)

    @tells_errors
    def switch(self, visitor: Visitor, stage: dict[str, Any] | None) -> tuple[Any, ...]:
        """Open the domain that fits a photo better. Return visitor, domain and settings.

        The photo waits there, to be read by `read_waiting`.
        """
        newest = self.store.newest(visitor)
        path, name = newest.better
        if not name or name != (stage or {}).get("domain"):
            raise ImageError("that photo is not there any more; open it again")
        visitor, *settings = self.choose(name, visitor)
        visitor = self.store.update(visitor, lambda now: replace(now, waiting=path))
        return visitor, name, *settings

    @newest_wins
    @tells_errors
    def read_waiting(self, visitor: Visitor, *settings: float) -> Iterator[Shown]:
        """Read the photo that waits. Start by itself where its square is sure."""
        path = self.store.newest(visitor).waiting
        yield from self._told(visitor, self._read(visitor, path, None, settings))
