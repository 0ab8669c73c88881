from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Crop
from editor.editing.local import blend, check_mask, feather
from editor.errors import MismatchError, OptionError
from editor.inversion.loop import InversionOptions
from editor.media.images import to_tensor


def _half() -> torch.Tensor:
    mask = torch.zeros(16, 16)
    mask[:, :8] = 1
    return mask


def test_feather_stays_inside_and_reaches_one() -> None:
    soft = feather(_half(), share=1 / 16)
    assert (soft[:, 8:] == 0).all()
    assert (soft[:, :4] > 0.99).all()
    assert (soft[0, 4:8].diff() < 0).all(), "it falls towards the edge"
    assert torch.equal(feather(torch.ones(16, 16)), torch.ones(16, 16))
    assert torch.equal(feather(torch.zeros(16, 16)), torch.zeros(16, 16))


def test_blend_is_exact_at_both_ends() -> None:
    before, after = torch.randn(3, 16, 16), torch.randn(3, 16, 16)
    mixed, soft = blend(before, after, _half()), feather(_half())
    assert torch.equal(mixed[:, soft == 0], before[:, soft == 0])
    torch.testing.assert_close(mixed[:, soft == 1], after[:, soft == 1])


def test_wrong_masks(tiny) -> None:
    edit = tiny.sample(0)
    with pytest.raises(MismatchError, match=r"\(16, 16\)"):
        edit.inside(torch.ones(8, 8))
    for wrong in (torch.full((16, 16), 2.0), torch.full((16, 16), float("nan")), -_half()):
        with pytest.raises(OptionError, match="outside"):
            check_mask(wrong, 16)
    assert edit.inside(_half()).inside(None).mask is None


def test_the_picture_changes_inside_alone(tiny) -> None:
    edit = tiny.sample(0).move(smile=6.0)
    held = edit.inside(_half())
    plain, free, part = (np.asarray(tiny.render(e)) for e in (edit.reset(), edit, held))
    outside = (feather(_half()) == 0).numpy()
    assert np.array_equal(part[outside], plain[outside])
    assert (part[~outside] != plain[~outside]).any()
    assert (free[outside] != plain[outside]).any()
    assert tiny.render(held.reset()).tobytes() == tiny.render(edit.reset()).tobytes()
    assert torch.equal(held.wp_edited, edit.wp_edited)


@pytest.mark.parametrize("mode", ["difference", "replace"])
def test_the_whole_photo_respects_the_mask(tiny, mode) -> None:
    photo = Image.effect_noise((64, 64), 40).convert("RGB")
    edit = tiny.sample(0).move(smile=6.0).inside(_half())
    same = tiny.sample(0).inside(_half())
    pasted = np.asarray(tiny.paste(edit, mode, photo, Crop()))
    unmoved = np.asarray(tiny.paste(same, mode, photo, Crop()))
    assert np.array_equal(pasted[:, 40:], unmoved[:, 40:])
    assert (pasted[:, 10:30] != unmoved[:, 10:30]).any()


def test_the_mask_is_saved_with_the_code(tiny, tmp_path) -> None:
    edit = tiny.sample(0).move(age=2.0).inside(_half() * 0.5)
    tiny.save_code(edit, tmp_path / "edit.npz")
    again = tiny.open_code(tmp_path / "edit.npz")
    assert torch.equal(again.mask, edit.mask)
    assert tiny.render(again).tobytes() == tiny.render(edit).tobytes()
    tiny.save_code(tiny.sample(0), tmp_path / "plain.npz")
    assert tiny.open_code(tmp_path / "plain.npz").mask is None


def test_settling_comes_closer_to_the_blend(tiny) -> None:
    edit = tiny.sample(0).move(smile=4.0).inside(_half())
    steps = list(tiny.settle_steps(edit, InversionOptions(steps=20, lr=0.05, patience=0)))
    assert steps[-1].losses["loss"] < steps[0].losses["loss"]
    settled = tiny.settle(edit, InversionOptions(steps=5, patience=0))
    assert settled.mask is None
    assert settled.moves == ()


def test_a_settled_edit_lies_further_inside_the_domain(faces, face_photos) -> None:
    """Half a face with the opposite smile: settling makes a code that says the same, in-domain."""
    mask = torch.zeros(64, 64)
    mask[36:] = 1
    edit = faces.invert(face_photos[0]).move(smile=3.0).inside(mask)
    settled = faces.settle(edit)
    blended, found = to_tensor(faces.render(edit)), to_tensor(faces.render(settled))
    unedited = to_tensor(faces.render(edit.reset()))
    assert (blended - found).square().mean() < (blended - unedited).square().mean() / 2
