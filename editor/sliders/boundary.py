"""A boundary: unit normal of a separating hyperplane in code space, with its layers and range."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from editor.errors import MismatchError, OptionError, WeightsError
from editor.file_names import is_reserved
from editor.files import plain_text
from editor.layers import check_layers

MAX_DISTANCE = 1000.0  # far beyond any slider, whose ends lie within 50
GROUPS = ("Expression", "Face", "Pose", "Light", "Scene", "Other")
MAX_NAME, MAX_TITLE = 64, 80
MAX_RESPONSE = 40  # entries
SHORT = 0.125  # of the other side: a side of a range that is shorter is no side of its own


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
        response: (distance, effect), both rising: how much of the change that the range's end makes is
            made at a distance; -1 at the low end, 0 at 0, 1 at the high end. It has no entries on a
            side that is short. Empty: not measured, taken as even.
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
    response: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low <= 0 <= high and low < high):
            raise OptionError(f"range {self.range} of '{self.name}' must enclose 0")
        if max(-low, high) > MAX_DISTANCE:
            raise OptionError(f"range {self.range} of '{self.name}' lies beyond ±{MAX_DISTANCE:g}")
        if not self.name.isidentifier():
            raise OptionError(f"'{self.name}' is no name for a boundary; use letters, digits and _")
        if self.response:
            self._check_response()

    @property
    def short_sides(self) -> tuple[bool, bool]:
        """Return whether the low, and the high, side is shorter than an eighth of the other."""
        low, high = self.range
        return -low < SHORT * high, high < SHORT * -low

    def _check_response(self) -> None:
        """Refuse a response that is not one of this range.

        Raises:
            OptionError: it is too long, not finite, does not rise, or misses 0 or an end.
        """
        (low, high), (low_short, high_short) = self.range, self.short_sides
        needed = [(0.0, 0.0)] + [(low, -1.0)] * (not low_short) + [(high, 1.0)] * (not high_short)
        signs = [math.copysign(1, d) for d, _ in self.response if d]
        sound = (
            len(self.response) <= MAX_RESPONSE
            and all(math.isfinite(d) and math.isfinite(e) for d, e in self.response)
            and all(d < far and e < more for (d, e), (far, more) in pairwise(self.response))
            and set(needed) <= set(self.response)
            and not (low_short and -1 in signs)
            and not (high_short and 1 in signs)
        )
        if not sound:
            raise OptionError(
                f"the response of '{self.name}' must rise from -1 at {low:g} by 0 at 0 to 1 at "
                f"{high:g}, in at most {MAX_RESPONSE} entries. Measure it again: "
                f"python -m editor measure-response --domain {self.domain}"
            )

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads. What was not measured is left out, as in older files."""
        values = asdict(self)
        if not self.response:
            del values["response"]
        return values

    @classmethod
    def from_json(cls, header: dict[str, Any]) -> BoundaryInfo:
        """Read what `as_json` and JSON made of one, and ignore other keys.

        Raises:
            KeyError, TypeError, ValueError, IndexError, OptionError: it is not complete.
        """
        values = {key: header[key] for key in cls.__dataclass_fields__ if key in header}
        values["layers"] = tuple(int(layer) for layer in values["layers"])
        values["range"] = (float(values["range"][0]), float(values["range"][1]))
        given = values.get("response") or ()
        values["response"] = tuple((float(one[0]), float(one[1])) for one in given)
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
    """Refuse a name that cannot be a slider's, and so a file's.

    Raises:
        OptionError: it is not an identifier of at most 64 characters, or one that Windows reserves.
    """
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise OptionError(
            f"{str(name)[:MAX_NAME]!r} is no name for a slider; use letters, digits and _, at most "
            f"{MAX_NAME}, and a letter first"
        )
    if is_reserved(name):
        raise OptionError(f"'{name}' is no name for a slider: Windows keeps it for a device")


def clean_title(name: str, title: str) -> str:
    """Return a title in one line of at most 80 characters, made of the name where there is none."""
    return " ".join(plain_text(title).split())[:MAX_TITLE] or name.replace("_", " ")


def check_boundary(
    info: BoundaryInfo, normal: Tensor, domain: str, num_ws: int, w_dim: int, generator: str = ""
) -> Boundary:
    """Check that a boundary belongs to a domain, and return it.

    Raises:
        WeightsError: the normal is not finite, or not of length 1.
        MismatchError: it was fitted for another domain, shape or snapshot of the generator.
    """
    again = fit_again(domain)
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
    check_layers(info.layers, num_ws, f"boundary '{info.name}'", MismatchError)
    length = normal.norm(dim=1)
    if not bool(torch.isfinite(normal).all()) or not torch.allclose(
        length, torch.ones_like(length), atol=1e-3
    ):
        raise WeightsError(
            f"boundary '{info.name}': the rows of the normal are not of length 1. {again}"
        )
    return Boundary(info, normal)


def fit_again(domain: str) -> str:
    """Return the sentence that says how to fit a boundary again."""
    return f"Fit it again: python -m editor fit-boundaries --domain {domain}"
