"""What sliders are fitted for, and how."""

from __future__ import annotations

from dataclasses import dataclass

from editor.data.image_set import ImageSet
from editor.data.labels import labelled_names
from editor.errors import OptionError

GROUP = {
    "smile": "Expression",
    "mouth_open": "Expression",
    "yaw": "Pose",
    "pitch": "Pose",
    "light_side": "Light",
    "brightness": "Light",
    "contrast": "Light",
    "warmth": "Light",
}
TITLE = {
    "yaw": "turn",
    "pitch": "nod",
    "female": "feminine",
    "headwear": "hat",
    "light_side": "light from the right",
}
OF_FACES = ["light_side"]
OF_SCENES = ["brightness", "contrast", "warmth", "greenness", "cloudiness", "snow"]
COLOUR = ["brightness", "warmth"]  # of a face: no sliders of it, but none should change it
NOT_SLIDERS = {"unusable", "hand_labelled"}


@dataclass(frozen=True)
class FitOptions:
    """How to fit.

    Attributes:
        samples: how many codes are synthesised and scored.
        share: most that is taken of them at each end of an attribute; a rare one takes less.
        held_out: the last images only measure the predictor, as in `train-predictor`.
        probes: photos, the last of the images, whose inversions measure layers and range.
        steps: of their inversion.
        flips: share of the probes that should flip within the range; of a continuous attribute, share
            of the half that has less of it which should gain a whole deviation (at the low end: of the
            half that has more, lose one). This chooses the range; what is reported is an `Effect`.
        conditional: attribute → others that it is made independent of, by projection; it is not
            balanced then.
        balance: try directions that leave all other attributes as they are, by measurement.
        components: principal directions of the codes that those may take in beside the normals; at
            most as many as codes have dimensions.
        only: names to calibrate and save; empty means all. The others are still measured.
        seed: first seed of the samples.
    """

    samples: int = 10_000
    share: float = 0.1
    held_out: int = 600
    probes: int = 192
    steps: int = 40
    flips: float = 0.95
    conditional: dict[str, list[str]] | None = None
    balance: bool = True
    components: int = 32
    only: tuple[str, ...] = ()
    seed: int = 100_000

    def __post_init__(self) -> None:
        if self.probes < 2 or self.samples < 2:
            raise OptionError(f"probes {self.probes} and samples {self.samples} must be at least 2")
        if self.components < 0:
            raise OptionError(f"components {self.components} must not be negative")
        if not 0 < self.flips <= 1:
            raise OptionError(f"flips {self.flips} lies outside 0…1")


def known_attributes(images: ImageSet, subject: str) -> list[str]:
    """Return the attributes that sliders can be fitted for.

    They are the labelled ones, and the image statistics that suit the subject.
    """
    labelled = {
        name
        for name in labelled_names(images.attributes)
        if name.isidentifier() and name not in NOT_SLIDERS
    }
    computed = OF_FACES if subject == "face" else OF_SCENES
    return sorted(labelled) + [name for name in computed if name not in labelled]
