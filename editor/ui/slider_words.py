"""What the page calls sliders: the one place of their words."""

from __future__ import annotations

from dataclasses import dataclass

from editor.sliders.boundary import BoundaryInfo


@dataclass(frozen=True)
class SliderWords:
    """The words of a slider.

    Attributes:
        title: of its row.
        ends: what the low and the high end make, where both have a name.
    """

    title: str
    ends: tuple[str, str] | None = None


FITTED = {  # by name; the low end, on the left, comes first
    "female": SliderWords("Masculine ↔ feminine", ("Masculine", "Feminine")),
    "pitch": SliderWords("Tilt up ↔ down", ("Tilt up", "Tilt down")),
    "yaw": SliderWords("Turn left ↔ right", ("Turn left", "Turn right")),
    "light_side": SliderWords("Light left ↔ right", ("Light left", "Light right")),
    "headwear": SliderWords("Hat"),
}


def slider_words(info: BoundaryInfo) -> SliderWords:
    """Return the words of a slider. One that a person made keeps the title that it was given."""
    if "made" not in info.facts and info.name in FITTED:
        return FITTED[info.name]
    return SliderWords(sentence_case(info.title))


def sentence_case(text: str) -> str:
    """Return a text whose first letter is large; all others stay as they are."""
    return text[:1].upper() + text[1:]
