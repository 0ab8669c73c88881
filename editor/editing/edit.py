"""An edit: a code with slider positions, and what can be made of it."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editor.editing.local import blend, check_mask
from editor.editing.move import check_distance, move
from editor.editing.paste import Mode, paste_back
from editor.errors import ImageError, OptionError
from editor.files import why, write_whole
from editor.layers import check_layers, parse_layers
from editor.media.images import save_image, to_pil, to_tensor
from editor.photo.crop import Crop

if TYPE_CHECKING:
    from editor.session import Editor

CODE_SCHEMA = 1


@dataclass(frozen=True)
class Edit:
    """A picture as a code with slider positions; never changes, every edit is a new one.

    Attributes:
        editor: who synthesises.
        wp: [num_ws, w_dim], the inverted code, before any slider, on the CPU.
        moves: distance by boundary name.
        layers: by boundary name, where other layers move than the boundary's own.
        photo: the aligned photo that was inverted, if any.
        losses: of the inversion, by name.
        source: the whole photo, if there is one, and
        crop: the square of it that was inverted.
        mask: [R, R], 0…1, on the CPU: where the sliders may change the picture; None: everywhere.
        base: [num_ws, w_dim]: the code that stands for the photo where `wp` does not, as in a
            settled edit or a mixture; what `paste` lays into the photo is the difference from it.
    """

    editor: Editor
    wp: Tensor
    moves: tuple[tuple[str, float], ...] = ()
    layers: tuple[tuple[str, tuple[int, ...]], ...] = ()
    photo: Image.Image | None = None
    losses: tuple[tuple[str, float], ...] = ()
    source: Image.Image | None = None
    crop: Crop | None = None
    mask: Tensor | None = None
    base: Tensor | None = None

    @property
    def changed(self) -> bool:
        """Whether the photo with the edit in it differs from the photo."""
        return bool(self.moves) or self.base is not None

    def move(self, /, **distances: float) -> Edit:
        """Set sliders: `edit.move(smile=2.0, age=-1)`; a boundary set before is replaced.

        Raises:
            OptionError: a boundary is unknown, or a distance is not a number of -1000…1000.
        """
        moves = dict(self.moves)
        for name, distance in distances.items():
            self.editor.boundary(name)
            moves[name] = check_distance(distance, name)
        return replace(self, moves=tuple((k, v) for k, v in moves.items() if v != 0.0))

    def on_layers(self, /, **layers: tuple[int, ...] | str) -> Edit:
        """Let sliders move other layers than their own: `edit.on_layers(smile=(4, 5), age="0-3")`.

        Raises:
            OptionError: a boundary is unknown, or a layer does not exist.
        """
        chosen = dict(self.layers)
        for name, said in layers.items():
            self.editor.boundary(name)
            chosen[name] = check_layers(parse_layers(said), len(self.wp), f"'{name}'")
        return replace(self, layers=tuple(chosen.items()))

    def inside(self, mask: Tensor | None) -> Edit:
        """Limit what the sliders change: [R, R], 0…1, of the model's size; None lifts the limit.

        Raises:
            MismatchError: the mask has another shape.
            OptionError: it holds values outside 0…1.
        """
        if mask is not None:
            mask = check_mask(mask, self.editor.info.resolution)
        return replace(self, mask=mask)

    def reset(self) -> Edit:
        """All sliders at zero."""
        return replace(self, moves=())

    @property
    def code(self) -> Tensor:
        """[num_ws, w_dim] with all sliders applied."""
        wp, layers = self.wp[None], dict(self.layers)
        for name, distance in self.moves:
            boundary = self.editor.boundary(name)
            those = layers.get(name, boundary.info.layers)
            wp = move(wp, boundary.normal, distance, those)
        return wp[0]

    @property
    def image(self) -> Image.Image:
        """The picture, RGB, at the model's size."""
        if self.mask is None or not self.moves:
            return self.editor.synthesise(self.code)
        before, after = self.editor.synthesise_all(torch.stack([self.wp, self.code]))
        return to_pil(blend(to_tensor(before)[0], to_tensor(after)[0], self.mask))

    @property
    def reconstruction(self) -> Image.Image:
        """The picture with all sliders at zero."""
        return self.editor.synthesise(self.wp)

    def paste(
        self,
        mode: Mode = "difference",
        photo: Image.Image | None = None,
        crop: Crop | None = None,
    ) -> Image.Image:
        """The whole photo with the edit in it, at the photo's size.

        Args:
            mode: "difference" keeps the photo's own detail, "replace" blends the picture in.
            photo: RGB; the one that was inverted by default.
            crop: the square of it; that which was inverted by default.

        Raises:
            ImageError: there is no photo, as for a generated picture.
        """
        photo, crop = photo or self.source, crop or self.crop
        if photo is None or crop is None:
            raise ImageError("this picture came without a photo; there is nothing to paste it into")
        base = self.wp if self.base is None else self.base
        images = self.editor.synthesise_all(torch.stack([self.wp, self.code, base]))
        before, after, reference = (to_tensor(image)[0] for image in images)
        if self.mask is not None:
            after = blend(before, after, self.mask)
        pasted = paste_back(photo, crop, reference, after, mode)
        pasted.info = dict(photo.info)
        return pasted

    def save(self, path: str | Path) -> None:
        """Save the picture; the suffix chooses the format.

        Raises:
            ImageError: the suffix is not known, or the folder cannot be written.
        """
        save_image(self.image, Path(path))

    def save_code(self, path: str | Path) -> None:
        """Save code, sliders and domain as .npz (plain arrays, no pickle).

        Raises:
            OptionError: another suffix.
            ImageError: it cannot be written.
            StorageError: the disk is full.
        """
        target = Path(path)
        if target.suffix != ".npz":
            raise OptionError(f"a code is saved as .npz, not '{target.suffix}'")
        try:
            write_whole(target, self.code_bytes())
        except OSError as error:
            raise ImageError(f"{target} cannot be written: {why(error)}") from error

    def code_bytes(self) -> bytes:
        """The bytes of the .npz that `save_code` writes."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {} if self.mask is None else {"mask": self.mask.numpy()}
        if self.base is not None:
            arrays["base"] = self.base.numpy()
        np.savez(
            buffer,
            schema=np.array(CODE_SCHEMA),
            domain=np.array(self.editor.info.name),
            generator=np.array(self.editor.pack.fingerprint),
            wp=self.wp.numpy(),
            code=self.code.numpy(),
            move_names=np.array([name for name, _ in self.moves], dtype=str),
            move_distances=np.array([d for _, d in self.moves], dtype=np.float64),
            layer_names=np.array([name for name, _ in self.layers], dtype=str),
            layers=np.array([",".join(map(str, those)) for _, those in self.layers], dtype=str),
            **arrays,
        )
        return buffer.getvalue()
