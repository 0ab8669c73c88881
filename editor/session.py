"""The facade: everything that a person touches goes through `Editor`."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editor.defaults import DEFAULT_DOMAIN
from editor.editing.code_file import is_own_code, read_code, save_code
from editor.editing.diffuse import collage, diffuse
from editor.editing.edit import Edit
from editor.editing.foreign_codes import MOST, read_foreign_codes
from editor.editing.local import blend, check_mask
from editor.editing.paste import Mode, paste_back
from editor.engine import Engine
from editor.errors import ImageError, MismatchError, OptionError
from editor.files import shown_name
from editor.inversion.loop import InversionOptions, InversionStep
from editor.media.images import save_image, to_pil, to_tensor
from editor.media.profiles import as_srgb
from editor.media.source import as_grey
from editor.packs.info import BOUNDARIES, CHECKPOINTS, DomainInfo
from editor.packs.verdict import Judgement
from editor.photo.crop import Crop
from editor.photo.finder import Finder
from editor.photo.photo import Photo
from editor.photo.second_look import find_well, with_small
from editor.sliders.boundary import Boundary
from editor.sliders.boundary_file import load_boundaries
from editor.sliders.slider_set import SliderSet

Source = str | Path | bytes | Image.Image | Photo


class Editor:
    """Inverts photos into a domain and edits them.

    Open one with `Editor.open("faces64")`; it may be shared by threads.

    Args:
        engine: runs the networks.
        sliders: of the domain.
        finder: finds the square of a photo; the engine's own by default.

    Attributes:
        sliders: of the domain; a visitor's own are handed to `edit` beside them.
    """

    def __init__(self, engine: Engine, sliders: SliderSet, finder: Finder | None = None) -> None:
        self.engine = engine
        self.sliders = sliders
        self.finder: Finder = finder or engine

    @classmethod
    def open(
        cls,
        domain: str = DEFAULT_DOMAIN,
        device: str = "auto",
        checkpoints: Path = CHECKPOINTS,
        boundaries: Path = BOUNDARIES,
    ) -> Editor:
        """Load a domain pack with its boundaries.

        Args:
            domain: a folder of `checkpoints`.
            device: "auto", "cpu", "cuda", "mps".
            checkpoints: folder of packs.
            boundaries: folder of boundary folders.

        Raises:
            PackError: the pack is missing, damaged or inconsistent.
            OptionError: the device is not there, or does not work.
            ShortMemoryError: the device has not enough memory for the pack.
        """
        engine = Engine.open(domain, device, checkpoints)
        info, name = engine.info, engine.fingerprint
        found = load_boundaries(boundaries / domain, domain, info.num_ws, info.w_dim, name)
        return cls(engine, SliderSet(info, name, found))

    @property
    def info(self) -> DomainInfo:
        """Facts of the domain."""
        return self.engine.info

    @property
    def finds(self) -> bool:
        """Whether something can find what the domain knows in a photo."""
        return self.finder is not self.engine or self.engine.has_aligner

    def with_finder(self, finder: Finder) -> Editor:
        """Return an editor with the same engine and sliders and another finder."""
        return Editor(self.engine, self.sliders, finder)

    @property
    def boundaries(self) -> Mapping[str, Boundary]:
        """The domain's sliders by name."""
        return self.sliders.boundaries

    def add_sliders(self, more: Iterable[Boundary]) -> None:
        """Add sliders that everyone who uses this editor may move from now on."""
        self.sliders = self.sliders.with_own(more)

    def look(self, photo: Source, in_tiles: bool | None = None) -> Photo:
        """Read a photo, and find what the domain knows in it, unless that was done before.

        One that lies on its side is looked at turned, and a large one of small faces in tiles.

        Args:
            photo: a path, bytes of a file, an image, or a photo that was read.
            in_tiles: look at full size in tiles too; by default where that may show more.

        Raises:
            ImageError: the photo cannot be used.
        """
        read = Photo.read(photo)
        if read.found is not None or not self.finds:
            return read if read.found is not None else read.with_found([])
        return read.with_found(find_well(self.finder, as_srgb(read.seen), in_tiles))

    def find(
        self, photo: Source, least: float | None = None, in_tiles: bool | None = None
    ) -> list[tuple[Crop, float]]:
        """Find squares that show what the domain knows, with confidences, best first.

        The list is empty where nothing is found, and in domains whose pictures need no alignment.

        Args:
            photo: a path, bytes of a file, an image, or a photo that was read.
            least: confidence, 0…1, below which a square is not given; by default the finder's
                own `sure`.
            in_tiles: as in `look`.

        Raises:
            ImageError: the photo cannot be used.
        """
        return self.look(photo, in_tiles).sure(self.finder.sure if least is None else least)

    def find_small(
        self, photo: Source, found: Iterable[tuple[Crop, float]]
    ) -> list[tuple[Crop, float]]:
        """Add small squares to what `find` found with `in_tiles` false, as it does by default.

        Args:
            photo: a path, the bytes of a file, an image, or what `read` gave.
            found: in it, of all confidences, best first.

        Raises:
            ImageError: the photo cannot be used.
        """
        if not self.finds:
            return list(found)
        return with_small(self.finder, as_srgb(Photo.read(photo).seen), list(found))

    def place(self, photo: Source) -> Crop:
        """Return the square that is taken of a photo unless another is given.

        It is the likeliest one, or the central one where nothing is found.
        """
        found = self.find(photo, least=0.0)
        return found[0][0] if found else Crop()

    def align(self, photo: Source, crop: Crop | None = None) -> Image.Image:
        """Cut a square, by default that of `place`, out of a photo, and scale it to the domain's size.

        It is in sRGB, whatever profile the photo has, and on neutral grey where that is transparent.

        Raises:
            ImageError: the photo cannot be used.
        """
        read = Photo.read(photo)
        return as_srgb(read.part(crop or self.place(read), self.info.resolution))

    def invert_steps(
        self, aligned: Image.Image, options: InversionOptions | None = None
    ) -> Iterator[InversionStep]:
        """Invert an aligned picture step by step. Stop iterating to cancel.

        Other work on the device may run between two steps.

        Raises:
            ImageError: the picture is not of the domain's size.
        """
        yield from self.engine.invert(self.engine.tensor(aligned), options)

    def invert(
        self, photo: Source, crop: Crop | None = None, options: InversionOptions | None = None
    ) -> Edit:
        """Invert a photo: align, encode and optimise it.

        Args:
            photo: a path, bytes of a file, an image, or a photo that was read.
            crop: the square to take; by default that of `place`.
            options: how to optimise.

        Returns:
            The edit with all sliders at zero.

        Raises:
            ImageError: the photo cannot be used.
        """
        read = Photo.read(photo)
        square = crop or self.place(read)
        aligned = self.align(read, square)
        last = deque(self.invert_steps(aligned, options), maxlen=1).pop()
        edit = self.edit(last.wp[0], aligned, last.losses)
        return replace(edit, photo=read, crop=square, grey=read.source.grey)

    def judge(self, edit: Edit) -> Judgement | None:
        """Judge whether an inversion is like its photo, sliders left aside. Return None where nobody knows.

        The verdict was fitted on inversions with the domain's own options, and holds for these.

        Args:
            edit: of this domain, with its aligned photo.
        """
        if self.info.verdict is None or edit.aligned is None:
            return None
        signs = self.engine.signs(to_tensor(edit.aligned), edit.wp[None])
        known = {name: float(value[0]) for name, value in signs.items()}
        known = {name: value for name, value in known.items() if math.isfinite(value)}
        if not set(self.info.verdict.signs) <= known.keys():
            return None
        return self.info.verdict.judge(known)

    def edit(
        self,
        wp: Tensor | np.ndarray,
        aligned: Image.Image | None = None,
        losses: Mapping[str, float] | None = None,
        moves: Mapping[str, float] | None = None,
        sliders: SliderSet | None = None,
    ) -> Edit:
        """Make an edit of a code [num_ws, w_dim].

        Args:
            wp: the code, before any slider.
            aligned: the picture that it is of.
            losses: of the inversion, by name.
            moves: distance by slider.
            sliders: that may be moved; by default the domain's.

        Raises:
            MismatchError: the code is of another domain's shape, or not finite.
            OptionError: a slider is unknown.
        """
        code = torch.as_tensor(np.asarray(wp), dtype=torch.float32).detach().cpu()
        wanted = (self.info.num_ws, self.info.w_dim)
        if code.shape != wanted or not bool(torch.isfinite(code).all()):
            raise MismatchError(
                f"the code has shape {tuple(code.shape)}; '{self.info.name}' needs finite values "
                f"{wanted}"
            )
        made = Edit(
            sliders or self.sliders, code, aligned=aligned, losses=tuple((losses or {}).items())
        )
        return made.move(**(moves or {}))

    def sample(self, seed: int, truncation_psi: float = 0.7) -> Edit:
        """Return the edit of a generated code, with all sliders at zero."""
        return Edit(self.sliders, self.engine.sample([seed], truncation_psi)[0])

    def example(self, seed: int, truncation_psi: float = 0.7) -> Image.Image:
        """Return a generated picture to try the editor with."""
        return self.render(self.sample(seed, truncation_psi))

    def render(self, edit: Edit) -> Image.Image:
        """Render the picture of an edit: RGB, at the model's size, without colour for a grey photo."""
        if edit.mask is None or not edit.moves:
            return self._drawn(edit, edit.wp_edited)[0]
        before, after = self._drawn(edit, edit.wp, edit.wp_edited)
        return to_pil(blend(to_tensor(before)[0], to_tensor(after)[0], edit.mask))

    def reconstruction(self, edit: Edit) -> Image.Image:
        """Render the picture of an edit with all sliders at zero."""
        return self._drawn(edit, edit.wp)[0]

    def reference(self, edit: Edit) -> Image.Image:
        """Render the picture that stands for the photo: what is pasted is the difference from it."""
        return self._drawn(edit, edit.reference)[0]

    def _drawn(self, edit: Edit, *codes: Tensor) -> list[Image.Image]:
        """Render codes as an edit shows them."""
        images = self.engine.render(torch.stack(codes))
        return [as_grey(image) for image in images] if edit.grey else images

    def paste(
        self,
        edit: Edit,
        mode: Mode = "difference",
        photo: Image.Image | None = None,
        crop: Crop | None = None,
        in_place: bool = False,
        alpha: Image.Image | None = None,
    ) -> Image.Image:
        """Paste an edit into its photo, and return the whole photo at its own size.

        Args:
            edit: of this domain.
            mode: "difference" keeps the photo's own detail, "replace" blends the picture in.
            photo: RGB; the one that was inverted by default.
            crop: the square of it; that which was inverted by default.
            in_place: change `photo` itself, which takes half the memory.
            alpha: L, of the size of `photo`, how opaque it is; "replace" matches what is seen.

        Raises:
            ImageError: there is no photo, as for a generated picture.
        """
        if photo is None and edit.photo is not None:
            alpha = edit.photo.source.alpha
            photo, in_place = edit.photo.whole(), in_place or bool(edit.photo.file)
        crop = crop or edit.crop
        if photo is None or crop is None:
            raise ImageError("this picture came without a photo; there is nothing to paste it into")
        images = self._drawn(edit, edit.wp, edit.wp_edited, edit.reference)
        before, after, reference = (to_tensor(image)[0] for image in images)
        if edit.mask is not None:
            after = blend(before, after, edit.mask)
        pasted = paste_back(photo, crop, reference, after, mode, in_place=in_place, alpha=alpha)
        pasted.info = dict(photo.info)
        return pasted

    def edited(
        self,
        edit: Edit,
        mode: Mode = "difference",
        photo: Photo | None = None,
        crop: Crop | None = None,
        in_place: bool = False,
    ) -> Photo:
        """Paste an edit into its photo as `paste` does. Return the photo with all that its file held.

        Args:
            edit: of this domain.
            mode: as `paste`.
            photo: the one that was inverted by default.
            crop: the square of it; that which was inverted by default.
            in_place: change the pixels of `photo` itself, which takes half the memory.

        Raises:
            ImageError: there is no photo, as for a generated picture.
        """
        photo = photo or edit.photo
        whole, alpha, in_place = None, None, in_place or bool(photo and photo.file)
        if photo is not None:
            whole, alpha = photo.whole(), photo.source.alpha
        pasted = self.paste(edit, mode, whole, crop, in_place, alpha)
        assert photo is not None
        return photo.with_pixels(pasted)

    def save_photo(self, edit: Edit, path: str | Path, mode: Mode = "difference") -> None:
        """Save the whole photo with an edit in it: alpha, grey, profile, date and author are the photo's.

        The suffix chooses the format. JPEG has no transparency; a cut-out is laid on white there.

        Raises:
            ImageError: there is no photo, the suffix is not known, or the folder cannot be written.
        """
        made = self.edited(edit, mode)
        save_image(made.pixels, Path(path), source=made.source)

    def save(self, edit: Edit, path: str | Path) -> None:
        """Save the picture of an edit. The suffix chooses the format.

        Raises:
            ImageError: the suffix is not known, or the folder cannot be written.
        """
        save_image(self.render(edit), Path(path))

    def save_code(self, edit: Edit, path: str | Path) -> None:
        """Save code, sliders, square and domain of an edit as .npz (plain arrays, no pickle).

        Raises:
            OptionError: the suffix is another than .npz.
            ImageError: it cannot be written.
            StorageError: the disk is full.
        """
        save_code(edit, Path(path))

    def open_code(self, path: str | Path, sliders: SliderSet | None = None) -> Edit:
        """Reopen what `save_code` wrote.

        Args:
            path: of the file.
            sliders: that may be moved; by default the domain's.

        Raises:
            MismatchError: the file is of another domain or generator, or not such a file.
            OptionError: a slider is unknown, or its value, a layer or the mask is impossible.
        """
        name = shown_name(path)
        try:
            found = read_code(Path(path))
        except MismatchError as error:
            raise MismatchError(f"{name} is not a code saved by this editor: {error}") from error
        if found.domain != self.info.name:
            raise MismatchError(
                f"{name} was saved in domain '{found.domain}', but '{self.info.name}' is open. "
                f"Open it with --domain {found.domain}"
            )
        if found.generator != self.engine.fingerprint:
            raise MismatchError(
                f"{name} was saved with another version of the pack '{self.info.name}', in which it "
                f"would be another picture. Invert the photo again, or put that version of the pack "
                f"back"
            )
        edit = self.edit(found.wp, moves=found.moves, sliders=sliders)
        base = None if found.base is None else self.edit(found.base).wp
        edit = replace(edit, base=base, crop=found.crop, grey=bool(found.grey))
        mask = None if found.mask is None else torch.from_numpy(found.mask)
        return edit.on_layers(**found.layers).inside(mask)

    def open_codes(
        self, path: str | Path, sliders: SliderSet | None = None, most: int = MOST
    ) -> list[tuple[str, Edit]]:
        """Open the codes of a file: of `save_code`, or of another program (.npy, .npz, .pt).

        Nothing in such a file is run. It does not say of which generator its codes are: they are taken
        for this one's where their shape is.

        Args:
            path: of the file.
            sliders: that may be moved; by default the domain's.
            most: codes that a file of another program may hold.

        Returns:
            Name and edit of each.

        Raises:
            WeightsError: the file is missing, damaged, too large, or holds no codes.
            MismatchError: they are of another shape, domain or generator, or too many.
            OptionError: a slider is unknown, or its value, a layer or the mask is impossible.
        """
        if is_own_code(Path(path)):
            return [(Path(path).stem, self.open_code(path, sliders))]
        info = self.info
        found = read_foreign_codes(Path(path), info.name, info.num_ws, info.w_dim, most)
        return [(code.name, self.edit(code.wp, sliders=sliders)) for code in found]

    def with_photo(self, edit: Edit, path: str | Path, photo: Source) -> Edit:
        """Give the photo again to an edit that `open_code` read, so that it can be pasted back.

        Where the code does not say whether it is without colour, the photo does.

        Args:
            edit: of the code.
            path: of the code's file, which names the photo.
            photo: the same that was inverted.

        Raises:
            ImageError: the photo cannot be used.
            MismatchError: it is another photo, or the code knows of none.
        """
        found, read = read_code(Path(path)), Photo.read(photo)
        if found.crop is None or not found.photo_sha256:
            raise MismatchError(f"{shown_name(path)} does not say which photo it was made of")
        if read.sha256 != found.photo_sha256:
            raise MismatchError(
                f"{read.name or 'the photo'} is not the photo that {shown_name(path)} was made of: "
                f"give {found.photo_name or 'that one'}, unchanged"
            )
        grey = read.source.grey if found.grey is None else edit.grey
        return replace(edit, photo=read, crop=found.crop, grey=grey)

    def collages(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float] = (0.0, 0.0),
    ) -> list[Image.Image]:
        """Return the collages that `diffuse_steps` begins with: the patch of a target pasted onto contexts.

        Raises:
            ImageError: a picture is not of the domain's size.
            OptionError: no part of the patch lies on the contexts.
        """
        return [to_pil(image) for image in self._collages(target, contexts, mask, offset)[0]]

    def diffuse_steps(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float] = (0.0, 0.0),
        options: InversionOptions | None = None,
    ) -> Iterator[InversionStep]:
        """Spread a patch of the target into contexts step by step. Stop iterating to cancel.

        Args:
            target: aligned.
            contexts: aligned; each gives one code of the steps' batch.
            mask: [R, R], 0…1: the patch, on the target.
            offset: how far it is moved right and down on the contexts, as shares of the side.
            options: how to optimise, by default as `Engine.diffusion`; the domain term is left out.

        Raises:
            ImageError: a picture is not of the domain's size.
            OptionError: no part of the patch lies on the contexts.
        """
        collages, placed = self._collages(target, contexts, mask, offset)
        yield from diffuse(self.engine, collages, placed, options)

    def diffuse(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float] = (0.0, 0.0),
        options: InversionOptions | None = None,
    ) -> list[Edit]:
        """Run `diffuse_steps` to the end, and return one edit for each context."""
        last = deque(self.diffuse_steps(target, contexts, mask, offset, options), maxlen=1).pop()
        return [self.edit(wp) for wp in last.wp.cpu()]

    def settle_steps(
        self, edit: Edit, options: InversionOptions | None = None
    ) -> Iterator[InversionStep]:
        """Find a code for a masked edit step by step, so that the generator itself draws the seam."""
        share = 1.0 if edit.mask is None else float(edit.mask.mean())
        start = torch.lerp(edit.wp, edit.wp_edited, share)[None]
        yield from self.engine.invert(to_tensor(self.render(edit)), options, start=start)

    def settle(self, edit: Edit, options: InversionOptions | None = None) -> Edit:
        """Run `settle_steps` to the end, and return an edit without mask, with all sliders at zero."""
        last = deque(self.settle_steps(edit, options), maxlen=1).pop()
        settled = self.edit(last.wp[0], edit.aligned, last.losses, sliders=edit.sliders)
        return replace(
            settled, photo=edit.photo, crop=edit.crop, base=edit.reference, grey=edit.grey
        )

    def _collages(
        self,
        target: Image.Image,
        contexts: list[Image.Image],
        mask: Tensor,
        offset: tuple[float, float],
    ) -> tuple[Tensor, Tensor]:
        front, *behind = (self.engine.tensor(image) for image in (target, *contexts))
        if not behind:
            raise OptionError("no context was given; choose one at least")
        mask = check_mask(mask, self.info.resolution)
        return collage(front[0], torch.cat(behind), mask, offset)
