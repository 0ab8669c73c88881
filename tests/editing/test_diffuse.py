from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from editor import Editor
from editor.editing.diffuse import collage, diffuse, rectangle
from editor.errors import ImageError, MismatchError, OptionError
from editor.inversion.loop import InversionOptions
from editor.inversion.objective import Objective, Weights
from editor.media.images import to_tensor
from editor.models.perceptual import DiscriminatorPerceptual, masked_mean


def test_the_published_patch_at_its_own_size() -> None:
    """110 px around (125, 145) of 256: columns 70…179, rows 90…199."""
    mask = rectangle(256)
    expected = torch.zeros(256, 256)
    expected[90:200, 70:180] = 1
    assert torch.equal(mask, expected)
    assert rectangle(64).sum() / 64**2 == pytest.approx((110 / 256) ** 2, rel=0.1)


@pytest.mark.parametrize(
    ("size", "centre"), [(0.1, (2.0, 0.5)), (float("nan"), (0.5, 0.5)), (0.0, (0.5, 0.5))]
)
def test_a_patch_without_pixels(size, centre) -> None:
    with pytest.raises(OptionError):
        rectangle(16, size, centre)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.25, -0.125), (-0.5, 0.0)])
def test_collage_pixel_by_pixel(offset) -> None:
    target, contexts = torch.randn(3, 16, 16), torch.randn(2, 3, 16, 16)
    mask = torch.rand(16, 16) * (torch.rand(16, 16) > 0.5)
    pasted, placed = collage(target, contexts, mask, offset)
    right, down = round(offset[0] * 16), round(offset[1] * 16)
    for y in range(16):
        for x in range(16):
            inside = 0 <= y - down < 16 and 0 <= x - right < 16
            m = mask[y - down, x - right] if inside else torch.tensor(0.0)
            t = target[:, y - down, x - right] if inside else torch.zeros(3)
            assert placed[y, x] == m
            expected = (1 - m) * contexts[:, :, y, x] + m * t
            torch.testing.assert_close(pasted[:, :, y, x], expected)


def test_wrong_patches() -> None:
    target, contexts = torch.zeros(3, 16, 16), torch.zeros(1, 3, 16, 16)
    with pytest.raises(MismatchError, match="expected"):
        collage(target, contexts, torch.ones(8, 8))
    for mask, offset in (
        (torch.zeros(16, 16), (0.0, 0.0)),
        (torch.ones(16, 16), (1.0, 0.0)),
        (torch.ones(16, 16), (float("nan"), 0.0)),
        (torch.full((16, 16), float("inf")), (0.0, 0.0)),
    ):
        with pytest.raises(OptionError):
            collage(target, contexts, mask, offset)


def test_a_mask_of_ones_changes_nothing(generator, encoder, discriminator) -> None:
    term = DiscriminatorPerceptual(discriminator)
    target, wp = torch.randn(2, 3, 16, 16), torch.randn(2, generator.num_ws, 8)
    plain, _, terms = Objective(target, generator, encoder, term, Weights())(wp)
    ones = torch.ones(1, 1, 16, 16)
    masked, _, same = Objective(target, generator, encoder, term, Weights(), ones)(wp)
    torch.testing.assert_close(plain, masked)
    torch.testing.assert_close(terms["loss_feat"], same["loss_feat"])


def test_masked_mean_written_out() -> None:
    values, mask = torch.rand(2, 3, 4, 4), torch.rand(1, 1, 8, 8)
    small = F.avg_pool2d(mask, 2)
    expected = (values * small).sum(dim=(1, 2, 3)) / (3 * small.sum())
    torch.testing.assert_close(masked_mean(values, mask), expected)


def test_what_lies_outside_the_patch_does_not_count(generator, encoder, discriminator) -> None:
    """The same start, and other pixels outside: the same steps."""
    mask = torch.zeros(16, 16)
    mask[4:10, 4:10] = 1
    one = torch.randn(1, 3, 16, 16)
    objective = [
        Objective(target, generator, encoder, None, Weights(domain=0), mask[None, None])(
            torch.zeros(1, generator.num_ws, 8)
        )[0]
        for target in (one, one + (1 - mask) * 5)
    ]
    torch.testing.assert_close(*objective)


def test_contexts_do_not_influence_each_other(tiny) -> None:
    target, contexts = tiny.example(0), [tiny.example(i) for i in (1, 2, 3)]
    mask = rectangle(16)
    options = InversionOptions(steps=3, patience=0)
    together = tiny.diffuse(target, contexts, mask, options=options)
    alone = tiny.diffuse(target, contexts[1:2], mask, options=options)
    torch.testing.assert_close(together[1].wp, alone[0].wp, atol=1e-4, rtol=1e-3)
    assert not torch.allclose(together[0].wp, together[1].wp, atol=1e-3)


def test_no_domain_term(tiny) -> None:
    mask = rectangle(16)
    step = next(tiny.diffuse_steps(tiny.example(0), [tiny.example(1)], mask))
    assert set(step.losses) == {"loss_pix", "loss_feat", "loss"}


def test_errors_of_the_editor(tiny) -> None:
    square = tiny.example(0)
    with pytest.raises(ImageError, match=r"Editor\.align"):
        next(tiny.diffuse_steps(square.resize((9, 9)), [square], rectangle(16)))
    with pytest.raises(OptionError, match="no context"):
        tiny.collages(square, [], rectangle(16))
    with pytest.raises(MismatchError):
        tiny.collages(square, [square], rectangle(8))


def test_a_patch_spreads_on_faces(faces, face_photos) -> None:
    """Inside the patch the error falls as far as a full inversion's; outside it stays a face."""
    photos = [faces.align(photo) for photo in face_photos[:3]]
    mask = rectangle(faces.info.resolution)
    (edit,) = faces.diffuse(photos[0], [photos[1]], mask)
    full = faces.invert(face_photos[0])
    target = to_tensor(photos[0])[0]

    def error(image) -> float:
        return float(masked_mean((to_tensor(image) - target).square(), mask[None, None]))

    assert error(faces.render(edit)) <= 1.3 * error(faces.render(full))
    assert error(faces.render(edit)) < 0.5 * error(photos[1])
    pasted = np.asarray(faces.collages(photos[0], [photos[1]], mask)[0])
    inside = mask.numpy() > 0
    assert np.array_equal(pasted[inside], np.asarray(photos[0])[inside])
    assert np.array_equal(pasted[~inside], np.asarray(photos[1])[~inside])


def test_generator_of_steps_can_be_stopped(tiny: Editor) -> None:
    steps = diffuse(tiny.engine, torch.zeros(1, 3, 16, 16), torch.ones(16, 16), InversionOptions())
    first = next(steps)
    steps.close()
    assert first.step == 0
