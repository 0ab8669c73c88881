"""What the page calls sliders: the one place of their words."""

from __future__ import annotations

from dataclasses import dataclass

from editor.project.actions import INVERTED
from editor.project.nodes import Moves, Node
from editor.sliders.boundary import BoundaryInfo
from editor.sliders.imported import is_imported
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


START = "Start"  # the first step of a picture
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


def imported_note(info: BoundaryInfo) -> str:
    """Return what is said of a slider that was imported, in sentences; of others nothing."""
    if not is_imported(info.facts):
        return ""
    doubts = [sentence_of(str(said)) for said in info.facts.get("warnings") or []]
    made = sentence_case(str(info.facts.get("made") or "imported"))
    return ". ".join([made, "Not fitted for this generator", *doubts]) + "."


def moved_label(sliders: SliderSet, before: Moves, now: Moves) -> str:
    """Say in a few words what changed between two sets of moves, such as "Smile 45", by positions.

    Args:
        sliders: that may have moved.
        before: distances by slider.
        now: the same, after it.
    """
    old, new = dict(before), dict(now)
    changed = [name for name in {**old, **new} if old.get(name, 0.0) != new.get(name, 0.0)]
    known = [name for name in changed if name in sliders]
    if not new or not known:
        return "Reset" if changed else "Same"
    info = sliders[known[0]].info
    position = round(SliderScale.of(info).position(new.get(known[0], 0.0)))
    text = f"{slider_words(info).title} {position}".replace("-", "−")
    return text if len(changed) == 1 else f"{text} and {len(changed) - 1} more"


def step_label(node: Node) -> str:
    """Return what the page calls a step. The first one is its start, also where a command made it."""
    return START if node.label in ("", INVERTED) else node.label


def sentence_case(text: str) -> str:
    """Return a text whose first letter is large; all others stay as they are."""
    return text[:1].upper() + text[1:]


def sentence_of(text: str) -> str:
    """Return a text as a sentence begins. A file's name that it begins with stays as it is."""
    return text if "." in text.partition(" ")[0] else sentence_case(text)
