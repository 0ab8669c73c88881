"""Errors of handlers as messages on the page."""

from __future__ import annotations

import functools
import html
import inspect
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from editor.errors import EditorError
from editor.ui.rates import Rates
from editor.ui.state import Visitor

F = TypeVar("F", bound=Callable[..., Any])
TRACES = 20  # that are logged, at once and a minute
_logged = Rates()
log = logging.getLogger(__name__)


def as_message(error: Exception) -> gr.Error:
    """Return an error as a message on the page, never a traceback."""
    text = html.escape(as_sentence(error), quote=False)  # it may quote what a stranger wrote
    if isinstance(error, EditorError):
        return gr.Error(text, title="This did not work", duration=12, print_exception=False)
    return gr.Error(text, title="This did not work", print_exception=False)


def as_sentence(error: Exception) -> str:
    """Return what to tell of an error, as plain text. Log it where nobody had expected it."""
    if isinstance(error, EditorError):
        return str(error)
    if _logged.try_take("errors", TRACES, TRACES / 60):  # a stranger must not fill the log
        log.exception("unexpected error", exc_info=error)
    return "Something unexpected went wrong; your last picture is still here. Please try again."


def told_by_page(function: F) -> F:
    """Mark a handler of a visit whose errors are told in the page's own messages, and not in Gradio's.

    The text waits in `Visit.refusals` for the event that the component's `failure` begins.
    """
    function.told_by_page = True  # type: ignore[attr-defined]
    return function


def as_refusal(error: Exception, function: Callable[..., Any], visitor: Visitor | None) -> gr.Error:
    """Return an error of a handler as a message; one that the page tells itself is kept for it, unseen."""
    message = error if isinstance(error, gr.Error) else as_message(error)
    if visitor is not None and getattr(function, "told_by_page", False):
        visitor.visit.refusals.append(html.unescape(message.message))
        message.visible = False
    return message


def tells_errors(function: F) -> F:
    """Turn every error of a handler into a message on the page. The handler may yield."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise as_message(error) from None

    @functools.wraps(function)
    def steps(*args: Any, **kwargs: Any) -> Any:
        try:
            yield from function(*args, **kwargs)
        except (gr.Error, GeneratorExit):
            raise
        except Exception as error:
            raise as_message(error) from None

    return steps if inspect.isgeneratorfunction(function) else call  # type: ignore[return-value]
