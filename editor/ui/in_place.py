"""Errors of handlers told where they happened, by a part of the page that shows them itself."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from editor.errors import EditorError
from editor.ui.error_messages import as_message
from editor.ui.slider_words import sentence_of

F = TypeVar("F", bound=Callable[..., Any])


def problem(error: Exception) -> dict[str, str]:
    """Return an error as a value of such a part: plain text in a sentence, never a traceback."""
    text = str(error) if isinstance(error, EditorError) else str(as_message(error).message)
    return {"problem": sentence_of(text).rstrip(".") + "."}


def tells_in_place(function: F) -> F:
    """Turn every error of a method into an answer of the part `self.sheet`. The method may yield."""

    @functools.wraps(function)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(self, *args, **kwargs)
        except Exception as error:
            return {self.sheet: problem(error)}

    @functools.wraps(function)
    def steps(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            yield from function(self, *args, **kwargs)
        except Exception as error:
            yield {self.sheet: problem(error)}

    return steps if inspect.isgeneratorfunction(function) else call  # type: ignore[return-value]
