"""What edits and interpolations of inverted codes do, at distances that are the same for all methods.

A distance is a multiple of the recommended range of each slider, at both of its ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from editor.editing.paste import soft_mask
from editor.evaluation.features import Reference
from editor.evaluation.methods import Inverted, pictures
from editor.geometry import background
from editor.metrics.attributes import AttributePredictor
from editor.metrics.distances import evenly_spread
from editor.metrics.effect import Effect
from editor.metrics.identity import People
from editor.session import Editor
from editor.sliders.boundary import Boundary
from editor.sliders.move import move

STOPS = (0.25, 0.5, 0.75, 1.0, 1.5)
PERSON_STOPS = (0.5, 1.0)  # at which the person is looked at
BETWEEN = (0.25, 0.5, 0.75)
SHOWN = 500  # at most so many pictures for a sliced Wasserstein distance
ALL = "all"  # "slider" of the records of realism


@dataclass(frozen=True)
class Before:
    """The reconstructions that edits start from.

    Attributes:
        codes: [N, num_ws, w_dim].
        images: [N, 3, R, R].
        scores: of the judge, by attribute [N].
        vectors: [N, F], of the pack's encoder.
    """

    codes: Tensor
    images: Tensor
    scores: dict[str, Tensor]
    vectors: Tensor

    @classmethod
    def of(cls, editor: Editor, judge: AttributePredictor, inverted: Inverted) -> Before:
        """Measure what edited pictures will be compared with."""
        images = inverted.images
        return cls(inverted.codes, images, judge.score(images), encoder_vectors(editor, images))


@dataclass(frozen=True)
class KeptFaces:
    """Whether edits leave the person who they were.

    Attributes:
        people: of the photos.
        photos: [N, 3, R, R], RGB, in [-1, 1].
    """

    people: People
    photos: Tensor

    def figures(self, before: Tensor, after: Tensor, could: Tensor) -> dict[str, Any]:
        """Compare the person in edited pictures, and in photos with the edit pasted in, with the photos'.

        Args:
            before: [N, 3, R, R], the reconstructions.
            after: the same, edited.
            could: [N] bool, the pictures that count.
        """
        change = (after.clamp(-1, 1) - before.clamp(-1, 1)) * soft_mask(after.shape[-1])
        pasted = (self.photos + change).clamp(-1, 1)
        edited, whole = (self.people.compare(images, could) for images in (after, pasted))
        return {"same_person": edited["same"], "same_person_pasted": whole["same"]}


@torch.no_grad()
def encoder_vectors(editor: Editor, images: Tensor, batch: int = 50) -> Tensor:
    """Return what the pack's encoder says of pictures, less the mean code: who is shown, and how; [N, F]."""
    return (editor.engine.encode(images, batch) - editor.engine.w_avg).flatten(1)


def slide(
    editor: Editor,
    judge: AttributePredictor,
    before: Before,
    boundary: Boundary,
    stop: float,
    end: int,
    faces: KeptFaces | None = None,
) -> tuple[dict[str, Any], Tensor]:
    """Move one slider to one distance, and measure what that does.

    Args:
        editor: of the domain.
        judge: scores pictures.
        before: what is edited.
        boundary: the slider.
        stop: multiple of the recommended range.
        end: 0 for the low end, 1 for the high one.
        faces: of the photos, to see whether the person stays; None leaves it out.

    Returns:
        The figures, over the pictures that could change, and the edited pictures [N, 3, R, R].
    """
    info = boundary.info
    distance = stop * info.range[end]
    moved = move(before.codes, boundary.normal.cpu(), distance, info.layers)
    images = pictures(editor, moved)
    after = judge.score(images)
    effect = Effect.of(info.name, before.scores, after, 2 * end - 1)
    could = effect.could
    identity = F.cosine_similarity(before.vectors, encoder_vectors(editor, images))[could]
    found: dict[str, Any] = {
        "stop": stop * (2 * end - 1),
        "distance": distance,
        "photos": int(could.sum()),
        "flips": effect.flips,
        "change_of_others": effect.change_of_others,
        "encoder_features": identity.mean().item(),
    }
    outside = background(editor.info.subject, images.shape[-1], editor.info.squares)
    if outside is not None:
        change = (images - before.images)[could][..., outside].square().mean().item()
        found["background_mse"] = change
    if faces is not None and stop in PERSON_STOPS:
        found |= faces.figures(before.images, images, could)
    return {k: None if v != v else v for k, v in found.items()}, images


def edits(
    editor: Editor,
    judge: AttributePredictor,
    inverted: Inverted,
    reference: Reference,
    stops: tuple[float, ...] = STOPS,
    faces: KeptFaces | None = None,
) -> Iterator[dict[str, Any]]:
    """Measure the edits of one method's codes over distance.

    Args:
        editor: of the domain.
        judge: scores pictures.
        inverted: codes and reconstructions of the photos.
        reference: the photos that realism is measured by.
        stops: multiples of each slider's recommended range.
        faces: of the photos, to see whether the person stays; None leaves it out.

    Yields:
        A record for every slider and distance; then one for every distance, over all sliders: its
        realism, under "slider": `ALL`.
    """
    before = Before.of(editor, judge, inverted)
    pool: dict[float, list[tuple[Tensor, Tensor]]] = {stop: [] for stop in stops}
    for name, boundary in editor.boundaries.items():
        if name not in before.scores:
            continue
        low, high = boundary.info.range
        for end in (0, 1):
            if (low, high)[end] == 0:
                continue
            for stop in stops:
                figures, images = slide(editor, judge, before, boundary, stop, end, faces)
                some = images[len(pool[stop]) % 5 :: 5]
                pool[stop].append((reference.features.of(images), some.half()))
                yield {"slider": name, **figures}
    for stop, parts in pool.items():
        if parts:
            found = torch.cat([part[0] for part in parts])
            images = torch.cat([part[1] for part in parts])
            index = evenly_spread(len(images), SHOWN)
            yield {
                "slider": ALL,
                "stop": stop,
                **reference.realism(images[index].float(), found),
            }


def realism(records: list[dict[str, Any]]) -> list[tuple[float, dict[str, float]]]:
    """Return the distances in records of `edits`, each with the realism of all sliders' edits there."""
    return [
        (record["stop"], {k: v for k, v in record.items() if k not in ("slider", "stop")})
        for record in records
        if record["slider"] == ALL
    ]


def interpolations(
    editor: Editor, inverted: Inverted, reference: Reference, seed: int = 0
) -> dict[str, Any]:
    """Measure how real pictures between the codes of two photos look.

    They lie at a quarter, a half and three quarters of the way. Every photo is paired with another
    one, drawn at random.
    """
    codes = inverted.codes
    order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(seed))
    images = torch.cat(
        [pictures(editor, torch.lerp(codes[order], codes[order.roll(1)], part)) for part in BETWEEN]
    )
    return reference.realism(images)
