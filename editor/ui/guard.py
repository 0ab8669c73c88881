"""Errors of handlers as messages on the page."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from editor.errors import EditorError

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
    """Turn every error of a handler into a message."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise shown(error) from None

    return call  # type: ignore[return-value]


def guarded_steps(function: F) -> F:
    """The same for a handler that yields."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            yield from function(*args, **kwargs)
        except (gr.Error, GeneratorExit):
            raise
        except Exception as error:
            raise shown(error) from None

    return call  # type: ignore[return-value]
