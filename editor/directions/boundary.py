"""A boundary: unit normal of a separating hyperplane in code space, with its layers and range."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError, PackError, WeightsError
from editor.weights.format import read_tensors, write_tensors

GROUPS = ("Expression", "Face", "Pose", "Light", "Scene", "Other")


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


def save_boundary(boundary: Boundary, path: Path) -> None:
    """Write a boundary file."""
    tensors = {"normal": boundary.normal}
    if boundary.hyperplane is not None:
        tensors["hyperplane"] = boundary.hyperplane
    write_tensors(path, tensors, {"kind": "boundary", **asdict(boundary.info)})


def load_boundary(
    path: Path, domain: str, num_ws: int, w_dim: int, generator: str = ""
) -> Boundary:
    """Read a boundary file for a domain.

    Args:
        path: the file.
        domain: name of the domain.
        num_ws: layers of its codes.
        w_dim: width of its codes.
        generator: fingerprint of its generator; empty does not ask.

    Raises:
        WeightsError: the file is missing or damaged, or a normal is not of length 1.
        MismatchError: it was fitted for another domain, shape or snapshot of the generator.
    """
    tensors, header = read_tensors(path, kind="boundary")
    try:
        info, normal = BoundaryInfo.from_json(header), tensors["normal"].float()
    except (KeyError, TypeError, ValueError, IndexError, OptionError) as error:
        raise WeightsError(
            f"{path} is not a complete boundary ({error!r}). {_again(domain)}"
        ) from error
    boundary = check_boundary(info, normal, domain, num_ws, w_dim, generator)
    hyperplane = tensors.get("hyperplane")
    if hyperplane is None:
        return boundary
    hyperplane = hyperplane.float()
    if hyperplane.shape != (w_dim,) or not abs(float(hyperplane.norm()) - 1) < 1e-3:
        raise WeightsError(
            f"boundary '{info.name}': its hyperplane {tuple(hyperplane.shape)} is not ({w_dim},) of "
            f"length 1. {_again(domain)}"
        )
    return replace(boundary, hyperplane=hyperplane)


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

    Raises:
        PackError: a file is damaged, or two have the same name.
    """
    found: dict[str, Boundary] = {}
    for path in sorted(folder.glob("*.safetensors")):
        boundary = load_boundary(path, domain, num_ws, w_dim, generator)
        if boundary.info.name in found:
            raise PackError(
                f"{folder} holds two boundaries named '{boundary.info.name}'; remove one"
            )
        found[boundary.info.name] = boundary

    def order(item: Boundary) -> tuple[int, str]:
        group = item.info.group
        return (GROUPS.index(group) if group in GROUPS else len(GROUPS), item.info.name)

    return {item.info.name: item for item in sorted(found.values(), key=order)}
