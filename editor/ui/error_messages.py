"""Errors of handlers as messages on the page."""

from __future__ import annotations

import functools
import html
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from editor.errors import BusyError, EditorError
from editor.ui.rates import Rates
from editor.ui.state import Visitor

F = TypeVar("F", bound=Callable[..., Any])
LOCK_S = 10.0
TRACES = 20  # that are logged, at once and a minute
_logged = Rates()
log = logging.getLogger(__name__)


def shown(error: Exception) -> gr.Error:
    """An error as a message on the page, never a traceback."""
    if isinstance(error, EditorError):
        text = html.escape(str(error), quote=False)  # it may quote what a stranger wrote
        return gr.Error(text, title="This did not work", duration=12, print_exception=False)
    if _logged.try_take("errors", TRACES, TRACES / 60):  # a stranger must not fill the log
        log.exception("unexpected error", exc_info=error)
    return gr.Error(
        "Something unexpected went wrong; your last picture is still here. Please try again.",
        title="This did not work",
        print_exception=False,
    )


def reads_files(function: F) -> F:
    """Mark a handler that decodes or writes whole photos: such are done one after another."""
    function.lane = "files"  # type: ignore[attr-defined]
    return function


def in_passing(function: F) -> F:
    """Mark a handler in steps that is done as quickly as one without: it is no long job."""
    function.lane = "light"  # type: ignore[attr-defined]
    return function


def guarded(function: F) -> F:
    """Turn every error of a handler into a message; one handler of a visit follows another.

    The handler gets the newest state of the visit, whatever the page had when the event began, and
    a state that it returns becomes the newest. On a page, whose turn it is was decided before this
    is called (`Service.one_by_one`); only a long job's update may hold the lock for a moment.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        visitors = [arg for arg in args if isinstance(arg, Visitor)]
        try:
            if not visitors:
                return function(*args, **kwargs)
            if not visitors[0].visit.lock.acquire(timeout=LOCK_S):
                raise BusyError("your last change is still at work; try again in a moment")
            try:
                return _remember(function(*_newest(args), **kwargs))
            finally:
                visitors[0].visit.lock.release()
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
