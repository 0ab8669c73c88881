"""Calls of a component's functions on the server, which pass by Gradio's queue: their form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from editor.ui.asgi import Refused
from editor.ui.gradio_internals import SERVER
from editor.ui.page_values import check_no_paths

MAX_BODY = 64 * 1024  # bytes


def is_server_call(path: str) -> bool:
    """Return whether a path is that of such calls."""
    return path.rstrip("/") == SERVER


def check_kind(headers: Mapping[str, str]) -> None:
    """Refuse a body that is not JSON: Gradio would read files and fields out of a form.

    Raises:
        Refused: it says to be something else.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "a call of this kind is JSON")


def checked_call(value: Mapping[str, Any], is_served: Callable[[int, str], bool]) -> dict[str, Any]:
    """Return what goes on to Gradio of a call, and nothing else.

    Args:
        value: of the call; its page is known to be the client's.
        is_served: says whether a component of a number has a function of a name.

    Raises:
        Refused: there is no such function, or what it is given is no record.
        PageFileError: a file is named.
    """
    index, name, data = (value.get(key) for key in ("component_id", "fn_name", "data"))
    known = type(index) is int and isinstance(name, str) and is_served(index, name)
    if not known or not isinstance(data, dict):
        raise Refused(400, "the page does not know this call; reload it")
    check_no_paths(data)
    wanted = ("session_hash", "component_id", "fn_name", "data")
    return {key: value.get(key) for key in wanted}
