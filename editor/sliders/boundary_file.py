"""Boundary files: safetensors with the boundary's header, read strictly, and folders of them."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from editor.errors import MismatchError, OptionError, WeightsError
from editor.files import plain_text, read_regular, write_whole
from editor.packs.tensors import pack_tensors, unpack_tensors
from editor.sliders.boundary import (
    GROUPS,
    MAX_TITLE,
    Boundary,
    BoundaryInfo,
    check_boundary,
    check_name,
    clean_title,
    fit_again,
)

MAX_BYTES = 2**20  # of a file
MAX_FACTS = 4000
log = logging.getLogger(__name__)


def boundary_bytes(boundary: Boundary) -> bytes:
    """Return the bytes of a boundary file.

    Raises:
        OptionError: they are more than would be read again.
    """
    tensors = {"normal": boundary.normal}
    if boundary.hyperplane is not None:
        tensors["hyperplane"] = boundary.hyperplane
    data = pack_tensors(tensors, {"kind": "boundary", **boundary.info.as_json()})
    if len(data) > MAX_BYTES:
        raise OptionError(
            f"the slider '{boundary.info.name}' has {len(data)} bytes; at most {MAX_BYTES} are read "
            f"again. Say less in its facts"
        )
    return data


def with_response(data: bytes, response: tuple[tuple[float, float], ...]) -> bytes:
    """Return the bytes of a boundary file with another response. All else in it stays as it is.

    Args:
        data: bytes of a boundary file.
        response: as in `BoundaryInfo`; empty takes it out.

    Raises:
        WeightsError: the bytes are damaged, or not of this format.
        MismatchError: they are of another kind.
    """
    tensors, header = unpack_tensors(data, "boundary")
    header["response"] = [list(point) for point in response]
    if not response:
        del header["response"]
    return pack_tensors(tensors, header)


def save_boundary(boundary: Boundary, path: Path) -> None:
    """Write a boundary file, whole or not at all.

    Raises:
        OptionError: it is larger than would be read again.
        StorageError: the disk is full.
        OSError: it cannot be written.
    """
    write_whole(path, boundary_bytes(boundary))


def load_boundary(
    path: Path, domain: str, num_ws: int, w_dim: int, generator: str = ""
) -> Boundary:
    """Read a boundary file for a domain.

    The arguments are those of `read_boundary`.

    Raises:
        WeightsError: the file is missing, damaged or too large, or a normal is not of length 1.
        MismatchError: it was fitted for another domain, shape or snapshot of the generator.
    """
    try:
        tensors, header = unpack_tensors(read_regular(path, MAX_BYTES, WeightsError), "boundary")
        boundary = read_boundary(header, tensors, domain, num_ws, w_dim, generator)
        return with_hyperplane(boundary, tensors.get("hyperplane"))
    except WeightsError as error:
        again = "" if "fit-boundaries" in str(error) else f". {fit_again(domain)}"
        raise type(error)(f"{path.name}: {error}{again}") from error


def with_hyperplane(boundary: Boundary, hyperplane: Tensor | None) -> Boundary:
    """Add to a boundary the hyperplane that its file holds, if there is one.

    Raises:
        WeightsError: it is not [w_dim] of length 1.
    """
    if hyperplane is None:
        return boundary
    w_dim = boundary.normal.shape[1]
    hyperplane = hyperplane.float()
    if hyperplane.shape != (w_dim,) or not abs(float(hyperplane.norm()) - 1) < 1e-3:
        raise WeightsError(
            f"boundary '{boundary.info.name}': its hyperplane {tuple(hyperplane.shape)} is not "
            f"({w_dim},) of length 1. {fit_again(boundary.info.domain)}"
        )
    return replace(boundary, hyperplane=hyperplane)


def read_boundary(
    header: dict[str, Any],
    tensors: dict[str, Tensor],
    domain: str,
    num_ws: int,
    w_dim: int,
    generator: str = "",
    tensor: str = "normal",
) -> Boundary:
    """Read a boundary from what a file or project says. Check it, and clean what is only shown.

    Args:
        header: what `BoundaryInfo.as_json` and JSON made of its info.
        tensors: by name.
        domain: the one that it has to belong to.
        num_ws: layers of its codes.
        w_dim: width of its codes.
        generator: fingerprint of its generator; empty does not ask.
        tensor: name of the normal.

    Raises:
        WeightsError: it is incomplete or too large, or its normal is not finite or not of length 1.
        MismatchError: it is of another domain, shape or snapshot of the generator.
    """
    try:
        if len(json.dumps(header)) > MAX_BYTES:
            raise ValueError(f"it says more than {MAX_BYTES} bytes of itself")
        if len(header["layers"]) > num_ws:
            raise MismatchError(
                f"the slider moves {len(header['layers'])} layers; '{domain}' has {num_ws}"
            )
        info, normal = BoundaryInfo.from_json(header), tensors[tensor]
        check_name(info.name)
        if not normal.is_floating_point() or normal.ndim != 2:
            raise TypeError("the normal is not a matrix of real numbers")
        accuracy = None if info.accuracy is None else float(info.accuracy)
        info = replace(
            info,
            title=clean_title(info.name, str(info.title)[:MAX_FACTS]),
            group=info.group if info.group in GROUPS else "Other",
            domain=plain_text(str(info.domain))[:MAX_TITLE],
            accuracy=accuracy if accuracy is not None and 0 <= accuracy <= 1 else None,
            facts=_sound(info.facts),
            generator=plain_text(str(info.generator))[:MAX_TITLE],
        )
    except (
        *(KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError),
        RecursionError,
    ) as error:
        raise WeightsError(f"the slider is not complete: {str(error)[:MAX_TITLE]}") from error
    except OptionError as error:
        raise WeightsError(f"the slider cannot be used: {error}") from error
    if normal.shape != (num_ws, w_dim):  # before it takes more memory
        return check_boundary(info, normal, domain, num_ws, w_dim, generator)
    return check_boundary(info, normal.float(), domain, num_ws, w_dim, generator)


def _sound(facts: Any) -> dict[str, Any]:
    """Return facts that can be shown and saved again, or an empty dictionary where they cannot."""
    try:
        text = json.dumps(facts, allow_nan=False, ensure_ascii=False)
        clean = json.loads(plain_text(text))
    except (TypeError, ValueError, RecursionError):
        return {}
    return clean if isinstance(clean, dict) and len(text) <= MAX_FACTS else {}


def load_boundaries(
    folder: Path, domain: str, num_ws: int, w_dim: int, generator: str = ""
) -> dict[str, Boundary]:
    """Load all boundaries of a folder, by name, in the order of the page.

    One that cannot be used is left out with a warning that names its file.

    Raises:
        MismatchError: there are some, and all belong to another domain or snapshot of the generator.
    """
    found: dict[str, Boundary] = {}
    left_out: list[WeightsError] = []
    paths = sorted(folder.glob("*.safetensors"))
    for path in paths:
        try:
            boundary = load_boundary(path, domain, num_ws, w_dim, generator)
        except WeightsError as error:
            left_out.append(error)
            continue
        if boundary.info.name in found:
            said = f"{path.name}: there is a slider '{boundary.info.name}' in another file already"
            left_out.append(WeightsError(said))
            continue
        found[boundary.info.name] = boundary
    if paths and all(isinstance(error, MismatchError) for error in left_out) and not found:
        raise left_out[0]
    for reason in left_out:
        log.warning("a slider of '%s' was left out: %s", domain, reason)

    def order(item: Boundary) -> tuple[int, str]:
        return GROUPS.index(item.info.group), item.info.name

    return {item.info.name: item for item in sorted(found.values(), key=order)}
