"""What a page sends, checked before anybody sees it: how much, numbers, texts, paths."""

from __future__ import annotations

import json
import math
from typing import Any

from editor.errors import InputError, PageFileError
from editor.ui.visit_files import VisitFiles

MAX_VALUES = 10_000  # of a call: each costs time, however short it is
MAX_DEPTH = 40
MAX_PATHS = 100
MAX_DIGITS = 18
NO_CALL = "the call cannot be understood; reload the page"


def read_call(body: bytes) -> dict[str, Any]:
    """Read a call's JSON: an object of UTF-8, not too deep, whose numbers are finite and not too long.

    Raises:
        InputError: it is something else, or has too many values.
    """
    try:
        text = body.decode("utf-8")
        if sum(map(text.count, ("[", "{", ",", ":", "\\ud", "\\uD"))) > MAX_VALUES:
            raise InputError("the call has too many values; reload the page")
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_bounded)
    except (ValueError, RecursionError) as error:
        raise InputError(NO_CALL) from error
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise InputError(NO_CALL)
    return without_surrogates(value) if "\\ud" in text.lower() else value


def check_paths(value: Any, files: VisitFiles, visit: str) -> None:
    """Refuse paths and addresses in a page's value that are not of the visit's own files.

    A dictionary with "path" is what Gradio calls a file, wherever it stands; its "url" is dropped, so
    that nobody fetches it, and the path becomes the file's real one.

    Args:
        value: of JSON; it is changed.
        files: of the visits.
        visit: whose value it is.

    Raises:
        PageFileError: a path names no file of the visit, or there are too many.
    """
    left, count = [value], 0
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if one.get("path") is not None:
                count += 1
                if count > MAX_PATHS:
                    raise PageFileError(f"a call may name at most {MAX_PATHS} files")
                one["path"] = str(files.own(one["path"], visit))
                one["meta"] = {"_type": "gradio.FileData"}
            elif one.get("url") is not None:
                raise PageFileError("no address is opened for a page; give the file itself")
            if "path" in one:
                one.pop("url", None)
        left.extend(_inside(one))


def check_no_paths(value: Any) -> None:
    """Refuse a value of JSON that names a file or an address.

    Raises:
        PageFileError: it does.
    """
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict) and any(
            not isinstance(one.get(name), (int, float, type(None))) for name in ("path", "url")
        ):
            raise PageFileError("this call may name no files")
        left.extend(_inside(one))


Shape = dict[str, Any]  # of a record: a type, a record's shape, or [what a list holds], by name
NUMBER = (int, float)


def read_record(value: Any, shape: Shape) -> dict[str, Any] | None:
    """Check what one of the page's own components sends. Names outside the shape are left alone.

    A name whose value is null is as one that was not sent, and is left out. A component that was emptied
    sends an empty text, which is None here.

    Raises:
        InputError: it is no record, or something in it is of another kind.
    """
    if value is None or value == "":
        return None
    if not _fits(value, shape):
        raise InputError("this part of the page sent what cannot be understood; reload the page")
    record: dict[str, Any] = _without_nulls(value, shape)
    return record


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(
            value.get(name) is None or _fits(value[name], inner) for name, inner in kind.items()
        )
    if isinstance(kind, list):
        return isinstance(value, list) and all(_fits(one, kind[0]) for one in value)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _without_nulls(value: Any, kind: Any) -> Any:
    """Return a value that fits a kind without the names of it that are null."""
    if isinstance(kind, dict):
        return {
            name: _without_nulls(inner, kind[name]) if name in kind else inner
            for name, inner in value.items()
            if inner is not None or name not in kind
        }
    if isinstance(kind, list):
        return [_without_nulls(one, kind[0]) for one in value]
    return value


def without_surrogates(value: Any) -> Any:
    """Return a value of JSON whose texts can be written in any encoding of Unicode."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {without_surrogates(k): without_surrogates(v) for k, v in value.items()}
    return value


def _inside(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inner if isinstance(one, (dict, list))]


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level, depth = [inner for one in level for inner in _inside(one)], depth + 1
    return depth


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text[:40])


def _bounded(text: str) -> int:
    return int(text) if len(text) <= MAX_DIGITS else int(_refuse(text[:40]))
