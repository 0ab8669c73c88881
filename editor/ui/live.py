"""The live path: pictures of a slider that is being dragged, past Gradio's queue and its states.

The page calls a function of a component on the server, which costs a tenth of an event. It changes
nothing: when the hand rests, an event adds the edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from editor.errors import BusyError, InputError
from editor.project.version import version_of
from editor.sliders.move import check_distance
from editor.ui import gradio_internals
from editor.ui.clients import Client
from editor.ui.component_values import MAX_ID, read_layers
from editor.ui.data_uris import exact_uri
from editor.ui.error_messages import as_sentence
from editor.ui.handler_base import HandlerBase
from editor.ui.page_values import NUMBER, read_record
from editor.ui.scheduling import Threads
from editor.ui.service import AT_ONCE
from editor.ui.state import Visitor
from editor.ui.turns import NewestWins, Place
from editor.ui.visit_files import COMMON

LANE = "live"
MAX_MOVES = 9  # pictures of one call
WAIT_S = 5.0  # for a place; a picture that comes later is of no use
LATE = {"error": "", "late": True}
SHAPE = {
    "visit": str,
    "picture": str,
    "version": str,
    "moves": [{}],
    "layers": str,
    "turn": NUMBER,
}


@dataclass(frozen=True)
class Asked:
    """What a page asks for.

    Attributes:
        visit: id of its visit; empty for a page that has not been told yet.
        picture: id of the picture.
        moves: distance by slider, for each picture that is to be made.
        layers: as in the field "Layers"; None for those of the shown edit.
        turn: given back with the answer.
    """

    visit: str
    picture: str
    moves: tuple[dict[str, float], ...]
    layers: str | None
    turn: float | None

    @classmethod
    def read(cls, value: Any) -> Asked:
        """Check what a page sends.

        Raises:
            InputError: it is something else.
            OptionError: a distance is absurd.
        """
        record = read_record(value, SHAPE) or {}
        moves = record.get("moves") or []
        if not moves or any(not _is_number(one) for move in moves for one in move.values()):
            raise InputError(
                "this part of the page sent what cannot be understood; reload the page"
            )
        if len(moves) > MAX_MOVES:
            raise InputError(f"{len(moves)} pictures at once are too many; at most {MAX_MOVES}")
        return cls(
            record.get("visit") or "",
            (record.get("picture") or "")[:MAX_ID],
            tuple(
                {name: check_distance(one, name[:MAX_ID]) for name, one in move.items()}
                for move in moves
            ),
            record.get("layers"),
            record.get("turn"),
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, NUMBER) and not isinstance(value, bool)


class LivePictures:
    """Makes the pictures, in turn with those of others: each picture is a turn of its own.

    So a call for many holds nobody up for longer than one, and ends early where its page wants
    something newer.

    Args:
        handlers: give domains, and what the visitors share.
    """

    def __init__(self, handlers: HandlerBase) -> None:
        self.handlers, self.service = handlers, handlers.service
        self._calls = NewestWins()
        self._threads = Threads(AT_ONCE[LANE])

    async def answer(self, scope: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """Return {"after": [data URIs], "version", "turn"}, or {"error": one sentence}.

        There are fewer pictures than moves where a newer call came meanwhile; a call whose place a newer
        one took gets `LATE`.

        Args:
            scope: of the request, into which the gateway wrote whose it is.
            value: what the page sends, see `SHAPE`.
        """
        client = scope.get("editor.client") or Client(COMMON, "")
        session = str(scope.get("editor.session", ""))
        try:
            asked = Asked.read(value)
            async with self._calls.place(session) as place:
                if place is None:
                    return {**LATE, "turn": asked.turn}
                visitor = self._visitor(client, session, asked.visit)
                return {**await self._pictures(client, visitor, asked, place), "turn": asked.turn}
        except Exception as error:
            return {"error": as_sentence(error)}

    async def _pictures(
        self, client: Client, visitor: Visitor, asked: Asked, place: Place
    ) -> dict[str, Any]:
        after: list[str] = []
        steps, version = self._steps(visitor, asked), ""
        while len(after) < len(asked.moves) and not (after and place.wanted):
            try:
                async with self.service.lanes[LANE].turn(client.key, WAIT_S):
                    uri, version = await self._threads.run(next, steps)
            except BusyError:
                if after:
                    break
                raise
            after.append(uri)
        return {"after": after, "version": version}

    def _steps(self, visitor: Visitor, asked: Asked) -> Iterator[tuple[str, str]]:
        """Yield each picture as `Editor.render` makes it, with its version.

        Raises:
            OptionError: the picture is gone, or the layers cannot be understood.
        """
        project, editor = visitor.project, self.handlers.editor(visitor)
        node = project.latest(asked.picture)
        layers = node.layers if asked.layers is None else read_layers(asked.layers)
        edit = project.edit(editor, replace(node, moves=(), layers=layers))
        version = version_of(project, node)
        for moves in asked.moves:
            # one of a domain left a moment ago is not known
            known = {name: value for name, value in moves.items() if name in edit.sliders}
            yield exact_uri(editor.render(edit.move(**known))), version

    def _visitor(self, client: Client, session: str, visit: str) -> Visitor:
        """Return the newest state of the visit that a page is of.

        A page that has not changed anything yet is not in the store; its own session has its state.

        Raises:
            InputError: there is none of this client's.
        """
        store, owner = self.service.store, client.visit or COMMON
        found = store.find(owner, visit) if visit else None
        mine = self.service.visitor_of(session) if found is None else None
        if mine is not None and visit in ("", mine.visit.id):
            found = store.newest(mine)
        if found is None:
            raise InputError("this page's visit is not known any more; reload the page")
        store.belongs(found, owner)
        return found


def live_functions(handlers: HandlerBase) -> list[Callable[..., Any]]:
    """Return the functions on the server for the component that shows the picture: `server.live`."""
    pictures = LivePictures(handlers)

    async def live(asked: Any, request: gr.Request) -> dict[str, Any]:
        return await pictures.answer(gradio_internals.scope_of(request), asked)

    return [live]
