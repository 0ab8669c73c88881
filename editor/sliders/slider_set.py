"""The sliders that an edit may move, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from editor.errors import OptionError
from editor.packs.info import DomainInfo
from editor.sliders.boundary import Boundary, BoundaryInfo


@dataclass(frozen=True, eq=False)
class SliderSet:
    """Sliders of one generator, by name; never changes. Iterating gives the facts of each.

    Attributes:
        info: of the domain.
        generator: fingerprint of the domain's generator.
        boundaries: by name, in the order of the page.
    """

    info: DomainInfo
    generator: str
    boundaries: Mapping[str, Boundary] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "boundaries", MappingProxyType(dict(self.boundaries)))

    def __iter__(self) -> Iterator[BoundaryInfo]:
        return (boundary.info for boundary in self.boundaries.values())

    def __len__(self) -> int:
        return len(self.boundaries)

    def __contains__(self, name: object) -> bool:
        return name in self.boundaries

    def __getitem__(self, name: str) -> Boundary:
        """Return the slider of a name.

        Raises:
            OptionError: it is not known.
        """
        if name not in self.boundaries:
            known = ", ".join(self.boundaries) or "none"
            raise OptionError(f"domain '{self.info.name}' has no slider '{name}'; it has: {known}")
        return self.boundaries[name]

    def named(self, names: Iterable[str]) -> list[Boundary]:
        """Return the sliders of some names.

        Raises:
            OptionError: one is not known.
        """
        return [self[name] for name in names]

    def with_own(self, own: Iterable[Boundary]) -> SliderSet:
        """Return a set with more sliders. One of the same name takes the place of the old one."""
        more = {boundary.info.name: boundary for boundary in own}
        if not more:
            return self
        return SliderSet(self.info, self.generator, {**self.boundaries, **more})
