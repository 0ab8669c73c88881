"""What the page calls sliders: the one place of their words."""

from __future__ import annotations

from dataclasses import dataclass

from editor.project.nodes import MAX_LABEL, Moves
from editor.sliders.boundary import BoundaryInfo
from editor.sliders.scale import SliderScale
from editor.sliders.slider_set import SliderSet


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


def step_words(sliders: SliderSet, before: Moves, now: Moves) -> str:
    """Say what a step changed, as the panel shows it, such as "Smile 45" or "Tilt down 20 and 1 more".

    Args:
        sliders: that may be moved.
        before: distances by slider.
        now: the same, after the step.
    """
    old, new = dict(before), dict(now)
    changed = [name for name in {**old, **new} if old.get(name, 0.0) != new.get(name, 0.0)]
    if not changed:
        return "Other layers"
    if not new:
        return "Reset"
    first = changed[0]
    distance = new.get(first, 0.0)
    if first not in sliders:
        text = f"{sentence_case(first.replace('_', ' '))} {distance:+.1f}"
    else:
        info = sliders[first].info
        words, place = slider_words(info), round(SliderScale.of(info).position(distance))
        if words.ends is None:
            text = f"{words.title} {place}".replace("-", "−")
        else:
            text = f"{words.ends[place > 0]} {abs(place)}"
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{text}{more}"[:MAX_LABEL]


def sentence_case(text: str) -> str:
    """Return a text whose first letter is large; all others stay as they are."""
    return text[:1].upper() + text[1:]
