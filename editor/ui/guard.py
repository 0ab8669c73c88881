"""Errors of handlers as messages on the page."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from editor.errors import EditorError
from editor.ui.state import Visitor

F = TypeVar("F", bound=Callable[..., Any])
log = logging.getLogger(__name__)


def shown(error: Exception) -> gr.Error:
    """An error as a message on the page, never a traceback."""
    if isinstance(error, EditorError):
        return gr.Error(str(error), title="This did not work", duration=12, print_exception=False)
    log.exception("unexpected error", exc_info=error)
    return gr.Error(
        "Something unexpected went wrong; your last picture is still here. Please try again.",
        title="This did not work",
        print_exception=False,
    )


def guarded(function: F) -> F:
    """Turn every error of a handler into a message; one handler of a visit follows another.

    The handler gets the newest state of the visit, whatever the page had when the event began, and
    a state that it returns becomes the newest.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        visitors = [arg for arg in args if isinstance(arg, Visitor)]
        try:
            if not visitors:
                return function(*args, **kwargs)
            with visitors[0].visit.lock:
                return _remember(function(*_newest(args), **kwargs))
        except gr.Error:
            raise
        except Exception as error:
            raise shown(error) from None

    return call  # type: ignore[return-value]


def guarded_steps(function: F) -> F:
    """The same for a handler that yields; others go on meanwhile, so it uses `Visitor.update`."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            yield from function(*_newest(args), **kwargs)
        except (gr.Error, GeneratorExit):
            raise
        except Exception as error:
            raise shown(error) from None

    return call  # type: ignore[return-value]


def _newest(args: tuple[Any, ...]) -> list[Any]:
    return [arg.now if isinstance(arg, Visitor) else arg for arg in args]


def _remember(result: Any) -> Any:
    for value in result if isinstance(result, tuple) else (result,):
        if isinstance(value, Visitor):
            value.visit.latest = value
    return result
