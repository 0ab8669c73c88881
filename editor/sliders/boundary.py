"""A boundary: unit normal of a separating hyperplane in code space, with its layers and range."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError, WeightsError
from editor.files import plain_text, read_regular, write_whole
from editor.packs.tensors import pack_tensors, unpack_tensors

MAX_DISTANCE = 1000.0  # far beyond any slider, whose ends lie within 50
GROUPS = ("Expression", "Face", "Pose", "Light", "Scene", "Other")
MAX_BYTES = 2**20  # of a file
MAX_NAME, MAX_TITLE, MAX_FACTS = 64, 80, 4000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BoundaryInfo:
    """The header of a boundary.

    Attributes:
        name: as used in commands, such as mouth_open.
        title: as shown, such as "mouth open".
        group: heading under which the page shows it.
        domain: pack whose codes it separates.
        layers: which layers of a code it moves.
        range: recommended distances (low, high), low ≤ 0 ≤ high.
        accuracy: of the SVM on held-out codes, 0…1.
        facts: how it was fitted.
        generator: fingerprint of the generator whose codes it separates; empty if not known.
    """

    name: str
    title: str
    group: str
    domain: str
    layers: tuple[int, ...]
    range: tuple[float, float]
    accuracy: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    generator: str = ""

    def __post_init__(self) -> None:
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low <= 0 <= high and low < high):
            raise OptionError(f"range {self.range} of '{self.name}' must enclose 0")
        if max(-low, high) > MAX_DISTANCE:
            raise OptionError(f"range {self.range} of '{self.name}' lies beyond ±{MAX_DISTANCE:g}")
        if not self.name.isidentifier():
            raise OptionError(f"'{self.name}' is no name for a boundary; use letters, digits and _")

    @classmethod
    def from_json(cls, header: dict[str, Any]) -> BoundaryInfo:
        """Read what `asdict` and JSON made of one; other keys are left aside.

        Raises:
            KeyError, TypeError, ValueError, IndexError, OptionError: it is not complete.
        """
        values = {key: header[key] for key in cls.__dataclass_fields__ if key in header}
        values["layers"] = tuple(int(layer) for layer in values["layers"])
        values["range"] = (float(values["range"][0]), float(values["range"][1]))
        return cls(**values)


@dataclass(frozen=True)
class Boundary:
    """A direction in code space.

    Attributes:
        info: name, layers, range, and how it was fitted.
        normal: [num_ws, w_dim], each row of length 1: where the slider moves codes.
        hyperplane: [w_dim], of length 1: the normal as it was fitted, which tells codes apart, where
            the slider was then made independent of others; None where that is `normal` itself.
    """

    info: BoundaryInfo
    normal: Tensor
    hyperplane: Tensor | None = None


def check_name(name: str) -> None:
    """Refuse what cannot be a slider's name, and so a file's.

    Raises:
        OptionError: it is not an identifier of at most 64 characters.
    """
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise OptionError(
            f"{str(name)[:MAX_NAME]!r} is no name for a slider; use letters, digits and _, at most "
            f"{MAX_NAME}, and a letter first"
        )


def clean_title(name: str, title: str) -> str:
    """A title in one line, at most 80 characters; made of the name where there is none."""
    return " ".join(plain_text(title).split())[:MAX_TITLE] or name.replace("_", " ")


def boundary_bytes(boundary: Boundary) -> bytes:
    """The bytes of a boundary file.

    Raises:
        OptionError: they are more than is ever read again.
    """
    tensors = {"normal": boundary.normal}
    if boundary.hyperplane is not None:
        tensors["hyperplane"] = boundary.hyperplane
    data = pack_tensors(tensors, {"kind": "boundary", **asdict(boundary.info)})
    if len(data) > MAX_BYTES:
        raise OptionError(
            f"the slider '{boundary.info.name}' has {len(data)} bytes; at most {MAX_BYTES} are read "
            f"again. Say less in its facts"
        )
    return data


def save_boundary(boundary: Boundary, path: Path) -> None:
    """Write a boundary file, whole or not at all.

    Raises:
        OptionError: it is larger than is ever read again.
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
        again = "" if "fit-boundaries" in str(error) else f". {_again(domain)}"
        raise type(error)(f"{path.name}: {error}{again}") from error


def with_hyperplane(boundary: Boundary, hyperplane: Tensor | None) -> Boundary:
    """A boundary with the hyperplane that its file holds, if there is one.

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
            f"({w_dim},) of length 1. {_again(boundary.info.domain)}"
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
    """A boundary of what a file says of it, or a project: checked, and what is only shown made harmless.

    Args:
        header: what `asdict` and JSON made of its info.
        tensors: by name.
        domain: that it has to be of.
        num_ws: layers of its codes.
        w_dim: width of its codes.
        generator: fingerprint of its generator; empty does not ask.
        tensor: name of the normal.

    Raises:
        WeightsError: incomplete, too large, or a normal that is not finite or not of length 1.
        MismatchError: of another domain, shape or snapshot of the generator.
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
    """Facts that can be shown and saved again; none where they are something else."""
    try:
        text = json.dumps(facts, allow_nan=False, ensure_ascii=False)
        clean = json.loads(plain_text(text))
    except (TypeError, ValueError, RecursionError):
        return {}
    return clean if isinstance(clean, dict) and len(text) <= MAX_FACTS else {}


def check_boundary(
    info: BoundaryInfo, normal: Tensor, domain: str, num_ws: int, w_dim: int, generator: str = ""
) -> Boundary:
    """A boundary of a domain, or an error; see `load_boundary`.

    Raises:
        WeightsError: the normal is not finite, or not of length 1.
        MismatchError: it was fitted for another domain, shape or snapshot of the generator.
    """
    again = _again(domain)
    if info.domain != domain or normal.shape != (num_ws, w_dim):
        raise MismatchError(
            f"boundary '{info.name}' was fitted for domain '{info.domain}' "
            f"{tuple(normal.shape)}, but the loaded domain is '{domain}' ({num_ws}, {w_dim}). {again}"
        )
    if generator and info.generator not in ("", generator):
        raise MismatchError(
            f"boundary '{info.name}' was fitted on another snapshot of '{domain}' "
            f"({info.generator}, not {generator}). {again}"
        )
    if not info.layers or min(info.layers) < 0 or max(info.layers) >= num_ws:
        raise MismatchError(
            f"boundary '{info.name}' names layers {info.layers} of {num_ws}. {again}"
        )
    length = normal.norm(dim=1)
    if not bool(torch.isfinite(normal).all()) or not torch.allclose(
        length, torch.ones_like(length), atol=1e-3
    ):
        raise WeightsError(
            f"boundary '{info.name}': the rows of the normal are not of length 1. {again}"
        )
    return Boundary(info, normal)


def _again(domain: str) -> str:
    return f"Fit it again: python -m editor fit-boundaries --domain {domain}"


def load_boundaries(
    folder: Path, domain: str, num_ws: int, w_dim: int, generator: str = ""
) -> dict[str, Boundary]:
    """All boundaries of a folder, by name, in the order of the page.

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
