"""An edit: a code with slider positions, and the photo that it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image
from torch import Tensor

from editor.editing.local import check_mask
from editor.layers import check_layers, parse_layers
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.sliders.move import check_distance, move
from editor.sliders.slider_set import SliderSet


@dataclass(frozen=True, eq=False)
class Edit:
    """A picture as a code with slider positions; never changes, every edit is a new one.

    It holds no network: `Editor.render`, `Editor.paste` and `Editor.save` make pictures of it.

    Attributes:
        sliders: those that may be moved.
        wp: [num_ws, w_dim], the inverted code, before any slider, on the CPU.
        moves: distance by slider.
        layers: by slider, where it moves other layers than its own.
        aligned: the aligned square of the photo that was inverted, if any.
        losses: of the inversion, by name.
        photo: the whole photo, if there is one, and
        crop: the square of it that was inverted.
        mask: [R, R], 0…1, on the CPU: where the sliders may change the picture; None: everywhere.
        base: [num_ws, w_dim]: the code that stands for the photo where `wp` does not, as in a
            settled edit or a mixture; what is pasted into the photo is the difference from it.
        grey: its pictures are shown and pasted without colour, as those of a grey photo; false lets
            colour in.
    """

    sliders: SliderSet
    wp: Tensor
    moves: tuple[tuple[str, float], ...] = ()
    layers: tuple[tuple[str, tuple[int, ...]], ...] = ()
    aligned: Image.Image | None = None
    losses: tuple[tuple[str, float], ...] = ()
    photo: Photo | None = None
    crop: Crop | None = None
    mask: Tensor | None = None
    base: Tensor | None = None
    grey: bool = False

    @property
    def changed(self) -> bool:
        """Whether the photo with the edit in it differs from the photo."""
        return bool(self.moves) or self.base is not None

    @property
    def reference(self) -> Tensor:
        """[num_ws, w_dim], the code that stands for the photo."""
        return self.wp if self.base is None else self.base

    def move(self, /, **distances: float) -> Edit:
        """Set sliders, as in `edit.move(smile=2.0, age=-1)`. A distance set before is replaced.

        Raises:
            OptionError: a slider is unknown, or a distance is not a number of -1000…1000.
        """
        moves = dict(self.moves)
        for name, distance in distances.items():
            _ = self.sliders[name]
            moves[name] = check_distance(distance, name)
        return replace(self, moves=tuple((k, v) for k, v in moves.items() if v != 0.0))

    def on_layers(self, /, **layers: tuple[int, ...] | str) -> Edit:
        """Make sliders move other layers than their own, as in `edit.on_layers(smile=(4, 5), age="0-3")`.

        Raises:
            OptionError: a slider is unknown, or a layer does not exist.
        """
        chosen = dict(self.layers)
        for name, said in layers.items():
            _ = self.sliders[name]
            chosen[name] = check_layers(parse_layers(said), len(self.wp), f"'{name}'")
        return replace(self, layers=tuple(chosen.items()))

    def inside(self, mask: Tensor | None) -> Edit:
        """Limit the sliders to a mask [R, R], 0…1, of the model's size. None lifts the limit.

        Raises:
            MismatchError: the mask has another shape.
            OptionError: it holds values outside 0…1.
        """
        if mask is not None:
            mask = check_mask(mask, self.sliders.info.resolution)
        return replace(self, mask=mask)

    def reset(self) -> Edit:
        """Put all sliders at zero."""
        return replace(self, moves=())

    @property
    def wp_edited(self) -> Tensor:
        """[num_ws, w_dim], the code with all sliders applied."""
        wp, layers = self.wp[None], dict(self.layers)
        for name, distance in self.moves:
            boundary = self.sliders[name]
            those = layers.get(name, boundary.info.layers)
            wp = move(wp, boundary.normal, distance, those)
        return wp[0]
