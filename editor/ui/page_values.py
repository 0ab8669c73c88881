"""What a page sends, checked before anybody sees it: numbers, texts, paths."""

from __future__ import annotations

import json
import math
from typing import Any

from editor.errors import InputError, PageFileError
from editor.ui.visit_files import VisitFiles


def read_call(body: bytes) -> dict[str, Any]:
    """Read a call's JSON: an object whose numbers are finite and whose texts are Unicode.

    Raises:
        InputError: it is something else.
    """
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError("the call cannot be understood; reload the page") from error
    if not isinstance(value, dict):
        raise InputError("the call cannot be understood; reload the page")
    return without_surrogates(value) if b"\\ud" in body.lower() else value


def check_paths(value: Any, files: VisitFiles, visit: str) -> None:
    """Refuse every path and address in a value from a page that is not of the visit's own files.

    A dictionary with "path" is what Gradio calls a file, wherever it stands; its "url" is dropped, so
    that nobody fetches it, and the path becomes the file's real one.

    Args:
        value: of JSON; it is changed.
        files: of the visits.
        visit: whose value it is.

    Raises:
        PageFileError: a path names no file of the visit.
    """
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(item for item in one if isinstance(item, (dict, list)))
        elif isinstance(one, dict):
            if one.get("path") is not None:
                one["path"] = str(files.own(one["path"], visit))
                one["meta"] = {"_type": "gradio.FileData"}
            elif one.get("url") is not None:
                raise PageFileError("no address is opened for a page; give the file itself")
            if "path" in one:
                one.pop("url", None)
            left.extend(item for item in one.values() if isinstance(item, (dict, list)))


def without_surrogates(value: Any) -> Any:
    """A value of JSON whose texts can be written in any encoding of Unicode."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {without_surrogates(k): without_surrogates(v) for k, v in value.items()}
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text[:40])
