"""Codes of other programs: every published layout, and sentences where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from editor import Editor
from editor.errors import MismatchError, WeightsError

CODES = np.random.default_rng(3).normal(size=(3, 6, 8)).astype(np.float32)
W = np.random.default_rng(4).normal(size=(3, 8)).astype(np.float32)
EVERYWHERE = np.repeat(W[:, None], 6, axis=1)


def _save(path: Path, value: Any) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **value)
    elif path.suffix == ".pt":
        torch.save(value, path)
    else:
        np.save(path, value)
    return path


READ: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "idinvert": (
        "inverted_codes.npy",
        CODES,
        {f"inverted_codes {i + 1}": code for i, code in enumerate(CODES)},
    ),
    "stylegan2-ada": ("projected_w.npz", {"w": CODES[:1]}, {"projected_w": CODES[0]}),
    "PTI's w beside others": (
        "p.npz",
        {"w": CODES[:1], "noise": np.zeros((9, 9, 9))},
        {"p": CODES[0]},
    ),
    "latents.pt (L, D)": ("latents.pt", torch.from_numpy(CODES[0]), {"latents": CODES[0]}),
    "latents.pt (1, L, D)": ("latents.pt", torch.from_numpy(CODES[:1]), {"latents": CODES[0]}),
    "latents.pt of some": (
        "latents.pt",
        torch.from_numpy(CODES[:2]),
        {"latents 1": CODES[0], "latents 2": CODES[1]},
    ),
    "a list": (
        "latents.pt",
        [torch.from_numpy(CODES[0]), torch.from_numpy(CODES[1:2]), torch.from_numpy(W[2])],
        {"latents 1": CODES[0], "latents 2": CODES[1], "latents 3": EVERYWHERE[2]},
    ),
    "a list of one": ("latents.pt", [torch.from_numpy(CODES[0])], {"latents": CODES[0]}),
    "e4e by name": (
        "latents.pt",
        {"photos/ann.jpg": torch.from_numpy(CODES[0]), "bob.png": torch.from_numpy(CODES[1:2])},
        {"ann": CODES[0], "bob": CODES[1]},
    ),
    "ReStyle, with its steps": (
        "latents.npy",
        np.array({"C:\\photos\\ann.jpg": [CODES[0], CODES[1], CODES[2]], "bob": CODES[1]}),
        {"ann": CODES[2], "bob": CODES[1]},
    ),
    "latent of a dictionary": (
        "x.pt",
        {"latent": torch.from_numpy(CODES[0]), "noise": 3},
        {"x": CODES[0]},
    ),
    "flattened": ("x.npy", CODES[:2].reshape(2, 48), {"x 1": CODES[0], "x 2": CODES[1]}),
    "a single w": ("w.npy", W[0], {"w": EVERYWHERE[0]}),
    "a single w (1, D)": ("w.npy", W[:1], {"w": EVERYWHERE[0]}),
    "single w (N, 1, D)": (
        "w.npy",
        W[:, None],
        {f"w {i + 1}": code for i, code in enumerate(EVERYWHERE)},
    ),
    "Fortran order": ("x.npy", np.asfortranarray(CODES[0]), {"x": CODES[0]}),
    "double": ("x.npy", CODES[0].astype(np.float64), {"x": CODES[0]}),
    "half": (
        "x.npy",
        CODES[0].astype(np.float16),
        {"x": CODES[0].astype(np.float16).astype(np.float32)},
    ),
}


@pytest.mark.parametrize("name", list(READ))
def test_every_layout_is_opened(name: str, tmp_path: Path, tiny: Editor) -> None:
    file, value, wanted = READ[name]
    found = dict(tiny.open_codes(_save(tmp_path / file, value)))
    assert list(found) == list(wanted)
    for title, code in wanted.items():
        np.testing.assert_array_equal(found[title].wp.numpy(), code)
        assert not found[title].changed
    edit = next(iter(found.values()))
    (picture,) = tiny.engine.render(edit.wp[None])
    assert tiny.render(edit).tobytes() == picture.tobytes()
    assert tiny.render(edit.move(smile=2.0)).tobytes() != picture.tobytes()


def test_codes_of_this_editor_are_opened_as_before(tmp_path: Path, tiny: Editor) -> None:
    edit = tiny.sample(3).move(smile=1.0)
    tiny.save_code(edit, tmp_path / "ann.npz")
    ((name, found),) = tiny.open_codes(tmp_path / "ann.npz")
    assert (name, found.moves) == ("ann", edit.moves)
    (tmp_path / "ann.npz").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(MismatchError, match=r"ann\.npz is not a code saved by this editor"):
        tiny.open_codes(tmp_path / "ann.npz")


def _holes(value: float) -> np.ndarray:
    code = CODES[0].copy()
    code[2, 3] = value
    return code


WRONG: dict[str, tuple[Any, str]] = {
    "of 1024 px": (
        np.zeros((5, 18, 512), np.float32),
        r"'x' has shape \(5, 18, 512\), but a code of 'tiny' has 6 layers of 8 values \(it seems to be "
        r"of a generator of 1024 px\); open",
    ),
    "of 256 px": (np.zeros((14, 8)), "of a generator of 256 px"),
    "no layers": (np.zeros(7), r"shape \(7,\)"),
    "a w of another width": (np.zeros((1, 512)), "; open the domain that it is of"),
    "a row of w": (W, r"shape \(3, 8\)"),
    "NaN": (_holes(np.nan), "not finite"),
    "infinite": (_holes(np.inf), "not finite"),
    "absurd": (_holes(1e30), "beyond ±10000"),
    "empty": (np.zeros((0, 6, 8)), "no array of real numbers"),
    "truths": (np.ones((6, 8), bool), "no array of real numbers"),
    "a number": (np.array(1.0), "no array of real numbers"),
    "an empty dictionary": ({}, "holds no code"),
    "one of two": ({"a": CODES[0], "b": np.zeros((18, 512))}, "'b' has shape"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_what_does_not_fit_is_said_in_a_sentence(name: str, tmp_path: Path, tiny: Editor) -> None:
    value, said = WRONG[name]
    path = _save(tmp_path / "x.npy", value)
    with pytest.raises(WeightsError, match=said) as told:
        tiny.open_codes(path)
    assert str(told.value).startswith("x.npy: ")


def test_a_code_keeps_its_picture_through_a_file(tmp_path: Path, tiny: Editor) -> None:
    """As a round trip of the generator's own codes through each layout."""
    code: Tensor = tiny.engine.sample([7])[0]
    before = tiny.engine.render(code[None])[0].tobytes()
    for file, value in (
        ("a.npy", code[None].numpy()),
        ("a.npz", {"w": code[None].numpy()}),
        ("a.pt", code),
    ):
        ((_, edit),) = tiny.open_codes(_save(tmp_path / file, value))
        assert tiny.render(edit).tobytes() == before
